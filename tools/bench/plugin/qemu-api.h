/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What this plugin uses of the interface between QEMU and its TCG plugins,
 * version 4 (QEMU 9.2 and later). Distributions do not package a header for it;
 * QEMU's documentation ("QEMU TCG Plugins", "Plugin API") describes each.
 */
#ifndef AXV_BENCH_QEMU_API_H
#define AXV_BENCH_QEMU_API_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLUGIN_API_VERSION	4

#define PLUGIN_EXPORT		__attribute__((visibility("default")))

typedef uint64_t plugin_id;
typedef uint32_t plugin_meminfo;

struct plugin_info {
	const char *target_name;
	struct {
		int min;
		int cur;
	} version;
	bool system_emulation;
	struct {
		int smp_vcpus;
		int max_vcpus;
	} system;
};

struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_plugin_scoreboard;

/* A member of what each vCPU has one of. */
struct plugin_u64 {
	struct qemu_plugin_scoreboard *score;
	size_t offset;
};

enum plugin_cb_flags {
	PLUGIN_CB_NO_REGS,
};

enum plugin_mem_rw {
	PLUGIN_MEM_R = 1,
	PLUGIN_MEM_W = 2,
};

enum plugin_cond {
	PLUGIN_COND_NE = 3,
};

struct plugin_mem_value {
	int type;	/* log2 of the bytes */
	union {
		uint8_t u8;
		uint16_t u16;
		uint32_t u32;
		uint64_t u64;
		struct {
			uint64_t low;
			uint64_t high;
		} u128;
	} data;
};

typedef void (*plugin_tb_trans_cb)(plugin_id id, struct qemu_plugin_tb *tb);
typedef void (*plugin_udata_cb)(plugin_id id, void *data);
typedef void (*plugin_vcpu_udata_cb)(unsigned int vcpu, void *data);
typedef void (*plugin_vcpu_mem_cb)(unsigned int vcpu, plugin_meminfo info, uint64_t vaddr,
				   void *data);

void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id, plugin_tb_trans_cb cb);
void qemu_plugin_register_atexit_cb(plugin_id id, plugin_udata_cb cb, void *data);
void qemu_plugin_register_vcpu_insn_exec_cond_cb(struct qemu_plugin_insn *insn,
						 plugin_vcpu_udata_cb cb,
						 enum plugin_cb_flags flags,
						 enum plugin_cond cond, struct plugin_u64 entry,
						 uint64_t imm, void *data);
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *insn, plugin_vcpu_mem_cb cb,
				      enum plugin_cb_flags flags, enum plugin_mem_rw rw,
				      void *data);
struct plugin_mem_value qemu_plugin_mem_get_value(plugin_meminfo info);

size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t i);
size_t qemu_plugin_insn_data(const struct qemu_plugin_insn *insn, void *dest, size_t len);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
void *qemu_plugin_insn_haddr(const struct qemu_plugin_insn *insn);

struct qemu_plugin_scoreboard *qemu_plugin_scoreboard_new(size_t size);
void qemu_plugin_u64_set(struct plugin_u64 entry, unsigned int vcpu, uint64_t value);
void qemu_plugin_outs(const char *text);

extern PLUGIN_EXPORT int qemu_plugin_version;
PLUGIN_EXPORT int qemu_plugin_install(plugin_id id, const struct plugin_info *info, int argc,
				      char **argv);

#endif /* AXV_BENCH_QEMU_API_H */
