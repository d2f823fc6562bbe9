// Choosing levels: finds out what the processor can run.
#include "trellis.h"

typedef float vector __attribute__((vector_size(4 * SEDGE_CHAINS)));

size_t sedge_chains_scratch(size_t length) { return length * 5 * sizeof(vector); }

void sedge_quantize_chains(const sedge_chains *chains, void *scratch, int16_t *levels) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512bw"))
    return sedge_quantize_chains_avx512(chains, scratch, levels);
  if (__builtin_cpu_supports("avx2")) return sedge_quantize_chains_avx2(chains, scratch, levels);
#endif
  sedge_quantize_chains_portable(chains, scratch, levels);
}
