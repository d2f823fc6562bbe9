// The wall that a reader puts around itself before it reads a byte of a file.

#if defined(__linux__)
#define _GNU_SOURCE
#endif

#include "CSedgeSandbox.h"
#include "sanitizers.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__linux__)
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#endif

bool sedge_is_socket(int descriptor) {
  int type;
  socklen_t byte_count = sizeof type;
  return getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &byte_count) == 0;
}

void sedge_close_from(int first) {
#if defined(SYS_close_range)
  if (syscall(SYS_close_range, (unsigned)first, ~0U, 0U) == 0) return;
#endif
  struct rlimit limit;
  const int most = 1 << 16;
  int end = getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < (rlim_t)most ? (int)limit.rlim_cur : most;
  for (int descriptor = first; descriptor < end; descriptor++) close(descriptor);
}

uint64_t sedge_address_byte_count(void) {
  uint64_t pages = 0;
#if defined(__linux__)
  FILE *file = fopen("/proc/self/statm", "re");
  if (file == NULL) return 0;
  unsigned long long count;
  if (fscanf(file, "%llu", &count) == 1) pages = count;
  fclose(file);
#endif
  return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

void sedge_limit_own_processor(uint64_t seconds) {
#if defined(__linux__)
  (void)seconds;
#else
  struct rusage usage;
  struct rlimit limit;
  if (getrusage(RUSAGE_SELF, &usage) != 0 || getrlimit(RLIMIT_CPU, &limit) != 0) return;
  rlim_t end = (rlim_t)usage.ru_utime.tv_sec + (rlim_t)usage.ru_stime.tv_sec + seconds;
  limit.rlim_cur = end < limit.rlim_max ? end : limit.rlim_max;
  setrlimit(RLIMIT_CPU, &limit);
#endif
}

static int watched_socket;

// Ends the process where the other end is closed; other news of the socket are no concern.
static void end_with_socket(int signal) {
  (void)signal;
  struct pollfd state = {.fd = watched_socket};
  if (poll(&state, 1, 0) > 0) _exit(0);
}

void sedge_end_with_socket(int socket) {
  watched_socket = socket;
  signal(SIGIO, end_with_socket);
  fcntl(socket, F_SETOWN, getpid());
  fcntl(socket, F_SETFL, O_ASYNC);
}

static bool set_limit(int resource, rlim_t value) {
  const struct rlimit limit = {value, value};
  return setrlimit(resource, &limit) == 0;
}

#if defined(__linux__)

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

#if defined(ARCHITECTURE) && !SEDGE_HAS_SANITIZER

#define FIELD(name) ((unsigned)offsetof(struct seccomp_data, name))
// The lower half of an argument; both architectures are little-endian.
#define ARGUMENT(index) (FIELD(args) + 8 * (index))
#define LOAD(offset) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset)
#define JUMP(test, value, if_true, if_false) BPF_JUMP(BPF_JMP | (test) | BPF_K, value, if_true, if_false)
#define RETURN(action) BPF_STMT(BPF_RET | BPF_K, action)
#define REFUSE RETURN(SECCOMP_RET_ERRNO | EPERM)
#define ALLOW(call) JUMP(BPF_JEQ, __NR_##call, 0, 1), RETURN(SECCOMP_RET_ALLOW)

// Allows the calls that read and answer, allocate memory that is not executable, and end the process.
static bool restrict_calls(void) {
  struct sock_filter program[] = {
      LOAD(FIELD(arch)),
      JUMP(BPF_JEQ, ARCHITECTURE, 1, 0),
      RETURN(SECCOMP_RET_KILL_PROCESS),
      LOAD(FIELD(nr)),
      ALLOW(read),
      ALLOW(pread64),
      ALLOW(recvfrom),
      ALLOW(write),
      ALLOW(sendto),
#if defined(__NR_poll)
      ALLOW(poll),
#endif
      ALLOW(ppoll),
      ALLOW(brk),
      ALLOW(munmap),
      ALLOW(mremap),
      ALLOW(madvise),
      ALLOW(futex),
      ALLOW(getrandom),
      ALLOW(clock_gettime),
      ALLOW(gettimeofday),
      ALLOW(getpid),
      ALLOW(gettid),
      ALLOW(rt_sigprocmask),
      ALLOW(rt_sigreturn),
      ALLOW(restart_syscall),
      ALLOW(sched_yield),
      ALLOW(exit),
      ALLOW(exit_group),
      // mmap: memory of its own, never executable.
      JUMP(BPF_JEQ, __NR_mmap, 0, 6),
      LOAD(ARGUMENT(2)),
      JUMP(BPF_JSET, PROT_EXEC, 3, 0),
      LOAD(ARGUMENT(4)),
      JUMP(BPF_JEQ, 0xFFFFFFFF, 0, 1),
      RETURN(SECCOMP_RET_ALLOW),
      REFUSE,
      // mprotect: never executable.
      JUMP(BPF_JEQ, __NR_mprotect, 0, 4),
      LOAD(ARGUMENT(2)),
      JUMP(BPF_JSET, PROT_EXEC, 1, 0),
      RETURN(SECCOMP_RET_ALLOW),
      REFUSE,
      // tgkill: abort() of this process.
      JUMP(BPF_JEQ, __NR_tgkill, 0, 4),
      LOAD(ARGUMENT(0)),
      JUMP(BPF_JEQ, (unsigned)getpid(), 0, 1),
      RETURN(SECCOMP_RET_ALLOW),
      REFUSE,
      REFUSE,
  };
  const struct sock_fprog filter = {sizeof program / sizeof program[0], program};
  return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

#else
static bool restrict_calls(void) { return false; }
#endif

// Landlock of Linux 5.13 and later, by numbers: the headers of an older system lack the newer rights.
// Source: Linux, include/uapi/linux/landlock.h.
#define CALL_LANDLOCK_CREATE 444
#define CALL_LANDLOCK_RESTRICT 446

typedef struct {
  uint64_t files, network, scopes;
} landlock_rights;

// Gives up every right that the system knows to give up.
static bool restrict_rights(void) {
#if SEDGE_HAS_SANITIZER
  return false;
#endif
  const unsigned asks_version = 1;
  long version = syscall(CALL_LANDLOCK_CREATE, NULL, (size_t)0, asks_version);
  if (version < 1) return false;
  // The number of rights to files that each version knows, and the bytes of its structure.
  const unsigned known[] = {13, 14, 15, 15, 16};
  const unsigned last = sizeof known / sizeof known[0];
  const landlock_rights rights = {
      .files = (1U << known[(version < last ? version : last) - 1]) - 1,
      .network = version >= 4 ? 0x3 : 0,
      .scopes = version >= 6 ? 0x3 : 0,
  };
  size_t byte_count = version >= 6 ? sizeof rights : version >= 4 ? offsetof(landlock_rights, scopes) : sizeof rights.files;
  long set = syscall(CALL_LANDLOCK_CREATE, &rights, byte_count, 0U);
  if (set < 0) return false;
  bool is_restricted = syscall(CALL_LANDLOCK_RESTRICT, (int)set, 0U) == 0;
  close((int)set);
  return is_restricted;
}

unsigned sedge_put_up_wall(void) {
  unsigned walls = 0;
  bool is_alone = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
#if !SEDGE_HAS_SANITIZER
  // No other process of the user may read or change this one.
  is_alone = prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 && is_alone;
#endif
  if (restrict_rights()) walls |= SEDGE_WALL_LANDLOCK;
  bool is_limited =
      set_limit(RLIMIT_FSIZE, 0) && set_limit(RLIMIT_CORE, 0) && (SEDGE_HAS_SANITIZER || set_limit(RLIMIT_NOFILE, SEDGE_READER_FILE + 1));
  if (is_alone && is_limited) walls |= SEDGE_WALL_LIMITS;
  if (restrict_calls()) walls |= SEDGE_WALL_CALLS;
  return walls;
}

#else

unsigned sedge_put_up_wall(void) {
  bool is_limited =
      set_limit(RLIMIT_FSIZE, 0) && set_limit(RLIMIT_CORE, 0) && (SEDGE_HAS_SANITIZER || set_limit(RLIMIT_NOFILE, SEDGE_READER_FILE + 1));
  return is_limited ? SEDGE_WALL_LIMITS : 0;
}

#endif
