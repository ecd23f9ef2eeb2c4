// SPDX-License-Identifier: GPL-2.0-only
/* Calls of the fuzzer: arguments that are legal but for a thing or two, judged. */
#define _GNU_SOURCE
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/fuzz.h"
#include "common/exits.h"

/* numbers from 1, and from 0, that are good often enough */
#if defined(__aarch64__)
#define VECTORS		255
/* of 64 classes few are good, and there are no NMIs */
#define EXCEPTIONS	(rnd_one_in(&z->r, 2) ? 1 : 64)
#elif AXT_NR_IRQS > 1
#define VECTORS		255
#define EXCEPTIONS	34
#else
#define VECTORS		10
#define EXCEPTIONS	16
#endif

static const uint64_t entries[] = {
	SYM(done), SYM(spin), SYM(spin_if), SYM(halt_if), SYM(read32), SYM(write8), SYM(modify),
	SYM(jump_out), SYM(triple), GUEST_DATA,
#if defined(__x86_64__)
	SYM(rep_outs8), SYM(rep_ins8), SYM(movs_hole_hole), SYM(rdmsr_insn), SYM(in32),
#elif defined(__riscv)
	SYM(read_f64), SYM(write_c64), SYM(reserve), SYM(csr_swap), SYM(hypercall),
#elif defined(__aarch64__)
	SYM(read_f128), SYM(write_pre), SYM(read_pair), SYM(sys_read), SYM(smccc),
#endif
};

static const struct axt_config starts[] = {
	{ .start = AXT_START_PAGED },
	{ .start = AXT_START_PAGED },
	{ .start = AXT_START_FLAT },
};

const struct req *fuzz_request(unsigned int cmd)
{
	size_t i;

	for (i = 0; requests[i].cmd != cmd; i++)
		;
	return &requests[i];
}

uint64_t fuzz_entry_point(struct fuzz *z)
{
	return entries[rnd_below(&z->r, ARRAY_SIZE(entries))];
}

/* ---- legal arguments ------------------------------------------------------------------- */

#define SPOTS	0x40000000ull	/* the arena is there, and room behind it */

static uint64_t some_gpa(struct fuzz *z)
{
	return rnd_one_in(&z->r, 4) ? GUEST_DATA + rnd_below(&z->r, 64) * AXT_PAGE :
				      SPOTS + rnd_below(&z->r, 2 * ARENA / AXT_PAGE) * AXT_PAGE;
}

static uint64_t some_len(struct fuzz *z)
{
	return (1 + rnd_below(&z->r, rnd_one_in(&z->r, 4) ? 512 : 8)) * AXT_PAGE;
}

static uint32_t some_prot(struct fuzz *z)
{
	return AXVCPU_PROT_READ | rnd_below(&z->r, 8);
}

static void legal_map(struct fuzz *z, struct axvcpu_s2_map *a)
{
	a->gpa = some_gpa(z);
	a->len = some_len(z);
	a->prot = some_prot(z);
	a->source = rnd_below(&z->r, 3);
	a->flags = rnd_below(&z->r, 4);
	a->uaddr = 0;
	if (a->source == AXVCPU_S2_USER) {
		a->uaddr = (uintptr_t)z->w->arena + rnd_below(&z->r, ARENA / AXT_PAGE) * AXT_PAGE;
	} else if (a->source == AXVCPU_S2_FD) {
		/* a run page, a stage-2's memory, or a file that is anything */
		a->fd = rnd_one_in(&z->r, 4) ? fuzz_fd(z, REQ_VCPU) :
			rnd_one_in(&z->r, 4) ? fuzz_fd(z, REQ_STAGE2) : fuzz_odd_fd(z);
		a->len = rnd_one_in(&z->r, 3) ? AXT_PAGE : a->len;
		a->offset = rnd_one_in(&z->r, 3) ? rnd_below(&z->r, 4) * AXT_PAGE : 0;
	}
}

