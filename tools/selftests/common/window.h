/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differential tests of MMIO have in common: one vCPU has memory everywhere, the
 * other a hole at FORM_WINDOW, where this program plays a device that is an array of
 * bytes. The guest's mmio_forms.h comes before.
 */
#ifndef AXV_SELFTEST_WINDOW_H
#define AXV_SELFTEST_WINDOW_H

#include <unistd.h>

#include "axvtest.h"

static inline bool is_mmio(const volatile struct axvcpu_exit *x)
{
	return x->reason == AXVCPU_EXIT_MMIO_READ || x->reason == AXVCPU_EXIT_MMIO_WRITE;
}

/* Open @f: its vCPU on memory, one more with the hole. */
static inline void window_open(struct axt *f, const struct axt_config *c, struct axv_vcpu *on_ram,
			       struct axv_vcpu *on_hole)
{
	int s2;

	axt_open(f, c);
	*on_ram = f->v;
	/* the same memory but for the window */
	s2 = f->s2;
	f->s2 = ASSERT_OK(axv_stage2_create(&f->dev, 0));
	ASSERT_OK(axv_s2_map_user(f->s2, 0, f->ram, f->ram_size, AXV_PROT_RWX));
	ASSERT_OK(axv_s2_unmap(f->s2, FORM_WINDOW, FORM_WINDOW_SIZE));
	axt_add_vcpu(f, 1, c, on_hole);
	close(s2);
}

/* Of the window, one width, and no more bytes than that. */
static inline bool window_check(const struct axvcpu_exit *x)
{
	unsigned int width = x->mmio.width;

	if (!EXPECT_TRUE(width == 1 || width == 2 || width == 4 || width == 8) ||
	    !EXPECT_TRUE(x->mmio.gpa - FORM_WINDOW <= FORM_WINDOW_SIZE - width))
		return false;
	return x->reason != AXVCPU_EXIT_MMIO_WRITE || width == 8 ||
	       EXPECT_EQ(x->mmio.data >> (8 * width), 0);
}

/* What the device does with the access that has exited; it was checked. */
static inline void window_serve(const struct axv_vcpu *v, unsigned char *device)
{
	volatile struct axvcpu_exit *x = &v->run->exit;
	/* what stands above the value is nobody's business */
	uint64_t data = 0xa5a5a5a5a5a5a5a5ull, written = x->mmio.data;
	unsigned char *at = device + x->mmio.gpa - FORM_WINDOW;

	if (x->reason == AXVCPU_EXIT_MMIO_READ)
		memcpy(&data, at, x->mmio.width);
	else
		memcpy(at, &written, x->mmio.width);
	axv_fulfil(v, data);
}

/* The first difference in @len bytes at @base, if there is one. */
static inline void compare_bytes(const char *what, uint64_t base, const unsigned char *cpu,
				 const unsigned char *ours, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (cpu[i] == ours[i])
			continue;
		axt_fail(__FILE__, __LINE__, "%s at 0x%llx: %02x by the CPU, %02x by axvcpu",
			 what, (unsigned long long)(base + i), cpu[i], ours[i]);
		return;
	}
}

#endif /* AXV_SELFTEST_WINDOW_H */
