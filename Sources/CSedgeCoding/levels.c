// Levels to words and back: asymmetric numeral systems with 32-bit states and 16-bit words.
//
// Duda, "Asymmetric numeral systems" (2013); a coder for each lane, all on one stream of words (Giesen, "Interleaved
// entropy coders", 2014).

#include "trellis.h"

#define SLOT_BITS 12
#define LOWEST (1u << 16)

typedef struct {
  const uint8_t *next, *end;
  bool is_short;
} reader;

static inline uint32_t word(reader *words) {
  if (words->next == words->end) {
    words->is_short = true;
    return 0;
  }
  const uint32_t value = words->next[0] | (uint32_t)words->next[1] << 8;
  words->next += 2;
  return value;
}

/// Decodes one element and moves its lane on.
static inline int decode(
    const sedge_level_layout *layout, const sedge_slot *slots, uint32_t *state, unsigned *trellis, reader *words) {
  const sedge_slot slot = slots[(*trellis & 1) * SEDGE_SLOTS + (*state & (SEDGE_SLOTS - 1))];
  uint32_t x = ((slot & 0xFFF) + 1) * (*state >> SLOT_BITS) + (slot >> 12 & 0xFFF);
  const uint32_t low = x & ((1u << layout->low_bits) - 1);
  x >>= layout->low_bits;
  if (x < LOWEST) x = x << 16 | word(words);
  *state = x;
  const int symbol = (int)(slot >> 24);
  int high = symbol + layout->first_symbol;
  if (__builtin_expect(symbol == layout->escape, 0)) high = (int16_t)word(words);
  // As 16 bits, so that no damaged file makes more of it.
  const int level = (int16_t)((uint32_t)high << layout->low_bits | low);
  const int multiple = sedge_multiple(*trellis, level);
  *trellis = sedge_next_state(*trellis, level);
  return multiple;
}

static inline size_t context(const sedge_level_layout *layout, size_t row, size_t column) {
  const size_t sum = (size_t)layout->row_classes[row] + layout->column_classes[column];
  return sum < layout->context_count ? sum : layout->context_count - 1;
}

/// Decodes some columns; where `lanes` is a constant the compiler unrolls the inner loop.
static inline __attribute__((always_inline)) void decode_columns(
    const sedge_level_layout *layout, const sedge_slot *slots, const float *row_steps, const float *column_steps,
    size_t first, size_t lanes, uint32_t *states, reader *words, float *values) {
  unsigned trellis[SEDGE_CHAINS] = {0};
  const bool has_contexts = layout->context_count > 1;
  for (size_t row = 0; row < layout->rows; row++) {
    float *target = values + row * layout->columns + first;
    const float row_step = row_steps[row];
    for (size_t lane = 0; lane < lanes; lane++) {
      const sedge_slot *table =
          has_contexts ? slots + context(layout, row, first + lane) * 2 * SEDGE_SLOTS : slots;
      const int multiple = decode(layout, table, &states[lane], &trellis[lane], words);
      target[lane] = (float)multiple * row_step * column_steps[first + lane];
    }
  }
}

bool sedge_decode_levels(
    const sedge_level_layout *layout, const sedge_slot *slots, const float *row_steps, const float *column_steps,
    const uint8_t *bytes, size_t word_count, float *values) {
  reader words = {bytes, bytes + 2 * word_count, false};
  uint32_t states[SEDGE_CHAINS];
  for (size_t lane = 0; lane < layout->lanes; lane++) {
    const uint32_t low = word(&words);
    states[lane] = word(&words) << 16 | low;
    if (states[lane] < LOWEST) return false;
  }
  if (words.is_short) return false;
  for (size_t first = 0; first < layout->columns; first += layout->lanes) {
    const size_t lanes = layout->columns - first < layout->lanes ? layout->columns - first : layout->lanes;
    if (lanes == SEDGE_CHAINS)
      decode_columns(layout, slots, row_steps, column_steps, first, SEDGE_CHAINS, states, &words, values);
    else
      decode_columns(layout, slots, row_steps, column_steps, first, lanes, states, &words, values);
    if (words.is_short) return false;
  }
  for (size_t lane = 0; lane < layout->lanes; lane++)
    if (states[lane] != LOWEST) return false;
  return words.next == words.end;
}

