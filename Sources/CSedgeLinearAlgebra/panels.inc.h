// Panels of ELEMENTs, and sums of rows of them. PREFIX: of the names.

#define VECTOR JOIN(PREFIX, vector)
#define LANES (VECTOR_BYTES / sizeof(ELEMENT))
#define WIDTH (VECTORS * LANES)
#define UNROLL _Pragma("clang loop unroll(full)")

typedef ELEMENT VECTOR __attribute__((vector_size(VECTOR_BYTES), aligned(sizeof(ELEMENT)), may_alias));

static void JOIN(PREFIX, pack)(const ELEMENT *rows, size_t stride, size_t depth, size_t count, const ELEMENT *factors,
                               ELEMENT *packed) {
  for (size_t first = 0; first < count; first += WIDTH) {
    const size_t filled = count - first < WIDTH ? count - first : WIDTH;
    for (size_t k = 0; k < depth; k++, packed += WIDTH) {
      const ELEMENT factor = factors ? factors[k] : 1;
      const ELEMENT *row = rows + k * stride + first;
      if (filled == WIDTH) {
        UNROLL for (size_t v = 0; v < VECTORS; v++)
            *(VECTOR *)(packed + v * LANES) = factor * *(const VECTOR *)(row + v * LANES);
      } else {
        for (size_t i = 0; i < WIDTH; i++) packed[i] = i < filled ? factor * row[i] : 0;
      }
    }
  }
}

static void JOIN(PREFIX, combine)(const ELEMENT *rows, size_t stride, size_t row_count, const ELEMENT *factors,
                                  size_t factor_stride, size_t count, ELEMENT *output) {
  size_t i = 0;
  for (; i + 8 * LANES <= count; i += 8 * LANES) {
    VECTOR total[8];
    UNROLL for (size_t v = 0; v < 8; v++) total[v] = *(const VECTOR *)(output + i + v * LANES);
    for (size_t k = 0; k < row_count; k++) {
      const ELEMENT factor = factors[k * factor_stride];
      const ELEMENT *row = rows + k * stride + i;
      UNROLL for (size_t v = 0; v < 8; v++) total[v] += factor * *(const VECTOR *)(row + v * LANES);
    }
    UNROLL for (size_t v = 0; v < 8; v++) *(VECTOR *)(output + i + v * LANES) = total[v];
  }
  for (size_t k = 0; k < row_count; k++) {
    const ELEMENT factor = factors[k * factor_stride];
    for (size_t rest = i; rest < count; rest++) output[rest] += factor * rows[k * stride + rest];
  }
}