static void legal_filter(struct fuzz *z, struct axvcpu_filter *a, bool ports)
{
	struct axvcpu_filter_range *r = (void *)(z->arg + AXT_PAGE);
	uint32_t at = rnd_below(&z->r, 64), i;

	a->nr = rnd_below(&z->r, 12);
	for (i = 0; i < a->nr; i++) {
		r[i].first = at;
		r[i].last = at + rnd_below(&z->r, 300);
		r[i].read = rnd_below(&z->r, 4);
		r[i].write = rnd_below(&z->r, 4);
		at = r[i].last + 1 + rnd_below(&z->r, ports ? 2000 : 0x10000000);
	}
	a->ranges = a->nr ? (uintptr_t)r : 0;
	if (a->nr && rnd_one_in(&z->r, 8))
		((uint32_t *)r)[rnd_below(&z->r, 4 * a->nr)] = rnd_value(&z->r);
}

static int some_event(struct fuzz *z)
{
	return z->w->event[rnd_below(&z->r, NR_EVENTS)];
}

static void legal_irqfd(struct fuzz *z, struct axvcpu_irqfd *a)
{
	a->fd = some_event(z);
	a->vcpu = rnd_below(&z->r, 4);
	a->vector = rnd_one_in(&z->r, 2) ? 1 + rnd_below(&z->r, 255) : any_irq(&z->w->dev);
	switch (rnd_below(&z->r, 4)) {
	case 0:
		a->flags = AXVCPU_IRQFD_DEASSIGN;
		break;
	case 1:
		a->flags = AXVCPU_IRQFD_LEVEL | rnd_below(&z->r, 2) * AXVCPU_IRQFD_KEEP;
		a->resample_fd = some_event(z);
	}
}

/* Few places, so that one is often the same as another or in its way. */
static void legal_io_route(struct fuzz *z, struct axvcpu_io_route *a)
{
	a->flags = rnd_below(&z->r, 16);
	a->addr = a->flags & AXVCPU_ROUTE_PORT ? 0x3f0 : GUEST_MMIO;
	a->addr += rnd_below(&z->r, 3);
	a->len = 1 + rnd_below(&z->r, 2);
	a->width = rnd_one_in(&z->r, 2) ? 0 : 1u << rnd_below(&z->r, 3);
	a->data = a->flags & AXVCPU_ROUTE_MATCH ? rnd_below(&z->r, 3) : 0;
	a->fd = a->flags & AXVCPU_ROUTE_RING ? z->w->ring[rnd_below(&z->r, NR_RINGS)] :
		some_event(z);
	if (a->flags & AXVCPU_ROUTE_DEASSIGN)
		a->fd = -1;
	else if (a->flags & AXVCPU_ROUTE_RING)
		a->token = rnd(&z->r);
}

