// zlib (https://zlib.net), and its one macro that is needed here.
#include <zlib.h>

// Begins to inflate a gzip stream, and no other kind (`inflateInit2`).
static inline int sedge_inflateInitGzip(z_stream *stream) { return inflateInit2(stream, 15 + 16); }
