// The text of the last error of each thread, files in memory, and the sizes that the interface promises.

#define _GNU_SOURCE

#include "support.h"
#include "sedge.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static pthread_key_t text_key;
static pthread_once_t text_once = PTHREAD_ONCE_INIT;
static int has_key;

static void make_key(void) { has_key = pthread_key_create(&text_key, free) == 0; }

void keep_sedge_error(const char *text) {
  pthread_once(&text_once, make_key);
  if (!has_key) return;
  char *copy = strdup(text);
  if (!copy) return;
  free(pthread_getspecific(text_key));
  if (pthread_setspecific(text_key, copy) != 0) free(copy);
}

const char *sedge_error_text(void) {
  pthread_once(&text_once, make_key);
  const char *text = has_key ? pthread_getspecific(text_key) : NULL;
  return text ? text : "";
}

void sedge_text_free(char *text) { free(text); }

// Addresses that malloc takes for threads beside what they use: glibc reserves 64 MB for each that allocates.
static size_t address_byte_count(void) {
#if defined(__GLIBC__)
  const long processors = sysconf(_SC_NPROCESSORS_ONLN);
  return ((size_t)(processors > 0 ? processors : 1) + 2) << 26;
#else
  return 0;
#endif
}

int can_allocate(size_t byte_count) {
  void *volatile bytes = malloc(byte_count);
  int is_there = bytes != NULL;
  const size_t more = address_byte_count();
  if (is_there && more > 0) {
    // No memory, which a limit of addresses counts nevertheless.
    void *addresses = mmap(NULL, more, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    is_there = addresses != MAP_FAILED;
    if (is_there) munmap(addresses, more);
  }
  free(bytes);
  return is_there;
}

int open_memory_file(void) {
#if defined(__linux__)
  return memfd_create("sedge model", MFD_CLOEXEC);
#else
  char path[] = "/tmp/sedge-XXXXXX";
  int descriptor = mkstemp(path);
  if (descriptor >= 0) unlink(path);
  return descriptor;
#endif
}

// Programs are compiled with these sizes: another size is another version of the interface.
_Static_assert(sizeof(void *) != 8 || sizeof(sedge_model_options) == 32, "sedge_model_options");
_Static_assert(sizeof(void *) != 8 || sizeof(sedge_model_facts) == 64, "sedge_model_facts");
_Static_assert(sizeof(void *) != 8 || sizeof(sedge_progress) == 24, "sedge_progress");
_Static_assert(sizeof(void *) != 8 || sizeof(sedge_picture) == 32, "sedge_picture");
_Static_assert(sizeof(void *) != 8 || sizeof(sedge_segment_options) == 16, "sedge_segment_options");
_Static_assert(sizeof(void *) != 8 || sizeof(sedge_segmentation_values) == 96, "sedge_segmentation_values");
_Static_assert(sizeof(void *) != 8 || sizeof(sedge_array) == 48, "sedge_array");
_Static_assert(sizeof(void *) != 8 || sizeof(sedge_tensor) == 48, "sedge_tensor");
