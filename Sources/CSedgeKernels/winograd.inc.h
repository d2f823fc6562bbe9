// Winograd convolutions F(M x M, R x R): the transforms of inputs and outputs, in float32.
//
// A tile of M x M outputs of an R x R convolution reads N x N inputs, N = M + R - 1. In one dimension it is a product of polynomials, known
// from its values at N points: N products instead of M R. The points are 0, 1, -1, then 1/2, -2 and 2 as far as they are needed, and
// infinity; in two dimensions there are N x N of them. Between the transforms, each point has a matrix product of its own, tiles by
// outputs. The transform of the weights is WinogradConvolution's (SedgeOperators).

enum { MOST_POINTS = 7 };

INLINE size_t form_outputs(const int form) { return form == SEDGE_WINOGRAD_3_2 ? 3 : 4; }
INLINE size_t form_points(const int form) {
  return form == SEDGE_WINOGRAD_3_2 ? 4 : form == SEDGE_WINOGRAD_4_3 ? 6 : 7;
}

/// The values at the points of N inputs. The value at a point p is the product of (x - q) over all other points q but infinity, with x^k
/// replaced by input k.
INLINE void input_values(const int form, const vec *d, vec *p) {
  if (form == SEDGE_WINOGRAD_3_2) {
    p[0] = d[2] - d[0];
    p[1] = d[2] + d[1];
    p[2] = d[2] - d[1];
    p[3] = d[3] - d[1];
  } else if (form == SEDGE_WINOGRAD_4_3) {
    // h = (x - 1/2) (x + 2), times x^k.
    vec h[4];
    UNROLL for (size_t k = 0; k < 4; k++) h[k] = d[k + 2] + (d[k + 1] * 1.5f - d[k]);
    const vec odd = d[3] - d[1], even = d[4] - d[2];
    p[0] = h[2] - h[0];
    p[1] = h[2] + h[1];
    p[2] = h[2] - h[1];
    p[3] = even + odd * 2.0f;
    p[4] = even - odd * 0.5f;
    p[5] = h[3] - h[1];
  } else {
    // h = x - 1/2, u = h (x^2 - 4) and v = h (x^2 - 1), times x^k.
    vec h[6], u[4];
    UNROLL for (size_t k = 0; k < 6; k++) h[k] = d[k + 1] - d[k] * 0.5f;
    UNROLL for (size_t k = 0; k < 4; k++) u[k] = h[k + 2] - h[k] * 4.0f;
    const vec v1 = h[3] - h[1], v2 = h[4] - h[2];
    p[0] = u[2] - u[0];
    p[1] = u[2] + u[1];
    p[2] = u[2] - u[1];
    p[3] = (d[5] - d[3] * 5.0f) + d[1] * 4.0f;
    p[4] = v2 - v1 * 2.0f;
    p[5] = v2 + v1 * 2.0f;
    p[6] = u[3] - u[1];
  }
}

/// M outputs from N products: output k is the sum of p^k times the product at p; the last output includes the product at infinity.
INLINE void output_values(const int form, const vec *p, vec *y) {
  const vec sum = p[1] + p[2], difference = p[1] - p[2];
  if (form == SEDGE_WINOGRAD_3_2) {
    y[0] = p[0] + sum;
    y[1] = difference;
    y[2] = sum + p[3];
  } else if (form == SEDGE_WINOGRAD_4_3) {
    y[0] = (p[0] + sum) + (p[3] + p[4]);
    y[1] = difference + (p[3] * 0.5f - p[4] * 2.0f);
    y[2] = sum + (p[3] * 0.25f + p[4] * 4.0f);
    y[3] = difference + (p[3] * 0.125f - p[4] * 8.0f) + p[5];
  } else {
    const vec even = p[4] + p[5], odd = p[5] - p[4];
    y[0] = (p[0] + sum) + (p[3] + even);
    y[1] = difference + (p[3] * 0.5f + odd * 2.0f);
    y[2] = sum + (p[3] * 0.25f + even * 4.0f);
    y[3] = difference + (p[3] * 0.125f + odd * 8.0f) + p[6];
  }
}

