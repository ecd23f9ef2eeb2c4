// SPDX-License-Identifier: GPL-2.0-only
/*
 * MSIs to the IMSIC of a vCPU, from whoever sends them, and its registers.
 *
 * Where the vCPU has a file, its page is mapped in its stage-2 when it is first touched,
 * and writes go there without an exit. They are exits served here as long as it has none,
 * from vCPUs on other tables, and from user space (interrupts with a number).
 */
#include <linux/bitops.h>
#include <linux/io.h>
#include <linux/rcupdate.h>
#include <linux/string.h>
#include <asm/csr.h>

#include "imsic.h"

#define SETEIPNUM_LE	0	/* the one register that a page has; all else reads as 0 */

/* ---- sending --------------------------------------------------------------------- */

/**
 * axv_riscv_imsic_has() - is there something for the hart?
 * @im: the IMSIC, locked, in memory
 */
bool axv_riscv_imsic_has(const struct axv_riscv_imsic *im)
{
	unsigned int i, id;
	u64 ready;

	if (!im->eidelivery)
		return false;
	for (i = 0; i < IMSIC_WORDS; i++) {
		ready = im->eip[i] & im->eie[i];
		if (!ready)
			continue;
		id = 64 * i + __ffs64(ready);
		return !im->eithreshold || id < im->eithreshold;
	}
	return false;
}

/* True: it is in memory, so somebody has to tell the vCPU. */
static bool send(struct axv_riscv_imsic *im, u32 id)
{
	unsigned long flags;
	bool memory;

	raw_spin_lock_irqsave(&im->lock, flags);
	memory = im->cpu < 0;
	if (memory)
		im->eip[id / 64] |= BIT_ULL(id % 64);
	else
		writel(id, im->door);
	raw_spin_unlock_irqrestore(&im->lock, flags);
	return memory;
}

/**
 * axv_riscv_imsic_send() - an MSI
 * @v: the vCPU, which has an IMSIC and stays
 * @id: identity, 1 to axv_riscv_imsic_ids
 */
void axv_riscv_imsic_send(struct axv_vcpu *v, u32 id)
{
	if (send(v->arch.imsic, id))
		axv_vcpu_kick(v);
}

/**
 * axv_riscv_imsic_valid() - is it a number for axv_riscv_imsic_send()?
 * @v: the vCPU
 * @id: identity
 */
bool axv_riscv_imsic_valid(const struct axv_vcpu *v, u32 id)
{
	return v->arch.imsic && id && id <= axv_riscv_imsic_ids;
}

/* ---- waiting --------------------------------------------------------------------- */

/**
 * axv_riscv_imsic_wakes() - does a vCPU go on that waits with external interrupts on?
 * @v: the vCPU, at rest, its own thread
 *
 * A file that is not armed has been, and had something; or the wait was not begun by the
 * guest here, and wfi may end without a reason.
 */
bool axv_riscv_imsic_wakes(struct axv_vcpu *v)
{
	struct axv_riscv_imsic *im = v->arch.imsic;
	unsigned long flags;
	bool wakes;

	if (!im)
		return false;
	raw_spin_lock_irqsave(&im->lock, flags);
	wakes = im->cpu < 0 ? axv_riscv_imsic_has(im) : !READ_ONCE(im->armed);
	raw_spin_unlock_irqrestore(&im->lock, flags);
	return wakes;
}

/* ---- the guest's accesses --------------------------------------------------------- */

/* Whose page is it? rcu_read_lock(), or a section. */
static struct axv_riscv_imsic *find(struct axv_vm *vm, u64 gpa)
{
	struct axv_riscv_imsic *im;
	struct axv_vcpu *v;
	unsigned int i;

	for (i = 0; i < AXV_MAX_VCPUS; i++) {
		v = READ_ONCE(vm->vcpus[i]);
		im = v ? v->arch.imsic : NULL;
		if (im && im->gpa == (gpa & PAGE_MASK))
			return im;
	}
	return NULL;
}

struct door {
	struct axv_vcpu *v;
	u64 gpa;
};

/* Where the page leads for those on the same table. */
static axv_hpa_t where(void *arg)
{
	const struct door *d = arg;
	struct axv_riscv_imsic *im;
	unsigned long flags;
	axv_hpa_t hpa = 0;

	rcu_read_lock();
	im = find(d->v->vm, d->gpa);
	if (im) {
		raw_spin_lock_irqsave(&im->lock, flags);
		if (im->s2 == d->v->s2)
			hpa = im->hpa;
		raw_spin_unlock_irqrestore(&im->lock, flags);
	}
	rcu_read_unlock();
	return hpa;
}

/**
 * axv_riscv_imsic_look() - what is to be done about an access?
 * @v: the vCPU
 * @gpa: guest physical address
 *
 * Return: enum axv_riscv_look.
 */
enum axv_riscv_look axv_riscv_imsic_look(struct axv_vcpu *v, u64 gpa)
{
	struct door d = { .v = v, .gpa = gpa };
	bool is_page;

	rcu_read_lock();
	is_page = find(v->vm, gpa);
	rcu_read_unlock();
	if (!is_page)
		return AXV_NO_IMSIC;
	return where(&d) ? AXV_IMSIC_FILE : AXV_IMSIC_MEMORY;
}

