// SPDX-License-Identifier: GPL-2.0-only
/*
 * The local APIC beside KVM's, in the same boot: one guest program does a list of things
 * to each (guest/x86/lapic_script.S), and all results are the same, but for what is
 * named here with the reason.
 *
 * rig: arch=x86 kvm timeout=240
 */
#include <fcntl.h>
#include <linux/kvm.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/x86.h"
#include "guest/x86/lapic_script.h"

DECLARE_GUEST(lapic_script);
DECLARE_GUEST_SYM(lapic_script, script);
DECLARE_GUEST_SYM(lapic_script, gates);

#define SYM(label)	GUEST_SYM(lapic_script, label)
#define V		(&f->v)

static const struct axt_config config = {
	.vm_flags = AXVCPU_VM_KERNEL_START, .arch_flags = AXVCPU_X86_LOCAL_APIC,
	.start = AXVCPU_X86_START_LONG64, GUEST(lapic_script), .entry = SYM(script),
	.irqs_off = true,
};

struct step {
	uint32_t what;
	uint32_t where;
	uint64_t value;
};

struct note {
	uint64_t result;
	uint32_t fault;
	uint32_t interrupts;
};

#define LOAD(o)		{ SCRIPT_LOAD, o, 0 }
#define STORE(o, v)	{ SCRIPT_STORE, o, v }
#define RDMSR(n)	{ SCRIPT_RDMSR, n, 0 }
#define WRMSR(n, v)	{ SCRIPT_WRMSR, n, v }
#define PEEK		{ SCRIPT_PEEK, 0, 0 }
#define CR8(v)		{ SCRIPT_CR8, 0, v }
#define GET_CR8		{ SCRIPT_GET_CR8, 0, 0 }
#define EOI		STORE(0xb0, 0)
/* what it was, what it is after all ones and after zeroes */
#define ALL(o)		LOAD(o), STORE(o, 0xffffffff), LOAD(o), STORE(o, 0), LOAD(o)
#define ESR		STORE(0x280, 0), LOAD(0x280)
#define X2(r)		RDMSR(0x800 + (r))
#define X2W(r, v)	WRMSR(0x800 + (r), v)

/* Registers in the page. */
static const struct step page[] = {
	RDMSR(0x1b), LOAD(0x20), LOAD(0x80), LOAD(0x90), LOAD(0xa0), LOAD(0xd0), LOAD(0xe0),
	LOAD(0xf0), LOAD(0x100), LOAD(0x170), LOAD(0x180), LOAD(0x1f0), LOAD(0x200),
	LOAD(0x270), LOAD(0x280), LOAD(0x300), LOAD(0x310), LOAD(0x320), LOAD(0x330),
	LOAD(0x340), LOAD(0x360), LOAD(0x370), LOAD(0x380), LOAD(0x390), LOAD(0x3e0),
	/* off: LVTs stay masked */
	STORE(0x320, 0x30), LOAD(0x320), STORE(0x330, 0x30), LOAD(0x330),
	STORE(0xf0, 0x1ff), LOAD(0xf0),
	ALL(0x80), ALL(0xd0), ALL(0xe0), ALL(0x310), ALL(0x330), ALL(0x340), ALL(0x350), ALL(0x360),
	ALL(0x3e0), STORE(0xe0, 0xffffffff),
	STORE(0x320, 0x10030), LOAD(0x320), STORE(0x320, 0x30030), LOAD(0x320),
	STORE(0x370, 0x10040), LOAD(0x370),
	/* read-only */
	STORE(0x20, 0xffffffff), LOAD(0x20), STORE(0xa0, 0xff), LOAD(0xa0),
	STORE(0x200, 0xff), LOAD(0x200), STORE(0x390, 0xff), LOAD(0x390),
	/* priorities */
	CR8(5), LOAD(0x80), LOAD(0xa0), STORE(0x80, 0x73), GET_CR8, LOAD(0x80), LOAD(0xa0),
	STORE(0x80, 0),
	/* software's switch */
	STORE(0x350, 0x31), STORE(0xf0, 0xff), LOAD(0x350), LOAD(0x330), STORE(0xf0, 0x1ff),
	LOAD(0x350), LOAD(0x330),
};

