/* SPDX-License-Identifier: GPL-2.0-only */
/* What walk.c, emulate.c and pio.c share: an access of the guest under way. */
#ifndef AXVCPU_X86_EMUL_H
#define AXVCPU_X86_EMUL_H

#include "x86.h"
#include "decode.h"

/**
 * struct axv_x86_span - a linear range of at most a page, translated
 * @gpa: where it is; the second where it crosses into another page
 * @len: bytes there; len[1] is 0 within a page
 * @gva: linear address of the part that a walk failed at
 */
struct axv_x86_span {
	u64 gpa[2];
	u32 len[2];
	u64 gva;
};

/*
 * Translate @len bytes at @gva for @access (0 or AXV_X86_PFERR_WRITE). 0; 1
 * with a #PF queued; -errno with @s->gpa[0] where the tables failed.
 */
int axv_x86_span_walk(struct axv_vcpu *v, u64 gva, u32 len, u32 access,
		      struct axv_x86_span *s);
/* 0 or -errno of axv_s2_read(), with @gpa where it happened. */
int axv_x86_span_read(struct axv_vcpu *v, const struct axv_x86_span *s, void *buf, u64 *gpa);
int axv_x86_span_write(struct axv_vcpu *v, const struct axv_x86_span *s,
		       const void *buf, u64 *gpa);

/* what is behind a span */
enum axv_x86_backing {
	AXV_X86_RAM,
	AXV_X86_READ_ONLY,
	AXV_X86_HOLE,
	AXV_X86_MIXED,		/* not one thing, or not in one piece */
};

enum axv_x86_backing axv_x86_span_backing(struct axv_vcpu *v, const struct axv_x86_span *s);

/*
 * Offset @off of @seg as a linear address: 0, or the exception vector the CPU
 * would give.
 */
unsigned int axv_x86_check_linear(struct axv_vcpu *v, unsigned int seg, u64 off,
				  unsigned int len, bool write, u64 *gva);

/**
 * struct axv_x86_operand - an access of the instruction being emulated
 * @span: where
 * @access: AXV_X86_READ, AXV_X86_WRITE
 * @device: it is a hole: the VMM answers
 */
struct axv_x86_operand {
	struct axv_x86_span span;
	u8 access;
	bool device;
};

#define AXV_X86_RECALL_BITS	3

/**
 * struct axv_x86_recall - an instruction that was decoded
 * @bytes: its bytes and those behind it, 15 in all
 * @bits: as which code, 0: none
 * @insn: what it is
 */
struct axv_x86_recall {
	u64 bytes[2];
	u8 bits;
	struct axv_x86_insn insn;
};

/**
 * struct axv_x86_emul - an access that waits for the VMM
 * @active: an MMIO instruction waits; the next members belong to it
 * @asked_write: ... for a write
 * @asked: index of the operand the VMM was asked for
 * @nr: operands
 * @have: bit n: in[n] was read
 * @done: bit n: operand n was written
 * @insn: the instruction
 * @op: its accesses, by their index in axv_x86_refs()
 * @in: what was read
 * @pio: a string I/O instruction that waits
 * @pio_span: guest memory of its elements
 * @pio_count: how many
 * @stray_rip: see stray() in emulate.c
 * @stray_gpa: the same
 * @strays: the same
 * @quick_gpa: an address, for the moment
 * @recall: instructions met, see recall() in emulate.c
 * @data: elements of string I/O
 */
struct axv_x86_emul {
	bool active;
	bool asked_write;
	u8 asked;
	u8 nr;
	u8 have;
	u8 done;
	struct axv_x86_insn insn;
	struct axv_x86_operand op[AXV_X86_MAX_REFS];
	u64 in[AXV_X86_MAX_REFS];
	struct axv_x86_pio pio;
	struct axv_x86_span pio_span;
	u32 pio_count;
	u64 stray_rip;
	u64 stray_gpa;
	u32 strays;
	u64 quick_gpa;
	struct axv_x86_recall recall[1 << AXV_X86_RECALL_BITS];
	u8 data[AXVCPU_RUN_DATA_SIZE];
};

/* FULFIL of the port I/O exit in v->exit. enum axv_next. */
static inline int axv_x86_pio_complete(struct axv_vcpu *v, u64 data)
{
	const struct axvcpu_exit *x = &v->exit;

	if (x->io.flags & AXVCPU_IO_STRING)
		return axv_x86_pio_complete_string(v);
	if (x->reason == AXVCPU_EXIT_IO_READ)
		axv_x86_merge(axv_x86_reg(v, AXVCPU_X86_RAX), x->io.width, data);
	axv_x86_skip(v, x->insn_len);
	return AXV_RESUME;
}

/* INTERNAL_ERROR in v->exit, with the instruction bytes there. AXV_EXIT. */
int axv_x86_internal_error(struct axv_vcpu *v, u32 what, u64 gpa);
/*
 * Memory the instruction needs could not be had, @err of axv_s2_read() or of
 * the walk (@flags then AXVCPU_NPF_WALK): NESTED_PAGE_FAULT. AXV_EXIT, or
 * AXV_RESUME where a second try may do.
 */
int axv_x86_access_error(struct axv_vcpu *v, u64 gpa, u32 access, u32 flags, int err);

#endif /* AXVCPU_X86_EMUL_H */
