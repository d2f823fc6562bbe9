// The kernel sets, the set that this process computes with, and the registry through which every C target finds its functions.
//
// CSedgeKernels, CSedgeCoding and CSedgeLinearAlgebra each compile their inner loops for several kernel sets.
#ifndef CSEDGEPROCESSOR_H
#define CSEDGEPROCESSOR_H

#include <stddef.h>

/// Instruction set extensions; combined by bitwise or.
enum {
  /// AVX2 and FMA.
  SEDGE_AVX2 = 1 << 0,
  /// Dot products of four 8-bit integers in 256-bit registers (AVX-VNNI).
  SEDGE_AVX_VNNI = 1 << 1,
  /// AVX-512 F, BW, DQ and VL.
  SEDGE_AVX512 = 1 << 2,
  /// Dot products of four 8-bit integers in 512-bit registers (AVX-512 VNNI).
  SEDGE_AVX512_VNNI = 1 << 3,
  /// Dot products of two bfloat16 in 512-bit registers (AVX-512 BF16).
  SEDGE_AVX512_BF16 = 1 << 4,
  /// The base instructions of every arm64 processor.
  SEDGE_NEON = 1 << 5,
  /// Dot products of four signed 8-bit integers (DotProd).
  SEDGE_NEON_DOTPROD = 1 << 6,
  /// Dot products of four 8-bit integers, one factor signed and the other unsigned (I8MM).
  SEDGE_NEON_I8MM = 1 << 7,
  /// Dot products of two bfloat16 (BF16).
  SEDGE_NEON_BF16 = 1 << 8,
};

/// The kernel sets of all architectures; of each architecture the best set first, but see sedge_has_slow_bf16.
enum {
  SEDGE_KERNELS_AVX512_BF16,
  SEDGE_KERNELS_AVX512,
  SEDGE_KERNELS_AVX2_VNNI,
  SEDGE_KERNELS_AVX2,
  SEDGE_KERNELS_NEON_BF16,
  SEDGE_KERNELS_NEON_I8MM,
  SEDGE_KERNELS_NEON_DOTPROD,
  SEDGE_KERNELS_NEON,
  SEDGE_KERNELS_PORTABLE,
  SEDGE_KERNEL_SET_COUNT,
};

/// A kernel set: its name in SEDGE_KERNELS and the instruction set extensions that it requires.
typedef struct {
  const char *name;
  unsigned instructions;
} sedge_kernel_set;

/// The table of kernel sets, indexed by the SEDGE_KERNELS_... constants.
extern const sedge_kernel_set sedge_kernel_sets[SEDGE_KERNEL_SET_COUNT];

/// The kernel set of this name, or null.
const sedge_kernel_set *sedge_kernel_set_named(const char *name);

/// Whether this processor multiplies bfloat16 more slowly than float32: avx512 is preferred to avx512-bf16 then.
///
/// The vendor decides, so that the same kind of machine computes the same bits.
int sedge_has_slow_bf16(void);

/// The instruction set extensions that this processor and its operating system support.
unsigned sedge_processor_instructions(void);

/// The value of the environment variable SEDGE_KERNELS at the first call of any of these functions; null where it is unset or
/// empty.
const char *sedge_requested_set(void);

/// The instruction set extensions that this process uses: those of the set in SEDGE_KERNELS, or all that the processor has.
///
/// No extensions where SEDGE_KERNELS names no set that the processor supports; callers must refuse to compute then.
unsigned sedge_allowed_instructions(void);

/// The functions of one C target: a table for each kernel set that the target is compiled for, null for the other sets.
typedef const void *const sedge_registry[SEDGE_KERNEL_SET_COUNT];

/// The registered tables that require no instructions beyond `instructions`, best first: the table at `index`, null after the
/// last.
const void *sedge_registered(sedge_registry registry, unsigned instructions, size_t index);

#endif
