// What this processor can run of each kind of inner loop.
#include "sets.h"

#include "CSedgeProcessor.h"

long kernel_sets(const sedge_kernels **sets) {
  long count = 0;
  while (count < MOST_SETS && (sets[count] = sedge_available_kernels(count)) != NULL) count++;
  return count;
}

long algebra_sets(const sedge_linear_algebra **sets) {
  long count = 0;
  while (count < MOST_SETS &&
         (sets[count] = sedge_linear_algebra_sets(sedge_processor_instructions(), count)) != NULL)
    count++;
  return count;
}

static const struct {
  const char *name;
  unsigned instructions;
} choosers[] = {{"portable", 0}, {"avx2", SEDGE_AVX2}, {"avx512", SEDGE_AVX2 | SEDGE_AVX512}};

const char *chooser_name(long index) {
  return index < (long)(sizeof choosers / sizeof *choosers) ? choosers[index].name : NULL;
}

int choose_levels(long index, const sedge_chains *chains, void *scratch, int16_t *levels) {
  if (choosers[index].instructions & ~sedge_processor_instructions()) return 0;
  sedge_quantize_chains_with(choosers[index].instructions, chains, scratch, levels);
  return 1;
}
