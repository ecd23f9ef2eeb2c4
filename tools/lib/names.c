// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* libaxvcpu: numbers of the interface in words. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "libaxvcpu.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

static const char *const exit_names[] = {
	[AXVCPU_EXIT_NOTHING]		 = "NOTHING",
	[AXVCPU_EXIT_HYPERCALL]		 = "HYPERCALL",
	[AXVCPU_EXIT_MMIO_READ]		 = "MMIO_READ",
	[AXVCPU_EXIT_MMIO_WRITE]	 = "MMIO_WRITE",
	[AXVCPU_EXIT_SYSREG_READ]	 = "SYSREG_READ",
	[AXVCPU_EXIT_SYSREG_WRITE]	 = "SYSREG_WRITE",
	[AXVCPU_EXIT_IO_READ]		 = "IO_READ",
	[AXVCPU_EXIT_IO_WRITE]		 = "IO_WRITE",
	[AXVCPU_EXIT_EXTERNAL_INTERRUPT] = "EXTERNAL_INTERRUPT",
	[AXVCPU_EXIT_NESTED_PAGE_FAULT]	 = "NESTED_PAGE_FAULT",
	[AXVCPU_EXIT_HALT]		 = "HALT",
	[AXVCPU_EXIT_CPU_UP]		 = "CPU_UP",
	[AXVCPU_EXIT_CPU_DOWN]		 = "CPU_DOWN",
	[AXVCPU_EXIT_SYSTEM_DOWN]	 = "SYSTEM_DOWN",
	[AXVCPU_EXIT_FAIL_ENTRY]	 = "FAIL_ENTRY",
	[AXVCPU_EXIT_SEND_IPI]		 = "SEND_IPI",
	[AXVCPU_EXIT_IRQ_WINDOW]	 = "IRQ_WINDOW",
	[AXVCPU_EXIT_STOPPED]		 = "STOPPED",
	[AXVCPU_EXIT_DEBUG]		 = "DEBUG",
	[AXVCPU_EXIT_EXCEPTION]		 = "EXCEPTION",
	[AXVCPU_EXIT_SHUTDOWN]		 = "SHUTDOWN",
	[AXVCPU_EXIT_INTERNAL_ERROR]	 = "INTERNAL_ERROR",
};

_Static_assert(ARRAY_SIZE(exit_names) == AXVCPU_EXIT_NR,
	       "an exit reason has no name");

static const char *const command_names[] = {
	[AXVCPU_CMD_NONE]   = "NONE",
	[AXVCPU_CMD_FULFIL] = "FULFIL",
	[AXVCPU_CMD_SKIP]   = "SKIP",
	[AXVCPU_CMD_RETRY]  = "RETRY",
	[AXVCPU_CMD_FAULT]  = "FAULT",
};

static const char *const state_names[] = {
	[AXVCPU_STATE_INVALID] = "INVALID",
	[AXVCPU_STATE_CREATED] = "CREATED",
	[AXVCPU_STATE_FREE]    = "FREE",
	[AXVCPU_STATE_READY]   = "READY",
	[AXVCPU_STATE_RUNNING] = "RUNNING",
	[AXVCPU_STATE_BLOCKED] = "BLOCKED",
};

static const char *const fail_names[] = {
	[AXVCPU_FAIL_UNKNOWN]	  = "unknown reason",
	[AXVCPU_FAIL_GUEST_STATE] = "guest state is inconsistent",
	[AXVCPU_FAIL_CONTROLS]	  = "controls are inconsistent",
	[AXVCPU_FAIL_NOT_ENABLED] = "virtualization was taken away",
	[AXVCPU_FAIL_HOST_STATE]  = "host state is inconsistent",
	[AXVCPU_FAIL_MACHINE_CHECK] = "a machine check came",
};

#ifdef __x86_64__
static const char *const x86_check_names[AXVCPU_X86_CHECK_NR] = {
	[AXVCPU_X86_CHECK_RESERVED]    = "a reserved bit",
	[AXVCPU_X86_CHECK_COMBINATION] = "bits that do not go together",
	[AXVCPU_X86_CHECK_TYPE]	       = "type",
	[AXVCPU_X86_CHECK_DPL]	       = "privilege level",
	[AXVCPU_X86_CHECK_SYSTEM]      = "system segment or not",
	[AXVCPU_X86_CHECK_LIMIT]       = "limit",
	[AXVCPU_X86_CHECK_BASE]	       = "base",
	[AXVCPU_X86_CHECK_SELECTOR]    = "selector",
	[AXVCPU_X86_CHECK_V86]	       = "attributes in virtual-8086 mode",
};

