// Times the convolutions of SED-B's decoder for one class alone, on one thread: direct, as Winograd convolutions, and direct in int8.
//
//     clang -O2 -ISources/CSedgeKernels/include -ISources/CSedgeProcessor/include Benchmarks/convolutions.c \
//         Sources/CSedgeKernels/*.c Sources/CSedgeProcessor/*.c -lm -o /tmp/convolutions && /tmp/convolutions
//
// Time is the thread's own; the best of several rounds. Bytes are already quantized.
#include "CSedgeKernels.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS = 7 };

static double seconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

/// Numbers of a nearly normal distribution: int8 products of `avx2` depend on it.
static float *drawn(size_t count) {
  static unsigned state = 1;
  float *values = sedge_allocate(4 * count);
  for (size_t i = 0; i < count; i++) {
    values[i] = -6;
    for (int k = 0; k < 12; k++) values[i] += (float)((state = state * 1664525u + 1013904223u) >> 8) * 0x1p-24f;
  }
  return values;
}

static size_t tile_count(size_t side, size_t step) { return (side + step - 1) / step; }

/// A convolution of stride 1.
typedef struct {
  const char *name;
  int form;
  /// Of a tile: outputs and points along a side.
  size_t step, points;
  /// Of the output, where a direct convolution is split into `parts` of the outputs.
  size_t side;
  size_t kernel, inputs, outputs;
  /// Kernels of the form along a side; rows of tiles at a time.
  size_t groups, band;
  size_t parts;
} convolution;

/// Seconds of a direct convolution.
static double direct(const sedge_kernels *set, const convolution *c, const float *image, size_t line, float *output) {
  const size_t inputs = c->kernel * c->kernel * c->inputs, outputs = c->outputs / c->parts;
  float *weights = drawn(outputs * inputs), *packed = sedge_allocate(4 * set->packed_count(outputs, inputs));
  set->pack(weights, outputs, inputs, packed);
  const sedge_layer layer = {.weights = packed, .outputs = outputs};
  // The windows of the parts overlap at the edges, where a direct convolution computes one of them only.
  const size_t side = c->side - (c->parts > 1);
  const double start = seconds();
  for (size_t part = 0; part < c->parts; part++)
    for (size_t y = 0; y < side; y++) {
      const sedge_rows rows = {image + y * line, c->inputs, c->kernel, c->kernel * c->inputs, line};
      set->multiply(&rows, side, &layer, output + y * side * c->outputs + part * outputs, c->outputs);
    }
  const double end = seconds();
  sedge_free(weights);
  sedge_free(packed);
  return end - start;
}

/// Seconds of a direct convolution in int8; 0 where the set has no fast int8.
static double in_int8(const sedge_kernels *set, const convolution *c, const uint8_t *image, size_t line, float *output) {
  const size_t inputs = c->kernel * c->kernel * c->inputs, outputs = c->outputs / c->parts;
  if (set->least_int8_width == 0 || inputs % 4 > 0) return 0;
  float *weights = drawn(outputs * inputs), *scales = drawn(2 * outputs);
  int8_t *coded = sedge_allocate(outputs * inputs), *packed = sedge_allocate(set->packed_int8_count(outputs, inputs));
  set->quantize_weights(weights, outputs, inputs, coded, scales, scales + outputs);
  set->pack_int8(coded, outputs, inputs, packed);
  const sedge_affine affine = {1, -128};
  const sedge_int8_layer layer = {.weights = packed, .outputs = outputs, .scales = scales, .sums = scales + outputs};
  const size_t side = c->side - (c->parts > 1);
  const double start = seconds();
  for (size_t part = 0; part < c->parts; part++)
    for (size_t y = 0; y < side; y++) {
      const sedge_int8_rows rows = {image + y * line, c->inputs, c->kernel, c->kernel * c->inputs, line, &affine, 0};
      set->multiply_int8(&rows, side, &layer, output + y * side * c->outputs + part * outputs, c->outputs);
    }
  const double end = seconds();
  void *memory[] = {weights, scales, coded, packed};
  for (int i = 0; i < 4; i++) sedge_free(memory[i]);
  return end - start;
}

