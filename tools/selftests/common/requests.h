/* SPDX-License-Identifier: GPL-2.0-only */
/* All ioctls as data, for the tests of the ABI. */
#ifndef AXV_SELFTEST_REQUESTS_H
#define AXV_SELFTEST_REQUESTS_H

#include "axvtest.h"

enum req_kind {
	REQ_DEVICE,
	REQ_VM,
	REQ_STAGE2,
	REQ_VCPU,
	REQ_NR_KINDS,
};

/**
 * struct req_value - a value of a member that the call refuses
 * @what: in words
 * @offset: of the member
 * @width: bytes of it; 0 ends a table
 * @value: what it is set to
 * @err: what comes of it
 */
struct req_value {
	const char *what;
	uint16_t offset;
	uint8_t width;
	uint64_t value;
	int err;
};

/**
 * struct req - one ioctl
 * @name: without AXVCPU_
 * @cmd: request
 * @kind: of the fd it is for
 * @size: bytes of the structure, 0: no argument
 * @first: those of its first version, 0: the same
 * @out: it is written back
 * @makes_fd: returns an fd
 * @stage: of a vCPU at which the call is legal
 * @fill: make a legal argument; @arg is zeroed but for its size
 * @flags_at: offset of a flags member
 * @flags_width: its bytes, 0: there is none
 * @flags: the bits that are known
 * @reserved: offset and length of members that must be zero, ended by length 0
 * @bad: values that are refused, ended by width 0
 */
struct req {
	const char *name;
	unsigned int cmd;
	enum req_kind kind;
	size_t size;
	size_t first;
	bool out;
	bool makes_fd;
	enum axt_stage stage;
	void (*fill)(struct axt *f, void *arg);
	uint16_t flags_at;
	uint8_t flags_width;
	uint64_t flags;
	struct {
		uint16_t offset;
		uint16_t len;
	} reserved[4];
	const struct req_value *bad;
};

extern const struct req requests[];
extern const size_t nr_requests;
/* those that take a structure, from the start of the table on */
extern const size_t nr_with_argument;

/* An interrupt that can be injected; to an arm64 guest without list registers it is a line. */
static inline uint32_t any_irq(const struct axv *dev __maybe_unused)
{
#if defined(__aarch64__)
	if (!(dev->info.arch_features & AXVCPU_ARM64_FEAT_GICV3))
		return 0;
#endif
	return AXT_IRQ;
}

/* A fixture in which @r is legal. */
void req_open(struct axt *f, const struct req *r);
/* The fd of a kind. */
int req_fd(const struct axt *f, enum req_kind kind);
/* A legal argument at @arg, which has room for a page. */
void req_fill(struct axt *f, const struct req *r, void *arg);
/* ioctl(): its value or -errno. An fd that it made is closed, and 0 returned. */
long req_call(struct axt *f, const struct req *r, void *arg);

/* All that a fixture's objects say of themselves. */
struct req_state {
	struct axvcpu_vm_state_info vm;
	struct axvcpu_s2_stats s2;
	struct axvcpu_get_state vcpu;
	bool has_regs;
	axt_regs_t regs;
};

void req_state(struct axt *f, struct req_state *s);
/* Nothing has changed since @before, or the case has failed. */
void req_unchanged(struct axt *f, const struct req_state *before);

#endif /* AXV_SELFTEST_REQUESTS_H */
