// What the Swift side of the interface needs of C; no part of it.
#ifndef CSEDGE_SUPPORT_H
#define CSEDGE_SUPPORT_H

#include <stddef.h>

/// Keeps a copy of a text as the calling thread's last error; the one before is kept where there is no memory for it.
void keep_sedge_error(const char *text);

/// Whether the process can get as many bytes, and the addresses that malloc reserves for threads besides (`malloc`, `mmap`); compilers
/// leave out a pair of calls of malloc and free that they see through.
int can_allocate(size_t byte_count);

/// Opens a file without a name, which ends with its descriptor (`memfd_create`, or a temporary file that is removed at once).
///
/// Returns a negative number where there is none.
int open_memory_file(void);

#endif
