// What the checks of the C targets share: memory between guard pages, random numbers, reports.
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

// Memory. Every buffer that a function gets lies directly before or directly behind a page that must not be touched.

/// Where buffers lie: behind a guard page, then before one.
enum { AFTER_GUARD, BEFORE_GUARD, PLACES };

/// Takes back all memory that was given; what follows lies as `place` says.
void start_case(int place);
/// Memory of exactly so many bytes, at the guard page; what it holds at first is a pattern.
void *give(size_t bytes);
/// A copy of a buffer; null for null.
void *give_copy(const void *source, size_t bytes);
/// Ends the program where memory beside a buffer was written.
void end_case(void);
#define GIVE(TYPE, COUNT) ((TYPE *)give((size_t)(COUNT) * sizeof(TYPE)))
#define COPY(SOURCE, COUNT) ((void *)give_copy(SOURCE, (size_t)(COUNT) * sizeof *(SOURCE)))

/// Says what runs, so that a function that touches a guard page can be named.
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

/// How far the results of one function of one set are off.
typedef struct {
  const char *function, *set;
  size_t values, failures;
  /// The value whose error is the largest part of what is allowed for it.
  double error, tolerance, part;
} outcome;

/// Compares a value; not-a-number must be not-a-number.
void expect(outcome *outcome, double actual, double expected, double tolerance);
/// Prints a line, counts failures.
void report(const outcome *outcome);
/// Adds bytes to what a function must give on every processor.
void digest(const char *function, const char *set, const void *bytes, size_t count);
/// Prints the digests; false where sets differ.
int report_digests(void);
extern size_t failures;

// Checks

void check_products(const sedge_kernels *kernels);
void check_bf16(const sedge_kernels *kernels);
void check_depthwise(const sedge_kernels *kernels);
void check_norms(const sedge_kernels *kernels);
void check_attention(const sedge_kernels *kernels);
void check_labels(const sedge_kernels *kernels);
void check_quantization(const sedge_kernels *kernels);
void check_int8_products(const sedge_kernels *kernels);
void check_memory(void);
void check_levels(void);
void check_linear_algebra(void);

double exact_gelu(double x);
/// What GELU's polynomial and its roundings may be off for `x`, which is itself off by `error`.
double gelu_tolerance(double x, double error);
/// The same for the coarse one.
double coarse_gelu_tolerance(double x, double error);

#endif
