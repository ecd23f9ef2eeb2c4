/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * axvcpu: virtual CPUs for user space, the same on every architecture.
 *
 * Objects and the calls that make them:
 *
 *	/dev/axvcpu --CREATE_VM------> VM fd --CREATE_VCPU--> vCPU fd (+ run page)
 *	            --CREATE_STAGE2--> stage-2 fd
 *	            --CREATE_RING----> ring fd (+ ring)
 *
 * Life of a vCPU (AXVCPU_STATE_*):
 *
 *	CREATED --SETUP--> FREE --BIND--> READY --RUN--> RUNNING <--> BLOCKED
 *	   ^                ^--UNBIND-----'  ^-------------'
 *	   '--RESET--------------------------' (from any state not in RUN)
 *
 * An illegal call makes the vCPU INVALID (unless the VM is lenient), and only
 * RESET leads out of that.
 *
 * Every ioctl takes either no argument (the third argument must be 0) or a
 * pointer to a structure whose first member, size, is the structure's size as
 * the caller knows it. A larger size than the kernel's is taken as long as the
 * excess is zero (else E2BIG), a smaller one down to the first version of the
 * structure reads as zeroes (below that EINVAL). The request numbers carry no
 * size, so they never change. Unknown flags and reserved members that are not
 * zero are EINVAL.
 */
#ifndef _UAPI_LINUX_AXVCPU_H
#define _UAPI_LINUX_AXVCPU_H

#include <linux/ioctl.h>
#include <linux/types.h>

#ifdef __cplusplus
#define AXVCPU_STATIC_ASSERT(cond) static_assert(cond, #cond)
#else
#define AXVCPU_STATIC_ASSERT(cond) _Static_assert(cond, #cond)
#endif

#if defined(__x86_64__) || defined(__i386__)
#include <linux/axvcpu_x86.h>
#elif defined(__riscv)
#include <linux/axvcpu_riscv.h>
#elif defined(__aarch64__)
#include <linux/axvcpu_arm64.h>
#endif

#define AXVCPU_ABI_VERSION	1

/* ---- requests ---------------------------------------------------------- */

#define AXVCPU_IOC		0xBE

/* on /dev/axvcpu */
#define AXVCPU_GET_INFO		_IO(AXVCPU_IOC, 0x00)
#define AXVCPU_CREATE_VM	_IO(AXVCPU_IOC, 0x01)
#define AXVCPU_CREATE_STAGE2	_IO(AXVCPU_IOC, 0x02)
#define AXVCPU_CREATE_RING	_IO(AXVCPU_IOC, 0x03)
/* on a VM fd */
#define AXVCPU_CREATE_VCPU	_IO(AXVCPU_IOC, 0x10)
#define AXVCPU_SET_IO_FILTER	_IO(AXVCPU_IOC, 0x11)
#define AXVCPU_SET_MSR_FILTER	_IO(AXVCPU_IOC, 0x12)
#define AXVCPU_VM_CONTROL	_IO(AXVCPU_IOC, 0x13)
#define AXVCPU_VM_GET_STATE	_IO(AXVCPU_IOC, 0x14)
#define AXVCPU_SET_IRQFD	_IO(AXVCPU_IOC, 0x15)
#define AXVCPU_SET_IO_ROUTE	_IO(AXVCPU_IOC, 0x16)
/* on a stage-2 fd */
#define AXVCPU_S2_MAP		_IO(AXVCPU_IOC, 0x20)
#define AXVCPU_S2_UNMAP		_IO(AXVCPU_IOC, 0x21)
#define AXVCPU_S2_PROTECT	_IO(AXVCPU_IOC, 0x22)
#define AXVCPU_S2_GET_STATS	_IO(AXVCPU_IOC, 0x23)
/* on a vCPU fd */
#define AXVCPU_SETUP		_IO(AXVCPU_IOC, 0x30)
#define AXVCPU_SET_ENTRY	_IO(AXVCPU_IOC, 0x31)
#define AXVCPU_SET_STAGE2_ROOT	_IO(AXVCPU_IOC, 0x32)
#define AXVCPU_BIND		_IO(AXVCPU_IOC, 0x33)
#define AXVCPU_RUN		_IO(AXVCPU_IOC, 0x34)
#define AXVCPU_UNBIND		_IO(AXVCPU_IOC, 0x35)
#define AXVCPU_RESET		_IO(AXVCPU_IOC, 0x36)
#define AXVCPU_KICK		_IO(AXVCPU_IOC, 0x37)
#define AXVCPU_GET_STATE	_IO(AXVCPU_IOC, 0x38)
#define AXVCPU_SET_GPR		_IO(AXVCPU_IOC, 0x39)
#define AXVCPU_SET_RETURN_VALUE	_IO(AXVCPU_IOC, 0x3a)
#define AXVCPU_INJECT_INTERRUPT	_IO(AXVCPU_IOC, 0x3b)
#define AXVCPU_INJECT_EVENT	_IO(AXVCPU_IOC, 0x3c)
#define AXVCPU_SET_AFFINITY	_IO(AXVCPU_IOC, 0x3d)
#define AXVCPU_TRANSLATE	_IO(AXVCPU_IOC, 0x3e)
#define AXVCPU_SET_CPUID	_IO(AXVCPU_IOC, 0x3f)
#define AXVCPU_GET_CPUID	_IO(AXVCPU_IOC, 0x40)
#define AXVCPU_SYNC		_IO(AXVCPU_IOC, 0x41)

/* ---- the device -------------------------------------------------------- */

enum axvcpu_arch {
	AXVCPU_ARCH_X86		= 1,
	AXVCPU_ARCH_ARM64	= 2,
	AXVCPU_ARCH_RISCV	= 3,
};

enum axvcpu_backend {
	AXVCPU_BACKEND_NONE	= 0,
	AXVCPU_BACKEND_SVM	= 1,
	AXVCPU_BACKEND_VMX	= 2,
	AXVCPU_BACKEND_VHE	= 3,
	AXVCPU_BACKEND_NVHE	= 4,
	AXVCPU_BACKEND_RISCV	= 5,
};

/**
 * enum axvcpu_why - why this machine cannot make a VM now
 * @AXVCPU_WHY_USABLE: it can
 * @AXVCPU_WHY_NO_HARDWARE: the CPU has no virtualization extension that a
 *	backend serves; CREATE_VM gives ENODEV
 * @AXVCPU_WHY_FIRMWARE: the extension is there, firmware has disabled and
 *	locked it; EOPNOTSUPP
 * @AXVCPU_WHY_NO_STAGE2: no nested paging; ENODEV
 * @AXVCPU_WHY_HELD: somebody else holds the extension, why_text names who and
 *	what to do; EBUSY
 */
enum axvcpu_why {
	AXVCPU_WHY_USABLE	= 0,
	AXVCPU_WHY_NO_HARDWARE	= 1,
	AXVCPU_WHY_FIRMWARE	= 2,
	AXVCPU_WHY_NO_STAGE2	= 3,
	AXVCPU_WHY_HELD		= 4,
};

