// The kernels for any processor: vectors of four floats, as in SSE2 and NEON.

#include "sets.h"

#define LANES 4
#if defined(__aarch64__)
#define ROWS 12
#else
#define ROWS 6
#endif

#if defined(__SSE2__)
#include <emmintrin.h>

/// Adds to each sum the dot product of four inputs, 0...255, and four weights, all widened to 16 bits.
#define DOT4_INT8
#define IS_WINOGRAD_FASTER_THAN_INT8 1
static inline __attribute__((always_inline)) __m128i dot4_int8_lanes(__m128i sum, __m128i bytes, __m128i weights) {
  const __m128i even = _mm_madd_epi16(
      _mm_and_si128(bytes, _mm_set1_epi16(255)), _mm_srai_epi16(_mm_slli_epi16(weights, 8), 8));
  const __m128i odd = _mm_madd_epi16(_mm_srli_epi16(bytes, 8), _mm_srai_epi16(weights, 8));
  return _mm_add_epi32(_mm_add_epi32(sum, even), odd);
}
#define dot4_int8(SUM, BYTES, WEIGHTS) \
  (ivec) dot4_int8_lanes((__m128i)(SUM), (__m128i)(BYTES), (__m128i)(WEIGHTS))
#endif

#include "columns.inc.h"
#include "kernels.inc.h"

const sedge_kernels sedge_kernels_portable = KERNELS("portable", 0);
