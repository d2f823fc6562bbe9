// zlib (https://zlib.net), and its macro as it is needed here.
#include <zlib.h>

// Begins to inflate a stream of the kind that the window bits say (`inflateInit2`).
static inline int sedge_inflateInit(z_stream *stream, int windowBits) { return inflateInit2(stream, windowBits); }
