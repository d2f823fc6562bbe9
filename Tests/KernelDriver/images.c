// Depthwise convolution, normalization and labels compared with plain loops.
#include "driver.h"

#define COUNT(ARRAY) (size_t)(sizeof(ARRAY) / sizeof *(ARRAY))

static void fill(float *values, size_t count) {
  for (size_t i = 0; i < count; i++) values[i] = random_float();
}

void check_depthwise(const sedge_kernels *kernels) {
  outcome depthwise = {"depthwise_line", kernels->name};
  static float image[5 * 40 * 35], weights[81 * 35], bias[35];
  const size_t widths[] = {1, 2, 5, 11, 12, 13, 24, 33}, channel_counts[] = {1, 3, 4, 5, 8, 12, 16, 19, 35};
  seed(3);
  for (size_t kernel = 1; kernel <= 9; kernel += 2)
    for (size_t w = 0; w < COUNT(widths); w++)
      for (size_t c = 0; c < COUNT(channel_counts); c++) {
        if (kernel < 7 && (w + c) % 3 != 0) continue;
        const size_t width = widths[w], channels = channel_counts[c], height = 1 + (w + c) % 5, y = (w * c) % height;
        fill(image, height * width * channels);
        fill(weights, kernel * kernel * channels);
        fill(bias, channels);
        for (int place = 0; place < PLACES; place++) {
          start_case(place);
          running("depthwise_line", kernels->name);
          // A part of the line, from the start, to the end, or all of it.
          const size_t first = (w + c) % 3 == 1 ? width / 3 : 0, end = (w + c) % 3 == 2 ? width - width / 4 : width;
          float *output = GIVE(float, (end - first) * channels);
          kernels->depthwise_line(COPY(image, height * width * channels), height, width, channels, y, first, end, kernel,
                                  COPY(weights, kernel * kernel * channels), COPY(bias, channels), output);
          end_case();
          if (place > 0) continue;
          for (size_t x = first; x < end; x++)
            for (size_t channel = 0; channel < channels; channel++) {
              double sum = bias[channel], size = fabs(sum);
              for (size_t ky = 0; ky < kernel; ky++)
                for (size_t kx = 0; kx < kernel; kx++) {
                  // Coordinates above or left of the image wrap around to large numbers.
                  const size_t line = y + ky - kernel / 2, column = x + kx - kernel / 2;
                  if (line >= height || column >= width) continue;
                  const double term = (double)image[(line * width + column) * channels + channel] *
                                      weights[(ky * kernel + kx) * channels + channel];
                  sum += term;
                  size += fabs(term);
                }
              expect(&depthwise, output[(x - first) * channels + channel], sum, (double)(kernel * kernel + 1) * ROUNDING * size);
            }
        }
      }
  report(&depthwise);
}

/// A row's mean and variance, with the error bounds of float32 for the mean and the inverse standard deviation.
typedef struct {
  double mean, variance, factor, mean_error, factor_error;
} statistics;

static statistics of_row(const float *x, size_t width, double epsilon) {
  statistics s = {0};
  double size = 0;
  for (size_t i = 0; i < width; i++) s.mean += x[i], size += fabs((double)x[i]);
  s.mean /= width;
  for (size_t i = 0; i < width; i++) s.variance += (x[i] - s.mean) * (x[i] - s.mean);
  s.variance /= width;
  s.factor = 1 / sqrt(s.variance + epsilon);
  // Each of `width` additions rounds, and the quotient. An error d of the mean increases the variance by d^2.
  s.mean_error = (double)(width + 1) * ROUNDING * size / width;
  s.factor_error = (double)(width + 5) / 2 * ROUNDING +
                   s.mean_error * s.mean_error / (2 * (s.variance + epsilon)) + 3 * ROUNDING;
  return s;
}

static double normalized_error(statistics s, double x) {
  return s.factor * s.mean_error * (1 + s.factor_error) + fabs(x - s.mean) * s.factor * (s.factor_error + 3 * ROUNDING);
}

