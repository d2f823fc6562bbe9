// Softmax attention among the rows of a set: two matrix products with the exponentials of scores between them.

#if LANES == 16
#define INTERLEAVE_LOW 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define INTERLEAVE_HIGH 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
#elif LANES == 8
#define INTERLEAVE_LOW 0, 8, 1, 9, 2, 10, 3, 11
#define INTERLEAVE_HIGH 4, 12, 5, 13, 6, 14, 7, 15
#else
#define INTERLEAVE_LOW 0, 4, 1, 5
#define INTERLEAVE_HIGH 2, 6, 3, 7
#endif

/// Transposes a square of `LANES` vectors: interleaving its halves transposes it after as many times as LANES has binary digits.
INLINE void transpose(vec *rows) {
  UNROLL for (size_t size = 1; size < LANES; size *= 2) {
    vec next[LANES];
    UNROLL for (size_t i = 0; i < LANES / 2; i++) {
      next[2 * i] = __builtin_shufflevector(rows[i], rows[i + LANES / 2], INTERLEAVE_LOW);
      next[2 * i + 1] = __builtin_shufflevector(rows[i], rows[i + LANES / 2], INTERLEAVE_HIGH);
    }
    UNROLL for (size_t i = 0; i < LANES; i++) rows[i] = next[i];
  }
}

/// As `pack`, for rows that lie `stride` apart.
static void pack_keys(const float *rows, size_t stride, size_t row_count, size_t width, float *packed) {
  for (size_t first = 0; first < row_count; first += VECTORS * LANES) {
    const size_t panel = panel_vectors(row_count - first) * LANES;
    for (size_t lane = 0; lane < panel; lane += LANES)
      for (size_t i = 0; i < width; i += LANES) {
        const size_t columns = width - i < LANES ? width - i : LANES;
        vec square[LANES];
        UNROLL for (size_t r = 0; r < LANES; r++) {
          const float *from = rows + (first + lane + r) * stride + i;
          if (first + lane + r >= row_count)
            square[r] = splat(0);
          else
            square[r] = columns == LANES ? load(from) : load_part(from, columns);
        }
        transpose(square);
        UNROLL for (size_t c = 0; c < LANES; c++)
          if (c < columns) store(packed + (i + c) * panel + lane, square[c]);
      }
    packed += panel * width;
  }
}

/// As `pack`, for the transposed rows.
static void pack_values(const float *rows, size_t stride, size_t row_count, size_t width, float *packed) {
  for (size_t first = 0; first < width; first += VECTORS * LANES) {
    const size_t vectors = panel_vectors(width - first);
    for (size_t r = 0; r < row_count; r++)
      for (size_t v = 0; v < vectors; v++) {
        const size_t column = first + v * LANES;
        const float *from = rows + r * stride + column;
        store(packed, width - column >= LANES ? load(from) : load_part(from, width - column));
        packed += LANES;
      }
  }
}

/// The length of a row of scores.
INLINE size_t score_stride(size_t key_count) { return (key_count + LANES - 1) / LANES * LANES; }

/// The number of rows that are computed at a time: their scores fit the cache.
INLINE size_t attention_rows(size_t key_count) {
  const size_t rows = 16384 / key_count / ROWS * ROWS;
  return rows < ROWS ? ROWS : rows > 8 * ROWS ? 8 * ROWS : rows;
}

static size_t attention_packed_count(size_t key_count, size_t head_width) {
  return packed_count(key_count, head_width) + packed_count(head_width, key_count);
}

static void pack_attention(const sedge_attention *a, float *packed) {
  pack_keys(a->key, a->key_stride, a->key_count, a->head_width, packed);
  pack_values(a->value, a->value_stride, a->key_count, a->head_width, packed + packed_count(a->key_count, a->head_width));
}

static size_t attention_scratch_count(size_t key_count, size_t head_width) {
  return attention_rows(key_count) * (head_width + score_stride(key_count) + 1);
}

INLINE float most_of(vec v) { return -least_of(-v); }

/// Replaces scores, `score_stride(count)` floats, by the exponentials of their distances from the largest; returns the sum.
INLINE float exponentiate(float *scores, size_t count) {
  // What follows the last score counts as nothing.
  for (size_t i = count; i < score_stride(count); i++) scores[i] = -__builtin_inff();
  vec largest = splat(-__builtin_inff());
  for (size_t i = 0; i < count; i += LANES) largest = at_least(load(scores + i), largest);
  const vec most = splat(most_of(largest));
  vec total = splat(0);
  for (size_t i = 0; i < count; i += LANES) {
    const vec value = decay(load(scores + i) - most);
    store(scores + i, value);
    total += value;
  }
  return sum(total);
}

/// output = rows * factor, `width` values each; the factors lie `factor_stride` apart.
INLINE void scale_rows(const float *rows, size_t stride, size_t row_count, size_t width, const float *factors,
                       size_t factor_stride, float *output, size_t output_stride) {
  for (size_t r = 0; r < row_count; r++) {
    const float factor = factors[r * factor_stride];
    size_t i = 0;
    for (; i + LANES <= width; i += LANES)
      store(output + r * output_stride + i, load(rows + r * stride + i) * splat(factor));
    for (; i < width; i++) output[r * output_stride + i] = rows[r * stride + i] * factor;
  }
}

static void attention(const sedge_attention *a, const float *packed, float *scratch, float *output, size_t output_stride) {
  const size_t keys = a->key_count, width = a->head_width, stride = score_stride(keys), most = attention_rows(keys);
  float *const queries = scratch, *const scores = queries + most * width, *const factors = scores + most * stride;
  for (size_t row = 0; row < a->row_count; row += most) {
    const size_t count = a->row_count - row < most ? a->row_count - row : most;
    float *const results = output + row * output_stride;
    scale_rows(a->query + row * a->query_stride, a->query_stride, count, width, &a->scale, 0, queries, width);
    const sedge_layer to_scores = {.weights = packed,
                                   .outputs = keys,
                                   .addend = a->mask ? a->mask + row * a->mask_stride : 0,
                                   .addend_stride = a->mask_stride};
    multiply(&(sedge_rows){queries, width, 1, width, 0}, count, &to_scores, scores, stride);
    for (size_t r = 0; r < count; r++) factors[r] = 1 / exponentiate(scores + r * stride, keys);
    const sedge_layer to_results = {.weights = packed + packed_count(keys, width), .outputs = width};
    multiply(&(sedge_rows){scores, stride, 1, keys, 0}, count, &to_results, results, output_stride);
    scale_rows(results, output_stride, count, width, factors, 1, results, output_stride);
  }
}