static void legal(struct fuzz *z, const struct req *r, unsigned char *arg)
{
	struct axt f = {
		.dev = z->w->dev,
		.vm = fuzz_fd(z, REQ_VM),
		.s2 = fuzz_fd(z, REQ_STAGE2),
		.config = &starts[rnd_below(&z->r, ARRAY_SIZE(starts))],
	};

	memset(arg, 0, AXT_PAGE);
	if (r->fill && r->cmd != AXVCPU_SET_CPUID)
		r->fill(&f, arg);
	switch (r->cmd) {
	case AXVCPU_CREATE_VM:
		((struct axvcpu_create_vm *)arg)->flags = rnd_below(&z->r, 8);
		break;
	case AXVCPU_CREATE_VCPU:
		((struct axvcpu_create_vcpu *)arg)->id = rnd_below(&z->r, 64);
		break;
	case AXVCPU_SET_IO_FILTER:
	case AXVCPU_SET_MSR_FILTER:
		legal_filter(z, (void *)arg, r->cmd == AXVCPU_SET_IO_FILTER);
		break;
	case AXVCPU_VM_CONTROL:
		((struct axvcpu_vm_control *)arg)->op = rnd_below(&z->r, 4);
		break;
	case AXVCPU_CREATE_RING:
		((struct axvcpu_create_ring *)arg)->nr = 1u << rnd_below(&z->r, 12);
		((struct axvcpu_create_ring *)arg)->fd = rnd_one_in(&z->r, 2) ? -1 : some_event(z);
		break;
	case AXVCPU_SET_IRQFD:
		legal_irqfd(z, (void *)arg);
		break;
	case AXVCPU_SET_IO_ROUTE:
		legal_io_route(z, (void *)arg);
		break;
	case AXVCPU_S2_MAP:
		legal_map(z, (void *)arg);
		break;
	case AXVCPU_S2_UNMAP:
	case AXVCPU_S2_PROTECT:
		((struct axvcpu_s2_range *)arg)->gpa = some_gpa(z);
		((struct axvcpu_s2_range *)arg)->len = some_len(z);
		if (r->cmd == AXVCPU_S2_PROTECT)
			((struct axvcpu_s2_range *)arg)->prot = some_prot(z);
		break;
	case AXVCPU_SETUP:
		((struct axvcpu_setup *)arg)->entry = fuzz_entry_point(z);
		((struct axvcpu_setup *)arg)->flags = rnd_below(&z->r, 2);
		break;
	case AXVCPU_SET_ENTRY:
		((struct axvcpu_set_entry *)arg)->entry = fuzz_entry_point(z);
		break;
	case AXVCPU_SET_GPR:
		((struct axvcpu_set_gpr *)arg)->reg = rnd_below(&z->r, 17);
		((struct axvcpu_set_gpr *)arg)->value =
			rnd_one_in(&z->r, 3) ? rnd_value(&z->r) : some_gpa(z);
		break;
	case AXVCPU_INJECT_INTERRUPT:
		((struct axvcpu_inject_interrupt *)arg)->vector =
			any_irq(&z->w->dev) ? 1 + rnd_below(&z->r, VECTORS) : 0;
#if defined(__x86_64__)
		/* a message, or a pin */
		if (rnd_one_in(&z->r, 3))
			((struct axvcpu_inject_interrupt *)arg)->vector = rnd_one_in(&z->r, 8) ?
				AXVCPU_X86_LINT(rnd_below(&z->r, 2)) :
				AXVCPU_X86_MSI(rnd_below(&z->r, 4) * 85, rnd_below(&z->r, 256)) |
				AXVCPU_X86_MSI_MODE(rnd_below(&z->r, 8)) |
				(rnd_one_in(&z->r, 2) ? AXVCPU_X86_MSI_LOGICAL : 0) |
				(rnd_one_in(&z->r, 4) ? AXVCPU_X86_MSI_LEVEL : 0);
#endif
		break;
	case AXVCPU_INJECT_EVENT:
		((struct axvcpu_inject_event *)arg)->vector = rnd_below(&z->r, EXCEPTIONS);
		((struct axvcpu_inject_event *)arg)->kind = rnd_below(&z->r, 3);
		break;
	case AXVCPU_TRANSLATE:
		((struct axvcpu_translate *)arg)->gva =
			rnd_one_in(&z->r, 3) ? rnd_value(&z->r) : some_gpa(z);
		break;
	case AXVCPU_SET_CPUID:
		((struct axvcpu_cpuid *)arg)->entries = (uintptr_t)z->w->cpuid;
		((struct axvcpu_cpuid *)arg)->nr = z->w->nr_cpuid;
		break;
	case AXVCPU_SYNC:
		((struct axvcpu_sync *)arg)->fetch = rnd_below(&z->r, 64);
		((struct axvcpu_sync *)arg)->commit =
			rnd_one_in(&z->r, 3) ? rnd_below(&z->r, 64) : 0;
		break;
	}
	*(uint32_t *)arg = r->size;
}

/* ---- what is wrong with them --------------------------------------------------------------- */

static void wrong_size(struct fuzz *z, const struct req *r, unsigned char *arg)
{
	const uint32_t sizes[] = {
		0, 1, 4, 8, r->size - 1, r->size - 4, r->size + 1, r->size + 8, AXT_PAGE,
		AXT_PAGE + 1, 0x7fffffff, ~0u, rnd(&z->r),
	};

	*(uint32_t *)arg = sizes[rnd_below(&z->r, ARRAY_SIZE(sizes))];
	/* something behind, or nothing */
	if (rnd_one_in(&z->r, 2))
		arg[r->size + rnd_below(&z->r, AXT_PAGE - r->size)] = 1;
}

static void put(unsigned char *arg, const struct req *r, unsigned int at, unsigned int width,
		uint64_t value)
{
	if (at + width > r->size)
		width = r->size - at;
	memcpy(arg + at, &value, width);
}

