// Trellis quantization on x86-64 processors with AVX2.
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#define QUANTIZE_CHAINS sedge_quantize_chains_avx2
#include "chains.inc.h"
#pragma clang attribute pop
#endif
