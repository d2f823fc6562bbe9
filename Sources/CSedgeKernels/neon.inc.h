// Tiles for arm64: 32 registers of four floats.
//
// `fmla` multiplies a vector by one lane of another, so one load brings four inputs of a row, which need not be broadcast. A tile
// of R rows by V vectors needs R * V registers for sums, R for inputs and two at a time for weights. R * V + R + 2 <= 32 allows
// 6 x 4 (32 registers), 7 x 3 and 9 x 2; for four inputs they load R + 4 V vectors for 4 R V products: 22 for 96, 19 for 84, 17
// for 72. 6 x 4 has the fewest loads for each product, and four vectors of floats are a cache line.

#define LANES 4
#define VECTORS 4
#define ROWS 6
#define BY_LANE 1
#define TILES(TILE)                                                                                              \
  TILE(12, 1) TILE(6, 1) TILE(6, 2) TILE(6, 3) TILE(6, 4) TILE(3, 1) TILE(3, 2) TILE(3, 3) TILE(3, 4) TILE(1, 1) \
  TILE(1, 2) TILE(1, 3) TILE(1, 4)
#include "columns.inc.h"
