// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel reads and writes guest memory, with the rights of the mappings:
 * for instructions it has to carry out, and for the guest's page tables.
 */
#include <linux/highmem.h>
#include <linux/pagemap.h>
#include <linux/sched/mm.h>
#include <linux/uaccess.h>

#include "s2_internal.h"

/* The mapping for an access of @prot at @gfn, with a reference. */
static int access_slot(struct axv_stage2 *s2, u64 gfn, u32 prot, struct axv_s2_slot *slot)
{
	bool found;

	spin_lock(&s2->lock);
	found = axv_s2_slot_get(s2, gfn, slot);
	spin_unlock(&s2->lock);
	if (!found)
		return -ENXIO;
	if (!(prot & ~slot->prot))
		return 0;
	axv_s2_slot_put(slot);
	return -EPERM;
}

static struct page *remote_page(struct mm_struct *mm, unsigned long hva, bool write)
{
	struct page *page = NULL;
	int locked = 1;

	if (!mmget_not_zero(mm))
		return NULL;
	if (!mmap_read_lock_killable(mm)) {
		if (axv_get_user_page_remote(mm, hva, write ? FOLL_WRITE : 0, &page,
					     &locked) != 1)
			page = NULL;
		if (locked)
			mmap_read_unlock(mm);
	}
	mmput(mm);
	return page;
}

/* The page behind @gfn, with a reference. */
static struct page *get_guest_page(struct axv_stage2 *s2, const struct axv_s2_slot *slot,
				   u64 gfn, bool write)
{
	unsigned long hva = axv_s2_slot_hva(slot, gfn);
	struct page *page;

	if (!slot->mm) {
		page = axv_s2_zero_get(s2, gfn);
		return IS_ERR(page) ? NULL : page;
	}
	if (slot->mm->mm != current->mm)
		return remote_page(slot->mm->mm, hva, write);
	if (get_user_pages_fast(hva, 1, write ? FOLL_WRITE : 0, &page) != 1)
		return NULL;
	return page;
}

static void put_guest_page(struct page *page, bool dirty)
{
	if (dirty)
		set_page_dirty_lock(page);
	put_page(page);
}

/* Within a page. Exactly one of @to and @from is the caller's buffer. */
static int access_page(struct axv_stage2 *s2, axv_gpa_t gpa, void *to, const void *from,
		       size_t len)
{
	size_t offset = offset_in_page(gpa);
	struct axv_s2_slot slot;
	void __user *hva;
	struct page *page;
	void *kva;
	int r;

	r = access_slot(s2, axv_s2_gfn(gpa), from ? AXVCPU_PROT_WRITE : AXVCPU_PROT_READ, &slot);
	if (r)
		return r;

	r = -EFAULT;
	if (slot.mm && slot.mm->mm == current->mm) {
		hva = (void __user *)axv_s2_slot_hva(&slot, axv_s2_gfn(gpa)) + offset;
		if (!(from ? copy_to_user(hva, from, len) : copy_from_user(to, hva, len)))
			r = 0;
		goto out;
	}
	page = get_guest_page(s2, &slot, axv_s2_gfn(gpa), from);
	if (!page)
		goto out;
	kva = kmap_local_page(page);
	if (from)
		memcpy(kva + offset, from, len);
	else
		memcpy(to, kva + offset, len);
	kunmap_local(kva);
	put_guest_page(page, from);
	r = 0;
out:
	axv_s2_slot_put(&slot);
	return r;
}

static int access_range(struct axv_stage2 *s2, axv_gpa_t gpa, void *to, const void *from,
			size_t len)
{
	if (gpa + len < gpa)
		return -ENXIO;
	while (len) {
		size_t n = min_t(size_t, len, PAGE_SIZE - offset_in_page(gpa));
		int r = access_page(s2, gpa, to, from, n);

		if (r)
			return r;
		if (to)
			to += n;
		if (from)
			from += n;
		gpa += n;
		len -= n;
	}
	return 0;
}

/**
 * axv_s2_read() - read guest memory
 * @s2: the stage-2
 * @gpa: guest physical address
 * @buf: where to put it
 * @len: bytes
 *
 * Return: 0, -ENXIO a hole, -EPERM not readable, -EFAULT no memory behind it.
 */
int axv_s2_read(struct axv_stage2 *s2, axv_gpa_t gpa, void *buf, size_t len)
{
	return access_range(s2, gpa, buf, NULL, len);
}

/**
 * axv_s2_write() - write guest memory
 * @s2: the stage-2
 * @gpa: guest physical address
 * @buf: what to write
 * @len: bytes
 *
 * Return: 0, -ENXIO a hole, -EPERM not writable, -EFAULT no memory behind it.
 * Pages before the one that failed are written.
 */
int axv_s2_write(struct axv_stage2 *s2, axv_gpa_t gpa, const void *buf, size_t len)
{
	return access_range(s2, gpa, NULL, buf, len);
}

static bool exchange(void *p, u64 old, u64 new, size_t len)
{
	if (len == sizeof(u32))
		return cmpxchg((u32 *)p, (u32)old, (u32)new) == (u32)old;
	return cmpxchg64((u64 *)p, old, new) == old;
}

/**
 * axv_s2_cmpxchg() - compare and exchange a word of guest memory
 * @s2: the stage-2
 * @gpa: guest physical address, aligned to @len
 * @old: what it must hold
 * @new: what to write
 * @len: 4 or 8
 *
 * Return: 0; -EAGAIN it held something else; -EINVAL; else as axv_s2_write().
 */
int axv_s2_cmpxchg(struct axv_stage2 *s2, axv_gpa_t gpa, u64 old, u64 new, size_t len)
{
	struct axv_s2_slot slot;
	struct page *page;
	void *kva;
	int r;

	if ((len != sizeof(u32) && len != sizeof(u64)) || !IS_ALIGNED(gpa, len))
		return -EINVAL;
	r = access_slot(s2, axv_s2_gfn(gpa), AXVCPU_PROT_WRITE, &slot);
	if (r)
		return r;
	r = -EFAULT;
	page = get_guest_page(s2, &slot, axv_s2_gfn(gpa), true);
	if (page) {
		kva = kmap_local_page(page);
		r = exchange(kva + offset_in_page(gpa), old, new, len) ? 0 : -EAGAIN;
		kunmap_local(kva);
		put_guest_page(page, !r);
	}
	axv_s2_slot_put(&slot);
	return r;
}
