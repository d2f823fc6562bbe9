// Products of floats and of bfloat16: tiles of rows and outputs that stay in registers.

/// Weights lie in panels of VECTORS vectors of outputs, the last of as many as it needs; inputs behind one another.
static long packed_count(long outputs, long inputs) { return (outputs + LANES - 1) / LANES * LANES * inputs; }

/// Vectors of a panel with `left` outputs from its first on.
INLINE long panel_vectors(long left) { return left < VECTORS * LANES ? (left + LANES - 1) / LANES : VECTORS; }

static void pack(const float *weights, long outputs, long inputs, float *packed) {
  for (long column = 0; column < outputs; column += VECTORS * LANES) {
    const long left = outputs - column;
    const long width = panel_vectors(left) * LANES, filled = left < width ? left : width;
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

/// Sums of a tile, `height` rows by `vectors` vectors of outputs: all in registers.
///
/// is_bf16: whether what looks like floats, in rows and weights, are pairs of bfloat16.
INLINE void float_sums(const long height, const long vectors, const int is_bf16, const sedge_rows *rows,
                       const float *first, const float *panel, vec *total) {
  UNROLL for (long i = 0; i < height * vectors; i++) total[i] = splat(0);
  const long stride = rows->stride, length = rows->run_length;
  for (long run = 0; run < rows->run_count; run++) {
    // Three rows share a pointer, or there would be more pointers than registers.
    const float *x[(2 * ROWS + 2) / 3];
    UNROLL for (long g = 0; 3 * g < height; g++) x[g] = first + run * rows->run_stride + 3 * g * stride;
    long i = 0;
#if BY_LANE
    for (; i + LANES <= length; i += LANES) {
      vec value[2 * ROWS];
      UNROLL for (long r = 0; r < height; r++) value[r] = load(x[r / 3] + r % 3 * stride);
      UNROLL for (long lane = 0; lane < LANES; lane++) {
        __builtin_prefetch(panel + AHEAD);
        UNROLL for (long v = 0; v < vectors; v++) {
          const vec w = load(panel + v * LANES);
          UNROLL for (long r = 0; r < height; r++) total[r * vectors + v] =
              is_bf16 ? dot2_bf16(total[r * vectors + v], (vec)(value[r][lane]), w)
                     : total[r * vectors + v] + (vec)(value[r][lane]) * w;
        }
        panel += vectors * LANES;
      }
      UNROLL for (long g = 0; 3 * g < height; g++) x[g] += LANES;
    }
#endif
    for (; i < length; i++) {
      // What is far ahead comes from a slower cache; asked for in time, it costs nothing.
      __builtin_prefetch(panel + AHEAD);
      vec w[VECTORS];
      UNROLL for (long v = 0; v < vectors; v++) w[v] = load(panel + v * LANES);
      UNROLL for (long r = 0; r < height; r++) {
        vec value = splat(x[r / 3][r % 3 * stride]);
        UNROLL for (long v = 0; v < vectors; v++)
            total[r * vectors + v] = is_bf16 ? dot2_bf16(total[r * vectors + v], value, w[v])
                                            : total[r * vectors + v] + value * w[v];
      }
      UNROLL for (long g = 0; 3 * g < height; g++) x[g]++;
      panel += vectors * LANES;
    }
  }
}

/// One tile: the sums and what follows them.
INLINE void tile(const long height, const long vectors, const int is_bf16, const sedge_rows *rows, const float *first,
                 const float *panel, const sedge_layer *layer, long column, const float *addend, float *output,
                 long output_stride) {
  vec total[ROWS * VECTORS];
  float_sums(height, vectors, is_bf16, rows, first, panel, total);
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
  static void bf16_tile_##HEIGHT##_##VECTORS(const sedge_rows *rows, const float *first, const float *panel,    \
                                             const sedge_layer *layer, long column, const float *addend,        \
                                             float *output, long output_stride) {                               \
    tile(HEIGHT, VECTORS, 1, rows, first, panel, layer, column, addend, output, output_stride);                 \
  }
TILES(TILE)

typedef void tile_function(const sedge_rows *, const float *, const float *, const sedge_layer *, long, const float *,
                           float *, long);
typedef struct {
  long height, vectors;
  tile_function *run;
} tile_kind;
#define FLOAT_KIND(HEIGHT, VECTORS) {HEIGHT, VECTORS, tile_##HEIGHT##_##VECTORS},
#define BF16_KIND(HEIGHT, VECTORS) {HEIGHT, VECTORS, bf16_tile_##HEIGHT##_##VECTORS},
static const tile_kind tiles[] = {TILES(FLOAT_KIND)}, bf16_tiles[] = {TILES(BF16_KIND)};

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

INLINE void multiply_tiles(const tile_kind *tiles, const int is_bf16, const sedge_rows *rows, long row_count,
                           const sedge_layer *layer, float *output, long output_stride) {
  const long inputs = rows->run_count * rows->run_length;
  const float *panel = layer->weights;
  for (long column = 0; column < layer->outputs; column += VECTORS * LANES) {
    const long left = layer->outputs - column;
    const long vectors = panel_vectors(left);
    long row = 0;
    while (row < row_count) {
      long kind = 0;
      while (tiles[kind].height > row_count - row || tiles[kind].vectors != vectors) kind++;
      float *to = output + row * output_stride + column;
      tiles[kind].run(rows, rows->first + row * rows->stride, panel, layer, column,
                      layer->addend ? layer->addend + row * layer->addend_stride + column : 0, to, output_stride);
      if (layer->activation == SEDGE_GELU)
        (is_bf16 ? coarse_gelu_rows : gelu_rows)(to, output_stride, tiles[kind].height,
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

static void multiply_bf16(const sedge_rows *rows, long row_count, const sedge_layer *layer, float *output,
                            long output_stride) {
  multiply_tiles(bf16_tiles, 1, rows, row_count, layer, output, output_stride);
}

/// Pairs of values rounded to bfloat16, the nearest, ties to even.
static void round_to_bf16(const float *values, long count, float *pairs) {
  uint16_t *results = (uint16_t *)pairs;
  long i = 0;
  for (; i + LANES <= count; i += LANES) {
    const ivec bits = (ivec)load(values + i);
    const ivec rounded = bits + 0x7fff + ((bits >> 16) & 1);
    *(bf16_vec *)(results + i) = __builtin_convertvector(rounded >> 16, bf16_vec);
  }
  for (; i < count; i++) {
    int32_t bits;
    __builtin_memcpy(&bits, values + i, 4);
    results[i] = (uint16_t)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
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