/* IPIs to itself by all that can name it, order, nesting, EOI. */
static const struct step ipis[] = {
	STORE(0xf0, 0x1ff), STORE(0xd0, 0x04000000), STORE(0xe0, 0xffffffff), PEEK,
	STORE(0x300, 0x40041), LOAD(0x220), PEEK, LOAD(0x220), LOAD(0x120), LOAD(0xa0), EOI,
	LOAD(0x120), LOAD(0xa0),
	STORE(0x300, 0x80042), PEEK, EOI, STORE(0x300, 0xc0043), PEEK,
	STORE(0x310, 0), STORE(0x300, 0x44), PEEK, EOI, LOAD(0x300),
	STORE(0x310, 0xff000000), STORE(0x300, 0x45), PEEK, EOI,
	STORE(0x310, 0x09000000), STORE(0x300, 0x46), PEEK,
	/* flat */
	STORE(0x310, 0x04000000), STORE(0x300, 0x847), PEEK, EOI,
	STORE(0x310, 0x0c000000), STORE(0x300, 0x848), PEEK, EOI,
	STORE(0x310, 0x08000000), STORE(0x300, 0x849), PEEK,
	STORE(0x310, 0xff000000), STORE(0x300, 0x84a), PEEK, EOI,
	/* cluster */
	STORE(0xd0, 0x32000000), STORE(0xe0, 0x0fffffff),
	STORE(0x310, 0x36000000), STORE(0x300, 0x84b), PEEK, EOI,
	STORE(0x310, 0x26000000), STORE(0x300, 0x84c), PEEK,
	STORE(0x310, 0x34000000), STORE(0x300, 0x84d), PEEK,
	/* lowest priority, NMI */
	STORE(0x310, 0), STORE(0x300, 0x14e), PEEK, EOI,
	STORE(0x300, 0x400), PEEK, STORE(0x300, 0x400 | 0x4f), PEEK,
	/* order and nesting */
	STORE(0x300, 0x40031), STORE(0x300, 0x40091), STORE(0x300, 0x40095), STORE(0x300, 0x40070),
	PEEK, LOAD(0xa0), PEEK, EOI, PEEK, STORE(0x300, 0x400a0), PEEK, LOAD(0xa0), LOAD(0x140),
	LOAD(0x150), EOI, PEEK, EOI, PEEK, EOI, PEEK, EOI, PEEK, EOI, LOAD(0xa0),
	/* held back */
	STORE(0x80, 0x60), STORE(0x300, 0x40061), PEEK, STORE(0x300, 0x40071), PEEK, EOI,
	CR8(5), PEEK, EOI, STORE(0x80, 0), PEEK,
	/* off: nothing more */
	STORE(0xf0, 0xff), STORE(0x300, 0x40052), PEEK, STORE(0xf0, 0x1ff), PEEK,
};

/* The timer, when what it does is sure: masked, due at once, stopped. */
static const struct step timer[] = {
	STORE(0xf0, 0x1ff), STORE(0x3e0, 0xb), STORE(0x320, 0x50), LOAD(0x390),
	STORE(0x380, 0x7fffffff), LOAD(0x380), STORE(0x380, 0), LOAD(0x390), PEEK,
	/* a deadline is not of this mode */
	WRMSR(0x6e0, 1), RDMSR(0x6e0), PEEK,
	STORE(0x320, 0x40050), LOAD(0x320), STORE(0x380, 5), LOAD(0x380), LOAD(0x390),
	WRMSR(0x6e0, 1), PEEK, RDMSR(0x6e0), EOI,
	WRMSR(0x6e0, 0x7fffffffffffffff), RDMSR(0x6e0), PEEK, WRMSR(0x6e0, 0), RDMSR(0x6e0), PEEK,
	WRMSR(0x6e0, 0x7fffffffffffffff), STORE(0x320, 0x50), RDMSR(0x6e0),
	LOAD(0x380), LOAD(0x390), PEEK,
};

static const struct step masked[] = {
	STORE(0xf0, 0x1ff), STORE(0x320, 0x50050), WRMSR(0x6e0, 1), PEEK, RDMSR(0x6e0),
	STORE(0x320, 0x40050), PEEK,
};

