// Linear and softmax attention compared with plain loops.
#include "driver.h"

#define COUNT(ARRAY) (size_t)(sizeof(ARRAY) / sizeof *(ARRAY))

/// elu(x) + 1.
static double feature(double x) { return x > 0 ? x + 1 : exp(x); }

static void check_linear(const sedge_kernels *kernels) {
  outcome linear = {"attention_gather+apply", kernels->name};
  enum { TOKENS = 5, PIXELS = 3, CHANNELS = 128 };
  static float key_value[2 * TOKENS * PIXELS * 2 * CHANNELS], query[TOKENS * PIXELS * CHANNELS];
  static float addend[TOKENS * PIXELS * CHANNELS];
  const size_t shapes[][2] = {{1, 1},  {2, 1},  {4, 2},  {6, 3},  {12, 3}, {12, 1}, {16, 4}, {16, 2},  {32, 4},
                            {32, 2}, {40, 4}, {40, 2}, {48, 2}, {64, 2}, {72, 3}, {64, 1}, {128, 4}, {128, 1}};
  seed(6);
  for (size_t shape = 0; shape < COUNT(shapes); shape++)
    for (size_t tokens = 1; tokens <= TOKENS; tokens += 4)
      for (int place = 0; place < PLACES; place++) {
        const size_t channels = shapes[shape][0], heads = shapes[shape][1], width = channels / heads;
        const size_t pixels = tokens == 1 ? 1 : PIXELS, row = 2 * channels, half = tokens * pixels * row;
        for (size_t i = 0; i < 2 * half; i++) key_value[i] = (float)(random_float() * (i % 7 == 0 ? 30 : 1));
        for (size_t i = 0; i < tokens * pixels * channels; i++) query[i] = random_float(), addend[i] = random_float();
        // Values at most 1.
        for (size_t i = 0; i < 2 * half; i++)
          if (i % row >= channels) key_value[i] = random_float();
        start_case(place);
        running("attention_gather", kernels->name);
        const size_t size = channels + channels * width;
        float *sums = GIVE(float, pixels * size);
        for (size_t i = 0; i < pixels * size; i++) sums[i] = 0;
        // The sums are accumulated over two calls.
        kernels->attention_gather(COPY(key_value, half), tokens, pixels, channels, heads, sums);
        kernels->attention_gather(COPY(key_value + half, half), tokens, pixels, channels, heads, sums);
        end_case();
        running("attention_apply", kernels->name);
        const size_t count = tokens * pixels * channels;
        float *output = GIVE(float, count);
        kernels->attention_apply(COPY(query, count), tokens, pixels, channels, heads, sums, COPY(addend, count), output);
        end_case();
        for (size_t at = 0; at < count; at++) {
          const size_t place_of_row = at / channels, pixel = place_of_row % pixels, channel = at % channels;
          const size_t head = channel / width * width;
          double total = 0, together = 0;
          for (size_t other = 0; other < 2 * tokens; other++) {
            const float *keys = key_value + (other * pixels + pixel) * row, *values = keys + channels;
            double weight = 0;
            for (size_t i = head; i < head + width; i++)
              weight += feature(query[place_of_row * channels + i]) * feature(keys[i]);
            total += weight * values[channel];
            together += weight;
          }
          // Weights are positive and values at most 1, so every addition, by token and then by channel, rounds by at most a rounding
          // of 1, in numerator and denominator; features, quotient and sum add 14.
          expect(&linear, output[at], addend[at] + total / (together + 1e-6),
                 (double)(2 * (2 * tokens + width) + 14) * ROUNDING);
        }
      }
  report(&linear);
}

static void check_softmax(const sedge_kernels *kernels) {
  outcome softmax = {"attend", kernels->name};
  enum { ROWS = 40, WIDTH = 96 };
  static float rows[ROWS * 3 * WIDTH];
  const size_t shapes[][2] = {{1, 1}, {6, 2}, {8, 1}, {12, 4}, {16, 2}, {40, 2}, {64, 4}, {96, 3}};
  const float scales[] = {0.125f, 1, 60};
  seed(7);
  for (size_t shape = 0; shape < COUNT(shapes); shape++)
    for (size_t count = 1; count <= 33; count += 1 + count / 2)
      for (int s = 0; s < 3; s++)
        for (int place = 0; place < PLACES; place++) {
          const size_t width = shapes[shape][0], heads = shapes[shape][1], head_width = width / heads;
          int32_t path[33];
          size_t next = 0;
          for (size_t i = 0; i < count; i++) path[i] = (int32_t)next, next += i + 1 < count && random_below(5) == 0 ? 2 : 1;
          const size_t row_count = path[count - 1] + 1;
          for (size_t i = 0; i < row_count * 3 * width; i++) rows[i] = random_float();
          start_case(place);
          running("attend", kernels->name);
          float *weights = GIVE(float, count), *output = GIVE(float, width);
          kernels->attend(COPY(rows, row_count * 3 * width), width, heads, COPY(path, count), count, scales[s], weights,
                          output);
          end_case();
          for (size_t channel = 0; channel < width; channel++) {
            const size_t head = channel / head_width * head_width;
            double products[33], largest = -INFINITY, size = 0;
            for (size_t p = 0; p < count; p++) {
              double product = 0, terms = 0;
              for (size_t i = head; i < head + head_width; i++) {
                const double term = (double)rows[path[count - 1] * 3 * width + i] * rows[path[p] * 3 * width + width + i];
                product += term, terms += fabs(term);
              }
              products[p] = product * scales[s];
              largest = fmax(largest, products[p]);
              size = fmax(size, terms * scales[s]);
            }
            double total = 0, together = 0, most = 0;
            for (size_t p = 0; p < count; p++) {
              const double weight = exp(products[p] - largest), value = rows[path[p] * 3 * width + 2 * width + channel];
              total += weight * value, together += weight;
              most = fmax(most, fabs(value));
            }
            // The error of an exponent is d: the roundings of product, scale and difference. The error of a weight is 2 d and that of
            // the exponential, the error of the quotient of their sums twice that, plus the roundings of the sums.
            const double d = (double)(head_width + 4) * ROUNDING * size;
            expect(&softmax, output[channel], total / together,
                   most * (4 * d + (double)(2 * count + 10) * ROUNDING) + 0x1p-120);
          }
        }
  report(&softmax);
}

