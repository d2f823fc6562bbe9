// The kernel sets that this processor supports, of each C target.
#ifndef DRIVER_SETS_H
#define DRIVER_SETS_H

#include "CSedgeCoding.h"
#include "CSedgeKernels.h"
#include "CSedgeLinearAlgebra.h"

/// The table at `index`, best first; null after the last.
const sedge_kernels *kernel_set(size_t index);
const sedge_linear_algebra *algebra_set(size_t index);
const sedge_trellis *trellis_set(size_t index);

#endif
