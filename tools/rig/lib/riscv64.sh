# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# QEMU's RISC-V machine.  It is one board with parts to choose from, which
# RIG_MACHINES of engine.sh has by name.
#
# Version 10 or later: earlier ones do not get through a boot with an IMSIC, and
# leave htinst 0.  The machine "qemu7" is such an earlier one, of Debian 12.

qemu_riscv64_old() { [[ $OPT_MACHINE = qemu7 ]]; }

qemu_riscv64_command()
{
	if qemu_riscv64_old; then
		qemu_command qemu-system-riscv64 qemu7-riscv64 7 7
	else
		qemu_command qemu-system-riscv64 qemu-riscv64 "$QEMU_MIN"
	fi
}

qemu_riscv64_prepare()
{
	if qemu_riscv64_old; then
		qemu_prepare qemu_riscv64_command qemu-system-misc bookworm qemu7-riscv64
	else
		qemu_prepare qemu_riscv64_command 'qemu-system-riscv qemu-system-misc' "$(qemu_suite)" qemu-riscv64
	fi
}

# The board has one serial port, the kernel log's, and that from early on.  The job has
# a second one on PCI: stock kernels have all that it takes built in.  Which of the two
# is found first depends on the machine, so they go by where they are, not by number.
# (A virtio console takes a while for each 16 bytes.)
qemu_riscv64_start()
{
	local image=$1 initramfs=$2 append=$3 log=$4 machine=virt cpu=rv64,h=true
	shift 4
	case $OPT_MACHINE in
	virt)	cpu+=,v=true,zfh=true,zcb=true ;;
	aia)	cpu+=,v=true; machine+=,aia=aplic-imsic,aia-guests=3 ;;
	nosstc)	cpu+=,v=true,sstc=false ;;
	nov)	cpu+=,v=false ;;
	# Its device tree has the older property alone.
	qemu7)	append+=' riscv_isa_fallback' ;;
	esac
	qemu_riscv64_command
	qemu_exec uart8250,mmio,0x10000000 "$image" "$initramfs" "RIG_PORT=pci $append" "$log" \
		-machine "$machine" -cpu "$cpu" -smp "$RIG_SMP" \
		-serial chardev:klog -device pci-serial,chardev=job "$@"
}
