// SPDX-License-Identifier: GPL-2.0-only
/*
 * What this host can give a guest: the limits of any guest, and from them the
 * CPUID table a new vCPU has.
 *
 * The table is made of allow-lists: a bit that is not named here is hidden,
 * because a feature that came after this file was written may bring state that
 * nobody switches.
 */
#include <linux/cpu.h>
#include <asm/cpufeature.h>
#include <asm/fpu/types.h>
#include <asm/fpu/xcr.h>
#include <asm/processor.h>
#include <asm/tsc.h>

#include "x86.h"

struct axv_x86_host axv_x86_host;

#define F(name)		((u32)BIT(X86_FEATURE_##name & 31))
#define B(nr)		((u32)BIT(nr))
/* a word of the kernel's own feature bits: what it cleared stays cleared */
#define W(name)		(CPUID_##name + 1)
#define ALL		0xffffffffu

/* XSAVE components whose state is only in the XSAVE area: no AMX, MPX, CET */
#define KNOWN_XCR0	(XFEATURE_MASK_FP | XFEATURE_MASK_SSE | XFEATURE_MASK_YMM | \
			 XFEATURE_MASK_OPMASK | XFEATURE_MASK_ZMM_Hi256 | \
			 XFEATURE_MASK_Hi16_ZMM | XFEATURE_MASK_PKRU)

/* no MONITOR, VMX, x2APIC, TSC-deadline, thermal, debug-store */
#define LEAF_1_ECX							\
	(F(XMM3) | F(PCLMULQDQ) | F(SSSE3) | F(FMA) | F(CX16) |		\
	 F(PCID) | F(XMM4_1) | F(XMM4_2) | F(MOVBE) | F(POPCNT) |	\
	 F(AES) | F(XSAVE) | F(AVX) | F(F16C) | F(RDRAND))

/* no local APIC, MTRR, machine check, hyper-threading, thermal */
#define LEAF_1_EDX							\
	(F(FPU) | F(VME) | F(DE) | F(PSE) | F(TSC) | F(MSR) | F(PAE) |	\
	 F(CX8) | F(SEP) | F(PGE) | F(CMOV) | F(PAT) | F(PSE36) |	\
	 F(CLFLUSH) | F(MMX) | F(FXSR) | F(XMM) | F(XMM2) | F(SELFSNOOP))

/* no TSX, MPX, SGX, resource monitoring, processor trace */
#define LEAF_7_EBX							\
	(F(FSGSBASE) | F(TSC_ADJUST) | F(BMI1) | F(AVX2) |		\
	 F(FDP_EXCPTN_ONLY) | F(SMEP) | F(BMI2) | F(ERMS) | F(INVPCID) |\
	 F(ZERO_FCS_FDS) | F(AVX512F) | F(AVX512DQ) | F(RDSEED) |	\
	 F(ADX) | F(SMAP) | F(AVX512IFMA) | F(CLFLUSHOPT) | F(CLWB) |	\
	 F(AVX512CD) | F(SHA_NI) | F(AVX512BW) | F(AVX512VL))

/* no WAITPKG, CET, key locker, bus lock detection, ENQCMD, PKS */
#define LEAF_7_ECX							\
	(F(AVX512VBMI) | F(UMIP) | F(PKU) | F(AVX512_VBMI2) |		\
	 F(GFNI) | F(VAES) | F(VPCLMULQDQ) | F(AVX512_VNNI) |		\
	 F(AVX512_BITALG) | F(AVX512_VPOPCNTDQ) | F(LA57) | F(RDPID) |	\
	 F(CLDEMOTE) | F(MOVDIRI) | F(MOVDIR64B))

/* nothing that comes with SPEC_CTRL, PRED_CMD or ARCH_CAPABILITIES; no AMX */
#define LEAF_7_EDX							\
	(F(FSRM) | F(AVX512_VP2INTERSECT) | F(MD_CLEAR) | F(SERIALIZE) |\
	 F(AVX512_FP16))

#define LEAF_7_1_EAX							\
	(B(0) /* SHA512 */ | B(1) /* SM3 */ | B(2) /* SM4 */ |		\
	 B(4) /* AVX_VNNI */ | B(5) /* AVX512_BF16 */ |			\
	 B(7) /* CMPCCXADD */ | B(10) /* FZRM */ | B(11) /* FSRS */ |	\
	 B(12) /* FSRC */ | B(23) /* AVX_IFMA */)

