// libpng (http://www.libpng.org), with the two calls that Swift cannot make: its faults are reported by `longjmp`.
#ifndef SEDGE_CLIBPNG_H
#define SEDGE_CLIBPNG_H

#include <png.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/// Room for the words of one fault, with the zero that ends them.
#define SEDGE_PNG_MESSAGE_BYTE_COUNT 128

/// What to make of the stored samples.
enum sedge_png_form {
  /// Red, green and blue, 8 bits each: palettes and gray expanded, the high byte of 16 bits, no alpha.
  SEDGE_PNG_RGB = 0,
  /// One channel as stored: 8 bits for up to 8, else 16 bits with the high byte first.
  SEDGE_PNG_RAW = 1,
};

/// The bytes of a file and how many of them were read.
struct sedge_png_input {
  const uint8_t *bytes;
  size_t byteCount;
  size_t position;
};

/// A file's bytes in memory that grows; its owner calls `free` on `bytes`.
struct sedge_png_output {
  uint8_t *bytes;
  size_t byteCount;
  size_t capacity;
};

static inline void sedge_png_fail(png_structp png, png_const_charp text) {
  char *message = (char *)png_get_error_ptr(png);
  strncpy(message, text, SEDGE_PNG_MESSAGE_BYTE_COUNT - 1);
  message[SEDGE_PNG_MESSAGE_BYTE_COUNT - 1] = 0;
  png_longjmp(png, 1);
}

static inline void sedge_png_ignore(png_structp png, png_const_charp text) {
  (void)png;
  (void)text;
}

static inline void sedge_png_take(png_structp png, png_bytep destination, size_t byteCount) {
  struct sedge_png_input *input = (struct sedge_png_input *)png_get_io_ptr(png);
  if (byteCount > input->byteCount - input->position) png_error(png, "the file ends too early");
  memcpy(destination, input->bytes + input->position, byteCount);
  input->position += byteCount;
}

static inline void sedge_png_put(png_structp png, png_bytep source, size_t byteCount) {
  struct sedge_png_output *output = (struct sedge_png_output *)png_get_io_ptr(png);
  if (byteCount > output->capacity - output->byteCount) {
    size_t capacity = 2 * output->capacity + byteCount + 4096;
    uint8_t *bytes = (uint8_t *)realloc(output->bytes, capacity);
    if (bytes == NULL) png_error(png, "out of memory");
    output->bytes = bytes;
    output->capacity = capacity;
  }
  memcpy(output->bytes + output->byteCount, source, byteCount);
  output->byteCount += byteCount;
}

static inline void sedge_png_flush(png_structp png) { (void)png; }

/// Decodes a whole PNG into `height` rows of `rowByteCount` bytes, up to and with its end chunk.
///
/// Returns 1, or 0 with the fault in `message`. Every chunk that does not say what the stored samples are is skipped.
static inline int sedge_png_read(
    struct sedge_png_input *input, enum sedge_png_form form, uint8_t *pixels, size_t height, size_t rowByteCount,
    char *message) {
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, message, sedge_png_fail, sedge_png_ignore);
  png_infop info = png == NULL ? NULL : png_create_info_struct(png);
  if (info == NULL) {
    png_destroy_read_struct(&png, NULL, NULL);
    strcpy(message, "out of memory");
    return 0;
  }
  if (setjmp(png_jmpbuf(png))) {
    png_destroy_read_struct(&png, &info, NULL);
    return 0;
  }
  png_set_read_fn(png, input, sedge_png_take);
  png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
  png_read_info(png, info);
  if (form == SEDGE_PNG_RGB) {
    png_set_expand(png);
    png_set_strip_16(png);
    png_set_strip_alpha(png);
    png_set_gray_to_rgb(png);
  } else {
    png_set_packing(png);
  }
  int passCount = png_set_interlace_handling(png);
  png_read_update_info(png, info);
  if (png_get_rowbytes(png, info) != rowByteCount || png_get_image_height(png, info) != height)
    png_error(png, "its header changed");
  for (int pass = 0; pass < passCount; pass++)
    for (size_t y = 0; y < height; y++) png_read_row(png, pixels + y * rowByteCount, NULL);
  png_read_end(png, NULL);
  png_destroy_read_struct(&png, &info, NULL);
  return 1;
}

/// Encodes rows of `PNG_COLOR_TYPE_RGB`, `PNG_COLOR_TYPE_GRAY` or `PNG_COLOR_TYPE_PALETTE` samples, 16 bits with the high
/// byte first; `palette` has `colorCount` times red, green and blue for the last, and is not used for others.
///
/// Returns 1, or 0 with the fault in `message`. `output` starts as zeros and is to be freed in either case.
static inline int sedge_png_write(
    struct sedge_png_output *output, uint32_t width, uint32_t height, int bitDepth, int colorType,
    const uint8_t *pixels, size_t rowByteCount, const uint8_t *palette, int colorCount, char *message) {
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, message, sedge_png_fail, sedge_png_ignore);
  png_infop info = png == NULL ? NULL : png_create_info_struct(png);
  if (info == NULL) {
    png_destroy_write_struct(&png, NULL);
    strcpy(message, "out of memory");
    return 0;
  }
  if (setjmp(png_jmpbuf(png))) {
    png_destroy_write_struct(&png, &info);
    return 0;
  }
  png_set_write_fn(png, output, sedge_png_put, sedge_png_flush);
  png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  png_set_IHDR(
      png, info, width, height, bitDepth, colorType, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
      PNG_FILTER_TYPE_DEFAULT);
  if (colorType == PNG_COLOR_TYPE_PALETTE) {
    png_color colors[PNG_MAX_PALETTE_LENGTH];
    for (int i = 0; i < colorCount && i < PNG_MAX_PALETTE_LENGTH; i++)
      colors[i] = (png_color){palette[3 * i], palette[3 * i + 1], palette[3 * i + 2]};
    png_set_PLTE(png, info, colors, colorCount);
  }
  png_set_compression_level(png, 6);
  png_write_info(png, info);
  for (uint32_t y = 0; y < height; y++) png_write_row(png, pixels + y * rowByteCount);
  png_write_end(png, NULL);
  png_destroy_write_struct(&png, &info);
  return 1;
}

#endif