/**
 * struct axvcpu_info - AXVCPU_GET_INFO
 * @size: in: sizeof(struct axvcpu_info) as the caller knows it
 * @abi_version: out: AXVCPU_ABI_VERSION of the kernel side
 * @arch: out: enum axvcpu_arch
 * @backend: out: enum axvcpu_backend in use
 * @why: out: enum axvcpu_why
 * @page_sizes: out: bit n set: stage-2 leaves of 2^n bytes can be used
 * @gpa_bits: out: width of a guest physical address of a default stage-2
 * @stage2_levels: out: table levels of a default stage-2
 * @tags: out: TLB tags (ASID, VPID, VMID) one CPU can hold at a time
 * @run_size: out: bytes to mmap() of a vCPU fd, a multiple of the page size
 * @fp_offset: out: offset in that mapping of the FP register group
 * @fp_size: out: bytes of the FP register group
 * @max_vms: out: VMs that can be open at once
 * @max_vcpus: out: vCPUs of one VM; ids are 0 to max_vcpus - 1
 * @max_maps: out: mappings of one stage-2
 * @max_filter_ranges: out: ranges of one filter
 * @max_cpuid: out: entries of one CPUID table (x86, else 0)
 * @reserved: zero
 * @arch_features: out: AXVCPU_X86_FEAT_* and the like
 * @backend_name: out: "svm", "vmx", "vhe", "nvhe", "riscv" or "none"
 * @why_text: out: @why as an English sentence, NUL-terminated
 * @max_irqfds: out: interrupt routes of one VM
 * @max_io_routes: out: routes of writes of one VM
 * @max_ring_records: out: records of one ring
 * @reserved2: zero
 */
struct axvcpu_info {
	__u32 size;
	__u32 abi_version;
	__u32 arch;
	__u32 backend;
	__u32 why;
	__u32 gpa_bits;
	__aligned_u64 page_sizes;
	__u32 stage2_levels;
	__u32 tags;
	__u32 run_size;
	__u32 fp_offset;
	__u32 fp_size;
	__u32 max_vms;
	__u32 max_vcpus;
	__u32 max_maps;
	__u32 max_filter_ranges;
	__u32 max_cpuid;
	__u32 reserved[2];
	__aligned_u64 arch_features;
	char backend_name[16];
	char why_text[160];
	__u32 max_irqfds;
	__u32 max_io_routes;
	__u32 max_ring_records;
	__u32 reserved2;
};

#define AXVCPU_INFO_SIZE_1	264	/* before max_irqfds */
AXVCPU_STATIC_ASSERT(sizeof(struct axvcpu_info) == 280);

/* ---- virtual machines -------------------------------------------------- */

/* struct axvcpu_create_vm.flags */
/* an illegal call gives EBADFD and leaves the vCPU's state alone */
#define AXVCPU_VM_LENIENT	(1u << 0)
/* every access to a hole is NESTED_PAGE_FAULT, none is decoded as MMIO */
#define AXVCPU_VM_FAULT_EXITS	(1u << 1)
/* a host interrupt that ends guest execution gives EXTERNAL_INTERRUPT */
#define AXVCPU_VM_EXTINT_EXITS	(1u << 2)
/* a vCPU that the guest starts or stops is started and stopped in the kernel
 * (riscv: SBI HSM; arm64: PSCI; x86: INIT and SIPI, with AXVCPU_X86_LOCAL_APIC, else
 * EINVAL), instead of CPU_UP and CPU_DOWN exits
 */
#define AXVCPU_VM_KERNEL_START	(1u << 3)

/**
 * struct axvcpu_create_vm - AXVCPU_CREATE_VM, returns the VM fd
 * @size: sizeof(struct axvcpu_create_vm)
 * @flags: AXVCPU_VM_*
 * @exception_exits: bit n set: guest exception n gives an EXCEPTION exit
 *	instead of being delivered (x86: vectors 0-31 but not 2, 8, 15, 18;
 *	riscv: causes 0-8, 12, 13 and 15)
 * @reserved: zero
 * @arch_flags: x86: AXVCPU_X86_LOCAL_APIC, _EOI_EXITS; riscv: AXVCPU_RISCV_ROUTE_*;
 *	arm64: AXVCPU_ARM64_ROUTE_*
 */
struct axvcpu_create_vm {
	__u32 size;
	__u32 flags;
	__u32 exception_exits;
	__u32 reserved;
	__aligned_u64 arch_flags;
};

#define AXVCPU_CREATE_VM_SIZE_1	16	/* before arch_flags */
AXVCPU_STATIC_ASSERT(sizeof(struct axvcpu_create_vm) == 24);

/**
 * struct axvcpu_create_vcpu - AXVCPU_CREATE_VCPU, returns the vCPU fd
 * @size: sizeof(struct axvcpu_create_vcpu)
 * @id: vCPU id, unique in the VM (EEXIST), below max_vcpus (EINVAL)
 * @preferred_cpu: host CPU the scheduler is asked for, -1 for none
 * @cpu_set_size: bytes at @cpu_set, 0: any CPU
 * @cpu_set: user address of a bit mask of host CPUs RUN may use
 * @arch: what the architecture needs at creation
 * @arch.arm64.mpidr: MPIDR_EL1 affinity fields the guest reads
 * @arch.arm64.dtb: gpa of the device tree, in x0 at the entry
 * @arch.arm64.gicr: gpa of its redistributor, two frames of 64 KiB, aligned; 0: the
 *	VMM has it, and sets interrupts below 32 up by AXVCPU_REGS_INTR
 * @arch.riscv.hartid: hart id, in a0 at the entry
 * @arch.riscv.dtb: gpa of the device tree, in a1 at the entry
 * @arch.riscv.imsic: gpa of the page of its IMSIC, page aligned; 0: it has none
 * @arch.reserved: zero where the architecture has no member
 */
struct axvcpu_create_vcpu {
	__u32 size;
	__u32 id;
	__s32 preferred_cpu;
	__u32 cpu_set_size;
	__aligned_u64 cpu_set;
	union {
		struct {
			__aligned_u64 mpidr;
			__aligned_u64 dtb;
			__aligned_u64 gicr;
		} arm64;
		struct {
			__aligned_u64 hartid;
			__aligned_u64 dtb;
			__aligned_u64 imsic;
		} riscv;
		__aligned_u64 reserved[4];
	} arch;
};

AXVCPU_STATIC_ASSERT(sizeof(struct axvcpu_create_vcpu) == 56);

/* struct axvcpu_filter_range: what happens to an access in the range */
enum axvcpu_filter_action {
	/* ports: as EXIT; MSRs: the kernel's own answer, #GP where it has none */
	AXVCPU_FILTER_DEFAULT	= 0,
	/* IO_READ, IO_WRITE, SYSREG_READ, SYSREG_WRITE to the VMM */
	AXVCPU_FILTER_EXIT	= 1,
	/* a read gives all ones (port) or 0 (MSR), a write is dropped */
	AXVCPU_FILTER_IGNORE	= 2,
	/* the guest gets the architecture's fault, #GP(0) */
	AXVCPU_FILTER_FAULT	= 3,
};