#define LEAF_7_1_EDX							\
	(B(4) /* AVX_VNNI_INT8 */ | B(5) /* AVX_NE_CONVERT */ |		\
	 B(10) /* AVX_VNNI_INT16 */ | B(14) /* PREFETCHITI */)

/* no XFD */
#define LEAF_D_1_EAX	(F(XSAVEOPT) | F(XSAVEC) | F(XGETBV1) | F(XSAVES))

/* no SVM, OSVW, IBS, LWP, node id, topology, performance counters, MWAITX */
#define LEAF_80000001_ECX						\
	(F(LAHF_LM) | F(CR8_LEGACY) | F(ABM) | F(SSE4A) |		\
	 F(MISALIGNSSE) | F(3DNOWPREFETCH) | F(XOP) | F(FMA4) |		\
	 F(TCE) | F(TBM))

/* the lower half repeats leaf 1 on AMD */
#define LEAF_80000001_EDX						\
	((LEAF_1_EDX & 0x0183f3ff) | F(SYSCALL) | F(NX) | F(MMXEXT) |	\
	 F(FXSR_OPT) | F(GBPAGES) | F(RDTSCP) | F(LM) | F(3DNOWEXT) |	\
	 F(3DNOW))

/* nothing that comes with SPEC_CTRL or PRED_CMD; no RDPRU, IRPERF, CPPC */
#define LEAF_80000008_EBX						\
	(F(CLZERO) | F(XSAVEERPTR) | B(26) /* SSB_NO */ | B(29) /* BTC_NO */)

#define LFENCE_SERIALIZING	B(2)
#define NULL_SEL_CLEARS_BASE	B(6)
#define LEAF_80000021_EAX						\
	(B(0) /* no nested data breakpoints */ | LFENCE_SERIALIZING |	\
	 NULL_SEL_CLEARS_BASE | B(10) /* FSRS */ | B(11) /* FSRC */ |	\
	 B(29) /* SRSO_NO */)

/**
 * struct cpuid_row - a leaf that is taken over from the host
 * @function: leaf
 * @flags: AXVCPU_CPUID_INDEX: @index matters
 * @index: sub-leaf
 * @keep: bits that may be seen, by register
 * @word: the kernel's word for these bits plus 1, 0: it has none
 */
struct cpuid_row {
	u32 function;
	u32 flags;
	u32 index;
	u32 keep[4];
	u8 word[4];
};

/* Leaves 4, 0xB, 0xD, 0x1F and the hypervisor's are not taken over: below. */
static const struct cpuid_row cpuid_rows[] = {
	{ 0x00, 0, 0, { ALL, ALL, ALL, ALL } },
	{ 0x01, 0, 0, { ALL, 0x0000ffff, LEAF_1_ECX, LEAF_1_EDX },
		{ 0, 0, W(1_ECX), W(1_EDX) } },
	{ 0x02, 0, 0, { ALL, ALL, ALL, ALL } },
	{ 0x06, 0, 0, { 0, 0, 0, 0 } },
	{ 0x07, AXVCPU_CPUID_INDEX, 0, { ALL, LEAF_7_EBX, LEAF_7_ECX, LEAF_7_EDX },
		{ 0, W(7_0_EBX), W(7_ECX), W(7_EDX) } },
	{ 0x07, AXVCPU_CPUID_INDEX, 1, { LEAF_7_1_EAX, 0, 0, LEAF_7_1_EDX },
		{ W(7_1_EAX) } },
	{ 0x15, 0, 0, { ALL, ALL, ALL, 0 } },
	{ 0x16, 0, 0, { 0xffff, 0xffff, 0xffff, 0 } },
	{ 0x80000000, 0, 0, { ALL, ALL, ALL, ALL } },
	{ 0x80000001, 0, 0, { ALL, 0, LEAF_80000001_ECX, LEAF_80000001_EDX },
		{ 0, 0, W(8000_0001_ECX), W(8000_0001_EDX) } },
	{ 0x80000002, 0, 0, { ALL, ALL, ALL, ALL } },
	{ 0x80000003, 0, 0, { ALL, ALL, ALL, ALL } },
	{ 0x80000004, 0, 0, { ALL, ALL, ALL, ALL } },
	{ 0x80000005, 0, 0, { ALL, ALL, ALL, ALL } },
	{ 0x80000006, 0, 0, { ALL, ALL, ALL, ALL } },
	{ 0x80000007, 0, 0, { 0, 0, 0, B(8) /* invariant TSC */ } },
	{ 0x80000008, 0, 0, { 0, LEAF_80000008_EBX, 0, 0 },
		{ 0, W(8000_0008_EBX) } },
	{ 0x80000019, 0, 0, { ALL, ALL, 0, 0 } },
	{ 0x8000001a, 0, 0, { 0xf, 0, 0, 0 } },
	{ 0x80000021, 0, 0, { LEAF_80000021_EAX, 0, 0, 0 } },
};

