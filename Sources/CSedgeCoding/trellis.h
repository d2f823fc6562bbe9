// The trellis: eight states, two quantizers; shared by quantization and decoding.
#ifndef SEDGE_TRELLIS_H
#define SEDGE_TRELLIS_H

#include <stddef.h>
#include <stdint.h>

#include "CSedgeCoding.h"

/// Whether an odd level leads to the even (0) or to the odd (1) of the two possible next states.
static inline unsigned sedge_turn(unsigned state) { return (state >> 1 ^ state >> 2) & 1; }

/// The state after a level.
static inline unsigned sedge_next_state(unsigned state, int level) {
  return (state << 1 & 7) | (((unsigned)level & 1) ^ sedge_turn(state));
}

/// A level as a multiple of the step: even states have the even multiples, odd states zero and the odd ones.
static inline int sedge_multiple(unsigned state, int level) {
  return 2 * level - ((state & 1) ? (level > 0) - (level < 0) : 0);
}

void sedge_quantize_chains_portable(const sedge_chains *chains, void *scratch, int16_t *levels);
void sedge_quantize_chains_avx2(const sedge_chains *chains, void *scratch, int16_t *levels);
void sedge_quantize_chains_avx512(const sedge_chains *chains, void *scratch, int16_t *levels);

#endif
