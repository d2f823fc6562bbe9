// Quantization to 8 bits and int8 products: values within half a step, integer sums exactly.
#include "driver.h"

#define COUNT(ARRAY) (size_t)(sizeof(ARRAY) / sizeof *(ARRAY))

/// Half a step, and the roundings of up to 255 steps in the quantized value, the inverse scale and the offset.
static double quantization_error(sedge_affine affine) { return (0.5 + 256 * 4 * ROUNDING) * affine.scale; }

/// The affine parameters must cover `least`...`most` and represent 0 exactly.
static void expect_affine(outcome *outcome, sedge_affine affine, double least, double most) {
  const double range = most - least;
  expect(outcome, affine.scale, range / 255, 3 * ROUNDING * range / 255);
  const double zero = affine.scale > 0 ? -affine.offset / (double)affine.scale : 0;
  expect(outcome, zero, rint(zero), 256 * 2 * ROUNDING);
  expect(outcome, fmin(fmax(zero, 0), 255), zero, 256 * 2 * ROUNDING);
  expect(outcome, affine.offset, least, quantization_error(affine));
}

void check_quantization(const sedge_kernels *kernels) {
  outcome ranges = {"range", kernels->name}, channel_ranges = {"channel_ranges", kernels->name};
  outcome affine_for = {"affine_for", kernels->name}, quantize_values = {"quantize_values", kernels->name};
  outcome quantize_rows = {"quantize_rows", kernels->name}, relu = {"scale_relu_quantize", kernels->name};
  outcome quantize_weights = {"quantize_weights", kernels->name};
  static float values[6 * 140], scale[64], shift[64];
  seed(8);
  for (size_t count = 1; count <= 130; count++)
    for (int place = 0; place < PLACES; place++) {
      const int kind = (int)(count % 4);
      for (size_t i = 0; i < 4 * count; i++)
        values[i] = kind == 0 ? random_wide() : kind == 1 ? fabsf(random_float()) : kind == 2 ? random_float() - 3 : random_float() * 1e-20f;
      if (count % 8 == 5) memset(values, 0, (size_t)count * 4);
      double least = 0, most = 0;
      for (size_t i = 0; i < count; i++) least = fmin(least, values[i]), most = fmax(most, values[i]);
      start_case(place);
      running("range", kernels->name);
      float *ends = GIVE(float, 2);
      ends[0] = ends[1] = 0;
      kernels->range(COPY(values, count), count, ends);
      end_case();
      expect(&ranges, ends[0], least, 0);
      expect(&ranges, ends[1], most, 0);
      const sedge_affine affine = kernels->affine_for((float)least, (float)most);
      expect_affine(&affine_for, affine, least, most);

      start_case(place);
      running("quantize_values", kernels->name);
      uint8_t *bytes = GIVE(uint8_t, count);
      // Parameters of a smaller range than that of the values: values beyond it are clamped.
      const sedge_affine narrow = kernels->affine_for((float)least / 2, (float)most / 2);
      kernels->quantize_values(COPY(values, count), count, narrow, bytes);
      end_case();
      for (size_t i = 0; i < count; i++) {
        const double end = narrow.offset + 255.0 * narrow.scale;
        expect(&quantize_values, (double)narrow.scale * bytes[i] + narrow.offset,
               narrow.scale > 0 ? fmin(fmax(values[i], narrow.offset), end) : 0, quantization_error(narrow));
      }

      start_case(place);
      running("quantize_rows", kernels->name);
      bytes = GIVE(uint8_t, 4 * count);
      sedge_affine *affines = GIVE(sedge_affine, 4);
      kernels->quantize_rows(COPY(values, 4 * count), 4, count, bytes, affines);
      end_case();
      for (size_t row = 0; row < 4; row++) {
        double low = 0, high = 0;
        for (size_t i = 0; i < count; i++)
          low = fmin(low, values[row * count + i]), high = fmax(high, values[row * count + i]);
        expect_affine(&quantize_rows, affines[row], low, high);
        for (size_t i = 0; i < count; i++)
          expect(&quantize_rows, (double)affines[row].scale * bytes[row * count + i] + affines[row].offset,
                 values[row * count + i], quantization_error(affines[row]));
      }

      start_case(place);
      running("quantize_weights", kernels->name);
      int8_t *weights = GIVE(int8_t, 4 * count);
      float *scales = GIVE(float, 4), *sums = GIVE(float, 4);
      kernels->quantize_weights(COPY(values, 4 * count), 4, count, weights, scales, sums);
      end_case();
      for (size_t row = 0; row < 4; row++) {
        float largest = 0;
        int64_t sum = 0;
        for (size_t i = 0; i < count; i++) largest = fmaxf(largest, fabsf(values[row * count + i]));
        expect(&quantize_weights, scales[row], largest / 127, 0);
        for (size_t i = 0; i < count; i++) {
          const int8_t weight = weights[row * count + i];
          sum += weight;
          expect(&quantize_weights, weight < -127 ? NAN : (double)weight * scales[row], values[row * count + i],
                 (0.5 + 127 * 4 * ROUNDING) * scales[row]);
        }
        expect(&quantize_weights, sums[row], (float)((double)sum * scales[row]), 0);
      }
    }
  for (size_t channels = 16; channels <= 64; channels += 16)
    for (size_t pixels = 1; pixels <= 13; pixels += 4)
      for (int place = 0; place < PLACES; place++) {
        for (size_t i = 0; i < pixels * channels; i++) values[i] = random_float();
        for (size_t i = 0; i < channels; i++) scale[i] = random_float(), shift[i] = random_float();
        start_case(place);
        running("channel_ranges", kernels->name);
        float *least = GIVE(float, channels), *most = GIVE(float, channels);
        for (size_t i = 0; i < channels; i++) least[i] = INFINITY, most[i] = -INFINITY;
        kernels->channel_ranges(COPY(values, pixels * channels), pixels, channels, least, most);
        end_case();
        double largest = 0;
        for (size_t c = 0; c < channels; c++) {
          double low = INFINITY, high = -INFINITY;
          for (size_t p = 0; p < pixels; p++) {
            const double value = values[p * channels + c];
            low = fmin(low, value), high = fmax(high, value);
            largest = fmax(largest, value * scale[c] + shift[c]);
          }
          expect(&channel_ranges, least[c], low, 0);
          expect(&channel_ranges, most[c], high, 0);
        }
        const sedge_affine affine = kernels->affine_for(0, (float)largest);
        start_case(place);
        running("scale_relu_quantize", kernels->name);
        uint8_t *bytes = GIVE(uint8_t, pixels * channels);
        kernels->scale_relu_quantize(COPY(values, pixels * channels), pixels, channels, COPY(scale, channels),
                                 COPY(shift, channels), affine, bytes);
        end_case();
        for (size_t i = 0; i < pixels * channels; i++) {
          const double product = (double)values[i] * scale[i % channels], sum = product + shift[i % channels];
          expect(&relu, (double)affine.scale * bytes[i], fmax(sum, 0),
                 quantization_error(affine) + 2 * ROUNDING * (fabs(product) + fabs(sum)));
        }
      }
  report(&ranges);
  report(&channel_ranges);
  report(&affine_for);
  report(&quantize_values);
  report(&quantize_rows);
  report(&relu);
  report(&quantize_weights);
}

