// libtiff (https://libtiff.gitlab.io/libtiff), with the calls that Swift cannot make: its variadic ones and its handlers.
#ifndef SEDGE_CTIFF_H
#define SEDGE_CTIFF_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <tiffio.h>

/// Room for the words of one fault, with the zero that ends them.
#define SEDGE_TIFF_MESSAGE_BYTE_COUNT 160

/// The bytes of a file, how many of them were read, and the first fault that was reported.
struct sedge_tiff_input {
  const uint8_t *bytes;
  size_t byteCount;
  size_t position;
  char message[SEDGE_TIFF_MESSAGE_BYTE_COUNT];
};

static inline tmsize_t sedge_tiff_take(thandle_t handle, void *destination, tmsize_t byteCount) {
  struct sedge_tiff_input *input = (struct sedge_tiff_input *)handle;
  size_t rest = input->position < input->byteCount ? input->byteCount - input->position : 0;
  size_t count = byteCount < 0 ? 0 : (size_t)byteCount < rest ? (size_t)byteCount : rest;
  if (count > 0) memcpy(destination, input->bytes + input->position, count);
  input->position += count;
  return (tmsize_t)count;
}

static inline tmsize_t sedge_tiff_put(thandle_t handle, void *source, tmsize_t byteCount) {
  (void)handle;
  (void)source;
  (void)byteCount;
  return -1;
}

static inline toff_t sedge_tiff_seek(thandle_t handle, toff_t offset, int whence) {
  struct sedge_tiff_input *input = (struct sedge_tiff_input *)handle;
  toff_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? input->position : input->byteCount;
  if (offset > SIZE_MAX - base) return (toff_t)-1;
  input->position = (size_t)(base + offset);
  return input->position;
}

static inline int sedge_tiff_close(thandle_t handle) {
  (void)handle;
  return 0;
}

static inline toff_t sedge_tiff_size(thandle_t handle) { return ((struct sedge_tiff_input *)handle)->byteCount; }

#if TIFFLIB_VERSION >= 20221213  // 4.5.0

static inline int sedge_tiff_fail(TIFF *tiff, void *input, const char *module, const char *format, va_list values) {
  (void)tiff;
  (void)module;
  char *message = ((struct sedge_tiff_input *)input)->message;
  if (message[0] == 0) vsnprintf(message, SEDGE_TIFF_MESSAGE_BYTE_COUNT, format, values);
  return 1;
}

/// libjpeg tells of damaged data in warnings; all others are passed over.
static inline int sedge_tiff_warn(TIFF *tiff, void *input, const char *module, const char *format, va_list values) {
  if (module != NULL && strcmp(module, "JPEGLib") == 0) sedge_tiff_fail(tiff, input, module, format, values);
  return 1;
}

#endif

/// Opens a file in memory and reads its first directory (`TIFFClientOpenExt`); faults go to `input->message` alone.
///
/// - `largestAllocation`: the most bytes that libtiff takes at once.
static inline TIFF *sedge_tiff_open(struct sedge_tiff_input *input, size_t largestAllocation) {
  // Without memory mapping: what is read is copied, and the copy is checked.
  const char *mode = "rm";
#if TIFFLIB_VERSION >= 20221213
  TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
  if (options == NULL) return NULL;
  TIFFOpenOptionsSetMaxSingleMemAlloc(options, (tmsize_t)largestAllocation);
  TIFFOpenOptionsSetErrorHandlerExtR(options, sedge_tiff_fail, input);
  TIFFOpenOptionsSetWarningHandlerExtR(options, sedge_tiff_warn, input);
  TIFF *tiff = TIFFClientOpenExt(
      "", mode, (thandle_t)input, sedge_tiff_take, sedge_tiff_put, sedge_tiff_seek, sedge_tiff_close,
      sedge_tiff_size, NULL, NULL, options);
  TIFFOpenOptionsFree(options);
  return tiff;
#else
  // Older ones have handlers for the whole process only, and no limit.
  (void)largestAllocation;
  TIFFSetErrorHandler(NULL);
  TIFFSetWarningHandler(NULL);
  return TIFFClientOpen(
      "", mode, (thandle_t)input, sedge_tiff_take, sedge_tiff_put, sedge_tiff_seek, sedge_tiff_close,
      sedge_tiff_size, NULL, NULL);
#endif
}

/// A tag of one 16-bit number, or its default (`TIFFGetFieldDefaulted`).
static inline int sedge_tiff_short(TIFF *tiff, uint32_t tag, int fallback) {
  uint16_t value = 0;
  return TIFFGetFieldDefaulted(tiff, tag, &value) ? value : fallback;
}

/// A tag of one 32-bit number (`TIFFGetField`).
static inline int64_t sedge_tiff_long(TIFF *tiff, uint32_t tag, int64_t fallback) {
  uint32_t value = 0;
  return TIFFGetField(tiff, tag, &value) ? value : fallback;
}

/// What the first sample beyond the colours is (`EXTRASAMPLE_...`), or -1 where there is none.
static inline int sedge_tiff_extra_sample(TIFF *tiff) {
  uint16_t count = 0;
  uint16_t *kinds = NULL;
  return TIFFGetField(tiff, TIFFTAG_EXTRASAMPLES, &count, &kinds) && count > 0 && kinds != NULL ? kinds[0] : -1;
}

/// The three columns of the palette, `1 << bits per sample` numbers each; returns 0 where there is none.
static inline int sedge_tiff_palette(
    TIFF *tiff, const uint16_t **red, const uint16_t **green, const uint16_t **blue) {
  uint16_t *columns[3] = {NULL, NULL, NULL};
  if (!TIFFGetField(tiff, TIFFTAG_COLORMAP, &columns[0], &columns[1], &columns[2])) return 0;
  *red = columns[0];
  *green = columns[1];
  *blue = columns[2];
  return columns[0] != NULL && columns[1] != NULL && columns[2] != NULL;
}

/// The XMP packet, which the file keeps while it is open; returns its byte count.
static inline size_t sedge_tiff_xmp(TIFF *tiff, const uint8_t **bytes) {
  uint32_t byteCount = 0;
  void *data = NULL;
  if (!TIFFGetField(tiff, TIFFTAG_XMLPACKET, &byteCount, &data) || data == NULL) return 0;
  *bytes = (const uint8_t *)data;
  return byteCount;
}

/// Makes JPEG data of luma and chroma come as red, green and blue (`TIFFTAG_JPEGCOLORMODE`).
static inline int sedge_tiff_decode_to_rgb(TIFF *tiff) {
  return TIFFSetField(tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
}

#endif
