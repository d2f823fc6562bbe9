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
#include <time.h>
#include <unistd.h>

#include "CSedgeProcessor.h"
#include "sets.h"

/// The kernels for a set of instructions, or null where there are none on this architecture.
static const sedge_kernels *kernels_for(unsigned instructions) {
#if defined(__x86_64__)
  if (instructions & SEDGE_AVX512) return sedge_avx512_kernels((instructions & SEDGE_AVX512_BF16) != 0);
  if (instructions & SEDGE_AVX_VNNI) return sedge_avx2_vnni_kernels;
  if (instructions & SEDGE_AVX2) return sedge_avx2_kernels;
#elif defined(__aarch64__)
  if (instructions & SEDGE_NEON_I8MM) return sedge_neon_i8mm_kernels;
  if (instructions & SEDGE_NEON_DOTPROD) return sedge_neon_dotprod_kernels;
  if (instructions & SEDGE_NEON) return sedge_neon_kernels;
#endif
  return instructions == 0 ? sedge_portable_kernels : NULL;
}

const sedge_kernels *sedge_available_kernels(long index) {
  const unsigned processor = sedge_processor_instructions();
  for (const sedge_instruction_set *set = sedge_instruction_sets; set->name != NULL; set++) {
    if (set->instructions & ~processor) continue;
    const sedge_kernels *kernels = kernels_for(set->instructions);
    if (kernels != NULL && index-- == 0) return kernels;
  }
  return NULL;
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

double sedge_processor_seconds(void) {
  struct timespec time;
  if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) != 0) return 0;
  return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

long sedge_processor_count(void) {
#if defined(__linux__)
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) == 0) return CPU_COUNT(&allowed);
#endif
  const long count = sysconf(_SC_NPROCESSORS_ONLN);
  return count > 0 ? count : 1;
}