INLINE void transform_input(const int form, const sedge_tiles *tiles, const float *image, size_t line_stride, float *values) {
  const size_t n = form_points(form), step = form_outputs(form), channels = tiles->channels;
  for (size_t tile = 0; tile < tiles->count; tile++) {
    const float *from = image + tile * step * channels;
    float *to = values + tile * tiles->tile_stride;
    for (size_t channel = 0; channel < channels; channel += LANES) {
      // The last vector overlaps the one before it.
      if (channel + LANES > channels) channel = channels - LANES;
      vec columns[MOST_POINTS][MOST_POINTS], line[MOST_POINTS];
      UNROLL for (size_t x = 0; x < n; x++) {
        UNROLL for (size_t y = 0; y < n; y++) line[y] = load(from + y * line_stride + x * channels + channel);
        input_values(form, line, columns[x]);
      }
      UNROLL for (size_t y = 0; y < n; y++) {
        vec row[MOST_POINTS];
        UNROLL for (size_t x = 0; x < n; x++) line[x] = columns[x][y];
        input_values(form, line, row);
        UNROLL for (size_t x = 0; x < n; x++) store(to + (y * n + x) * tiles->point_stride + channel, row[x]);
      }
    }
  }
}

INLINE void transform_output(const int form, const sedge_tiles *tiles, const float *products, const sedge_tile_outputs *output) {
  const size_t n = form_points(form), m = form_outputs(form);
  const ptrdiff_t line_stride = (ptrdiff_t)output->line_stride, pixel_stride = (ptrdiff_t)output->pixel_stride;
  for (size_t tile = 0; tile < tiles->count; tile++) {
    const float *from = products + tile * tiles->tile_stride;
    const size_t column = tile * m;
    const int is_whole = output->first_line == 0 && output->end_line == m && column >= output->first_column &&
                         column + m <= output->end_column;
    for (size_t channel = 0; channel < tiles->channels; channel += LANES) {
      vec lines[MOST_POINTS][MOST_POINTS], values[MOST_POINTS], results[4][4];
      UNROLL for (size_t x = 0; x < n; x++) {
        UNROLL for (size_t y = 0; y < n; y++) values[y] = load(from + (y * n + x) * tiles->point_stride + channel);
        output_values(form, values, lines[x]);
      }
      const vec bias = output->bias ? load(output->bias + channel) : splat(0);
      UNROLL for (size_t y = 0; y < m; y++) {
        UNROLL for (size_t x = 0; x < n; x++) values[x] = lines[x][y];
        output_values(form, values, results[y]);
        UNROLL for (size_t x = 0; x < m; x++) results[y][x] += bias;
      }
#define STORE(Y, X)                                                                                       \
  {                                                                                                       \
    const ptrdiff_t at = ((ptrdiff_t)(Y) - (ptrdiff_t)output->first_line) * line_stride +                 \
                         ((ptrdiff_t)(column + (X)) - (ptrdiff_t)output->first_column) * pixel_stride +   \
                         (ptrdiff_t)channel;                                                              \
    store(output->first + at, output->addend ? results[Y][X] + load(output->addend + at) : results[Y][X]); \
  }
      if (is_whole) {
        UNROLL for (size_t y = 0; y < m; y++) UNROLL for (size_t x = 0; x < m; x++) STORE(y, x)
      } else {
        for (size_t y = output->first_line; y < output->end_line; y++)
          for (size_t x = 0; x < m; x++)
            if (column + x >= output->first_column && column + x < output->end_column) STORE(y, x)
      }
#undef STORE
    }
  }
}

#define WINOGRAD_FORMS(FORM) FORM(3_2) FORM(4_3) FORM(4_4)
#define TRANSFORMS(NAME)                                                                                                     \
  static void winograd_input_##NAME(const sedge_tiles *tiles, const float *image, size_t line_stride, float *values) {      \
    transform_input(SEDGE_WINOGRAD_##NAME, tiles, image, line_stride, values);                                               \
  }                                                                                                                          \
  static void winograd_output_##NAME(const sedge_tiles *tiles, const float *products, const sedge_tile_outputs *output) {   \
    transform_output(SEDGE_WINOGRAD_##NAME, tiles, products, output);                                                        \
  }
WINOGRAD_FORMS(TRANSFORMS)

static void winograd_input(int form, const sedge_tiles *tiles, const float *image, size_t line_stride, float *values) {
  if (form == SEDGE_WINOGRAD_3_2) winograd_input_3_2(tiles, image, line_stride, values);
  if (form == SEDGE_WINOGRAD_4_3) winograd_input_4_3(tiles, image, line_stride, values);
  if (form == SEDGE_WINOGRAD_4_4) winograd_input_4_4(tiles, image, line_stride, values);
}

static void winograd_output(int form, const sedge_tiles *tiles, const float *products, const sedge_tile_outputs *output) {
  if (form == SEDGE_WINOGRAD_3_2) winograd_output_3_2(tiles, products, output);
  if (form == SEDGE_WINOGRAD_4_3) winograd_output_4_3(tiles, products, output);
  if (form == SEDGE_WINOGRAD_4_4) winograd_output_4_4(tiles, products, output);
}
