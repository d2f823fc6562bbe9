// Starting, limiting and ending a reader, from the process that it reads for.

#if defined(__linux__)
#define _GNU_SOURCE
#endif

#include "CSedgeSandbox.h"
#include "sanitizers.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#if defined(__APPLE__)
#include <crt_externs.h>
#include <mach-o/dyld.h>
#define ENVIRONMENT (*_NSGetEnviron())
#else
#define ENVIRONMENT environ
#endif

#if defined(MSG_NOSIGNAL)
#define QUIETLY MSG_NOSIGNAL
#else
#define QUIETLY 0
#endif

// Bytes that a pair of sockets buffers: a piece of a payload.
#define SOCKET_BUFFER (1 << 20)

int sedge_socket_pair(int sockets[2]) {
#if defined(SOCK_CLOEXEC)
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0) return errno;
#else
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) != 0) return errno;
#endif
  for (int i = 0; i < 2; i++) {
    const int byte_count = SOCKET_BUFFER;
    setsockopt(sockets[i], SOL_SOCKET, SO_SNDBUF, &byte_count, sizeof byte_count);
#if !defined(SOCK_CLOEXEC)
    fcntl(sockets[i], F_SETFD, FD_CLOEXEC);
#endif
#if defined(SO_NOSIGPIPE)
    const int is_quiet = 1;
    setsockopt(sockets[i], SOL_SOCKET, SO_NOSIGPIPE, &is_quiet, sizeof is_quiet);
#endif
  }
  return 0;
}

ssize_t sedge_send(int socket, const void *bytes, size_t byte_count) { return send(socket, bytes, byte_count, QUIETLY); }

size_t sedge_own_program(char *path, size_t capacity) {
#if defined(__APPLE__)
  uint32_t room = (uint32_t)capacity;
  return _NSGetExecutablePath(path, &room) == 0 ? strlen(path) : 0;
#else
  ssize_t count = readlink("/proc/self/exe", path, capacity);
  if (count <= 0 || (size_t)count >= capacity) return 0;
  path[count] = 0;
  return (size_t)count;
#endif
}

size_t sedge_own_library(char *path, size_t capacity) {
  Dl_info info;
  if (dladdr((const void *)&sedge_own_library, &info) == 0 || !info.dli_fname) return 0;
  char *found = realpath(info.dli_fname, NULL);
  if (!found) return 0;
  const size_t count = strlen(found);
  const bool fits = count < capacity;
  if (fits) memcpy(path, found, count + 1);
  free(found);
  return fits ? count : 0;
}

// Whether a reader needs a variable: where libraries and libhdf5's plug-ins are, and what watches programs.
//
// Others can have secrets, and a reader has no use for them.
static bool is_for_reader(const char *variable) {
  static const char *const beginnings[] = {"LD_",  "DYLD_", "HDF5_PLUGIN_", "ASAN_OPTIONS=", "TSAN_OPTIONS=",
                                           "UBSAN_OPTIONS=", "SEDGE_"};
  for (size_t i = 0; i < sizeof beginnings / sizeof beginnings[0]; i++)
    if (strncmp(variable, beginnings[i], strlen(beginnings[i])) == 0) return true;
  return false;
}

// The flags and the signals of a reader.
static int set_attributes(posix_spawnattr_t *attributes) {
  sigset_t all, none;
  sigfillset(&all);
  sigemptyset(&none);
  short flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP;
#if defined(POSIX_SPAWN_CLOEXEC_DEFAULT)
  flags |= POSIX_SPAWN_CLOEXEC_DEFAULT;
#endif
  int error = posix_spawnattr_setflags(attributes, flags);
  if (error == 0) error = posix_spawnattr_setsigdefault(attributes, &all);
  if (error == 0) error = posix_spawnattr_setsigmask(attributes, &none);
  // A signal of the terminal is for the process that reads a file, and not for its reader.
  if (error == 0) error = posix_spawnattr_setpgroup(attributes, 0);
  return error;
}

static int set_descriptors(posix_spawn_file_actions_t *actions, int socket, int file) {
  int error = posix_spawn_file_actions_adddup2(actions, socket, SEDGE_READER_SOCKET);
  if (error == 0) error = posix_spawn_file_actions_adddup2(actions, file, SEDGE_READER_FILE);
  if (error == 0) error = posix_spawn_file_actions_addopen(actions, 1, "/dev/null", O_WRONLY, 0);
#if !SEDGE_HAS_SANITIZER
  if (error == 0) error = posix_spawn_file_actions_addopen(actions, 2, "/dev/null", O_WRONLY, 0);
#endif
  return error;
}

static int start(
    const char *program, char *const arguments[], char *const variables[], int socket, int file, pid_t *reader) {
  posix_spawnattr_t attributes;
  int error = posix_spawnattr_init(&attributes);
  if (error != 0) return error;
  posix_spawn_file_actions_t actions;
  error = posix_spawn_file_actions_init(&actions);
  if (error == 0) {
    error = set_attributes(&attributes);
    if (error == 0) error = set_descriptors(&actions, socket, file);
    if (error == 0) error = posix_spawn(reader, program, &actions, &attributes, arguments, variables);
    posix_spawn_file_actions_destroy(&actions);
  }
  posix_spawnattr_destroy(&attributes);
  return error;
}

