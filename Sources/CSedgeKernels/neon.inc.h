// Tiles for arm64: 32 registers of four floats.
//
// An instruction multiplies a vector with one value of another, so four inputs of a row come with one load and need no
// copies. A tile of R rows by V vectors holds R * V sums, R registers of inputs and V of weights, of which two suffice at a
// time. R * V + R + 2 <= 32 leaves 6 x 4 (32 registers), 7 x 3, 9 x 2; for four inputs they load R + 4 V vectors for 4 R V
// products: 22 for 96, 19 for 84, 17 for 72. 6 x 4 loads least, and four vectors of floats are a line of the cache.

#define LANES 4
#define VECTORS 4
#define ROWS 6
#define BY_LANE 1
#define TILES(TILE)                                                                                              \
  TILE(12, 1) TILE(6, 1) TILE(6, 2) TILE(6, 3) TILE(6, 4) TILE(3, 1) TILE(3, 2) TILE(3, 3) TILE(3, 4) TILE(1, 1) \
  TILE(1, 2) TILE(1, 3) TILE(1, 4)
#include "columns.inc.h"
