// The loops of the codecs: optimal levels, the same on every processor; byte planes; entropy coding and decoding.
#include "driver.h"
#include "sets.h"

/// The trellis of docs/format.md.
static unsigned next_state(unsigned state, int level) {
  return (state << 1 & 7) | (((unsigned)level & 1) ^ ((state >> 1 ^ state >> 2) & 1));
}
static int multiple(unsigned state, int level) {
  return 2 * level - (state & 1 ? (level > 0) - (level < 0) : 0);
}

/// The least sum of squared errors of one chain, over all levels near each target.
static double least_error(const float *targets, size_t stride, size_t length) {
  double costs[8] = {0}, next[8];
  for (int s = 1; s < 8; s++) costs[s] = INFINITY;
  for (size_t t = 0; t < length; t++) {
    const double target = targets[t * stride];
    for (int s = 0; s < 8; s++) next[s] = INFINITY;
    for (unsigned s = 0; s < 8; s++)
      for (int level = (int)floor(target / 2) - 3; level <= (int)ceil(target / 2) + 3; level++) {
        const double error = target - multiple(s, level), cost = costs[s] + error * error;
        const unsigned to = next_state(s, level);
        if (cost < next[to]) next[to] = cost;
      }
    memcpy(costs, next, sizeof costs);
  }
  double least = INFINITY;
  for (int s = 0; s < 8; s++) least = fmin(least, costs[s]);
  return least;
}

static void check_chains(const sedge_trellis *set) {
  const char *name = set->name;
  outcome outcome = {"quantize_chains", name};
  enum { LENGTH = 300 };
  static float targets[LENGTH * SEDGE_CHAINS];
  static uint8_t row_classes[LENGTH], chain_classes[SEDGE_CHAINS];
  float costs[3 * 2 * SEDGE_COSTS];
  seed(10);
  for (size_t length = 1; length <= LENGTH; length += 1 + length / 3)
    for (int has_costs = 0; has_costs < 2; has_costs++)
      for (int place = 0; place < PLACES; place++) {
        const size_t count = 1 + random_below(SEDGE_CHAINS);
        const double spread = length % 2 ? 3 : 200;
        for (size_t i = 0; i < length * SEDGE_CHAINS; i++) targets[i] = (float)(spread * random_float());
        for (size_t i = 0; i < length; i++) row_classes[i] = (uint8_t)random_below(2);
        for (size_t i = 0; i < SEDGE_CHAINS; i++) chain_classes[i] = (uint8_t)random_below(2);
        for (int i = 0; i < 3 * 2 * SEDGE_COSTS; i++) costs[i] = fabsf(random_float()) * (i % 4 == 3 ? 0.01f : 1);
        start_case(place);
        running("quantize_chains", name);
        int16_t *levels = GIVE(int16_t, length * SEDGE_CHAINS);
        for (size_t i = 0; i < length * SEDGE_CHAINS; i++) levels[i] = 0;
        const sedge_chains chains = {COPY(targets, length * SEDGE_CHAINS), (size_t)length, (size_t)count,
                                     has_costs ? COPY(costs, 3 * 2 * SEDGE_COSTS) : NULL, 3,
                                     COPY(row_classes, length), COPY(chain_classes, count)};
        // Scratch memory must be aligned for vectors.
        void *scratch = sedge_allocate(sedge_chains_scratch((size_t)length));
        set->quantize_chains(&chains, scratch, levels);
        sedge_free(scratch);
        end_case();
        digest("quantize_chains", name, levels, (size_t)(length * SEDGE_CHAINS) * 2);
        for (size_t chain = 0; chain < count && !has_costs; chain++) {
          double error = 0;
          unsigned state = 0;
          for (size_t t = 0; t < length; t++) {
            const int level = levels[t * SEDGE_CHAINS + chain];
            const double difference = targets[t * SEDGE_CHAINS + chain] - multiple(state, level);
            error += difference * difference;
            state = next_state(state, level);
          }
          // Sums of up to 64 steps, each at most 4, are compared in float32.
          const double least = least_error(targets + chain, SEDGE_CHAINS, length);
          expect(&outcome, error, least, (double)length * 64 * 4 * 4 * ROUNDING);
        }
      }
  report(&outcome);
}

static void check_planes(void) {
  outcome outcome = {"join_planes", "any"};
  static uint8_t planes[4 * 700];
  seed(11);
  for (size_t count = 0; count < 700; count += 1 + count / 4)
    for (int place = 0; place < PLACES; place++) {
      for (size_t i = 0; i < 4 * count; i++) planes[i] = (uint8_t)random_bits();
      start_case(place);
      running("join_planes", "any");
      uint32_t *values = GIVE(uint32_t, count);
      sedge_join_planes(COPY(planes, 4 * count), count, (float *)values);
      end_case();
      for (size_t i = 0; i < count; i++) {
        const uint32_t rotated = (uint32_t)planes[i] << 24 | (uint32_t)planes[count + i] << 16 |
                                 (uint32_t)planes[2 * count + i] << 8 | planes[3 * count + i];
        expect(&outcome, values[i], rotated >> 1 | rotated << 31, 0);
      }
      digest("join_planes", "any", values, count * 4);
    }
  report(&outcome);
}

