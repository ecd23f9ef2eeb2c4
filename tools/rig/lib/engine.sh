# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The engines: emulators whose processors stand for hardware.  A line for each
# backend that an engine can give.

# kernels: those that boot there.  smp: the most processors, 0 for any number; before
# it, where that is less, how many a program has that does not ask.
# mem: MiB when nobody asks for another size.
# slow: time-outs are multiplied by it, and by the kernel's; of the programs only
# those that the job names are put inside.  does: "shell" when a person can have a
# prompt, "icount" when --icount means something.
#
# engine  backend  functions      kernels                        smp  mem   slow  does          what it gives
RIG_ENGINES='
qemu      svm      qemu_x86       6.1,6.12,7.2,debug             0    1024  1     shell,icount  SVM with nested paging, without next-RIP; lenient
bochs     svm      bochs_ryzen    6.1                            1    512   6     -             SVM with nested paging and next-RIP; strict, slow
bochs     vmx      bochs_skylake  6.1,6.12,7.2                   1-2  512   6     -             VMX with EPT, VPID and unrestricted guest
qemu      vhe      qemu_arm64     6.1,6.12,7.2,6.12-16k,debug    0    1024  1     shell,icount  EL2 with VHE
qemu      nvhe     qemu_arm64     6.1,6.12,7.2,debug             0    1024  1     shell,icount  EL2 without VHE
qemu      riscv    qemu_riscv64   6.12,7.2,debug                 0    1024  1     shell,icount  the H extension
'

# Machines: what else the board or the processor has or lacks, the usual one first.
# An engine without any here has one machine.
#
# engine  backend  machine  what it is
RIG_MACHINES='
qemu      vhe      virt     Neoverse N1, GICv3, KVM initialised as every kernel does it there
qemu      vhe      nokvm    the same with kvm-arm.mode=none: no KVM, its timer interrupts are free
qemu      vhe      max      all that QEMU can give a processor: SVE, SME, PAuth, LPA2, MTE
qemu      vhe      gicv2    as virt with a GICv2
qemu      nvhe     virt     Cortex-A57, GICv3, kvm-arm.mode=none
qemu      nvhe     gicv2    the same with a GICv2
qemu      nvhe     n1       Neoverse N1 whose VHE is not used (id_aa64mmfr1.vh=0)
qemu      nvhe     max      all that QEMU can give, but VHE is not used: SVE, SME, PAuth, MTE
qemu      nvhe     kvm      as virt without kvm-arm.mode=none: KVM has EL2 from 6.12 on
qemu      nvhe     late     the same with kvm.enable_virt_at_load=0: KVM takes EL2 with its first VM
qemu      nvhe     pkvm     as n1 with kvm-arm.mode=protected: KVM has EL2
qemu      nvhe     noel2    a machine without EL2
qemu      riscv    virt     rv64 with H, V and Sstc, a PLIC
qemu      riscv    aia      the same with APLIC and IMSIC, three guest interrupt files
qemu      riscv    nosstc   without Sstc
qemu      riscv    nov      without V
qemu      riscv    qemu7    as virt in QEMU 7.2: htinst is 0, no V
'

RIG_SLOW=1
RIG_MEM_GIVEN=

engine_names() { awk 'NF && !seen[$1]++ { printf "%s%s", sep, $1; sep = " " }' <<<"$RIG_ENGINES"; }
engine_field() { awk -v e="$OPT_ENGINE" -v b="$OPT_BACKEND" -v f="$1" '$1 == e && $2 == b { print $f }' <<<"$RIG_ENGINES"; }
engine_backends() { awk -v e="$OPT_ENGINE" '$1 == e { printf "%s%s", sep, $2; sep = " " }' <<<"$RIG_ENGINES"; }
engine_what() { awk -v e="$OPT_ENGINE" -v b="$OPT_BACKEND" '$1 == e && $2 == b { for (i = 9; i < NF; i++) printf "%s ", $i; print $NF }' <<<"$RIG_ENGINES"; }
engine_kernels() { engine_field 4 | tr , ' '; }
engine_does() { [[ ,$(engine_field 8), = *",$1,"* ]]; }

