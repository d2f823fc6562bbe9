// A library to preload (LD_PRELOAD) that counts the calls of a program to the system, and lets the Nth of one kind fail.
//
// SEDGE_FAULT_COUNTERS  a file with one 64-bit counter for each kind of call, shared by the program and its children
// SEDGE_FAULT           kind:n:effect; the effect is an errno's name, "zero" or "short" for a transfer that ends early, a signal's
//                       name, which the process sends itself before the call, or "forward" or "back" for clocks, which are a
//                       year off from then on
// SEDGE_FAULT_DONE      a file that is created when the fault takes place

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum kind { OPEN, READ, PREAD, WRITE, PWRITE, CLOSE, FSYNC, RENAME, FSTAT, MMAP, MALLOC, CLOCK, KINDS };
static const char *const names[KINDS] = {"open",   "read",  "pread", "write", "pwrite", "close",
                                         "fsync",  "rename", "fstat", "mmap",  "malloc", "clock"};

static _Atomic uint64_t *counters;
static int chosen = -1;
static uint64_t moment;
static char effect[16];

static const struct { const char *name; int number; } errors[] = {
    {"ENOSPC", ENOSPC}, {"EIO", EIO},       {"EINTR", EINTR}, {"EMFILE", EMFILE}, {"EACCES", EACCES},
    {"ENOMEM", ENOMEM}, {"EDQUOT", EDQUOT}, {"EROFS", EROFS}, {"EFBIG", EFBIG},   {"ESTALE", ESTALE}};
static const struct { const char *name; int number; } signals[] = {
    {"SIGKILL", SIGKILL}, {"SIGTERM", SIGTERM}, {"SIGINT", SIGINT},
    {"SIGHUP", SIGHUP},   {"SIGPIPE", SIGPIPE}, {"SIGXFSZ", SIGXFSZ}};

__attribute__((constructor)) static void start(void) {
  const char *path = getenv("SEDGE_FAULT_COUNTERS");
  const char *fault = getenv("SEDGE_FAULT");
  if (!path) return;
  if (fault) {
    for (int kind = 0; kind < KINDS; kind++) {
      size_t length = strlen(names[kind]);
      if (strncmp(fault, names[kind], length) || fault[length] != ':') continue;
      char *end;
      moment = strtoull(fault + length + 1, &end, 10);
      strncpy(effect, *end ? end + 1 : "", sizeof effect - 1);
      chosen = kind;
    }
  }
  // By the system itself: the calls of this library are not counted.
  int file = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0);
  if (file < 0) return;
  void *memory = (void *)syscall(SYS_mmap, NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  syscall(SYS_close, file);
  if (memory != MAP_FAILED) counters = memory;
}

static void note(void) {
  const char *path = getenv("SEDGE_FAULT_DONE");
  if (path) syscall(SYS_close, syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666));
}

enum outcome { SOUND, FAILED, ZERO, SHORT };

// Counts a call and says what becomes of it.
static enum outcome count(enum kind kind) {
  if (!counters) return SOUND;
  uint64_t number = atomic_fetch_add(&counters[kind], 1) + 1;
  if ((int)kind != chosen || number != moment) return SOUND;
  note();
  if (!strcmp(effect, "zero")) return ZERO;
  if (!strcmp(effect, "short")) return SHORT;
  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
    if (!strcmp(effect, signals[i].name)) {
      kill(getpid(), signals[i].number);
      return SOUND;
    }
  for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
    if (!strcmp(effect, errors[i].name)) errno = errors[i].number;
  return FAILED;
}

// The function of the same name that would be called without this library.
#define NEXT(name) \
  static __typeof__(&name) next; \
  if (!next) next = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

// MARK: Transfers

#define TRANSFER(name, kind, parameters, arguments, shortened) \
  ssize_t name parameters { \
    NEXT(name); \
    switch (count(kind)) { \
    case FAILED: return -1; \
    case ZERO: return 0; \
    case SHORT: return length > 1 ? next shortened : 0; \
    default: return next arguments; \
    } \
  }

TRANSFER(read, READ, (int file, void *bytes, size_t length), (file, bytes, length), (file, bytes, length / 2))
TRANSFER(write, WRITE, (int file, const void *bytes, size_t length), (file, bytes, length), (file, bytes, length / 2))
TRANSFER(pread, PREAD, (int file, void *bytes, size_t length, off_t offset), (file, bytes, length, offset),
         (file, bytes, length / 2, offset))
