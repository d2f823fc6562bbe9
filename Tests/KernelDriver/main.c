// Checks every kernel of every set that this processor can run, and the other inner loops in C.
//
// Ends with 0 where all is within its tolerance, 1 where something is not, 3 where memory was touched that was not given.
// Lines that begin with "bits of" must be the same on every processor.
#include "driver.h"

int main(void) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  check_memory();
  for (const sedge_kernels *const *set = sedge_available_kernels(); *set != NULL; set++) {
    check_products(*set);
    check_halves(*set);
    check_depthwise(*set);
    check_norms(*set);
    check_attention(*set);
    check_labels(*set);
    check_coding(*set);
    check_byte_products(*set);
  }
  check_levels();
  check_linear_algebra();
  if (!report_digests()) failures++;
  printf(failures == 0 ? "all within tolerance\n" : "%ld values are not within their tolerance\n", failures);
  return failures == 0 ? 0 : 1;
}