static void check_coding_of_levels(void) {
  outcome decoded = {"decode_levels", "any"}, made = {"reconstruct_levels", "any"}, counted = {"count_levels", "any"};
  enum { ROWS = 37, COLUMNS = 45, CONTEXTS = 3, SPAN = 121 };
  static int16_t levels[ROWS * COLUMNS];
  static uint16_t frequencies[CONTEXTS * 2 * 256], starts[CONTEXTS * 2 * 256], words[4 * ROWS * COLUMNS];
  static sedge_table tables[CONTEXTS * 2];
  static uint64_t counts[CONTEXTS * 2 * SPAN];
  uint8_t row_classes[ROWS], column_classes[COLUMNS];
  float row_steps[ROWS], column_steps[COLUMNS];
  seed(12);
  for (int number = 0; number < 24; number++) {
    const size_t rows = 1 + (size_t)random_below(ROWS), columns = 1 + (size_t)random_below(COLUMNS);
    const size_t contexts = number % 2 ? CONTEXTS : 1;
    const sedge_level_layout layout = {.rows = rows,
                                       .columns = columns,
                                       .lanes = number % 3 == 0 ? SEDGE_CHAINS : 1 + (size_t)random_below(SEDGE_CHAINS),
                                       .low_bits = (unsigned)(number % 3),
                                       .first_symbol = -16,
                                       .escape = 40,
                                       .context_count = contexts,
                                       .row_classes = row_classes,
                                       .column_classes = column_classes};
    for (size_t i = 0; i < rows; i++) row_classes[i] = (uint8_t)random_below(2), row_steps[i] = 1 + random_float() / 2;
    for (size_t i = 0; i < columns; i++)
      column_classes[i] = (uint8_t)random_below(2), column_steps[i] = 1 + random_float() / 2;
    for (size_t i = 0; i < rows * columns; i++) levels[i] = (int16_t)(random_below(SPAN) - 60);
    for (size_t table = 0; table < contexts * 2; table++) {
      uint16_t *f = frequencies + table * 256, start = 0;
      memset(f, 0, 512);
      for (int s = 0; s < 41; s++) f[s] = (uint16_t)(s == 40 ? 96 : 100);
      for (int s = 0; s < 256; s++) starts[table * 256 + (size_t)s] = start, start += f[s];
    }
    sedge_make_tables(contexts * 2, frequencies, starts, tables);
    const size_t capacity = sizeof words / 2;
    const size_t count = sedge_encode_levels(&layout, levels, frequencies, starts, words, capacity);
    if (count > capacity) {
      expect(&decoded, NAN, 0, 0);
      continue;
    }
    digest("encode_levels", "any", words + capacity - count, count * 2);
    for (int place = 0; place < PLACES; place++) {
      start_case(place);
      running("decode_levels", "any");
      float *values = GIVE(float, rows * columns), *plain = GIVE(float, rows * columns);
      const float *r = COPY(row_steps, rows), *c = COPY(column_steps, columns);
      const uint8_t *stream = COPY(words + capacity - count, count);
      sedge_level_layout given = layout;
      given.row_classes = COPY(row_classes, rows), given.column_classes = COPY(column_classes, columns);
      const int is_whole = sedge_decode_levels(&given, tables, r, c, stream, count, values);
      sedge_reconstruct_levels(rows, columns, COPY(levels, rows * columns), r, c, plain);
      memset(counts, 0, sizeof counts);
      sedge_count_levels(&given, COPY(levels, rows * columns), -60, SPAN, counts);
      end_case();
      expect(&decoded, is_whole, 1, 0);
      // A stream without its last word is rejected.
      if (count > 2 * layout.lanes)
        expect(&decoded, sedge_decode_levels(&given, tables, r, c, stream, count - 1, values), 0, 0);
      sedge_decode_levels(&given, tables, r, c, stream, count, values);
      for (size_t column = 0; column < columns; column++) {
        unsigned state = 0;
        for (size_t row = 0; row < rows; row++) {
          const size_t at = row * columns + column;
          const float expected = (float)multiple(state, levels[at]) * row_steps[row] * column_steps[column];
          expect(&decoded, values[at], expected, 0);
          expect(&made, plain[at], expected, 0);
          size_t context = (size_t)row_classes[row] + column_classes[column];
          if (context >= contexts) context = contexts - 1;
          counts[(2 * context + (state & 1)) * SPAN + (size_t)(levels[at] + 60)]--;
          state = next_state(state, levels[at]);
        }
      }
      for (size_t i = 0; i < contexts * 2 * SPAN; i++) expect(&counted, (double)counts[i], 0, 0);
    }
  }
  report(&decoded);
  report(&made);
  report(&counted);
}

void check_levels(void) {
  const sedge_trellis *set;
  for (size_t i = 0; (set = trellis_set(i)) != NULL; i++) check_chains(set);
  check_planes();
  check_coding_of_levels();
}
