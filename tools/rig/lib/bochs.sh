# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Bochs, the second engine: processors by other people than QEMU's, and some ten
# times slower.  It knows no -kernel, so the machine boots from a CD.

bochs_prepare()
{
	# Of the displays the smallest package; the one used comes with bochs.
	need_packages bochs-term bochs:bochs grub-mkrescue:grub-common grub-pc-bin \
		xorriso:xorriso mcopy:mtools
}

bochs_trinity_prepare() { bochs_prepare; }
bochs_skylake_prepare() { bochs_prepare; }
bochs_trinity_boot() { bochs_boot trinity_apu "$@"; }
bochs_skylake_boot() { bochs_boot corei7_skylake_x "$@"; }

# Soft power-off is a panic to Bochs, and the usual end.
bochs_trinity_complaint() { bochs_complaint "$@"; }
bochs_skylake_complaint() { bochs_complaint "$@"; }
bochs_complaint() { grep -avE 'soft power off|MSR: Unknown|^[0-9]*[di]\[' "$1" | tail -n 8; }

# A machine that is alive reads MSRs that Bochs does not know, and is told so.
bochs_trinity_dead() { bochs_dead "$@"; }
bochs_skylake_dead() { bochs_dead "$@"; }
bochs_dead()
{
	! grep -qsa '^\[[ 0-9.]*\] Kernel panic - ' "$1" || return 0
	[[ -s $1.engine && $(tail -n 1 "$1.engine") = *'completely bogus'* &&
	   $(($(date +%s) - $(stat -c %Y "$1.engine"))) -gt 30 ]]
}

# bochs_iso DIR IMAGE INITRAMFS APPEND: DIR/cd.iso, that boots at once.
bochs_iso()
{
	local dir=$1 words
	rm -rf "$dir/cd"
	mkdir -p "$dir/cd/boot/grub"
	cp -L "$2" "$dir/cd/boot/vmlinuz"
	# To unpack a byte is ten times cheaper than to read one from the CD.
	gzip -9 <"$3" >"$dir/cd/boot/initrd"
	read -r -a words <<<"$4"
	cat >"$dir/cd/boot/grub/grub.cfg" <<-EOF
	linux /boot/vmlinuz $(sh_quote "${words[@]}")
	initrd /boot/initrd
	boot
	EOF
	grub-mkrescue -d /usr/lib/grub/i386-pc --install-modules='linux normal iso9660 biosdisk' \
		--fonts= --locales= --themes= -o "$dir/cd.iso" "$dir/cd"
}

bochs_boot()
{
	local model=$1 image=$2 initramfs=$3 append=$4 log=$5 dir=$RIG_TMP/bochs
	mkdir -p "$dir"
	# A triple fault is a panic to Bochs even where it is an exit of a guest, so
	# the processor's must not end it.  That of the machine's own kernel stops the
	# processor, where another kind of reboot would boot from the CD again.
	append="console=ttyS0,115200 quiet panic=-1 oops=panic log_buf_len=1M reboot=triple tsc=reliable nokaslr $append"
	if ! bochs_iso "$dir" "$image" "$initramfs" "$append" >"$log.engine" 2>&1; then
		cp "$log.engine" "$log"
		return 1
	fi
	# Programs write to what was standard output, by way of the second port.
	cat >"$dir/rc" <<-EOF
	config_interface: textconfig
	display_library: rfb, options="timeout=0"
	memory: guest=$RIG_MEM, host=$RIG_MEM
	romimage: file="/usr/share/bochs/BIOS-bochs-latest", options=fastboot
	vgaromimage: file="/usr/share/bochs/VGABIOS-lgpl-latest"
	boot: cdrom
	ata0-master: type=cdrom, path="$dir/cd.iso", status=inserted
	cpu: model=$model, count=$RIG_SMP:1:1, ips=50000000, reset_on_triple_fault=0, ignore_bad_msrs=1
	clock: sync=none, time0=local
	com1: enabled=1, mode=file, dev="$log"
	com2: enabled=1, mode=file, dev="/dev/fd/3"
	sound: driver=dummy
	speaker: enabled=1, mode=none
	log: "$log.engine"
	panic: action=fatal, cpu0=report
	error: action=report
	info: action=ignore, cpu0=report
	debug: action=ignore
	EOF
	# Debian's is built with the debugger, which waits for a word at the start
	# and at each triple fault.
	echo c >"$dir/debugger"
	: >"$log"
	exec bochs -q -f "$dir/rc" -rc "$dir/debugger" "${RIG_ENGINE_ARGS[@]}" \
		< <(exec yes c) 3>&1 >"$log.bochs" 2>&1
}
