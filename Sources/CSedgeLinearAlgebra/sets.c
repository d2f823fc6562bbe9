// The functions, compiled for each kind of processor; which of them can run is found out at run time.

#include "CSedgeLinearAlgebra.h"

#define PASTE(A, B) A##_##B
#define JOIN(A, B) PASTE(A, B)

// Any processor: vectors of four floats, which SSE2 and NEON have.
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

const sedge_linear_algebra *const *sedge_linear_algebra_sets(void) {
  static const sedge_linear_algebra *sets[4];
  // Filled in anew by every caller with the same values, so that no lock is needed.
  int count = 0;
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512bw"))
    sets[count++] = &avx512_set;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) sets[count++] = &avx2_set;
#endif
  sets[count] = &portable_set;
  return sets;
}
