// Times products of each set of kernels alone, on one thread: float32 and int8, quantization of rows included.
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

int main(void) {
  static const size_t sizes[][2] = {{64, 64},    {64, 256},   {96, 96},     {128, 128}, {128, 512},
                                  {512, 128},  {256, 1024}, {1024, 256},  {512, 1024}, {1024, 512},
                                  {1024, 1024}};
  printf("%-12s %6s %7s %8s %8s %8s\n", "set", "inputs", "outputs", "float32", "bytes", "faster");
  const sedge_kernels *set;
  for (size_t i = 0; (set = sedge_available_kernels(i)) != NULL; i++)
    for (unsigned j = 0; j < sizeof sizes / sizeof *sizes; j++) measure(set, sizes[j][0], sizes[j][1]);
  return 0;
}
