// Finds out what the processor can run, and keeps the kernels' memory.

#if defined(__linux__)
#define _GNU_SOURCE
#include <sched.h>
#endif
#include <stdlib.h>
#if defined(__GLIBC__)
#include <malloc.h>
#endif
#include <sys/mman.h>
#include <unistd.h>

#include "sets.h"

const sedge_kernels *const *sedge_available_kernels(void) {
  static const sedge_kernels *sets[5];
  // Filled in anew by every caller with the same values, so that no lock is needed.
  int count = 0;
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni"))
    sets[count++] = sedge_avx512_kernels(__builtin_cpu_supports("avx512bf16"));
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) sets[count++] = sedge_avx2_kernels;
#elif defined(__aarch64__)
  if (sedge_arm64_has_dotprod() && sedge_arm64_has_i8mm()) sets[count++] = sedge_neon_i8mm_kernels;
  if (sedge_arm64_has_dotprod()) sets[count++] = sedge_neon_dotprod_kernels;
  sets[count++] = sedge_neon_kernels;
#endif
  sets[count] = sedge_portable_kernels;
  return sets;
}

void *sedge_allocate(size_t bytes) {
  // From 4 MB on, in units of large pages: fewer page faults, and fewer misses of the address cache.
  const size_t large = (size_t)1 << 21;
  const size_t alignment = bytes >= 2 * large ? large : 64;
  if (bytes > SIZE_MAX - alignment) return NULL;
  const size_t rounded = (bytes + alignment - 1) / alignment * alignment;
  void *memory = aligned_alloc(alignment, rounded > 0 ? rounded : alignment);
#if defined(MADV_HUGEPAGE)
  if (memory != NULL && alignment == large) madvise(memory, rounded, MADV_HUGEPAGE);
#endif
  return memory;
}

void sedge_free(void *memory) { free(memory); }

void sedge_return_memory(void) {
#if defined(__GLIBC__)
  malloc_trim(0);
#endif
}

long sedge_processor_count(void) {
#if defined(__linux__)
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) == 0) return CPU_COUNT(&allowed);
#endif
  const long count = sysconf(_SC_NPROCESSORS_ONLN);
  return count > 0 ? count : 1;
}
