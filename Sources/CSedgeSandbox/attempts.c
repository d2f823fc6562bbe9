// What a reader must not do, tried: the proof that its wall stands.

#if defined(__linux__)
#define _GNU_SOURCE
#endif

#include "CSedgeSandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__linux__)
#include <sys/ptrace.h>
#endif

// Attempts give what the system call gives: a negative number for failure.

static long open_for_reading(void) { return open("/etc/passwd", O_RDONLY); }
static long open_for_writing(void) { return open("/tmp/sedge-wall", O_WRONLY | O_CREAT, 0600); }
static long open_folder(void) { return open("/", O_RDONLY | O_DIRECTORY); }
static long rename_file(void) { return rename("/tmp/sedge-wall", "/tmp/sedge-wall-2"); }
static long remove_file(void) { return unlink("/tmp/sedge-wall"); }
static long make_folder(void) { return mkdir("/tmp/sedge-wall", 0700); }
static long network_socket(void) { return socket(AF_INET, SOCK_STREAM, 0); }
static long local_socket(void) { return socket(AF_UNIX, SOCK_STREAM, 0); }
static long end_parent(void) { return kill(getppid(), 0); }
static long copy_descriptor(void) { return dup(SEDGE_READER_FILE); }

static long run_program(void) {
  char *const arguments[] = {"sh", "-c", "exit 0", NULL};
  char *const environment[] = {NULL};
  return execve("/bin/sh", arguments, environment);
}

static long start_process(void) {
#if defined(__linux__)
  long process = syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
#else
  long process = fork();
#endif
  if (process == 0) _exit(0);
  return process;
}

static long executable_memory(void) {
  void *memory = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return memory == MAP_FAILED ? -1 : 0;
}

static long map_file(void) {
  void *memory = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, SEDGE_READER_FILE, 0);
  return memory == MAP_FAILED ? -1 : 0;
}

static long make_executable(void) {
  void *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return memory == MAP_FAILED ? -1 : mprotect(memory, 4096, PROT_READ | PROT_EXEC);
}

static long raise_limit(void) {
  const struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};
  return setrlimit(RLIMIT_CPU, &limit);
}

#if defined(__linux__)
static long trace_parent(void) { return ptrace(PTRACE_ATTACH, getppid(), NULL, NULL); }
static long anonymous_file(void) { return syscall(SYS_memfd_create, "sedge", 0U); }
static long ignore_limit(void) { return signal(SIGXCPU, SIG_IGN) == SIG_ERR ? -1 : 0; }
#endif

static const struct {
  const char *name;
  long (*attempt)(void);
} attempts[] = {
    {"open-for-reading", open_for_reading},
    {"open-for-writing", open_for_writing},
    {"open-folder", open_folder},
    {"rename", rename_file},
    {"remove", remove_file},
    {"make-folder", make_folder},
    {"network-socket", network_socket},
    {"local-socket", local_socket},
    {"run-program", run_program},
    {"start-process", start_process},
    {"executable-memory", executable_memory},
    {"make-executable", make_executable},
    {"map-file", map_file},
    {"copy-descriptor", copy_descriptor},
    {"signal-parent", end_parent},
    {"raise-limit", raise_limit},
#if defined(__linux__)
    {"trace-parent", trace_parent},
    {"anonymous-file", anonymous_file},
    {"ignore-limit", ignore_limit},
#endif
};

size_t sedge_try_wall(char *text, size_t capacity) {
  size_t end = 0;
  for (size_t i = 0; i < sizeof attempts / sizeof attempts[0]; i++) {
    errno = 0;
    int error = attempts[i].attempt() < 0 ? errno : 0;
    int count = snprintf(text + end, capacity - end, "%s %d\n", attempts[i].name, error);
    if (count < 0 || (size_t)count >= capacity - end) break;
    end += (size_t)count;
  }
  return end;
}