static const char *const x86_field_names[AXVCPU_X86_FIELD_NR] = {
	[AXVCPU_X86_FIELD_CR0]	  = "CR0",
	[AXVCPU_X86_FIELD_CR3]	  = "CR3",
	[AXVCPU_X86_FIELD_CR4]	  = "CR4",
	[AXVCPU_X86_FIELD_EFER]	  = "EFER",
	[AXVCPU_X86_FIELD_PAT]	  = "PAT",
	[AXVCPU_X86_FIELD_RIP]	  = "RIP",
	[AXVCPU_X86_FIELD_RFLAGS] = "RFLAGS",
	[AXVCPU_X86_FIELD_SHADOW] = "interrupt shadow",
	[AXVCPU_X86_FIELD_EVENT]  = "event",
	[AXVCPU_X86_FIELD_PDPTE]  = "PDPTE",
	[AXVCPU_X86_FIELD_ES]	  = "ES",
	[AXVCPU_X86_FIELD_CS]	  = "CS",
	[AXVCPU_X86_FIELD_SS]	  = "SS",
	[AXVCPU_X86_FIELD_DS]	  = "DS",
	[AXVCPU_X86_FIELD_FS]	  = "FS",
	[AXVCPU_X86_FIELD_GS]	  = "GS",
	[AXVCPU_X86_FIELD_LDTR]	  = "LDTR",
	[AXVCPU_X86_FIELD_TR]	  = "TR",
};

/* VM-instruction errors: SDM, volume 3, "VM Instruction Error Numbers" */
static const char *const vmx_error_names[] = {
	[1]  = "VMCALL executed in VMX root operation",
	[2]  = "VMCLEAR with an invalid address",
	[3]  = "VMCLEAR with the VMXON region",
	[4]  = "VMLAUNCH with a VMCS that is not clear",
	[5]  = "VMRESUME with a VMCS that was not launched",
	[6]  = "VMRESUME after VMXOFF",
	[7]  = "entry with invalid control fields",
	[8]  = "entry with invalid host-state fields",
	[9]  = "VMPTRLD with an invalid address",
	[10] = "VMPTRLD with the VMXON region",
	[11] = "VMPTRLD with another revision identifier",
	[12] = "VMREAD or VMWRITE of a field that there is not",
	[13] = "VMWRITE of a read-only field",
	[15] = "VMXON executed in VMX root operation",
	[16] = "entry with an invalid executive-VMCS pointer",
	[17] = "entry with an executive VMCS that was not launched",
	[18] = "entry with an executive-VMCS pointer that is not the VMXON pointer",
	[19] = "VMCALL with a VMCS that is not clear",
	[20] = "VMCALL with invalid exit-control fields",
	[22] = "VMCALL with an incorrect MSEG revision identifier",
	[23] = "VMXOFF under dual-monitor treatment",
	[24] = "VMCALL with invalid SMM-monitor features",
	[25] = "entry with invalid execution controls in the executive VMCS",
	[26] = "entry with events blocked by MOV SS",
	[28] = "INVEPT or INVVPID with an invalid operand",
};

#define VMX_ENTRY_FAILED	(1ull << 31)	/* with the exit reasons below */
#define VMX_GUEST_STATE		33
#define VMX_MSR_LOADING		34
#define VMX_MACHINE_CHECK	41
#define SVM_INVALID		(~0ull)
#else
/* what the processor refuses is told on x86 only */
static const char *const x86_check_names[1], *const x86_field_names[1];
#endif

static const char *const internal_names[] = {
	[AXVCPU_ERROR_DECODE]	  = "instruction on a device is not decoded",
	[AXVCPU_ERROR_FETCH]	  = "instruction could not be read",
	[AXVCPU_ERROR_STRADDLE]	  = "access straddles memory and device",
	[AXVCPU_ERROR_DELIVERY]	  = "event delivery touched a device",
	[AXVCPU_ERROR_UNEXPECTED] = "unexpected hardware exit",
};

static const char *const why_names[] = {
	[AXVCPU_WHY_USABLE]	 = "usable",
	[AXVCPU_WHY_NO_HARDWARE] = "no hardware",
	[AXVCPU_WHY_FIRMWARE]	 = "disabled by firmware",
	[AXVCPU_WHY_NO_STAGE2]	 = "no nested paging",
	[AXVCPU_WHY_HELD]	 = "held",
};

static const char *name_of(const char *const *names, size_t nr, uint32_t i)
{
	return i < nr && names[i] ? names[i] : "?";
}

