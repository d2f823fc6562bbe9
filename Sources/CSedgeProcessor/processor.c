// Finds out what the processor can run and what SEDGE_KERNELS allows of it.

#include "CSedgeProcessor.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#elif defined(__aarch64__) && defined(__APPLE__)
#include <sys/sysctl.h>
#endif

const sedge_instruction_set sedge_instruction_sets[] = {
    {"avx512-bf16", SEDGE_AVX2 | SEDGE_AVX512 | SEDGE_AVX512_VNNI | SEDGE_AVX512_BF16},
    {"avx512", SEDGE_AVX2 | SEDGE_AVX512 | SEDGE_AVX512_VNNI},
    {"avx2-vnni", SEDGE_AVX2 | SEDGE_AVX_VNNI},
    {"avx2", SEDGE_AVX2},
    {"neon-i8mm", SEDGE_NEON | SEDGE_NEON_DOTPROD | SEDGE_NEON_I8MM},
    {"neon-dotprod", SEDGE_NEON | SEDGE_NEON_DOTPROD},
    {"neon", SEDGE_NEON},
    {"portable", 0},
    {NULL, 0},
};

const sedge_instruction_set *sedge_instruction_set_named(const char *name) {
  for (const sedge_instruction_set *set = sedge_instruction_sets; set->name != NULL; set++)
    if (strcmp(set->name, name) == 0) return set;
  return NULL;
}

#if defined(__aarch64__)
#if defined(__linux__)
// Bits of Linux's arch/arm64/include/uapi/asm/hwcap.h.
#define ASIMDDP (1UL << 20)
#define I8MM (1UL << 13)

static int has_dotprod(void) { return (getauxval(AT_HWCAP) & ASIMDDP) != 0; }
static int has_i8mm(void) { return (getauxval(AT_HWCAP2) & I8MM) != 0; }
#elif defined(__APPLE__)
static int has(const char *name) {
  int value = 0;
  size_t size = sizeof value;
  return sysctlbyname(name, &value, &size, 0, 0) == 0 && value != 0;
}

static int has_dotprod(void) { return has("hw.optional.arm.FEAT_DotProd"); }
static int has_i8mm(void) { return has("hw.optional.arm.FEAT_I8MM"); }
#else
static int has_dotprod(void) { return 0; }
static int has_i8mm(void) { return 0; }
#endif
#endif

unsigned sedge_processor_instructions(void) {
  unsigned result = 0;
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) result |= SEDGE_AVX2;
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl"))
    result |= SEDGE_AVX512;
  if (__builtin_cpu_supports("avx512vnni")) result |= SEDGE_AVX512_VNNI;
  if (__builtin_cpu_supports("avx512bf16")) result |= SEDGE_AVX512_BF16;
  // CPUID 7.1, EAX, bit 4 (Intel's manual, volume 2A). The system must keep AVX's registers, as AVX2's test says.
  unsigned eax, ebx, ecx, edx;
  if (result & SEDGE_AVX2 && __get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx) && eax & 1u << 4)
    result |= SEDGE_AVX_VNNI;
#elif defined(__aarch64__)
  result |= SEDGE_NEON;
  if (has_dotprod()) result |= SEDGE_NEON_DOTPROD;
  if (has_i8mm()) result |= SEDGE_NEON_I8MM;
#endif
  return result;
}

const char *sedge_requested_set(void) {
  // The first caller's reading is everybody's; two that read at once read the same.
  static _Atomic(const char *) requested;
  const char *name = atomic_load(&requested);
  if (name == NULL) {
    const char *value = getenv("SEDGE_KERNELS");
    name = value != NULL ? strdup(value) : "";
    if (name == NULL) name = "?";
    atomic_store(&requested, name);
  }
  return *name != 0 ? name : NULL;
}

unsigned sedge_allowed_instructions(void) {
  const unsigned processor = sedge_processor_instructions();
  const char *name = sedge_requested_set();
  if (name == NULL) return processor;
  const sedge_instruction_set *set = sedge_instruction_set_named(name);
  return set != NULL && (set->instructions & ~processor) == 0 ? set->instructions : 0;
}
