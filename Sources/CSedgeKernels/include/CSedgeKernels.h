// The inner loops of the accelerated forward pass, once for each kind of processor.
//
// Matrices are row-major float32; strides and lengths count elements. Nothing here allocates or checks: callers do.
// A row's result does not depend on which other rows are computed with it, so work may be divided in any way.
#ifndef CSEDGEKERNELS_H
#define CSEDGEKERNELS_H

#include <stddef.h>
#include <stdint.h>

/// What follows a product elementwise.
enum {
  SEDGE_IDENTITY = 0,
  /// max(x, 0).
  SEDGE_RELU = 1,
  /// x/2 (1 + erf(x / sqrt 2)).
  SEDGE_GELU = 2,
};

/// Rows to be multiplied with a matrix of weights: row i reads `run_count` runs of `run_length` values,
/// `run_stride` apart, the first at `first + i * stride`.
///
/// One run is a linear layer. A K x K convolution is K runs (lines of the kernel) of K * channels values.
typedef struct {
  const float *first;
  long stride;
  long run_count;
  long run_length;
  long run_stride;
} sedge_rows;

/// A matrix of weights and what is done with the product: `output = activation(addend + rows * weights + bias)`.
typedef struct {
  /// From `pack`.
  const float *weights;
  /// Columns.
  long outputs;
  /// One a column, or null.
  const float *bias;
  /// Added to the product, or null; may be the output itself.
  const float *addend;
  long addend_stride;
  int activation;
} sedge_layer;

/// How bytes stand for numbers: `x = scale * byte + offset`.
typedef struct {
  float scale;
  float offset;
} sedge_affine;

/// Rows of bytes to be multiplied; see sedge_rows. Lengths of runs are multiples of 4.
///
/// The affine of row i is `affines[i * affine_stride]`.
typedef struct {
  const uint8_t *first;
  long stride;
  long run_count;
  long run_length;
  long run_stride;
  const sedge_affine *affines;
  long affine_stride;
} sedge_int8_rows;

/// A matrix of weights in 8 bits; see sedge_layer.
typedef struct {
  /// From `pack_int8`.
  const int8_t *weights;
  long outputs;
  /// What each output's weights are multiplied with.
  const float *scales;
  /// The sum of each output's weights, times its scale.
  const float *sums;
  const float *bias;
  const float *addend;
  long addend_stride;
  int activation;
} sedge_int8_layer;