static void spoil(struct fuzz *z, const struct req *r, unsigned char *arg)
{
	const struct req_value *bad = r->bad;
	unsigned int n = 0, at;

	switch (rnd_below(&z->r, 6)) {
	case 0:
		wrong_size(z, r, arg);
		return;
	case 1:
		if (r->reserved[0].len) {
			at = r->reserved[0].offset + rnd_below(&z->r, r->reserved[0].len);
			arg[at] = 1u << rnd_below(&z->r, 8);
			return;
		}
		break;
	case 2:
		while (bad && bad[n].width)
			n++;
		if (n) {
			bad += rnd_below(&z->r, n);
			put(arg, r, bad->offset, bad->width, bad->value);
			return;
		}
		break;
	case 3:
		at = 4 + rnd_below(&z->r, r->size - 4);
		arg[at] ^= 1u << rnd_below(&z->r, 8);
		return;
	case 4:
		/* an address in the last bytes before nothing */
		at = 8 * rnd_below(&z->r, r->size / 8);
		put(arg, r, at ?: 8 % r->size, 8,
		    (uintptr_t)z->arg + 2 * AXT_PAGE - 4 * rnd_below(&z->r, 5));
		return;
	}
	at = 4 + 4 * rnd_below(&z->r, (r->size - 4) / 4);
	put(arg, r, at, rnd_one_in(&z->r, 2) ? 4 : 8, rnd_value(&z->r));
}

static bool is_zero(const unsigned char *p, size_t len)
{
	while (len && !*p) {
		p++;
		len--;
	}
	return !len;
}

/* Is there something that no kernel of this version may take? */
static bool is_refused(const struct req *r, const unsigned char *arg)
{
	uint32_t size = *(const uint32_t *)arg;
	uint64_t flags = 0;
	unsigned int i;

	if (size < (r->first ? r->first : r->size) || size > AXT_PAGE ||
	    (size > r->size && !is_zero(arg + r->size, size - r->size)))
		return true;
	memcpy(&flags, arg + r->flags_at, r->flags_width);
	if (flags & ~r->flags)
		return true;
	for (i = 0; i < ARRAY_SIZE(r->reserved) && r->reserved[i].len; i++)
		/* what is beyond the size reads as zero */
		if (r->reserved[i].offset < size &&
		    !is_zero(arg + r->reserved[i].offset,
			     r->reserved[i].len < size - r->reserved[i].offset ?
			     r->reserved[i].len : size - r->reserved[i].offset))
			return true;
	return false;
}

/* What would only use up the machine. */
static void keep_small(const struct req *r, unsigned char *arg)
{
	struct axvcpu_s2_map *m = (void *)arg;

	if (r->cmd == AXVCPU_S2_MAP && m->len > 4 * ARENA)
		m->flags &= ~AXVCPU_S2_POPULATE;
}

struct copy {
	volatile unsigned char *to;
	const unsigned char *from;
	size_t len;
};

static void copy_there(struct fuzz *z __maybe_unused, void *arg)
{
	struct copy *c = arg;
	size_t i;

	for (i = 0; i < c->len; i++)
		c->to[i] = c->from[i];
}

/* Where the argument lies. */
static void *place(struct fuzz *z, const struct req *r, unsigned char *arg)
{
	struct fuzz_vcpu *v = &z->w->vcpu[rnd_below(&z->r, NR_VCPUS)];
	struct copy c = { .from = arg };
	unsigned char *p;

	switch (rnd_below(&z->r, 60)) {
	case 0:
		return NULL;
	case 1:
		return (void *)rnd_value(&z->r);
	case 2:
		return (void *)0xffff888000000000;
	case 3:
		memcpy(z->alias, arg, AXT_PAGE);
		return z->read_only;
	case 4:
		p = z->arg + 2 * AXT_PAGE - r->size + rnd_below(&z->r, r->size);
		break;
	case 5:
		p = z->arg + 2 * AXT_PAGE - r->size;
		break;
	case 6:
		p = z->arg + AXT_PAGE + 1 + rnd_below(&z->r, 100);
		break;
	case 7:
		p = v->run + 0x400;
		break;
	case 8:
		p = z->w->arena + rnd_below(&z->r, ARENA - AXT_PAGE);
		break;
	default:
		return arg;
	}
	c.to = p;
	c.len = r->size;
	fuzz_try(z, copy_there, &c);
	return p;
}

/* ---- the judgement ------------------------------------------------------------------------------ */

