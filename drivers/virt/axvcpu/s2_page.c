// SPDX-License-Identifier: GPL-2.0-only
/*
 * The page of a process's memory behind a page of the guest's, for a fault: what
 * the process has, or gets by a fault of its own, and waiting for that.
 */
#include <linux/mmu_context.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/task_work.h>

#include "s2_internal.h"

/* ---- waiting for memory -------------------------------------------------- */

/*
 * A fault of the process's memory may take as long as the owner of a userfaultfd
 * or the other end of a file system likes. A signal ends such a wait, and whoever
 * wants something of the vCPU sends what is like one: the flag by which task work
 * is announced. The vCPU's thread says that it may wait, has a full barrier, and
 * looks whether something is wanted of it; the other side makes its change, has
 * a full barrier, and looks here. A flag raised is taken back after the wait.
 */
enum {
	WAIT_NONE,
	WAIT_MAYBE,		/* the thread may wait */
	WAIT_RAISING,		/* somebody raises the flag, quickly */
	WAIT_RAISED,
};

/**
 * axv_s2_is_wanted() - is there something that does not wait for memory
 * @v: the vCPU
 */
bool axv_s2_is_wanted(struct axv_vcpu *v)
{
	return READ_ONCE(v->run->stop) || READ_ONCE(v->vm->state) != AXVCPU_VM_RUNNING;
}

/**
 * axv_s2_interrupt() - end a vCPU's wait for memory
 * @v: the vCPU
 */
void axv_s2_interrupt(struct axv_vcpu *v)
{
	if (READ_ONCE(v->fault_wait) != WAIT_MAYBE)
		return;
	preempt_disable();
	if (cmpxchg(&v->fault_wait, WAIT_MAYBE, WAIT_RAISING) == WAIT_MAYBE) {
		/* the thread does not get on before WAIT_RAISED */
		set_tsk_thread_flag(v->task, TIF_NOTIFY_SIGNAL);
		wake_up_process(v->task);
		/* the last that is done to the thread */
		smp_store_release(&v->fault_wait, WAIT_RAISED);
	}
	preempt_enable();
}

/* False: there is no time to wait. */
static bool begin_wait(struct axv_vcpu *v)
{
	/* before the look at what is wanted: see above */
	smp_store_mb(v->fault_wait, WAIT_MAYBE);
	return !axv_s2_is_wanted(v);
}

static noinline void take_flag_back(struct axv_vcpu *v)
{
	smp_cond_load_acquire(&v->fault_wait, VAL == WAIT_RAISED);
	WRITE_ONCE(v->fault_wait, WAIT_NONE);
	clear_notify_signal();
	/*
	 * Somebody else's work may be announced by the same flag. Most is not, the
	 * scheduler's own above all, and is not to look like a signal: this flag has
	 * all of it done, before the guest is entered again at the latest.
	 */
	if (task_work_pending(current))
		set_thread_flag(TIF_NOTIFY_RESUME);
}

static void end_wait(struct axv_vcpu *v)
{
	if (cmpxchg(&v->fault_wait, WAIT_MAYBE, WAIT_NONE) != WAIT_MAYBE)
		take_flag_back(v);
}

/* ---- the process's page -------------------------------------------------- */

/*
 * One fault of the process, in the way of its own accesses but that any signal
 * ends a wait. What came of it is the caller's to look up, since it may be gone
 * again. -EFAULT: there is no memory that is counted; -EAGAIN: a signal.
 */
static int fault_in_mm(struct mm_struct *mm, unsigned long hva, bool write)
{
	unsigned int flags = FAULT_FLAG_ALLOW_RETRY | FAULT_FLAG_KILLABLE |
			     FAULT_FLAG_INTERRUPTIBLE;
	bool remote = mm != current->mm;
	struct vm_area_struct *vma;
	vm_fault_t fault;

	if (write)
		flags |= FAULT_FLAG_WRITE;
	if (remote)
		flags |= FAULT_FLAG_REMOTE;
	for (;;) {
		if (mmap_read_lock_killable(mm))
			return -EINTR;
		vma = vma_lookup(mm, hva);
		if (!vma || (vma->vm_flags & (VM_IO | VM_PFNMAP)) ||
		    !(vma->vm_flags & (write ? VM_WRITE : VM_READ)) ||
		    !arch_vma_access_permitted(vma, write, false, remote)) {
			mmap_read_unlock(mm);
			return -EFAULT;
		}
		fault = handle_mm_fault(vma, hva, flags, NULL);
		/* these two come with the lock dropped */
		if (fault & VM_FAULT_COMPLETED)
			return 0;
		if (fault & VM_FAULT_RETRY) {
			if (signal_pending(current))
				return -EAGAIN;
			flags |= FAULT_FLAG_TRIED;
			continue;
		}
		mmap_read_unlock(mm);
		return fault & VM_FAULT_ERROR ? vm_fault_to_errno(fault, 0) : 0;
	}
}

/* @v: the vCPU that needs it, or NULL. */
static int fault_in(struct axv_vcpu *v, struct mm_struct *mm, unsigned long hva, bool write)
{
	int r = -EAGAIN;

	if (!v)
		return fault_in_mm(mm, hva, write);
	if (begin_wait(v))
		r = fault_in_mm(mm, hva, write);
	end_wait(v);
	return r;
}

/*
 * What the process has without a fault: the page, and with @nr 2 whether there
 * is one behind it. A guest's read maps for writing too where the process needs
 * no fault to write. Return: pages found.
 */
