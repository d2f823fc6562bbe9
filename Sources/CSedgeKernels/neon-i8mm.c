// The kernels for arm64 processors with products of four bytes, signed and unsigned (Armv8.6 I8MM, `usdot`, `sudot`).

#if defined(__aarch64__)
#include <arm_neon.h>

#include "sets.h"

#pragma clang attribute push(__attribute__((target("dotprod,i8mm"))), apply_to = function)

#define NAME "neon-i8mm"

/// Adds to each sum the products of four bytes, 0...255, with four weights.
#define DOT4_INT8
#define dot4_int8(SUM, BYTES, WEIGHTS) \
  (ivec) vusdotq_s32((int32x4_t)(SUM), (uint8x16_t)(BYTES), (int8x16_t)(WEIGHTS))

#include "neon.inc.h"

#include "kernels.inc.h"

const sedge_kernels *const sedge_neon_i8mm_kernels = &set;

#pragma clang attribute pop
#endif
