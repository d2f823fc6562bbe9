// Runs the kernels once each, on fixed shapes, and prints their names. Under callgrind each run is dumped with the instructions that it
// took; qemu-count.c counts them between two calls of getppid. Scripts/count-kernels.sh compiles and runs it. Instructions do not depend
// on how busy a machine is, so they tell what a change of a kernel costs; they are not a time.
#include "CSedgeKernels.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <valgrind/callgrind.h>

static unsigned state = 1;
static float noise(void) {
  state = state * 1664525u + 1013904223u;
  return (float)(int)state * 0x1p-31f;
}

static float *floats(size_t count) {
  float *values = sedge_allocate(4 * count);
  if (!values) exit(3);
  for (size_t i = 0; i < count; i++) values[i] = noise();
  return values;
}

static void *bytes(size_t count) {
  unsigned char *values = sedge_allocate(count);
  if (!values) exit(3);
  for (size_t i = 0; i < count; i++) values[i] = (unsigned char)(i * 37);
  return values;
}

/// Counts the instructions of the statement, after the name of the set and of the work: a format and its arguments.
#define COUNT(WORK, ...)                                               \
  do {                                                                 \
    char label[128], name[96];                                         \
    snprintf(name, sizeof name, __VA_ARGS__);                          \
    snprintf(label, sizeof label, "%s\t%s", set->name, name);          \
    puts(label);                                                       \
    CALLGRIND_ZERO_STATS;                                              \
    getppid();                                                         \
    CALLGRIND_TOGGLE_COLLECT;                                          \
    WORK;                                                              \
    CALLGRIND_TOGGLE_COLLECT;                                          \
    getppid();                                                         \
    CALLGRIND_DUMP_STATS_AT(label);                                    \
  } while (0)

/// A linear layer of some rows in each arithmetic.
static void count_product(const sedge_kernels *set, size_t rows, size_t inputs, size_t outputs, int activation, const char *suffix) {
  float *x = floats(rows * inputs), *y = floats(rows * outputs), *weights = floats(inputs * outputs);
  float *packed = floats(set->packed_count(outputs, inputs)), *scales = floats(outputs), *sums = floats(outputs), *bias = floats(outputs);
  set->pack(weights, outputs, inputs, packed);
  const sedge_rows runs = {.first = x, .stride = inputs, .run_count = 1, .run_length = inputs};
  const sedge_layer layer = {.weights = packed, .outputs = outputs, .bias = bias, .activation = activation};
  COUNT(set->multiply(&runs, rows, &layer, y, outputs), "float32 product %zu x %zu%s", inputs, outputs, suffix);
  if (set->least_int8_width == 0) return;
  int8_t *coded = bytes(inputs * outputs), *panels = bytes(set->packed_int8_count(outputs, inputs));
  uint8_t *quantized = bytes(rows * inputs);
  sedge_affine *affines = bytes(rows * sizeof(sedge_affine));
  set->quantize_weights(weights, outputs, inputs, coded, scales, sums);
  set->pack_int8(coded, outputs, inputs, panels);
  COUNT(set->quantize_rows(x, rows, inputs, quantized, affines), "int8 quantization of rows of %zu", inputs);
  const sedge_int8_rows int8_runs = {
      .first = quantized, .stride = inputs, .run_count = 1, .run_length = inputs, .affines = affines, .affine_stride = 1};
  const sedge_int8_layer int8_layer = {
      .weights = panels, .outputs = outputs, .scales = scales, .sums = sums, .bias = bias, .activation = activation};
  COUNT(set->multiply_int8(&int8_runs, rows, &int8_layer, y, outputs), "int8 product %zu x %zu%s", inputs, outputs, suffix);
}

/// A 3x3 convolution of one line.
static void count_convolution(const sedge_kernels *set, size_t width, size_t channels, size_t outputs) {
  float *x = floats(3 * (width + 2) * channels), *y = floats(width * outputs), *weights = floats(9 * channels * outputs);
  float *packed = floats(set->packed_count(outputs, 9 * channels));
  set->pack(weights, outputs, 9 * channels, packed);
  const sedge_rows runs = {
      .first = x, .stride = channels, .run_count = 3, .run_length = 3 * channels, .run_stride = (width + 2) * channels};
  const sedge_layer layer = {.weights = packed, .outputs = outputs};
  COUNT(set->multiply(&runs, width, &layer, y, outputs), "float32 3x3 convolution %zu to %zu, a line of %zu", channels, outputs, width);
}

/// The transforms of a row of tiles of a Winograd convolution.
static void count_winograd(const sedge_kernels *set, int form, const char *tile, size_t step, size_t points, size_t count, size_t channels) {
  const size_t line = ((count - 1) * step + points) * channels, stride = count * channels + 16;
  float *image = floats(points * line), *values = floats(points * points * stride), *output = floats(step * step * count * channels);
  const sedge_tiles tiles = {.count = count, .channels = channels, .point_stride = stride, .tile_stride = channels};
  const sedge_tile_outputs target = {.first = output, .line_stride = step * count * channels, .pixel_stride = channels,
                                     .end_line = step, .end_column = step * count};
  COUNT(set->winograd_input(form, &tiles, image, line, values), "Winograd %s, inputs of %zu channels, %zu tiles", tile, channels, count);
  COUNT(set->winograd_output(form, &tiles, values, &target), "Winograd %s, outputs of %zu channels, %zu tiles", tile, channels, count);
}

