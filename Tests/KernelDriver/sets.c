// The kernel sets that this processor supports, of each C target.
#include "sets.h"

#include "CSedgeProcessor.h"

const sedge_kernels *kernel_set(size_t index) { return sedge_available_kernels(index); }

const sedge_linear_algebra *algebra_set(size_t index) {
  return sedge_linear_algebra_sets(sedge_processor_instructions(), index);
}

const sedge_trellis *trellis_set(size_t index) { return sedge_trellis_sets(sedge_processor_instructions(), index); }