/**
 * struct axvcpu_filter_range - a range of ports or MSRs
 * @first: first port or MSR number; an access counts by its lowest port
 * @last: last one, not below @first
 * @read: enum axvcpu_filter_action for reads
 * @write: the same for writes
 */
struct axvcpu_filter_range {
	__u32 first;
	__u32 last;
	__u32 read;
	__u32 write;
};

AXVCPU_STATIC_ASSERT(sizeof(struct axvcpu_filter_range) == 16);

/**
 * struct axvcpu_filter - AXVCPU_SET_IO_FILTER, AXVCPU_SET_MSR_FILTER
 * @size: sizeof(struct axvcpu_filter)
 * @nr: ranges at @ranges, at most max_filter_ranges (E2BIG); 0 takes the
 *	filter away
 * @ranges: user address of an array of struct axvcpu_filter_range, sorted by
 *	@first, without overlaps (EINVAL)
 *
 * Replaces the VM's filter as a whole; takes effect at each vCPU's next exit.
 */
struct axvcpu_filter {
	__u32 size;
	__u32 nr;
	__aligned_u64 ranges;
};

AXVCPU_STATIC_ASSERT(sizeof(struct axvcpu_filter) == 16);

enum axvcpu_vm_state {
	AXVCPU_VM_RUNNING	= 0,
	AXVCPU_VM_PAUSED	= 1,
	AXVCPU_VM_STOPPED	= 2,
};

enum axvcpu_vm_op {
	/* RUNNING -> PAUSED: no vCPU is in the guest when the call returns;
	 * RUN waits in the kernel until the VM is resumed
	 */
	AXVCPU_VM_PAUSE		= 0,
	/* PAUSED -> RUNNING */
	AXVCPU_VM_RESUME	= 1,
	/* RUNNING or PAUSED -> STOPPED: RUN gives STOPPED with the reason */
	AXVCPU_VM_STOP		= 2,
	/* STOPPED -> RUNNING: the vCPUs go on where they were, or are RESET */
	AXVCPU_VM_RESTART	= 3,
};

enum axvcpu_stop_reason {
	AXVCPU_STOP_NONE	= 0,
	AXVCPU_STOP_CLEAN	= 1,
	AXVCPU_STOP_SYSTEM_DOWN	= 2,
	AXVCPU_STOP_FORCED	= 3,
	AXVCPU_STOP_FAULT	= 4,
	/* from here on the VMM's own */
	AXVCPU_STOP_USER	= 0x10000,
};

/**
 * struct axvcpu_vm_control - AXVCPU_VM_CONTROL
 * @size: sizeof(struct axvcpu_vm_control)
 * @op: enum axvcpu_vm_op; EBADFD where the VM's state does not allow it
 * @reason: enum axvcpu_stop_reason or the VMM's own number, with
 *	AXVCPU_VM_STOP; else 0
 * @reserved: zero
 */
struct axvcpu_vm_control {
	__u32 size;
	__u32 op;
	__u32 reason;
	__u32 reserved;
};

AXVCPU_STATIC_ASSERT(sizeof(struct axvcpu_vm_control) == 16);

/**
 * struct axvcpu_vm_state_info - AXVCPU_VM_GET_STATE
 * @size: sizeof(struct axvcpu_vm_state_info)
 * @state: out: enum axvcpu_vm_state
 * @reason: out: reason given with the last AXVCPU_VM_STOP
 * @nr_vcpus: out: vCPUs of the VM
 */
struct axvcpu_vm_state_info {
	__u32 size;
	__u32 state;
	__u32 reason;
	__u32 nr_vcpus;
};

AXVCPU_STATIC_ASSERT(sizeof(struct axvcpu_vm_state_info) == 16);

/* ---- stage-2 tables ---------------------------------------------------- */

/**
 * struct axvcpu_create_stage2 - AXVCPU_CREATE_STAGE2, returns the stage-2 fd
 * @size: sizeof(struct axvcpu_create_stage2)
 * @flags: zero
 * @gpa_bits: width of the address space, 0: the default of GET_INFO; above
 *	that EINVAL, below 32 EINVAL
 * @reserved: zero
 */
struct axvcpu_create_stage2 {
	__u32 size;
	__u32 flags;
	__u32 gpa_bits;
	__u32 reserved;
};

AXVCPU_STATIC_ASSERT(sizeof(struct axvcpu_create_stage2) == 16);

/* access rights: struct axvcpu_s2_map.prot, exits, TRANSLATE */
#define AXVCPU_PROT_READ	(1u << 0)
#define AXVCPU_PROT_WRITE	(1u << 1)
#define AXVCPU_PROT_EXEC	(1u << 2)

enum axvcpu_s2_source {
	/* memory the calling process has mapped at uaddr */
	AXVCPU_S2_USER		= 0,
	/* a file: mapped shared into the calling process, uaddr says where */
	AXVCPU_S2_FD		= 1,
	/* zeroed pages that the stage-2 owns; mmap() of the stage-2 fd at
	 * offset gpa shows them
	 */
	AXVCPU_S2_ZERO		= 2,
};

/* struct axvcpu_s2_map.flags */
/* uncached in the guest whatever the guest's own attributes say */
#define AXVCPU_S2_UNCACHED	(1u << 0)
/* fault all of it in now rather than at first touch */
#define AXVCPU_S2_POPULATE	(1u << 1)

/**
 * struct axvcpu_s2_map - AXVCPU_S2_MAP
 * @size: sizeof(struct axvcpu_s2_map)
 * @prot: AXVCPU_PROT_*; READ is needed
 * @source: enum axvcpu_s2_source
 * @flags: AXVCPU_S2_UNCACHED, AXVCPU_S2_POPULATE
 * @gpa: first guest physical address, page aligned
 * @len: bytes, a multiple of the page size
 * @uaddr: USER: address in the calling process, page aligned; FD: out: where
 *	the file was mapped, the caller may munmap() it; ZERO: 0
 * @offset: FD: offset in the file, page aligned; else 0
 * @fd: FD: the file; else 0
 * @reserved: zero
 *
 * Nothing is touched or pinned before the guest touches it. The memory stays
 * the process's own: what munmap(), mprotect(), fork() and reclaim do to it
 * holds for the guest too; an access that the process itself could not make
 * gives NESTED_PAGE_FAULT. VM_PFNMAP areas are mapped uncached unless the host
 * itself maps them write-back.
 *
 * EINVAL misaligned, empty, wraps or is above gpa_bits; EEXIST overlaps a
 * mapping; ENOSPC max_maps reached; EFAULT @uaddr range is not user space;
 * EBADF, EACCES, ENODEV the file cannot be mapped so.
 */
struct axvcpu_s2_map {
	__u32 size;
	__u32 prot;
	__u32 source;
	__u32 flags;
	__aligned_u64 gpa;
	__aligned_u64 len;
	__aligned_u64 uaddr;
	__aligned_u64 offset;
	__s32 fd;
	__u32 reserved;
};

AXVCPU_STATIC_ASSERT(sizeof(struct axvcpu_s2_map) == 56);

