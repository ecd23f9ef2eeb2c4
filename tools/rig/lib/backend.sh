# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The five backends, and the engine that stands for the hardware of each unless
# another is asked for.

# name    engine         arch     built  what it is
RIG_BACKENDS='
svm       qemu           amd64    yes    AMD SVM with nested paging
vmx       bochs          amd64    yes    Intel VMX with EPT
vhe       qemu           arm64    yes    arm64 with VHE
nvhe      qemu           arm64    yes    arm64 without VHE
riscv     qemu           riscv64  yes    RISC-V with the H extension
'

backend_names() { awk 'NF { printf "%s%s", sep, $1; sep = " " }' <<<"$RIG_BACKENDS"; }
backend_field() { awk -v b="$1" -v f="$2" '$1 == b { print $f }' <<<"$RIG_BACKENDS"; }
backend_engine() { backend_field "$1" 2; }
backend_what() { awk -v b="$1" '$1 == b { for (i = 5; i < NF; i++) printf "%s ", $i; print $NF }' <<<"$RIG_BACKENDS"; }

# backend_require NAME: go on only with a backend that can be run.
backend_require()
{
	case $(backend_field "$1" 4) in
	yes)	;;
	no)	die "the backend '$1' ($(backend_what "$1")) is not built yet; built: $(backends_built)" ;;
	*)	usage_error "no backend '$1'; there are: $(backend_names)" ;;
	esac
}

# The architecture, by the name that Debian has for it, and what goes with it.  A
# backend that does not exist is amd64's until somebody finds out.
rig_arch() { backend_field "${OPT_BACKEND:-svm}" 3 | grep . || echo amd64; }
rig_native() { [[ $(rig_arch) = amd64 ]]; }
rig_triplet()
{
	case $(rig_arch) in
	amd64)	echo x86-64-linux-gnu ;;
	arm64)	echo aarch64-linux-gnu ;;
	riscv64) echo riscv64-linux-gnu ;;
	esac
}
# The compiler's prefix, none for amd64, and the kernel's name.
rig_cross() { rig_native || printf '%s-' "$(rig_triplet)"; }
rig_karch()
{
	case $(rig_arch) in
	amd64)	echo x86 ;;
	riscv64) echo riscv ;;
	*)	rig_arch ;;
	esac
}

backends_built() { awk '$4 == "yes" { printf "%s%s", sep, $1; sep = " " }' <<<"$RIG_BACKENDS"; }
