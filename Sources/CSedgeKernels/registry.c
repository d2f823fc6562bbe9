// The kernels of each kernel set, and which of them the processor supports.

#include "CSedgeProcessor.h"
#include "sets.h"

static sedge_registry registry = {
#if defined(__x86_64__)
    [SEDGE_KERNELS_AVX512_BF16] = &sedge_kernels_avx512_bf16,
    [SEDGE_KERNELS_AVX512] = &sedge_kernels_avx512,
    [SEDGE_KERNELS_AVX2_VNNI] = &sedge_kernels_avx2_vnni,
    [SEDGE_KERNELS_AVX2] = &sedge_kernels_avx2,
#elif defined(__aarch64__)
    [SEDGE_KERNELS_NEON_BF16] = &sedge_kernels_neon_bf16,
    [SEDGE_KERNELS_NEON_I8MM] = &sedge_kernels_neon_i8mm,
    [SEDGE_KERNELS_NEON_DOTPROD] = &sedge_kernels_neon_dotprod,
    [SEDGE_KERNELS_NEON] = &sedge_kernels_neon,
#endif
    [SEDGE_KERNELS_PORTABLE] = &sedge_kernels_portable,
};

const sedge_kernels *sedge_available_kernels(size_t index) {
  return sedge_registered(registry, sedge_processor_instructions(), index);
}
