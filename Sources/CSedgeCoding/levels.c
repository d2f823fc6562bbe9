// Entropy coding of levels: asymmetric numeral systems with 32-bit states and 16-bit words.
//
// Duda, "Asymmetric numeral systems" (2013); a coder for each lane, all on one stream of words (Giesen, "Interleaved
// entropy coders", 2014).

#include <string.h>

#include "trellis.h"

#define SLOT_BITS 12
#define LOWEST (1u << 16)

#define INLINE static inline __attribute__((always_inline))

/// The position in the stream of words.
typedef struct {
  const uint8_t *next, *end;
  bool is_short;
} reader;

static inline size_t words_left(const reader *words) { return (size_t)(words->end - words->next) / 2; }

/// The next word, without consuming it.
static inline uint32_t peek(const reader *words) { return words->next[0] | (uint32_t)words->next[1] << 8; }

/// Consumes a word; zero after the last.
static inline uint32_t take(reader *words) {
  if (words->next == words->end) {
    words->is_short = true;
    return 0;
  }
  const uint32_t value = peek(words);
  words->next += 2;
  return value;
}

static inline size_t context(const sedge_level_layout *layout, size_t row, size_t column) {
  const size_t sum = (size_t)layout->row_classes[row] + layout->column_classes[column];
  return sum < layout->context_count ? sum : layout->context_count - 1;
}

/// Decodes one element and advances its lane. With `is_ample` at least two words remain, and only an escape branches.
INLINE int decode(
    const sedge_level_layout *layout, const sedge_table *tables, bool has_low_bits, bool is_ample, uint32_t *state,
    unsigned *trellis, reader *words) {
  const unsigned t = *trellis;
  const uint32_t slot = *state & (SEDGE_SLOTS - 1);
  const sedge_table *table = tables + (t & 1);
  const unsigned symbol = table->symbols[slot];
  const uint32_t range = table->ranges[symbol];
  uint32_t x = (range & 0xFFFF) * (*state >> SLOT_BITS) + slot - (range >> 16);
  const unsigned low_bits = has_low_bits ? layout->low_bits : 0;
  const uint32_t low = x & ((1u << low_bits) - 1);
  x >>= low_bits;
  if (is_ample) {
    const bool is_low = x < LOWEST;
    const uint32_t longer = x << 16 | peek(words);
    words->next += is_low ? 2 : 0;
    *state = is_low ? longer : x;
  } else {
    *state = x < LOWEST ? x << 16 | take(words) : x;
  }
  uint32_t high = symbol + (uint32_t)layout->first_symbol;
  if (__builtin_expect((int)symbol == layout->escape, 0)) high = take(words);
  // 16 bits, so that a damaged file cannot exceed the range of levels.
  const int level = (int16_t)(high << low_bits | low);
  *trellis = sedge_next_state(t, level);
  return sedge_multiple(t, level);
}

/// The number of sums of two classes.
#define CLASS_SUMS (2 * SEDGE_CONTEXTS - 1)

/// Decodes some columns; where `lanes` is a constant the compiler unrolls the inner loops. `tables` has the tables of each sum of
/// classes.
INLINE void decode_columns(
    const sedge_level_layout *layout, const sedge_table **tables, const float *row_steps, const float *column_steps,
    size_t first, size_t lanes, bool has_contexts, bool has_low_bits, uint32_t *states, reader *stream,
    float *values) {
  unsigned trellis[SEDGE_CHAINS] = {0};
  reader words = *stream;
  for (size_t row = 0; row < layout->rows; row++) {
    float *target = values + row * layout->columns + first;
    int32_t multiples[SEDGE_CHAINS];
    const bool is_ample = words_left(&words) >= 2 * lanes;
    const sedge_table **row_tables = has_contexts ? tables + layout->row_classes[row] : tables;
    for (size_t lane = 0; lane < lanes; lane++) {
      const sedge_table *some = row_tables[has_contexts ? layout->column_classes[first + lane] : 0];
      multiples[lane] = is_ample ? decode(layout, some, has_low_bits, true, &states[lane], &trellis[lane], &words)
                                 : decode(layout, some, has_low_bits, false, &states[lane], &trellis[lane], &words);
    }
    for (size_t lane = 0; lane < lanes; lane++)
      target[lane] = (float)multiples[lane] * row_steps[row] * column_steps[first + lane];
  }
  *stream = words;
}

void sedge_make_tables(size_t count, const uint16_t *frequencies, const uint16_t *starts, sedge_table *tables) {
  for (size_t table = 0; table < count; table++) {
    for (size_t symbol = 0; symbol < 256; symbol++) {
      const size_t frequency = frequencies[table * 256 + symbol], start = starts[table * 256 + symbol];
      tables[table].ranges[symbol] = (uint32_t)(start << 16 | frequency);
      if (frequency > 0) memset(tables[table].symbols + start, (int)symbol, frequency);
    }
  }
}

bool sedge_decode_levels(
    const sedge_level_layout *layout, const sedge_table *tables, const float *row_steps, const float *column_steps,
    const uint8_t *bytes, size_t word_count, float *values) {
  reader words = {bytes, bytes + 2 * word_count, false};
  uint32_t states[SEDGE_CHAINS];
  for (size_t lane = 0; lane < layout->lanes; lane++) {
    const uint32_t low = take(&words);
    states[lane] = take(&words) << 16 | low;
    if (states[lane] < LOWEST) return false;
  }
  const sedge_table *of_sums[CLASS_SUMS];
  for (size_t sum = 0; sum < CLASS_SUMS; sum++)
    of_sums[sum] = tables + 2 * (sum < layout->context_count ? sum : layout->context_count - 1);
  for (size_t first = 0; first < layout->columns && !words.is_short; first += layout->lanes) {
    const size_t lanes = layout->columns - first < layout->lanes ? layout->columns - first : layout->lanes;
#define DECODE(lanes, has_contexts, has_low_bits)                                                                 \
  decode_columns(                                                                                                \
      layout, of_sums, row_steps, column_steps, first, lanes, has_contexts, has_low_bits, states, &words, values)
    if (lanes < SEDGE_CHAINS)
      DECODE(lanes, true, true);
    else if (layout->context_count > 1)
      DECODE(SEDGE_CHAINS, true, true);
    else if (layout->low_bits > 0)
      DECODE(SEDGE_CHAINS, false, true);
    else
      DECODE(SEDGE_CHAINS, false, false);
  }
  for (size_t lane = 0; lane < layout->lanes; lane++)
    if (states[lane] != LOWEST) return false;
  return !words.is_short && words.next == words.end;
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
  // The quantizer of each element of a group, as in the decoder.
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
