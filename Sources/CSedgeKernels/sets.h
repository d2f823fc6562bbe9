// The tables of kernels, one for each kernel set that is compiled for this architecture.

#include "CSedgeKernels.h"

#if defined(__x86_64__)
extern const sedge_kernels sedge_kernels_avx512_bf16;
extern const sedge_kernels sedge_kernels_avx512;
extern const sedge_kernels sedge_kernels_avx2_vnni;
extern const sedge_kernels sedge_kernels_avx2;
#elif defined(__aarch64__)
extern const sedge_kernels sedge_kernels_neon_bf16;
extern const sedge_kernels sedge_kernels_neon_i8mm;
extern const sedge_kernels sedge_kernels_neon_dotprod;
extern const sedge_kernels sedge_kernels_neon;
#endif
extern const sedge_kernels sedge_kernels_portable;
