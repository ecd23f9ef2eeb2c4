# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# QEMU's arm64 machine, whose processors start at EL2: with VHE the kernel stays there,
# without (nvhe) it leaves a stub.  RIG_MACHINES of engine.sh has the variants by name.
#
# Version 10 or later: earlier ones have no interrupt for EL2's virtual timer.

qemu_arm64_command() { qemu_command qemu-system-aarch64 qemu-arm64 "$QEMU_MIN"; }
qemu_arm64_prepare() { qemu_prepare qemu_arm64_command qemu-system-arm "$(qemu_suite)" qemu-arm64; }

# Two serial ports, both PL011: the second is there when it is asked for.  KVM is in the
# kernel and takes what it can get at boot: without VHE that is EL2.
qemu_arm64_start()
{
	local image=$1 initramfs=$2 append=$3 log=$4 machine=virt gic=3 cpu=neoverse-n1 mode=none exact=()
	shift 4
	case $OPT_BACKEND-$OPT_MACHINE in
	nvhe-n1|nvhe-max) append="id_aa64mmfr1.vh=0 $append" ;;
	nvhe-pkvm)	mode=protected ;;
	nvhe-*)		cpu=cortex-a57 ;;&
	nvhe-kvm)	mode= ;;
	nvhe-late)	mode=; append="kvm.enable_virt_at_load=0 $append" ;;
	nvhe-*)		[[ -z $OPT_KVM ]] || mode= ;;
	vhe-nokvm)	;;
	vhe-*)		mode= ;;
	esac
	[[ -z $mode ]] || append="kvm-arm.mode=$mode $append"
	[[ $OPT_MACHINE != max ]] || cpu=max,pauth-impdef=on
	[[ $OPT_MACHINE != gicv2 ]] || gic=2
	[[ $OPT_MACHINE = noel2 ]] || machine+=,virtualization=on
	machine+=,gic-version=$gic
	# The kernel makes use of random numbers from the device tree, and of the time.  (It
	# must have the former: without, each system call begins with a search for some.)  The
	# counter, its clock and that of its programs, counts instructions one by one.
	if [[ -n $RIG_ICOUNT ]]; then
		exact=(-rtc 'base=2026-01-01T00:00:00,clock=vm' -seed 1)
		append="nokaslr $append"
		cpu+=,cntfrq=1000000000
	fi
	qemu_arm64_command
	qemu_exec ttyAMA0 "$image" "$initramfs" "earlycon RIG_PORT=ttyAMA1 $append" "$log" \
		-machine "$machine" "${exact[@]}" -cpu "$cpu" -smp "$RIG_SMP" \
		-serial chardev:klog -serial chardev:job "$@"
}
