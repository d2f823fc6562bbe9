// The kernels for every arm64 processor.

#if defined(__aarch64__)
#include <arm_neon.h>

#include "sets.h"

/// Inputs are reduced by 128 and multiplied as signed integers: |x| <= 128 and |w| <= 127, so the sum of two products is at most
/// 32512 and fits 16 bits. Sums of two neighbours are then accumulated in 32 bits, in two vectors for each vector of outputs, which
/// are added last.
#define INT8_OFFSET 128

/// R rows by V vectors take 2 R V registers for sums, 2 R for inputs and two for weights: 22 for 2 x 4, which leaves ten for
/// products before they are accumulated. 3 x 4 leaves none and 3 x 3 six; with these the compiler spilled sums to the stack.
#define INT8_TILES(TILE) \
  TILE(6, 1) TILE(3, 2) TILE(3, 1) TILE(2, 3) TILE(2, 4) TILE(1, 1) TILE(1, 2) TILE(1, 3) TILE(1, 4)

#define NEON_INLINE static inline __attribute__((always_inline))
#define NEON_UNROLL _Pragma("clang loop unroll(full)")

/// Four inputs reduced by 128, repeated to fill a register.
NEON_INLINE int8x16_t four_signed_bytes(const uint8_t *bytes) {
  int32_t value;
  __builtin_memcpy(&value, bytes, 4);
  int8x16_t result = vreinterpretq_s8_s32(vdupq_n_s32(value ^ (int32_t)0x80808080));
  // Keeps a whole register, whose halves instructions can address; otherwise the compiler copies the halves of weights.
  __asm__("" : "+w"(result));
  return result;
}

#define INT8_SUMS
NEON_INLINE void int8_sums(const size_t height, const size_t vectors, const sedge_int8_rows *rows, size_t row,
                           const int8_t *panel, void *sums) {
  int32x4_t low[8], high[8];
  NEON_UNROLL for (size_t i = 0; i < height * vectors; i++) low[i] = high[i] = vdupq_n_s32(0);
  const size_t stride = rows->stride, length = rows->run_length;
  for (size_t run = 0; run < rows->run_count; run++) {
    const uint8_t *x[2];
    NEON_UNROLL for (size_t g = 0; 3 * g < height; g++)
        x[g] = rows->first + (row + 3 * g) * stride + run * rows->run_stride;
    size_t i = 0;
    for (; i + 8 <= length; i += 8) {
      __builtin_prefetch(panel + 8192);
      if (vectors > 2) __builtin_prefetch(panel + 8192 + 64);
      const int8_t *const next = panel + 16 * vectors;
      int8x16_t a[6], b[6];
      NEON_UNROLL for (size_t r = 0; r < height; r++) {
        a[r] = four_signed_bytes(x[r / 3] + r % 3 * stride);
        b[r] = four_signed_bytes(x[r / 3] + r % 3 * stride + 4);
      }
      NEON_UNROLL for (size_t v = 0; v < vectors; v++) {
        // Keeps the compiler from loading weights early, for which there are too few registers.
        __asm__ volatile("" ::: "memory");
        const int8x16_t w = vld1q_s8(panel + 16 * v), u = vld1q_s8(next + 16 * v);
        NEON_UNROLL for (size_t r = 0; r < height; r++) {
          const int16x8_t l = vmlal_s8(vmull_s8(vget_low_s8(w), vget_low_s8(a[r])), vget_low_s8(u), vget_low_s8(b[r]));
          const int16x8_t h = vmlal_high_s8(vmull_high_s8(w, a[r]), u, b[r]);
          low[r * vectors + v] = vpadalq_s16(low[r * vectors + v], l);
          high[r * vectors + v] = vpadalq_s16(high[r * vectors + v], h);
        }
      }
      NEON_UNROLL for (size_t g = 0; 3 * g < height; g++) x[g] += 8;
      panel = next + 16 * vectors;
    }
    if (i < length) {
      NEON_UNROLL for (size_t v = 0; v < vectors; v++) {
        const int8x16_t w = vld1q_s8(panel + 16 * v);
        NEON_UNROLL for (size_t r = 0; r < height; r++) {
          const int8x16_t a = four_signed_bytes(x[r / 3] + r % 3 * stride);
          low[r * vectors + v] = vpadalq_s16(low[r * vectors + v], vmull_s8(vget_low_s8(w), vget_low_s8(a)));
          high[r * vectors + v] = vpadalq_s16(high[r * vectors + v], vmull_high_s8(w, a));
        }
      }
      panel += 16 * vectors;
    }
  }
  int32x4_t *total = sums;
  NEON_UNROLL for (size_t i = 0; i < height * vectors; i++) total[i] += vpaddq_s32(low[i], high[i]);
}

#include "neon.inc.h"

#include "kernels.inc.h"

const sedge_kernels sedge_kernels_neon = KERNELS("neon", 0);
#endif
