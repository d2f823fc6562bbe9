// The sets of kernels; which of them a processor can run is found out at run time.

#include "CSedgeKernels.h"

#if defined(__x86_64__)
extern const sedge_kernels *const sedge_avx512_kernels;
extern const sedge_kernels *const sedge_avx2_kernels;
#endif
extern const sedge_kernels *const sedge_portable_kernels;
