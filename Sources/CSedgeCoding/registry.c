// The trellis quantizer of each kernel set.

#include "CSedgeProcessor.h"
#include "trellis.h"

typedef float vector __attribute__((vector_size(4 * SEDGE_CHAINS)));

size_t sedge_chains_scratch(size_t length) { return length * 5 * sizeof(vector); }

static const sedge_trellis portable = {"portable", sedge_quantize_chains_portable};
#if defined(__x86_64__)
static const sedge_trellis avx2 = {"avx2", sedge_quantize_chains_avx2};
static const sedge_trellis avx512 = {"avx512", sedge_quantize_chains_avx512};
#endif

static sedge_registry registry = {
#if defined(__x86_64__)
    [SEDGE_KERNELS_AVX512] = &avx512,
    [SEDGE_KERNELS_AVX2] = &avx2,
#endif
    [SEDGE_KERNELS_PORTABLE] = &portable,
};

const sedge_trellis *sedge_trellis_sets(unsigned instructions, size_t index) {
  return sedge_registered(registry, instructions, index);
}

void sedge_quantize_chains(const sedge_chains *chains, void *scratch, int16_t *levels) {
  sedge_trellis_sets(sedge_allowed_instructions(), 0)->quantize_chains(chains, scratch, levels);
}
