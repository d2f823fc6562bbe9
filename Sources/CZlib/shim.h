// zlib (https://zlib.net), and its macro as it is needed here.
#include <zlib.h>

// Begins to inflate a gzip stream, and no other kind (`inflateInit2`).
static inline int sedge_inflateInitGzip(z_stream *stream) { return inflateInit2(stream, 15 + 16); }

// Begins to inflate a stream without header or checksum (`inflateInit2`).
static inline int sedge_inflateInitRaw(z_stream *stream) { return inflateInit2(stream, -15); }
