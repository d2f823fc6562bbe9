// libFuzzer's entry point, where it is linked.

#include "FuzzingDriver.h"

extern int LLVMFuzzerRunDriver(int *argc, char ***argv, sedge_fuzz_callback callback) __attribute__((weak));

int sedge_fuzz(int argc, char **argv, sedge_fuzz_callback callback) {
  return LLVMFuzzerRunDriver ? LLVMFuzzerRunDriver(&argc, &argv, callback) : -1;
}
