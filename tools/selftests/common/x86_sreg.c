// SPDX-License-Identifier: GPL-2.0-only
/* Code without MOV to segment registers that there are not, see x86_sreg.h. */
#include "common/x86_sreg.h"

#define MOV_SREG	0x8e

static void protect(struct axt *f, uint64_t gpa, uint64_t len, uint32_t prot)
{
	ASSERT_OK(axv_s2_protect(f->s2, gpa, len, prot));
}

void x86_sreg_guard(struct axt *f)
{
	if (axt_flawed(AXT_FLAW_SREG))
		protect(f, 0, f->ram_size, AXVCPU_PROT_READ | AXVCPU_PROT_WRITE);
}

/*
 * Segment registers 6 and 7 become 4 and 5, and those of REX.R what they are
 * without it. That a byte is the opcode cannot be known: all that could be are.
 */
static void look_through(struct axt *f, uint64_t page)
{
	uint64_t first = page ? page - 1 : 0, end = page + AXT_PAGE, i;
	unsigned char *p = f->ram;

	/* the instruction may begin in the page before, or end in the one behind */
	for (i = first; i <= end && i + 1 < f->ram_size; i++) {
		if (p[i] != MOV_SREG)
			continue;
		if ((p[i + 1] >> 3 & 7) >= 6)
			p[i + 1] &= ~0x10;
		if (i && (p[i - 1] & 0xf4) == 0x44)
			p[i - 1] &= ~0x04;
	}
}

bool x86_sreg_exit(struct axt *f)
{
	uint64_t page = f->exit->npf.gpa & ~(AXT_PAGE - 1);

	if (!axt_flawed(AXT_FLAW_SREG) || f->exit->reason != AXVCPU_EXIT_NESTED_PAGE_FAULT ||
	    !(f->exit->npf.flags & AXVCPU_NPF_PROT) || page >= f->ram_size)
		return false;
	if (f->exit->npf.access & AXVCPU_PROT_EXEC) {
		look_through(f, page);
		protect(f, page, AXT_PAGE, AXVCPU_PROT_READ | AXVCPU_PROT_EXEC);
	} else {
		protect(f, page, AXT_PAGE, AXVCPU_PROT_READ | AXVCPU_PROT_WRITE);
	}
	axv_retry(&f->v);
	return true;
}
