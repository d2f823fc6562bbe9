// Checks the kernels of every kernel set that this processor supports, and the other inner loops in C; `--best N` checks only
// the kernels of the best N sets.
//
// Exit status: 0 if all values are within tolerance, 1 if some are not, 3 if memory outside of a buffer was accessed. Lines that begin
// with "bits of" must be the same on every processor.
#include "driver.h"
#include "sets.h"

int main(int count, char **arguments) {
  const int is_best = count > 2 && strcmp(arguments[1], "--best") == 0;
  const size_t most = is_best ? strtoul(arguments[2], NULL, 10) : SIZE_MAX;
  const sedge_kernels *set;
  setvbuf(stdout, NULL, _IOLBF, 0);
  printf("kernels:");
  for (size_t i = 0; (set = kernel_set(i)) != NULL; i++) printf(" %s", set->name);
  printf("\n");
  for (size_t i = 0; (set = kernel_set(i)) != NULL && i < most; i++) {
    check_products(set);
    check_bf16(set);
    check_depthwise(set);
    check_winograd(set);
    check_norms(set);
    check_attention(set);
    check_labels(set);
    check_quantization(set);
    check_int8_products(set);
  }
  if (!is_best) {
    check_memory();
    check_levels();
    check_linear_algebra();
  }
  if (!report_digests()) failures++;
  printf(failures == 0 ? "all within tolerance\n" : "%zu values are not within their tolerance\n", failures);
  return failures == 0 ? 0 : 1;
}
