// Products of panels of ELEMENTs, added to SUMs: tiles that stay in registers. MULTIPLY: the function's name.

static inline __attribute__((always_inline)) void JOIN(MULTIPLY, tile)(const ELEMENT *a, const ELEMENT *b, size_t depth,
                                                                       size_t height, size_t width, SUM *sums,
                                                                       size_t stride) {
  VECTOR total[ROWS * VECTORS];
  UNROLL for (size_t i = 0; i < ROWS * VECTORS; i++) total[i] = (VECTOR){0};
  for (size_t k = 0; k < depth; k++, a += WIDTH, b += WIDTH) {
    VECTOR right[VECTORS];
    UNROLL for (size_t v = 0; v < VECTORS; v++) right[v] = *(const VECTOR *)(b + v * LANES);
    UNROLL for (size_t r = 0; r < ROWS; r++) {
      UNROLL for (size_t v = 0; v < VECTORS; v++) total[r * VECTORS + v] += a[r] * right[v];
    }
  }
  ELEMENT values[ROWS * WIDTH];
  UNROLL for (size_t i = 0; i < ROWS * VECTORS; i++) *(VECTOR *)(values + i * LANES) = total[i];
  for (size_t r = 0; r < height; r++)
    for (size_t i = 0; i < width; i++) sums[r * stride + i] += values[r * WIDTH + i];
}

static void MULTIPLY(const ELEMENT *a, const ELEMENT *b, size_t depth, size_t row_count, size_t column_count, int upper,
                     SUM *sums, size_t stride) {
  for (size_t column = 0; column < column_count; column += WIDTH) {
    const size_t width = column_count - column < WIDTH ? column_count - column : WIDTH;
    const size_t end = upper && column + width < row_count ? column + width : row_count;
    for (size_t row = 0; row < end; row += ROWS)
      JOIN(MULTIPLY, tile)
      (a + row / WIDTH * WIDTH * depth + row % WIDTH, b + column * depth, depth, end - row < ROWS ? end - row : ROWS,
       width, sums + row * stride + column, stride);
  }
}

#undef SUM
#undef MULTIPLY
