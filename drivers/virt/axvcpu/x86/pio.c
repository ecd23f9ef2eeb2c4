// SPDX-License-Identifier: GPL-2.0-only
/*
 * Port I/O: filters, exits, and the strings that go through guest memory.
 *
 * A string instruction exits with as many elements as lie in one page. Its
 * registers move only when the VMM has answered, so that at the exit the vCPU
 * stands before these elements. Guest memory for INS is checked before the
 * exit: no element is taken from a device that has nowhere to go.
 */
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/string.h>
#include <asm/processor-flags.h>

#include "emul.h"

/* Hypervisors have agreed on this port for turning a machine off. */
#define POWER_OFF_PORT	0x604
#define POWER_OFF_VALUE	0x2000

static u64 *rax(struct axv_vcpu *v)
{
	return axv_x86_reg(v, AXVCPU_X86_RAX);
}

static struct axvcpu_exit *io_exit(struct axv_vcpu *v, u16 port, u8 width, bool in)
{
	struct axvcpu_exit *x = &v->exit;

	x->reason = in ? AXVCPU_EXIT_IO_READ : AXVCPU_EXIT_IO_WRITE;
	x->io.port = port;
	x->io.width = width;
	x->io.flags = 0;
	x->io.count = 1;
	return x;
}

static u32 filter_action(struct axv_vcpu *v, u16 port, bool in)
{
	if (likely(!rcu_access_pointer(v->vm->io_filter)))
		return AXVCPU_FILTER_DEFAULT;
	return axv_filter_action(&v->vm->io_filter, port, !in);
}

/* ---- IN and OUT -------------------------------------------------------------------- */

static bool is_power_off(u16 port, u8 width, u64 val)
{
	return port == POWER_OFF_PORT && width == 2 && val == POWER_OFF_VALUE;
}

/* v->exit has the length. */
static __always_inline int plain_io(struct axv_vcpu *v, u16 port, u8 width, bool in, u32 action)
{
	u64 val = in ? 0 : *rax(v) & (width == 4 ? U32_MAX : width == 2 ? U16_MAX : U8_MAX);
	struct axvcpu_exit *x = &v->exit;

	if (unlikely(action == AXVCPU_FILTER_IGNORE)) {
		if (in)
			axv_x86_merge(rax(v), width, -1ull);
		axv_x86_skip(v, x->insn_len);
		return AXV_RESUME;
	}
	if (!in && axv_route_write(v, true, port, width, val)) {
		axv_x86_skip(v, x->insn_len);
		return AXV_RESUME;
	}
	if (unlikely(action == AXVCPU_FILTER_DEFAULT && !in && is_power_off(port, width, val))) {
		x->reason = AXVCPU_EXIT_SYSTEM_DOWN;
		x->system_down.kind = AXVCPU_DOWN_POWEROFF;
		x->system_down.detail = val;
		return AXV_EXIT;
	}
	x = io_exit(v, port, width, in);
	x->io.data = val;
	return AXV_EXIT;
}

/**
 * axv_x86_pio_plain() - IN or OUT of a known length in a VM without filter
 * @v: the vCPU; interrupts may be off
 * @port: port
 * @width: 1, 2, 4
 * @in: read
 * @len: bytes of the instruction
 *
 * Return: AXV_EXIT, or AXV_RESUME where the VM has a route for the write.
 */
int axv_x86_pio_plain(struct axv_vcpu *v, u16 port, u8 width, bool in, u8 len)
{
	/* both words are about to be written */
	if (unlikely(axv_exit_words[v->exit.reason] > 2))
		axv_exit_reason(&v->exit, AXVCPU_EXIT_NOTHING);
	v->exit.insn_nr = 0;
	v->exit.insn_len = len;
	return plain_io(v, port, width, in, AXVCPU_FILTER_DEFAULT);
}

/* ---- INS and OUTS --------------------------------------------------------------------- */

static u64 *pointer(struct axv_vcpu *v, const struct axv_x86_pio *io)
{
	return axv_x86_reg(v, io->in ? AXVCPU_X86_RDI : AXVCPU_X86_RSI);
}