machine_names()
{
	awk -v e="${OPT_ENGINE:-$(backend_engine "$OPT_BACKEND")}" -v b="$OPT_BACKEND" \
		'$1 == e && $2 == b { printf "%s%s", sep, $3; sep = " " }' <<<"$RIG_MACHINES"
}
machine_usual() { machine_names | cut -d' ' -f1; }
machine_exists() { [[ " $(machine_names) " = *" $1 "* ]]; }

# engine_call FUNCTION [ARGS]: a function of the chosen engine, see qemu.sh; where it has
# none of its own, that of all of its kind.
engine_call()
{
	local name
	name=$(engine_field 3)
	[[ $(type -t "${name}_$1") = function ]] || name=${name%%_*}
	"${name}_$1" "${@:2}"
}

# engine_require [KERNEL...]: go on only with a backend, an engine, kernels and
# a machine that go together.
engine_require()
{
	local kernel
	backend_require "$OPT_BACKEND"
	[[ -n $OPT_ENGINE ]] || OPT_ENGINE=$(backend_engine "$OPT_BACKEND")
	[[ -n $(engine_backends) ]] ||
		usage_error "no engine '$OPT_ENGINE'; there are: $(engine_names)"
	[[ -n $(engine_field 1) ]] ||
		usage_error "the engine '$OPT_ENGINE' has no backend '$OPT_BACKEND'; it has: $(engine_backends)"
	[[ -n $OPT_KERNEL ]] || OPT_KERNEL=$(engine_kernels | cut -d' ' -f1)
	if [[ -z $OPT_MACHINE ]]; then
		OPT_MACHINE=$(machine_usual)
	else
		machine_exists "$OPT_MACHINE" ||
			usage_error "no machine '$OPT_MACHINE' for the backend '$OPT_BACKEND' in the engine '$OPT_ENGINE'; there are: $(machine_names | grep . || echo none)"
	fi
	for kernel in "$@"; do
		[[ -z $kernel || " $(engine_kernels) " = *" $kernel "* ]] ||
			usage_error "the kernel $kernel does not boot in the engine '$OPT_ENGINE' with backend '$OPT_BACKEND'; these do: $(engine_kernels)"
	done
	engine_smp_fits "$RIG_SMP" ||
		usage_error "the engine '$OPT_ENGINE' has no $RIG_SMP processors with backend '$OPT_BACKEND'; at most: $(engine_smp_most)"
	[[ -z $RIG_ICOUNT ]] || engine_does icount ||
		usage_error "the engine '$OPT_ENGINE' has no --icount; its time is counted in instructions anyway"
	RIG_MEM_GIVEN=$RIG_MEM
	: "${RIG_MEM:=$(engine_field 6)}"
	RIG_SLOW=$(engine_field 7)
}

# engine_kernel NAME: what a machine with this kernel wants more.
engine_kernel()
{
	RIG_SLOW=$(($(engine_field 7) * $(kernel_slow "$1")))
	[[ -n $RIG_MEM_GIVEN ]] || RIG_MEM=$(($(engine_field 6) + $(kernel_mem "$1")))
}

engine_smp_most() { engine_field 5 | sed 's/.*-//'; }
engine_smp_usual() { engine_field 5 | sed -n 's/-.*//p'; }
engine_smp_fits() { [[ $(engine_smp_most) -eq 0 || $1 -le $(engine_smp_most) ]]; }

# The engine and the machine in the name of a log, when they are not those to be
# expected.
engine_tag()
{
	printf '%s' "$OPT_BACKEND"
	[[ $OPT_ENGINE = "$(backend_engine "$OPT_BACKEND")" ]] || printf '%s' "-$OPT_ENGINE"
	[[ $OPT_MACHINE = "$(machine_usual)" ]] || printf '%s' "-$OPT_MACHINE"
}

# engine_limit GIVEN USUAL: a time-out in seconds; what a person gave holds.
engine_limit() { echo "${1:-$(($2 * RIG_SLOW))}"; }
