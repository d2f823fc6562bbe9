// Checks of the transforms of Winograd convolutions, against the convolution itself.
#include "driver.h"

enum { MOST_POINTS = 7, MOST_TILES = 5, MOST_CHANNELS = 40 };

/// The matrices of a form in float64, by the points of a polynomial's product (Toom and Cook).
typedef struct {
  size_t outputs, taps, points;
  /// Of inputs at points, of taps at points, of points in outputs.
  double input[MOST_POINTS][MOST_POINTS], taps_at[MOST_POINTS][4], output[4][MOST_POINTS];
} form;

static form form_of(int kind) {
  static const double points[] = {0, 1, -1, 0.5, -2, 2};
  form f = {.outputs = kind == SEDGE_WINOGRAD_3_2 ? 3 : 4,
            .taps = kind == SEDGE_WINOGRAD_3_2 ? 2 : kind == SEDGE_WINOGRAD_4_3 ? 3 : 4};
  const size_t n = f.points = f.outputs + f.taps - 1;
  for (size_t p = 0; p < n; p++) {
    // The coefficients of the product of (x - q) over the other finite points; of all of them for infinity.
    double *row = f.input[p], distance = 1;
    size_t degree = 0;
    row[0] = 1;
    for (size_t q = 0; q + 1 < n; q++) {
      if (q == p) continue;
      degree++;
      for (size_t k = degree; k > 0; k--) row[k] = row[k - 1] - points[q] * row[k];
      row[0] *= -points[q];
      if (p + 1 < n) distance *= points[p] - points[q];
    }
    for (size_t k = 0; k < f.taps; k++) f.taps_at[p][k] = p + 1 < n ? pow(points[p], (double)k) / distance : k + 1 == f.taps;
    for (size_t k = 0; k < f.outputs; k++) f.output[k][p] = p + 1 < n ? pow(points[p], (double)k) : k + 1 == f.outputs;
  }
  return f;
}

/// The magnitudes that a tile's output is summed from: the tolerance is a multiple of their rounding.
static double size_of(const form *f, const double *taps, const float *image, size_t line_stride, size_t channels, size_t y, size_t x) {
  double size = 0;
  for (size_t a = 0; a < f->points; a++)
    for (size_t b = 0; b < f->points; b++) {
      double value = 0;
      for (size_t i = 0; i < f->points; i++)
        for (size_t j = 0; j < f->points; j++)
          value += fabs(f->input[a][i] * f->input[b][j] * image[i * line_stride + j * channels]);
      size += fabs(f->output[y][a] * f->output[x][b] * taps[a * MOST_POINTS + b]) * value;
    }
  return size;
}

static void check_form(const sedge_kernels *kernels, int kind, size_t tile_count, size_t channels, int is_clipped, outcome *result) {
  static float image[MOST_POINTS * (4 * MOST_TILES + 4) * MOST_CHANNELS], addend[4 * 4 * MOST_TILES * MOST_CHANNELS], bias[MOST_CHANNELS];
  const form f = form_of(kind);
  const size_t width = (tile_count - 1) * f.outputs + f.points, line_stride = width * channels;
  const size_t first_line = is_clipped, end_line = f.outputs - (size_t)is_clipped, first_column = 2 * (size_t)is_clipped;
  const size_t end_column = tile_count * f.outputs - (size_t)is_clipped;
  const size_t columns = end_column - first_column, count = (end_line - first_line) * columns * channels;
  for (size_t i = 0; i < f.points * line_stride; i++) image[i] = random_float();
  for (size_t i = 0; i < count; i++) addend[i] = random_float();
  for (size_t i = 0; i < channels; i++) bias[i] = random_float();
  double kernel[4][4], taps[MOST_POINTS * MOST_POINTS];
  for (size_t y = 0; y < f.taps; y++)
    for (size_t x = 0; x < f.taps; x++) kernel[y][x] = random_float();
  for (size_t a = 0; a < f.points; a++)
    for (size_t b = 0; b < f.points; b++) {
      double sum = 0;
      for (size_t y = 0; y < f.taps; y++)
        for (size_t x = 0; x < f.taps; x++) sum += f.taps_at[a][y] * f.taps_at[b][x] * kernel[y][x];
      taps[a * MOST_POINTS + b] = sum;
    }
  for (int place = 0; place < PLACES; place++) {
    start_case(place);
    const sedge_tiles tiles = {
        .count = tile_count, .channels = channels, .point_stride = tile_count * channels, .tile_stride = channels};
    float *values = GIVE(float, f.points * f.points * tiles.point_stride), *output = GIVE(float, count);
    running("winograd_input", kernels->name);
    kernels->winograd_input(kind, &tiles, COPY(image, f.points * line_stride), line_stride, values);
    for (size_t a = 0; a < f.points; a++)
      for (size_t b = 0; b < f.points; b++)
        for (size_t i = 0; i < tiles.point_stride; i++)
          values[(a * f.points + b) * tiles.point_stride + i] *= (float)taps[a * MOST_POINTS + b];
    running("winograd_output", kernels->name);
    const sedge_tile_outputs outputs = {.first = output, .addend = is_clipped ? COPY(addend, count) : NULL,
                                        .bias = is_clipped ? COPY(bias, channels) : NULL, .line_stride = columns * channels,
                                        .pixel_stride = channels, .first_line = first_line, .end_line = end_line,
                                        .first_column = first_column, .end_column = end_column};
    kernels->winograd_output(kind, &tiles, values, &outputs);
    end_case();
    for (size_t y = first_line; y < end_line; y++)
      for (size_t x = first_column; x < end_column; x++)
        for (size_t c = 0; c < channels; c++) {
          const size_t at = ((y - first_line) * columns + x - first_column) * channels + c;
          double sum = is_clipped ? (double)addend[at] + bias[c] : 0;
          for (size_t i = 0; i < f.taps; i++)
            for (size_t j = 0; j < f.taps; j++) sum += kernel[i][j] * image[(y + i) * line_stride + (x + j) * channels + c];
          const size_t tile = x / f.outputs;
          const double size = size_of(&f, taps, image + tile * f.outputs * channels + c, line_stride, channels, y, x % f.outputs);
          // Each of the four transforms rounds a value at most six times; taps and products are rounded, and two additions.
          expect(result, output[at], sum, 28 * ROUNDING * (size + 2));
        }
  }
}

void check_winograd(const sedge_kernels *kernels) {
  outcome result = {"winograd", kernels->name};
  const size_t lanes = kernels->lanes, channel_counts[] = {lanes, 2 * lanes};
  seed(11);
  for (int kind = SEDGE_WINOGRAD_3_2; kind <= SEDGE_WINOGRAD_4_4; kind++)
    for (size_t tiles = 1; tiles <= MOST_TILES; tiles += 2)
      for (size_t c = 0; c < 2; c++)
        for (int is_clipped = 0; is_clipped < 2; is_clipped++)
          check_form(kernels, kind, tiles, channel_counts[c], is_clipped, &result);
  report(&result);
}