static u64 elements_left(struct axv_vcpu *v, const struct axv_x86_pio *io)
{
	return io->rep ? axv_x86_addr(*axv_x86_reg(v, AXVCPU_X86_RCX), io->addr_bits) : 1;
}

/* @count elements are through: move the registers, and on at the end. */
static int string_done(struct axv_vcpu *v, const struct axv_x86_pio *io, u32 count)
{
	u64 delta = (u64)count * io->width;

	if (v->arch.gpr.rflags & X86_EFLAGS_DF)
		delta = -delta;
	axv_x86_addr_add(pointer(v, io), io->addr_bits, delta);
	if (io->rep)
		axv_x86_addr_add(axv_x86_reg(v, AXVCPU_X86_RCX), io->addr_bits, -(u64)count);
	/* The rest is executed as an instruction of its own: interrupts get in. */
	axv_x86_skip(v, io->rep && elements_left(v, io) ? 0 : io->len);
	return AXV_RESUME;
}

/* How many elements at @gva, offset @off, can go at once; 1 at least. */
static u32 string_batch(struct axv_vcpu *v, const struct axv_x86_pio *io, u64 off, u64 gva)
{
	u64 n = elements_left(v, io), room;

	/* A step of the debugger is one element. */
	if (v->arch.gpr.rflags & (X86_EFLAGS_DF | X86_EFLAGS_TF))
		return 1;
	room = min_t(u64, AXVCPU_RUN_DATA_SIZE, PAGE_SIZE - offset_in_page(gva));
	/* Up to where the offset wraps, less the byte that 64 bits cannot count. */
	room = min(room, axv_x86_addr(~off, io->addr_bits));
	n = max_t(u64, min(n, room / io->width), 1);
	if (axv_x86_check_linear(v, io->in ? AXVCPU_X86_ES : io->seg, off,
				 n * io->width, io->in, &gva))
		return 1;
	return n;
}

/* Find the elements' memory. False with the answer in *@next. */
static bool string_memory(struct axv_vcpu *v, struct axv_x86_emul *e, int *next)
{
	const struct axv_x86_pio *io = &e->pio;
	u64 off = axv_x86_addr(*pointer(v, io), io->addr_bits), gva;
	struct axv_x86_span *s = &e->pio_span;
	int err;

	*next = AXV_X86_FAULTED;
	if (axv_x86_linear(v, io->in ? AXVCPU_X86_ES : io->seg, off, io->width, io->in, &gva))
		return false;
	e->pio_count = string_batch(v, io, off, gva);
	err = axv_x86_span_walk(v, gva, e->pio_count * io->width,
				io->in ? AXV_X86_PFERR_WRITE : 0, s);
	if (err < 0)
		*next = axv_x86_access_error(v, s->gpa[0], AXVCPU_PROT_READ,
					     AXVCPU_NPF_WALK, err);
	if (err)
		return false;

	switch (axv_x86_span_backing(v, s)) {
	case AXV_X86_RAM:
		return true;
	case AXV_X86_READ_ONLY:
		if (!io->in)
			return true;
		*next = axv_x86_access_error(v, s->gpa[0], AXVCPU_PROT_WRITE, 0, -EPERM);
		return false;
	case AXV_X86_HOLE:
		*next = axv_x86_internal_error(v, AXVCPU_ERROR_DECODE, s->gpa[0]);
		return false;
	default:
		*next = axv_x86_internal_error(v, AXVCPU_ERROR_STRADDLE, s->gpa[0]);
		return false;
	}
}

static int string_in(struct axv_vcpu *v, struct axv_x86_emul *e)
{
	u64 gpa;
	int err;

	err = axv_x86_span_write(v, &e->pio_span, e->data, &gpa);
	if (err)
		return axv_x86_access_error(v, gpa, AXVCPU_PROT_WRITE, 0, err);
	return string_done(v, &e->pio, e->pio_count);
}

/* How many of the elements in e->data, from the first on, have a route. */
static u32 string_routed(struct axv_vcpu *v, const struct axv_x86_emul *e)
{
	u64 val;
	u32 i;

	for (i = 0; i < e->pio_count; i++) {
		val = 0;
		memcpy(&val, e->data + i * e->pio.width, e->pio.width);
		if (!axv_route_write(v, true, e->pio.port, e->pio.width, val))
			break;
	}
	return i;
}

