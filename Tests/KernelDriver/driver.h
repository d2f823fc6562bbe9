// Shared by the checks of the C targets: memory between guard pages, random numbers, reports.
#ifndef DRIVER_H
#define DRIVER_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "CSedgeKernels.h"

/// Half the distance from 1 to the next float, and to the next double.
#define ROUNDING 0x1p-24
#define DOUBLE_ROUNDING 0x1p-53

// Memory. Every buffer of a function lies directly before or directly after an inaccessible page.

/// The position of buffers: after a guard page, then before one.
enum { AFTER_GUARD, BEFORE_GUARD, PLACES };

/// Frees all buffers; the next buffers lie at `place`.
void start_case(int place);
/// A buffer of exactly so many bytes next to a guard page, filled with a pattern.
void *give(size_t bytes);
/// A copy of a buffer; null for null.
void *give_copy(const void *source, size_t bytes);
/// Exits if memory next to a buffer was written.
void end_case(void);
#define GIVE(TYPE, COUNT) ((TYPE *)give((size_t)(COUNT) * sizeof(TYPE)))
#define COPY(SOURCE, COUNT) ((void *)give_copy(SOURCE, (size_t)(COUNT) * sizeof *(SOURCE)))

/// Sets the function that the report of an access to a guard page names.
void running(const char *function, const char *set);

// Numbers

/// The same on every machine.
void seed(uint64_t value);
uint64_t random_bits(void);
/// -1...1, a multiple of 2^-23.
float random_float(void);
/// Of magnitudes from 2^-20 to 2^20.
float random_wide(void);
size_t random_below(size_t limit);

// Reports

/// The errors of one function of one kernel set.
typedef struct {
  const char *function, *set;
  size_t values, failures;
  /// The error and tolerance of the value with the largest ratio of both.
  double error, tolerance, part;
} outcome;

/// Compares a value; NaN must be NaN.
void expect(outcome *outcome, double actual, double expected, double tolerance);
/// Prints a line, counts failures.
void report(const outcome *outcome);
/// Adds bytes to the digest of a function, which must be the same on every processor.
void digest(const char *function, const char *set, const void *bytes, size_t count);
/// Prints the digests; false if kernel sets differ.
int report_digests(void);
extern size_t failures;

// Checks

void check_products(const sedge_kernels *kernels);
void check_bf16(const sedge_kernels *kernels);
void check_depthwise(const sedge_kernels *kernels);
void check_winograd(const sedge_kernels *kernels);
void check_norms(const sedge_kernels *kernels);
void check_attention(const sedge_kernels *kernels);
void check_labels(const sedge_kernels *kernels);
void check_quantization(const sedge_kernels *kernels);
void check_int8_products(const sedge_kernels *kernels);
void check_memory(void);
void check_levels(void);
void check_linear_algebra(void);

double exact_gelu(double x);
/// The tolerance of GELU at `x`, given the error of `x`: polynomial and roundings.
double gelu_tolerance(double x, double error);
double exact_quick_gelu(double x);
/// The tolerance of QuickGELU at `x`, given the error of `x`.
double quick_gelu_tolerance(double x, double error);
/// The tolerance of the coarse GELU.
double coarse_gelu_tolerance(double x, double error);

#endif