static void count_depthwise(const sedge_kernels *set, size_t width, size_t channels, size_t kernel) {
  float *image = floats(kernel * width * channels), *weights = floats(kernel * kernel * channels), *bias = floats(channels);
  float *output = floats(width * channels);
  COUNT(set->depthwise_line(image, kernel, width, channels, kernel / 2, 0, width, kernel, weights, bias, output),
        "depthwise %zux%zu of %zu channels, a line of %zu", kernel, kernel, channels, width);
}

/// Linear attention over classes at some pixels.
static void count_class_attention(const sedge_kernels *set, size_t classes, size_t pixels, size_t channels, size_t heads) {
  float *rows = floats(2 * classes * pixels * channels), *query = floats(classes * pixels * channels);
  float *sums = floats(pixels * (channels + channels * channels / heads)), *output = floats(classes * pixels * channels);
  COUNT(set->attention_gather(rows, classes, pixels, channels, heads, sums), "linear attention, sums of %zu channels, heads of %zu", channels,
        channels / heads);
  COUNT(set->attention_apply(query, classes, pixels, channels, heads, sums, output, output),
        "linear attention, results of %zu channels, heads of %zu", channels, channels / heads);
}

static void count_softmax_attention(const sedge_kernels *set, size_t rows, size_t width) {
  float *x = floats(3 * rows * width), *packed = floats(set->attention_packed_count(rows, width));
  float *scratch = floats(set->attention_scratch_count(rows, width)), *y = floats(rows * width);
  const sedge_attention call = {.query = x, .query_stride = 3 * width, .key = x + width, .key_stride = 3 * width, .value = x + 2 * width,
                                .value_stride = 3 * width, .row_count = rows, .key_count = rows, .head_width = width, .scale = 0.125f};
  COUNT(set->pack_attention(&call, packed), "softmax attention, packing of %zu rows of %zu", rows, width);
  COUNT(set->attention(&call, packed, scratch, y, width), "softmax attention of %zu rows of %zu", rows, width);
}

static void count_rows(const sedge_kernels *set, size_t rows, size_t channels) {
  float *x = floats(rows * channels), *y = floats(rows * channels), *scale = floats(channels), *shift = floats(channels);
  double statistics[3 * 64] = {0};
  COUNT(set->layer_norm(x, rows, channels, scale, shift, 1e-5f, y), "LayerNorm of rows of %zu", channels);
  COUNT(set->group_statistics(x, rows, channels, statistics), "GroupNorm, statistics of %zu channels", channels);
  COUNT(set->scale_relu(x, rows, channels, scale, shift, y), "GroupNorm, result of %zu channels", channels);
}

static void count_labels(const sedge_kernels *set, size_t width) {
  float *upper = floats(width), *lower = floats(width), *share = floats(4 * width), *best = floats(4 * width), *scratch = floats(width);
  int32_t *left = bytes(16 * width), *right = bytes(16 * width), *labels = bytes(16 * width);
  for (size_t i = 0; i < 4 * width; i++) {
    left[i] = (int32_t)(i / 4);
    right[i] = left[i] + 1 < (int32_t)width ? left[i] + 1 : left[i];
  }
  COUNT(set->sigmoid(upper, width, upper), "sigmoid of %zu", width);
  COUNT(set->label_line(upper, lower, 0.5f, width, left, right, share, 4 * width, 1, best, labels, scratch), "labels, a line of %zu",
        4 * width);
}

int main(void) {
  const sedge_kernels *set;
  for (size_t i = 0; (set = sedge_available_kernels(i)) != NULL; i++) {
    // The layers of SED-B's image encoder and decoder.
    count_product(set, 48, 512, 128, SEDGE_IDENTITY, "");
    count_product(set, 48, 128, 512, SEDGE_GELU, ", GELU");
    count_product(set, 48, 64, 64, SEDGE_RELU, ", ReLU");
    count_product(set, 96, 32, 128, SEDGE_GELU, ", GELU");
    count_convolution(set, 48, 64, 64);
    count_convolution(set, 96, 32, 32);
    count_convolution(set, 192, 16, 16);
    count_winograd(set, SEDGE_WINOGRAD_4_3, "F(4x4, 3x3)", 4, 6, 12, 64);
    count_winograd(set, SEDGE_WINOGRAD_3_2, "F(3x3, 2x2)", 3, 4, 17, 64);
    count_winograd(set, SEDGE_WINOGRAD_4_4, "F(4x4, 4x4)", 4, 7, 6, 80);
    count_depthwise(set, 48, 128, 7);
    count_depthwise(set, 96, 32, 9);
    count_class_attention(set, 10, 16, 64, 4);
    count_class_attention(set, 10, 32, 32, 4);
    count_softmax_attention(set, 144, 32);
    count_rows(set, 48, 128);
    count_rows(set, 192, 16);
    count_labels(set, 192);
  }
  return 0;
}