enum { MOST_ROWS = 25, MOST_OUTPUTS = 65, MOST_INPUTS = 1024 };

static const struct {
  size_t count, length, extra;
} runs[] = {{1, 4, 0}, {1, 8, 4}, {1, 12, 0}, {3, 4, 8}, {1, 16, 1}, {2, 20, 3}, {3, 36, 100}, {1, 68, 0}, {1, 1024, 0}};
static const size_t row_counts[] = {1, 2, 3, 5, 6, 7, 12, 13, 25};
static const size_t output_counts[] = {1, 4, 5, 8, 9, 12, 15, 16, 17, 31, 32, 33, 65};

void check_int8_products(const sedge_kernels *kernels) {
  outcome exact = {"multiply_int8, sums", kernels->name}, scaled = {"multiply_int8", kernels->name};
  outcome alone = {"multiply_int8, row by row", kernels->name};
  static uint8_t values[MOST_ROWS * (MOST_INPUTS + 16)];
  static int8_t weights[MOST_OUTPUTS * MOST_INPUTS];
  static float scales[MOST_OUTPUTS], sums[MOST_OUTPUTS], bias[MOST_OUTPUTS], ones[MOST_OUTPUTS], zeros[MOST_OUTPUTS];
  static float start[MOST_ROWS * (MOST_OUTPUTS + 3)], single[MOST_ROWS * MOST_OUTPUTS];
  static sedge_affine affines[MOST_ROWS];
  for (size_t i = 0; i < MOST_OUTPUTS; i++) ones[i] = 1, zeros[i] = 0;
  seed(9);
  size_t number = 0;
  for (size_t shape = 0; shape < COUNT(runs); shape++)
    for (size_t o = 0; o < COUNT(output_counts); o++)
      for (size_t n = 0; n < COUNT(row_counts); n++, number++) {
        if (runs[shape].length == 1024 && number % 7 != 0) continue;
        const size_t rows = row_counts[n], outputs = output_counts[o];
        const size_t run_count = runs[shape].count, length = runs[shape].length, inputs = run_count * length;
        const size_t stride = number % 3 == 0 && length > 4 ? length / 2 + 1 : length + number % 3;
        const size_t run_stride = length + runs[shape].extra;
        const size_t value_count = (rows - 1) * stride + (run_count - 1) * run_stride + length;
        // Every fifth case has inputs and weights of the largest magnitude, of one sign or of both.
        const int kind = (int)(number % 5);
        for (size_t i = 0; i < value_count; i++)
          values[i] = kind == 4 ? (uint8_t)(random_below(9) ? 255 : 0) : (uint8_t)random_bits();
        for (size_t i = 0; i < outputs * inputs; i++) {
          const int largest = number % 2 ? 127 : -127;
          weights[i] = kind == 4 ? (int8_t)(random_below(50) ? largest : -largest) : (int8_t)(random_below(255) - 127);
        }
        const size_t output_stride = outputs + number % 4, written = (rows - 1) * output_stride + outputs;
        for (size_t i = 0; i < written; i++) start[i] = random_float();
        for (size_t i = 0; i < outputs; i++) scales[i] = (1.5f + random_float()) / 127, bias[i] = random_float();
        for (size_t i = 0; i < rows; i++)
          affines[i] = (sedge_affine){(1.5f + random_float()) / 255, random_float()};
        for (size_t column = 0; column < outputs; column++) {
          size_t sum = 0;
          for (size_t i = 0; i < inputs; i++) sum += weights[column * inputs + i];
          sums[column] = (float)((double)sum * scales[column]);
        }
        const int activation = (int)(number % 7 % 4);
        const int has_bias = number % 2, has_addend = number / 2 % 2, is_shared = number / 4 % 2;
        for (int place = 0; place < PLACES; place++) {
          start_case(place);
          running("pack_int8", kernels->name);
          int8_t *packed = GIVE(int8_t, kernels->packed_int8_count(outputs, inputs));
          kernels->pack_int8(COPY(weights, outputs * inputs), outputs, inputs, packed);
          end_case();
          running("multiply_int8", kernels->name);
          const sedge_affine plain = {1, 0};
          sedge_int8_rows call = {COPY(values, value_count), stride, run_count, length, run_stride, COPY(&plain, 1), 0};
          float *integers = GIVE(float, rows * outputs);
          sedge_int8_layer layer = {packed, outputs, COPY(ones, outputs), COPY(zeros, outputs), NULL, NULL, 0, 0};
          kernels->multiply_int8(&call, rows, &layer, integers, outputs);
          end_case();
          float *output = COPY(start, written);
          call.affines = is_shared ? COPY(affines, 1) : COPY(affines, rows);
          call.affine_stride = !is_shared;
          layer = (sedge_int8_layer){packed, outputs, COPY(scales, outputs), COPY(sums, outputs),
                                     has_bias ? COPY(bias, outputs) : NULL, NULL, output_stride, activation};
          for (size_t row = 0; row < rows; row++) {
            // The bits of a row do not depend on the other rows.
            sedge_int8_rows row_call = call;
            sedge_int8_layer row_layer = layer;
            row_call.first += row * stride;
            row_call.affines += row * row_call.affine_stride;
            row_layer.addend = has_addend ? start + row * output_stride : NULL;
            kernels->multiply_int8(&row_call, 1, &row_layer, single + row * outputs, outputs);
          }
          layer.addend = has_addend ? output : NULL;
          kernels->multiply_int8(&call, rows, &layer, output, output_stride);
          end_case();
          for (size_t row = 0; row < rows; row++)
            expect(&alone, memcmp(single + row * outputs, output + row * output_stride, (size_t)outputs * 4), 0, 0);
          digest("multiply_int8", kernels->name, integers, (size_t)(rows * outputs) * 4);
          for (size_t row = 0; row < rows; row++)
            for (size_t column = 0; column < output_stride; column++) {
              const size_t at = row * output_stride + column;
              if (at >= written) break;
              if (column >= outputs) {
                expect(&scaled, output[at], start[at], 0);
                continue;
              }
              int32_t total = 0;
              for (size_t run = 0; run < run_count; run++)
                for (size_t i = 0; i < length; i++)
                  total += values[row * stride + run * run_stride + i] * weights[column * inputs + run * length + i];
              expect(&exact, integers[row * outputs + column], (float)total, 0);
              const sedge_affine affine = affines[is_shared ? 0 : row];
              const double product = (double)total * scales[column] * affine.scale;
              const double rest = (double)sums[column] * affine.offset, shift = has_bias ? bias[column] : 0;
              const double addend = has_addend ? start[at] : 0, sum = product + rest + shift + addend;
              // Three roundings of the product, two of each addend and of the sums.
              const double error =
                  ROUNDING * (5 * fabs(product) + 4 * fabs(rest) + 3 * fabs(shift) + 2 * fabs(addend));
              if (activation == SEDGE_GELU)
                expect(&scaled, output[at], exact_gelu(sum), coarse_gelu_tolerance(sum, error));
              else if (activation == SEDGE_QUICK_GELU)
                expect(&scaled, output[at], exact_quick_gelu(sum), quick_gelu_tolerance(sum, error));
              else
                expect(&scaled, output[at], activation == SEDGE_RELU ? fmax(sum, 0) : sum, error);
            }
        }
      }
  report(&exact);
  report(&scaled);
  report(&alone);
}

void check_memory(void) {
  outcome allocate = {"sedge_allocate", "any"};
  const size_t sizes[] = {0, 1, 63, 64, 100, 1u << 16, 5u << 20};
  for (size_t i = 0; i < COUNT(sizes); i++) {
    uint8_t *memory = sedge_allocate(sizes[i]);
    expect(&allocate, memory == NULL ? NAN : (double)((uintptr_t)memory % 64), 0, 0);
    if (memory != NULL) memset(memory, 1, sizes[i]);
    sedge_free(memory);
  }
  expect(&allocate, sedge_allocate(SIZE_MAX) == NULL, 1, 0);
  sedge_return_memory();
  expect(&allocate, sedge_processor_count() >= 1, 1, 0);
  report(&allocate);
}
