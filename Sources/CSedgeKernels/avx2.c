// The kernels for x86-64 processors with AVX2 and FMA.

#if defined(__x86_64__)
#include <immintrin.h>

#include "sets.h"

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)

#define LANES 8
#define ROWS 6

/// Adds to each sum the dot product of four inputs, 0...255, and four weights, all widened to 16 bits.
#define DOT4_INT8
#define LEAST_INT8_WIDTH 96
#define IS_WINOGRAD_FASTER_THAN_INT8 1
static inline __attribute__((always_inline)) __m256i dot4_int8_lanes(__m256i sum, __m256i bytes, __m256i weights) {
  const __m256i even = _mm256_madd_epi16(
      _mm256_and_si256(bytes, _mm256_set1_epi16(255)), _mm256_srai_epi16(_mm256_slli_epi16(weights, 8), 8));
  const __m256i odd = _mm256_madd_epi16(_mm256_srli_epi16(bytes, 8), _mm256_srai_epi16(weights, 8));
  return _mm256_add_epi32(_mm256_add_epi32(sum, even), odd);
}
#define dot4_int8(SUM, BYTES, WEIGHTS) \
  (ivec) dot4_int8_lanes((__m256i)(SUM), (__m256i)(BYTES), (__m256i)(WEIGHTS))

/// The same in fewer instructions where the first two and the last two weights each sum to at most 128 in magnitude: then the sum
/// of two products fits 16 bits.
#define MOST_PAIR 128
static inline __attribute__((always_inline)) __m256i dot4_small_int8_lanes(__m256i sum, __m256i bytes, __m256i weights) {
  // The ones are in memory because no register is left.
  static const int16_t ones[16] __attribute__((aligned(32))) = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
  __m256i pairs = _mm256_maddubs_epi16(bytes, weights);
  __asm__("vpmaddwd %1, %0, %0" : "+x"(pairs) : "m"(ones));
  return _mm256_add_epi32(sum, pairs);
}
#define dot4_small_int8(SUM, BYTES, WEIGHTS) \
  (ivec) dot4_small_int8_lanes((__m256i)(SUM), (__m256i)(BYTES), (__m256i)(WEIGHTS))

#include "columns.inc.h"
#include "kernels.inc.h"

const sedge_kernels sedge_kernels_avx2 = KERNELS("avx2", 0);

#pragma clang attribute pop
#endif
