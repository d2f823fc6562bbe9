// Trellis quantization on any processor.
#define QUANTIZE_CHAINS sedge_quantize_chains_portable
#include "chains.inc.h"
