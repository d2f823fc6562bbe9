// The descriptions of published data sets that are part of the program: see data/SOURCES.md.
#pragma once
#include <stddef.h>

// A file of data/; its bytes and its path live as long as the program.
typedef struct {
  // Relative to data/.
  const char *path;
  const unsigned char *bytes;
  size_t byteCount;
} SedgeDataFile;

// The number of files.
size_t sedge_data_file_count(void);
// A file by its index, which must be below the count.
SedgeDataFile sedge_data_file(size_t index);
