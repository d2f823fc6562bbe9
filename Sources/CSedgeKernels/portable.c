// The kernels for any processor: vectors of four, which SSE2 and NEON have.

#include "sets.h"

#define LANES 4
#if defined(__aarch64__)
#define ROWS 12
#else
#define ROWS 6
#endif
#define NAME "portable"
#include "columns.inc.h"
#include "kernels.inc.h"

const sedge_kernels *const sedge_portable_kernels = &set;