void sedge_count_levels(
    const sedge_level_layout *layout, const int16_t *levels, int first_level, size_t span, uint64_t *counts) {
  unsigned trellis[SEDGE_CHAINS];
  for (size_t first = 0; first < layout->columns; first += SEDGE_CHAINS) {
    const size_t count = layout->columns - first < SEDGE_CHAINS ? layout->columns - first : SEDGE_CHAINS;
    for (size_t lane = 0; lane < SEDGE_CHAINS; lane++) trellis[lane] = 0;
    for (size_t row = 0; row < layout->rows; row++) {
      for (size_t lane = 0; lane < count; lane++) {
        const int level = levels[row * layout->columns + first + lane];
        const size_t table = 2 * context(layout, row, first + lane) + (trellis[lane] & 1);
        const size_t place = (size_t)(level - first_level);
        if (place < span) counts[table * span + place]++;
        trellis[lane] = sedge_next_state(trellis[lane], level);
      }
    }
  }
}

size_t sedge_encode_levels(
    const sedge_level_layout *layout, const int16_t *levels, const uint16_t *frequencies, const uint16_t *starts,
    uint16_t *words, size_t capacity) {
  uint16_t *next = words + capacity;
  uint32_t states[SEDGE_CHAINS];
  for (size_t lane = 0; lane < layout->lanes; lane++) states[lane] = LOWEST;
  const size_t groups = (layout->columns + layout->lanes - 1) / layout->lanes;
  // The quantizer of each element of a group, as the decoder will find it.
  uint8_t *quantizers = __builtin_malloc(layout->rows * layout->lanes + 1);
  if (quantizers == NULL) return SIZE_MAX;
  size_t result = SIZE_MAX;
  for (size_t group = groups; group-- > 0;) {
    const size_t first = group * layout->lanes;
    const size_t lanes = layout->columns - first < layout->lanes ? layout->columns - first : layout->lanes;
    for (size_t lane = 0; lane < lanes; lane++) {
      unsigned trellis = 0;
      for (size_t row = 0; row < layout->rows; row++) {
        quantizers[row * layout->lanes + lane] = trellis & 1;
        trellis = sedge_next_state(trellis, levels[row * layout->columns + first + lane]);
      }
    }
    for (size_t row = layout->rows; row-- > 0;) {
      if ((size_t)(next - words) < 2 * lanes) goto done;
      for (size_t lane = lanes; lane-- > 0;) {
        const int level = levels[row * layout->columns + first + lane];
        const int high = level >> layout->low_bits;
        int symbol = high - layout->first_symbol;
        const size_t table = 2 * context(layout, row, first + lane) + quantizers[row * layout->lanes + lane];
        const uint16_t *f = frequencies + table * 256;
        if (symbol < 0 || symbol > 255 || symbol == layout->escape || f[symbol] == 0) {
          symbol = layout->escape;
          if (symbol < 0 || f[symbol] == 0) goto done;
          *--next = (uint16_t)high;
        }
        uint32_t x = states[lane];
        const uint64_t limit = (uint64_t)f[symbol] << (32 - SLOT_BITS - layout->low_bits);
        if (x >= limit) {
          *--next = (uint16_t)x;
          x >>= 16;
        }
        x = x << layout->low_bits | ((uint32_t)level & ((1u << layout->low_bits) - 1));
        states[lane] = (x / f[symbol] << SLOT_BITS) + x % f[symbol] + starts[table * 256 + (size_t)symbol];
      }
    }
  }
  if ((size_t)(next - words) < 2 * layout->lanes) goto done;
  for (size_t lane = layout->lanes; lane-- > 0;) {
    *--next = (uint16_t)(states[lane] >> 16);
    *--next = (uint16_t)states[lane];
  }
  result = (size_t)(words + capacity - next);
done:
  __builtin_free(quantizers);
  return result;
}

void sedge_reconstruct_levels(
    size_t rows, size_t columns, const int16_t *levels, const float *row_steps, const float *column_steps,
    float *values) {
  for (size_t first = 0; first < columns; first += SEDGE_CHAINS) {
    const size_t count = columns - first < SEDGE_CHAINS ? columns - first : SEDGE_CHAINS;
    unsigned trellis[SEDGE_CHAINS] = {0};
    for (size_t row = 0; row < rows; row++) {
      for (size_t lane = 0; lane < count; lane++) {
        const size_t at = row * columns + first + lane;
        const int multiple = sedge_multiple(trellis[lane], levels[at]);
        trellis[lane] = sedge_next_state(trellis[lane], levels[at]);
        values[at] = (float)multiple * row_steps[row] * column_steps[first + lane];
      }
    }
  }
}