void check_norms(const sedge_kernels *kernels) {
  outcome norm = {"layer_norm", kernels->name}, coded = {"layer_norm_quantize", kernels->name};
  outcome group = {"group_statistics", kernels->name}, scaled = {"scale_relu", kernels->name};
  outcome added = {"add", kernels->name};
  static float values[40 * 300], scale[300], shift[300];
  const size_t widths[] = {1, 2, 3, 4, 5, 8, 15, 16, 17, 32, 33, 64, 100, 192, 300};
  seed(4);
  for (size_t w = 0; w < COUNT(widths); w++)
    for (int variant = 0; variant < 8; variant++) {
      const size_t width = widths[w], rows = 1 + variant % 4;
      fill(values, rows * width);
      // A mean far from 0; a row without variance.
      if (variant & 1)
        for (size_t i = 0; i < width; i++) values[i] += 100;
      if (variant & 2)
        for (size_t i = 0; i < width; i++) values[(rows - 1) * width + i] = 0.25f;
      fill(scale, width);
      fill(shift, width);
      const int has_scale = variant >> 1 & 1, has_shift = variant >> 2 & 1, in_place = variant & 1;
      for (int place = 0; place < PLACES; place++) {
        start_case(place);
        running("layer_norm", kernels->name);
        float *source = COPY(values, rows * width), *output = in_place ? source : GIVE(float, rows * width);
        kernels->layer_norm(source, rows, width, has_scale ? COPY(scale, width) : NULL,
                            has_shift ? COPY(shift, width) : NULL, 1e-6f, output);
        end_case();
        for (size_t i = 0; i < rows * width; i++) {
          const statistics s = of_row(values + i / width * width, width, 1e-6f);
          const double factor = has_scale ? scale[i % width] : 1, addend = has_shift ? shift[i % width] : 0;
          const double expected = (values[i] - s.mean) * s.factor * factor + addend;
          expect(&norm, output[i], expected,
                 fabs(factor) * normalized_error(s, values[i]) + 2 * ROUNDING * (fabs(expected) + fabs(addend)));
        }
        if (width % 16 != 0) continue;
        start_case(place);
        running("layer_norm_quantize", kernels->name);
        uint8_t *bytes = GIVE(uint8_t, rows * width);
        sedge_affine *affines = GIVE(sedge_affine, rows);
        kernels->layer_norm_quantize(COPY(values, rows * width), rows, width, 1e-6f, bytes, affines);
        end_case();
        for (size_t i = 0; i < rows * width; i++) {
          const statistics s = of_row(values + i / width * width, width, 1e-6f);
          const sedge_affine affine = affines[i / width];
          // Half a step and the roundings of scale and quantized value; at the ends of the range, their error.
          expect(&coded, (double)affine.scale * bytes[i] + affine.offset, (values[i] - s.mean) * s.factor,
                 (0.5 + 256 * 6 * ROUNDING) * affine.scale + 2 * normalized_error(s, values[i]));
        }
      }
    }
  report(&norm);
  report(&coded);
  for (size_t channels = 16; channels <= 48; channels += 16)
    for (int variant = 0; variant < 6; variant++) {
      const size_t parts[] = {1 + variant * 3, 2};
      const size_t pixels = parts[0] + parts[1];
      fill(values, pixels * channels);
      if (variant & 1)
        for (size_t i = 0; i < pixels * channels; i++) values[i] += 3;
      for (int place = 0; place < PLACES; place++) {
        start_case(place);
        running("group_statistics", kernels->name);
        double *results = GIVE(double, channels / 16 * 3);
        for (size_t i = 0; i < channels / 16 * 3; i++) results[i] = 0;
        kernels->group_statistics(COPY(values, parts[0] * channels), parts[0], channels, results);
        kernels->group_statistics(COPY(values + parts[0] * channels, parts[1] * channels), parts[1], channels, results);
        end_case();
        for (size_t g = 0; g < channels / 16; g++) {
          double sum = 0, size = 0, squares = 0, spread = 0;
          for (size_t i = 0; i < 16 * pixels; i++) {
            const double x = values[i / 16 * channels + 16 * g + i % 16];
            sum += x, size += fabs(x);
          }
          const double count = 16.0 * pixels, mean = sum / count;
          for (size_t i = 0; i < 16 * pixels; i++) {
            const double d = values[i / 16 * channels + 16 * g + i % 16] - mean;
            squares += d * d, spread = fmax(spread, fabs(d));
          }
          expect(&group, results[3 * g], count, 0);
          // The sums of a part add its pixels one by one, then 16 lanes.
          const double error = (double)(parts[0] + 6) * ROUNDING * (size / count + spread);
          expect(&group, results[3 * g + 1], mean, 2 * error);
          expect(&group, results[3 * g + 2], squares,
                 (double)(parts[0] + 9) * ROUNDING * squares + count * error * (4 * spread + 4 * error));
        }
      }
    }
  report(&group);
  for (size_t channels = 1; channels <= 50; channels++)
    for (int place = 0; place < PLACES; place++) {
      const size_t pixels = 1 + channels % 4, count = pixels * channels;
      fill(values, count);
      fill(scale, channels);
      fill(shift, channels);
      if (channels % 5 == 0) values[count - 1] = NAN, values[0] = -INFINITY;
      start_case(place);
      running("scale_relu", kernels->name);
      float *source = COPY(values, count), *output = channels % 2 ? source : GIVE(float, count);
      kernels->scale_relu(source, pixels, channels, COPY(scale, channels), COPY(shift, channels), output);
      end_case();
      for (size_t i = 0; i < count; i++) {
        const double product = (double)values[i] * scale[i % channels], sum = product + shift[i % channels];
        expect(&scaled, output[i], sum < 0 ? 0 : sum, ROUNDING * (fabs(product) + fabs(sum)));
      }
      start_case(place);
      running("add", kernels->name);
      float *target = COPY(shift, channels);
      kernels->add(COPY(scale, channels), channels, target);
      end_case();
      for (size_t i = 0; i < channels; i++) expect(&added, target[i], (float)((double)scale[i] + shift[i]), 0);
      digest("add", kernels->name, target, (size_t)channels * 4);
    }
  report(&scaled);
  report(&added);
}