TRANSFER(pread64, PREAD, (int file, void *bytes, size_t length, off_t offset), (file, bytes, length, offset),
         (file, bytes, length / 2, offset))
TRANSFER(pwrite, PWRITE, (int file, const void *bytes, size_t length, off_t offset), (file, bytes, length, offset),
         (file, bytes, length / 2, offset))
TRANSFER(pwrite64, PWRITE, (int file, const void *bytes, size_t length, off_t offset), (file, bytes, length, offset),
         (file, bytes, length / 2, offset))

// MARK: Opening and closing

// libdispatch opens the status of its own threads now and then, and ends the process where it cannot.
static bool is_of_libdispatch(const char *path) {
  return !strncmp(path, "/proc/", 6) && path[6] >= '1' && path[6] <= '9';
}

#define OPENING(name) \
  int name(const char *path, int flags, ...) { \
    NEXT(name); \
    va_list rest; \
    va_start(rest, flags); \
    mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(rest, mode_t) : 0; \
    va_end(rest); \
    return is_of_libdispatch(path) || count(OPEN) == SOUND ? next(path, flags, mode) : -1; \
  }
#define OPENING_AT(name) \
  int name(int folder, const char *path, int flags, ...) { \
    NEXT(name); \
    va_list rest; \
    va_start(rest, flags); \
    mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(rest, mode_t) : 0; \
    va_end(rest); \
    return is_of_libdispatch(path) || count(OPEN) == SOUND ? next(folder, path, flags, mode) : -1; \
  }

OPENING(open)
OPENING(open64)
OPENING_AT(openat)
OPENING_AT(openat64)

int close(int file) {
  NEXT(close);
  enum outcome outcome = count(CLOSE);
  int error = errno;
  int result = next(file);  // Linux closes in any case.
  if (outcome == SOUND) return result;
  errno = error;
  return -1;
}

// MARK: Names and states

int fsync(int file) {
  NEXT(fsync);
  return count(FSYNC) == SOUND ? next(file) : -1;
}
int rename(const char *old, const char *new) {
  NEXT(rename);
  return count(RENAME) == SOUND ? next(old, new) : -1;
}
int renameat(int old_folder, const char *old, int new_folder, const char *new) {
  NEXT(renameat);
  return count(RENAME) == SOUND ? next(old_folder, old, new_folder, new) : -1;
}
int fstat(int file, struct stat *state) {
  NEXT(fstat);
  return count(FSTAT) == SOUND ? next(file, state) : -1;
}
int fstat64(int file, struct stat64 *state) {
  NEXT(fstat64);
  return count(FSTAT) == SOUND ? next(file, state) : -1;
}

// MARK: Clocks

int clock_gettime(clockid_t clock, struct timespec *time) {
  int result = (int)syscall(SYS_clock_gettime, clock, time);
  if (!counters || result) return result;
  uint64_t number = atomic_fetch_add(&counters[CLOCK], 1) + 1;
  if (chosen != CLOCK || number < moment) return result;
  if (number == moment) note();
  const time_t year = 31556952;
  if (!strcmp(effect, "forward")) time->tv_sec += year;
  else time->tv_sec = time->tv_sec > year ? time->tv_sec - year : 0;
  return 0;
}

// MARK: Memory

void *mmap(void *place, size_t length, int protection, int flags, int file, off_t offset) {
  if (count(MMAP) != SOUND) return MAP_FAILED;
  return (void *)syscall(SYS_mmap, place, length, protection, flags, file, offset);
}
void *mmap64(void *place, size_t length, int protection, int flags, int file, off_t offset) {
  return mmap(place, length, protection, flags, file, offset);
}

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

void *malloc(size_t length) { return count(MALLOC) == SOUND ? __libc_malloc(length) : NULL; }
void *calloc(size_t number, size_t length) {
  return count(MALLOC) == SOUND ? __libc_calloc(number, length) : NULL;
}
void *realloc(void *memory, size_t length) {
  return count(MALLOC) == SOUND ? __libc_realloc(memory, length) : NULL;
}
int posix_memalign(void **memory, size_t alignment, size_t length) {
  if (count(MALLOC) != SOUND) return ENOMEM;
  *memory = __libc_memalign(alignment, length);
  return *memory ? 0 : ENOMEM;
}
