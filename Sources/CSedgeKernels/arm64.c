// Finds out what an arm64 processor can run, from what the system says of it.

#if defined(__aarch64__)
#include "sets.h"

#if defined(__linux__)
#include <sys/auxv.h>

// Bits of Linux's arch/arm64/include/uapi/asm/hwcap.h.
#define ASIMDDP (1UL << 20)
#define I8MM (1UL << 13)

int sedge_arm64_has_dotprod(void) { return (getauxval(AT_HWCAP) & ASIMDDP) != 0; }
int sedge_arm64_has_i8mm(void) { return (getauxval(AT_HWCAP2) & I8MM) != 0; }

#elif defined(__APPLE__)
#include <sys/sysctl.h>

static int has(const char *name) {
  int value = 0;
  size_t size = sizeof value;
  return sysctlbyname(name, &value, &size, 0, 0) == 0 && value != 0;
}

int sedge_arm64_has_dotprod(void) { return has("hw.optional.arm.FEAT_DotProd"); }
int sedge_arm64_has_i8mm(void) { return has("hw.optional.arm.FEAT_I8MM"); }

#else
int sedge_arm64_has_dotprod(void) { return 0; }
int sedge_arm64_has_i8mm(void) { return 0; }
#endif
#endif
