// SPDX-License-Identifier: GPL-2.0-only
/* Register contents for the tests of register fidelity. */
#include "common/x86_state.h"

static unsigned char byte(unsigned int seed, unsigned int i)
{
	return (seed * 0x9d + i * 0x3b + (i >> 4)) | 1;
}

void state_fill_fp(unsigned char *area, uint64_t components, unsigned int seed)
{
	unsigned int i, n;

	memset(area, 0, XSAVE_AVX_END);
	/* all exceptions masked; precision and rounding by seed */
	area[0] = 0x7f;
	area[1] = seed & 1 ? 0x0e : 0x03;
	/* all eight x87 registers in use */
	area[4] = 0xff;
	area[XSAVE_MXCSR] = 0x80;
	area[XSAVE_MXCSR + 1] = seed & 1 ? 0x3f : 0x5f;
	for (i = 0; i < 8; i++) {
		for (n = 0; n < 8; n++)
			area[XSAVE_ST + i * 16 + n] = byte(seed, i * 8 + n);
		/* a normal number: integer bit and an exponent */
		area[XSAVE_ST + i * 16 + 7] |= 0x80;
		area[XSAVE_ST + i * 16 + 8] = byte(seed, 100 + i);
		area[XSAVE_ST + i * 16 + 9] = 0x3f;
	}
	for (i = 0; i < 256; i++)
		area[XSAVE_XMM + i] = byte(seed, 1000 + i);
	if (components & XFEATURE_AVX)
		for (i = 0; i < 256; i++)
			area[XSAVE_AVX + i] = byte(seed, 2000 + i);
	components &= XFEATURE_X87 | XFEATURE_SSE | XFEATURE_AVX;
	memcpy(area + XSAVE_HEADER, &components, 8);
}

void state_enable_fp(struct axv_vcpu *v, uint64_t xcr0)
{
	struct axvcpu_x86_control c;

	x86_get_control(v, &c);
	c.cr4 |= CR4_OSFXSR | CR4_OSXMMEXCPT | CR4_OSXSAVE;
	c.xcr0 = xcr0;
	ASSERT_OK(x86_set_control(v, &c));
}

void state_fill_slots(uint64_t *slots, unsigned int seed)
{
	uint64_t low = 0x11111100ull * (seed + 1);
	unsigned int i;

	slots[SLOT_STAR] = 0x0023001000000000ull + ((uint64_t)seed << 35);
	for (i = SLOT_LSTAR; i <= SLOT_CSTAR; i++)
		slots[i] = 0xffff800000000000ull + low + i;
	slots[SLOT_SFMASK] = 0x47700 + seed;
	for (i = SLOT_KERNEL_GS; i <= SLOT_GS_BASE; i++)
		slots[i] = 0x00007f0000000000ull + low + i * 0x1000;
	slots[SLOT_SYSENTER_CS] = 0x10 + 8 * seed;
	slots[SLOT_SYSENTER_ESP] = low + 0x700;
	slots[SLOT_SYSENTER_EIP] = low + 0x800;
	slots[SLOT_PAT] = seed & 1 ? 0x0007040600070106ull : 0x0001040600070406ull;
	slots[SLOT_TSC_AUX] = 0x5a000 + seed;
	slots[SLOT_CR2] = 0x00006e0000000000ull + low;
	slots[SLOT_CR8] = (seed + 3) & 15;
	/* breakpoints in user space, where the host's threads are */
	for (i = 0; i < 4; i++)
		slots[SLOT_DR0 + i] = 0x400000 + (seed * 4 + i) * 0x1000;
	slots[SLOT_DR6] = 0xffff0ff0ull | (seed & 0xf);
	slots[SLOT_DR7] = 0x400;
}
