// Choosing levels: finds out what the processor can run.
#include "trellis.h"

typedef float vector __attribute__((vector_size(4 * SEDGE_CHAINS)));

size_t sedge_chains_scratch(size_t length) { return length * 5 * sizeof(vector); }

static bool has(sedge_instructions instructions) {
  switch (instructions) {
#if defined(__x86_64__)
    case SEDGE_AVX512:
      return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
             __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw");
    case SEDGE_AVX2: return __builtin_cpu_supports("avx2");
#endif
    case SEDGE_PORTABLE: return true;
    default: return false;
  }
}

bool sedge_quantize_chains_with(
    sedge_instructions instructions, const sedge_chains *chains, void *scratch, int16_t *levels) {
  if (!has(instructions)) return false;
  switch (instructions) {
#if defined(__x86_64__)
    case SEDGE_AVX512: sedge_quantize_chains_avx512(chains, scratch, levels); break;
    case SEDGE_AVX2: sedge_quantize_chains_avx2(chains, scratch, levels); break;
#endif
    default: sedge_quantize_chains_portable(chains, scratch, levels);
  }
  return true;
}

void sedge_quantize_chains(const sedge_chains *chains, void *scratch, int16_t *levels) {
  if (!sedge_quantize_chains_with(SEDGE_AVX512, chains, scratch, levels) &&
      !sedge_quantize_chains_with(SEDGE_AVX2, chains, scratch, levels))
    sedge_quantize_chains_portable(chains, scratch, levels);
}
