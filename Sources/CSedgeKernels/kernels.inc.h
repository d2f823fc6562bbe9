// The kernels, written once for vectors of any length; each file that includes this says which.
//
// LANES: floats of a vector. ROWS: rows of a tile, for two vectors of outputs a row. NAME: of the set.

typedef float vec __attribute__((ext_vector_type(LANES), aligned(4)));
typedef int32_t ivec __attribute__((ext_vector_type(LANES), aligned(4)));
typedef float vec8 __attribute__((ext_vector_type(8), aligned(4)));
typedef float vec4 __attribute__((ext_vector_type(4), aligned(4)));

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")
/// How far ahead weights are asked for, in floats.
#define AHEAD 2048

INLINE vec splat(float x) { return (vec)(x); }
INLINE vec load(const float *p) { return *(const vec *)p; }
INLINE void store(float *p, vec v) { *(vec *)p = v; }
/// The larger of `limit` and `x`, or x where it is not a number.
INLINE vec at_least(vec limit, vec x) { return limit > x ? limit : x; }
INLINE vec at_most(vec limit, vec x) { return limit < x ? limit : x; }

INLINE ivec as_integers(vec v) { return (ivec)v; }
INLINE vec as_floats(ivec v) { return (vec)v; }

typedef int32_t four_bytes __attribute__((aligned(1)));

typedef uint16_t halves_vec __attribute__((ext_vector_type(LANES), aligned(2)));

#if !defined(MULTIPLY_PAIRS)
#define FAST_HALVES 0
/// Adds to each sum the products of two bfloat16 with two weights.
INLINE vec multiply_pairs(vec sum, vec pairs, vec weights) {
  const ivec high = (ivec)((int32_t)0xffff0000);
  sum += (vec)((ivec)pairs << 16) * (vec)((ivec)weights << 16);
  return sum + (vec)((ivec)pairs & high) * (vec)((ivec)weights & high);
}
#endif

#if !defined(MULTIPLY_FOURS)
/// Adds to each sum the products of four bytes, 0...255, with four weights.
INLINE ivec multiply_fours(ivec sum, ivec bytes, ivec weights) {
  UNROLL for (int i = 0; i < 4; i++) sum += ((bytes >> (8 * i)) & 255) * ((weights << (24 - 8 * i)) >> 24);
  return sum;
}
#endif

/// The sum of a vector, halves onto halves.
INLINE float sum(vec v) {
#if LANES == 16
  vec8 half = v.lo + v.hi;
  vec4 quarter = half.lo + half.hi;
#elif LANES == 8
  vec4 quarter = v.lo + v.hi;
#else
  vec4 quarter = v;
#endif
  return (quarter.x + quarter.z) + (quarter.y + quarter.w);
}

/// The first `n` floats at `p`; zeros after them.
INLINE vec load_part(const float *p, long n) {
  float x[LANES] = {0};
  for (long i = 0; i < n; i++) x[i] = p[i];
  return load(x);
}

INLINE void store_part(float *p, vec v, long n) {
  float x[LANES];
  store(x, v);
  for (long i = 0; i < n; i++) p[i] = x[i];
}

/// e^x to 1e-7 of it: 2^n times a polynomial on |x| <= ln 2 / 2.
INLINE vec exponential(vec x) {
  x = at_least(splat(-87), at_most(splat(88), x));
  const vec magic = splat(12582912.0f);  // 1.5 * 2^23: adding it rounds to an integer.
  vec shifted = x * splat(1.44269504f) + magic;
  vec n = shifted - magic;
  vec r = x - n * splat(0.693145751953125f);
  r = r - n * splat(1.42860677e-6f);
  vec p = splat(1.0f / 5040);
  p = p * r + splat(1.0f / 720);
  p = p * r + splat(1.0f / 120);
  p = p * r + splat(1.0f / 24);
  p = p * r + splat(1.0f / 6);
  p = p * r + splat(0.5f);
  p = p * r + splat(1.0f);
  p = p * r + splat(1.0f);
  ivec exponent = (as_integers(shifted) + 127) << 23;
  return p * as_floats(exponent);
}

/// x times the normal distribution: x/2 (1 + erf(x / sqrt 2)).
///
/// The distribution less 1/2 is x times a polynomial in x^2, minimax on |x| <= 5.5 with an error of 9e-9
/// (Fixtures/oracle/gelu_polynomial.py); beyond, it is 1/2 in float32.
INLINE vec gelu(vec x) {
  static const float coefficients[] = {
      0x1.07463cp-3f, -0x1.06d992p-4f, 0x1.87111ap-5f, -0x1.3dca72p-5f, 0x1.06b778p-5f, -0x1.aac402p-6f,
      0x1.4db1eep-6f, -0x1.eb9ae6p-7f, 0x1.4edc52p-7f, -0x1.be39a0p-8f, 0x1.2fdf2cp-8f, -0x1.3f628ap-9f,
      0x1.72f2ccp-11f, -0x1.0db74ap-11f, 0x1.4d478ep-11f, -0x1.f9a434p-13f};
  vec z = at_least(splat(-5.5f), at_most(splat(5.5f), x));
  vec s = z * z * splat(2 / 30.25f) - splat(1);
  vec p = splat(coefficients[15]);
  UNROLL for (int i = 14; i >= 0; i--) p = p * s + splat(coefficients[i]);
  return x * (z * p + splat(0.5f));
}

/// The same to 4e-5: for values that are coded in bytes or bfloat16 next, whose steps are far larger.
INLINE vec coarse_gelu(vec x) {
  static const float coefficients[] = {0x1.57c4fcp-3f,  -0x1.4dbe82p-4f, 0x1.c93598p-5f, -0x1.3f458cp-5f, 0x1.9a14a6p-6f,
                                       -0x1.be7bd6p-7f, 0x1.07976ep-7f,  -0x1.7fbb96p-8f, 0x1.25972ep-9f};
  vec z = at_least(splat(-4.2f), at_most(splat(4.2f), x));
  vec s = z * z * splat(2 / 17.64f) - splat(1);
  vec p = splat(coefficients[8]);
  UNROLL for (int i = 7; i >= 0; i--) p = p * s + splat(coefficients[i]);
  return x * (z * p + splat(0.5f));
}

