// Choosing levels: by the instructions that the process may use.
#include "CSedgeProcessor.h"
#include "trellis.h"

typedef float vector __attribute__((vector_size(4 * SEDGE_CHAINS)));

size_t sedge_chains_scratch(size_t length) { return length * 5 * sizeof(vector); }

void sedge_quantize_chains_with(unsigned instructions, const sedge_chains *chains, void *scratch, int16_t *levels) {
#if defined(__x86_64__)
  if (instructions & SEDGE_AVX512) return sedge_quantize_chains_avx512(chains, scratch, levels);
  if (instructions & SEDGE_AVX2) return sedge_quantize_chains_avx2(chains, scratch, levels);
#else
  (void)instructions;
#endif
  sedge_quantize_chains_portable(chains, scratch, levels);
}

void sedge_quantize_chains(const sedge_chains *chains, void *scratch, int16_t *levels) {
  sedge_quantize_chains_with(sedge_allowed_instructions(), chains, scratch, levels);
}
