// The sets of kernels; which of them a processor can run is found out at run time.

#include "CSedgeKernels.h"

#if defined(__x86_64__)
const sedge_kernels *sedge_avx512_kernels(int has_bf16);
extern const sedge_kernels *const sedge_avx2_vnni_kernels;
extern const sedge_kernels *const sedge_avx2_kernels;
#elif defined(__aarch64__)
extern const sedge_kernels *const sedge_neon_kernels;
extern const sedge_kernels *const sedge_neon_dotprod_kernels;
extern const sedge_kernels *const sedge_neon_i8mm_kernels;
#endif
extern const sedge_kernels *const sedge_portable_kernels;
