// The linear algebra of calibration compared with plain loops.
#include "driver.h"
#include "sets.h"

enum { DEPTH = 50, MOST = 70, PANEL = 32 };

/// The columns of a packed matrix: a panel's width divides 32.
static size_t rounded(size_t count) { return (count + PANEL - 1) / PANEL * PANEL; }

static void check_set(const sedge_linear_algebra *set) {
  outcome floats = {"multiply_floats", set->name}, widely = {"multiply_floats_widely", set->name};
  outcome doubles = {"multiply_doubles", set->name}, combine = {"combine_floats", set->name};
  outcome combine_doubles = {"combine_doubles", set->name}, columns = {"sum_columns", set->name};
  outcome moves = {"gather+scatter_columns", set->name};
  static float a[DEPTH * MOST], b[DEPTH * MOST], factors[DEPTH], sums[MOST * MOST], results[DEPTH * MOST];
  static double da[DEPTH * MOST], db[DEPTH * MOST], dfactors[DEPTH], dsums[MOST * MOST];
  int32_t order[MOST];
  seed(13);
  for (int number = 0; number < 60; number++) {
    const size_t depth = 1 + random_below(DEPTH), rows = 1 + random_below(MOST), upper = number % 2;
    const size_t count = upper ? rows : 1 + random_below(MOST), stride = count;
    for (size_t i = 0; i < depth * rows; i++) da[i] = a[i] = random_float();
    for (size_t i = 0; i < depth * count; i++) db[i] = b[i] = random_float();
    for (size_t i = 0; i < depth; i++) dfactors[i] = factors[i] = random_float();
    for (size_t i = 0; i < rows * count; i++) dsums[i] = sums[i] = random_float();
    const int has_factors = number / 2 % 2;
    for (int place = 0; place < PLACES; place++) {
      start_case(place);
      running("multiply_floats", set->name);
      float *pa = GIVE(float, depth * rounded(rows)), *pb = GIVE(float, depth * rounded(count));
      set->pack_floats(COPY(a, depth * rows), rows, depth, rows, has_factors ? COPY(factors, depth) : NULL, pa);
      set->pack_floats(COPY(b, depth * count), count, depth, count, NULL, pb);
      float *s = COPY(sums, rows * count);
      set->multiply_floats(pa, pb, depth, rows, count, (int)upper, s, stride);
      double *ws = COPY(dsums, rows * count), *ds = COPY(dsums, rows * count);
      running("multiply_floats_widely", set->name);
      set->multiply_floats_widely(pa, pb, depth, rows, count, (int)upper, ws, stride);
      double *dpa = GIVE(double, depth * rounded(rows)), *dpb = GIVE(double, depth * rounded(count));
      running("multiply_doubles", set->name);
      set->pack_doubles(COPY(da, depth * rows), rows, depth, rows, has_factors ? COPY(dfactors, depth) : NULL, dpa);
      set->pack_doubles(COPY(db, depth * count), count, depth, count, NULL, dpb);
      set->multiply_doubles(dpa, dpb, depth, rows, count, (int)upper, ds, stride);
      end_case();
      for (size_t i = 0; i < rows; i++)
        for (size_t j = upper ? i : 0; j < count; j++) {
          double sum = 0, size = 0;
          for (size_t k = 0; k < depth; k++) {
            const double term = (has_factors ? dfactors[k] : 1) * da[k * rows + i] * db[k * count + j];
            sum += term, size += fabs(term);
          }
          const double start = dsums[i * count + j];
          expect(&floats, s[i * count + j], start + sum, ROUNDING * ((double)(depth + 2) * size + fabs(start) + size));
          expect(&widely, ws[i * count + j], start + sum, ROUNDING * (double)(depth + 2) * size);
          // The expected sum rounds as well.
          expect(&doubles, ds[i * count + j], start + sum,
                 2 * DOUBLE_ROUNDING * ((double)(depth + 3) * size + fabs(start)));
        }

      start_case(place);
      running("combine", set->name);
      float *out = COPY(sums, count);
      double *dout = COPY(dsums, count);
      set->combine_floats(COPY(b, depth * count), count, depth, COPY(factors, depth), 1, count, out);
      set->combine_doubles(COPY(db, depth * count), count, depth, COPY(dfactors, depth), 1, count, dout);
      end_case();
      for (size_t j = 0; j < count; j++) {
        double sum = dsums[j], size = fabs(sum);
        for (size_t k = 0; k < depth; k++) {
          const double term = dfactors[k] * db[k * count + j];
          sum += term, size += fabs(term);
        }
        expect(&combine, out[j], sum, (double)(depth + 1) * ROUNDING * size);
        expect(&combine_doubles, dout[j], sum, 2 * (double)(depth + 1) * DOUBLE_ROUNDING * size);
      }

      start_case(place);
      running("sum_columns", set->name);
      double *totals = number % 3 ? COPY(dsums, count) : NULL, *squares = number % 3 != 1 ? COPY(dsums, count) : NULL;
      set->sum_columns(COPY(b, depth * count), depth, count, totals, squares);
      end_case();
      for (size_t j = 0; j < count; j++) {
        double total = dsums[j], square = dsums[j], size = fabs(total) + (double)depth;
        for (size_t k = 0; k < depth; k++) total += db[k * count + j], square += db[k * count + j] * db[k * count + j];
        if (totals) expect(&columns, totals[j], total, 2 * (double)(depth + 1) * DOUBLE_ROUNDING * size);
        if (squares) expect(&columns, squares[j], square, 2 * (double)(depth + 1) * DOUBLE_ROUNDING * size);
      }

      for (size_t j = 0; j < count; j++) order[j] = (int32_t)j;
      for (size_t j = count - 1; j > 0; j--) {
        const size_t other = random_below(j + 1);
        const int32_t kept = order[j];
        order[j] = order[other], order[other] = kept;
      }
      start_case(place);
      running("gather_columns", set->name);
      const int32_t *o = COPY(order, count);
      float *gathered = GIVE(float, depth * count), *back = GIVE(float, depth * count);
      set->gather_columns(COPY(b, depth * count), depth, count, o, gathered);
      running("scatter_columns", set->name);
      set->scatter_columns(gathered, depth, count, o, back);
      end_case();
      memcpy(results, gathered, (size_t)(depth * count) * sizeof *results);
      for (size_t j = 0; j < count; j++)
        for (size_t k = 0; k < depth; k++) {
          expect(&moves, results[j * depth + k], b[k * count + order[j]], 0);
          expect(&moves, back[k * count + j], b[k * count + j], 0);
        }
    }
  }
  report(&floats);
  report(&widely);
  report(&doubles);
  report(&combine);
  report(&combine_doubles);
  report(&columns);
  report(&moves);
}

void check_linear_algebra(void) {
  const sedge_linear_algebra *set;
  for (size_t i = 0; (set = algebra_set(i)) != NULL; i++) check_set(set);
}
