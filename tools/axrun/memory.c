// SPDX-License-Identifier: GPL-2.0-only
/* Guest memory: anonymous memory of this process, touched only when used. */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "axrun.h"

#define HUGE_PAGE	(2 * MIB)

/* Aligned to the huge page like guest addresses are, so that both map huge. */
uint8_t *mem_alloc(uint64_t len)
{
	uint64_t room = len + HUGE_PAGE;
	uintptr_t base;
	void *p;

	if (room < len || room > SIZE_MAX)
		die("--mem: too large");
	p = mmap(NULL, room, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED)
		die("--mem: cannot reserve %llu MiB: %s",
		    (unsigned long long)(len / MIB), strerror(errno));

	base = ((uintptr_t)p + HUGE_PAGE - 1) & ~(uintptr_t)(HUGE_PAGE - 1);
	/* advice; without it small pages serve as well */
	madvise((void *)base, len, MADV_HUGEPAGE);
	return (uint8_t *)base;
}

void mem_add(struct vm *vm, uint64_t gpa, uint64_t len, uint8_t *host)
{
	struct memory *mem = &vm->mem;
	int ret;

	if (!len)
		return;
	if (mem->nr == MAX_RAM_REGIONS)
		die("too many memory regions");

	ret = axv_s2_map_user(vm->s2, gpa, host, len, AXV_PROT_RWX);
	if (ret < 0)
		die("cannot map guest memory at %#llx, %#llx bytes: %s",
		    (unsigned long long)gpa, (unsigned long long)len,
		    strerror(-ret));
	mem->region[mem->nr++] = (struct ram_region){
		.gpa = gpa,
		.len = len,
		.host = host,
	};
}

void *mem_ptr(const struct memory *mem, uint64_t gpa, uint64_t len)
{
	for (unsigned int i = 0; i < mem->nr; i++) {
		const struct ram_region *r = &mem->region[i];

		if (gpa >= r->gpa && gpa - r->gpa <= r->len &&
		    len <= r->len - (gpa - r->gpa))
			return r->host + (gpa - r->gpa);
	}
	return NULL;
}