INLINE vec shifted_elu(vec x) { return x > splat(0) ? x + splat(1) : exponential(x); }

// Products

/// Weights lie in panels of two vectors of outputs, the last of one where that is enough; inputs behind one another.
static long packed_count(long outputs, long inputs) { return (outputs + LANES - 1) / LANES * LANES * inputs; }

static void pack(const float *weights, long outputs, long inputs, float *packed) {
  for (long column = 0; column < outputs; column += 2 * LANES) {
    const long left = outputs - column;
    const long width = left > LANES ? 2 * LANES : LANES, filled = left < width ? left : width;
    // Some inputs at a time, or every write would be to another cache line.
    for (long first = 0; first < inputs; first += 16) {
      const long end = first + 16 < inputs ? first + 16 : inputs;
      for (long lane = 0; lane < filled; lane++) {
        const float *from = weights + (column + lane) * inputs;
        __builtin_prefetch(from + first + 64);
        for (long i = first; i < end; i++) packed[i * width + lane] = from[i];
      }
      for (long lane = filled; lane < width; lane++)
        for (long i = first; i < end; i++) packed[i * width + lane] = 0;
    }
    packed += width * inputs;
  }
}

/// One tile: `height` rows by `vectors` vectors of outputs, all in registers.
///
/// halves: whether what looks like floats, in rows and weights, are pairs of bfloat16.
INLINE void tile(const long height, const long vectors, const int halves, const sedge_rows *rows, const float *first,
                 const float *panel, const sedge_layer *layer, long column, const float *addend, float *output,
                 long output_stride) {
  vec total[ROWS * 2];
  UNROLL for (long i = 0; i < height * vectors; i++) total[i] = splat(0);
  const long stride = rows->stride, length = rows->run_length;
  for (long run = 0; run < rows->run_count; run++) {
    // Three rows share a pointer, or there would be more pointers than registers.
    const float *x[(2 * ROWS + 2) / 3];
    UNROLL for (long g = 0; 3 * g < height; g++) x[g] = first + run * rows->run_stride + 3 * g * stride;
    for (long i = 0; i < length; i++) {
      // What is far ahead comes from a slower cache; asked for in time, it costs nothing.
      __builtin_prefetch(panel + AHEAD);
      vec w[2];
      UNROLL for (long v = 0; v < vectors; v++) w[v] = load(panel + v * LANES);
      UNROLL for (long r = 0; r < height; r++) {
        vec value = splat(x[r / 3][r % 3 * stride]);
        UNROLL for (long v = 0; v < vectors; v++)
            total[r * vectors + v] = halves ? multiply_pairs(total[r * vectors + v], value, w[v])
                                            : total[r * vectors + v] + value * w[v];
      }
      UNROLL for (long g = 0; 3 * g < height; g++) x[g]++;
      panel += vectors * LANES;
    }
  }
  const long left = layer->outputs - column;
  UNROLL for (long v = 0; v < vectors; v++) {
    const long start = v * LANES;
    if (left - start >= LANES) {
      vec bias = layer->bias ? load(layer->bias + column + start) : splat(0);
      UNROLL for (long r = 0; r < height; r++) {
        vec value = total[r * vectors + v] + bias;
        if (addend) value += load(addend + r * layer->addend_stride + start);
        if (layer->activation == SEDGE_RELU) value = at_least(splat(0), value);
        store(output + r * output_stride + start, value);
      }
    } else {
      vec bias = layer->bias ? load_part(layer->bias + column + start, left - start) : splat(0);
      UNROLL for (long r = 0; r < height; r++) {
        vec value = total[r * vectors + v] + bias;
        if (addend) value += load_part(addend + r * layer->addend_stride + start, left - start);
        if (layer->activation == SEDGE_RELU) value = at_least(splat(0), value);
        store_part(output + r * output_stride + start, value, left - start);
      }
    }
  }
}

#define TILE(HEIGHT, VECTORS)                                                                                   \
  static void tile_##HEIGHT##_##VECTORS(const sedge_rows *rows, const float *first, const float *panel,         \
                                        const sedge_layer *layer, long column, const float *addend,             \
                                        float *output, long output_stride) {                                    \
    tile(HEIGHT, VECTORS, 0, rows, first, panel, layer, column, addend, output, output_stride);                 \
  }                                                                                                             \
  static void half_tile_##HEIGHT##_##VECTORS(const sedge_rows *rows, const float *first, const float *panel,    \
                                             const sedge_layer *layer, long column, const float *addend,        \
                                             float *output, long output_stride) {                               \
    tile(HEIGHT, VECTORS, 1, rows, first, panel, layer, column, addend, output, output_stride);                 \
  }
TILE(1, 1) TILE(3, 1) TILE(6, 1) TILE(12, 1) TILE(1, 2) TILE(3, 2) TILE(6, 2)
#if ROWS >= 12
TILE(24, 1) TILE(12, 2)
#endif

typedef void tile_function(const sedge_rows *, const float *, const float *, const sedge_layer *, long, const float *,
                           float *, long);
