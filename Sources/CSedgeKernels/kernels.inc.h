// The kernels, written once for vectors of any length; each file that includes this says which.
//
// LANES: floats of a vector. VECTORS: vectors of outputs of a tile and of a panel of weights, 2 where nothing is said.
// ROWS: rows of such a tile. TILES, INT8_TILES: all tiles, the highest first. BY_LANE: whether the processor multiplies
// with one value of a vector as fast as with a vector. DOT4_INT8, DOT2_BF16, INT8_SUMS: there is a function
// for products of four bytes, of two bfloat16, for all products of bytes of a tile. INT8_OFFSET: what these functions
// take bytes less. MOST_PAIR: what two weights may sum up to in dot4_small_int8, where that is there too; weights are sorted
// then. LEAST_INT8_WIDTH: see sedge_kernels; where nothing is said 64 with DOT4_INT8, else 0. NAME: of the set.

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

#include "vectors.inc.h"

#include "products.inc.h"

#include "attention.inc.h"
#include "int8.inc.h"
#include "depthwise.inc.h"
#include "labels.inc.h"
#include "normalization.inc.h"

static double burn(long rounds, float *sink) {
  vec total[24];
  const vec x = splat(sink[0]), y = splat(sink[1]);
  UNROLL for (long i = 0; i < 24; i++) total[i] = splat(0);
  for (long round = 0; round < rounds; round++) UNROLL for (long i = 0; i < ROWS * VECTORS; i++) total[i] += x * y;
  for (long i = 1; i < 24; i++) total[0] += total[i];
  sink[2] = sum(total[0]);
  return 2.0 * LANES * ROWS * VECTORS * rounds;
}

static const sedge_kernels set = {
    .name = NAME,
    .lanes = LANES,
    .packed_count = packed_count,
    .pack = pack,
    .multiply = multiply,
    .has_fast_bf16 = FAST_BF16,
    .round_to_bf16 = round_to_bf16,
    .multiply_bf16 = multiply_bf16,
    .dot = dot,
    .depthwise_line = depthwise_line,
    .layer_norm = layer_norm,
    .group_statistics = group_statistics,
    .scale_relu = scale_relu,
    .attention_gather = attention_gather,
    .attention_apply = attention_apply,
    .attend = attend,
    .add = add,
    .sigmoid = sigmoid,
    .label_line = label_line,
    .least_int8_width = LEAST_INT8_WIDTH,
    .range = range,
    .channel_ranges = channel_ranges,
    .affine_for = affine_for,
    .quantize_values = quantize_values,
    .scale_relu_quantize = scale_relu_quantize,
    .quantize_rows = quantize_rows,
    .layer_norm_quantize = layer_norm_quantize,
    .quantize_weights = quantize_weights,
    .packed_int8_count = packed_int8_count,
    .pack_int8 = pack_int8,
    .multiply_int8 = multiply_int8,
    .burn = burn,
};