/**
 * struct axvcpu_s2_range - AXVCPU_S2_UNMAP, AXVCPU_S2_PROTECT
 * @size: sizeof(struct axvcpu_s2_range)
 * @prot: PROTECT: the new AXVCPU_PROT_*; UNMAP: 0
 * @gpa: first guest physical address, page aligned
 * @len: bytes, a multiple of the page size
 *
 * Mappings are split where the range ends inside one. UNMAP: ENOENT when
 * nothing of the range is mapped. PROTECT: ENOENT when not all of it is.
 * When the call returns, no vCPU has the old translation any more.
 */
struct axvcpu_s2_range {
	__u32 size;
	__u32 prot;
	__aligned_u64 gpa;
	__aligned_u64 len;
};

AXVCPU_STATIC_ASSERT(sizeof(struct axvcpu_s2_range) == 24);

/**
 * struct axvcpu_s2_stats - AXVCPU_S2_GET_STATS
 * @size: sizeof(struct axvcpu_s2_stats)
 * @nr_maps: out: mappings
 * @pages: out: leaves now in the table, by size: smallest (4K), next (2M),
 *	next (1G)
 * @tables: out: table pages
 * @faults: out: guest faults that were filled in
 * @neighbours: out: leaves filled in along with a fault
 * @invalidations: out: leaves removed because the host took the page back
 */
struct axvcpu_s2_stats {
	__u32 size;
	__u32 nr_maps;
	__aligned_u64 pages[3];
	__aligned_u64 tables;
	__aligned_u64 faults;
	__aligned_u64 neighbours;
	__aligned_u64 invalidations;
};

AXVCPU_STATIC_ASSERT(sizeof(struct axvcpu_s2_stats) == 64);

/* ---- vCPUs ------------------------------------------------------------- */

/* values of the axvcpu crate */
enum axvcpu_state {
	AXVCPU_STATE_INVALID	= 0,
	AXVCPU_STATE_CREATED	= 1,
	AXVCPU_STATE_FREE	= 2,
	AXVCPU_STATE_READY	= 3,
	AXVCPU_STATE_RUNNING	= 4,
	AXVCPU_STATE_BLOCKED	= 5,
};

/* struct axvcpu_setup.flags */
/* RUN starts at once; without it a vCPU other than 0 waits for a START event */
#define AXVCPU_SETUP_RUNNABLE	(1u << 0)

/**
 * struct axvcpu_setup - AXVCPU_SETUP
 * @size: sizeof(struct axvcpu_setup)
 * @flags: AXVCPU_SETUP_RUNNABLE
 * @entry: guest address of the first instruction
 * @stage2_fd: the stage-2 table
 * @reserved: zero
 * @arch: start state
 * @arch.x86: struct axvcpu_x86_setup, see axvcpu_x86.h
 * @arch.riscv: struct axvcpu_riscv_setup, see axvcpu_riscv.h
 * @arch.arm64: struct axvcpu_arm64_setup, see axvcpu_arm64.h
 * @arch.words: zero where the architecture has no member
 */
struct axvcpu_setup {
	__u32 size;
	__u32 flags;
	__aligned_u64 entry;
	__s32 stage2_fd;
	__u32 reserved;
	union {
#if defined(__x86_64__) || defined(__i386__)
		struct axvcpu_x86_setup x86;
#elif defined(__riscv)
		struct axvcpu_riscv_setup riscv;
#elif defined(__aarch64__)
		struct axvcpu_arm64_setup arm64;
#endif
		__aligned_u64 words[8];
	} arch;
};

AXVCPU_STATIC_ASSERT(sizeof(struct axvcpu_setup) == 88);

/**
 * struct axvcpu_set_entry - AXVCPU_SET_ENTRY
 * @size: sizeof(struct axvcpu_set_entry)
 * @reserved: zero
 * @entry: guest address to go on at; takes back a pending exit
 */
struct axvcpu_set_entry {
	__u32 size;
	__u32 reserved;
	__aligned_u64 entry;
};

AXVCPU_STATIC_ASSERT(sizeof(struct axvcpu_set_entry) == 16);

/**
 * struct axvcpu_set_stage2_root - AXVCPU_SET_STAGE2_ROOT
 * @size: sizeof(struct axvcpu_set_stage2_root)
 * @stage2_fd: the stage-2 table used from the next entry on
 */
struct axvcpu_set_stage2_root {
	__u32 size;
	__s32 stage2_fd;
};

AXVCPU_STATIC_ASSERT(sizeof(struct axvcpu_set_stage2_root) == 8);

/**
 * struct axvcpu_get_state - AXVCPU_GET_STATE
 * @size: sizeof(struct axvcpu_get_state)
 * @state: out: enum axvcpu_state
 * @owner: out: thread id the vCPU is bound to as the caller sees it, 0: none
 * @id: out: the vCPU's id
 * @last_cpu: out: host CPU it ran on last, -1: never ran
 * @pending_exit: out: exit reason that waits for an entry command, 0: none
 */
struct axvcpu_get_state {
	__u32 size;
	__u32 state;
	__u32 owner;
	__u32 id;
	__s32 last_cpu;
	__u32 pending_exit;
};

AXVCPU_STATIC_ASSERT(sizeof(struct axvcpu_get_state) == 24);

/**
 * struct axvcpu_set_gpr - AXVCPU_SET_GPR
 * @size: sizeof(struct axvcpu_set_gpr)
 * @reg: index as the architecture's encodings number it (x86: 0 rax, 1 rcx,
 *	2 rdx, 3 rbx, 4 rsp, 5 rbp, 6 rsi, 7 rdi, 8-15; arm64: 31: the stack
 *	pointer in use)
 * @value: new value
 */
struct axvcpu_set_gpr {
	__u32 size;
	__u32 reg;
	__aligned_u64 value;
};

AXVCPU_STATIC_ASSERT(sizeof(struct axvcpu_set_gpr) == 16);

/**
 * struct axvcpu_set_return_value - AXVCPU_SET_RETURN_VALUE
 * @size: sizeof(struct axvcpu_set_return_value)
 * @reserved: zero
 * @value: goes into the register hypercalls return in (x86: rax)
 */
struct axvcpu_set_return_value {
	__u32 size;
	__u32 reserved;
	__aligned_u64 value;
};

AXVCPU_STATIC_ASSERT(sizeof(struct axvcpu_set_return_value) == 16);

/* in @vector: take a level-triggered line back (riscv, arm64; EINVAL on x86) */
#define AXVCPU_INTERRUPT_CLEAR	(1u << 31)

/**
 * struct axvcpu_inject_interrupt - AXVCPU_INJECT_INTERRUPT
 * @size: sizeof(struct axvcpu_inject_interrupt)
 * @vector: the interrupt (x86: vector 1-255, an external interrupt whatever
 *	its number, or AXVCPU_X86_MSI() or AXVCPU_X86_LINT(); riscv:
 *	AXVCPU_RISCV_IRQ_*, which stays pending until the guest or
 *	AXVCPU_INTERRUPT_CLEAR takes it back; arm64: AXVCPU_ARM64_IRQ())
 *
 * From any thread. EAGAIN: that vector is pending already, or, with CLEAR, is
 * not pending.
 */
struct axvcpu_inject_interrupt {
	__u32 size;
	__u32 vector;
};