/* Modes, and registers as MSRs. */
static const struct step x2[] = {
	STORE(0xf0, 0x1ff), STORE(0x80, 0x34),
	X2(0x02), X2W(0x08, 0), WRMSR(0x1b, 0xfee00400), WRMSR(0x1b, 0xfee00901 | 1ull << 60),
	WRMSR(0x1b, 0xfee00d00), RDMSR(0x1b),
	X2(0x02), X2(0x08), X2(0x0a), X2(0x0d), X2(0x0f), X2(0x10), X2(0x1f), X2(0x27), X2(0x28),
	X2(0x30), X2(0x32), X2(0x33), X2(0x35), X2(0x36), X2(0x37), X2(0x38), X2(0x39), X2(0x3e),
	/* not there, or not to be read */
	X2(0x00), X2(0x04), X2(0x09), X2(0x0b), X2(0x0c), X2(0x0e), X2(0x31), X2(0x3a), X2(0x3f),
	X2(0x40), X2(0xff),
	/* not to be written, or not so */
	X2W(0x02, 0), X2W(0x03, 0), X2W(0x0a, 0), X2W(0x0b, 1), X2W(0x0d, 0), X2W(0x0e, 0),
	X2W(0x10, 0), X2W(0x28, 1), X2W(0x31, 0), X2W(0x39, 0), X2W(0x40, 0),
	X2W(0x08, 1ull << 32), X2W(0x0f, 1ull << 32), X2W(0x32, 1ull << 32), X2W(0x30, 1 << 20),
	X2W(0x30, 1 << 16), X2W(0x30, 1 << 13),
	X2W(0x08, 0x12), X2(0x08), X2W(0x08, 0), X2W(0x28, 0),
	/* IPIs */
	X2W(0x3f, 0x61), PEEK, X2W(0x0b, 0), X2W(0x30, 0x62), PEEK, X2W(0x0b, 0),
	X2W(0x30, 0xffull << 32 | 0x63), PEEK, X2W(0x30, 0xffffffffull << 32 | 0x64), PEEK,
	X2W(0x0b, 0), X2W(0x30, 1ull << 32 | 0x865), PEEK, X2W(0x0b, 0),
	X2W(0x30, 2ull << 32 | 0x866), PEEK, X2W(0x30, 0x10001ull << 32 | 0x867), PEEK,
	X2W(0x30, 0x40068), PEEK, X2W(0x0b, 0), X2(0x30),
	/* and back */
	WRMSR(0x1b, 0xfee00900), WRMSR(0x1b, 0xfee00500), WRMSR(0x1b, 0xfee00100), X2(0x02),
	WRMSR(0x1b, 0xfee00d00), WRMSR(0x1b, 0xfee00900), RDMSR(0x1b), LOAD(0x20), LOAD(0xd0),
	LOAD(0xf0), LOAD(0x80),
};

/*
 * Of errors KVM knows illegal vectors of IPIs not at all, and illegal addresses in part:
 * what comes of them is the SDM's here, x86_lapic_irq and x86_lapic have it.
 */

static const struct {
	const char *name;
	const struct step *steps;
	unsigned int nr;
} scripts[] = {
	{ "page", page, ARRAY_SIZE(page) },
	{ "ipis", ipis, ARRAY_SIZE(ipis) },
	{ "timer", timer, ARRAY_SIZE(timer) },
	{ "masked", masked, ARRAY_SIZE(masked) },
	{ "x2apic", x2, ARRAY_SIZE(x2) },
};

#define TPR_WHY		"KVM with SVM has no more of a TPR than CR8"
#define LVT_WHY		"read-only bits of KVM's LVTs can be written"
#define LINT0_WHY	"KVM's LINT0 begins as an 8259's, and has such bits"
#define ID_WHY		"KVM's id can be written"
#define PAST_WHY	"of KVM's a deadline that passes while it is masked is kept"
#define EOI_WHY		"KVM's EOI takes any value"
#define FORGET_WHY	"KVM's registers survive being disabled"

/*
 * What of KVM's is its own and not the SDM's: bits of the result of such steps, and
 * whether they may fault or bring an interrupt.
 */
