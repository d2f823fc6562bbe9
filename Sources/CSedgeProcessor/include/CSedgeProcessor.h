// Which instructions the inner loops of a process use: those of the processor, or fewer where SEDGE_KERNELS says so.
//
// CSedgeKernels, CSedgeCoding and CSedgeLinearAlgebra compile their loops for several of these sets and ask here.
#ifndef CSEDGEPROCESSOR_H
#define CSEDGEPROCESSOR_H

/// Instructions beyond those that every processor of an architecture has; a set of them is a sum.
enum {
  /// AVX2 and FMA.
  SEDGE_AVX2 = 1 << 0,
  /// Products of four bytes in registers of AVX2 (AVX-VNNI).
  SEDGE_AVX_VNNI = 1 << 1,
  /// AVX-512 F, BW, DQ and VL.
  SEDGE_AVX512 = 1 << 2,
  /// Products of four bytes in registers of AVX-512 (VNNI).
  SEDGE_AVX512_VNNI = 1 << 3,
  /// Products of two bfloat16 in registers of AVX-512.
  SEDGE_AVX512_BF16 = 1 << 4,
  /// What every arm64 processor has.
  SEDGE_NEON = 1 << 5,
  /// Products of four signed bytes (DotProd).
  SEDGE_NEON_DOTPROD = 1 << 6,
  /// The same where one factor is unsigned (I8MM).
  SEDGE_NEON_I8MM = 1 << 7,
};

/// A set of instructions under the name that users know it by.
typedef struct {
  const char *name;
  unsigned instructions;
} sedge_instruction_set;

/// All sets there are, of all architectures, the best of each first; ended by a null name.
extern const sedge_instruction_set sedge_instruction_sets[];

/// The set of a name, or null.
const sedge_instruction_set *sedge_instruction_set_named(const char *name);

/// What this processor, and the system on it, can run.
unsigned sedge_processor_instructions(void);

/// What SEDGE_KERNELS names; null where it is not set or empty. Read once.
const char *sedge_requested_set(void);

/// What this process may use: the instructions of the set that SEDGE_KERNELS names, or all that the processor has.
///
/// Where SEDGE_KERNELS cannot be followed there are none; whoever computes must refuse it before.
unsigned sedge_allowed_instructions(void);

#endif
