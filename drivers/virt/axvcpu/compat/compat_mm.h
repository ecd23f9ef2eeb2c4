/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Differences in memory management between the supported kernels. Included
 * by the stage-2 engine alone; the macros come from Kbuild.
 */
#ifndef AXVCPU_COMPAT_MM_H
#define AXVCPU_COMPAT_MM_H

#include <linux/mm.h>

/* Before 6.5 get_user_pages_remote() could also give the VMAs. */
static inline long axv_get_user_page_remote(struct mm_struct *mm, unsigned long hva,
					    unsigned int flags, struct page **page, int *locked)
{
#ifdef AXV_GUP_REMOTE_HAS_VMAS
	return get_user_pages_remote(mm, hva, 1, flags, page, NULL, locked);
#else
	return get_user_pages_remote(mm, hva, 1, flags, page, locked);
#endif
}

#ifndef AXV_HAVE_FOLLOW_PFNMAP
/* 6.12 has it; before, follow_pte() does the same for smallest pages. */
struct follow_pfnmap_args {
	struct vm_area_struct *vma;
	unsigned long address;
	spinlock_t *lock;	/* held from start to end */
	pte_t *ptep;
	unsigned long pfn;
	pgprot_t pgprot;
	bool writable;
};

static inline int follow_pfnmap_start(struct follow_pfnmap_args *args)
{
	struct vm_area_struct *vma = args->vma;
	pte_t pte;
	int r;

	if (!(vma->vm_flags & (VM_IO | VM_PFNMAP)))
		return -EINVAL;
	r = follow_pte(vma->vm_mm, args->address, &args->ptep, &args->lock);
	if (r)
		return r;
	pte = READ_ONCE(*args->ptep);
	args->pfn = pte_pfn(pte);
	args->pgprot = pte_pgprot(pte);
	args->writable = pte_write(pte);
	return 0;
}

static inline void follow_pfnmap_end(struct follow_pfnmap_args *args)
{
	__acquire(args->lock); /* by follow_pte(), which does not say so */
	pte_unmap_unlock(args->ptep, args->lock);
}
#endif

#endif /* AXVCPU_COMPAT_MM_H */