typedef struct {
  long height;
  tile_function *run[2];
} tile_kind;
#if ROWS >= 12
#define TILES(PREFIX)                                                                                             \
  {{24, {PREFIX##_24_1, 0}},                                                                                      \
   {12, {PREFIX##_12_1, PREFIX##_12_2}},                                                                          \
   {6, {PREFIX##_6_1, PREFIX##_6_2}},                                                                             \
   {3, {PREFIX##_3_1, PREFIX##_3_2}},                                                                             \
   {1, {PREFIX##_1_1, PREFIX##_1_2}}}
#else
#define TILES(PREFIX)                                                                                             \
  {{12, {PREFIX##_12_1, 0}},                                                                                      \
   {6, {PREFIX##_6_1, PREFIX##_6_2}},                                                                             \
   {3, {PREFIX##_3_1, PREFIX##_3_2}},                                                                             \
   {1, {PREFIX##_1_1, PREFIX##_1_2}}}
#endif
static const tile_kind tiles[] = TILES(tile), half_tiles[] = TILES(half_tile);

/// Applies GELU to a few rows of a few columns that were just written.
#define GELU_ROWS(NAME, FUNCTION)                                                                   \
  static void NAME(float *output, long stride, long row_count, long columns) {                     \
    for (long r = 0; r < row_count; r++) {                                                          \
      float *row = output + r * stride;                                                             \
      long i = 0;                                                                                   \
      for (; i + LANES <= columns; i += LANES) store(row + i, FUNCTION(load(row + i)));             \
      if (i < columns) store_part(row + i, FUNCTION(load_part(row + i, columns - i)), columns - i); \
    }                                                                                               \
  }
GELU_ROWS(gelu_rows, gelu)
GELU_ROWS(coarse_gelu_rows, coarse_gelu)

INLINE void multiply_tiles(const tile_kind *tiles, const int halves, const sedge_rows *rows, long row_count,
                           const sedge_layer *layer, float *output, long output_stride) {
  const long inputs = rows->run_count * rows->run_length;
  const float *panel = layer->weights;
  for (long column = 0; column < layer->outputs; column += 2 * LANES) {
    const long left = layer->outputs - column;
    const long vectors = left > LANES ? 2 : 1;
    long row = 0;
    while (row < row_count) {
      long kind = 0;
      while (tiles[kind].height > row_count - row || !tiles[kind].run[vectors - 1]) kind++;
      float *to = output + row * output_stride + column;
      tiles[kind].run[vectors - 1](rows, rows->first + row * rows->stride, panel, layer, column,
                                   layer->addend ? layer->addend + row * layer->addend_stride + column : 0, to,
                                   output_stride);
      if (layer->activation == SEDGE_GELU)
        (halves ? coarse_gelu_rows : gelu_rows)(to, output_stride, tiles[kind].height,
                                                left < vectors * LANES ? left : vectors * LANES);
      row += tiles[kind].height;
    }
    panel += vectors * LANES * inputs;
  }
}

static void multiply(const sedge_rows *rows, long row_count, const sedge_layer *layer, float *output,
                     long output_stride) {
  multiply_tiles(tiles, 0, rows, row_count, layer, output, output_stride);
}

static void multiply_halves(const sedge_rows *rows, long row_count, const sedge_layer *layer, float *output,
                            long output_stride) {
  multiply_tiles(half_tiles, 1, rows, row_count, layer, output, output_stride);
}

/// Pairs of values rounded to bfloat16, the nearest, ties to even.
static void code_halves(const float *values, long count, float *pairs) {
  uint16_t *halves = (uint16_t *)pairs;
  long i = 0;
  for (; i + LANES <= count; i += LANES) {
    const ivec bits = (ivec)load(values + i);
    const ivec rounded = bits + 0x7fff + ((bits >> 16) & 1);
    *(halves_vec *)(halves + i) = __builtin_convertvector(rounded >> 16, halves_vec);
  }
  for (; i < count; i++) {
    int32_t bits;
    __builtin_memcpy(&bits, values + i, 4);
    halves[i] = (uint16_t)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
  }
}

/// `height` rows at a time, so that weights are read once for all of them.
INLINE void dot_rows(const long height, const sedge_rows *rows, long row, const float *weights, float bias,
                     float *output) {
  vec total[4];
  float rest[4] = {0};
  UNROLL for (long r = 0; r < height; r++) total[r] = splat(0);
  for (long run = 0; run < rows->run_count; run++) {
    const float *x = rows->first + row * rows->stride + run * rows->run_stride;
    const float *w = weights + run * rows->run_length;
    long i = 0;
    for (; i + LANES <= rows->run_length; i += LANES) {
      const vec weight = load(w + i);
      UNROLL for (long r = 0; r < height; r++) total[r] += load(x + r * rows->stride + i) * weight;
    }
    for (; i < rows->run_length; i++) UNROLL for (long r = 0; r < height; r++) rest[r] += x[r * rows->stride + i] * w[i];
  }
  UNROLL for (long r = 0; r < height; r++) output[row + r] = bias + (sum(total[r]) + rest[r]);
}

static void dot(const sedge_rows *rows, long row_count, const float *weights, float bias, float *output) {
  long row = 0;
  for (; row + 4 <= row_count; row += 4) dot_rows(4, rows, row, weights, bias, output);
  for (; row < row_count; row++) dot_rows(1, rows, row, weights, bias, output);
}

// Depthwise convolution

/// A pointer moved on, in a way that keeps the compiler from computing all of a loop's pointers beforehand, for which
/// there are too few registers.
#define STEP(POINTER, COUNT)                \
  ({                                        \
    const float *moved = (POINTER) + (COUNT); \
    __asm__("" : "+r"(moved));              \
    moved;                                  \
  })

/// `width` neighbouring pixels, one vector of channels; `kernel` columns of weights stay in registers.
///
/// is_inside: whether no pixel looks beyond the line's ends.
INLINE void depthwise_block(const long kernel, const long width, const int is_inside, const float *image, long height,
                            long image_width, long channels, long y, long x, const float *weights, vec bias,
                            vec *total) {
  const long reach = kernel / 2;
  UNROLL for (long i = 0; i < width; i++) total[i] = bias;
  for (long ky = 0; ky < kernel; ky++) {
    const long line = y + ky - reach;
    if (line < 0 || line >= height) continue;
    const float *source = image + (line * image_width + x - reach) * channels;
    const float *taps = weights + ky * kernel * channels;
    vec w[9];
    UNROLL for (long kx = 0; kx < kernel; kx++) {
      w[kx] = load(taps);
      taps = STEP(taps, channels);
    }
    UNROLL for (long column = 0; column < width + kernel - 1; column++) {
      const float *here = source;
      source = STEP(source, channels);
      if (!is_inside && (x + column - reach < 0 || x + column - reach >= image_width)) continue;
      // The next but three channels' values: neighbours in memory, but far apart in time.
      __builtin_prefetch(here + 4 * LANES);
      vec value = load(here);
      UNROLL for (long kx = 0; kx < kernel; kx++) {
        const long i = column - kx;
        if (i >= 0 && i < width) total[i] += value * w[kx];
      }
    }
  }
}

#if ROWS >= 12
#define BLOCK 12
#else
#define BLOCK 4
#endif

INLINE void depthwise_vectors(const long kernel, const float *image, long height, long width, long channels, long y,
                              const float *weights, const float *bias, float *output) {
  for (long channel = 0; channel + LANES <= channels; channel += LANES)
    for (long x = 0; x < width; x += BLOCK) {
      vec total[BLOCK];
      if (x >= kernel / 2 && x + BLOCK + kernel / 2 <= width)
        depthwise_block(kernel, BLOCK, 1, image + channel, height, width, channels, y, x, weights + channel,
                        load(bias + channel), total);
      else
        depthwise_block(kernel, BLOCK, 0, image + channel, height, width, channels, y, x, weights + channel,
                        load(bias + channel), total);
      UNROLL for (long i = 0; i < BLOCK; i++)
        if (x + i < width) store(output + (x + i) * channels + channel, total[i]);
    }
}

/// Any kernel, channels `from` and later, one by one.
static void depthwise_scalars(const float *image, long height, long width, long channels, long y, long kernel,
                              const float *weights, const float *bias, float *output, long from) {
  const long reach = kernel / 2;
  for (long x = 0; x < width; x++)
    for (long channel = from; channel < channels; channel++) {
      float total = bias[channel];
      for (long ky = 0; ky < kernel; ky++)
        for (long kx = 0; kx < kernel; kx++) {
          const long line = y + ky - reach, column = x + kx - reach;
          if (line < 0 || line >= height || column < 0 || column >= width) continue;
          total += image[(line * width + column) * channels + channel] * weights[(ky * kernel + kx) * channels + channel];
        }
      output[x * channels + channel] = total;
    }
}

static void depthwise_line(const float *image, long height, long width, long channels, long y, long kernel,
                           const float *weights, const float *bias, float *output) {
  long done = channels / LANES * LANES;
  if (kernel == 7)
    depthwise_vectors(7, image, height, width, channels, y, weights, bias, output);
  else if (kernel == 9)
    depthwise_vectors(9, image, height, width, channels, y, weights, bias, output);
  else
    done = 0;
  depthwise_scalars(image, height, width, channels, y, kernel, weights, bias, output, done);
}

// Normalization

static void layer_norm(const float *rows, long row_count, long width, const float *scale, const float *shift,
                       float epsilon, float *output) {
  const long whole = width / LANES * LANES;
  for (long row = 0; row < row_count; row++) {
    const float *x = rows + row * width;
    float *y = output + row * width;
    vec total = splat(0);
    float rest = 0;
    for (long i = 0; i < whole; i += LANES) total += load(x + i);
    for (long i = whole; i < width; i++) rest += x[i];
    const float mean = (sum(total) + rest) / width;
    vec squares = splat(0);
    rest = 0;
    for (long i = 0; i < whole; i += LANES) {
      vec deviation = load(x + i) - splat(mean);
      squares += deviation * deviation;
    }
    for (long i = whole; i < width; i++) rest += (x[i] - mean) * (x[i] - mean);
    const float factor = 1 / __builtin_sqrtf((sum(squares) + rest) / width + epsilon);
    for (long i = 0; i < whole; i += LANES) {
      vec value = (load(x + i) - splat(mean)) * splat(factor);
      if (scale) value *= load(scale + i);
      if (shift) value += load(shift + i);
      store(y + i, value);
    }
    for (long i = whole; i < width; i++) {
      float value = (x[i] - mean) * factor;
      if (scale) value *= scale[i];
      if (shift) value += shift[i];
      y[i] = value;
    }
  }
}

static void group_statistics(const float *pixels, long pixel_count, long channels, double *statistics) {
  enum { parts = 16 / (LANES < 16 ? LANES : 16) };
  for (long group = 0; group < channels / 16; group++) {
    const float *x = pixels + 16 * group;
    vec totals[parts];
    for (long i = 0; i < parts; i++) totals[i] = splat(0);
    for (long p = 0; p < pixel_count; p++)
      for (long i = 0; i < parts; i++) totals[i] += load(x + p * channels + i * LANES);
    double total = 0;
    for (long i = 0; i < parts; i++) total += sum(totals[i]);
    const double count = 16.0 * pixel_count, mean = total / count;
    const vec center = splat((float)mean);
    for (long i = 0; i < parts; i++) totals[i] = splat(0);
    for (long p = 0; p < pixel_count; p++)
      for (long i = 0; i < parts; i++) {
        vec deviation = load(x + p * channels + i * LANES) - center;
        totals[i] += deviation * deviation;
      }
    double squares = 0;
    for (long i = 0; i < parts; i++) squares += sum(totals[i]);
    // The parallel form of the variance (Chan, Golub, LeVeque, "Updating formulae", 1979).
    double *s = statistics + 3 * group;
    const double together = s[0] + count, difference = mean - s[1];
    s[2] += squares + difference * difference * s[0] * count / together;
    s[1] += difference * count / together;
    s[0] = together;
  }
}

static void scale_relu(const float *pixels, long pixel_count, long channels, const float *scale, const float *shift,
                       float *output) {
  for (long p = 0; p < pixel_count; p++) {
    const float *x = pixels + p * channels;
    float *y = output + p * channels;
    long i = 0;
    for (; i + LANES <= channels; i += LANES)
      store(y + i, at_least(splat(0), load(x + i) * load(scale + i) + load(shift + i)));
    for (; i < channels; i++) {
      float value = x[i] * scale[i] + shift[i];
      y[i] = value < 0 ? 0 : value;
    }
  }
}

// Linear attention over classes

static void elu_features(float *values, long count) {
  long i = 0;
  for (; i + LANES <= count; i += LANES) store(values + i, shifted_elu(load(values + i)));
  if (i < count) store_part(values + i, shifted_elu(load_part(values + i, count - i)), count - i);
}

/// Sums one pixel's products: head width `vectors` vectors of type V, four channels at a time.
#define GATHER(NAME, V, COUNT)                                                                                   \
  INLINE void NAME(const long vectors, const float *key_value, long token_count, long token_stride, long channels, \
                   long head_width, float *products) {                                                           \
    for (long c = 0; c < channels; c += 4) {                                                                     \
      V total[4 * 2];                                                                                            \
      float *to = products + c * head_width;                                                                     \
      UNROLL for (long i = 0; i < 4; i++) UNROLL for (long v = 0; v < vectors; v++) total[i * 2 + v] =           \
          *(const V *)(to + i * head_width + v * COUNT);                                                         \
      const float *key = key_value + c;                                                                          \
      const float *value = key_value + channels + c / head_width * head_width;                                   \
      for (long t = 0; t < token_count; t++) {                                                                   \
        UNROLL for (long v = 0; v < vectors; v++) {                                                              \
          V content = *(const V *)(value + v * COUNT);                                                           \
          UNROLL for (long i = 0; i < 4; i++) total[i * 2 + v] += (V)(key[i]) * content;                   \
        }                                                                                                        \
        key += token_stride;                                                                                     \
        value += token_stride;                                                                                   \
      }                                                                                                          \
      UNROLL for (long i = 0; i < 4; i++) UNROLL for (long v = 0; v < vectors; v++) *(V *)(to + i * head_width + \
                                                                                        v * COUNT) = total[i * 2 + v]; \
    }                                                                                                            \
  }
GATHER(gather_long, vec, LANES)
GATHER(gather_8, vec8, 8)
GATHER(gather_4, vec4, 4)

static void attention_gather(float *key_value, long token_count, long pixel_count, long channels, long heads,
                             float *sums) {
  const long head_width = channels / heads, row = 2 * channels;
  const long size = channels + channels * head_width;
  for (long r = 0; r < token_count * pixel_count; r++) elu_features(key_value + r * row, channels);
  for (long p = 0; p < pixel_count; p++) {
    float *keys = sums + p * size, *products = keys + channels;
    const float *from = key_value + p * row;
    const long stride = pixel_count * row;
    for (long t = 0; t < token_count; t++)
      for (long c = 0; c < channels; c++) keys[c] += from[t * stride + c];
    if (head_width == LANES)
      gather_long(1, from, token_count, stride, channels, head_width, products);
    else if (head_width == 2 * LANES)
      gather_long(2, from, token_count, stride, channels, head_width, products);
    else if (head_width == 8)
      gather_8(1, from, token_count, stride, channels, head_width, products);
    else if (head_width == 4)
      gather_4(1, from, token_count, stride, channels, head_width, products);
    else
      for (long t = 0; t < token_count; t++)
        for (long c = 0; c < channels; c++)
          for (long i = 0; i < head_width; i++)
            products[c * head_width + i] +=
                from[t * stride + c] * from[t * stride + channels + c / head_width * head_width + i];
  }
}

/// One token's answer of one head: `vectors` vectors of type V.
INLINE float sum4(vec4 v) { return (v.x + v.z) + (v.y + v.w); }
#define sum8(V) sum4((V).lo + (V).hi)

#define APPLY(NAME, V, COUNT, SUM)                                                                              \
  INLINE void NAME(const long vectors, const float *query, const float *keys, const float *products,            \
                   long head_width, const float *addend, float *output) {                                       \
    V total[2][2];                                                                                              \
    UNROLL for (long v = 0; v < vectors; v++) total[0][v] = total[1][v] = (V)(0);                               \
    V weights = (V)(0);                                                                                         \
    UNROLL for (long v = 0; v < vectors; v++) weights +=                                                        \
        *(const V *)(query + v * COUNT) * *(const V *)(keys + v * COUNT);                                       \
    for (long c = 0; c < head_width; c += 2)                                                                    \
      UNROLL for (long i = 0; i < 2; i++)                                                                       \
        UNROLL for (long v = 0; v < vectors; v++) total[i][v] +=                                                \
            (V)(query[c + i]) * *(const V *)(products + (c + i) * head_width + v * COUNT);                      \
    const float factor = 1 / (SUM(weights) + 1e-6f);                                                             \
    UNROLL for (long v = 0; v < vectors; v++) *(V *)(output + v * COUNT) =                                      \
        *(const V *)(addend + v * COUNT) + (total[0][v] + total[1][v]) * (V)(factor);                     \
  }
APPLY(apply_long, vec, LANES, sum)
APPLY(apply_8, vec8, 8, sum8)
APPLY(apply_4, vec4, 4, sum4)

static void attention_apply(float *query, long token_count, long pixel_count, long channels, long heads,
                            const float *sums, const float *addend, float *output) {
  const long head_width = channels / heads;
  const long size = channels + channels * head_width;
  elu_features(query, token_count * pixel_count * channels);
  for (long p = 0; p < pixel_count; p++) {
    const float *keys = sums + p * size, *products = keys + channels;
    for (long t = 0; t < token_count; t++)
      for (long c = 0; c < channels; c += head_width) {
        const float *q = query + (t * pixel_count + p) * channels + c;
        const float *x = addend + (t * pixel_count + p) * channels + c;
        float *y = output + (t * pixel_count + p) * channels + c;
        const float *m = products + c * head_width;
        if (head_width == LANES)
          apply_long(1, q, keys + c, m, head_width, x, y);
        else if (head_width == 2 * LANES)
          apply_long(2, q, keys + c, m, head_width, x, y);
        else if (head_width == 8)
          apply_8(1, q, keys + c, m, head_width, x, y);
        else if (head_width == 4)
          apply_4(1, q, keys + c, m, head_width, x, y);
        else {
          float weight = 0;
          for (long j = 0; j < head_width; j++) weight += q[j] * keys[c + j];
          for (long i = 0; i < head_width; i++) {
            float total = 0;
            for (long j = 0; j < head_width; j++) total += q[j] * m[j * head_width + i];
            y[i] = x[i] + total / (weight + 1e-6f);
          }
        }
      }
  }
}

// Softmax attention

static void attend(const float *rows, long width, long heads, const int32_t *path, long count, float scale,
                   float *weights, float *output) {
  const long head_width = width / heads, stride = 3 * width;
  const long whole = head_width / LANES * LANES;
  for (long head = 0; head < width; head += head_width) {
    const float *query = rows + path[count - 1] * stride + head;
    const float *keys = rows + width + head, *values = rows + 2 * width + head;
    float largest = -__builtin_inff();
    for (long p = 0; p < count; p++) {
      const float *key = keys + path[p] * stride;
      vec total = splat(0);
      float rest = 0;
      for (long i = 0; i < whole; i += LANES) total += load(query + i) * load(key + i);
      for (long i = whole; i < head_width; i++) rest += query[i] * key[i];
      weights[p] = (sum(total) + rest) * scale;
      if (weights[p] > largest) largest = weights[p];
    }
    for (long p = 0; p < count; p += LANES) {
      const long n = count - p < LANES ? count - p : LANES;
      store_part(weights + p, exponential(load_part(weights + p, n) - splat(largest)), n);
    }
    float together = 0;
    for (long p = 0; p < count; p++) together += weights[p];
    for (long p = 0; p < count; p++) weights[p] /= together;
    for (long i = 0; i < whole; i += LANES) {
      vec total = splat(0);
      for (long p = 0; p < count; p++) total += splat(weights[p]) * load(values + path[p] * stride + i);
      store(output + head + i, total);
    }
    for (long i = whole; i < head_width; i++) {
      float total = 0;
      for (long p = 0; p < count; p++) total += weights[p] * values[path[p] * stride + i];
      output[head + i] = total;
    }
  }
}

static void add(const float *values, long count, float *output) {
  long i = 0;
  for (; i + LANES <= count; i += LANES) store(output + i, load(output + i) + load(values + i));
  for (; i < count; i++) output[i] += values[i];
}

// Scores to labels

INLINE vec logistic(vec x) {
  // Where e^-x is more than a float holds, this is 0.
  return x < splat(-88) ? splat(0) : splat(1) / (splat(1) + exponential(-x));
}

static void sigmoid(const float *values, long count, float *output) {
  long i = 0;
  for (; i + LANES <= count; i += LANES) store(output + i, logistic(load(values + i)));
  if (i < count) store_part(output + i, logistic(load_part(values + i, count - i)), count - i);
}

static void label_line(const float *upper, const float *lower, float weight, long width, const int32_t *left,
                       const int32_t *right, const float *share, long out_width, int32_t class_index, float *best,
                       int32_t *labels, float *scratch) {
  const vec one = splat(1);
  long i = 0;
  for (; i + LANES <= width; i += LANES)
    store(scratch + i, load(upper + i) * (one - splat(weight)) + load(lower + i) * splat(weight));
  for (; i < width; i++) scratch[i] = upper[i] * (1 - weight) + lower[i] * weight;
  i = 0;
  for (; i + LANES <= out_width; i += LANES) {
    vec a, b;
    columns(scratch, width, left + i, right + i, &a, &b);
    const vec part = load(share + i);
    const vec score = a * (one - part) + b * part;
    const vec old = load(best + i);
    ivec *label = (ivec *)(labels + i);
    const ivec wins = (score > old) | ((score == old) & ((ivec)(class_index) < *label));
    store(best + i, wins ? score : old);
    *label = wins ? (ivec)(class_index) : *label;
  }
  for (; i < out_width; i++) {
    const float score = scratch[left[i]] * (1 - share[i]) + scratch[right[i]] * share[i];
    if (score > best[i] || (score == best[i] && class_index < labels[i])) {
      best[i] = score;
      labels[i] = class_index;
    }
  }
}

// Products of bytes

typedef uint8_t bytes_vec __attribute__((ext_vector_type(LANES), aligned(1)));

INLINE float least_of(vec v) {
#if LANES == 16
  vec8 half = v.lo < v.hi ? v.lo : v.hi;
  vec4 quarter = half.lo < half.hi ? half.lo : half.hi;
#elif LANES == 8
  vec4 quarter = v.lo < v.hi ? v.lo : v.hi;
#else
  vec4 quarter = v;
#endif
  const float a = quarter.x < quarter.y ? quarter.x : quarter.y, b = quarter.z < quarter.w ? quarter.z : quarter.w;
  return a < b ? a : b;
}

/// The coding whose bytes reach from `least` to `most`; the byte of 0 is exact, so that margins of zeros are zeros.
INLINE sedge_coding coding_of(float least, float most, float *inverse) {
  sedge_coding coding;
  coding.scale = (most - least) * (1.0f / 255);
  *inverse = coding.scale > 0 ? 1 / coding.scale : 0;
  coding.offset = -coding.scale * (float)(int32_t)(0.5f - least * *inverse);
  return coding;
}

/// Bytes of `count` values; adding 1.5 * 2^23 leaves the rounded value in the last bits.
INLINE void code(const float *x, long count, float inverse, float offset, uint8_t *y) {
  const float magic = 12582912.0f - offset * inverse;
  const vec most = splat(12582912.0f + 255), least = splat(12582912.0f);
  long i = 0;
  for (; i + LANES <= count; i += LANES) {
    const vec value = at_least(least, at_most(most, load(x + i) * splat(inverse) + splat(magic)));
    *(bytes_vec *)(y + i) = __builtin_convertvector((ivec)value, bytes_vec);
  }
  if (i < count) {
    const vec value = at_least(least, at_most(most, load_part(x + i, count - i) * splat(inverse) + splat(magic)));
    const bytes_vec bytes = __builtin_convertvector((ivec)value, bytes_vec);
    for (long j = 0; i + j < count; j++) y[i + j] = bytes[j];
  }
}

INLINE void find_range(const float *x, long count, float *ends) {
  vec low = splat(ends[0]), high = splat(-ends[1]);
  vec low2 = low, high2 = high;
  long i = 0;
  for (; i + 2 * LANES <= count; i += 2 * LANES) {
    low = at_most(load(x + i), low);
    high = at_most(-load(x + i), high);
    low2 = at_most(load(x + i + LANES), low2);
    high2 = at_most(-load(x + i + LANES), high2);
  }
  for (; i < count; i += LANES) {
    const vec value = i + LANES <= count ? load(x + i) : load_part(x + i, count - i);
    low = at_most(value, low);
    high = at_most(-value, high);
  }
  ends[0] = least_of(at_most(low2, low));
  ends[1] = -least_of(at_most(high2, high));
}

static void range(const float *x, long count, float *ends) { find_range(x, count, ends); }

static void channel_ranges(const float *pixels, long pixel_count, long channels, float *least, float *most) {
  for (long channel = 0; channel < channels; channel += LANES) {
    vec low = load(least + channel), high = -load(most + channel);
    for (long p = 0; p < pixel_count; p++) {
      const vec value = load(pixels + p * channels + channel);
      low = at_most(value, low);
      high = at_most(-value, high);
    }
    store(least + channel, low);
    store(most + channel, -high);
  }
}

static void code_rows(const float *rows, long row_count, long width, uint8_t *bytes, sedge_coding *codings) {
  for (long row = 0; row < row_count; row++) {
    float ends[2] = {0, 0};
    find_range(rows + row * width, width, ends);
    float inverse;
    codings[row] = coding_of(ends[0], ends[1], &inverse);
    code(rows + row * width, width, inverse, codings[row].offset, bytes + row * width);
  }
}

static void layer_norm_code(const float *rows, long row_count, long width, float epsilon, uint8_t *bytes,
                            sedge_coding *codings) {
  const vec most = splat(12582912.0f + 255), least = splat(12582912.0f);
  for (long row = 0; row < row_count; row++) {
    const float *x = rows + row * width;
    vec total = splat(0), low = load(x), high = -load(x);
    for (long i = 0; i < width; i += LANES) {
      const vec value = load(x + i);
      total += value;
      low = at_most(value, low);
      high = at_most(-value, high);
    }
    const float mean = sum(total) / width;
    vec squares = splat(0);
    for (long i = 0; i < width; i += LANES) {
      const vec deviation = load(x + i) - splat(mean);
      squares += deviation * deviation;
    }
    const float factor = 1 / __builtin_sqrtf(sum(squares) / width + epsilon);
    // The mean lies between the ends, so 0 does.
    float inverse;
    codings[row] = coding_of((least_of(low) - mean) * factor, (-least_of(high) - mean) * factor, &inverse);
    const vec step = splat(factor * inverse);
    const vec start = splat(12582912.0f - codings[row].offset * inverse);
    for (long i = 0; i < width; i += LANES) {
      const vec value = at_least(least, at_most(most, (load(x + i) - splat(mean)) * step + start));
      *(bytes_vec *)(bytes + row * width + i) = __builtin_convertvector((ivec)value, bytes_vec);
    }
  }
}

static sedge_coding coding_for(float least, float most) {
  float inverse;
  return coding_of(least, most, &inverse);
}

static void code_values(const float *values, long count, sedge_coding coding, uint8_t *bytes) {
  code(values, count, coding.scale > 0 ? 1 / coding.scale : 0, coding.offset, bytes);
}

static void scale_relu_code(const float *pixels, long pixel_count, long channels, const float *scale,
                            const float *shift, sedge_coding coding, uint8_t *bytes) {
  const float inverse = coding.scale > 0 ? 1 / coding.scale : 0;
  const vec most = splat(12582912.0f + 255), least = splat(12582912.0f);
  for (long p = 0; p < pixel_count; p++)
    for (long i = 0; i < channels; i += LANES) {
      const float *x = pixels + p * channels + i;
      const vec value = load(x) * load(scale + i) + load(shift + i);
      const vec rounded = at_least(least, at_most(most, value * splat(inverse) + least));
      *(bytes_vec *)(bytes + p * channels + i) = __builtin_convertvector((ivec)rounded, bytes_vec);
    }
}

static void code_weights(const float *weights, long outputs, long inputs, int8_t *bytes, float *scales, float *sums) {
  for (long output = 0; output < outputs; output++) {
    const float *x = weights + output * inputs;
    float ends[2] = {0, 0};
    range(x, inputs, ends);
    const float largest = -ends[0] > ends[1] ? -ends[0] : ends[1];
    const float inverse = largest > 0 ? 127 / largest : 0;
    long total = 0;
    for (long i = 0; i < inputs; i++) {
      // Adding 1.5 * 2^23 rounds to the nearest integer, ties to even.
      const float value = (x[i] * inverse + 12582912.0f) - 12582912.0f;
      bytes[output * inputs + i] = (int8_t)value;
      total += (int8_t)value;
    }
    scales[output] = largest / 127;
    sums[output] = (float)((double)total * scales[output]);
  }
}

/// Panels as for floats; the bytes of four inputs of an output lie behind one another.
static long packed_byte_count(long outputs, long inputs) { return (outputs + LANES - 1) / LANES * LANES * inputs; }

static void pack_bytes(const int8_t *weights, long outputs, long inputs, int8_t *packed) {
  for (long column = 0; column < outputs; column += 2 * LANES) {
    const long left = outputs - column;
    const long width = left > LANES ? 2 * LANES : LANES;
    for (long start = 0; start < inputs; start += 64) {
      const long end = start + 64 < inputs ? start + 64 : inputs;
      for (long lane = 0; lane < width; lane++)
        for (long i = start; i < end; i += 4)
          for (long j = i; j < i + 4; j++)
            packed[(i / 4 * width + lane) * 4 + j - i] = lane < left ? weights[(column + lane) * inputs + j] : 0;
    }
    packed += width * inputs;
  }
}

/// One tile: the exact sums, then what they stand for.
INLINE void byte_tile(const long height, const long vectors, const sedge_byte_rows *rows, long row,
                      const int8_t *panel, const sedge_byte_layer *layer, long column, const float *addend,
                      float *output, long output_stride) {
  ivec total[ROWS * 2];
  UNROLL for (long i = 0; i < height * vectors; i++) total[i] = (ivec)(0);
  const long stride = rows->stride, length = rows->run_length;
  for (long run = 0; run < rows->run_count; run++) {
    const uint8_t *x[(2 * ROWS + 2) / 3];
    UNROLL for (long g = 0; 3 * g < height; g++) x[g] = rows->first + (row + 3 * g) * stride + run * rows->run_stride;
    for (long i = 0; i < length; i += 4) {
      __builtin_prefetch(panel + 4 * AHEAD);
      ivec w[2];
      UNROLL for (long v = 0; v < vectors; v++) w[v] = *(const ivec *)(panel + v * LANES * 4);
      UNROLL for (long r = 0; r < height; r++) {
        const ivec value = (ivec)(*(const four_bytes *)(x[r / 3] + r % 3 * stride));
        UNROLL for (long v = 0; v < vectors; v++)
            total[r * vectors + v] = multiply_fours(total[r * vectors + v], value, w[v]);
      }
      UNROLL for (long g = 0; 3 * g < height; g++) x[g] += 4;
      panel += vectors * LANES * 4;
    }
  }
  const long left = layer->outputs - column;
  const float *scales = layer->scales + column, *sums = layer->sums + column;
  const float *bias = layer->bias ? layer->bias + column : 0;
  UNROLL for (long v = 0; v < vectors; v++) {
    const long start = v * LANES;
    const long count = left - start;
    const int is_whole = count >= LANES;
    const vec scale = is_whole ? load(scales + start) : load_part(scales + start, count);
    const vec weight_sum = is_whole ? load(sums + start) : load_part(sums + start, count);
    const vec shift = !bias ? splat(0) : is_whole ? load(bias + start) : load_part(bias + start, count);
    UNROLL for (long r = 0; r < height; r++) {
      const sedge_coding coding = rows->codings[(row + r) * rows->coding_stride];
      const vec scaled = __builtin_convertvector(total[r * vectors + v], vec) * scale;
      const vec rest = weight_sum * splat(coding.offset) + shift;
      vec value = scaled * splat(coding.scale) + rest;
      if (addend) {
        const float *a = addend + r * layer->addend_stride + start;
        value += is_whole ? load(a) : load_part(a, count);
      }
      if (layer->activation == SEDGE_RELU) value = at_least(splat(0), value);
      float *to = output + r * output_stride + start;
      if (is_whole)
        store(to, value);
      else
        store_part(to, value, count);
    }
  }
}

#define BYTE_TILE(HEIGHT, VECTORS)                                                                          \
  static void byte_tile_##HEIGHT##_##VECTORS(const sedge_byte_rows *rows, long row, const int8_t *panel,    \
                                             const sedge_byte_layer *layer, long column,                    \
                                             const float *addend, float *output, long output_stride) {      \
    byte_tile(HEIGHT, VECTORS, rows, row, panel, layer, column, addend, output, output_stride);             \
  }
BYTE_TILE(1, 1) BYTE_TILE(3, 1) BYTE_TILE(6, 1) BYTE_TILE(12, 1) BYTE_TILE(1, 2) BYTE_TILE(3, 2) BYTE_TILE(6, 2)
#if ROWS >= 12
BYTE_TILE(24, 1) BYTE_TILE(12, 2)
#endif

typedef void byte_tile_function(const sedge_byte_rows *, long, const int8_t *, const sedge_byte_layer *, long,
                                const float *, float *, long);
static const struct {
  long height;
  byte_tile_function *run[2];
} byte_tiles[] = {
#if ROWS >= 12
    {24, {byte_tile_24_1, 0}},
    {12, {byte_tile_12_1, byte_tile_12_2}},
#else
    {12, {byte_tile_12_1, 0}},
#endif
    {6, {byte_tile_6_1, byte_tile_6_2}},
    {3, {byte_tile_3_1, byte_tile_3_2}},
    {1, {byte_tile_1_1, byte_tile_1_2}},
};

static void multiply_bytes(const sedge_byte_rows *rows, long row_count, const sedge_byte_layer *layer, float *output,
                           long output_stride) {
  const int8_t *panel = layer->weights;
  for (long column = 0; column < layer->outputs; column += 2 * LANES) {
    const long left = layer->outputs - column;
    const long vectors = left > LANES ? 2 : 1;
    long row = 0;
    while (row < row_count) {
      long kind = 0;
      while (byte_tiles[kind].height > row_count - row || !byte_tiles[kind].run[vectors - 1]) kind++;
      float *to = output + row * output_stride + column;
      byte_tiles[kind].run[vectors - 1](rows, row, panel, layer, column,
                                        layer->addend ? layer->addend + row * layer->addend_stride + column : 0, to,
                                        output_stride);
      if (layer->activation == SEDGE_GELU)
        coarse_gelu_rows(to, output_stride, byte_tiles[kind].height, left < vectors * LANES ? left : vectors * LANES);
      row += byte_tiles[kind].height;
    }
    panel += vectors * LANES * rows->run_count * rows->run_length;
  }
}

static double burn(long rounds, float *sink) {
  vec total[24];
  const vec x = splat(sink[0]), y = splat(sink[1]);
  UNROLL for (long i = 0; i < 24; i++) total[i] = splat(0);
  for (long round = 0; round < rounds; round++) UNROLL for (long i = 0; i < ROWS * 2; i++) total[i] += x * y;
  for (long i = 1; i < 24; i++) total[0] += total[i];
  sink[2] = sum(total[0]);
  return 2.0 * LANES * ROWS * 2 * rounds;
}

static const sedge_kernels set = {
    .name = NAME,
    .lanes = LANES,
    .packed_count = packed_count,
    .pack = pack,
    .multiply = multiply,
    .has_fast_halves = FAST_HALVES,
    .code_halves = code_halves,
    .multiply_halves = multiply_halves,
    .dot = dot,
    .depthwise_line = depthwise_line,
    .layer_norm = layer_norm,
    .group_statistics = group_statistics,
    .scale_relu = scale_relu,
    .attention_gather = attention_gather,
    .attention_apply = attention_apply,
    .attend = attend,
    .add = add,
    .sigmoid = sigmoid,
    .label_line = label_line,
    .range = range,
    .channel_ranges = channel_ranges,
    .coding_for = coding_for,
    .code_values = code_values,
    .scale_relu_code = scale_relu_code,
    .code_rows = code_rows,
    .layer_norm_code = layer_norm_code,
    .code_weights = code_weights,
    .packed_byte_count = packed_byte_count,
    .pack_bytes = pack_bytes,
    .multiply_bytes = multiply_bytes,
    .burn = burn,
};
