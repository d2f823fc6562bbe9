// libwebp's decoder (https://chromium.googlesource.com/webm/libwebp), with its inline functions in one call.
#ifndef SEDGE_CWEBP_H
#define SEDGE_CWEBP_H

#include <webp/decode.h>

/// Decodes a still picture into `height` rows of red, green and blue, 8 bits each (`WebPDecode`); alpha is dropped.
static inline VP8StatusCode sedge_webp_decode(
    const uint8_t *bytes, size_t byteCount, uint8_t *pixels, int width, int height) {
  WebPDecoderConfig config;
  if (!WebPInitDecoderConfig(&config)) return VP8_STATUS_INVALID_PARAM;
  config.output.colorspace = MODE_RGB;
  config.output.is_external_memory = 1;
  config.output.u.RGBA.rgba = pixels;
  config.output.u.RGBA.stride = 3 * width;
  config.output.u.RGBA.size = (size_t)3 * width * height;
  VP8StatusCode status = WebPDecode(bytes, byteCount, &config);
  if (status == VP8_STATUS_OK && (config.output.width != width || config.output.height != height))
    status = VP8_STATUS_BITSTREAM_ERROR;
  WebPFreeDecBuffer(&config.output);
  return status;
}

#endif