static int look_up(unsigned long hva, int nr, bool write, bool try_write, struct axv_s2_page *h)
{
	struct page *page[2];
	int got = 0;

	if (write || try_write)
		got = get_user_pages_fast_only(hva, nr, FOLL_WRITE, page);
	h->writable = got > 0;
	if (got <= 0 && !write)
		got = get_user_pages_fast_only(hva, nr, 0, page);
	if (got > 1)
		put_page(page[1]);
	if (got > 0)
		h->page = page[0];
	return got;
}

/*
 * Memory is mostly touched in runs, of what is there or of what is not. While
 * it is not, to look first is in vain; that it is there again shows in the page
 * behind.
 */
static int local_page(struct axv_stage2 *s2, struct axv_vcpu *v, const struct axv_s2_slot *slot,
		      u64 gfn, bool write, struct axv_s2_page *h)
{
	unsigned long hva = axv_s2_slot_hva(slot, gfn);
	bool fresh = READ_ONCE(s2->fresh), try_write = slot->prot & AXVCPU_PROT_WRITE;
	int got;
	long r;

	h->there = true;
	if (!fresh && look_up(hva, 1, write, try_write, h) > 0)
		return 0;
	r = fault_in(v, current->mm, hva, write);
	if (r)
		return r;
	got = look_up(hva, gfn == slot->last ? 1 : 2, write, try_write, h);
	h->there = got > 1;
	if (fresh == h->there)
		WRITE_ONCE(s2->fresh, !h->there);
	if (got > 0)
		return 0;
	/* gone again, or a kind that is not to be had so: the page of zeroes */
	r = get_user_pages_unlocked(hva, 1, &h->page, write ? FOLL_WRITE : 0);
	if (r != 1)
		return r < 0 ? r : -EFAULT;
	h->writable = write;
	return 0;
}

static int remote_page(struct axv_vcpu *v, struct mm_struct *mm, unsigned long hva, bool write,
		       struct axv_s2_page *h)
{
	int locked = 1;
	long r;

	r = fault_in(v, mm, hva, write);
	if (r)
		return r;
	if (mmap_read_lock_killable(mm))
		return -EINTR;
	r = axv_get_user_page_remote(mm, hva, write ? FOLL_WRITE : 0, &h->page, &locked);
	if (locked)
		mmap_read_unlock(mm);
	if (r != 1)
		return r < 0 ? r : -EFAULT;
	h->writable = write;
	return 0;
}

static bool is_write_back(pgprot_t prot)
{
	return pgprot_val(prot) != pgprot_val(pgprot_noncached(prot)) &&
	       pgprot_val(prot) != pgprot_val(pgprot_writecombine(prot));
}

static int follow_pfn_locked(struct vm_area_struct *vma, unsigned long hva, bool write,
			     struct axv_s2_page *h)
{
	struct follow_pfnmap_args args = { .vma = vma, .address = hva };

	if (follow_pfnmap_start(&args))
		return -EFAULT;
	h->pfn = args.pfn;
	h->writable = args.writable;
	h->attr = 0;
	if (!pfn_valid(args.pfn) || PageReserved(pfn_to_page(args.pfn))) {
		h->attr = AXV_S2_ATTR_DEVICE;
		if (!is_write_back(args.pgprot))
			h->attr |= AXV_S2_ATTR_UNCACHED;
	}
	follow_pfnmap_end(&args);
	return write && !h->writable ? -EFAULT : 0;
}

/* An address that has no struct page behind it: a device's memory, mostly. */
static int pfn_page(struct mm_struct *mm, unsigned long hva, bool write, struct axv_s2_page *h)
{
	struct vm_area_struct *vma;
	bool unlocked = false;
	int r = -EFAULT;

	if (mmap_read_lock_killable(mm))
		return -EINTR;
	vma = vma_lookup(mm, hva);
	if (!vma || !(vma->vm_flags & (VM_IO | VM_PFNMAP)) ||
	    !(vma->vm_flags & (write ? VM_WRITE : VM_READ)))
		goto out;
	r = follow_pfn_locked(vma, hva, write, h);
	if (!r)
		goto out;
	r = fixup_user_fault(mm, hva, write ? FAULT_FLAG_WRITE : 0, &unlocked);
	if (!r && unlocked)
		r = -EAGAIN; /* the VMA may be another one now */
	else if (!r)
		r = follow_pfn_locked(vma, hva, write, h);
out:
	mmap_read_unlock(mm);
	return r;
}

/**
 * axv_s2_page_get() - have the process's memory give the page
 * @s2: the stage-2
 * @v: the vCPU that needs it; NULL: it is populated ahead
 * @slot: the mapping, of a process's memory
 * @gfn: page in it
 * @access: AXVCPU_PROT_* that is wanted
 * @h: where to say what it is; the caller puts @h->page
 *
 * Sleeps. Return: 0; -EFAULT and other errors of the memory; -EAGAIN: look
 * again, something is wanted of the thread, perhaps; -EINTR, -ENOMEM.
 */
int axv_s2_page_get(struct axv_stage2 *s2, struct axv_vcpu *v, const struct axv_s2_slot *slot,
		    u64 gfn, u32 access, struct axv_s2_page *h)
{
	unsigned long hva = axv_s2_slot_hva(slot, gfn);
	bool write = access & AXVCPU_PROT_WRITE;
	struct mm_struct *mm = slot->mm->mm;
	bool local = mm == current->mm;
	int r;

	memset(h, 0, sizeof(*h));
	if (!local && !mmget_not_zero(mm))
		return -EFAULT;
	if (local)
		r = local_page(s2, v, slot, gfn, write, h);
	else
		r = remote_page(v, mm, hva, write, h);
	if (!r)
		h->pfn = page_to_pfn(h->page);
	else if (r == -EFAULT)
		r = pfn_page(mm, hva, write, h);
	if (!local)
		mmput(mm);
	return r;
}
