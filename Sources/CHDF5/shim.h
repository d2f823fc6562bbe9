// libhdf5 (https://www.hdfgroup.org/solutions/hdf5), and what Swift cannot import of it.
#include <hdf5.h>

// These macros call H5open() before they name a global, so each needs a function of its own.
static inline unsigned sedge_H5F_ACC_RDONLY(void) { return H5F_ACC_RDONLY; }
