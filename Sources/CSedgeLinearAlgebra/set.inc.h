// One set of functions. SET: its prefix. SET_NAME. VECTOR_BYTES: of a register. A tile of ROWS x VECTORS registers.

#define ELEMENT float
#define PREFIX JOIN(SET, floats)
#include "panels.inc.h"
#define SUM float
#define MULTIPLY JOIN(SET, multiply_floats)
#include "product.inc.h"
#define SUM double
#define MULTIPLY JOIN(SET, multiply_floats_widely)
#include "product.inc.h"
#undef ELEMENT
#undef PREFIX

#define ELEMENT double
#define PREFIX JOIN(SET, doubles)
#include "panels.inc.h"
#define SUM double
#define MULTIPLY JOIN(SET, multiply_doubles)
#include "product.inc.h"
#undef ELEMENT
#undef PREFIX

static void JOIN(SET, sum_columns)(const float *rows, size_t row_count, size_t count, double *sums, double *squares) {
  for (size_t row = 0; row < row_count; row++, rows += count) {
    if (sums)
      for (size_t i = 0; i < count; i++) sums[i] += rows[i];
    if (squares)
      for (size_t i = 0; i < count; i++) squares[i] += (double)rows[i] * rows[i];
  }
}

static void JOIN(SET, gather_columns)(const float *rows, size_t row_count, size_t count, const int32_t *order,
                                      float *columns) {
  // 16 rows at a time, so that consecutive writes share cache lines.
  for (size_t first = 0; first < row_count; first += 16) {
    const size_t end = first + 16 < row_count ? first + 16 : row_count;
    for (size_t i = 0; i < count; i++)
      for (size_t row = first; row < end; row++) columns[i * row_count + row] = rows[row * count + order[i]];
  }
}

static void JOIN(SET, scatter_columns)(const float *columns, size_t row_count, size_t count, const int32_t *order,
                                       float *rows) {
  for (size_t first = 0; first < row_count; first += 16) {
    const size_t end = first + 16 < row_count ? first + 16 : row_count;
    for (size_t i = 0; i < count; i++)
      for (size_t row = first; row < end; row++) rows[row * count + order[i]] = columns[i * row_count + row];
  }
}

static const sedge_linear_algebra JOIN(SET, set) = {
    .name = SET_NAME,
    .pack_floats = JOIN(SET, floats_pack),
    .pack_doubles = JOIN(SET, doubles_pack),
    .multiply_floats = JOIN(SET, multiply_floats),
    .multiply_floats_widely = JOIN(SET, multiply_floats_widely),
    .multiply_doubles = JOIN(SET, multiply_doubles),
    .combine_floats = JOIN(SET, floats_combine),
    .combine_doubles = JOIN(SET, doubles_combine),
    .sum_columns = JOIN(SET, sum_columns),
    .gather_columns = JOIN(SET, gather_columns),
    .scatter_columns = JOIN(SET, scatter_columns),
};

#undef SET
#undef SET_NAME
#undef VECTOR_BYTES
#undef VECTORS
#undef ROWS
