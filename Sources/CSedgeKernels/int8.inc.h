// Quantization to 8 bits, and products of quantized rows with int8 weights.

typedef uint8_t uint8_vec __attribute__((ext_vector_type(LANES), aligned(1)));

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

/// The parameters that cover `least`...`most`; 0 is represented exactly, so that zero padding stays zero.
INLINE sedge_affine affine_of(float least, float most, float *inverse) {
  sedge_affine affine;
  affine.scale = (most - least) * (1.0f / 255);
  *inverse = affine.scale > 0 ? 1 / affine.scale : 0;
  affine.offset = -affine.scale * (float)(int32_t)(0.5f - least * *inverse);
  return affine;
}

/// Quantizes `count` values to bytes, clamped to 0...255.
INLINE void quantize(const float *x, size_t count, float inverse, float offset, uint8_t *y) {
  const float zero = ROUND_TO_INTEGER - offset * inverse;
  const vec most = splat(ROUND_TO_INTEGER + 255), least = splat(ROUND_TO_INTEGER);
  size_t i = 0;
  for (; i + LANES <= count; i += LANES) {
    const vec value = at_least(least, at_most(most, load(x + i) * splat(inverse) + splat(zero)));
    *(uint8_vec *)(y + i) = __builtin_convertvector((ivec)value, uint8_vec);
  }
  if (i < count) {
    const vec value = at_least(least, at_most(most, load_part(x + i, count - i) * splat(inverse) + splat(zero)));
    const uint8_vec bytes = __builtin_convertvector((ivec)value, uint8_vec);
    for (size_t j = 0; i + j < count; j++) y[i + j] = bytes[j];
  }
}

