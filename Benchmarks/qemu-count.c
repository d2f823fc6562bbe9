// A plugin of qemu's user mode: prints the number of instructions so far at each call of getppid, which Benchmarks/instructions.c makes
// before and after what it counts. The declarations are those of qemu's plugin interface, version 1 ("QEMU TCG Plugins").
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

typedef uint64_t plugin_id;
struct block;
typedef void translated(plugin_id, struct block *);
typedef void system_call(plugin_id, unsigned, int64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t);
void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id, translated *);
void qemu_plugin_register_vcpu_tb_exec_inline(struct block *, int operation, void *counter, uint64_t operand);
void qemu_plugin_register_vcpu_syscall_cb(plugin_id, system_call *);
size_t qemu_plugin_tb_n_insns(const struct block *);
void qemu_plugin_outs(const char *);

/// getppid of Linux on arm64.
enum { MARK = 173, ADD = 0 };

#define VISIBLE __attribute__((visibility("default")))
VISIBLE int qemu_plugin_version = 1;

static uint64_t count;

static void add_instructions(plugin_id id, struct block *block) {
  (void)id;
  qemu_plugin_register_vcpu_tb_exec_inline(block, ADD, &count, qemu_plugin_tb_n_insns(block));
}

static void print_count(plugin_id id, unsigned processor, int64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e,
                        uint64_t f, uint64_t g, uint64_t h) {
  (void)id, (void)processor, (void)a, (void)b, (void)c, (void)d, (void)e, (void)f, (void)g, (void)h;
  if (number != MARK) return;
  char line[32];
  snprintf(line, sizeof line, "%" PRIu64 "\n", count);
  qemu_plugin_outs(line);
}

VISIBLE int qemu_plugin_install(plugin_id id, const void *information, int argument_count, char **arguments) {
  (void)information, (void)argument_count, (void)arguments;
  qemu_plugin_register_vcpu_tb_trans_cb(id, add_instructions);
  qemu_plugin_register_vcpu_syscall_cb(id, print_count);
  return 0;
}