static const struct {
	const char *script;
	struct step step;
	uint64_t bits;
	bool event;
	const char *why;
} differ[] = {
	{ "page", LOAD(0x80), 0xf, false, TPR_WHY },
	{ "page", LOAD(0xa0), 0xf, false, TPR_WHY },
	{ "page", LOAD(0x330), 0x1000, false, LVT_WHY },
	{ "page", LOAD(0x340), 0x1000, false, LVT_WHY },
	{ "page", LOAD(0x350), 0x15700, false, LINT0_WHY },
	{ "page", LOAD(0x360), 0x5000, false, LVT_WHY },
	{ "page", LOAD(0x20), 0xff000000, false, ID_WHY },
	{ "masked", RDMSR(0x6e0), 1, false, PAST_WHY },
	{ "masked", PEEK, 0, true, PAST_WHY },
	{ "x2apic", X2(0x08), 0xf, false, TPR_WHY },
	{ "x2apic", X2(0x0a), 0xf, false, TPR_WHY },
	{ "x2apic", X2(0x35), 0x10700, false, LINT0_WHY },
	{ "x2apic", X2W(0x0b, 1), 0, true, EOI_WHY },
	{ "x2apic", LOAD(0xd0), 1, false, FORGET_WHY },
	{ "x2apic", LOAD(0xf0), 0x100, false, FORGET_WHY },
};

static void fill(struct axt *f, unsigned int s)
{
	struct step end = { SCRIPT_END, 0, 0 };
	unsigned int i;

	for (i = 0; i < 256; i++)
		axt_idt_set(f->ram, config.start, i, SYM(gates) + 16 * i);
	memcpy(f->ram + SCRIPT_STEPS, scripts[s].steps, scripts[s].nr * sizeof(struct step));
	memcpy(f->ram + SCRIPT_STEPS + scripts[s].nr * sizeof(end), &end, sizeof(end));
	memset(f->ram + SCRIPT_NOTES, 0xee, scripts[s].nr * sizeof(struct note));
}

/* ---- KVM ------------------------------------------------------------------------------ */

static int must(int r, const char *what)
{
	if (r < 0) {
		axt_fail(__FILE__, __LINE__, "%s: %s", what, strerror(errno));
		axt_end();
	}
	return r;
}

#define MUST(call) must(call, #call)

static void kvm_segment(struct kvm_segment *s, const struct axvcpu_x86_segment *from)
{
	s->base = from->base;
	s->limit = from->limit;
	s->selector = from->selector;
	s->type = from->attr & 15;
	s->s = from->attr >> 4 & 1;
	s->dpl = from->attr >> 5 & 3;
	s->present = from->attr >> 7 & 1;
	s->l = from->attr >> 9 & 1;
	s->db = from->attr >> 10 & 1;
	s->g = from->attr >> 11 & 1;
}

/* The state that ours begins with. */
static void kvm_start(struct axt *f, int vcpu)
{
	struct kvm_regs regs = { .rip = SYM(script), .rsp = GUEST_STACK, .rflags = 2 };
	struct axvcpu_x86_control c;
	struct kvm_sregs s;

	x86_get_control(V, &c);
	MUST(ioctl(vcpu, KVM_GET_SREGS, &s));
	kvm_segment(&s.cs, &c.seg[AXVCPU_X86_CS]);
	kvm_segment(&s.ds, &c.seg[AXVCPU_X86_DS]);
	kvm_segment(&s.es, &c.seg[AXVCPU_X86_ES]);
	kvm_segment(&s.ss, &c.seg[AXVCPU_X86_SS]);
	s.gdt.base = c.gdt.base;
	s.gdt.limit = c.gdt.limit;
	s.cr0 = c.cr0;
	s.cr3 = c.cr3;
	s.cr4 = c.cr4;
	s.efer = c.efer;
	MUST(ioctl(vcpu, KVM_SET_SREGS, &s));
	MUST(ioctl(vcpu, KVM_SET_REGS, &regs));
}

/* What KVM offers, with x2APIC and TSC-deadline, which its local APIC has anyway. */
static void kvm_cpuid(int dev, int vcpu)
{
	static struct {
		struct kvm_cpuid2 head;
		struct kvm_cpuid_entry2 entries[256];
	} table;
	unsigned int i;

	table.head.nent = 256;
	MUST(ioctl(dev, KVM_GET_SUPPORTED_CPUID, &table.head));
	for (i = 0; i < table.head.nent; i++) {
		if (table.head.entries[i].function != 1)
			continue;
		table.head.entries[i].ecx |= 1u << 21 | 1u << 24;
		table.head.entries[i].edx |= 1u << 9;
		table.head.entries[i].ebx &= 0x00ffffff;
	}
	MUST(ioctl(vcpu, KVM_SET_CPUID2, &table.head));
}

