// Viterbi's algorithm over sixteen chains at once; each file that includes this defines the kernel set.
//
// Products and sums are rounded separately, so that levels are the same on every processor.

#include <math.h>

#include "trellis.h"

#pragma STDC FP_CONTRACT OFF
// All functions but one are inlined, so vectors are never passed to a call.
#pragma clang diagnostic ignored "-Wpsabi"
#define INLINE static inline __attribute__((always_inline))

typedef float vector __attribute__((vector_size(4 * SEDGE_CHAINS)));
typedef int32_t mask __attribute__((vector_size(4 * SEDGE_CHAINS)));

/// The result of one step of the trellis.
typedef struct {
  /// The best level of each quantizer and parity.
  vector levels[2][2];
  /// Bit n: whether state n was reached from the later of its two predecessors.
  mask decisions;
} step;

INLINE vector filled(float value) { return value - (vector){}; }
INLINE vector chosen(mask condition, vector yes, vector no) {
  return (vector)(((mask)yes & condition) | ((mask)no & ~condition));
}
INLINE vector magnitude(vector x) { return (vector)((mask)x & 0x7FFFFFFF); }
/// 1.5 * 2^23: the sum of it and a float of magnitude below 2^22 lies in 2^23...2^24, where neighbouring floats are 1 apart, so
/// the addition rounds to the nearest integer, ties to even; the low bits of the sum are that integer.
#define ROUND_TO_INTEGER 0x1.8p23f
/// The nearest integer, ties to even, for magnitudes below 2^22.
INLINE vector rounded(vector x) { return x + ROUND_TO_INTEGER - ROUND_TO_INTEGER; }
INLINE mask odd(vector integer) {
  return -((mask)(integer + ROUND_TO_INTEGER) & 1);
}
INLINE vector with_sign(vector positive, vector sign) {
  return (vector)((mask)positive | ((mask)sign & (int32_t)0x80000000));
}
INLINE vector squared(vector x) { return x * x; }

/// The squared distance between a target's magnitude and the value of a level.
INLINE vector error(vector target, vector level, int quantizer) {
  const vector multiple = level + level;
  return squared(target - (quantizer ? chosen(level > 0, multiple - 1, multiple) : multiple));
}

/// The best even and the best odd level for the magnitude of a target, and their errors.
INLINE void candidates(vector target, int quantizer, vector level[2], vector cost[2]) {
  const vector nearest = quantizer ? rounded((target + 1) * 0.5f) : rounded(target * 0.5f);
  vector other, best = nearest;
  if (quantizer) {
    best = chosen(best < 1, filled(1), best);
    const vector multiple = best + best - 1;
    other = chosen(target < multiple, best - 1, best + 1);
    // The distance between 0 and 1 is half of the others.
    other = chosen(best == 1, chosen(target < 1.5f, filled(0), filled(2)), other);
  } else {
    other = chosen(target < best + best, best - 1, best + 1);
    // Of the odd levels -1 and 1 the positive one is nearer.
    other = chosen(best == 0, filled(1), other);
  }
  const mask is_odd = odd(best);
  level[0] = chosen(is_odd, other, best);
  level[1] = chosen(is_odd, best, other);
  cost[0] = error(target, level[0], quantizer);
  cost[1] = error(target, level[1], quantizer);
}

/// The cost of a level: `none` for zero, else `constant + |level| (linear + |level| quadratic)`.
typedef struct {
  vector none, constant, linear, quadratic;
} price;

INLINE vector cost_of(const price *price, vector level) {
  const vector some = price->constant + level * (price->linear + level * price->quadratic);
  return chosen(level > 0, some, price->none);
}

/// The prices of a class of rows, for each quantizer.
INLINE void set_prices(const sedge_chains *chains, size_t row_class, price prices[2]) {
  for (int quantizer = 0; quantizer < 2; quantizer++) {
    for (size_t i = 0; i < SEDGE_CHAINS; i++) {
      size_t context = row_class + (i < chains->count ? chains->chain_classes[i] : 0);
      if (context >= chains->context_count) context = chains->context_count - 1;
      const float *costs = chains->costs + (2 * context + quantizer) * SEDGE_COSTS;
      prices[quantizer].none[i] = costs[0];
      prices[quantizer].constant[i] = costs[1];
      prices[quantizer].linear[i] = costs[2];
      prices[quantizer].quadratic[i] = costs[3];
    }
  }
}

/// Adds the costs of levels; takes the next smaller level of the same parity where the sum of error and cost is smaller.
INLINE void weigh(const price *price, vector target, int quantizer, vector level[2], vector cost[2]) {
  for (int parity = 0; parity < 2; parity++) {
    const vector smaller = level[parity] - 2;
    const vector total = cost[parity] + cost_of(price, level[parity]);
    const vector total_below = error(target, smaller, quantizer) + cost_of(price, smaller);
    const mask take = (level[parity] >= 2) & (total_below < total);
    level[parity] = chosen(take, smaller, level[parity]);
    cost[parity] = chosen(take, total_below, total);
  }
}

void QUANTIZE_CHAINS(const sedge_chains *chains, void *scratch, int16_t *levels) {
  step *steps = scratch;
  price prices[SEDGE_CONTEXTS][2];
  if (chains->costs != NULL)
    for (size_t i = 0; i < SEDGE_CONTEXTS; i++) set_prices(chains, i, prices[i]);
  vector costs[8];
  for (int state = 0; state < 8; state++) costs[state] = filled(state == 0 ? 0 : 1e30f);
  for (size_t t = 0; t < chains->length; t++) {
    vector target;
    __builtin_memcpy(&target, chains->targets + t * SEDGE_CHAINS, sizeof target);
    const vector sign = target;
    target = magnitude(target);
    vector branch[2][2];
    for (int quantizer = 0; quantizer < 2; quantizer++) {
      vector level[2];
      candidates(target, quantizer, level, branch[quantizer]);
      if (chains->costs != NULL)
        weigh(&prices[chains->row_classes[t]][quantizer], target, quantizer, level, branch[quantizer]);
      for (int parity = 0; parity < 2; parity++) steps[t].levels[quantizer][parity] = with_sign(level[parity], sign);
    }
    vector next[8];
    mask decisions = {};
#pragma clang loop unroll(full)
    for (unsigned state = 0; state < 8; state++) {
      const unsigned first = state >> 1, second = first + 4;
      const vector *quantizer = branch[first & 1];
      const vector a = costs[first] + quantizer[(state & 1) ^ sedge_turn(first)];
      const vector b = costs[second] + quantizer[(state & 1) ^ sedge_turn(second)];
      const mask later = b < a;
      next[state] = chosen(later, b, a);
      decisions |= later & (int32_t)(1 << state);
    }
    steps[t].decisions = decisions;
    // Only differences matter; growing sums would lose precision.
    const vector least = t % 64 == 63 ? next[0] : filled(0);
    for (int state = 0; state < 8; state++) costs[state] = next[state] - least;
  }
  for (size_t i = 0; i < chains->count; i++) {
    unsigned state = 0;
    for (unsigned other = 1; other < 8; other++)
      if (costs[other][i] < costs[state][i]) state = other;
    for (size_t t = chains->length; t-- > 0;) {
      const unsigned before = (state >> 1) + (((unsigned)steps[t].decisions[i] >> state & 1) << 2);
      const unsigned parity = (state & 1) ^ sedge_turn(before);
      levels[t * SEDGE_CHAINS + i] = (int16_t)steps[t].levels[before & 1][parity][i];
      state = before;
    }
  }
}
