// The kernels, written once for vectors of any length; each file that includes this says which.
//
// LANES: floats of a vector. ROWS: rows of a tile, for two vectors of outputs a row. NAME: of the set.
// MULTIPLY_FOURS, MULTIPLY_PAIRS: there are instructions for products of bytes and of bfloat16. MOST_PAIR: what two weights may
// sum up to in multiply_small; undefined where one function is the best for all. LEAST_BYTE_WIDTH: see
// sedge_kernels; 64 where nothing else is said.

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
  for (long round = 0; round < rounds; round++) UNROLL for (long i = 0; i < ROWS * 2; i++) total[i] += x * y;
  for (long i = 1; i < 24; i++) total[0] += total[i];
  sink[2] = sum(total[0]);
  return 2.0 * LANES * ROWS * 2 * rounds;
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
