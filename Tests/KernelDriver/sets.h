// What this processor can run of each kind of inner loop.
#ifndef DRIVER_SETS_H
#define DRIVER_SETS_H

#include "CSedgeCoding.h"
#include "CSedgeKernels.h"
#include "CSedgeLinearAlgebra.h"

/// At most so many sets.
enum { MOST_SETS = 8 };

/// The sets of kernels, best first; returns how many.
long kernel_sets(const sedge_kernels **sets);
/// The same of calibration's products.
long algebra_sets(const sedge_linear_algebra **sets);

/// The name of a way to choose levels, null behind the last; the processor may lack it.
const char *chooser_name(long index);
/// Chooses levels in that way; 0 where the processor lacks it.
int choose_levels(long index, const sedge_chains *chains, void *scratch, int16_t *levels);

#endif