/* All that can be seen of the objects. */
struct view {
	struct axvcpu_vm_state_info vm[NR_VMS];
	uint32_t nr_maps[NR_S2];
	struct {
		struct axvcpu_get_state state;
		bool has_regs;
		unsigned char regs[sizeof(axt_regs_t)];
		unsigned char fp[2048];
	} vcpu[NR_VCPUS];
};

#define TIMER	offsetof(axt_regs_t, timer)

/* The page is as before afterwards: it is the next RUN's argument. */
static void view_vcpu(struct fuzz *z, unsigned int i, struct view *s)
{
	struct fuzz_vcpu *v = &z->w->vcpu[i];
	size_t fp_at = z->w->dev.info.fp_offset, fp_size = z->w->dev.info.fp_size;
	static unsigned char keep[16384];
	struct axvcpu_sync sync = { .size = sizeof(sync), .fetch = AXVCPU_REGS_ALL };
	struct axvcpu_get_state *g = &s->vcpu[i].state;

	g->size = sizeof(*g);
	if (v->fd < 0 || ioctl(v->fd, AXVCPU_GET_STATE, g))
		return;
	if ((g->state != AXVCPU_STATE_FREE && g->state != AXVCPU_STATE_READY) ||
	    (g->owner && g->owner != syscall(SYS_gettid)) || fp_at + fp_size > sizeof(keep))
		return;
	memcpy(keep, v->eyes, fp_at + fp_size);
	if (!ioctl(v->fd, AXVCPU_SYNC, &sync)) {
		s->vcpu[i].has_regs = true;
		memcpy(s->vcpu[i].regs, v->eyes + AXVCPU_RUN_REGS, sizeof(s->vcpu[i].regs));
		memset(s->vcpu[i].regs + TIMER, 0, sizeof(((axt_regs_t *)0)->timer));
		memcpy(s->vcpu[i].fp, v->eyes + fp_at,
		       fp_size < sizeof(s->vcpu[i].fp) ? fp_size : sizeof(s->vcpu[i].fp));
	}
	/* but for the stop word, which others add to */
	memcpy(v->eyes, keep, offsetof(struct axvcpu_run, stop));
	memcpy(v->eyes + AXVCPU_RUN_REGS, keep + AXVCPU_RUN_REGS, fp_at + fp_size - AXVCPU_RUN_REGS);
}

static void view(struct fuzz *z, struct view *s)
{
	struct axvcpu_s2_stats stats = { .size = sizeof(stats) };
	unsigned int i;

	memset(s, 0, sizeof(*s));
	for (i = 0; i < NR_VMS; i++) {
		s->vm[i].size = sizeof(s->vm[i]);
		if (z->w->vm[i] >= 0)
			ioctl(z->w->vm[i], AXVCPU_VM_GET_STATE, &s->vm[i]);
	}
	for (i = 0; i < NR_S2; i++)
		if (z->w->s2[i] >= 0 && !ioctl(z->w->s2[i], AXVCPU_S2_GET_STATS, &stats))
			s->nr_maps[i] = stats.nr_maps;
	for (i = 0; i < NR_VCPUS; i++)
		view_vcpu(z, i, s);
}

/*
 * Fewer vCPUs are nobody's mistake: one that was closed goes with its last mapping, and
 * a dead child's may be in the hands of khugepaged or ksmd for a while.
 */
static bool vm_differs(const struct axvcpu_vm_state_info *a, const struct axvcpu_vm_state_info *b)
{
	return a->state != b->state || a->reason != b->reason || a->nr_vcpus < b->nr_vcpus;
}

static void compare(struct fuzz *z, const char *name, int err, const struct view *a,
		    const struct view *b)
{
	const char *e = axt_result_str(-err);
	unsigned int i, n;

	for (i = 0; i < NR_VMS; i++)
		if (vm_differs(&a->vm[i], &b->vm[i]))
			fuzz_fail(z, "%s: %s, but VM %u changed: state %u to %u, reason %u to %u, vCPUs %u to %u",
				  name, e, i, a->vm[i].state, b->vm[i].state, a->vm[i].reason,
				  b->vm[i].reason, a->vm[i].nr_vcpus, b->vm[i].nr_vcpus);
	for (i = 0; i < NR_S2; i++)
		if (a->nr_maps[i] != b->nr_maps[i])
			fuzz_fail(z, "%s: %s, but stage-2 %u has %u mappings, had %u", name, e, i,
				  b->nr_maps[i], a->nr_maps[i]);
	for (i = 0; i < NR_VCPUS; i++) {
		if (memcmp(&a->vcpu[i].state, &b->vcpu[i].state, sizeof(a->vcpu[i].state)))
			fuzz_fail(z, "%s: %s, but vCPU %u's state %u is now %u", name, e, i,
				  a->vcpu[i].state.state, b->vcpu[i].state.state);
		for (n = 0; n < sizeof(a->vcpu[i].regs); n++) {
			if (a->vcpu[i].regs[n] != b->vcpu[i].regs[n]) {
				fuzz_fail(z, "%s: %s, but vCPU %u's register byte 0x%x changed",
					  name, e, i, n);
				break;
			}
		}
		if (memcmp(a->vcpu[i].fp, b->vcpu[i].fp, sizeof(a->vcpu[i].fp)))
			fuzz_fail(z, "%s: %s, but vCPU %u's FP registers changed", name, e, i);
	}
}

