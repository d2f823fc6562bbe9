// Matrix products in float32 and bfloat16 compared with sums in float64.
#include "driver.h"

double exact_gelu(double x) { return 0.5 * x * erfc(-x / sqrt(2)); }

double gelu_tolerance(double x, double error) {
  // The error of the distribution is 9e-9 up to 5.5, where the distribution is 1.9e-8 from its limit
  // (Fixtures/oracle/gelu_polynomial.py). The sum over i of |coefficient i| (i + 1) is 1.4, the error of s adds at most 4 roundings;
  // without fused multiply-add the total is less than 8, times |x|, and two more for the product and the sum.
  const double size = fabs(x), distribution = 9e-9 + (size > 5.5 ? 1.9e-8 : 0);
  return 1.13 * error + size * (distribution + (8 * fmin(size, 5.5) + 3) * ROUNDING);
}

double exact_quick_gelu(double x) { return x / (1 + exp(-1.702 * x)); }

double quick_gelu_tolerance(double x, double error) {
  // The slope is at most 1.1. The exponent is rounded twice; the exponential, the sum, the quotient and the product six times; below
  // -87 the exponential is constant.
  const double size = fabs(exact_quick_gelu(x)), exponent = fmax(0, -1.702 * x);
  return 1.1 * error + (2 * exponent + 8) * ROUNDING * size + (exponent > 87 ? 0x1p-118 : 0);
}

double coarse_gelu_tolerance(double x, double error) {
  // 4e-5 up to 4.2, where the distribution is 1.4e-5 from its limit.
  const double size = fabs(x);
  return 1.13 * error + 4e-5 * fmax(1, size / 4.2) + (size > 4.2 ? 1.4e-5 * size : 0);
}

static const size_t row_counts[] = {1, 2, 3, 5, 6, 7, 12, 13, 25};
static const size_t output_counts[] = {1, 3, 4, 5, 8, 9, 12, 13, 16, 17, 31, 32, 33, 47, 64, 65};
static const struct {
  size_t count, length, extra;
} runs[] = {{1, 1, 0}, {1, 3, 2}, {1, 4, 0}, {1, 5, 1}, {3, 7, 3}, {2, 16, 5}, {1, 66, 0}, {3, 12, 20}};
#define COUNT(ARRAY) (size_t)(sizeof(ARRAY) / sizeof *(ARRAY))

/// A multiple of the outputs in a panel of packed weights, for every kernel set.
enum { PANEL_OUTPUTS = 32 };
enum { MOST_ROWS = 25, MOST_OUTPUTS = 65, MOST_INPUTS = 66, MOST_VALUES = MOST_ROWS * 120 };

static float some_float(int kind) { return kind == 0 ? random_float() : random_wide(); }

