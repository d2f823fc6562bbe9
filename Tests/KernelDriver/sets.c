// What this processor can run of each kind of inner loop.
#include "sets.h"

long kernel_sets(const sedge_kernels **sets) {
  long count = 0;
  for (const sedge_kernels *const *all = sedge_available_kernels(); all[count] != NULL && count < MOST_SETS; count++)
    sets[count] = all[count];
  return count;
}

long algebra_sets(const sedge_linear_algebra **sets) {
  long count = 0;
  for (const sedge_linear_algebra *const *all = sedge_linear_algebra_sets(); all[count] != NULL && count < MOST_SETS;
       count++)
    sets[count] = all[count];
  return count;
}

static const struct {
  const char *name;
  sedge_instructions instructions;
} choosers[] = {{"portable", SEDGE_PORTABLE}, {"avx2", SEDGE_AVX2}, {"avx512", SEDGE_AVX512}};

const char *chooser_name(long index) {
  return index < (long)(sizeof choosers / sizeof *choosers) ? choosers[index].name : NULL;
}

int choose_levels(long index, const sedge_chains *chains, void *scratch, int16_t *levels) {
  return sedge_quantize_chains_with(choosers[index].instructions, chains, scratch, levels);
}
