// The sets of kernels; which of them a processor can run is found out at run time.

#include "CSedgeKernels.h"

#if defined(__x86_64__)
const sedge_kernels *sedge_avx512_kernels(int has_halves);
extern const sedge_kernels *const sedge_avx2_kernels;
#elif defined(__aarch64__)
extern const sedge_kernels *const sedge_neon_kernels;
extern const sedge_kernels *const sedge_neon_dotprod_kernels;
extern const sedge_kernels *const sedge_neon_i8mm_kernels;

/// Whether the processor multiplies four signed bytes at once (DotProd).
int sedge_arm64_has_dotprod(void);
/// Whether it does so where one factor is unsigned (I8MM).
int sedge_arm64_has_i8mm(void);
#endif
extern const sedge_kernels *const sedge_portable_kernels;
