// Checks every kernel of every set that this processor can run, and the other inner loops in C; `--best` checks the best
// set of kernels alone.
//
// Ends with 0 where all is within its tolerance, 1 where something is not, 3 where memory was touched that was not given.
// Lines that begin with "bits of" must be the same on every processor.
#include "driver.h"
#include "sets.h"

int main(int count, char **arguments) {
  const int is_best = count > 1 && strcmp(arguments[1], "--best") == 0;
  const sedge_kernels *sets[MOST_SETS];
  const long set_count = kernel_sets(sets);
  setvbuf(stdout, NULL, _IOLBF, 0);
  printf("kernels:");
  for (long i = 0; i < set_count; i++) printf(" %s", sets[i]->name);
  printf("\n");
  for (long i = 0; i < (is_best ? 1 : set_count); i++) {
    check_products(sets[i]);
    check_bf16(sets[i]);
    check_depthwise(sets[i]);
    check_norms(sets[i]);
    check_attention(sets[i]);
    check_labels(sets[i]);
    check_quantization(sets[i]);
    check_int8_products(sets[i]);
  }
  if (!is_best) {
    check_memory();
    check_levels();
    check_linear_algebra();
  }
  if (!report_digests()) failures++;
  printf(failures == 0 ? "all within tolerance\n" : "%ld values are not within their tolerance\n", failures);
  return failures == 0 ? 0 : 1;
}