/* Is @err what a file of this kind says to this request? */
static bool is_legal_error(struct fuzz *z, const struct req *r, int fd, int err)
{
	if (errno_documented(r->cmd, err))
		return true;
	if (err == EBADF && (fd < 0 || !z->w->strict))
		return true;
	if (z->failing && (err == ENOMEM || err == EFAULT))
		return true;
	/* with others about an fd may be another one by now */
	return err == ENOTTY && !z->w->strict;
}

static bool is_of_kind(struct fuzz *z, int fd, enum req_kind kind)
{
	unsigned int i;

	for (i = 0; kind == REQ_VM && i < NR_VMS; i++)
		if (fd == z->w->vm[i])
			return true;
	for (i = 0; kind == REQ_STAGE2 && i < NR_S2; i++)
		if (fd == z->w->s2[i])
			return true;
	for (i = 0; kind == REQ_VCPU && i < NR_VCPUS; i++)
		if (fd == z->w->vcpu[i].fd)
			return true;
	return kind == REQ_DEVICE && fd == z->w->dev.fd;
}

long fuzz_call_as_is(struct fuzz *z, const struct req *r, int fd, void *arg)
{
	static struct view before, after;
	bool strict = z->w->strict && !z->child;
	long ret;
	int err;

	if (strict)
		view(z, &before);
	z->calls++;
	ret = ioctl(fd, r->cmd, arg);
	err = ret < 0 ? errno : 0;
	if (!err) {
		z->good++;
		z->worked[r - requests]++;
		if (r->makes_fd)
			close(ret);
		else if (ret)
			fuzz_fail(z, "%s: %ld", r->name, ret);
		if (strict && !is_of_kind(z, fd, r->kind))
			fuzz_fail(z, "%s on an fd of another kind: success", r->name);
		return ret;
	}
	if (err < NR_ERRNOS)
		z->refused[r - requests][err] = true;
	if (strict && fd >= 0 && !is_of_kind(z, fd, r->kind)) {
		if (err != ENOTTY)
			fuzz_fail(z, "%s on an fd of another kind: %s", r->name,
				  axt_result_str(-err));
	} else if (!is_legal_error(z, r, fd, err)) {
		fuzz_fail(z, "%s: %s is not documented", r->name, axt_result_str(-err));
	}
	/* EBADFD is meant to end a vCPU, and with EINTR the guest got on */
	if (strict && err != EBADFD && err != EINTR) {
		view(z, &after);
		compare(z, r->name, err, &before, &after);
	}
	return -err;
}

void fuzz_call(struct fuzz *z, const struct req *r, int fd)
{
	unsigned int n = rnd_below(&z->r, 6);
	unsigned char *arg = z->arg;
	struct axvcpu_s2_map *m = (void *)arg;
	bool refused;
	void *p;
	long ret;

	if (!r->size) {
		if (r->cmd == AXVCPU_RUN && !rnd_one_in(&z->r, 4))
			fuzz_entry(z, &z->w->vcpu[rnd_below(&z->r, NR_VCPUS)]);
		fuzz_call_as_is(z, r, fd, rnd_one_in(&z->r, 20) ? (void *)rnd(&z->r) : NULL);
		return;
	}
	legal(z, r, arg);
	/* three in six as they are, two with one thing wrong, one with two */
	if (n < 3)
		spoil(z, r, arg);
	if (n < 1)
		spoil(z, r, arg);
	keep_small(r, arg);
	refused = is_refused(r, arg);
	p = place(z, r, arg);
	ret = fuzz_call_as_is(z, r, fd, p);
	if (ret >= 0 && refused && p == arg)
		fuzz_fail(z, "%s: success with a bad size, an unknown flag or a reserved bit",
			  r->name);
	/* the file's mapping is ours to take back */
	if (!ret && r->cmd == AXVCPU_S2_MAP && p == arg && m->source == AXVCPU_S2_FD)
		munmap((void *)(uintptr_t)m->uaddr, m->len);
}

