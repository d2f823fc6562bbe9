// The inner loops of the trellis codec: choosing levels, and coding them; docs/format.md says what they mean.
#ifndef SEDGE_CODING_H
#define SEDGE_CODING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Chains that are quantized side by side.
#define SEDGE_CHAINS 16
/// Numbers that tell what a level costs: that of zero, and of others a constant, and factors of |level| and |level|^2.
#define SEDGE_COSTS 4
/// Contexts that a matrix has at most; classes of rows and chains are below.
#define SEDGE_CONTEXTS 16
/// Slots of a frequency table.
#define SEDGE_SLOTS 4096

/// Sixteen chains of elements, which the trellis couples each along its length.
typedef struct {
  /// Length x SEDGE_CHAINS, in steps; magnitudes below 2^16.
  const float *targets;
  size_t length;
  /// How many of the chains there are; the targets of the others are ignored.
  size_t count;
  /// What levels cost, in squared steps: contexts x 2 quantizers x SEDGE_COSTS; NULL where only the error counts.
  const float *costs;
  size_t context_count;
  /// The context of an element is `row_classes[row] + chain_classes[chain]`, at most the last context.
  const uint8_t *row_classes;
  const uint8_t *chain_classes;
} sedge_chains;

/// Bytes of scratch memory that sedge_quantize_chains needs.
size_t sedge_chains_scratch(size_t length);

/// Chooses the levels with the least sum of squared errors and costs (Viterbi's algorithm): length x SEDGE_CHAINS.
void sedge_quantize_chains(const sedge_chains *chains, void *scratch, int16_t *levels);

/// The functions that are compiled for several kernel sets; the levels are the same with all of them.
typedef struct {
  const char *name;
  /// See sedge_quantize_chains.
  void (*quantize_chains)(const sedge_chains *chains, void *scratch, int16_t *levels);
} sedge_trellis;

/// The tables that require no instructions beyond `instructions` (see CSedgeProcessor), best first: the table at `index`, null
/// after the last.
const sedge_trellis *sedge_trellis_sets(unsigned instructions, size_t index);

/// Puts four planes of bytes, one after the other, together to binary32 whose bits were rotated left by one.
void sedge_join_planes(const uint8_t *planes, size_t count, float *values);

/// A matrix of levels and how they are coded.
typedef struct {
  size_t rows, columns;
  /// Columns coded side by side, 1...SEDGE_CHAINS, each with a coder of its own.
  size_t lanes;
  /// Low bits of a level that are stored as they are, 0...4.
  unsigned low_bits;
  /// What the first symbol stands for: the level without its low bits.
  int first_symbol;
  /// The symbol that says that a word with the level without its low bits follows; -1 for none.
  int escape;
  /// Of each element `min(row_classes[row] + column_classes[column], context_count - 1)`; classes are 0...15.
  size_t context_count;
  const uint8_t *row_classes;
  const uint8_t *column_classes;
} sedge_level_layout;

/// How a quantizer of a context reads symbols.
typedef struct {
  /// Of each slot the symbol.
  uint8_t symbols[SEDGE_SLOTS];
  /// Of each symbol its slots: how many, and from bit 16 on the first.
  uint32_t ranges[256];
} sedge_table;

/// Makes tables from frequencies and the sums of those before, 256 of each a table.
void sedge_make_tables(size_t count, const uint16_t *frequencies, const uint16_t *starts, sedge_table *tables);

/// Decodes a stream of words to float32: (level as its quantizer has it) * row_steps[row] * column_steps[column].
///
/// `tables` are two for each context, one for each quantizer. Returns false where the words do not end exactly where the
/// elements do.
bool sedge_decode_levels(
    const sedge_level_layout *layout, const sedge_table *tables, const float *row_steps, const float *column_steps,
    const uint8_t *words, size_t word_count, float *values);

/// Counts how often each quantizer of each context has each level: context_count x 2 x span; all levels are in
/// first...first + span - 1. Of the layout, rows, columns and classes are looked at.
void sedge_count_levels(
    const sedge_level_layout *layout, const int16_t *levels, int first, size_t span, uint64_t *counts);

/// Codes levels; `frequencies` and `starts` have context_count x 2 x 256 entries. Words are written to the end of
/// `words`.
///
/// Returns the number of words, or SIZE_MAX where they are more than `capacity`.
size_t sedge_encode_levels(
    const sedge_level_layout *layout, const int16_t *levels, const uint16_t *frequencies, const uint16_t *starts,
    uint16_t *words, size_t capacity);

/// What levels stand for: as sedge_decode_levels, from levels that were not coded.
void sedge_reconstruct_levels(
    size_t rows, size_t columns, const int16_t *levels, const float *row_steps, const float *column_steps,
    float *values);

#endif
