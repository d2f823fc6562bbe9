// Matrix products in float32 and bfloat16: tiles of rows and outputs that stay in registers.

/// Weights are packed in panels of VECTORS vectors of outputs, input by input; the last panel has as many vectors as it needs.
static size_t packed_count(size_t outputs, size_t inputs) { return (outputs + LANES - 1) / LANES * LANES * inputs; }

/// The number of vectors of a panel where `left` outputs remain.
INLINE size_t panel_vectors(size_t left) { return left < VECTORS * LANES ? (left + LANES - 1) / LANES : VECTORS; }

static void pack(const float *weights, size_t outputs, size_t inputs, float *packed) {
  for (size_t column = 0; column < outputs; column += VECTORS * LANES) {
    const size_t left = outputs - column;
    const size_t width = panel_vectors(left) * LANES, filled = left < width ? left : width;
    // 16 inputs at a time, so that consecutive writes share cache lines.
    for (size_t first = 0; first < inputs; first += 16) {
      const size_t end = first + 16 < inputs ? first + 16 : inputs;
      for (size_t lane = 0; lane < filled; lane++) {
        const float *from = weights + (column + lane) * inputs;
        __builtin_prefetch(from + first + 64);
        for (size_t i = first; i < end; i++) packed[i * width + lane] = from[i];
      }
      for (size_t lane = filled; lane < width; lane++)
        for (size_t i = first; i < end; i++) packed[i * width + lane] = 0;
    }
    packed += width * inputs;
  }
}

/// sum + x * y; for pairs of bfloat16, the sum of both products.
INLINE vec multiply_add(const int is_bf16, vec sum, vec x, vec y) {
#if defined(DOT2_BF16)
  if (is_bf16) return dot2_bf16(sum, x, y);
#else
  (void)is_bf16;
#endif
  return sum + x * y;
}

/// Sums of a tile, `height` rows by `vectors` vectors of outputs: all in registers.
///
/// is_bf16: whether each float of rows and weights holds a pair of bfloat16.
INLINE void float_sums(const size_t height, const size_t vectors, const int is_bf16, const sedge_rows *rows,
                       const float *first, const float *panel, vec *total) {
  UNROLL for (size_t i = 0; i < height * vectors; i++) total[i] = splat(0);
  const size_t stride = rows->stride, length = rows->run_length;
  for (size_t run = 0; run < rows->run_count; run++) {
    // Three rows share a pointer, since there are fewer registers than rows.
    const float *x[(2 * ROWS + 2) / 3];
    UNROLL for (size_t g = 0; 3 * g < height; g++) x[g] = first + run * rows->run_stride + 3 * g * stride;
    size_t i = 0;
#if BY_LANE
    for (const size_t whole = length / LANES * LANES; i < whole; i += LANES) {
      vec value[2 * ROWS];
      UNROLL for (size_t r = 0; r < height; r++) value[r] = load(x[r / 3] + r % 3 * stride);
      UNROLL for (size_t lane = 0; lane < LANES; lane++) {
        __builtin_prefetch(panel + AHEAD);
        UNROLL for (size_t v = 0; v < vectors; v++) {
          const vec w = load(panel + v * LANES);
          UNROLL for (size_t r = 0; r < height; r++) total[r * vectors + v] =
              multiply_add(is_bf16, total[r * vectors + v], (vec)(value[r][lane]), w);
        }
        panel += vectors * LANES;
      }
      UNROLL for (size_t g = 0; 3 * g < height; g++) x[g] += LANES;
    }
#endif
    for (; i < length; i++) {
      // Weights far ahead are in a slower cache; prefetching hides its latency.
      __builtin_prefetch(panel + AHEAD);
      vec w[VECTORS];
      UNROLL for (size_t v = 0; v < vectors; v++) w[v] = load(panel + v * LANES);
      UNROLL for (size_t r = 0; r < height; r++) {
        vec value = splat(x[r / 3][r % 3 * stride]);
        UNROLL for (size_t v = 0; v < vectors; v++)
            total[r * vectors + v] = multiply_add(is_bf16, total[r * vectors + v], value, w[v]);
      }
      UNROLL for (size_t g = 0; 3 * g < height; g++) x[g]++;
      panel += vectors * LANES;
    }
  }
}

