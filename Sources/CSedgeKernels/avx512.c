// The kernels for x86-64 processors with AVX-512 and AVX-512 VNNI, with and without AVX-512 BF16.

#if defined(__x86_64__)
#include <immintrin.h>

#include "sets.h"

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx512bf16,fma"))), apply_to = function)

#define LANES 16
#define ROWS 12

/// The values of the `left` and `right` columns of a line. 16 neighbours of an upsampled line need few source columns, which are
/// loaded at once.
static inline __attribute__((always_inline)) void columns(const float *line, size_t width, const int32_t *left,
                                                          const int32_t *right, void *a, void *b) {
  const __m512i l = _mm512_loadu_si512(left), r = _mm512_loadu_si512(right);
  __m512 x, y;
  if (right[15] - left[0] < 16 && (size_t)left[0] + 16 <= width) {
    const __m512 values = _mm512_loadu_ps(line + left[0]);
    const __m512i first = _mm512_set1_epi32(left[0]);
    x = _mm512_permutexvar_ps(_mm512_sub_epi32(l, first), values);
    y = _mm512_permutexvar_ps(_mm512_sub_epi32(r, first), values);
  } else {
    x = _mm512_i32gather_ps(l, line, 4);
    y = _mm512_i32gather_ps(r, line, 4);
  }
  _mm512_storeu_ps(a, x);
  _mm512_storeu_ps(b, y);
}

/// Adds to each sum the dot product of four inputs, 0...255, and four weights.
#define DOT4_INT8
static inline __attribute__((always_inline)) __m512i dot4_int8_lanes(__m512i sum, __m512i bytes, __m512i weights) {
  return _mm512_dpbusd_epi32(sum, bytes, weights);
}
#define dot4_int8(SUM, BYTES, WEIGHTS) \
  (ivec) dot4_int8_lanes((__m512i)(SUM), (__m512i)(BYTES), (__m512i)(WEIGHTS))

/// Adds to each sum the dot product of two bfloat16 and two weights.
#define DOT2_BF16
static inline __attribute__((always_inline)) __m512 dot2_bf16_lanes(__m512 sum, __m512 pairs, __m512 weights) {
  return _mm512_dpbf16_ps(sum, (__m512bh)pairs, (__m512bh)weights);
}
#define dot2_bf16(SUM, PAIRS, WEIGHTS) \
  (vec) dot2_bf16_lanes((__m512)(SUM), (__m512)(PAIRS), (__m512)(WEIGHTS))

#include "kernels.inc.h"

const sedge_kernels sedge_kernels_avx512_bf16 = KERNELS("avx512-bf16", 1);
// The same functions but multiply_pairs, the only one with bfloat16 instructions.
const sedge_kernels sedge_kernels_avx512 = KERNELS("avx512", 0);

#pragma clang attribute pop
#endif
