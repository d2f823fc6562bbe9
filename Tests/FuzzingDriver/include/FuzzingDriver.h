// libFuzzer's entry point, where it is linked.

#ifndef FUZZING_DRIVER_H
#define FUZZING_DRIVER_H

#include <stddef.h>
#include <stdint.h>

typedef int (*sedge_fuzz_callback)(const uint8_t *bytes, size_t byte_count);

/// Fuzzes with libFuzzer's own arguments (`LLVMFuzzerRunDriver`); -1 where libFuzzer is not linked.
int sedge_fuzz(int argc, char **argv, sedge_fuzz_callback callback);

#endif