AXVCPU_STATIC_ASSERT(sizeof(struct axvcpu_inject_interrupt) == 8);

enum axvcpu_event {
	/* an exception; delivered before the next guest instruction */
	AXVCPU_EVENT_EXCEPTION	= 0,
	AXVCPU_EVENT_NMI	= 1,
	/* start a vCPU that waits for it: payload is the entry address */
	AXVCPU_EVENT_START	= 2,
};

/* struct axvcpu_inject_event.flags */
#define AXVCPU_EVENT_HAS_ERROR	(1u << 0)
/* payload goes with the exception (x86: CR2 of #PF, DR6 bits of #DB) */
#define AXVCPU_EVENT_HAS_PAYLOAD (1u << 1)
/* START: arg goes to a1 (riscv) or x0 (arm64), which without stays what it was */
#define AXVCPU_EVENT_HAS_ARG	(1u << 2)

/**
 * struct axvcpu_inject_event - AXVCPU_INJECT_EVENT
 * @size: sizeof(struct axvcpu_inject_event)
 * @kind: enum axvcpu_event
 * @vector: EXCEPTION: its number (x86: 0-31 but not 2; arm64: its class, ESR_ELx.EC)
 * @flags: AXVCPU_EVENT_*; HAS_ERROR exactly for the x86 vectors that push one;
 *	arm64: for the ISS
 * @error_code: with AXVCPU_EVENT_HAS_ERROR, else 0
 * @reserved: zero
 * @payload: with AXVCPU_EVENT_HAS_PAYLOAD; START: the entry
 * @arg: with AXVCPU_EVENT_HAS_ARG, else 0
 *
 * From any thread. EAGAIN: an exception is queued already, or two NMIs are.
 */
struct axvcpu_inject_event {
	__u32 size;
	__u32 kind;
	__u32 vector;
	__u32 flags;
	__u32 error_code;
	__u32 reserved;
	__aligned_u64 payload;
	__aligned_u64 arg;
};

#define AXVCPU_INJECT_EVENT_SIZE_1	32	/* before arg */

AXVCPU_STATIC_ASSERT(sizeof(struct axvcpu_inject_event) == 40);

/**
 * struct axvcpu_set_affinity - AXVCPU_SET_AFFINITY
 * @size: sizeof(struct axvcpu_set_affinity)
 * @preferred_cpu: as in struct axvcpu_create_vcpu
 * @cpu_set_size: as there
 * @reserved: zero
 * @cpu_set: as there
 */
struct axvcpu_set_affinity {
	__u32 size;
	__s32 preferred_cpu;
	__u32 cpu_set_size;
	__u32 reserved;
	__aligned_u64 cpu_set;
};

AXVCPU_STATIC_ASSERT(sizeof(struct axvcpu_set_affinity) == 24);

/**
 * struct axvcpu_translate - AXVCPU_TRANSLATE
 * @size: sizeof(struct axvcpu_translate)
 * @access: AXVCPU_PROT_* of the access to be tried, as the guest would make
 *	it now (its mode and privilege); 0: only look the address up
 * @gva: guest virtual address
 * @gpa: out: guest physical address
 * @valid: out: 1 when the guest's own tables allow @access
 * @prot: out: AXVCPU_PROT_* the guest's tables give at its present privilege
 * @page_size: out: bytes of the guest page, 0 when paging is off
 * @fault: out: when @valid is 0, the fault's code (x86: #PF error code)
 */
struct axvcpu_translate {
	__u32 size;
	__u32 access;
	__aligned_u64 gva;
	__aligned_u64 gpa;
	__u32 valid;
	__u32 prot;
	__aligned_u64 page_size;
	__u32 fault;
	__u32 reserved;
};

AXVCPU_STATIC_ASSERT(sizeof(struct axvcpu_translate) == 48);

/* a CPUID entry that answers one sub-leaf only */
#define AXVCPU_CPUID_INDEX	(1u << 0)

/**
 * struct axvcpu_cpuid_entry - one row of a CPUID table
 * @function: EAX in
 * @index: ECX in, where @flags has AXVCPU_CPUID_INDEX
 * @flags: AXVCPU_CPUID_INDEX
 * @eax: out
 * @ebx: out
 * @ecx: out
 * @edx: out
 * @reserved: zero
 */
struct axvcpu_cpuid_entry {
	__u32 function;
	__u32 index;
	__u32 flags;
	__u32 eax;
	__u32 ebx;
	__u32 ecx;
	__u32 edx;
	__u32 reserved;
};

AXVCPU_STATIC_ASSERT(sizeof(struct axvcpu_cpuid_entry) == 32);

/**
 * struct axvcpu_cpuid - AXVCPU_SET_CPUID, AXVCPU_GET_CPUID
 * @size: sizeof(struct axvcpu_cpuid)
 * @nr: entries at @entries; GET: in: room, out: how many there are (E2BIG
 *	when the room is short)
 * @entries: user address of an array of struct axvcpu_cpuid_entry
 *
 * A new vCPU has the default table: what host, kernel and backend support.
 * SET replaces it whole, in CREATED or FREE (EBADFD later). Bits the host
 * cannot serve are EINVAL only where the guest could harm itself by them
 * alone being set (XSAVE components); others are the VMM's affair.
 */
struct axvcpu_cpuid {
	__u32 size;
	__u32 nr;
	__aligned_u64 entries;
};

AXVCPU_STATIC_ASSERT(sizeof(struct axvcpu_cpuid) == 16);

/**
 * struct axvcpu_sync - AXVCPU_SYNC: registers to and from the run page
 * @size: sizeof(struct axvcpu_sync)
 * @commit: AXVCPU_REGS_* groups to take from the run page
 * @fetch: AXVCPU_REGS_* groups to put there, after that
 * @reserved: zero
 *
 * What RUN does with entry.commit and entry.wanted, without running.
 */
struct axvcpu_sync {
	__u32 size;
	__u32 commit;
	__u32 fetch;
	__u32 reserved;
};

AXVCPU_STATIC_ASSERT(sizeof(struct axvcpu_sync) == 16);

/* ---- event routes ------------------------------------------------------ */

/* struct axvcpu_irqfd.flags */
/* take the route away */
#define AXVCPU_IRQFD_DEASSIGN	(1u << 0)
/* a line that stays up until resample_fd is signalled; else an edge */
#define AXVCPU_IRQFD_LEVEL	(1u << 1)
/* with LEVEL: leave the counter of fd to whoever reads it */
#define AXVCPU_IRQFD_KEEP	(1u << 2)

/**
 * struct axvcpu_irqfd - AXVCPU_SET_IRQFD: an eventfd that is an interrupt
 * @size: sizeof(struct axvcpu_irqfd)
 * @flags: AXVCPU_IRQFD_*
 * @fd: an eventfd; one route of the VM at most for each (EEXIST)
 * @resample_fd: LEVEL: another eventfd, whose signal takes the line down; else
 *	-1
 * @vcpu: id of the vCPU, which must be there (ENOENT); the route goes with it
 * @vector: as in struct axvcpu_inject_interrupt, without AXVCPU_INTERRUPT_CLEAR
 * @reserved: zero
 *
 * DEASSIGN: the same @fd, @vcpu and @vector, @resample_fd -1 and no other flag;
 * ENOENT where there is no such route. When the call returns, a signal does
 * nothing any more.
 *
 * Edge: each signal is an AXVCPU_INJECT_INTERRUPT; one that is pending already
 * takes it along. Level: a signal raises the line, which injects; signals while
 * it is up do nothing more. A signal of @resample_fd takes it down: whoever had
 * an event meanwhile signals @fd again. Routes of the same vCPU and vector share
 * the line: it is up while one of them has it up.
 */
