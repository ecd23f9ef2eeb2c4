/* SPDX-License-Identifier: GPL-2.0-only */
/* The part of requests.c that is for RISC-V. */

#define LOW_MEMORY	0
#define HAVE_CPUID	0

#define VM_FLAGS	15
#define VM_RESERVED	{ 0, 0 }
#define VCPU_RESERVED	RESERVED(axvcpu_create_vcpu, arch.reserved[3])
#define SETUP_RESERVED	RESERVED(axvcpu_setup, arch.riscv.reserved)
#define EVENT_FLAGS	2
#define AN_EXCEPTION	2	/* illegal instruction */

static const struct req_value bad_create_vm[] = {
	{ "exits of a call from S-mode", AT(axvcpu_create_vm, exception_exits), 1 << 9, EINVAL },
	{ "exits of cause 14", AT(axvcpu_create_vm, exception_exits), 1 << 14, EINVAL },
	{ "exits of cause 16", AT(axvcpu_create_vm, exception_exits), 1 << 16, EINVAL },
	{ "exits of guest-page faults", AT(axvcpu_create_vm, exception_exits), 1 << 21, EINVAL },
	{ "all exits", AT(axvcpu_create_vm, exception_exits), ~0u, EINVAL },
	{ "a route too many", AT(axvcpu_create_vm, arch_flags), 1 << 9, EINVAL },
	{ "all routes", AT(axvcpu_create_vm, arch_flags), ~0ull, EINVAL },
	{ }
};

static const struct req_value bad_setup[] = {
	{ "no stage-2", AT(axvcpu_setup, stage2_fd), -1, EBADF },
	{ "stdout for a stage-2", AT(axvcpu_setup, stage2_fd), 1, EINVAL },
	{ "odd entry", AT(axvcpu_setup, entry), 0x1001, EINVAL },
	{ }
};

static const struct req_value bad_set_entry[] = {
	{ "odd", AT(axvcpu_set_entry, entry), 0x1001, EINVAL },
	{ }
};

static const struct req_value bad_set_gpr[] = {
	{ "register 32", AT(axvcpu_set_gpr, reg), 32, EINVAL },
	{ "register -1", AT(axvcpu_set_gpr, reg), ~0u, EINVAL },
	{ }
};

static const struct req_value bad_inject_interrupt[] = {
	{ "line 0", AT(axvcpu_inject_interrupt, vector), 0, EINVAL },
	{ "line 2", AT(axvcpu_inject_interrupt, vector), 2, EINVAL },
	{ "line 10", AT(axvcpu_inject_interrupt, vector), 10, EINVAL },
	{ "line 33", AT(axvcpu_inject_interrupt, vector), 33, EINVAL },
	{ "line -1", AT(axvcpu_inject_interrupt, vector), ~0u, EINVAL },
	{ "clear line 2", AT(axvcpu_inject_interrupt, vector), AXVCPU_INTERRUPT_CLEAR | 2, EINVAL },
	{ "clear one that is not up", AT(axvcpu_inject_interrupt, vector),
	  AXVCPU_INTERRUPT_CLEAR | AXVCPU_RISCV_IRQ_EXT, EAGAIN },
	{ }
};

static const struct req_value bad_inject_event[] = {
	{ "unknown kind", AT(axvcpu_inject_event, kind), 3, EINVAL },
	{ "NMI", AT(axvcpu_inject_event, kind), AXVCPU_EVENT_NMI, EINVAL },
	{ "START for one that runs", AT(axvcpu_inject_event, kind), AXVCPU_EVENT_START, EINVAL },
	{ "an argument without its flag", AT(axvcpu_inject_event, arg), 1, EINVAL },
	{ "call from S-mode", AT(axvcpu_inject_event, vector), 9, EINVAL },
	{ "cause 14", AT(axvcpu_inject_event, vector), 14, EINVAL },
	{ "guest-page fault", AT(axvcpu_inject_event, vector), 21, EINVAL },
	{ "cause -1", AT(axvcpu_inject_event, vector), ~0u, EINVAL },
	{ "with a code", AT(axvcpu_inject_event, flags), AXVCPU_EVENT_HAS_ERROR, EINVAL },
	{ "code without flag", AT(axvcpu_inject_event, error_code), 1, EINVAL },
	{ "payload without flag", AT(axvcpu_inject_event, payload), 1, EINVAL },
	{ }
};
