// Times products of each set of kernels alone, on one thread: float32 and int8, quantization of rows included; then softmax attention among
// the rows of a set, beside a product of the same width.
//
//     clang -O2 -ISources/CSedgeKernels/include -ISources/CSedgeProcessor/include Benchmarks/products.c \
//         Sources/CSedgeKernels/*.c Sources/CSedgeProcessor/*.c -lm -o /tmp/products && /tmp/products
//
// Time is the thread's own, of which a busy machine changes little; the best of several rounds. Weights are drawn from a sum
// of uniform numbers, nearly a normal distribution.
#include "CSedgeKernels.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROWS = 192, ROUNDS = 7 };

static double seconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static unsigned state = 1;
static float noise(void) {
  float sum = -6;
  for (int i = 0; i < 12; i++) {
    state = state * 1664525u + 1013904223u;
    sum += (float)(state >> 8) * 0x1p-24f;
  }
  return sum;
}

/// Prints operations a second of a linear layer, in 10^9.
static void measure(const sedge_kernels *set, size_t inputs, size_t outputs) {
  float *x = sedge_allocate(4 * ROWS * inputs), *y = sedge_allocate(4 * ROWS * outputs);
  float *weights = sedge_allocate(4 * inputs * outputs), *scales = malloc(4 * outputs), *sums = malloc(4 * outputs);
  float *packed = sedge_allocate(4 * set->packed_count(outputs, inputs));
  uint8_t *bytes = sedge_allocate(ROWS * inputs);
  int8_t *coded = sedge_allocate(inputs * outputs), *panels = sedge_allocate(set->packed_int8_count(outputs, inputs));
  sedge_affine affines[ROWS];
  for (size_t i = 0; i < ROWS * inputs; i++) x[i] = noise();
  for (size_t i = 0; i < inputs * outputs; i++) weights[i] = noise();
  set->pack(weights, outputs, inputs, packed);
  set->quantize_weights(weights, outputs, inputs, coded, scales, sums);
  set->pack_int8(coded, outputs, inputs, panels);
  const sedge_rows rows = {.first = x, .stride = inputs, .run_count = 1, .run_length = inputs};
  const sedge_layer layer = {.weights = packed, .outputs = outputs};
  const sedge_int8_rows byte_rows = {
      .first = bytes, .stride = inputs, .run_count = 1, .run_length = inputs, .affines = affines, .affine_stride = 1};
  const sedge_int8_layer byte_layer = {.weights = panels, .outputs = outputs, .scales = scales, .sums = sums};
  const double operations = 2.0 * ROWS * inputs * outputs;
  const size_t times = 1 + (size_t)(2e7 / operations);
  double best[2] = {1e9, 1e9};
  for (int round = 0; round < ROUNDS; round++) {
    const double start = seconds();
    for (size_t i = 0; i < times; i++) set->multiply(&rows, ROWS, &layer, y, outputs);
    const double middle = seconds();
    for (size_t i = 0; i < times; i++) {
      set->quantize_rows(x, ROWS, inputs, bytes, affines);
      set->multiply_int8(&byte_rows, ROWS, &byte_layer, y, outputs);
    }
    const double end = seconds();
    if (middle - start < best[0]) best[0] = middle - start;
    if (end - middle < best[1]) best[1] = end - middle;
  }
  printf("%-12s %6zu %7zu %8.0f %8.0f %8.2f\n", set->name, inputs, outputs, operations * times / best[0] * 1e-9,
         operations * times / best[1] * 1e-9, best[0] / best[1]);
  void *memory[] = {x, y, weights, packed, bytes, coded, panels};
  for (int i = 0; i < 7; i++) sedge_free(memory[i]);
  free(scales);
  free(sums);
}

/// Prints operations a second of softmax attention among rows, in 10^9, its packing included, and of a product of their width.
static void measure_attention(const sedge_kernels *set, size_t rows, size_t heads, size_t head_width) {
  const size_t width = heads * head_width;
  float *x = sedge_allocate(4 * rows * 3 * width), *y = sedge_allocate(4 * rows * width);
  float *packed = sedge_allocate(4 * set->attention_packed_count(rows, head_width));
  float *scratch = sedge_allocate(4 * set->attention_scratch_count(rows, head_width));
  float *weights = sedge_allocate(4 * width * width), *panels = sedge_allocate(4 * set->packed_count(width, width));
  for (size_t i = 0; i < rows * 3 * width; i++) x[i] = noise();
  for (size_t i = 0; i < width * width; i++) weights[i] = noise();
  set->pack(weights, width, width, panels);
  const sedge_rows inputs = {.first = x, .stride = 3 * width, .run_count = 1, .run_length = width};
  const sedge_layer layer = {.weights = panels, .outputs = width};
  const double operations = 4.0 * rows * rows * width, product = 2.0 * rows * width * width;
  const size_t times = 1 + (size_t)(2e7 / operations);
  double best[2] = {1e9, 1e9};
  for (int round = 0; round < ROUNDS; round++) {
    const double start = seconds();
    for (size_t i = 0; i < times; i++) set->multiply(&inputs, rows, &layer, y, width);
    const double middle = seconds();
    for (size_t i = 0; i < times; i++)
      for (size_t head = 0; head < width; head += head_width) {
        const sedge_attention call = {.query = x + head, .query_stride = 3 * width, .key = x + width + head,
                                      .key_stride = 3 * width, .value = x + 2 * width + head, .value_stride = 3 * width,
                                      .row_count = rows, .key_count = rows, .head_width = head_width, .scale = 0.125f};
        set->pack_attention(&call, packed);
        set->attention(&call, packed, scratch, y + head, width);
      }
    const double end = seconds();
    if (middle - start < best[0]) best[0] = middle - start;
    if (end - middle < best[1]) best[1] = end - middle;
  }
  const double rates[2] = {product * times / best[0] * 1e-9, operations * times / best[1] * 1e-9};
  printf("%-12s %6zu %7zu %8.0f %8.0f %8.2f\n", set->name, rows, head_width, rates[0], rates[1], rates[1] / rates[0]);
  void *memory[] = {x, y, packed, scratch, weights, panels};
  for (int i = 0; i < 6; i++) sedge_free(memory[i]);
}

int main(void) {
  static const size_t sizes[][2] = {{64, 64},    {64, 256},   {96, 96},     {128, 128}, {128, 512},
                                  {512, 128},  {256, 1024}, {1024, 256},  {512, 1024}, {1024, 512},
                                  {1024, 1024}};
  printf("%-12s %6s %7s %8s %8s %8s\n", "set", "inputs", "outputs", "float32", "bytes", "faster");
  const sedge_kernels *set;
  for (size_t i = 0; (set = sedge_available_kernels(i)) != NULL; i++)
    for (unsigned j = 0; j < sizeof sizes / sizeof *sizes; j++) measure(set, sizes[j][0], sizes[j][1]);
  // CAT-Seg's windows, and CLIP's vision transformers.
  static const size_t sets[][3] = {{144, 4, 32}, {577, 12, 64}};
  printf("\n%-12s %6s %7s %8s %8s %8s\n", "set", "rows", "head", "product", "attend", "ratio");
  for (size_t i = 0; (set = sedge_available_kernels(i)) != NULL; i++)
    for (unsigned j = 0; j < sizeof sets / sizeof *sets; j++) measure_attention(set, sets[j][0], sets[j][1], sets[j][2]);
  return 0;
}
