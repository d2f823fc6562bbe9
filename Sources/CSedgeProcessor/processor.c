// Detects the processor's instructions, reads SEDGE_KERNELS and chooses among registered functions.

#include "CSedgeProcessor.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#elif defined(__aarch64__) && defined(__APPLE__)
#include <sys/sysctl.h>
#endif

const sedge_kernel_set sedge_kernel_sets[SEDGE_KERNEL_SET_COUNT] = {
    [SEDGE_KERNELS_AVX512_BF16] = {"avx512-bf16", SEDGE_AVX2 | SEDGE_AVX512 | SEDGE_AVX512_VNNI | SEDGE_AVX512_BF16},
    [SEDGE_KERNELS_AVX512] = {"avx512", SEDGE_AVX2 | SEDGE_AVX512 | SEDGE_AVX512_VNNI},
    [SEDGE_KERNELS_AVX2_VNNI] = {"avx2-vnni", SEDGE_AVX2 | SEDGE_AVX_VNNI},
    [SEDGE_KERNELS_AVX2] = {"avx2", SEDGE_AVX2},
    [SEDGE_KERNELS_NEON_BF16] =
        {"neon-bf16", SEDGE_NEON | SEDGE_NEON_DOTPROD | SEDGE_NEON_I8MM | SEDGE_NEON_BF16},
    [SEDGE_KERNELS_NEON_I8MM] = {"neon-i8mm", SEDGE_NEON | SEDGE_NEON_DOTPROD | SEDGE_NEON_I8MM},
    [SEDGE_KERNELS_NEON_DOTPROD] = {"neon-dotprod", SEDGE_NEON | SEDGE_NEON_DOTPROD},
    [SEDGE_KERNELS_NEON] = {"neon", SEDGE_NEON},
    [SEDGE_KERNELS_PORTABLE] = {"portable", 0},
};

const sedge_kernel_set *sedge_kernel_set_named(const char *name) {
  for (size_t i = 0; i < SEDGE_KERNEL_SET_COUNT; i++)
    if (strcmp(sedge_kernel_sets[i].name, name) == 0) return &sedge_kernel_sets[i];
  return NULL;
}

int sedge_has_slow_bf16(void) {
#if defined(__x86_64__)
  // Sapphire Rapids executes a quarter as many `vdpbf16ps` as `vfmadd`, Zen 4 and Zen 5 as many.
  return __builtin_cpu_is("intel") != 0;
#else
  return 0;
#endif
}

/// The set at a position of this processor's order of preference.
static size_t set_at(size_t position) {
  if (!sedge_has_slow_bf16()) return position;
  if (position == SEDGE_KERNELS_AVX512_BF16) return SEDGE_KERNELS_AVX512;
  if (position == SEDGE_KERNELS_AVX512) return SEDGE_KERNELS_AVX512_BF16;
  return position;
}

const void *sedge_registered(sedge_registry registry, unsigned instructions, size_t index) {
  for (size_t position = 0; position < SEDGE_KERNEL_SET_COUNT; position++) {
    const size_t set = set_at(position);
    if (registry[set] != NULL && (sedge_kernel_sets[set].instructions & ~instructions) == 0 && index-- == 0)
      return registry[set];
  }
  return NULL;
}

#if defined(__aarch64__)
#if defined(__linux__)
// Bits of Linux's arch/arm64/include/uapi/asm/hwcap.h.
#define ASIMDDP (1UL << 20)
#define I8MM (1UL << 13)
#define BF16 (1UL << 14)

static int has_dotprod(void) { return (getauxval(AT_HWCAP) & ASIMDDP) != 0; }
static int has_i8mm(void) { return (getauxval(AT_HWCAP2) & I8MM) != 0; }
static int has_bf16(void) { return (getauxval(AT_HWCAP2) & BF16) != 0; }
#elif defined(__APPLE__)
static int has(const char *name) {
  int value = 0;
  size_t size = sizeof value;
  return sysctlbyname(name, &value, &size, 0, 0) == 0 && value != 0;
}

static int has_dotprod(void) { return has("hw.optional.arm.FEAT_DotProd"); }
static int has_i8mm(void) { return has("hw.optional.arm.FEAT_I8MM"); }
static int has_bf16(void) { return has("hw.optional.arm.FEAT_BF16"); }
#else
static int has_dotprod(void) { return 0; }
static int has_i8mm(void) { return 0; }
static int has_bf16(void) { return 0; }
#endif
#endif

static unsigned detected_instructions(void) {
  unsigned result = 0;
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) result |= SEDGE_AVX2;
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl"))
    result |= SEDGE_AVX512;
  if (__builtin_cpu_supports("avx512vnni")) result |= SEDGE_AVX512_VNNI;
  if (__builtin_cpu_supports("avx512bf16")) result |= SEDGE_AVX512_BF16;
  // AVX-VNNI: CPUID leaf 7.1, EAX, bit 4 (Intel's manual, volume 2A). The check of AVX2 covers the operating system.
  unsigned eax, ebx, ecx, edx;
  if (result & SEDGE_AVX2 && __get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx) && eax & 1u << 4)
    result |= SEDGE_AVX_VNNI;
#elif defined(__aarch64__)
  result |= SEDGE_NEON;
  if (has_dotprod()) result |= SEDGE_NEON_DOTPROD;
  if (has_i8mm()) result |= SEDGE_NEON_I8MM;
  if (has_bf16()) result |= SEDGE_NEON_BF16;
#endif
  return result;
}

// Written once, under `once`; only read afterwards.
static struct {
  const char *requested;
  unsigned processor, allowed;
} process;

static void initialize_process(void) {
  process.processor = process.allowed = detected_instructions();
  const char *value = getenv("SEDGE_KERNELS");
  if (value == NULL || *value == 0) return;
  // A copy, since the program may change its environment later.
  const char *copy = strdup(value);
  process.requested = copy != NULL ? copy : value;
  const sedge_kernel_set *set = sedge_kernel_set_named(value);
  process.allowed = set != NULL && (set->instructions & ~process.processor) == 0 ? set->instructions : 0;
}

static void initialize(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, initialize_process);
}

unsigned sedge_processor_instructions(void) {
  initialize();
  return process.processor;
}

const char *sedge_requested_set(void) {
  initialize();
  return process.requested;
}

unsigned sedge_allowed_instructions(void) {
  initialize();
  return process.allowed;
}