#define MAX_BASIC	0x1f
#define MAX_EXTENDED	0x80000021

static void host_cpuid(u32 function, u32 index, u32 out[4])
{
	cpuid_count(function, index, &out[0], &out[1], &out[2], &out[3]);
}

static bool host_has(u32 leaf, u32 reg, u32 bit)
{
	u32 r[4];

	if (cpuid_eax(leaf & 0x80000000) < leaf)
		return false;
	host_cpuid(leaf, 0, r);
	return r[reg] & B(bit);
}

/* ---- limits ------------------------------------------------------------------- */

static void host_xstate(struct axv_x86_host *h)
{
	u32 r[4];
	u32 i;

	/* the legacy region and the header are there without XSAVE as well */
	h->fpu_size = sizeof(struct xregs_state);
	if (!boot_cpu_has(X86_FEATURE_XSAVE))
		return;
	h->xcr0 = xgetbv(XCR_XFEATURE_ENABLED_MASK) & KNOWN_XCR0;
	for (i = FIRST_EXTENDED_XFEATURE; i < AXV_X86_NR_XSTATE; i++) {
		if (!(h->xcr0 & BIT(i)))
			continue;
		host_cpuid(0xd, i, r);
		h->xstate[i].size = r[0];
		h->xstate[i].offset = r[1];
		h->xstate[i].align = r[2] & B(1);
		h->fpu_size = max(h->fpu_size, r[0] + r[1]);
	}
}

static u32 host_mxcsr_mask(void)
{
	static u8 area[sizeof(struct fxregs_state)] __aligned(16);
	u32 mask;

	asm volatile("fxsave %0" : "=m" (area));
	memcpy(&mask, area + offsetof(struct fxregs_state, mxcsr_mask), sizeof(mask));
	/* what the first CPUs had, before they told */
	return mask ?: 0xffbf;
}

static u64 host_cr4(const struct axv_x86_host *h)
{
	const struct axv_x86_cr4_feature *f;
	u64 cr4 = X86_CR4_VME | X86_CR4_PVI | X86_CR4_TSD | X86_CR4_DE | X86_CR4_PSE |
		  X86_CR4_PAE | X86_CR4_MCE | X86_CR4_PGE | X86_CR4_PCE |
		  X86_CR4_OSFXSR | X86_CR4_OSXMMEXCPT;

	for (f = axv_x86_cr4_features; f->cr4; f++)
		if (host_has(f->leaf, f->reg, f->bit))
			cr4 |= f->cr4;
	/* XCR0 and PKRU are switched with instructions that need the host's own bits. */
	if (!h->xcr0)
		cr4 &= ~X86_CR4_OSXSAVE;
	if (!(h->xcr0 & XFEATURE_MASK_PKRU) || !boot_cpu_has(X86_FEATURE_OSPKE))
		cr4 &= ~X86_CR4_PKE;
	return cr4;
}

/**
 * axv_x86_host_init() - find the limits of any guest
 */