const char *axv_exit_name(uint32_t reason)
{
	return name_of(exit_names, ARRAY_SIZE(exit_names), reason);
}

const char *axv_command_name(uint32_t command)
{
	return name_of(command_names, ARRAY_SIZE(command_names), command);
}

const char *axv_state_name(uint32_t state)
{
	return name_of(state_names, ARRAY_SIZE(state_names), state);
}

const char *axv_x86_check_name(uint32_t check)
{
	return check < ARRAY_SIZE(x86_check_names) && x86_check_names[check] ?
	       x86_check_names[check] : "";
}

const char *axv_x86_field_name(uint32_t field)
{
	return field < ARRAY_SIZE(x86_field_names) && x86_field_names[field] ?
	       x86_field_names[field] : "";
}

const char *axv_x86_refusal_name(uint64_t reason)
{
#ifdef __x86_64__
	switch (reason) {
	case VMX_ENTRY_FAILED | VMX_GUEST_STATE:
		return "entry with invalid guest state";
	case VMX_ENTRY_FAILED | VMX_MSR_LOADING:
		return "entry failed at MSR loading";
	case VMX_ENTRY_FAILED | VMX_MACHINE_CHECK:
		return "entry failed by a machine check";
	case SVM_INVALID:
		return "VMEXIT_INVALID";
	}
	if (reason < ARRAY_SIZE(vmx_error_names) && vmx_error_names[reason])
		return vmx_error_names[reason];
#else
	(void)reason;
#endif
	return "";
}

const char *axv_fail_name(uint32_t code)
{
	return name_of(fail_names, ARRAY_SIZE(fail_names), code);
}

const char *axv_internal_name(uint32_t what)
{
	return name_of(internal_names, ARRAY_SIZE(internal_names), what);
}

const char *axv_why_name(uint32_t why)
{
	return name_of(why_names, ARRAY_SIZE(why_names), why);
}

