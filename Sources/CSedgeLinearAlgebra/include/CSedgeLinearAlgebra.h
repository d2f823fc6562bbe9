// The inner loops of calibration: products of tall matrices, once for each kind of processor.
//
// Matrices are row-major; strides and counts are of elements. Nothing here allocates or checks: callers do. Every sum
// is taken in the order of its terms, so work may be divided in any way, and processors that multiply and add in one
// step give the same bits.
#ifndef CSEDGELINEARALGEBRA_H
#define CSEDGELINEARALGEBRA_H

#include <stdint.h>

/// A set of functions for one kind of processor.
typedef struct {
  const char *name;
  /// Lays out `depth` rows of `count` values for `multiply`: panels of columns, the last filled up with zeros. A panel's
  /// width divides 32.
  ///
  /// factors: what each row is multiplied with, or null.
  void (*pack_floats)(const float *rows, long stride, long depth, long count, const float *factors, float *packed);
  void (*pack_doubles)(const double *rows, long stride, long depth, long count, const double *factors, double *packed);

  /// sums[i][j] += sum over k of a[k][i] * b[k][j], where a and b are packed.
  ///
  /// upper: whether what is below the diagonal may be left as it is.
  void (*multiply_floats)(const float *a, const float *b, long depth, long row_count, long column_count, int upper,
                          float *sums, long stride);
  /// The same with sums in float64; those of one call are taken in float32.
  void (*multiply_floats_widely)(const float *a, const float *b, long depth, long row_count, long column_count,
                                 int upper, double *sums, long stride);
  void (*multiply_doubles)(const double *a, const double *b, long depth, long row_count, long column_count, int upper,
                           double *sums, long stride);

  /// output[i] += sum over k of factors[k * factor_stride] * rows[k][i].
  void (*combine_floats)(const float *rows, long stride, long row_count, const float *factors, long factor_stride,
                         long count, float *output);
  void (*combine_doubles)(const double *rows, long stride, long row_count, const double *factors, long factor_stride,
                          long count, double *output);

  /// Adds each column's values and their squares to its sums; either may be null.
  void (*sum_columns)(const float *rows, long row_count, long count, double *sums, double *squares);

  /// columns[i][r] = rows[r][order[i]].
  void (*gather_columns)(const float *rows, long row_count, long count, const int32_t *order, float *columns);
  /// rows[r][order[i]] = columns[i][r].
  void (*scatter_columns)(const float *columns, long row_count, long count, const int32_t *order, float *rows);
} sedge_linear_algebra;

/// The sets that need no more than some instructions of CSedgeProcessor's, best first: each by its index, then null.
const sedge_linear_algebra *sedge_linear_algebra_sets(unsigned instructions, long index);

#endif
