// Trellis quantization on x86-64 processors with AVX-512.
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx512vl,avx512bw"))), apply_to = function)
#define QUANTIZE_CHAINS sedge_quantize_chains_avx512
#include "chains.inc.h"
#pragma clang attribute pop
#endif
