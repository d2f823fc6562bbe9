// Aligned memory, processor time and the number of processors, from the operating system.

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

#include "CSedgeKernels.h"

void *sedge_allocate(size_t bytes) {
  // From 4 MB on, in units of large pages: fewer page faults and fewer misses of the address cache.
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

size_t sedge_processor_count(void) {
#if defined(__linux__)
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) == 0) return (size_t)CPU_COUNT(&allowed);
#endif
  const long count = sysconf(_SC_NPROCESSORS_ONLN);
  return count > 0 ? (size_t)count : 1;
}
