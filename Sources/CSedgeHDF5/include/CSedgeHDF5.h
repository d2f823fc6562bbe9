// libhdf5 (https://www.hdfgroup.org/solutions/hdf5): its loading, a file driver that reads one open descriptor and counts what arrives,
// and what Swift cannot import.
#ifndef CSEDGEHDF5_H
#define CSEDGEHDF5_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// From 1.12 on, the names below stand for later functions unless the interface of 1.10 is asked for.
#if !defined(H5_USE_110_API)
#define H5_USE_110_API
#endif
#if __has_include(<hdf5.h>)
#include <hdf5.h>
#elif __has_include(<hdf5/serial/hdf5.h>)
#include <hdf5/serial/hdf5.h> // Debian
#elif __has_include("/opt/homebrew/include/hdf5.h")
#include "/opt/homebrew/include/hdf5.h"
#elif __has_include("/usr/local/include/hdf5.h")
#include "/usr/local/include/hdf5.h"
#else
#error "hdf5.h is missing: apt install libhdf5-dev, or brew install hdf5, or set CPATH to its folder"
#endif
#if H5_VERSION_GE(1, 13, 0)
#include <H5FDdevelop.h>
#endif

/// Loads libhdf5; does nothing from the second call on. Every other function here may be called after it succeeded.
///
/// Returns `NULL`, or why there is no libhdf5: a text that stays valid. Not for two threads at a time.
const char *sedge_hdf5_load(void);

/// Whether libhdf5 is a library of the system, which plug-ins for filters can call; otherwise it is part of this program.
bool sedge_hdf5_is_loaded_library(void);

// These macros call H5open() before they read a variable, so each needs a function.
hid_t sedge_H5E_NOSPACE(void);
hid_t sedge_H5P_FILE_ACCESS(void);
hid_t sedge_H5P_LINK_ACCESS(void);
hid_t sedge_H5T_STD_I8LE(void);
hid_t sedge_H5T_STD_I16LE(void);
hid_t sedge_H5T_STD_I32LE(void);
hid_t sedge_H5T_STD_I64LE(void);
hid_t sedge_H5T_STD_U8LE(void);
hid_t sedge_H5T_STD_U16LE(void);
hid_t sedge_H5T_STD_U32LE(void);
hid_t sedge_H5T_STD_U64LE(void);
hid_t sedge_H5T_IEEE_F64LE(void);

// These names are macros where libhdf5 is 1.12 or later.
static inline herr_t sedge_H5Literate(hid_t group, H5L_iterate_t visit, void *context) {
  return H5Literate(group, H5_INDEX_NAME, H5_ITER_NATIVE, 0, visit, context);
}
static inline haddr_t sedge_object_address(hid_t object) {
  H5O_info_t info;
  return H5Oget_info(object, &info) < 0 ? (haddr_t)-1 : info.addr;
}

/// An open file, and what went wrong in reading it.
typedef struct {
  /// Readable at offsets.
  int descriptor;
  /// Bytes of the file when it was opened.
  uint64_t byte_count;
  /// `SEDGE_INPUT_...`: what the first read met that did not deliver its bytes.
  int fault;
  /// The system's number for `SEDGE_INPUT_REFUSED`.
  int error;
  /// Offset of the first byte that did not arrive.
  uint64_t fault_offset;
} sedge_hdf5_input;

enum {
  /// Every read delivered its bytes.
  SEDGE_INPUT_WHOLE,
  /// The file ended before the end that it had when it was opened.
  SEDGE_INPUT_ENDED,
  /// The system refused to read.
  SEDGE_INPUT_REFUSED,
};

/// Opens the HDF5 file that `input` describes, for reading (`H5FDregister`, `H5Fopen`).
///
/// libhdf5 reads through `input` until the file is closed; its path is not used. Two files are never taken for one.
///
/// Returns the file, a `hid_t`, or a negative number.
int64_t sedge_hdf5_open(sedge_hdf5_input *input);

#endif