void axv_x86_host_init(void)
{
	struct axv_x86_host *h = &axv_x86_host;

	h->intel = boot_cpu_data.x86_vendor == X86_VENDOR_INTEL;
	/*
	 * Elsewhere registers behind CR0.TS can be read speculatively (LazyFP), which who
	 * has turned all mitigations off does not mind.
	 */
	h->lazy_fpu = cpu_mitigations_off() || boot_cpu_data.x86_vendor == X86_VENDOR_AMD ||
		      boot_cpu_data.x86_vendor == X86_VENDOR_HYGON;
	h->virt_bits = host_has(7, 2, X86_FEATURE_LA57 & 31) ? 57 : 48;
	host_xstate(h);
	h->mxcsr_mask = host_mxcsr_mask();
	h->cr4 = host_cr4(h);
	if (!(h->cr4 & X86_CR4_PKE))
		h->xcr0 &= ~(u64)XFEATURE_MASK_PKRU;
	h->efer = EFER_SCE | EFER_LME | EFER_LMA;
	if (boot_cpu_has(X86_FEATURE_NX))
		h->efer |= EFER_NX;
	if (host_has(0x80000001, 3, X86_FEATURE_FXSR_OPT & 31))
		h->efer |= EFER_FFXSR;
	if (host_has(0x80000001, 2, X86_FEATURE_TCE & 31))
		h->efer |= BIT(15);	/* TCE */
}

/* ---- the default table ------------------------------------------------------------ */

struct table {
	struct axvcpu_cpuid_entry *e;
	u32 nr;
	u32 room;
};

static void add(struct table *t, u32 function, u32 flags, u32 index, const u32 r[4])
{
	if (WARN_ON_ONCE(t->nr == t->room))
		return;
	t->e[t->nr++] = (struct axvcpu_cpuid_entry) {
		.function = function, .flags = flags, .index = index,
		.eax = r[0], .ebx = r[1], .ecx = r[2], .edx = r[3],
	};
}

/* What a kept leaf must say differently in a guest. */
static void adjust(u32 id, bool apic, const struct cpuid_row *row, u32 r[4])
{
	const struct axv_x86_host *h = &axv_x86_host;
	u32 gpa_bits = axv_probe.info.gpa_bits ?: boot_cpu_data.x86_phys_bits;

	switch (row->function) {
	case 0x0:
		r[0] = min_t(u32, r[0], MAX_BASIC);
		break;
	case 0x1:
		/* one logical CPU in a package; its APIC id */
		r[1] |= 1 << 16 | id << 24;
		r[2] |= F(HYPERVISOR);
		if (apic) {
			r[2] |= F(X2APIC) | F(TSC_DEADLINE_TIMER);
			r[3] |= F(APIC);
		}
		break;
	case 0x6:
		/* nothing that the CPU does ever stops its timer */
		r[0] = apic ? F(ARAT) : 0;
		break;
	case 0x7:
		if (row->index)
			break;
		if (h->no_invpcid)
			r[1] &= ~F(INVPCID);
		if (h->no_rdtscp)
			r[2] &= ~F(RDPID);
		r[0] = min(r[0], 1u);
		/* the kernel clears it where its own tables have four levels */
		if (h->cr4 & X86_CR4_LA57)
			r[2] |= F(LA57);
		if (!(h->cr4 & X86_CR4_PKE))
			r[2] &= ~F(PKU);
		break;
	case 0x15:
		/*
		 * The crystal would be the local APIC's clock, too, which is another one
		 * here; and where the kernel did not go by this, it may be wrong.
		 */
		if (apic || !boot_cpu_has(X86_FEATURE_TSC_KNOWN_FREQ))
			memset(r, 0, 4 * sizeof(*r));
		break;
	case 0x16:
		/* a guest takes it for the TSC's */
		if (r[0])
			r[0] = (tsc_khz / 1000) & 0xffff;
		break;
	case 0x80000000:
		r[0] = min_t(u32, r[0], MAX_EXTENDED);
		break;
	case 0x80000001:
		if (apic && !h->intel)
			r[3] |= F(APIC);
		if (h->no_rdtscp)
			r[3] &= ~F(RDTSCP);
		break;
	case 0x80000008:
		r[0] = gpa_bits | h->virt_bits << 8;
		break;
	case 0x80000021:
		/* the kernel makes it so where the CPU can be told */
		if (boot_cpu_has(X86_FEATURE_LFENCE_RDTSC))
			r[0] |= LFENCE_SERIALIZING;
		if (!boot_cpu_has_bug(X86_BUG_NULL_SEG))
			r[0] |= NULL_SEL_CLEARS_BASE;
		break;
	}
}

