// The kernels for x86-64 processors with AVX2, FMA and AVX-VNNI.

#if defined(__x86_64__)
#include <immintrin.h>

#include "sets.h"

#pragma clang attribute push(__attribute__((target("avx2,fma,avxvnni"))), apply_to = function)

#define LANES 8
#define ROWS 6

/// Adds to each sum the dot product of four inputs, 0...255, and four weights.
#define DOT4_INT8
static inline __attribute__((always_inline)) __m256i dot4_int8_lanes(__m256i sum, __m256i bytes, __m256i weights) {
  return _mm256_dpbusd_avx_epi32(sum, bytes, weights);
}
#define dot4_int8(SUM, BYTES, WEIGHTS) \
  (ivec) dot4_int8_lanes((__m256i)(SUM), (__m256i)(BYTES), (__m256i)(WEIGHTS))

#include "columns.inc.h"
#include "kernels.inc.h"

const sedge_kernels sedge_kernels_avx2_vnni = KERNELS("avx2-vnni", 0);

#pragma clang attribute pop
#endif