struct axvcpu_irqfd {
	__u32 size;
	__u32 flags;
	__s32 fd;
	__s32 resample_fd;
	__u32 vcpu;
	__u32 vector;
	__u32 reserved[2];
};

AXVCPU_STATIC_ASSERT(sizeof(struct axvcpu_irqfd) == 32);

/* struct axvcpu_io_route.flags */
/* take the route away */
#define AXVCPU_ROUTE_DEASSIGN	(1u << 0)
/* ports instead of guest physical addresses (x86) */
#define AXVCPU_ROUTE_PORT	(1u << 1)
/* only writes of the value data */
#define AXVCPU_ROUTE_MATCH	(1u << 2)
/* fd is a ring: address, width and value go into it */
#define AXVCPU_ROUTE_RING	(1u << 3)

/**
 * struct axvcpu_io_route - AXVCPU_SET_IO_ROUTE: writes that do not exit
 * @size: sizeof(struct axvcpu_io_route)
 * @flags: AXVCPU_ROUTE_*
 * @addr: first address (or port); a write counts by its lowest one
 * @len: how many addresses, not 0 (EINVAL)
 * @data: MATCH: the value, zero-extended; else 0
 * @width: bytes of the write, 1, 2, 4, 8 (not with PORT); 0: any
 * @fd: an eventfd, or a ring with RING
 * @token: RING: what the records say of the route; else 0
 * @reserved: zero
 *
 * A guest's write that matches signals the eventfd, or goes into the ring, and
 * is done: no exit. EEXIST where a write could match two routes of the VM, or
 * @addr and @len overlap another one's and are not the same.
 *
 * DEASSIGN: the same members, @fd -1 and @token 0; ENOENT where there is no such
 * route. When the call returns, no write matches it any more.
 */
struct axvcpu_io_route {
	__u32 size;
	__u32 flags;
	__aligned_u64 addr;
	__aligned_u64 len;
	__aligned_u64 data;
	__u32 width;
	__s32 fd;
	__u32 token;
	__u32 reserved;
};

AXVCPU_STATIC_ASSERT(sizeof(struct axvcpu_io_route) == 48);

/**
 * struct axvcpu_create_ring - AXVCPU_CREATE_RING, returns the ring fd
 * @size: sizeof(struct axvcpu_create_ring)
 * @flags: zero
 * @nr: records, a power of two up to max_ring_records
 * @fd: an eventfd, signalled when the ring was empty and has a record now; -1:
 *	none
 */
struct axvcpu_create_ring {
	__u32 size;
	__u32 flags;
	__u32 nr;
	__s32 fd;
};

AXVCPU_STATIC_ASSERT(sizeof(struct axvcpu_create_ring) == 16);

/* struct axvcpu_ring_record.flags: a port, not a guest physical address */
#define AXVCPU_RECORD_PORT	(1u << 0)

/**
 * struct axvcpu_ring_record - a guest's write
 * @addr: its lowest address, or the port
 * @value: what was written, zero-extended
 * @seq: number of the record, from 0 on; it is at seq % nr
 * @token: of the route that matched
 * @vcpu: id of the vCPU that wrote
 * @width: bytes
 * @flags: AXVCPU_RECORD_PORT
 * @reserved: zero
 */
struct axvcpu_ring_record {
	__aligned_u64 addr;
	__aligned_u64 value;
	__u32 seq;
	__u32 token;
	__u16 vcpu;
	__u8 width;
	__u8 flags;
	__u32 reserved;
};

AXVCPU_STATIC_ASSERT(sizeof(struct axvcpu_ring_record) == 32);

/* offset of the records in a ring's mapping */
#define AXVCPU_RING_RECORDS	0x1000

/**
 * struct axvcpu_ring - at offset 0 of a ring fd's mapping
 * @head: records written so far (kernel writes, after the record)
 * @nr: records there is room for (kernel writes)
 * @overflows: writes that found no room and were exits instead (kernel writes)
 * @reserved0: zero
 * @tail: records taken so far (user space writes, after having read them)
 * @reserved1: zero
 *
 * The ring is empty where @tail is @head and full where @head is @nr ahead. To
 * wait: write @tail, full barrier, read @head; when that is @tail, the next
 * record signals.
 */
struct axvcpu_ring {
	__u32 head;
	__u32 nr;
	__aligned_u64 overflows;
	__u32 reserved0[12];
	__u32 tail;
	__u32 reserved1[15];
};

AXVCPU_STATIC_ASSERT(sizeof(struct axvcpu_ring) == 128);
AXVCPU_STATIC_ASSERT(__builtin_offsetof(struct axvcpu_ring, tail) == 64);

/* ---- the run page ------------------------------------------------------ */

/* register groups */
#define AXVCPU_REGS_GPR		(1u << 0)
#define AXVCPU_REGS_CONTROL	(1u << 1)
#define AXVCPU_REGS_FP		(1u << 2)
#define AXVCPU_REGS_INTR	(1u << 3)
#define AXVCPU_REGS_TIMER	(1u << 4)
#define AXVCPU_REGS_DEBUG	(1u << 5)
#define AXVCPU_REGS_ALL		0x3fu

enum axvcpu_exit_reason {
	/* nothing to report; never returned, counted for exits served inside */
	AXVCPU_EXIT_NOTHING		= 0,
	AXVCPU_EXIT_HYPERCALL		= 1,
	AXVCPU_EXIT_MMIO_READ		= 2,
	AXVCPU_EXIT_MMIO_WRITE		= 3,
	AXVCPU_EXIT_SYSREG_READ		= 4,
	AXVCPU_EXIT_SYSREG_WRITE	= 5,
	AXVCPU_EXIT_IO_READ		= 6,
	AXVCPU_EXIT_IO_WRITE		= 7,
	AXVCPU_EXIT_EXTERNAL_INTERRUPT	= 8,
	AXVCPU_EXIT_NESTED_PAGE_FAULT	= 9,
	AXVCPU_EXIT_HALT		= 10,
	AXVCPU_EXIT_CPU_UP		= 11,
	AXVCPU_EXIT_CPU_DOWN		= 12,
	AXVCPU_EXIT_SYSTEM_DOWN		= 13,
	AXVCPU_EXIT_FAIL_ENTRY		= 14,
	AXVCPU_EXIT_SEND_IPI		= 15,
	AXVCPU_EXIT_IRQ_WINDOW		= 16,
	AXVCPU_EXIT_STOPPED		= 17,
	AXVCPU_EXIT_DEBUG		= 18,
	AXVCPU_EXIT_EXCEPTION		= 19,
	AXVCPU_EXIT_SHUTDOWN		= 20,
	AXVCPU_EXIT_INTERNAL_ERROR	= 21,
	AXVCPU_EXIT_NR			= 22,
};