/// One tile: the sums, then bias, addend and activation.
INLINE void tile(const size_t height, const size_t vectors, const int is_bf16, const sedge_rows *rows, const float *first,
                 const float *panel, const sedge_layer *layer, size_t column, const float *addend, float *output,
                 size_t output_stride) {
  vec total[ROWS * VECTORS];
  float_sums(height, vectors, is_bf16, rows, first, panel, total);
  const size_t left = layer->outputs - column;
  UNROLL for (size_t v = 0; v < vectors; v++) {
    const size_t start = v * LANES;
    if (left - start >= LANES) {
      vec bias = layer->bias ? load(layer->bias + column + start) : splat(0);
      UNROLL for (size_t r = 0; r < height; r++) {
        vec value = total[r * vectors + v] + bias;
        if (addend) value += load(addend + r * layer->addend_stride + start);
        if (layer->activation == SEDGE_RELU) value = at_least(splat(0), value);
        store(output + r * output_stride + start, value);
      }
    } else {
      vec bias = layer->bias ? load_part(layer->bias + column + start, left - start) : splat(0);
      UNROLL for (size_t r = 0; r < height; r++) {
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
                                        const sedge_layer *layer, size_t column, const float *addend,             \
                                        float *output, size_t output_stride) {                                    \
    tile(HEIGHT, VECTORS, 0, rows, first, panel, layer, column, addend, output, output_stride);                 \
  }
TILES(TILE)

typedef void tile_function(const sedge_rows *, const float *, const float *, const sedge_layer *, size_t, const float *,
                           float *, size_t);
typedef struct {
  size_t height, vectors;
  tile_function *run;
} tile_kind;
#define FLOAT_KIND(HEIGHT, VECTORS) {HEIGHT, VECTORS, tile_##HEIGHT##_##VECTORS},
static const tile_kind tiles[] = {TILES(FLOAT_KIND)};

/// Applies a function to the rows and columns of a tile that was just stored.
#define FUNCTION_ROWS(NAME, FUNCTION)                                                               \
  static void NAME(float *output, size_t stride, size_t row_count, size_t columns) {                \
    for (size_t r = 0; r < row_count; r++) {                                                        \
      float *row = output + r * stride;                                                             \
      size_t i = 0;                                                                                 \
      for (; i + LANES <= columns; i += LANES) store(row + i, FUNCTION(load(row + i)));             \
      if (i < columns) store_part(row + i, FUNCTION(load_part(row + i, columns - i)), columns - i); \
    }                                                                                               \
  }
FUNCTION_ROWS(gelu_rows, gelu)
FUNCTION_ROWS(coarse_gelu_rows, coarse_gelu)
FUNCTION_ROWS(quick_gelu_rows, quick_gelu)

/// The activations that a tile does not compute in registers.
///
/// is_coarse: whether the products are in bfloat16 or int8.
INLINE void activate_rows(const int is_coarse, int activation, float *output, size_t stride, size_t row_count,
                          size_t columns) {
  if (activation == SEDGE_GELU) (is_coarse ? coarse_gelu_rows : gelu_rows)(output, stride, row_count, columns);
  if (activation == SEDGE_QUICK_GELU) quick_gelu_rows(output, stride, row_count, columns);
}

INLINE void multiply_tiles(const tile_kind *tiles, const int is_bf16, const sedge_rows *rows, size_t row_count,
                           const sedge_layer *layer, float *output, size_t output_stride) {
  const size_t inputs = rows->run_count * rows->run_length;
  const float *panel = layer->weights;
  for (size_t column = 0; column < layer->outputs; column += VECTORS * LANES) {
    const size_t left = layer->outputs - column;
    const size_t vectors = panel_vectors(left);
    size_t row = 0;
    while (row < row_count) {
      size_t kind = 0;
      while (tiles[kind].height > row_count - row || tiles[kind].vectors != vectors) kind++;
      float *to = output + row * output_stride + column;
      tiles[kind].run(rows, rows->first + row * rows->stride, panel, layer, column,
                      layer->addend ? layer->addend + row * layer->addend_stride + column : 0, to, output_stride);
      activate_rows(is_bf16, layer->activation, to, output_stride, tiles[kind].height,
                    left < vectors * LANES ? left : vectors * LANES);
      row += tiles[kind].height;
    }
    panel += vectors * LANES * inputs;
  }
}

static void multiply(const sedge_rows *rows, size_t row_count, const sedge_layer *layer, float *output,
                     size_t output_stride) {
  multiply_tiles(tiles, 0, rows, row_count, layer, output, output_stride);
}

/// The bits of floats, rounded to the nearest bfloat16, ties to even, in their upper halves.
INLINE ivec bf16_bits(vec values) {
  const ivec bits = (ivec)values;
  return bits + 0x7fff + ((bits >> 16) & 1);
}

/// Values rounded to bfloat16, as floats.
static void round_to_bf16(const float *values, size_t count, float *rounded) {
  const ivec mask = (ivec)((int32_t)0xffff0000);
  size_t i = 0;
  for (; i + LANES <= count; i += LANES) store(rounded + i, (vec)(bf16_bits(load(values + i)) & mask));
  if (i < count) store_part(rounded + i, (vec)(bf16_bits(load_part(values + i, count - i)) & mask), count - i);
}

#if defined(DOT2_BF16)
#define BF16_TILE(HEIGHT, VECTORS)                                                                              \
  static void bf16_tile_##HEIGHT##_##VECTORS(const sedge_rows *rows, const float *first, const float *panel,    \
                                             const sedge_layer *layer, size_t column, const float *addend,        \
                                             float *output, size_t output_stride) {                               \
    tile(HEIGHT, VECTORS, 1, rows, first, panel, layer, column, addend, output, output_stride);                 \
  }
TILES(BF16_TILE)
#define BF16_KIND(HEIGHT, VECTORS) {HEIGHT, VECTORS, bf16_tile_##HEIGHT##_##VECTORS},
static const tile_kind bf16_tiles[] = {TILES(BF16_KIND)};

static void multiply_pairs(const sedge_rows *rows, size_t row_count, const sedge_layer *layer, float *output,
                           size_t output_stride) {
  multiply_tiles(bf16_tiles, 1, rows, row_count, layer, output, output_stride);
}

/// Values rounded to bfloat16, two in the memory of a float.
static void round_to_pairs(const float *values, size_t count, float *pairs) {
  uint16_t *results = (uint16_t *)pairs;
  size_t i = 0;
  for (; i + LANES <= count; i += LANES)
    *(bf16_vec *)(results + i) = __builtin_convertvector(bf16_bits(load(values + i)) >> 16, bf16_vec);
  for (; i < count; i++) {
    int32_t bits;
    __builtin_memcpy(&bits, values + i, 4);
    results[i] = (uint16_t)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
  }
}
#else
#define multiply_pairs multiply
#define round_to_pairs round_to_bf16
#endif

/// Dot products of `height` rows at a time, which share the loads of weights.
INLINE void dot_rows(const size_t height, const sedge_rows *rows, size_t row, const float *weights, float bias,
                     float *output) {
  vec total[4];
  float rest[4] = {0};
  UNROLL for (size_t r = 0; r < height; r++) total[r] = splat(0);
  for (size_t run = 0; run < rows->run_count; run++) {
    const float *x = rows->first + row * rows->stride + run * rows->run_stride;
    const float *w = weights + run * rows->run_length;
    size_t i = 0;
    for (; i + LANES <= rows->run_length; i += LANES) {
      const vec weight = load(w + i);
      UNROLL for (size_t r = 0; r < height; r++) total[r] += load(x + r * rows->stride + i) * weight;
    }
    for (; i < rows->run_length; i++) UNROLL for (size_t r = 0; r < height; r++) rest[r] += x[r * rows->stride + i] * w[i];
  }
  UNROLL for (size_t r = 0; r < height; r++) output[row + r] = bias + (sum(total[r]) + rest[r]);
}

static void dot(const sedge_rows *rows, size_t row_count, const float *weights, float bias, float *output) {
  size_t row = 0;
  for (; row + 4 <= row_count; row += 4) dot_rows(4, rows, row, weights, bias, output);
  for (; row < row_count; row++) dot_rows(1, rows, row, weights, bias, output);
}