void check_products(const sedge_kernels *kernels) {
  outcome multiply = {"multiply", kernels->name}, dot = {"dot", kernels->name}, burn = {"burn", kernels->name};
  outcome pack = {"pack", kernels->name}, alone = {"multiply, row by row", kernels->name};
  static float values[MOST_VALUES], weights[MOST_OUTPUTS * MOST_INPUTS], bias[MOST_OUTPUTS];
  static float start[MOST_ROWS * (MOST_OUTPUTS + 3)];
  seed(1);
  size_t number = 0;
  for (size_t shape = 0; shape < COUNT(runs); shape++)
    for (size_t o = 0; o < COUNT(output_counts); o++)
      for (size_t n = 0; n < COUNT(row_counts); n++, number++) {
        const size_t rows = row_counts[n], outputs = output_counts[o];
        const size_t run_count = runs[shape].count, length = runs[shape].length, inputs = run_count * length;
        // Rows that overlap, as in a convolution, or have gaps.
        const size_t stride = number % 3 == 0 ? (length + 1) / 2 : length + number % 3;
        const size_t run_stride = length + runs[shape].extra;
        const size_t value_count = (rows - 1) * stride + (run_count - 1) * run_stride + length;
        const int kind = number % 5 == 4;
        for (size_t i = 0; i < value_count; i++) values[i] = some_float(kind);
        for (size_t i = 0; i < outputs * inputs; i++) weights[i] = some_float(kind);
        for (size_t i = 0; i < outputs; i++) bias[i] = some_float(kind);
        if (number % 11 == 3) values[value_count / 2] = NAN;
        if (number % 11 == 5) values[value_count - 1] = INFINITY;
        const size_t output_stride = outputs + number % 4;
        for (size_t i = 0; i < rows * output_stride; i++) start[i] = random_float();
        const int activation = (int)(number % 7 % 4);
        const int has_bias = number % 2, has_addend = number / 2 % 2, in_place = has_addend && number / 4 % 2;
        for (int place = 0; place < PLACES; place++) {
          start_case(place);
          running("pack", kernels->name);
          const size_t packed_count = kernels->packed_count(outputs, inputs);
          float *packed = GIVE(float, packed_count);
          const float *given = COPY(weights, outputs * inputs);
          kernels->pack(given, outputs, inputs, packed);
          for (size_t first = 0; first < outputs; first += PANEL_OUTPUTS) {
            // Whole panels packed separately equal those packed together, as on several threads.
            const size_t some = outputs - first < PANEL_OUTPUTS ? outputs - first : PANEL_OUTPUTS;
            const size_t count = kernels->packed_count(some, inputs);
            float *part = GIVE(float, count);
            kernels->pack(given + first * inputs, some, inputs, part);
            expect(&pack, memcmp(part, packed + first * inputs, (size_t)count * 4), 0, 0);
          }
          end_case();
          running("multiply", kernels->name);
          const size_t written = (rows - 1) * output_stride + outputs;
          float *output = COPY(start, written);
          const float *addend = !has_addend ? NULL : in_place ? output : COPY(start, written);
          const sedge_rows call = {COPY(values, value_count), stride, run_count, length, run_stride};
          const sedge_layer layer = {packed, outputs,       has_bias ? COPY(bias, outputs) : NULL,
                                     addend, output_stride, activation};
          kernels->multiply(&call, rows, &layer, output, output_stride);
          for (size_t row = 0; row < rows && !in_place; row++) {
            // The bits of a row do not depend on the other rows.
            float one[MOST_OUTPUTS];
            sedge_rows row_call = call;
            sedge_layer row_layer = layer;
            row_call.first += row * stride;
            if (addend) row_layer.addend += row * output_stride;
            kernels->multiply(&row_call, 1, &row_layer, one, outputs);
            expect(&alone, memcmp(one, output + row * output_stride, (size_t)outputs * 4), 0, 0);
          }
          end_case();
          for (size_t row = 0; row < rows; row++)
            for (size_t column = 0; column < output_stride; column++) {
              const size_t at = row * output_stride + column;
              if (at >= written) break;
              if (column >= outputs) {
                // Memory between the rows is unchanged.
                expect(&multiply, output[at], start[at], 0);
                continue;
              }
              double sum = 0, size = 0;
              for (size_t run = 0; run < run_count; run++)
                for (size_t i = 0; i < length; i++) {
                  const double term = (double)values[row * stride + run * run_stride + i] *
                                      weights[column * inputs + run * length + i];
                  sum += term;
                  size += fabs(term);
                }
              if (has_bias) sum += bias[column], size += fabs((double)bias[column]);
              if (has_addend) sum += start[at], size += fabs((double)start[at]);
              const double error = (double)(inputs + 2) * ROUNDING * size;
              if (activation == SEDGE_RELU)
                expect(&multiply, output[at], sum < 0 ? 0 : sum, error);
              else if (activation == SEDGE_GELU && isfinite(sum))
                expect(&multiply, output[at], exact_gelu(sum), gelu_tolerance(sum, error));
              else if (activation == SEDGE_QUICK_GELU && isfinite(sum))
                expect(&multiply, output[at], exact_quick_gelu(sum), quick_gelu_tolerance(sum, error));
              else if (activation == SEDGE_IDENTITY)
                expect(&multiply, output[at], sum, error);
            }
        }
        if (o > 0) continue;
        for (int place = 0; place < PLACES; place++) {
          start_case(place);
          running("dot", kernels->name);
          float *output = GIVE(float, rows);
          const sedge_rows call = {COPY(values, value_count), stride, run_count, length, run_stride};
          const float *given = COPY(weights, inputs);
          kernels->dot(&call, rows, given, 0.5f, output);
          end_case();
          for (size_t row = 0; row < rows; row++) {
            float one;
            sedge_rows row_call = call;
            row_call.first += row * stride;
            kernels->dot(&row_call, 1, given, 0.5f, &one);
            expect(&dot, memcmp(&one, output + row, 4), 0, 0);
            double sum = 0.5, size = 0.5;
            for (size_t i = 0; i < inputs; i++) {
              const double term = (double)values[row * stride + i / length * run_stride + i % length] * weights[i];
              sum += term;
              size += fabs(term);
            }
            expect(&dot, output[row], sum, (double)(inputs + 2) * ROUNDING * size);
          }
        }
      }
  report(&pack);
  report(&multiply);
  report(&alone);
  report(&dot);
  start_case(BEFORE_GUARD);
  running("burn", kernels->name);
  float *sink = GIVE(float, 3);
  sink[0] = 1, sink[1] = 1;
  const double operations = kernels->burn(100, sink);
  end_case();
  // Every product is 1: the sum is that of all products, half of the operations.
  expect(&burn, sink[2], operations / 2, 0);
  report(&burn);
}