/* struct axvcpu_exit.intr_state */
#define AXVCPU_INTR_ENABLED	(1u << 0)	/* guest has interrupts on */
#define AXVCPU_INTR_SHADOW	(1u << 1)	/* one instruction of grace (sti, mov ss) */
#define AXVCPU_INTR_WINDOW	(1u << 2)	/* an interrupt would be taken at once */
#define AXVCPU_INTR_PENDING	(1u << 3)	/* an event is queued */
#define AXVCPU_INTR_NMI_MASKED	(1u << 4)	/* an NMI handler runs */

/* no register: the access goes to memory or flags too */
#define AXVCPU_REG_NONE		0xffffffffu

/* kinds, codes and causes in the exit union */
enum axvcpu_down_kind {
	AXVCPU_DOWN_POWEROFF	= 0,
	AXVCPU_DOWN_RESET	= 1,
	AXVCPU_DOWN_CRASH	= 2,
};

enum axvcpu_stopped_cause {
	AXVCPU_STOPPED_KICK	= 0,	/* the stop word */
	AXVCPU_STOPPED_VM	= 1,	/* AXVCPU_VM_STOP; reason is set */
};

enum axvcpu_debug_kind {
	AXVCPU_DEBUG_STEP	= 0,
	AXVCPU_DEBUG_HW_BP	= 1,
	AXVCPU_DEBUG_SW_BP	= 2,
};

enum axvcpu_fail_code {
	AXVCPU_FAIL_UNKNOWN	= 0,
	/* the hardware found the guest state inconsistent */
	AXVCPU_FAIL_GUEST_STATE	= 1,
	/* the hardware found the controls inconsistent */
	AXVCPU_FAIL_CONTROLS	= 2,
	/* virtualization was taken away while entering */
	AXVCPU_FAIL_NOT_ENABLED	= 3,
	/* the hardware found the host's own state inconsistent */
	AXVCPU_FAIL_HOST_STATE	= 4,
	/* a machine check came while entering */
	AXVCPU_FAIL_MACHINE_CHECK = 5,
};

enum axvcpu_internal_error {
	/* an access to a device by an instruction that is not decoded */
	AXVCPU_ERROR_DECODE	= 1,
	/* the instruction bytes could not be read */
	AXVCPU_ERROR_FETCH	= 2,
	/* the access straddles memory and device, or two pages */
	AXVCPU_ERROR_STRADDLE	= 3,
	/* delivering an event touched a device */
	AXVCPU_ERROR_DELIVERY	= 4,
	/* the hardware gave an exit that was not asked for; raw[] has it */
	AXVCPU_ERROR_UNEXPECTED	= 5,
};

/* struct axvcpu_exit.npf.flags */
/* mapped, but the process's memory could not give it (unmapped, poisoned) */
#define AXVCPU_NPF_BACKING	(1u << 0)
/* mapped, but not with this right */
#define AXVCPU_NPF_PROT		(1u << 1)
/* the access was made by the guest's own page walk */
#define AXVCPU_NPF_WALK		(1u << 2)

/* struct axvcpu_exit.io.flags and .mmio.flags */
/* a string instruction: count elements, their data at AXVCPU_RUN_DATA */
#define AXVCPU_IO_STRING	(1u << 0)

/* struct axvcpu_exit.ipi.flags */
#define AXVCPU_IPI_ALL		(1u << 0)
#define AXVCPU_IPI_SELF		(1u << 1)

/**
 * struct axvcpu_exit - exit half of the run page, written before RUN returns
 * @reason: enum axvcpu_exit_reason
 * @commands: bit n set: entry command n (enum axvcpu_command) is allowed
 * @pc: guest address of the exiting instruction (x86: RIP, without CS base)
 * @insn_len: bytes of that instruction, 0: not known
 * @insn_nr: valid bytes in @insn
 * @insn: the instruction's first bytes, where they were read
 * @reserved0: zero
 * @intr_state: AXVCPU_INTR_*
 * @raw: hardware words. SVM: EXITCODE, EXITINFO1, EXITINFO2, EXITINTINFO. VMX: exit
 *	reason, qualification, interruption information (of EPT violations the guest
 *	physical address), IDT-vectoring information
 * @cached: AXVCPU_REGS_* groups of the page that hold the present state
 * @reserved1: zero
 * @reserved2: zero
 * @hypercall: HYPERCALL: number and arguments (x86: rax; rdi rsi rdx rcx r8 r9)
 * @mmio: MMIO_READ, MMIO_WRITE. @mmio.data: the value written, zero-extended.
 *	@mmio.width: bytes of the access, 1, 2, 4, 8. A read's result goes to
 *	register @mmio.reg (or AXVCPU_REG_NONE) of @mmio.reg_width bytes,
 *	sign-extended where @mmio.sign_extend; FULFIL does all of that.
 * @sysreg: SYSREG_READ, SYSREG_WRITE: @sysreg.addr: MSR number, CSR number or
 *	system register encoding; @sysreg.reg: register read into
 * @io: IO_READ, IO_WRITE: @io.width: 1, 2, 4; @io.count elements (1 without
 *	AXVCPU_IO_STRING), @io.data: the value written
 * @intr: EXTERNAL_INTERRUPT: @intr.vector where the hardware tells, else 0
 * @npf: NESTED_PAGE_FAULT: @npf.access: AXVCPU_PROT_*, @npf.flags: AXVCPU_NPF_*
 * @cpu_up: CPU_UP: start @cpu_up.target at @cpu_up.entry
 * @cpu_down: CPU_DOWN: @cpu_down.state as the guest gave it
 * @system_down: SYSTEM_DOWN: enum axvcpu_down_kind, and the guest's word
 * @fail_entry: FAIL_ENTRY: enum axvcpu_fail_code and the hardware's reason; x86:
 *	@fail_entry.check, enum axvcpu_x86_check, says what is wrong with
 *	@fail_entry.field, enum axvcpu_x86_field, where that was found; else both are 0
 * @ipi: SEND_IPI
 * @stopped: STOPPED: enum axvcpu_stopped_cause, reason of AXVCPU_VM_STOP
 * @debug: DEBUG: enum axvcpu_debug_kind, @debug.dr6 as the guest would see it,
 *	@debug.addr: linear address of the instruction
 * @exception: EXCEPTION: @exception.has_error tells whether @error_code is
 *	valid, @exception.addr: faulting address (x86 #PF)
 * @internal: INTERNAL_ERROR: enum axvcpu_internal_error, and the gpa concerned
 * @words: the union as words
 */