/// Seconds of a Winograd convolution; 0 where the channels do not fill a vector.
static double winograd(const sedge_kernels *set, const convolution *c, const float *image, size_t line, float *output) {
  if (c->inputs < set->lanes) return 0;
  const size_t tiles = tile_count(c->side, c->step), points = c->points * c->points, length = c->groups * c->inputs;
  const size_t inputs = c->groups * length, size = set->packed_count(c->outputs, inputs);
  const size_t value_stride = (c->band + c->groups - 1) * tiles * length + 16;
  const size_t product_stride = c->band * tiles * c->outputs + 16;
  float *weights = drawn(points * size), *values = drawn(points * value_stride), *products = drawn(points * product_stride);
  const double start = seconds();
  for (size_t first = 0; first < tiles; first += c->band) {
    const size_t count = c->band < tiles - first ? c->band : tiles - first;
    for (size_t row = 0; row < count + c->groups - 1; row++)
      for (size_t group = 0; group < c->groups; group++) {
        const sedge_tiles shape = {tiles, c->inputs, value_stride, length};
        set->winograd_input(c->form, &shape, image + (first + row) * c->step * line + group * c->step * c->inputs, line,
                            values + row * tiles * length + group * c->inputs);
      }
    for (size_t point = 0; point < points; point++) {
      const sedge_rows rows = {values + point * value_stride, length, c->groups, length, tiles * length};
      const sedge_layer layer = {.weights = weights + point * size, .outputs = c->outputs};
      set->multiply(&rows, count * tiles, &layer, products + point * product_stride, c->outputs);
    }
    for (size_t row = 0; row < count; row++) {
      const size_t y = (first + row) * c->step, left = c->side - y;
      const sedge_tiles shape = {tiles, c->outputs, product_stride, c->outputs};
      const sedge_tile_outputs target = {.first = output + y * c->side * c->outputs,
                                         .line_stride = c->side * c->outputs,
                                         .pixel_stride = c->outputs,
                                         .end_line = left < c->step ? left : c->step,
                                         .end_column = c->side};
      set->winograd_output(c->form, &shape, products + row * tiles * c->outputs, &target);
    }
  }
  const double end = seconds();
  void *memory[] = {weights, values, products};
  for (int i = 0; i < 3; i++) sedge_free(memory[i]);
  return end - start;
}

int main(void) {
  static const convolution all[] = {
      {"7x7", SEDGE_WINOGRAD_4_4, 4, 7, 24, 7, 80, 128, 2, 6, 1},
      {"merged", SEDGE_WINOGRAD_3_2, 3, 4, 25, 2, 128, 256, 1, 3, 4},
      {"merged", SEDGE_WINOGRAD_3_2, 3, 4, 49, 2, 64, 128, 1, 2, 4},
      {"merged", SEDGE_WINOGRAD_3_2, 3, 4, 97, 2, 32, 64, 1, 1, 4},
      {"3x3", SEDGE_WINOGRAD_4_3, 4, 6, 48, 3, 32, 64, 1, 2, 1},
      {"3x3", SEDGE_WINOGRAD_4_3, 4, 6, 96, 3, 16, 32, 1, 1, 1},
      {"3x3", SEDGE_WINOGRAD_4_3, 4, 6, 192, 3, 8, 16, 1, 1, 1},
      {"3x3", SEDGE_WINOGRAD_4_3, 4, 6, 48, 3, 64, 64, 1, 2, 1},
      {"3x3", SEDGE_WINOGRAD_4_3, 4, 6, 96, 3, 32, 32, 1, 1, 1},
      {"3x3", SEDGE_WINOGRAD_4_3, 4, 6, 192, 3, 16, 16, 1, 1, 1},
  };
  printf("%-12s %-7s %5s %7s %8s %9s %9s %9s\n", "set", "kernel", "side", "inputs", "outputs", "direct ms", "winograd", "int8");
  const sedge_kernels *set;
  for (size_t i = 0; (set = sedge_available_kernels(i)) != NULL; i++)
    for (size_t j = 0; j < sizeof all / sizeof *all; j++) {
      const convolution *c = &all[j];
      // Enough for the padding and for the last tiles.
      const size_t padded = c->side + 12, line = padded * c->inputs;
      float *image = drawn(padded * line), *output = drawn((c->side + 4) * (c->side + 4) * c->outputs);
      double best[3] = {1e9, 1e9, 1e9};
      for (int round = 0; round < ROUNDS; round++) {
        const double times[3] = {direct(set, c, image, line, output), winograd(set, c, image, line, output),
                                 in_int8(set, c, (const uint8_t *)image, line, output)};
        for (int k = 0; k < 3; k++)
          if (times[k] < best[k]) best[k] = times[k];
      }
      printf("%-12s %-7s %5zu %7zu %8zu %9.3f %9.3f %9.3f\n", set->name, c->name, c->side, c->inputs, c->outputs, best[0] * 1e3,
             best[1] * 1e3, best[2] * 1e3);
      sedge_free(image);
      sedge_free(output);
    }
  return 0;
}