static int string_io(struct axv_vcpu *v, u32 action)
{
	struct axv_x86_emul *e = v->arch.emul;
	struct axvcpu_exit *x;
	u32 len, routed;
	u64 gpa;
	int next, err;

	if (!elements_left(v, &e->pio)) {
		axv_x86_skip(v, e->pio.len);
		return AXV_RESUME;
	}
	if (!string_memory(v, e, &next))
		return next;
	len = e->pio_count * e->pio.width;

	if (e->pio.in) {
		memset(e->data, 0xff, len);
		if (action == AXVCPU_FILTER_IGNORE)
			return string_in(v, e);
	} else {
		err = axv_x86_span_read(v, &e->pio_span, e->data, &gpa);
		if (err)
			return axv_x86_access_error(v, gpa, AXVCPU_PROT_READ, 0, err);
		if (action == AXVCPU_FILTER_IGNORE)
			return string_done(v, &e->pio, e->pio_count);
		routed = string_routed(v, e);
		if (routed)
			return string_done(v, &e->pio, routed);
		memcpy(v->run->data, e->data, len);
	}

	x = io_exit(v, e->pio.port, e->pio.width, e->pio.in);
	x->io.flags = AXVCPU_IO_STRING;
	x->io.count = e->pio_count;
	return AXV_EXIT;
}

/* ---- both ---------------------------------------------------------------------------------- */

/* What the hardware left out, from the bytes. False with the answer in *@next. */
static bool fill_in(struct axv_vcpu *v, struct axv_x86_pio *io, int *next)
{
	struct axv_x86_sys sys;
	struct axv_x86_mode m;
	u8 want;
	int n;

	if (io->len && (!io->string || (io->addr_bits && (io->in || io->seg >= 0))))
		return true;

	n = axv_x86_fetch(v, v->exit.insn);
	*next = AXV_X86_FAULTED;
	if (n == 0)
		return false;
	if (n < 0) {
		*next = n == -EINTR || n == -ENOMEM ? n : n == -EAGAIN ? AXV_RESUME :
			axv_x86_internal_error(v, AXVCPU_ERROR_FETCH, 0);
		return false;
	}
	v->exit.insn_nr = n;

	if (io->string)
		want = io->in ? AXV_X86_SYS_INS : AXV_X86_SYS_OUTS;
	else
		want = io->in ? AXV_X86_SYS_IN : AXV_X86_SYS_OUT;
	axv_x86_get_mode(v, &m);
	/* Other bytes than those executed: let the guest run them. */
	*next = AXV_RESUME;
	if (axv_x86_decode_system(v->exit.insn, n, m.bits, &sys) || sys.op != want)
		return false;
	if (!io->len)
		io->len = sys.len;
	if (!io->addr_bits)
		io->addr_bits = sys.addr_bits;
	if (io->seg < 0)
		io->seg = sys.seg == AXV_X86_NONE ? AXVCPU_X86_DS : sys.seg;
	return true;
}

int axv_x86_pio(struct axv_vcpu *v, const struct axv_x86_pio *hw)
{
	u32 action = filter_action(v, hw->port, hw->in);
	struct axv_x86_pio io = *hw;
	int next;

	if (action == AXVCPU_FILTER_FAULT) {
		axv_x86_queue_gp(v);
		return AXV_X86_FAULTED;
	}
	axv_x86_new_exit(v, AXVCPU_EXIT_NOTHING);
	if (!fill_in(v, &io, &next))
		return next;
	v->exit.insn_len = io.len;
	if (io.string) {
		v->arch.emul->pio = io;
		return string_io(v, action);
	}
	return plain_io(v, io.port, io.width, io.in, action);
}

int axv_x86_pio_complete_string(struct axv_vcpu *v)
{
	struct axv_x86_emul *e = v->arch.emul;

	if (!e->pio.in)
		return string_done(v, &e->pio, e->pio_count);
	/* Once: what user space changes later must not matter. */
	memcpy(e->data, v->run->data, e->pio_count * e->pio.width);
	return string_in(v, e);
}
