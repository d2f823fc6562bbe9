// The kernels for arm64 processors with dot products of unsigned and signed 8-bit integers (Armv8.6 I8MM, `usdot`, `sudot`).

#if defined(__aarch64__)
#include <arm_neon.h>

#include "sets.h"

#pragma clang attribute push(__attribute__((target("dotprod,i8mm"))), apply_to = function)

/// Adds to each sum the dot product of four inputs, 0...255, and four weights.
#define DOT4_INT8
#define dot4_int8(SUM, BYTES, WEIGHTS) \
  (ivec) vusdotq_s32((int32x4_t)(SUM), (uint8x16_t)(BYTES), (int8x16_t)(WEIGHTS))

#include "neon.inc.h"

#include "kernels.inc.h"

const sedge_kernels sedge_kernels_neon_i8mm = KERNELS("neon-i8mm", 0);

#pragma clang attribute pop
#endif
