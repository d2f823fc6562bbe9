// Zstandard (https://facebook.github.io/zstd), imported as it is.
#include <zstd.h>
#include <zstd_errors.h>
