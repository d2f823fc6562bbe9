// The kernels for arm64 processors with dot products of bfloat16 and of 8-bit integers (Armv8.6 BF16, `bfdot`, and I8MM).

#if defined(__aarch64__)
#include <arm_neon.h>

#include "sets.h"

#pragma clang attribute push(__attribute__((target("dotprod,i8mm,bf16"))), apply_to = function)

/// Adds to each sum the dot product of four inputs, 0...255, and four weights.
#define DOT4_INT8
#define dot4_int8(SUM, BYTES, WEIGHTS) \
  (ivec) vusdotq_s32((int32x4_t)(SUM), (uint8x16_t)(BYTES), (int8x16_t)(WEIGHTS))

/// Adds to each sum the dot product of two bfloat16 and two weights.
#define DOT2_BF16
#define dot2_bf16(SUM, PAIRS, WEIGHTS) \
  (vec) vbfdotq_f32((float32x4_t)(SUM), (bfloat16x8_t)(WEIGHTS), (bfloat16x8_t)(PAIRS))

#include "neon.inc.h"

#include "kernels.inc.h"

const sedge_kernels sedge_kernels_neon_bf16 = KERNELS("neon-bf16", 1);

#pragma clang attribute pop
#endif
