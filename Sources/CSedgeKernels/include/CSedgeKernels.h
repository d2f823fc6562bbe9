// The inner loops of the accelerated forward pass, compiled for several kernel sets.
//
// Matrices are row-major float32; strides and lengths are in elements. The functions neither allocate nor check their arguments:
// their callers do. A row's result does not depend on the other rows of a call, so calls may be split among threads in any way.
#ifndef CSEDGEKERNELS_H
#define CSEDGEKERNELS_H

#include <stddef.h>
#include <stdint.h>

/// The activation after a matrix product, applied elementwise.
enum {
  SEDGE_IDENTITY = 0,
  /// max(x, 0).
  SEDGE_RELU = 1,
  /// x/2 (1 + erf(x / sqrt 2)).
  SEDGE_GELU = 2,
  /// x / (1 + exp(-1.702 x)).
  SEDGE_QUICK_GELU = 3,
};

/// The input rows of a matrix product: row i is `run_count` runs of `run_length` values, `run_stride` apart, the first run at
/// `first + i * stride`.
///
/// A linear layer has one run. A K x K convolution has K runs, one for each line of the kernel, of K * channels values.
typedef struct {
  const float *first;
  size_t stride;
  size_t run_count;
  size_t run_length;
  size_t run_stride;
} sedge_rows;

/// A packed weight matrix and its epilogue: `output = activation(addend + rows * weights + bias)`.
typedef struct {
  /// From `pack`.
  const float *weights;
  /// Columns.
  size_t outputs;
  /// One value for each column, or null.
  const float *bias;
  /// Added to the product, or null; may be the output itself.
  const float *addend;
  size_t addend_stride;
  int activation;
} sedge_layer;

/// Affine quantization parameters: `x = scale * q + offset`, q = 0...255.
typedef struct {
  float scale;
  float offset;
} sedge_affine;

/// Quantized input rows; see sedge_rows. Run lengths are multiples of 4.
///
/// The parameters of row i are `affines[i * affine_stride]`.
typedef struct {
  const uint8_t *first;
  size_t stride;
  size_t run_count;
  size_t run_length;
  size_t run_stride;
  const sedge_affine *affines;
  size_t affine_stride;
} sedge_int8_rows;

/// A packed weight matrix in int8, symmetric about 0; see sedge_layer.
typedef struct {
  /// From `pack_int8`.
  const int8_t *weights;
  size_t outputs;
  /// The scale of each output's weights.
  const float *scales;
  /// The sum of each output's weights, times its scale.
  const float *sums;
  const float *bias;
  const float *addend;
  size_t addend_stride;
  int activation;
} sedge_int8_layer;

/// Softmax attention of some rows of a set to all its rows, for one head. Row i of a matrix begins at `i * stride`.
typedef struct {
  /// `row_count` rows of `head_width` values.
  const float *query;
  size_t query_stride;
  /// `key_count` rows of `head_width` values.
  const float *key;
  size_t key_stride;
  const float *value;
  size_t value_stride;
  size_t row_count;
  size_t key_count;
  size_t head_width;
  /// The factor of the products of queries and keys.
  float scale;
  /// Added to these products, `row_count` rows of `key_count` values; or null.
  const float *mask;
  size_t mask_stride;
} sedge_attention;

/// A Winograd convolution F(M x M, R x R), named M_R: tiles of M x M outputs of an R x R kernel, and of (M + R - 1) x (M + R - 1) inputs.
enum {
  SEDGE_WINOGRAD_3_2 = 0,
  SEDGE_WINOGRAD_4_3 = 1,
  SEDGE_WINOGRAD_4_4 = 2,
};

/// A row of tiles at their points. The value of a channel of tile t at point p is at `p * point_stride + t * tile_stride + channel`.
typedef struct {
  size_t count;
  /// At least the set's lanes; of outputs a multiple of them.
  size_t channels;
  size_t point_stride;
  size_t tile_stride;
} sedge_tiles;

/// The outputs of a row of tiles: output (line, column) of tile t is pixel (line, t * M + column).
typedef struct {
  /// The first pixel that is stored.
  float *first;
  /// Added to the outputs, with the same strides, or null; may be the outputs themselves.
  const float *addend;
  /// One value for each channel, or null.
  const float *bias;
  size_t line_stride;
  size_t pixel_stride;
  /// The range of lines and of columns that are stored, neither of them empty.
  size_t first_line;
  size_t end_line;
  size_t first_column;
  size_t end_column;
} sedge_tile_outputs;

