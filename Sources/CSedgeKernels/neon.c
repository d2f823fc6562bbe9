// The kernels for every arm64 processor.

#if defined(__aarch64__)
#include <arm_neon.h>

#include "sets.h"

#define NAME "neon"

/// Bytes are multiplied as signed ones, less 128: |x| <= 128 and |w| <= 127, so two products are at most 32512 and their
/// sum fits 16 bits. Sums of two neighbours are then added to 32 bits, half of an output's inputs to each half of a pair
/// of sums, which are added last.
#define INT8_OFFSET 128

/// R rows by V vectors take 2 R V registers for sums, 2 R for inputs and two for weights: 22 for 2 x 4, which leaves ten for
/// products that are not added yet. 3 x 4 leaves none, 3 x 3 six; there the compiler moved sums to the stack.
#define INT8_TILES(TILE) \
  TILE(6, 1) TILE(3, 2) TILE(3, 1) TILE(2, 3) TILE(2, 4) TILE(1, 1) TILE(1, 2) TILE(1, 3) TILE(1, 4)

#define NEON_INLINE static inline __attribute__((always_inline))
#define NEON_UNROLL _Pragma("clang loop unroll(full)")

/// As often as a register holds them: four bytes, less 128.
NEON_INLINE int8x16_t four_signed_bytes(const uint8_t *bytes) {
  int32_t value;
  __builtin_memcpy(&value, bytes, 4);
  int8x16_t result = vreinterpretq_s8_s32(vdupq_n_s32(value ^ (int32_t)0x80808080));
  // A whole register, whose halves instructions can name; else the compiler moves those of weights.
  __asm__("" : "+w"(result));
  return result;
}

#define INT8_SUMS
NEON_INLINE void int8_sums(const long height, const long vectors, const sedge_int8_rows *rows, long row,
                           const int8_t *panel, void *sums) {
  int32x4_t low[8], high[8];
  NEON_UNROLL for (long i = 0; i < height * vectors; i++) low[i] = high[i] = vdupq_n_s32(0);
  const long stride = rows->stride, length = rows->run_length;
  for (long run = 0; run < rows->run_count; run++) {
    const uint8_t *x[2];
    NEON_UNROLL for (long g = 0; 3 * g < height; g++)
        x[g] = rows->first + (row + 3 * g) * stride + run * rows->run_stride;
    long i = 0;
    for (; i + 8 <= length; i += 8) {
      __builtin_prefetch(panel + 8192);
      if (vectors > 2) __builtin_prefetch(panel + 8192 + 64);
      const int8_t *const next = panel + 16 * vectors;
      int8x16_t a[6], b[6];
      NEON_UNROLL for (long r = 0; r < height; r++) {
        a[r] = four_signed_bytes(x[r / 3] + r % 3 * stride);
        b[r] = four_signed_bytes(x[r / 3] + r % 3 * stride + 4);
      }
      NEON_UNROLL for (long v = 0; v < vectors; v++) {
        // Weights are not loaded before they are needed, or there would be too few registers.
        __asm__ volatile("" ::: "memory");
        const int8x16_t w = vld1q_s8(panel + 16 * v), u = vld1q_s8(next + 16 * v);
        NEON_UNROLL for (long r = 0; r < height; r++) {
          const int16x8_t l = vmlal_s8(vmull_s8(vget_low_s8(w), vget_low_s8(a[r])), vget_low_s8(u), vget_low_s8(b[r]));
          const int16x8_t h = vmlal_high_s8(vmull_high_s8(w, a[r]), u, b[r]);
          low[r * vectors + v] = vpadalq_s16(low[r * vectors + v], l);
          high[r * vectors + v] = vpadalq_s16(high[r * vectors + v], h);
        }
      }
      NEON_UNROLL for (long g = 0; 3 * g < height; g++) x[g] += 8;
      panel = next + 16 * vectors;
    }
    if (i < length) {
      NEON_UNROLL for (long v = 0; v < vectors; v++) {
        const int8x16_t w = vld1q_s8(panel + 16 * v);
        NEON_UNROLL for (long r = 0; r < height; r++) {
          const int8x16_t a = four_signed_bytes(x[r / 3] + r % 3 * stride);
          low[r * vectors + v] = vpadalq_s16(low[r * vectors + v], vmull_s8(vget_low_s8(w), vget_low_s8(a)));
          high[r * vectors + v] = vpadalq_s16(high[r * vectors + v], vmull_high_s8(w, a));
        }
      }
      panel += 16 * vectors;
    }
  }
  int32x4_t *total = sums;
  NEON_UNROLL for (long i = 0; i < height * vectors; i++) total[i] += vpaddq_s32(low[i], high[i]);
}

#include "neon.inc.h"

#include "kernels.inc.h"

const sedge_kernels *const sedge_neon_kernels = &set;
#endif