INLINE void find_range(const float *x, size_t count, float *ends) {
  vec low = splat(ends[0]), high = splat(-ends[1]);
  vec low2 = low, high2 = high;
  size_t i = 0;
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

static void range(const float *x, size_t count, float *ends) { find_range(x, count, ends); }

static void channel_ranges(const float *pixels, size_t pixel_count, size_t channels, float *least, float *most) {
  for (size_t channel = 0; channel < channels; channel += LANES) {
    vec low = load(least + channel), high = -load(most + channel);
    for (size_t p = 0; p < pixel_count; p++) {
      const vec value = load(pixels + p * channels + channel);
      low = at_most(value, low);
      high = at_most(-value, high);
    }
    store(least + channel, low);
    store(most + channel, -high);
  }
}

static void quantize_rows(const float *rows, size_t row_count, size_t width, uint8_t *bytes, sedge_affine *affines) {
  for (size_t row = 0; row < row_count; row++) {
    float ends[2] = {0, 0};
    find_range(rows + row * width, width, ends);
    float inverse;
    affines[row] = affine_of(ends[0], ends[1], &inverse);
    quantize(rows + row * width, width, inverse, affines[row].offset, bytes + row * width);
  }
}

static void layer_norm_quantize(const float *rows, size_t row_count, size_t width, float epsilon, uint8_t *bytes,
                            sedge_affine *affines) {
  const vec most = splat(ROUND_TO_INTEGER + 255), least = splat(ROUND_TO_INTEGER);
  for (size_t row = 0; row < row_count; row++) {
    const float *x = rows + row * width;
    vec total = splat(0), low = load(x), high = -load(x);
    for (size_t i = 0; i < width; i += LANES) {
      const vec value = load(x + i);
      total += value;
      low = at_most(value, low);
      high = at_most(-value, high);
    }
    const float mean = sum(total) / (float)width;
    vec squares = splat(0);
    for (size_t i = 0; i < width; i += LANES) {
      const vec deviation = load(x + i) - splat(mean);
      squares += deviation * deviation;
    }
    const float factor = 1 / __builtin_sqrtf(sum(squares) / (float)width + epsilon);
    // The mean lies in the range, so 0 lies in the normalized range.
    float inverse;
    affines[row] = affine_of((least_of(low) - mean) * factor, (-least_of(high) - mean) * factor, &inverse);
    const vec step = splat(factor * inverse);
    const vec start = splat(ROUND_TO_INTEGER - affines[row].offset * inverse);
    for (size_t i = 0; i < width; i += LANES) {
      const vec value = at_least(least, at_most(most, (load(x + i) - splat(mean)) * step + start));
      *(uint8_vec *)(bytes + row * width + i) = __builtin_convertvector((ivec)value, uint8_vec);
    }
  }
}

static sedge_affine affine_for(float least, float most) {
  float inverse;
  return affine_of(least, most, &inverse);
}

static void quantize_values(const float *values, size_t count, sedge_affine affine, uint8_t *bytes) {
  quantize(values, count, affine.scale > 0 ? 1 / affine.scale : 0, affine.offset, bytes);
}

static void scale_relu_quantize(const float *pixels, size_t pixel_count, size_t channels, const float *scale,
                            const float *shift, sedge_affine affine, uint8_t *bytes) {
  const float inverse = affine.scale > 0 ? 1 / affine.scale : 0;
  const vec most = splat(ROUND_TO_INTEGER + 255), least = splat(ROUND_TO_INTEGER);
  for (size_t p = 0; p < pixel_count; p++)
    for (size_t i = 0; i < channels; i += LANES) {
      const float *x = pixels + p * channels + i;
      const vec value = load(x) * load(scale + i) + load(shift + i);
      const vec rounded = at_least(least, at_most(most, value * splat(inverse) + least));
      *(uint8_vec *)(bytes + p * channels + i) = __builtin_convertvector((ivec)rounded, uint8_vec);
    }
}

static void quantize_weights(const float *weights, size_t outputs, size_t inputs, int8_t *bytes, float *scales, float *sums) {
  for (size_t output = 0; output < outputs; output++) {
    const float *x = weights + output * inputs;
    float ends[2] = {0, 0};
    range(x, inputs, ends);
    const float largest = -ends[0] > ends[1] ? -ends[0] : ends[1];
    const float inverse = largest > 0 ? 127 / largest : 0;
    int64_t total = 0;
    for (size_t i = 0; i < inputs; i++) {
      const float value = (x[i] * inverse + ROUND_TO_INTEGER) - ROUND_TO_INTEGER;
      bytes[output * inputs + i] = (int8_t)value;
      total += (int8_t)value;
    }
    scales[output] = largest / 127;
    sums[output] = (float)((double)total * scales[output]);
  }
}

#if defined(MOST_PAIR)
#if INT8_OFFSET != 0
#error "MOST_PAIR and INT8_OFFSET exclude each other"
#endif
typedef int32_t place __attribute__((may_alias));

/// Whether the products of all pairs of some weights can be summed in 16 bits.
static int are_small(const int8_t *weights, size_t count) {
  int are = 1;
  for (size_t i = 0; i < count; i += 2) are &= __builtin_abs(weights[i] + weights[i + 1]) <= MOST_PAIR;
  return are;
}
#endif

/// The length of a panel's header, in bytes. With INT8_OFFSET the header corrects the sums for the offset, one integer for each
/// output. With MOST_PAIR it holds the number of groups of four inputs with small weights, and the place of each group, small
/// ones first.
INLINE size_t panel_start(size_t width, size_t inputs) {
#if defined(MOST_PAIR)
  return 0 * width + (4 * (1 + inputs / 4) + 63) / 64 * 64;
#else
  return 0 * inputs + (INT8_OFFSET != 0 ? 4 * width : 0);
#endif
}

/// Panels as for floats; the weights of four consecutive inputs of an output are adjacent.
static size_t packed_int8_count(size_t outputs, size_t inputs) {
  size_t count = 0;
  for (size_t column = 0; column < outputs; column += VECTORS * LANES) {
    const size_t width = panel_vectors(outputs - column) * LANES;
    count += panel_start(width, inputs) + width * inputs;
  }
  return count;
}

/// The weights of four inputs for all outputs of a panel; zeros for outputs beyond the last.
static void pack_four(const int8_t *weights, size_t stride, size_t left, size_t width, int8_t *packed) {
  for (size_t lane = 0; lane < width; lane++)
    for (size_t j = 0; j < 4; j++) packed[lane * 4 + j] = lane < left ? weights[lane * stride + j] : 0;
}

#if defined(MOST_PAIR)
/// Writes a panel whose groups of four inputs are sorted: their count and places, then the weights.
static void pack_panel(const int8_t *weights, size_t inputs, size_t left, size_t width, int8_t *packed) {
  place *places = (place *)packed;
  packed += panel_start(width, inputs);
  // Groups with large weights are written from the end, then reversed.
  size_t small = 0, large = inputs / 4;
  for (size_t i = 0; i < inputs; i += 4) {
    int8_t four[VECTORS * LANES * 4];
    pack_four(weights + i, inputs, left, width, four);
    const size_t at = are_small(four, width * 4) ? small++ : --large;
    places[1 + at] = (int32_t)i;
  }
  places[0] = (int32_t)small;
  for (size_t a = small + 1, b = inputs / 4; a < b; a++, b--) {
    const int32_t later = places[a];
    places[a] = places[b];
    places[b] = later;
  }
  for (size_t k = 0; k < inputs / 4; k++)
    pack_four(weights + places[1 + k], inputs, left, width, packed + k * width * 4);
}
#else
/// Writes a panel: the correction of the sums where there is an offset, then the weights.
static void pack_panel(const int8_t *weights, size_t inputs, size_t left, size_t width, int8_t *packed) {
  for (size_t lane = 0; INT8_OFFSET != 0 && lane < width; lane++) {
    int32_t sum = 0;
    for (size_t i = 0; lane < left && i < inputs; i++) sum += weights[lane * inputs + i];
    const int32_t correction = (int32_t)((uint32_t)sum * INT8_OFFSET);
    __builtin_memcpy(packed + 4 * lane, &correction, 4);
  }
  packed += panel_start(width, inputs);
  for (size_t i = 0; i < inputs; i += 4) pack_four(weights + i, inputs, left, width, packed + i * width);
}
#endif

static void pack_int8(const int8_t *weights, size_t outputs, size_t inputs, int8_t *packed) {
  for (size_t column = 0; column < outputs; column += VECTORS * LANES) {
    const size_t left = outputs - column;
    const size_t width = panel_vectors(left) * LANES;
    pack_panel(weights + column * inputs, inputs, left, width, packed);
    packed += panel_start(width, inputs) + width * inputs;
  }
}

#if defined(MOST_PAIR)
/// Adds the products of some groups of four inputs, in order; returns the place of the next weights.
INLINE const int8_t *add_fours(const int are_small, const size_t height, const size_t vectors, const sedge_int8_rows *rows,
                               size_t row, const place *places, size_t count, const int8_t *weights, ivec *total) {
  const size_t stride = rows->stride;
  const place *const last = places + count;
  for (size_t run = 0, end = rows->run_length; places < last; run++, end += rows->run_length) {
    const uint8_t *start = rows->first + row * stride + (ptrdiff_t)run * ((ptrdiff_t)rows->run_stride - (ptrdiff_t)rows->run_length);
    for (; places < last && (size_t)*places < end; places++) {
      __builtin_prefetch(weights + 4 * AHEAD);
      const uint8_t *x = start + *places;
      ivec w[VECTORS];
      UNROLL for (size_t v = 0; v < vectors; v++) w[v] = *(const ivec *)(weights + v * LANES * 4);
      UNROLL for (size_t r = 0; r < height; r++) {
        if (r % 3 == 0 && r > 0) x += 3 * stride;
        const ivec value = (ivec)(*(const four_bytes *)(x + r % 3 * stride));
        UNROLL for (size_t v = 0; v < vectors; v++) {
          ivec *sum = total + r * vectors + v;
          *sum = are_small ? dot4_small_int8(*sum, value, w[v]) : dot4_int8(*sum, value, w[v]);
        }
      }
      weights += vectors * LANES * 4;
    }
  }
  return weights;
}

/// Adds the products of a tile, `height` rows by `vectors` vectors of outputs, to the sums.
#define INT8_SUMS
INLINE void int8_sums(const size_t height, const size_t vectors, const sedge_int8_rows *rows, size_t row,
                      const int8_t *panel, ivec *total) {
  const size_t inputs = rows->run_count * rows->run_length;
  const place *places = (const place *)(panel - panel_start(vectors * LANES, inputs));
  const size_t small = (size_t)places[0];
  panel = add_fours(1, height, vectors, rows, row, places + 1, small, panel, total);
  add_fours(0, height, vectors, rows, row, places + 1 + small, inputs / 4 - small, panel, total);
}
#endif

#if !defined(INT8_SUMS)
#if INT8_OFFSET == 0
INLINE ivec less_offset(ivec bytes) { return bytes; }
#endif

/// Adds the products of a tile, `height` rows by `vectors` vectors of outputs, to the sums.
INLINE void int8_sums(const size_t height, const size_t vectors, const sedge_int8_rows *rows, size_t row,
                      const int8_t *panel, ivec *total) {
  const size_t stride = rows->stride, length = rows->run_length;
  for (size_t run = 0; run < rows->run_count; run++) {
    const uint8_t *x[(2 * ROWS + 2) / 3];
    UNROLL for (size_t g = 0; 3 * g < height; g++) x[g] = rows->first + (row + 3 * g) * stride + run * rows->run_stride;
    size_t i = 0;
#if BY_LANE
    for (const size_t whole = length / (4 * LANES) * (4 * LANES); i < whole; i += 4 * LANES) {
      ivec value[2 * ROWS];
      UNROLL for (size_t r = 0; r < height; r++) value[r] = less_offset(*(const unaligned_ivec *)(x[r / 3] + r % 3 * stride));
      UNROLL for (size_t lane = 0; lane < LANES; lane++) {
        __builtin_prefetch(panel + 4 * AHEAD);
        UNROLL for (size_t v = 0; v < vectors; v++) {
          const ivec w = *(const ivec *)(panel + v * LANES * 4);
          UNROLL for (size_t r = 0; r < height; r++) total[r * vectors + v] =
              dot4_int8(total[r * vectors + v], (ivec)(value[r][lane]), w);
        }
        panel += vectors * LANES * 4;
      }
      UNROLL for (size_t g = 0; 3 * g < height; g++) x[g] += 4 * LANES;
    }
#endif
    for (; i < length; i += 4) {
      __builtin_prefetch(panel + 4 * AHEAD);
      ivec w[VECTORS];
      UNROLL for (size_t v = 0; v < vectors; v++) w[v] = *(const ivec *)(panel + v * LANES * 4);
      UNROLL for (size_t r = 0; r < height; r++) {
        const ivec value = less_offset((ivec)(*(const four_bytes *)(x[r / 3] + r % 3 * stride)));
        UNROLL for (size_t v = 0; v < vectors; v++)
            total[r * vectors + v] = dot4_int8(total[r * vectors + v], value, w[v]);
      }
      UNROLL for (size_t g = 0; 3 * g < height; g++) x[g] += 4;
      panel += vectors * LANES * 4;
    }
  }
}
#endif

/// One tile: the exact integer sums, then their values in float32.
INLINE void int8_tile(const size_t height, const size_t vectors, const sedge_int8_rows *rows, size_t row,
                      const int8_t *panel, const sedge_int8_layer *layer, size_t column, const float *addend,
                      float *output, size_t output_stride) {
  ivec total[ROWS * VECTORS];
  UNROLL for (size_t r = 0; r < height; r++) UNROLL for (size_t v = 0; v < vectors; v++) total[r * vectors + v] =
      INT8_OFFSET != 0 ? *(const ivec *)(panel + v * LANES * 4) : (ivec)(0);
  const size_t inputs = rows->run_count * rows->run_length;
  int8_sums(height, vectors, rows, row, panel + panel_start(vectors * LANES, inputs), total);
  const size_t left = layer->outputs - column;
  const float *scales = layer->scales + column, *sums = layer->sums + column;
  const float *bias = layer->bias ? layer->bias + column : 0;
  UNROLL for (size_t v = 0; v < vectors; v++) {
    const size_t start = v * LANES;
    const size_t count = left - start;
    const int is_whole = count >= LANES;
    const vec scale = is_whole ? load(scales + start) : load_part(scales + start, count);
    const vec weight_sum = is_whole ? load(sums + start) : load_part(sums + start, count);
    const vec shift = !bias ? splat(0) : is_whole ? load(bias + start) : load_part(bias + start, count);
    UNROLL for (size_t r = 0; r < height; r++) {
      const sedge_affine affine = rows->affines[(row + r) * rows->affine_stride];
      const vec scaled = __builtin_convertvector(total[r * vectors + v], vec) * scale;
      const vec rest = weight_sum * splat(affine.offset) + shift;
      vec value = scaled * splat(affine.scale) + rest;
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

#define INT8_TILE(HEIGHT, VECTORS)                                                                          \
  static void int8_tile_##HEIGHT##_##VECTORS(const sedge_int8_rows *rows, size_t row, const int8_t *panel,    \
                                             const sedge_int8_layer *layer, size_t column,                    \
                                             const float *addend, float *output, size_t output_stride) {      \
    int8_tile(HEIGHT, VECTORS, rows, row, panel, layer, column, addend, output, output_stride);             \
  }
INT8_TILES(INT8_TILE)

typedef void int8_tile_function(const sedge_int8_rows *, size_t, const int8_t *, const sedge_int8_layer *, size_t,
                                const float *, float *, size_t);
#define INT8_KIND(HEIGHT, VECTORS) {HEIGHT, VECTORS, int8_tile_##HEIGHT##_##VECTORS},
static const struct {
  size_t height, vectors;
  int8_tile_function *run;
} int8_tiles[] = {INT8_TILES(INT8_KIND)};

static void multiply_int8(const sedge_int8_rows *rows, size_t row_count, const sedge_int8_layer *layer, float *output,
                           size_t output_stride) {
  const int8_t *panel = layer->weights;
  for (size_t column = 0; column < layer->outputs; column += VECTORS * LANES) {
    const size_t left = layer->outputs - column;
    const size_t vectors = panel_vectors(left);
    size_t row = 0;
    while (row < row_count) {
      size_t kind = 0;
      while (int8_tiles[kind].height > row_count - row || int8_tiles[kind].vectors != vectors) kind++;
      float *to = output + row * output_stride + column;
      int8_tiles[kind].run(rows, row, panel, layer, column,
                           layer->addend ? layer->addend + row * layer->addend_stride + column : 0, to,
                           output_stride);
      activate_rows(1, layer->activation, to, output_stride, int8_tiles[kind].height,
                    left < vectors * LANES ? left : vectors * LANES);
      row += int8_tiles[kind].height;
    }
    const size_t inputs = rows->run_count * rows->run_length;
    panel += panel_start(vectors * LANES, inputs) + vectors * LANES * inputs;
  }
}