void check_labels(const sedge_kernels *kernels) {
  outcome sigmoid = {"sigmoid", kernels->name}, best_of = {"label_line", kernels->name};
  outcome resize = {"resize_line", kernels->name};
  static float values[100];
  const float extremes[] = {INFINITY, -INFINITY, 1000, -1000, 100, -100, 88, -88, NAN, 0, 1e-30f, -1e-30f};
  seed(5);
  for (size_t count = 1; count <= 70; count++)
    for (int place = 0; place < PLACES; place++) {
      for (size_t i = 0; i < count; i++)
        values[i] = count % 7 == 0 && i < COUNT(extremes) ? extremes[i] : 20 * random_float();
      start_case(place);
      running("sigmoid", kernels->name);
      float *source = COPY(values, count), *output = count % 2 ? source : GIVE(float, count);
      kernels->sigmoid(source, count, output);
      end_case();
      for (size_t i = 0; i < count; i++) {
        const double expected = 1 / (1 + exp(-(double)values[i]));
        // The error of the exponential is about two roundings, as is that of the sum and of the quotient; below -87 the exponential
        // is constant, so the result is off by at most 1e-38.
        expect(&sigmoid, output[i], expected, 6 * ROUNDING * expected + (values[i] < -87 ? 0x1p-125 : 0));
      }
    }
  report(&sigmoid);
  const size_t widths[] = {1, 2, 7, 16, 17, 40};
  for (size_t w = 0; w < COUNT(widths); w++)
    for (size_t out_width = 1; out_width <= 83; out_width += 1 + out_width / 9)
      for (int place = 0; place < PLACES; place++) {
        // Quarters and eighths: every step is exact.
        enum { CLASSES = 5 };
        const size_t width = widths[w];
        float upper[CLASSES][40], lower[CLASSES][40], share[83], best[83], weight = (float)random_below(5) / 4;
        int32_t left[83], right[83], labels[83];
        size_t column = 0;
        for (size_t i = 0; i < out_width; i++) {
          left[i] = (int32_t)column;
          right[i] = (int32_t)(column + 1 < width ? column + 1 : column);
          share[i] = (float)random_below(9) / 8;
          if (random_below(out_width) < width && column + 1 < width) column++;
          best[i] = 0, labels[i] = 9;
        }
        for (int c = 0; c < CLASSES; c++)
          for (size_t i = 0; i < width; i++)
            upper[c][i] = (float)random_below(4) / 4, lower[c][i] = (float)random_below(4) / 4;
        lower[CLASSES - 1][width - 1] = NAN;
        start_case(place);
        running("label_line", kernels->name);
        float *got_best = COPY(best, out_width), *scratch = GIVE(float, width);
        int32_t *got_labels = COPY(labels, out_width);
        const int order[] = {3, 0, 4, 2, 1};
        const int32_t *l = COPY(left, out_width), *r = COPY(right, out_width);
        const float *s = COPY(share, out_width);
        for (int c = 0; c < CLASSES; c++)
          kernels->label_line(COPY(upper[order[c]], width), COPY(lower[order[c]], width), weight, width, l, r, s,
                              out_width, order[c], got_best, got_labels, scratch);
        end_case();
        running("resize_line", kernels->name);
        float *resized = GIVE(float, out_width);
        kernels->resize_line(COPY(upper[0], width), COPY(lower[0], width), weight, width, l, r, s, out_width, resized,
                             GIVE(float, width));
        end_case();
        for (size_t i = 0; i < out_width; i++) {
          const double a = upper[0][left[i]] * (1 - weight) + lower[0][left[i]] * weight;
          const double b = upper[0][right[i]] * (1 - weight) + lower[0][right[i]] * weight;
          expect(&resize, resized[i], a * (1 - share[i]) + b * share[i], 0);
        }
        digest("resize_line", kernels->name, resized, (size_t)out_width * 4);
        for (size_t i = 0; i < out_width; i++) {
          for (int c = 0; c < CLASSES; c++) {
            const double a = upper[c][left[i]] * (1 - weight) + lower[c][left[i]] * weight;
            const double b = upper[c][right[i]] * (1 - weight) + lower[c][right[i]] * weight;
            const double score = a * (1 - share[i]) + b * share[i];
            if (score > best[i] || (score == best[i] && c < labels[i])) best[i] = (float)score, labels[i] = c;
          }
          expect(&best_of, got_best[i], best[i], 0);
          expect(&best_of, got_labels[i], labels[i], 0);
        }
        digest("label_line", kernels->name, got_labels, (size_t)out_width * 4);
        digest("label_line", kernels->name, got_best, (size_t)out_width * 4);
      }
  report(&best_of);
  report(&resize);
}
