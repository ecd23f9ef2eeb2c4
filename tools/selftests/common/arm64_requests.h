/* SPDX-License-Identifier: GPL-2.0-only */
/* The part of requests.c that is for arm64. */

#define LOW_MEMORY	0
#define HAVE_CPUID	0

#define VM_FLAGS	15
#define VM_RESERVED	{ 0, 0 }
#define VCPU_RESERVED	RESERVED(axvcpu_create_vcpu, arch.reserved[3])
#define SETUP_RESERVED	RESERVED(axvcpu_setup, arch.arm64.reserved), \
			RESERVED(axvcpu_setup, arch.arm64.reserved0)
#define EVENT_FLAGS	3
#define AN_EXCEPTION	0	/* an unknown instruction */

static const struct req_value bad_create_vm[] = {
	{ "exits of unknown instructions", AT(axvcpu_create_vm, exception_exits), 1, EINVAL },
	{ "all exits", AT(axvcpu_create_vm, exception_exits), ~0u, EINVAL },
	{ "a route too many", AT(axvcpu_create_vm, arch_flags), 1 << 3, EINVAL },
	{ "all routes", AT(axvcpu_create_vm, arch_flags), ~0ull, EINVAL },
	{ }
};

static const struct req_value bad_setup[] = {
	{ "no stage-2", AT(axvcpu_setup, stage2_fd), -1, EBADF },
	{ "stdout for a stage-2", AT(axvcpu_setup, stage2_fd), 1, EINVAL },
	{ "odd entry", AT(axvcpu_setup, entry), 0x1001, EINVAL },
	{ "entry between instructions", AT(axvcpu_setup, entry), 0x1002, EINVAL },
	{ "unknown flag", AT(axvcpu_setup, arch.arm64.flags), 4, EINVAL },
	{ "a host interrupt without its flag", AT(axvcpu_setup, arch.arm64.host_irq), 32, EINVAL },
	{ "a guest interrupt without its flag", AT(axvcpu_setup, arch.arm64.guest_irq), 32, EINVAL },
	{ }
};

static const struct req_value bad_set_entry[] = {
	{ "odd", AT(axvcpu_set_entry, entry), 0x1001, EINVAL },
	{ "between instructions", AT(axvcpu_set_entry, entry), 0x1002, EINVAL },
	{ }
};

static const struct req_value bad_set_gpr[] = {
	{ "register 32", AT(axvcpu_set_gpr, reg), 32, EINVAL },
	{ "register -1", AT(axvcpu_set_gpr, reg), ~0u, EINVAL },
	{ }
};

static const struct req_value bad_inject_interrupt[] = {
	{ "INTID 1020", AT(axvcpu_inject_interrupt, vector), 1020, EINVAL },
	{ "INTID 1023", AT(axvcpu_inject_interrupt, vector), 1023, EINVAL },
	{ "INTID 1024", AT(axvcpu_inject_interrupt, vector), 1024, EINVAL },
	{ "a flag that is told only", AT(axvcpu_inject_interrupt, vector),
	  AXVCPU_ARM64_IRQ_PENDING | 40, EINVAL },
	{ "unknown flag", AT(axvcpu_inject_interrupt, vector), 1u << 27 | 40, EINVAL },
	{ "-1", AT(axvcpu_inject_interrupt, vector), ~0u, EINVAL },
	{ "clear no interrupt", AT(axvcpu_inject_interrupt, vector),
	  AXVCPU_INTERRUPT_CLEAR | 1023, EINVAL },
	{ "clear one that is not up", AT(axvcpu_inject_interrupt, vector),
	  AXVCPU_INTERRUPT_CLEAR | 0, EAGAIN },
	{ }
};

static const struct req_value bad_inject_event[] = {
	{ "unknown kind", AT(axvcpu_inject_event, kind), 3, EINVAL },
	{ "START for one that runs", AT(axvcpu_inject_event, kind), AXVCPU_EVENT_START, EINVAL },
	{ "an argument without its flag", AT(axvcpu_inject_event, arg), 1, EINVAL },
	{ "HVC", AT(axvcpu_inject_event, vector), 0x16, EINVAL },
	{ "SMC", AT(axvcpu_inject_event, vector), 0x17, EINVAL },
	{ "a class that there is not", AT(axvcpu_inject_event, vector), 0x3f, EINVAL },
	{ "NMI", AT(axvcpu_inject_event, kind), AXVCPU_EVENT_NMI, EINVAL },
	{ "class 64", AT(axvcpu_inject_event, vector), 64, EINVAL },
	{ "class -1", AT(axvcpu_inject_event, vector), ~0u, EINVAL },
	{ "code without flag", AT(axvcpu_inject_event, error_code), 1, EINVAL },
	{ "payload without flag", AT(axvcpu_inject_event, payload), 1, EINVAL },
	{ }
};
