// The kernels for arm64 processors with dot products of signed 8-bit integers (Armv8.2 DotProd, `sdot`).

#if defined(__aarch64__)
#include <arm_neon.h>

#include "sets.h"

#pragma clang attribute push(__attribute__((target("dotprod"))), apply_to = function)

/// Both factors are signed: inputs 0...255 are reduced by 128.
#define INT8_OFFSET 128
/// All registers are in use: the constant is recomputed for each load, and a whole vector, not each lane of it, is reduced.
static inline __attribute__((always_inline)) int32x4_t signed_bytes(int32x4_t bytes) {
  int32x4_t offset;
  __asm__ volatile("movi %0.16b, #128" : "=w"(offset));
  int32x4_t result = veorq_s32(bytes, offset);
  __asm__("" : "+w"(result));
  return result;
}
#define less_offset(BYTES) (ivec) signed_bytes((int32x4_t)(BYTES))

#define DOT4_INT8
#define dot4_int8(SUM, BYTES, WEIGHTS) \
  (ivec) vdotq_s32((int32x4_t)(SUM), (int8x16_t)(WEIGHTS), (int8x16_t)(BYTES))

#include "neon.inc.h"

#include "kernels.inc.h"

const sedge_kernels sedge_kernels_neon_dotprod = KERNELS("neon-dotprod", 0);

#pragma clang attribute pop
#endif
