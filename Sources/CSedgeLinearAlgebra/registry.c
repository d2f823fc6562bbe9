// The functions, compiled for each kernel set.

#include "CSedgeLinearAlgebra.h"
#include "CSedgeProcessor.h"

#define PASTE(A, B) A##_##B
#define JOIN(A, B) PASTE(A, B)

// Any processor: vectors of four floats, as in SSE2 and NEON.
#define SET portable
#define SET_NAME "portable"
#define VECTOR_BYTES 16
#if defined(__aarch64__)
#define VECTORS 4
#else
#define VECTORS 2
#endif
#define ROWS 4
#include "set.inc.h"

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define SET avx2
#define SET_NAME "avx2"
#define VECTOR_BYTES 32
#define VECTORS 2
#define ROWS 4
#include "set.inc.h"
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,fma"))), apply_to = function)
#define SET avx512
#define SET_NAME "avx512"
#define VECTOR_BYTES 64
#define VECTORS 2
#define ROWS 8
#include "set.inc.h"
#pragma clang attribute pop
#endif

static sedge_registry registry = {
#if defined(__x86_64__)
    [SEDGE_KERNELS_AVX512] = &avx512_set,
    [SEDGE_KERNELS_AVX2] = &avx2_set,
#endif
    [SEDGE_KERNELS_PORTABLE] = &portable_set,
};

const sedge_linear_algebra *sedge_linear_algebra_sets(unsigned instructions, size_t index) {
  return sedge_registered(registry, instructions, index);
}