/// Softmax among the rows of a set, for one head of rows that hold more.
static void check_sets(const sedge_kernels *kernels) {
  outcome sets = {"attention", kernels->name}, alone = {"attention, row by row", kernels->name};
  enum { KEYS = 150, WIDTH = 72 };
  static float rows[KEYS * 3 * WIDTH], mask[KEYS * KEYS];
  const size_t key_counts[] = {1, 2, 5, 8, 16, 17, 33, 70, 144, 150}, widths[] = {1, 3, 8, 16, 20, 32, 64, 72};
  seed(14);
  size_t number = 0;
  for (size_t k = 0; k < COUNT(key_counts); k++)
    for (size_t w = 0; w < COUNT(widths); w++, number++)
      for (int place = 0; place < PLACES; place++) {
        const size_t keys = key_counts[k], width = widths[w], stride = 3 * width + number % 3;
        // Some of the rows, with gaps between those of the output.
        const size_t first = number % 2 ? keys / 2 : 0, count = keys - first, output_stride = width + number % 4;
        const size_t row_values = (keys - 1) * stride + 3 * width, mask_stride = keys + number % 2;
        const float scale = number % 5 == 0 ? 20 : 0.5f;
        for (size_t i = 0; i < row_values; i++) rows[i] = random_float();
        for (size_t i = 0; i < keys * mask_stride && i < KEYS * KEYS; i++) mask[i] = random_below(3) ? 0 : -100;
        const int has_mask = keys * mask_stride <= KEYS * KEYS && number / 2 % 2;
        start_case(place);
        running("pack_attention", kernels->name);
        const float *given = COPY(rows, row_values);
        const float *given_mask = has_mask ? COPY(mask, (keys - 1) * mask_stride + keys) : NULL;
        sedge_attention call = {given + first * stride, stride, given + width, stride, given + 2 * width, stride, count, keys,
                                width, scale, given_mask ? given_mask + first * mask_stride : NULL, mask_stride};
        float *packed = GIVE(float, kernels->attention_packed_count(keys, width));
        kernels->pack_attention(&call, packed);
        end_case();
        running("attention", kernels->name);
        float *scratch = GIVE(float, kernels->attention_scratch_count(keys, width));
        float *output = GIVE(float, (count - 1) * output_stride + width), one[WIDTH];
        kernels->attention(&call, packed, scratch, output, output_stride);
        end_case();
        const sedge_attention all = call;
        for (size_t row = 0; row < count; row += 1 + row / 3) {
          // The bits of a row do not depend on the other rows.
          call = all, call.query += row * stride, call.row_count = 1;
          if (has_mask) call.mask += row * mask_stride;
          kernels->attention(&call, packed, scratch, one, width);
          expect(&alone, memcmp(one, output + row * output_stride, (size_t)width * 4), 0, 0);
          double scores[KEYS], largest = -INFINITY, size = 0;
          for (size_t other = 0; other < keys; other++) {
            double terms = 0;
            scores[other] = has_mask ? mask[(first + row) * mask_stride + other] : 0;
            for (size_t i = 0; i < width; i++) {
              const double term = (double)rows[(first + row) * stride + i] * rows[other * stride + width + i] * scale;
              scores[other] += term, terms += fabs(term);
            }
            largest = fmax(largest, scores[other]);
            size = fmax(size, terms);
          }
          double together = 0;
          for (size_t other = 0; other < keys; other++) together += scores[other] = exp(scores[other] - largest);
          for (size_t i = 0; i < width; i++) {
            double total = 0;
            for (size_t other = 0; other < keys; other++) total += scores[other] * rows[other * stride + 2 * width + i];
            // As for `attend`; where all rows are masked, the sums round by those of 100 more. Values are at most 1.
            const double d = (double)(width + 5) * ROUNDING * (size + (has_mask ? 100 : 0));
            expect(&sets, output[row * output_stride + i], total / together, 4 * d + (double)(2 * keys + 12) * ROUNDING);
          }
        }
      }
  report(&sets);
  report(&alone);
}

void check_attention(const sedge_kernels *kernels) {
  check_linear(kernels);
  check_softmax(kernels);
  check_sets(kernels);
}
