// The inner loops of the codecs: trellis quantization, entropy coding, byte planes; docs/format.md defines them.
#ifndef SEDGE_CODING_H
#define SEDGE_CODING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Chains that are quantized side by side.
#define SEDGE_CHAINS 16
/// Numbers of the cost of a level: the cost of zero; for other levels a constant and the factors of |level| and |level|^2.
#define SEDGE_COSTS 4
/// The maximum number of contexts of a matrix; classes of rows and chains are below it.
#define SEDGE_CONTEXTS 16
/// The number of slots of a frequency table.
#define SEDGE_SLOTS 4096

/// Sixteen chains of elements; the trellis couples the elements of each chain.
typedef struct {
  /// Length x SEDGE_CHAINS, in steps; magnitudes below 2^16.
  const float *targets;
  size_t length;
  /// The number of chains in use; the targets of the other chains are ignored.
  size_t count;
  /// The costs of levels, in squared steps: contexts x 2 quantizers x SEDGE_COSTS; NULL for costs of 0.
  const float *costs;
  size_t context_count;
  /// The context of an element is `row_classes[row] + chain_classes[chain]`, at most the last context.
  const uint8_t *row_classes;
  const uint8_t *chain_classes;
} sedge_chains;

/// The bytes of scratch memory of sedge_quantize_chains, aligned for vectors.
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

/// Joins four adjacent byte planes to binary32; the bits of each number were rotated left by one.
void sedge_join_planes(const uint8_t *planes, size_t count, float *values);

/// A matrix of levels and the parameters of its entropy coding.
typedef struct {
  size_t rows, columns;
  /// Columns that are coded in parallel, 1...SEDGE_CHAINS, each with its own coder state.
  size_t lanes;
  /// The number of low bits of a level that are stored without modelling, 0...4.
  unsigned low_bits;
  /// The level, without its low bits, of the first symbol.
  int first_symbol;
  /// The symbol before a word that holds the level without its low bits; -1 for none.
  int escape;
  /// The context of an element is `min(row_classes[row] + column_classes[column], context_count - 1)`; classes are 0...15.
  size_t context_count;
  const uint8_t *row_classes;
  const uint8_t *column_classes;
} sedge_level_layout;

/// The decoding table of one quantizer of one context.
typedef struct {
  /// The symbol of each slot.
  uint8_t symbols[SEDGE_SLOTS];
  /// The slots of each symbol: their number, and from bit 16 on the first slot.
  uint32_t ranges[256];
} sedge_table;

/// Makes tables from frequencies and their exclusive prefix sums, 256 of each for every table.
void sedge_make_tables(size_t count, const uint16_t *frequencies, const uint16_t *starts, sedge_table *tables);

/// Decodes a stream of words to float32: the multiple of the level in its quantizer * row_steps[row] * column_steps[column].
///
/// `tables` has two tables for each context, one for each quantizer. Returns false unless the words end exactly with the last
/// element.
bool sedge_decode_levels(
    const sedge_level_layout *layout, const sedge_table *tables, const float *row_steps, const float *column_steps,
    const uint8_t *words, size_t word_count, float *values);

/// Counts the levels of each quantizer of each context: context_count x 2 x span; all levels are in first...first + span - 1. Uses
/// the rows, columns and classes of the layout only.
void sedge_count_levels(
    const sedge_level_layout *layout, const int16_t *levels, int first, size_t span, uint64_t *counts);

/// Encodes levels; `frequencies` and `starts` have context_count x 2 x 256 entries. Words are written to the end of `words`.
///
/// Returns the number of words; SIZE_MAX if it exceeds `capacity`.
size_t sedge_encode_levels(
    const sedge_level_layout *layout, const int16_t *levels, const uint16_t *frequencies, const uint16_t *starts,
    uint16_t *words, size_t capacity);

/// The values of levels: as sedge_decode_levels, from levels in memory.
void sedge_reconstruct_levels(
    size_t rows, size_t columns, const int16_t *levels, const float *row_steps, const float *column_steps,
    float *values);

#endif
