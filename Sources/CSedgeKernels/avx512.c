// The kernels for x86-64 processors with AVX-512 and its instructions for bytes (VNNI); bfloat16 is
// used where there is hardware for it.

#if defined(__x86_64__)
#include <immintrin.h>

#include "sets.h"

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx512bf16,fma"))), apply_to = function)

#define LANES 16
#define ROWS 12
#define NAME "avx512-bf16"

/// What `left` and `right` columns of a line hold; 16 neighbours of a widened line need few, which one load brings.
static inline __attribute__((always_inline)) void columns(const float *line, long width, const int32_t *left,
                                                          const int32_t *right, void *a, void *b) {
  const __m512i l = _mm512_loadu_si512(left), r = _mm512_loadu_si512(right);
  __m512 x, y;
  if (right[15] - left[0] < 16 && left[0] + 16 <= width) {
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

/// Adds to each sum the products of four bytes, 0...255, with four weights.
#define DOT4_INT8
static inline __attribute__((always_inline)) __m512i dot4_int8_lanes(__m512i sum, __m512i bytes, __m512i weights) {
  return _mm512_dpbusd_epi32(sum, bytes, weights);
}
#define dot4_int8(SUM, BYTES, WEIGHTS) \
  (ivec) dot4_int8_lanes((__m512i)(SUM), (__m512i)(BYTES), (__m512i)(WEIGHTS))

/// Adds to each sum the products of two bfloat16 with two weights.
#define DOT2_BF16
#define FAST_BF16 1
static inline __attribute__((always_inline)) __m512 dot2_bf16_lanes(__m512 sum, __m512 pairs, __m512 weights) {
  return _mm512_dpbf16_ps(sum, (__m512bh)pairs, (__m512bh)weights);
}
#define dot2_bf16(SUM, PAIRS, WEIGHTS) \
  (vec) dot2_bf16_lanes((__m512)(SUM), (__m512)(PAIRS), (__m512)(WEIGHTS))

#include "kernels.inc.h"

const sedge_kernels *sedge_avx512_kernels(int has_bf16) {
  // Without instructions for bfloat16 the others are the same; their products are not called then.
  static sedge_kernels without;
  if (has_bf16) return &set;
  without = set;
  without.name = "avx512";
  without.has_fast_bf16 = 0;
  return &without;
}

#pragma clang attribute pop
#endif