/// The functions of one kernel set.
typedef struct {
  /// The name of the kernel set.
  const char *name;
  /// Floats in a vector register.
  size_t lanes;

  /// The number of floats that `pack` writes.
  size_t (*packed_count)(size_t outputs, size_t inputs);
  /// Packs weights (`outputs` rows of `inputs` values) for `multiply`.
  void (*pack)(const float *weights, size_t outputs, size_t inputs, float *packed);
  /// Multiplies `row_count` rows.
  void (*multiply)(const sedge_rows *rows, size_t row_count, const sedge_layer *layer, float *output, size_t output_stride);
  /// The number of bfloat16 values in the memory of a float: 2 with instructions for their products; 1 where float32 products of rounded
  /// values emulate them.
  size_t bf16_per_float;
  /// Rounds values to bfloat16, as many in the memory of each float as `bf16_per_float`, of which `count` is a multiple.
  void (*round_to_bf16)(const float *values, size_t count, float *rounded);
  /// As `multiply`, for rows and packed weights in bfloat16; those in the memory of a float count as one value. Sums are float32.
  void (*multiply_bf16)(const sedge_rows *rows, size_t row_count, const sedge_layer *layer, float *output,
                        size_t output_stride);
  /// `output[i] = bias + row i . weights`: a layer of one output, with weights that are not packed.
  void (*dot)(const sedge_rows *rows, size_t row_count, const float *weights, float bias, float *output);

  /// The columns `first` to before `end` of line y of a depthwise convolution, stride 1, zero padding.
  ///
  /// image: height x width x channels; weights: kernel x kernel x channels, kernel odd; output: these columns x channels.
  void (*depthwise_line)(const float *image, size_t height, size_t width, size_t channels, size_t y, size_t first, size_t end,
                         size_t kernel, const float *weights, const float *bias, float *output);

  /// The values of a row of tiles at the points of a Winograd convolution.
  ///
  /// image: the tiles' inputs, M pixels from one tile to the next.
  void (*winograd_input)(int form, const sedge_tiles *tiles, const float *image, size_t line_stride, float *values);
  /// The outputs of a row of tiles from their products at the points.
  void (*winograd_output)(int form, const sedge_tiles *tiles, const float *products, const sedge_tile_outputs *output);

  /// Normalizes each row to mean 0 and variance 1; scale and shift may be null. In place is allowed.
  void (*layer_norm)(const float *rows, size_t row_count, size_t width, const float *scale, const float *shift,
                     float epsilon, float *output);
  /// Merges pixels into the statistics of their groups of 16 channels.
  ///
  /// statistics: count, mean and sum of squared deviations of each group.
  void (*group_statistics)(const float *pixels, size_t pixel_count, size_t channels, double *statistics);
  /// max(x * scale + shift, 0), with one scale and one shift for each channel. In place is allowed.
  void (*scale_relu)(const float *pixels, size_t pixel_count, size_t channels, const float *scale, const float *shift,
                     float *output);

  /// Adds tokens to the sums of linear attention at each of `pixel_count` pixels.
  ///
  /// key_value: row `token * pixel_count + pixel` has `channels` keys, before elu(x) + 1, and as many values; overwritten.
  /// sums: for each pixel `channels` sums of keys, then channels x (channels / heads) sums of products.
  void (*attention_gather)(float *key_value, size_t token_count, size_t pixel_count, size_t channels, size_t heads,
                           float *sums);
  /// output = addend + (q . products) / (q . keys + 1e-6), q = elu(query) + 1; query is overwritten.
  void (*attention_apply)(float *query, size_t token_count, size_t pixel_count, size_t channels, size_t heads,
                          const float *sums, const float *addend, float *output);
  /// Softmax attention of one row to `count` rows, head by head: output = sum of softmax(scale * q . k) v.
  ///
  /// rows: 3 * width values each: queries, keys, values. path: the indices of the rows in the order of the sums, the row of the
  /// query last. weights: `count` floats of scratch memory. output: `width` values.
  void (*attend)(const float *rows, size_t width, size_t heads, const int32_t *path, size_t count, float scale,
                 float *weights, float *output);

  /// The number of floats that `pack_attention` writes.
  size_t (*attention_packed_count)(size_t key_count, size_t head_width);
  /// Packs the keys and values of a head for `attention`.
  void (*pack_attention)(const sedge_attention *attention, float *packed);
  /// The number of floats of scratch memory of `attention`.
  size_t (*attention_scratch_count)(size_t key_count, size_t head_width);
  /// output = the sum of softmax(scale * q . k + mask) v for each row; may be the queries.
  ///
  /// packed: from `pack_attention`, of the same keys and values, which are not read again.
  void (*attention)(const sedge_attention *attention, const float *packed, float *scratch, float *output,
                    size_t output_stride);

  /// output += values.
  void (*add)(const float *values, size_t count, float *output);

  /// 1 / (1 + exp(-x)). In place is allowed.
  void (*sigmoid)(const float *values, size_t count, float *output);
  /// Interpolates between two lines and resizes the line; see `label_line`.
  void (*resize_line)(const float *upper, const float *lower, float weight, size_t width, const int32_t *left,
                      const int32_t *right, const float *share, size_t out_width, float *output, float *scratch);
  /// Interpolates between two lines of a class's scores, upsamples the line and updates the best class of every pixel.
  ///
  /// upper, lower: `width` scores each; `weight` is the share of `lower`. left, right, share: for each of `out_width` pixels the
  /// two source columns and the share of the right column; columns ascend. scratch: `width` floats.
  void (*label_line)(const float *upper, const float *lower, float weight, size_t width, const int32_t *left,
                     const int32_t *right, const float *share, size_t out_width, int32_t class_index, float *best,
                     int32_t *labels, float *scratch);

  /// The harmonic mean of inputs and outputs from which `multiply_int8` is faster than `multiply`, quantization of the rows
  /// included; 0 where it never is.
  size_t least_int8_width;
  /// Whether a Winograd convolution in float32 is faster than a direct one in int8.
  int is_winograd_faster_than_int8;
  /// Extends `ends` (minimum, maximum) to cover all values.
  void (*range)(const float *values, size_t count, float *ends);
  /// Extends `least` and `most`, one of each for every channel, to cover all pixels; channels are a multiple of 16.
  void (*channel_ranges)(const float *pixels, size_t pixel_count, size_t channels, float *least, float *most);
  /// The parameters with the smallest scale that cover `least` <= 0 and `most` >= 0.
  sedge_affine (*affine_for)(float least, float most);
  /// Quantizes values; values out of range are clamped.
  void (*quantize_values)(const float *values, size_t count, sedge_affine affine, uint8_t *bytes);
  /// Quantizes max(x * scale + shift, 0), with one scale and one shift for each channel; channels are a multiple of 16, the offset
  /// of `affine` is 0.
  void (*scale_relu_quantize)(const float *pixels, size_t pixel_count, size_t channels, const float *scale,
                              const float *shift, sedge_affine affine, uint8_t *bytes);
  /// Quantizes each row with the smallest scale that covers its values and 0; writes the parameters of each row.
  void (*quantize_rows)(const float *rows, size_t row_count, size_t width, uint8_t *bytes, sedge_affine *affines);
  /// `layer_norm` without scale and shift followed by `quantize_rows`; the width is a multiple of 16.
  void (*layer_norm_quantize)(const float *rows, size_t row_count, size_t width, float epsilon, uint8_t *bytes,
                              sedge_affine *affines);
  /// Quantizes each output's weights to -127...127 and sums them.
  void (*quantize_weights)(const float *weights, size_t outputs, size_t inputs, int8_t *bytes, float *scales, float *sums);
  /// The number of bytes that `pack_int8` writes; `inputs` is a multiple of 4.
  size_t (*packed_int8_count)(size_t outputs, size_t inputs);
  /// Packs weights for `multiply_int8`.
  void (*pack_int8)(const int8_t *weights, size_t outputs, size_t inputs, int8_t *packed);
  /// Multiplies quantized rows: exact integer sums, then scaled in float32.
  void (*multiply_int8)(const sedge_int8_rows *rows, size_t row_count, const sedge_int8_layer *layer, float *output,
                        size_t output_stride);

  /// Multiplies and adds in registers alone: the peak to compare the other functions with.
  ///
  /// Returns the number of floating-point operations. sink: a factor, an addend, and the result.
  double (*burn)(size_t rounds, float *sink);
} sedge_kernels;

/// The kernel sets that this processor supports, best first: the set at `index`, null after the last. Their names are those of
/// CSedgeProcessor's table.
const sedge_kernels *sedge_available_kernels(size_t index);

/// Memory aligned to 64 bytes, in large pages where the system has them; null where there is no memory.
void *sedge_allocate(size_t bytes);
void sedge_free(void *memory);

/// Returns freed memory to the system, where the C library keeps it otherwise (`malloc_trim`).
void sedge_return_memory(void);

/// The processor time of all threads of this process so far, in seconds.
double sedge_processor_seconds(void);

/// The number of processors that this process may run on.
size_t sedge_processor_count(void);

#endif