/* ---- the run page ------------------------------------------------------------------------------ */

/* Segments of other rings are more than an emulated CPU survives. */
static bool is_deadly(size_t at __maybe_unused)
{
#if defined(__x86_64__)
	size_t first = AXVCPU_RUN_REGS + offsetof(struct axvcpu_x86_regs, control.seg);

	return x86_emulated() && at + 8 > first &&
	       at < first + 8 * sizeof(struct axvcpu_x86_segment);
#else
	return false;
#endif
}

static size_t some_place(struct fuzz *z)
{
	switch (rnd_below(&z->r, 10)) {
	case 0:
		return rnd_below(&z->r, sizeof(struct axvcpu_exit));
	case 1:
	case 2:
		return offsetof(struct axvcpu_run, entry) +
		       rnd_below(&z->r, sizeof(struct axvcpu_entry));
	case 3:
		return offsetof(struct axvcpu_run, counters) +
		       rnd_below(&z->r, sizeof(struct axvcpu_counters));
	case 4:
	case 5:
		return z->w->dev.info.fp_offset + rnd_below(&z->r, z->w->dev.info.fp_size - 8);
	case 6:
		return AXVCPU_RUN_DATA + rnd_below(&z->r, AXVCPU_RUN_DATA_SIZE);
	default:
		return AXVCPU_RUN_REGS + rnd_below(&z->r, sizeof(axt_regs_t) - 8);
	}
}

/**
 * struct page_job - something to be done to a run page that may go away
 * @run: the page
 * @n: how much of it
 */
struct page_job {
	volatile struct axvcpu_run *run;
	unsigned int n;
};

static void scribble(struct fuzz *z, void *arg)
{
	struct page_job *job = arg;
	unsigned int i;
	uint64_t word;
	size_t at;

	for (i = 0; i < job->n; i++) {
		at = some_place(z);
		if (is_deadly(at))
			continue;
		memcpy(&word, (unsigned char *)job->run + at, 8);
		word = rnd_one_in(&z->r, 3) ? rnd_value(&z->r) :
					      word ^ 1ull << rnd_below(&z->r, 64);
		memcpy((unsigned char *)job->run + at, &word, 8);
		if (rnd_one_in(&z->r, 8))
			job->run->stop = rnd_below(&z->r, 3);
	}
}

void fuzz_scribble(struct fuzz *z, struct fuzz_vcpu *v, unsigned int n)
{
	struct page_job job = { (void *)v->run, n };

	if (job.run)
		fuzz_try(z, scribble, &job);
}

static void write_entry(struct fuzz *z, void *arg)
{
	volatile struct axvcpu_run *run = ((struct page_job *)arg)->run;
	uint32_t command = rnd_below(&z->r, 6), i;

	/* one that is allowed, most of the time */
	if (!rnd_one_in(&z->r, 10))
		for (i = 0; i < 8 && !(run->exit.commands & 1u << command); i++)
			command = (command + 1) % 5;
	run->entry.command = command;
	run->entry.flags = rnd_one_in(&z->r, 20) ? rnd(&z->r) : rnd_below(&z->r, 4);
	run->entry.data = rnd_value(&z->r);
	run->entry.wanted = rnd_one_in(&z->r, 20) ? rnd(&z->r) : rnd_below(&z->r, 64);
	run->entry.commit = rnd_one_in(&z->r, 6) ? rnd_below(&z->r, 64) : 0;
	for (i = 0; i < 5; i++)
		run->entry.reserved[i] = rnd_one_in(&z->r, 200);
}

void fuzz_entry(struct fuzz *z, struct fuzz_vcpu *v)
{
	struct page_job job = { (void *)v->eyes, 0 };

	if (job.run)
		fuzz_try(z, write_entry, &job);
}