/// The nearest bfloat16, ties to even, by comparing with both neighbours.
static float nearest_bf16(float value) {
  uint32_t bits;
  memcpy(&bits, &value, 4);
  const uint32_t below_bits = bits & 0xFFFF0000u, above_bits = below_bits + 0x10000u;
  float below, above;
  memcpy(&below, &below_bits, 4);
  memcpy(&above, &above_bits, 4);
  const double down = fabs((double)value - below), up = fabs((double)above - value);
  if (bits == below_bits || down < up) return below;
  if (up < down) return above;
  return below_bits & 0x10000u ? above : below;
}

void check_bf16(const sedge_kernels *kernels) {
  outcome code = {"round_to_bf16", kernels->name}, multiply = {"multiply_bf16", kernels->name};
  static float values[MOST_ROWS * MOST_INPUTS], weights[MOST_OUTPUTS * MOST_INPUTS];
  seed(2);
  const size_t per_float = kernels->bf16_per_float;
  const float special[] = {0.0f, -0.0f, 1.00390625f, 1.01171875f, -1.00390625f, 0x1p-130f, -0x1.8p-133f, 3.0e38f};
  for (size_t count = 2; count <= 64; count += 2)
    for (int place = 0; place < PLACES; place++) {
      for (size_t i = 0; i < count; i++) values[i] = i < COUNT(special) ? special[i] : random_wide();
      start_case(place);
      running("round_to_bf16", kernels->name);
      float *rounded = GIVE(float, count / per_float);
      kernels->round_to_bf16(COPY(values, count), count, rounded);
      end_case();
      uint16_t halves[64];
      for (size_t i = 0; i < count; i++) {
        // Without instructions for bfloat16 each value is a float, whose lower half is 0.
        const size_t width = 4 / per_float;
        uint32_t bits = 0;
        memcpy((uint8_t *)&bits + 4 - width, (uint8_t *)rounded + width * i, width);
        float value;
        memcpy(&value, &bits, 4);
        expect(&code, value, nearest_bf16(values[i]), 0);
        halves[i] = (uint16_t)(bits >> 16);
      }
      digest("round_to_bf16", kernels->name, halves, (size_t)count * 2);
    }
  report(&code);
  const size_t inputs_of[] = {2, 6, 8, 10, 34, 66};
  for (size_t shape = 0; shape < COUNT(inputs_of); shape++)
    for (size_t o = 0; o < COUNT(output_counts); o += 3)
      for (size_t n = 0; n < COUNT(row_counts); n += 2) {
        const size_t inputs = inputs_of[shape], outputs = output_counts[o], rows = row_counts[n];
        for (size_t i = 0; i < rows * inputs; i++) values[i] = random_float();
        for (size_t i = 0; i < outputs * inputs; i++) weights[i] = random_float();
        const int activation = (int)((o + n) % 2 * SEDGE_RELU);
        for (int place = 0; place < PLACES; place++) {
          start_case(place);
          running("multiply_bf16", kernels->name);
          const size_t width = inputs / per_float;
          float *row_codes = GIVE(float, rows * width), *weight_codes = GIVE(float, outputs * width);
          kernels->round_to_bf16(COPY(values, rows * inputs), rows * inputs, row_codes);
          kernels->round_to_bf16(COPY(weights, outputs * inputs), outputs * inputs, weight_codes);
          float *packed = GIVE(float, kernels->packed_count(outputs, width));
          kernels->pack(weight_codes, outputs, width, packed);
          float *output = GIVE(float, rows * outputs);
          const sedge_rows call = {row_codes, width, 1, width, 0};
          const sedge_layer layer = {packed, outputs, NULL, NULL, 0, activation};
          kernels->multiply_bf16(&call, rows, &layer, output, outputs);
          end_case();
          for (size_t row = 0; row < rows; row++)
            for (size_t column = 0; column < outputs; column++) {
              double sum = 0, size = 0;
              for (size_t i = 0; i < inputs; i++) {
                const double term = (double)nearest_bf16(values[row * inputs + i]) *
                                    nearest_bf16(weights[column * inputs + i]);
                sum += term;
                size += fabs(term);
              }
              if (activation == SEDGE_RELU && sum < 0) sum = 0;
              // Instructions for bfloat16 also round the sum of a pair.
              expect(&multiply, output[row * outputs + column], sum, (double)(2 * inputs) * ROUNDING * size);
            }
        }
      }
  report(&multiply);
}
