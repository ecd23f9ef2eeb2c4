/* SPDX-License-Identifier: GPL-2.0-only */
/* The part of requests.c that is for x86. */

/* in reach of 32-bit calls too */
#define LOW_MEMORY	MAP_32BIT
#define HAVE_CPUID	1

#define VM_FLAGS	7
#define VM_RESERVED	{ 0, 0 }
#define VCPU_RESERVED	RESERVED(axvcpu_create_vcpu, arch)
#define SETUP_RESERVED \
	RESERVED(axvcpu_setup, arch.x86.reserved), \
	RESERVED(axvcpu_setup, arch.x86.reserved1), \
	RESERVED(axvcpu_setup, arch.x86.reserved2)
#define EVENT_FLAGS	3
#define AN_EXCEPTION	6	/* #UD */

static const struct req_value bad_create_vm[] = {
	{ "NMI exits", AT(axvcpu_create_vm, exception_exits), 1 << 2, EINVAL },
	{ "#DF exits", AT(axvcpu_create_vm, exception_exits), 1 << 8, EINVAL },
	{ "exits of 15", AT(axvcpu_create_vm, exception_exits), 1 << 15, EINVAL },
	{ "#MC exits", AT(axvcpu_create_vm, exception_exits), 1 << 18, EINVAL },
	{ "all exits", AT(axvcpu_create_vm, exception_exits), ~0u, EINVAL },
	{ "EOI exits without a local APIC", AT(axvcpu_create_vm, arch_flags),
	  AXVCPU_X86_EOI_EXITS, EINVAL },
	{ "an unknown architecture flag", AT(axvcpu_create_vm, arch_flags),
	  AXVCPU_X86_LOCAL_APIC | 1 << 2, EINVAL },
	{ "all of them", AT(axvcpu_create_vm, arch_flags), ~0ull, EINVAL },
	{ }
};

#define X86(member)	AT(axvcpu_setup, arch.x86.member)

static const struct req_value bad_setup[] = {
	{ "no stage-2", AT(axvcpu_setup, stage2_fd), -1, EBADF },
	{ "stdout for a stage-2", AT(axvcpu_setup, stage2_fd), 1, EINVAL },
	{ "entry above 4G", AT(axvcpu_setup, entry), 1ull << 32, EINVAL },
	{ "unknown start", X86(start), 4, EINVAL },
	{ "start -1", X86(start), ~0u, EINVAL },
	{ "cr3 without paging", X86(cr3), GUEST_PML4, EINVAL },
	{ "stack above 4G", X86(rsp), 1ull << 32, EINVAL },
	{ "GDT above 4G", X86(gdt_base), 1ull << 32, EINVAL },
	{ "GDT too large", X86(gdt_limit), 0x10000, EINVAL },
	/* what fits PROT32 does not fit the others */
	{ "RESET with an entry", X86(start), AXVCPU_X86_START_RESET, EINVAL },
	{ "REAL with a GDT", X86(start), AXVCPU_X86_START_REAL, EINVAL },
	{ }
};

static const struct req_value bad_set_entry[] = {
	{ "above 4G in 32-bit mode", AT(axvcpu_set_entry, entry), 1ull << 32, EINVAL },
	{ }
};

static const struct req_value bad_set_gpr[] = {
	{ "register 16", AT(axvcpu_set_gpr, reg), 16, EINVAL },
	{ "register -1", AT(axvcpu_set_gpr, reg), ~0u, EINVAL },
	{ }
};

static const struct req_value bad_inject_interrupt[] = {
	{ "vector 0", AT(axvcpu_inject_interrupt, vector), 0, EINVAL },
	{ "vector 256", AT(axvcpu_inject_interrupt, vector), 256, EINVAL },
	{ "vector -1", AT(axvcpu_inject_interrupt, vector), ~0u, EINVAL },
	{ "a message without a local APIC", AT(axvcpu_inject_interrupt, vector),
	  AXVCPU_X86_MSI(0, 0x40), EINVAL },
	{ }
};

static const struct req_value bad_inject_event[] = {
	{ "unknown kind", AT(axvcpu_inject_event, kind), 3, EINVAL },
	{ "NMI with a vector", AT(axvcpu_inject_event, kind), AXVCPU_EVENT_NMI, EINVAL },
	{ "START for one that runs", AT(axvcpu_inject_event, kind), AXVCPU_EVENT_START, EINVAL },
	{ "an argument without its flag", AT(axvcpu_inject_event, arg), 1, EINVAL },
	{ "exception 2", AT(axvcpu_inject_event, vector), 2, EINVAL },
	{ "exception 32", AT(axvcpu_inject_event, vector), 32, EINVAL },
	{ "#GP without a code", AT(axvcpu_inject_event, vector), 13, EINVAL },
	{ "#UD with a code", AT(axvcpu_inject_event, flags), AXVCPU_EVENT_HAS_ERROR, EINVAL },
	{ "#UD with a payload", AT(axvcpu_inject_event, flags), AXVCPU_EVENT_HAS_PAYLOAD,
	  EINVAL },
	{ "code without flag", AT(axvcpu_inject_event, error_code), 1, EINVAL },
	{ "payload without flag", AT(axvcpu_inject_event, payload), 1, EINVAL },
	{ }
};