int sedge_start_reader(const char *program, const char *argument, int socket, int file, pid_t *reader) {
  char *const arguments[] = {(char *)program, (char *)argument, NULL};
  size_t count = 0;
  while (ENVIRONMENT[count] != NULL) count++;
  char **variables = calloc(count + 2, sizeof *variables);
  if (variables == NULL) return ENOMEM;
  size_t kept = 0;
  for (size_t i = 0; i < count; i++)
    if (is_for_reader(ENVIRONMENT[i])) variables[kept++] = ENVIRONMENT[i];
  // Swift's own report of a crash takes seconds and would go nowhere.
  variables[kept] = "SWIFT_BACKTRACE=enable=no";
  // Copies beyond the reader's own descriptors, so that none of these replaces one that is still to be given.
  const int first_free = SEDGE_READER_FILE + 1;
  int socket_copy = fcntl(socket, F_DUPFD_CLOEXEC, first_free);
  int error = socket_copy < 0 ? errno : 0;
  int file_copy = error != 0 ? -1 : fcntl(file, F_DUPFD_CLOEXEC, first_free);
  if (error == 0 && file_copy < 0) error = errno;
  if (error == 0) error = start(program, arguments, variables, socket_copy, file_copy, reader);
  if (file_copy >= 0) close(file_copy);
  if (socket_copy >= 0) close(socket_copy);
  free(variables);
  return error;
}

#if defined(__linux__)
static bool has_one_thread(void) {
  DIR *folder = opendir("/proc/self/task");
  if (folder == NULL) return false;
  int count = 0;
  const struct dirent *entry;
  while ((entry = readdir(folder)) != NULL) count += entry->d_name[0] != '.';
  closedir(folder);
  return count == 1;
}

// What posix_spawn does for a reader of another program; ends the process where that fails.
static void become_reader(int socket, int file) {
  setpgid(0, 0);
  for (char **variable = ENVIRONMENT; *variable != NULL; variable++)
    if (!is_for_reader(*variable)) memset(*variable, 0, strlen(*variable));
  for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  const int first_free = SEDGE_READER_FILE + 1;
  int socket_copy = fcntl(socket, F_DUPFD, first_free);
  int file_copy = fcntl(file, F_DUPFD, first_free);
  int nowhere = open("/dev/null", O_WRONLY);
  if (dup2(socket_copy, SEDGE_READER_SOCKET) < 0 || dup2(file_copy, SEDGE_READER_FILE) < 0 || dup2(nowhere, 1) < 0) _exit(1);
  if (!SEDGE_HAS_SANITIZER && dup2(nowhere, 2) < 0) _exit(1);
}
#endif

int sedge_fork_reader(int socket, int file, pid_t *reader) {
#if defined(__linux__)
  if (!has_one_thread()) return -1;
  *reader = fork();
  if (*reader == 0) become_reader(socket, file);
  return *reader < 0 ? errno : 0;
#else
  (void)socket, (void)file, (void)reader;
  return -1;
#endif
}

#if defined(__linux__)
// Sets the soft limit of another process, within its hard limit and the soft one of this process.
static int limit(pid_t process, int resource, rlim_t value) {
  struct rlimit own, other;
  if (getrlimit(resource, &own) != 0 || prlimit(process, resource, NULL, &other) != 0) return errno;
  if (own.rlim_cur < value) value = own.rlim_cur;
  if (other.rlim_max < value) value = other.rlim_max;
  other.rlim_cur = value;
  return prlimit(process, resource, &other, NULL) == 0 ? 0 : errno;
}
#endif

int sedge_limit_memory(pid_t reader, uint64_t byte_count) {
#if defined(__linux__) && !SEDGE_HAS_SANITIZER
  return limit(reader, RLIMIT_AS, byte_count);
#else
  (void)reader, (void)byte_count;
  return 0;
#endif
}

int sedge_limit_processor(pid_t reader, uint64_t seconds) {
#if defined(__linux__)
  clockid_t clock;
  int error = clock_getcpuclockid(reader, &clock);
  if (error != 0) return error;
  struct timespec used;
  if (clock_gettime(clock, &used) != 0) return errno;
  return limit(reader, RLIMIT_CPU, (rlim_t)used.tv_sec + seconds);
#else
  (void)reader, (void)seconds;
  return 0;
#endif
}

sedge_reader_end sedge_end_reader(pid_t reader) {
  const sedge_reader_end unknown = {0, -1};
  siginfo_t info;
  info.si_pid = 0;
  // Where this process ignores the ends of others, or waits for all of them, the number may be another process's by now.
  if (waitid(P_PID, (id_t)reader, &info, WEXITED | WNOHANG | WNOWAIT) != 0) return unknown;
  kill(-reader, SIGKILL);
  if (info.si_pid == 0) kill(reader, SIGKILL);
  int status;
  while (waitpid(reader, &status, 0) < 0)
    if (errno != EINTR) return unknown;
  return (sedge_reader_end){
      WIFSIGNALED(status) ? WTERMSIG(status) : 0,
      WIFEXITED(status) ? WEXITSTATUS(status) : 0,
  };
}