/// A set of kernels for one kind of processor.
typedef struct {
  const char *name;
  /// Values of a vector register.
  long lanes;

  /// Floats that `pack` writes.
  long (*packed_count)(long outputs, long inputs);
  /// Lays out weights (`outputs` rows of `inputs` values) for `multiply`.
  void (*pack)(const float *weights, long outputs, long inputs, float *packed);
  /// Multiplies `row_count` rows.
  void (*multiply)(const sedge_rows *rows, long row_count, const sedge_layer *layer, float *output, long output_stride);
  /// Whether `multiply_bf16` is faster than `multiply`.
  int has_fast_bf16;
  /// Rounds values, an even number of them, to bfloat16; two take the place of a float.
  void (*round_to_bf16)(const float *values, long count, float *pairs);
  /// As `multiply`, for rows and packed weights of pairs of bfloat16, which count as one value; sums are float32.
  void (*multiply_bf16)(const sedge_rows *rows, long row_count, const sedge_layer *layer, float *output,
                          long output_stride);
  /// `output[i] = bias + row i . weights`: a layer of one output, its weights as they are.
  void (*dot)(const sedge_rows *rows, long row_count, const float *weights, float bias, float *output);

  /// One line of a depthwise convolution, stride 1, zero padding.
  ///
  /// image: height x width x channels; weights: kernel x kernel x channels, kernel odd; output: width x channels.
  void (*depthwise_line)(const float *image, long height, long width, long channels, long y, long kernel,
                         const float *weights, const float *bias, float *output);

  /// Normalizes each row to mean 0 and variance 1; scale and shift may be null. In place is allowed.
  void (*layer_norm)(const float *rows, long row_count, long width, const float *scale, const float *shift,
                     float epsilon, float *output);
  /// Merges pixels into the statistics of their groups of 16 channels.
  ///
  /// statistics: count, mean and sum of squared deviations of each group.
  void (*group_statistics)(const float *pixels, long pixel_count, long channels, double *statistics);
  /// max(x * scale + shift, 0), one scale and shift a channel. In place is allowed.
  void (*scale_relu)(const float *pixels, long pixel_count, long channels, const float *scale, const float *shift,
                     float *output);

  /// Adds tokens to the sums of linear attention at each of `pixel_count` pixels.
  ///
  /// key_value: row `token * pixel_count + pixel` has `channels` keys, elu(x) + 1 not yet applied, and as many values.
  /// It is changed. sums: for each pixel `channels` sums of keys, then channels x (channels / heads) sums of products.
  void (*attention_gather)(float *key_value, long token_count, long pixel_count, long channels, long heads,
                           float *sums);
  /// output = addend + (q . products) / (q . keys + 1e-6), q = elu(query) + 1; query is changed.
  void (*attention_apply)(float *query, long token_count, long pixel_count, long channels, long heads,
                          const float *sums, const float *addend, float *output);
  /// Softmax attention of one row to `count` rows, head by head: output = sum of softmax(scale * q . k) v.
  ///
  /// rows: 3 * width values each: queries, keys, values. path: rows in the order of the sums, the last of which asks.
  /// weights: `count` floats of scratch memory. output: `width` values.
  void (*attend)(const float *rows, long width, long heads, const int32_t *path, long count, float scale,
                 float *weights, float *output);

  /// output += values.
  void (*add)(const float *values, long count, float *output);

  /// 1 / (1 + exp(-x)). In place is allowed.
  void (*sigmoid)(const float *values, long count, float *output);
  /// Interpolates between two lines, widens the line and keeps the best class of every pixel.
  ///
  /// upper, lower: `width` scores each, of which `weight` is the share of `lower`. left, right, share: for each of
  /// `out_width` pixels the two columns it mixes and the share of the right one; columns ascend.
  /// scratch: `width` floats.
  void (*label_line)(const float *upper, const float *lower, float weight, long width, const int32_t *left,
                     const int32_t *right, const float *share, long out_width, int32_t class_index, float *best,
                     int32_t *labels, float *scratch);

  /// Products of bytes, the affine of their rows included, are faster than `multiply` where the harmonic mean of inputs and
  /// outputs is at least this; 0 where they never are.
  long least_int8_width;
  /// Widens `ends` (least, most) so that they hold all values.
  void (*range)(const float *values, long count, float *ends);
  /// Widens `least` and `most`, one of each a channel, so that they hold all pixels; channels are a multiple of 16.
  void (*channel_ranges)(const float *pixels, long pixel_count, long channels, float *least, float *most);
  /// The affine with the smallest step that holds `least` <= 0 and `most` >= 0.
  sedge_affine (*affine_for)(float least, float most);
  /// Codes values in bytes; what lies beyond the affine's ends becomes the nearest of them.
  void (*quantize_values)(const float *values, long count, sedge_affine affine, uint8_t *bytes);
  /// Codes max(x * scale + shift, 0), one scale and shift a channel, channels being a multiple of 16; the affine's
  /// offset is 0.
  void (*scale_relu_quantize)(const float *pixels, long pixel_count, long channels, const float *scale,
                          const float *shift, sedge_affine affine, uint8_t *bytes);
  /// Codes each row in bytes, with the smallest step that holds its values and 0, and tells how.
  void (*quantize_rows)(const float *rows, long row_count, long width, uint8_t *bytes, sedge_affine *affines);
  /// `layer_norm` without scale and shift, and `quantize_rows` of what it gives; the width is a multiple of 16.
  void (*layer_norm_quantize)(const float *rows, long row_count, long width, float epsilon, uint8_t *bytes,
                          sedge_affine *affines);
  /// Codes each output's weights in -127...127 times its scale, and sums them.
  void (*quantize_weights)(const float *weights, long outputs, long inputs, int8_t *bytes, float *scales, float *sums);
  /// Bytes that `pack_int8` writes; `inputs` is a multiple of 4.
  long (*packed_int8_count)(long outputs, long inputs);
  /// Lays out weights for `multiply_int8`.
  void (*pack_int8)(const int8_t *weights, long outputs, long inputs, int8_t *packed);
  /// Multiplies rows of bytes: exact sums of integers, then scaled in float32.
  void (*multiply_int8)(const sedge_int8_rows *rows, long row_count, const sedge_int8_layer *layer, float *output,
                         long output_stride);

  /// Multiplies and adds in registers alone, as fast as that goes: what the others are measured by.
  ///
  /// Returns the floating-point operations done. sink: a factor, an addend, and where the result goes.
  double (*burn)(long rounds, float *sink);
} sedge_kernels;

/// The sets that this processor can run, best first: each by its index, then null.
///
/// Their names are those of CSedgeProcessor's sets of instructions.
const sedge_kernels *sedge_available_kernels(long index);

/// Memory aligned to 64 bytes, in large pages where the system has them; null if there is none.
void *sedge_allocate(size_t bytes);
void sedge_free(void *memory);

/// Gives memory that was freed back to the system, where the C library keeps it otherwise (`malloc_trim`).
void sedge_return_memory(void);

/// Seconds that all threads of this process have worked so far, together.
double sedge_processor_seconds(void);

/// Processors that this process may run on.
long sedge_processor_count(void);

#endif
