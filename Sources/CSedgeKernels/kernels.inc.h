// The kernels, written once for vectors of any length; each file that includes this defines the parameters:
//
// LANES: floats in a vector register.
// VECTORS: vectors of outputs in a tile and in a panel of weights; 2 by default.
// ROWS: rows of such a tile.
// TILES, INT8_TILES: all tiles, the highest first.
// BY_LANE: whether multiplication by one lane of a vector is as fast as multiplication by a vector; 0 by default.
// DOT4_INT8: defined where there is a function dot4_int8, a dot product of four 8-bit integers.
// DOT2_BF16: defined where there is a function dot2_bf16, a dot product of two bfloat16.
// INT8_SUMS: defined where there is a function int8_sums for all products of a tile.
// INT8_OFFSET: subtracted from quantized inputs by these functions; 0 by default.
// MOST_PAIR: defined where there is a function dot4_small_int8, as the largest magnitude of the sum of two weights there; panels
//   are sorted then.
// LEAST_INT8_WIDTH: see sedge_kernels; by default 64 with DOT4_INT8, else 0.
// IS_WINOGRAD_FASTER_THAN_INT8: see sedge_kernels; by default 0.
//
// KERNELS(NAME, HAS_BF16) then is the table of the functions.

#if !defined(VECTORS)
#define VECTORS 2
#endif
#if !defined(BY_LANE)
#define BY_LANE 0
#endif
#if !defined(INT8_OFFSET)
#define INT8_OFFSET 0
#endif
#if !defined(TILES)
#if ROWS >= 12
#define TILES(TILE) \
  TILE(24, 1) TILE(12, 1) TILE(12, 2) TILE(6, 1) TILE(6, 2) TILE(3, 1) TILE(3, 2) TILE(1, 1) TILE(1, 2)
#else
#define TILES(TILE) TILE(12, 1) TILE(6, 1) TILE(6, 2) TILE(3, 1) TILE(3, 2) TILE(1, 1) TILE(1, 2)
#endif
#endif
#if !defined(INT8_TILES)
#define INT8_TILES TILES
#endif
#if !defined(LEAST_INT8_WIDTH) && defined(DOT4_INT8)
#define LEAST_INT8_WIDTH 64
#elif !defined(LEAST_INT8_WIDTH)
#define LEAST_INT8_WIDTH 0
#endif

#if !defined(IS_WINOGRAD_FASTER_THAN_INT8)
#define IS_WINOGRAD_FASTER_THAN_INT8 0
#endif

#include "vectors.inc.h"

#include "products.inc.h"

#include "attention.inc.h"
#include "int8.inc.h"
#include "softmax.inc.h"
#include "depthwise.inc.h"
#include "winograd.inc.h"
#include "labels.inc.h"
#include "normalization.inc.h"

static double burn(size_t rounds, float *sink) {
  vec total[24];
  const vec x = splat(sink[0]), y = splat(sink[1]);
  UNROLL for (size_t i = 0; i < 24; i++) total[i] = splat(0);
  for (size_t round = 0; round < rounds; round++) UNROLL for (size_t i = 0; i < ROWS * VECTORS; i++) total[i] += x * y;
  for (size_t i = 1; i < 24; i++) total[0] += total[i];
  sink[2] = sum(total[0]);
  return 2.0 * LANES * ROWS * VECTORS * rounds;
}

/// The table of these functions under a name.
#define KERNELS(NAME, HAS_BF16)                                                                                       \
  {                                                                                                                   \
    .name = (NAME),                                                                                                   \
    .lanes = LANES,                                                                                                   \
    .packed_count = packed_count,                                                                                     \
    .pack = pack,                                                                                                     \
    .multiply = multiply,                                                                                             \
    .bf16_per_float = (HAS_BF16) ? 2 : 1,                                                                             \
    .round_to_bf16 = (HAS_BF16) ? round_to_pairs : round_to_bf16,                                                     \
    .multiply_bf16 = (HAS_BF16) ? multiply_pairs : multiply,                                                          \
    .dot = dot,                                                                                                       \
    .depthwise_line = depthwise_line,                                                                                 \
    .winograd_input = winograd_input,                                                                                 \
    .winograd_output = winograd_output,                                                                               \
    .layer_norm = layer_norm,                                                                                         \
    .group_statistics = group_statistics,                                                                             \
    .scale_relu = scale_relu,                                                                                         \
    .attention_gather = attention_gather,                                                                             \
    .attention_apply = attention_apply,                                                                               \
    .attend = attend,                                                                                                 \
    .attention_packed_count = attention_packed_count,                                                                 \
    .pack_attention = pack_attention,                                                                                 \
    .attention_scratch_count = attention_scratch_count,                                                               \
    .attention = attention,                                                                                           \
    .add = add,                                                                                                       \
    .sigmoid = sigmoid,                                                                                               \
    .resize_line = resize_line,                                                                                       \
    .label_line = label_line,                                                                                         \
    .least_int8_width = LEAST_INT8_WIDTH,                                                                             \
    .is_winograd_faster_than_int8 = IS_WINOGRAD_FASTER_THAN_INT8,                                                     \
    .range = range,                                                                                                   \
    .channel_ranges = channel_ranges,                                                                                 \
    .affine_for = affine_for,                                                                                         \
    .quantize_values = quantize_values,                                                                               \
    .scale_relu_quantize = scale_relu_quantize,                                                                       \
    .quantize_rows = quantize_rows,                                                                                   \
    .layer_norm_quantize = layer_norm_quantize,                                                                       \
    .quantize_weights = quantize_weights,                                                                             \
    .packed_int8_count = packed_int8_count,                                                                           \
    .pack_int8 = pack_int8,                                                                                           \
    .multiply_int8 = multiply_int8,                                                                                   \
    .burn = burn,                                                                                                     \
  }
