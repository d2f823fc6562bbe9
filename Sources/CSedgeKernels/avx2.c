// The kernels for x86-64 processors with AVX2 and FMA.

#if defined(__x86_64__)
#include "sets.h"

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)

#define LANES 8
#define ROWS 6
#define NAME "avx2"
#include "columns.inc.h"
#include "kernels.inc.h"

const sedge_kernels *const sedge_avx2_kernels = &set;

#pragma clang attribute pop
#endif
