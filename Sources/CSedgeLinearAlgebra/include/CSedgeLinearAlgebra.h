// The inner loops of calibration: products of tall matrices, compiled for several kernel sets.
//
// Matrices are row-major; strides and counts are in elements. The functions neither allocate nor check their arguments: their
// callers do. Terms are summed in their order, so calls may be split among threads in any way, and all processors with fused
// multiply-add give the same bits.
#ifndef CSEDGELINEARALGEBRA_H
#define CSEDGELINEARALGEBRA_H

#include <stddef.h>
#include <stdint.h>

/// The functions of one kernel set.
typedef struct {
  const char *name;
  /// Packs `depth` rows of `count` values for `multiply`: panels of columns, the last padded with zeros. A panel's width divides
  /// 32.
  ///
  /// factors: a factor for each row, or null.
  void (*pack_floats)(const float *rows, size_t stride, size_t depth, size_t count, const float *factors, float *packed);
  void (*pack_doubles)(const double *rows, size_t stride, size_t depth, size_t count, const double *factors, double *packed);

  /// sums[i][j] += sum over k of a[k][i] * b[k][j], where a and b are packed.
  ///
  /// upper: whether elements below the diagonal may be left unchanged.
  void (*multiply_floats)(const float *a, const float *b, size_t depth, size_t row_count, size_t column_count, int upper,
                          float *sums, size_t stride);
  /// The same with float64 sums; the terms of one call are summed in float32.
  void (*multiply_floats_widely)(const float *a, const float *b, size_t depth, size_t row_count, size_t column_count,
                                 int upper, double *sums, size_t stride);
  void (*multiply_doubles)(const double *a, const double *b, size_t depth, size_t row_count, size_t column_count, int upper,
                           double *sums, size_t stride);

  /// output[i] += sum over k of factors[k * factor_stride] * rows[k][i].
  void (*combine_floats)(const float *rows, size_t stride, size_t row_count, const float *factors, size_t factor_stride,
                         size_t count, float *output);
  void (*combine_doubles)(const double *rows, size_t stride, size_t row_count, const double *factors, size_t factor_stride,
                          size_t count, double *output);

  /// Adds the values of each column to `sums` and their squares to `squares`; either may be null.
  void (*sum_columns)(const float *rows, size_t row_count, size_t count, double *sums, double *squares);

  /// columns[i][r] = rows[r][order[i]].
  void (*gather_columns)(const float *rows, size_t row_count, size_t count, const int32_t *order, float *columns);
  /// rows[r][order[i]] = columns[i][r].
  void (*scatter_columns)(const float *columns, size_t row_count, size_t count, const int32_t *order, float *rows);
} sedge_linear_algebra;

/// The tables that require no instructions beyond `instructions` (see CSedgeProcessor), best first: the table at `index`, null
/// after the last.
const sedge_linear_algebra *sedge_linear_algebra_sets(unsigned instructions, size_t index);

#endif
