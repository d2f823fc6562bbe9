// The kernels, written once for vectors of any length; each file that includes this says which.
//
// LANES: floats of a vector. VECTORS: vectors of outputs of a tile and of a panel of weights, 2 where nothing is said.
// ROWS: rows of such a tile. TILES, BYTE_TILES: all tiles, the highest first. BY_LANE: whether the processor multiplies
// with one value of a vector as fast as with a vector. MULTIPLY_FOURS, MULTIPLY_PAIRS, BYTE_SUMS: there is a function
// for products of four bytes, of two bfloat16, for all products of bytes of a tile. BYTE_OFFSET: what these functions
// take bytes less. MOST_PAIR: what two weights may sum up to in multiply_small, where that is there too; weights are sorted
// then. LEAST_BYTE_WIDTH: see sedge_kernels; where nothing is said 64 with MULTIPLY_FOURS, else 0. NAME: of the set.

#if !defined(VECTORS)
#define VECTORS 2
#endif
#if !defined(BY_LANE)
#define BY_LANE 0
#endif
#if !defined(BYTE_OFFSET)
#define BYTE_OFFSET 0
#endif
#if !defined(TILES)
#if ROWS >= 12
#define TILES(TILE) \
  TILE(24, 1) TILE(12, 1) TILE(12, 2) TILE(6, 1) TILE(6, 2) TILE(3, 1) TILE(3, 2) TILE(1, 1) TILE(1, 2)
#else
#define TILES(TILE) TILE(12, 1) TILE(6, 1) TILE(6, 2) TILE(3, 1) TILE(3, 2) TILE(1, 1) TILE(1, 2)
#endif
#endif
#if !defined(BYTE_TILES)
#define BYTE_TILES TILES
#endif
#if !defined(LEAST_BYTE_WIDTH) && defined(MULTIPLY_FOURS)
#define LEAST_BYTE_WIDTH 64
#elif !defined(LEAST_BYTE_WIDTH)
#define LEAST_BYTE_WIDTH 0
#endif

#include "vectors.inc.h"

#include "products.inc.h"

#include "attention.inc.h"
#include "bytes.inc.h"
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
    .has_fast_halves = FAST_HALVES,
    .code_halves = code_halves,
    .multiply_halves = multiply_halves,
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
    .least_byte_width = LEAST_BYTE_WIDTH,
    .range = range,
    .channel_ranges = channel_ranges,
    .coding_for = coding_for,
    .code_values = code_values,
    .scale_relu_code = scale_relu_code,
    .code_rows = code_rows,
    .layer_norm_code = layer_norm_code,
    .code_weights = code_weights,
    .packed_byte_count = packed_byte_count,
    .pack_bytes = pack_bytes,
    .multiply_bytes = multiply_bytes,
    .burn = burn,
};