static void format_details(const struct axvcpu_exit *e, char *buf, size_t len)
{
	const char *hardware;

	switch (e->reason) {
	case AXVCPU_EXIT_HYPERCALL:
		snprintf(buf, len, " nr=%#" PRIx64 " args=%#" PRIx64
			 ",%#" PRIx64 ",%#" PRIx64,
			 (uint64_t)e->hypercall.nr,
			 (uint64_t)e->hypercall.args[0],
			 (uint64_t)e->hypercall.args[1],
			 (uint64_t)e->hypercall.args[2]);
		break;
	case AXVCPU_EXIT_MMIO_READ:
		snprintf(buf, len, " gpa=%#" PRIx64 " width=%u reg=%d/%u%s",
			 (uint64_t)e->mmio.gpa, e->mmio.width,
			 (int)e->mmio.reg, e->mmio.reg_width,
			 e->mmio.sign_extend ? " signed" : "");
		break;
	case AXVCPU_EXIT_MMIO_WRITE:
		snprintf(buf, len, " gpa=%#" PRIx64 " width=%u data=%#" PRIx64,
			 (uint64_t)e->mmio.gpa, e->mmio.width,
			 (uint64_t)e->mmio.data);
		break;
	case AXVCPU_EXIT_SYSREG_READ:
		snprintf(buf, len, " addr=%#" PRIx64,
			 (uint64_t)e->sysreg.addr);
		break;
	case AXVCPU_EXIT_SYSREG_WRITE:
		snprintf(buf, len, " addr=%#" PRIx64 " value=%#" PRIx64,
			 (uint64_t)e->sysreg.addr,
			 (uint64_t)e->sysreg.value);
		break;
	case AXVCPU_EXIT_IO_READ:
		snprintf(buf, len, " port=%#x width=%u%s count=%u",
			 e->io.port, e->io.width,
			 e->io.flags & AXVCPU_IO_STRING ? " string" : "",
			 e->io.count);
		break;
	case AXVCPU_EXIT_IO_WRITE:
		snprintf(buf, len, " port=%#x width=%u%s count=%u data=%#" PRIx64,
			 e->io.port, e->io.width,
			 e->io.flags & AXVCPU_IO_STRING ? " string" : "",
			 e->io.count, (uint64_t)e->io.data);
		break;
	case AXVCPU_EXIT_EXTERNAL_INTERRUPT:
		snprintf(buf, len, " vector=%#" PRIx64,
			 (uint64_t)e->intr.vector);
		break;
	case AXVCPU_EXIT_NESTED_PAGE_FAULT:
		snprintf(buf, len, " gpa=%#" PRIx64 " access=%c%c%c%s%s%s",
			 (uint64_t)e->npf.gpa,
			 e->npf.access & AXVCPU_PROT_READ ? 'r' : '-',
			 e->npf.access & AXVCPU_PROT_WRITE ? 'w' : '-',
			 e->npf.access & AXVCPU_PROT_EXEC ? 'x' : '-',
			 e->npf.flags & AXVCPU_NPF_BACKING ? " backing" : "",
			 e->npf.flags & AXVCPU_NPF_PROT ? " prot" : "",
			 e->npf.flags & AXVCPU_NPF_WALK ? " walk" : "");
		break;
	case AXVCPU_EXIT_CPU_UP:
		snprintf(buf, len, " target=%#" PRIx64 " entry=%#" PRIx64,
			 (uint64_t)e->cpu_up.target,
			 (uint64_t)e->cpu_up.entry);
		break;
	case AXVCPU_EXIT_CPU_DOWN:
		snprintf(buf, len, " state=%#" PRIx64,
			 (uint64_t)e->cpu_down.state);
		break;
	case AXVCPU_EXIT_SYSTEM_DOWN:
		snprintf(buf, len, " kind=%u detail=%#" PRIx64,
			 e->system_down.kind,
			 (uint64_t)e->system_down.detail);
		break;
	case AXVCPU_EXIT_FAIL_ENTRY:
		/* there is none where the instruction was not even executed */
		hardware = e->fail_entry.code == AXVCPU_FAIL_NOT_ENABLED ? "" :
			   axv_x86_refusal_name(e->fail_entry.hardware_reason);
		snprintf(buf, len, " %s, hardware reason %#" PRIx64 "%s%s%s%s%s%s%s",
			 axv_fail_name(e->fail_entry.code),
			 (uint64_t)e->fail_entry.hardware_reason,
			 *hardware ? " (" : "", hardware, *hardware ? ")" : "",
			 e->fail_entry.check ? ", " : "", axv_x86_field_name(e->fail_entry.field),
			 e->fail_entry.check ? ": " : "", axv_x86_check_name(e->fail_entry.check));
		break;
	case AXVCPU_EXIT_SEND_IPI:
		snprintf(buf, len, " target=%#" PRIx64 " vector=%#x flags=%#x",
			 (uint64_t)e->ipi.target, e->ipi.vector,
			 e->ipi.flags);
		break;
	case AXVCPU_EXIT_STOPPED:
		snprintf(buf, len, " %s reason=%u",
			 e->stopped.cause == AXVCPU_STOPPED_KICK ?
			 "kick" : "vm", e->stopped.reason);
		break;
	case AXVCPU_EXIT_DEBUG:
		snprintf(buf, len, " kind=%u addr=%#" PRIx64 " dr6=%#" PRIx64,
			 e->debug.kind, (uint64_t)e->debug.addr,
			 (uint64_t)e->debug.dr6);
		break;
	case AXVCPU_EXIT_EXCEPTION:
		snprintf(buf, len, " vector=%u error=%#x addr=%#" PRIx64,
			 e->exception.vector, e->exception.error_code,
			 (uint64_t)e->exception.addr);
		break;
	case AXVCPU_EXIT_INTERNAL_ERROR:
		snprintf(buf, len, " %s, gpa=%#" PRIx64,
			 axv_internal_name(e->internal.what),
			 (uint64_t)e->internal.gpa);
		break;
	default:
		break;
	}
}

static void format_insn(const struct axvcpu_exit *e, char *buf, size_t len)
{
	size_t used = strlen(buf);
	unsigned int nr = e->insn_nr;

	if (nr > sizeof(e->insn))
		nr = sizeof(e->insn);
	for (unsigned int i = 0; i < nr && used + 10 < len; i++)
		used += snprintf(buf + used, len - used, "%s%02x",
				 i ? " " : " insn=", e->insn[i]);
}

char *axv_exit_str(const volatile struct axvcpu_exit *e, char *buf, size_t len)
{
	struct axvcpu_exit copy = *e;
	size_t used;
	int n;

	if (!len)
		return buf;

	n = snprintf(buf, len, "pc=%#" PRIx64 " %s", (uint64_t)copy.pc,
		     axv_exit_name(copy.reason));
	used = n < 0 ? 0 : (size_t)n;
	if (used < len)
		format_details(&copy, buf + used, len - used);
	if (copy.reason == AXVCPU_EXIT_INTERNAL_ERROR)
		format_insn(&copy, buf, len);
	return buf;
}