struct axvcpu_exit {
	__u32 reason;
	__u32 commands;
	__aligned_u64 pc;
	__u8 insn_len;
	__u8 insn_nr;
	__u8 insn[16];
	__u16 reserved0;
	__u32 intr_state;
	__aligned_u64 raw[4];
	__u32 cached;
	__u32 reserved1;
	__aligned_u64 reserved2[2];
	union {
		struct {
			__aligned_u64 nr;
			__aligned_u64 args[6];
		} hypercall;
		struct {
			__aligned_u64 gpa;
			__aligned_u64 data;
			__u32 reg;
			__u8 width;
			__u8 reg_width;
			__u8 sign_extend;
			__u8 flags;
		} mmio;
		struct {
			__aligned_u64 addr;
			__aligned_u64 value;
			__u32 reg;
			__u32 reserved;
		} sysreg;
		struct {
			__u16 port;
			__u8 width;
			__u8 flags;
			__u32 count;
			__aligned_u64 data;
		} io;
		struct {
			__aligned_u64 vector;
		} intr;
		struct {
			__aligned_u64 gpa;
			__u32 access;
			__u32 flags;
		} npf;
		struct {
			__aligned_u64 target;
			__aligned_u64 entry;
			__aligned_u64 arg;
		} cpu_up;
		struct {
			__aligned_u64 state;
		} cpu_down;
		struct {
			__u32 kind;
			__u32 reserved;
			__aligned_u64 detail;
		} system_down;
		struct {
			__aligned_u64 hardware_reason;
			__u32 code;
			__u16 check;
			__u16 field;
		} fail_entry;
		struct {
			__aligned_u64 target;
			__aligned_u64 target_aux;
			__u32 flags;
			__u32 vector;
		} ipi;
		struct {
			__u32 cause;
			__u32 reason;
		} stopped;
		struct {
			__u32 kind;
			__u32 reserved;
			__aligned_u64 dr6;
			__aligned_u64 addr;
		} debug;
		struct {
			__u32 vector;
			__u32 has_error;
			__u32 error_code;
			__u32 reserved;
			__aligned_u64 addr;
		} exception;
		struct {
			__u32 what;
			__u32 reserved;
			__aligned_u64 gpa;
		} internal;
		__aligned_u64 words[20];
	};
};

AXVCPU_STATIC_ASSERT(sizeof(struct axvcpu_exit) == 0x100);
AXVCPU_STATIC_ASSERT(__builtin_offsetof(struct axvcpu_exit, words) == 0x60);

enum axvcpu_command {
	/* no exit is pending, or it needs no decision */
	AXVCPU_CMD_NONE		= 0,
	/* do the access with the data given, go on after the instruction */
	AXVCPU_CMD_FULFIL	= 1,
	/* go on after the instruction, nothing of it done */
	AXVCPU_CMD_SKIP		= 2,
	/* execute the instruction again */
	AXVCPU_CMD_RETRY	= 3,
	/* give the guest the architecture's fault at the instruction (x86:
	 * #GP(0), HYPERCALL #UD, DEBUG and EXCEPTION the event they report)
	 */
	AXVCPU_CMD_FAULT	= 4,
};

/* struct axvcpu_entry.flags */
/* exit with IRQ_WINDOW as soon as an interrupt would be taken */
#define AXVCPU_ENTRY_IRQ_WINDOW		(1u << 0)
/* HALT exits instead of waiting in the kernel */
#define AXVCPU_ENTRY_EXIT_ON_HALT	(1u << 1)

/**
 * struct axvcpu_entry - entry half, read once by RUN
 * @command: enum axvcpu_command for the pending exit; EINVAL and no change
 *	when exit.commands does not allow it. Set to NONE when RUN took it
 * @flags: AXVCPU_ENTRY_*
 * @data: with FULFIL: the value read, or the hypercall's result
 * @wanted: AXVCPU_REGS_* to be in the page after the exit
 * @commit: AXVCPU_REGS_* to take from the page before anything else; all or,
 *	with EINVAL, nothing. Set to 0 when RUN took it
 * @reserved: zero
 */
struct axvcpu_entry {
	__u32 command;
	__u32 flags;
	__aligned_u64 data;
	__u32 wanted;
	__u32 commit;
	__aligned_u64 reserved[5];
};

AXVCPU_STATIC_ASSERT(sizeof(struct axvcpu_entry) == 0x40);

/**
 * struct axvcpu_counters - counters of the run page, kept by the kernel
 * @entries: guest entries
 * @exits: exits by enum axvcpu_exit_reason; [NOTHING]: served in the kernel.
 *	RUN writes this one and that of the reason it gives
 * @guest_ns: nanoseconds of guest execution
 * @injected: events delivered to the guest
 * @s2_faults: stage-2 faults filled in
 * @blocked: times the vCPU waited in the kernel
 * @reserved: zero
 */
struct axvcpu_counters {
	__aligned_u64 entries;
	__aligned_u64 guest_ns;
	__aligned_u64 injected;
	__aligned_u64 s2_faults;
	__aligned_u64 blocked;
	__aligned_u64 reserved[3];
	__aligned_u64 exits[32];
};

AXVCPU_STATIC_ASSERT(sizeof(struct axvcpu_counters) == 0x140);

#define AXVCPU_RUN_REGS		0x400
#define AXVCPU_RUN_DATA		0xc00
#define AXVCPU_RUN_DATA_SIZE	0x400

/**
 * struct axvcpu_run - the run page, at offset 0 of a vCPU fd's mapping
 * @exit: what happened
 * @entry: what to do
 * @stop: stops asked for and not yet taken. KICK adds one; any thread may add
 *	atomically itself. RUN takes one off for each STOPPED exit it gives.
 * @reserved0: zero
 * @counters: statistics
 * @reserved1: zero
 * @regs: register groups but for FP, which is at fp_offset
 * @regs.x86: struct axvcpu_x86_regs
 * @regs.riscv: struct axvcpu_riscv_regs
 * @regs.arm64: struct axvcpu_arm64_regs
 * @data: elements of string port I/O
 */
struct axvcpu_run {
	struct axvcpu_exit exit;
	struct axvcpu_entry entry;
	__u32 stop;
	__u32 reserved0[15];
	struct axvcpu_counters counters;
	__aligned_u64 reserved1[40];
	union {
#if defined(__x86_64__) || defined(__i386__)
		struct axvcpu_x86_regs x86;
#elif defined(__riscv)
		struct axvcpu_riscv_regs riscv;
#elif defined(__aarch64__)
		struct axvcpu_arm64_regs arm64;
#endif
		__u8 bytes[AXVCPU_RUN_DATA - AXVCPU_RUN_REGS];
	} regs;
	__u8 data[AXVCPU_RUN_DATA_SIZE];
};

AXVCPU_STATIC_ASSERT(__builtin_offsetof(struct axvcpu_run, entry) == 0x100);
AXVCPU_STATIC_ASSERT(__builtin_offsetof(struct axvcpu_run, stop) == 0x140);
AXVCPU_STATIC_ASSERT(__builtin_offsetof(struct axvcpu_run, counters) == 0x180);
AXVCPU_STATIC_ASSERT(__builtin_offsetof(struct axvcpu_run, regs) == AXVCPU_RUN_REGS);
AXVCPU_STATIC_ASSERT(__builtin_offsetof(struct axvcpu_run, data) == AXVCPU_RUN_DATA);
AXVCPU_STATIC_ASSERT(sizeof(struct axvcpu_run) == 0x1000);

#endif /* _UAPI_LINUX_AXVCPU_H */