static bool kvm_run_script(struct axt *f)
{
	struct kvm_userspace_memory_region ram = {
		.memory_size = f->ram_size, .userspace_addr = (uintptr_t)f->ram,
	};
	struct kvm_enable_cap split = { .cap = KVM_CAP_SPLIT_IRQCHIP, .args = { 24 } };
	int dev, vm, vcpu, size;
	struct kvm_run *run;

	if (access("/dev/kvm", F_OK) &&
	    system("modprobe kvm-amd 2>/dev/null || modprobe kvm-intel 2>/dev/null"))
		return false;
	dev = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (dev < 0)
		return false;
	vm = MUST(ioctl(dev, KVM_CREATE_VM, 0));
	MUST(ioctl(vm, KVM_SET_TSS_ADDR, 0xfffbd000));
	MUST(ioctl(vm, KVM_ENABLE_CAP, &split));
	MUST(ioctl(vm, KVM_SET_USER_MEMORY_REGION, &ram));
	vcpu = MUST(ioctl(vm, KVM_CREATE_VCPU, 0));
	size = MUST(ioctl(dev, KVM_GET_VCPU_MMAP_SIZE, 0));
	run = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
	ASSERT_TRUE(run != MAP_FAILED);
	kvm_cpuid(dev, vcpu);
	kvm_start(f, vcpu);
	MUST(ioctl(vcpu, KVM_RUN, 0));
	if (run->exit_reason != KVM_EXIT_IO) {
		axt_fail(__FILE__, __LINE__, "KVM's exit %u (%llx)", run->exit_reason,
			 (unsigned long long)run->hw.hardware_exit_reason);
		axt_end();
	}
	munmap(run, size);
	close(vcpu);
	close(vm);
	close(dev);
	return true;
}

/* ---- both ----------------------------------------------------------------------------- */

static const char *reason(unsigned int s, unsigned int n, const struct note *a,
			  const struct note *b)
{
	bool event = a->fault != b->fault || a->interrupts != b->interrupts;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(differ); i++)
		if (!strcmp(differ[i].script, scripts[s].name) &&
		    !memcmp(&differ[i].step, &scripts[s].steps[n], sizeof(struct step)) &&
		    !((a->result ^ b->result) & ~differ[i].bits) && (!event || differ[i].event))
			return differ[i].why;
	return NULL;
}

TEST_ROWS(same, scripts, ARRAY_SIZE(scripts), &config)
{
	unsigned int s = (typeof(&scripts[0]))arg - scripts, i, differing = 0;
	static struct note ours[SCRIPT_MAX];
	const struct note *theirs, *n;
	const struct step *step;
	const char *why;

	fill(f, s);
	ASSERT_SYNC(f);
	memcpy(ours, f->ram + SCRIPT_NOTES, scripts[s].nr * sizeof(*ours));
	fill(f, s);
	if (!kvm_run_script(f))
		axt_skip("there is no KVM");
	theirs = (const struct note *)(f->ram + SCRIPT_NOTES);
	for (i = 0; i < scripts[s].nr; i++) {
		n = &ours[i];
		step = &scripts[s].steps[i];
		if (!memcmp(n, &theirs[i], sizeof(*n)))
			continue;
		why = reason(s, i, n, &theirs[i]);
		differing++;
		if (why) {
			axt_diag("step %u: %s", i, why);
			continue;
		}
		axt_fail(__FILE__, __LINE__,
			 "step %u (%u 0x%x 0x%llx): 0x%llx, fault %u, interrupts 0x%x; KVM 0x%llx, %u, 0x%x",
			 i, step->what, step->where, (unsigned long long)step->value,
			 (unsigned long long)n->result, n->fault, n->interrupts,
			 (unsigned long long)theirs[i].result, theirs[i].fault,
			 theirs[i].interrupts);
	}
	axt_diag("%u steps, %u of which differ", scripts[s].nr, differing);
}