/**
 * axv_riscv_imsic_map() - have the page mapped where there is a file
 * @v: the vCPU that faulted, at rest
 * @gpa: guest physical address
 *
 * Return: 0; -ENOMEM; something else: there is nothing to map, or to map it over.
 */
int axv_riscv_imsic_map(struct axv_vcpu *v, u64 gpa)
{
	struct door d = { .v = v, .gpa = gpa };

	return axv_s2_door_map(v->s2, gpa, where, &d);
}

/* As the file itself would refuse it. */
static int refuse(struct axv_vcpu *v, bool write)
{
	u64 cause = write ? EXC_STORE_ACCESS : EXC_LOAD_ACCESS, addr = v->arch.ctx.trap.stval;

	if (!(v->vm->exception_exits & BIT(cause))) {
		axv_riscv_trap_guest(v, cause, addr);
		return AXV_RESUME;
	}
	axv_riscv_new_exit(v, AXVCPU_EXIT_EXCEPTION);
	v->exit.exception.vector = cause;
	v->exit.exception.addr = addr;
	return AXV_EXIT;
}

/**
 * axv_riscv_imsic_access() - a load or store where no file is mapped
 * @v: the vCPU, in the section
 * @gpa: where it faulted: in the page of an IMSIC, it was found
 * @write: it was a store's
 * @d: the instruction
 *
 * Return: enum axv_next.
 */
int axv_riscv_imsic_access(struct axv_vcpu *v, u64 gpa, bool write,
			   const struct axv_riscv_insn *d)
{
	struct axv_riscv_imsic *im;
	u32 id;

	if (d->op != (write ? AXV_RISCV_STORE : AXV_RISCV_LOAD) || d->width != sizeof(u32) ||
	    d->offset || !IS_ALIGNED(gpa, sizeof(u32)))
		return refuse(v, write);
	axv_riscv_skip(v, d->len);
	if (!write) {
		axv_riscv_set_x(v, d->rd, 0);
		return AXV_RESUME;
	}
	id = axv_riscv_x(v, d->rs2);
	im = find(v->vm, gpa);
	if (im && offset_in_page(gpa) == SETEIPNUM_LE && axv_riscv_imsic_valid(im->v, id))
		axv_riscv_imsic_send(im->v, id);
	return AXV_RESUME;
}

/* ---- registers ---------------------------------------------------------------------- */

/* Bits of identities that are not there. */
static bool has_others(const u64 *bits)
{
	unsigned int i, last = axv_riscv_imsic_ids / 64;

	if ((bits[0] & 1) || (bits[last] & ~GENMASK_ULL(axv_riscv_imsic_ids % 64, 0)))
		return true;
	for (i = last + 1; i < IMSIC_WORDS; i++)
		if (bits[i])
			return true;
	return false;
}

/**
 * axv_riscv_imsic_check() - may this be committed?
 * @v: the vCPU
 * @r: a private copy
 *
 * Return: 0 or -EINVAL.
 */
int axv_riscv_imsic_check(const struct axv_vcpu *v, const struct axvcpu_riscv_imsic *r)
{
	if (!v->arch.imsic || r->eidelivery > 1 || r->eithreshold > axv_riscv_imsic_ids ||
	    r->reserved || has_others(r->eip) || has_others(r->eie))
		return -EINVAL;
	return 0;
}

/**
 * axv_riscv_imsic_set() - take them
 * @v: the vCPU, at rest
 * @r: checked
 */
void axv_riscv_imsic_set(struct axv_vcpu *v, const struct axvcpu_riscv_imsic *r)
{
	struct axv_riscv_imsic *im = v->arch.imsic;
	unsigned long flags;

	axv_riscv_imsic_rest(v);
	raw_spin_lock_irqsave(&im->lock, flags);
	im->eidelivery = r->eidelivery;
	im->eithreshold = r->eithreshold;
	memcpy(im->eip, r->eip, sizeof(im->eip));
	memcpy(im->eie, r->eie, sizeof(im->eie));
	raw_spin_unlock_irqrestore(&im->lock, flags);
	v->arch.csr.vsiselect = r->siselect;
}

/**
 * axv_riscv_imsic_get() - give them
 * @v: the vCPU, at rest
 * @r: written only
 */
void axv_riscv_imsic_get(struct axv_vcpu *v, struct axvcpu_riscv_imsic *r)
{
	struct axv_riscv_imsic *im = v->arch.imsic;
	unsigned long flags;

	if (!im) {
		memset(r, 0, sizeof(*r));
		return;
	}
	axv_riscv_imsic_rest(v);
	raw_spin_lock_irqsave(&im->lock, flags);
	r->eidelivery = im->eidelivery;
	r->eithreshold = im->eithreshold;
	memcpy(r->eip, im->eip, sizeof(r->eip));
	memcpy(r->eie, im->eie, sizeof(r->eie));
	raw_spin_unlock_irqrestore(&im->lock, flags);
	r->siselect = v->arch.csr.vsiselect;
	r->ids = axv_riscv_imsic_ids;
	r->reserved = 0;
}
