// xxHash (https://xxhash.com), imported as it is; Sedge uses XXH3, 64 bits.
#include <xxhash.h>
