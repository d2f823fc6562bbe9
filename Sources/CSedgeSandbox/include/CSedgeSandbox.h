// Processes that read files in this one's place: their start, their limits, and the wall that they put around themselves.
#ifndef CSEDGESANDBOX_H
#define CSEDGESANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// The descriptors of a reader; it has no others but 1 and 2, which lead nowhere.
enum {
  SEDGE_READER_SOCKET = 0,
  SEDGE_READER_FILE = 3,
};

// In the process that starts a reader.

/// Makes two connected sockets that no program started later inherits (`socketpair`).
///
/// Returns 0, or the system's number of an error.
int sedge_socket_pair(int sockets[2]);

/// Sends bytes (`send`); a closed other end is an error and no signal.
ssize_t sedge_send(int socket, const void *bytes, size_t byte_count);

/// The path of the program that this process runs, with a zero behind it.
///
/// Returns its length; 0 where it is not known or too long.
size_t sedge_own_program(char *path, size_t capacity);

/// The path of the file that this code was loaded from, a library or the program itself (`dladdr`), with a zero behind it.
///
/// Returns its length; 0 where it is not known or too long.
size_t sedge_own_library(char *path, size_t capacity);

/// Starts a program as a reader (`posix_spawn`): with one argument, two descriptors of the caller, the variables of the
/// environment that concern libraries, in a process group of its own, with no signal blocked or ignored.
///
/// Returns 0, or the system's number of an error.
int sedge_start_reader(const char *program, const char *argument, int socket, int file, pid_t *reader);

/// Makes this process's copy a reader (`fork`), where it has one thread: a copy has no other, and what they held stays held.
///
/// Returns 0 in both processes, with `*reader` 0 in the reader; -1 where there are more threads or that is not known; or the
/// system's number of an error.
int sedge_fork_reader(int socket, int file, pid_t *reader);

/// Sets how many bytes of addresses a reader may have (`RLIMIT_AS`); no more than this process may.
///
/// Returns 0, or the system's number of an error; does nothing where the system has no such limit.
int sedge_limit_memory(pid_t reader, uint64_t byte_count);

/// Sets how many seconds of processor time a reader may take from now on (`RLIMIT_CPU`); no more than this process may.
///
/// Returns 0, or the system's number of an error; does nothing where only the reader itself can.
int sedge_limit_processor(pid_t reader, uint64_t seconds);

/// How a reader ended.
typedef struct {
  /// The signal that ended it; 0 where it ended by itself.
  int signal;
  /// The code with which it ended by itself; -1 where the system no longer knows.
  int code;
} sedge_reader_end;

/// Ends a reader, with what it started, unless it has ended; waits for it (`kill`, `waitpid`).
sedge_reader_end sedge_end_reader(pid_t reader);

// In the reader.

/// Whether the descriptor is a socket: whether this program was started as a reader.
bool sedge_is_socket(int descriptor);

/// Closes every descriptor from `first` on.
void sedge_close_from(int first);

/// Bytes of addresses that this process has; 0 where that is not known or not limited.
uint64_t sedge_address_byte_count(void);

/// Sets how many seconds of processor time this process may take from now on, where the one that started it cannot.
void sedge_limit_own_processor(uint64_t seconds);

/// Ends this process as soon as the other end of a socket is closed, whatever it does then (`SIGIO`).
///
/// Unlike `PR_SET_PDEATHSIG` this does not depend on the thread that started the process. To be called before the wall stands.
void sedge_end_with_socket(int socket);

/// What stands around a process.
enum {
  /// No file can be written or opened, no core is dumped, no other program gains rights.
  SEDGE_WALL_LIMITS = 1 << 0,
  /// No right to any file or to the network (Landlock).
  SEDGE_WALL_LANDLOCK = 1 << 1,
  /// No call of the system but those that read open files, allocate memory and end the process (seccomp).
  SEDGE_WALL_CALLS = 1 << 2,
};

/// Puts up the wall, as far as the system has it; nothing takes it down.
///
/// Returns the parts that stand.
unsigned sedge_put_up_wall(void);

/// Tries what a reader must not do, and writes the name of each attempt and the system's number of the error, 0 where it
/// succeeded, as lines.
///
/// Returns the number of bytes written.
size_t sedge_try_wall(char *text, size_t capacity);

#endif