static void add_row(struct table *t, u32 id, bool apic, const struct cpuid_row *row)
{
	u32 r[4];
	u32 i;

	host_cpuid(row->function, row->index, r);
	for (i = 0; i < 4; i++) {
		r[i] &= row->keep[i];
		if (row->word[i])
			r[i] &= boot_cpu_data.x86_capability[row->word[i] - 1];
	}
	adjust(id, apic, row, r);
	add(t, row->function, row->flags, row->index, r);
}

/* Caches: nobody to share them with. */
static void add_caches(struct table *t)
{
	u32 r[4];
	u32 i;

	for (i = 0; i < 8; i++) {
		host_cpuid(0x4, i, r);
		if (!(r[0] & 0x1f))
			break;
		r[0] &= 0x3fff;
		add(t, 0x4, AXVCPU_CPUID_INDEX, i, r);
	}
}

/* Topology: a thread, in a core, in a package whose number is the APIC id. */
static void add_topology(struct table *t, u32 function, u32 id)
{
	add(t, function, AXVCPU_CPUID_INDEX, 0, (u32[]) { 0, 1, 1 << 8 | 0, id });
	add(t, function, AXVCPU_CPUID_INDEX, 1, (u32[]) { 0, 1, 2 << 8 | 1, id });
}

/* XSAVE: axv_x86_cpuid() adds the sizes, which depend on XCR0. */
static void add_xsave(struct table *t)
{
	const struct axv_x86_host *h = &axv_x86_host;
	u32 r[4];
	u32 i;

	if (!h->xcr0)
		return;
	add(t, 0xd, AXVCPU_CPUID_INDEX, 0, (u32[]) { h->xcr0, 0, h->fpu_size, 0 });
	host_cpuid(0xd, 1, r);
	r[0] &= LEAF_D_1_EAX & boot_cpu_data.x86_capability[CPUID_D_1_EAX];
	if (h->no_xsaves)
		r[0] &= ~F(XSAVES);
	add(t, 0xd, AXVCPU_CPUID_INDEX, 1, (u32[]) { r[0], 0, 0, 0 });
	for (i = FIRST_EXTENDED_XFEATURE; i < AXV_X86_NR_XSTATE; i++) {
		if (!(h->xcr0 & BIT(i)))
			continue;
		host_cpuid(0xd, i, r);
		add(t, 0xd, AXVCPU_CPUID_INDEX, i, r);
	}
}

static void add_hypervisor(struct table *t)
{
	static const char name[13] = "AxvcpuAxvcpu";
	u32 r[4] = { 0x40000001 };

	memcpy(&r[1], name, 12);
	add(t, 0x40000000, 0, 0, r);
	add(t, 0x40000001, 0, 0, (u32[]) { 0, 0, 0, 0 });
}

/**
 * axv_x86_default_cpuid() - the table of a new vCPU
 * @id: the vCPU's id, which is its APIC id
 * @apic: it has a local APIC
 * @e: where to, in no order
 * @room: entries that fit
 *
 * Return: the number of entries.
 */
u32 axv_x86_default_cpuid(u32 id, bool apic, struct axvcpu_cpuid_entry *e, u32 room)
{
	u32 basic = min_t(u32, cpuid_eax(0), MAX_BASIC);
	u32 extended = min_t(u32, cpuid_eax(0x80000000), MAX_EXTENDED);
	struct table t = { .e = e, .room = room };
	const struct cpuid_row *row;

	for (row = cpuid_rows; row < cpuid_rows + ARRAY_SIZE(cpuid_rows); row++)
		if (row->function <= (row->function & 0x80000000 ? extended : basic))
			add_row(&t, id, apic, row);
	if (basic >= 0x4 && axv_x86_host.intel)
		add_caches(&t);
	if (basic >= 0xb)
		add_topology(&t, 0xb, id);
	if (basic >= 0xd)
		add_xsave(&t);
	if (basic >= 0x1f)
		add_topology(&t, 0x1f, id);
	add_hypervisor(&t);
	return t.nr;
}
