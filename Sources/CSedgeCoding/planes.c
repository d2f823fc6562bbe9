// Byte planes to floats.
#include <string.h>

#include "CSedgeCoding.h"

/// The number of elements that are joined at a time, in loops that compilers vectorize.
#define BLOCK 256

void sedge_join_planes(const uint8_t *planes, size_t count, float *values) {
  for (size_t first = 0; first < count; first += BLOCK) {
    const size_t some = count - first < BLOCK ? count - first : BLOCK;
    uint32_t bits[BLOCK];
    const uint8_t *a = planes + first, *b = a + count, *c = b + count, *d = c + count;
    for (size_t i = 0; i < some; i++) {
      const uint32_t rotated = (uint32_t)a[i] << 24 | (uint32_t)b[i] << 16 | (uint32_t)c[i] << 8 | d[i];
      bits[i] = rotated >> 1 | rotated << 31;
    }
    memcpy(values + first, bits, some * sizeof *bits);
  }
}
