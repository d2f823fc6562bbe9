// A file driver of libhdf5 that reads one open descriptor and counts what arrives.
#ifndef CSEDGEHDF5_H
#define CSEDGEHDF5_H

#include <stdint.h>

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
