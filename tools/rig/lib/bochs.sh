# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Bochs, the second engine: processors by other people than QEMU's, and some ten
# times slower.  It knows no -kernel, so the machine boots from a CD.
#
# Version 3 or later: earlier ones have no AMD processor that boots with more than
# one core, and take three times as long.

BOCHS_MIN=3
# The Debian suite that has it, where the machine's own does not.
BOCHS_SUITE=trixie

# A Bochs that cannot even start says nothing, and that is no version.
bochs_major() { "${BOCHS[@]}" --help cpu 2>/dev/null | sed -nE 's/.*Bochs x86 Emulator ([0-9]+).*/\1/p'; }

# bochs_command: put the way to start it in BOCHS, and in BOCHS_SHARE where its
# firmware is: the machine's own when that is new enough, else the private copy,
# with the libraries of the suite it is from.
bochs_command()
{
	local root=$RIG_CACHE/bochs/root lib=usr/lib/x86_64-linux-gnu suite
	BOCHS_SHARE=/usr/share/bochs
	BOCHS=(bochs-bin)
	command -v bochs-bin >/dev/null || BOCHS=(bochs)
	[[ $(bochs_major) -lt $BOCHS_MIN ]] || return 0
	suite=$(env_root "$BOCHS_SUITE")
	BOCHS_SHARE=$root/usr/share/bochs
	BOCHS=(env BXSHARE="$BOCHS_SHARE" LTDL_LIBRARY_PATH="$root/$lib/bochs/plugins"
	       "$suite/lib64/ld-linux-x86-64.so.2" --library-path "$root/$lib:$suite/$lib"
	       "$root/usr/bin/bochs-bin")
	[[ $(bochs_major) -ge $BOCHS_MIN ]]
}

bochs_prepare()
{
	need_packages grub-mkrescue:grub-common grub-pc-bin xorriso:xorriso mcopy:mtools
	! bochs_command || return 0
	if [[ $(env_name "$BOCHS_SUITE") = host ]]; then
		# Of the displays the smallest package; the one used comes with bochs.
		need_packages bochs-term bochs
	else
		env_prepare "$BOCHS_SUITE"
		with_lock bochs bochs_fetch
	fi
	bochs_command || die "this Bochs does not run: $("${BOCHS[@]}" --help cpu 2>&1 | head -n1)"
}

# The package and what of its dependencies the chroot lacks, to be used from the
# cache only.
bochs_fetch()
{
	local tmp=$RIG_CACHE/bochs.tmp
	! bochs_command || return 0
	say "fetching Bochs from $BOCHS_SUITE, to be used from the cache only"
	rm -rf "$tmp" "$RIG_CACHE/bochs"
	mkdir -p "$tmp/debs" "$tmp/root"
	if ! bochs_download "$tmp/debs"; then
		env_lists_renew "$BOCHS_SUITE"
		bochs_download "$tmp/debs" || die "cannot fetch Bochs from $BOCHS_SUITE"
	fi
	unpack_into "$tmp/root" "$tmp"/debs/*.deb
	note "$(du -sm "$tmp/debs" | cut -f1) MB"
	rm -rf "$tmp/debs"
	mv "$tmp" "$RIG_CACHE/bochs"
}

bochs_download()
{
	local list
	list=$(env_run "$BOCHS_SUITE" apt-get install -s --no-install-recommends bochs bochs-term |
		awk '$1 == "Inst" { print $2 }') || return 1
	[[ -n $list ]] || return 1
	# shellcheck disable=SC2086
	env_run "$BOCHS_SUITE" sh -c 'cd "$1" && shift && apt-get download -qq -o Acquire::Retries=1 -o APT::Sandbox::User=root "$@"' sh "$1" $list
}

bochs_ryzen_prepare() { bochs_prepare; }
bochs_skylake_prepare() { bochs_prepare; }
bochs_ryzen_boot() { bochs_boot ryzen "$@"; }
# CPUID says 3.5 GHz, the clock below 50 MHz: a second would take seventy.  With APICv the
# entries of KVM's guests that have a local APIC fail.
bochs_skylake_boot() { bochs_boot corei7_skylake_x "$1" "$2" "tsc_early_khz=50000 kvm_intel.enable_apicv=0 $3" "$4"; }

# Soft power-off is a panic to Bochs, and the usual end.
bochs_ryzen_complaint() { bochs_complaint "$@"; }
bochs_skylake_complaint() { bochs_complaint "$@"; }
bochs_complaint() { grep -avE 'soft power off|MSR: Unknown|^[0-9]*[di]\[' "$1" | tail -n 8; }

# A machine that is alive reads MSRs that Bochs does not know, and is told so.
bochs_ryzen_dead() { bochs_dead "$@"; }
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
	local model=$1 image=$2 initramfs=$3 append=$4 log=$5 dir=$RIG_TMP/bochs cpu report=''
	mkdir -p "$dir"
	# A triple fault is a panic to Bochs even where it is an exit of a guest, so
	# the processor's must not end it.  That of the machine's own kernel stops the
	# processor, where another kind of reboot would boot from the CD again.
	append="console=ttyS0,115200 quiet panic=-1 oops=panic log_buf_len=1M reboot=triple tsc=reliable nokaslr $append"
	if ! bochs_iso "$dir" "$image" "$initramfs" "$append" >"$log.engine" 2>&1; then
		cp "$log.engine" "$log"
		return 1
	fi
	for ((cpu = 0; cpu < RIG_SMP; cpu++)); do
		report+=", cpu$cpu=report"
	done
	bochs_command
	# Programs write to what was standard output, by way of the second port.
	cat >"$dir/rc" <<-EOF
	config_interface: textconfig
	display_library: rfb, options="timeout=0"
	memory: guest=$RIG_MEM, host=$RIG_MEM
	romimage: file="$BOCHS_SHARE/BIOS-bochs-latest", options=fastboot
	vgaromimage: file="$BOCHS_SHARE/VGABIOS-lgpl-latest"
	boot: cdrom
	ata0-master: type=cdrom, path="$dir/cd.iso", status=inserted
	cpu: model=$model, count=$RIG_SMP:1:1, ips=50000000, reset_on_triple_fault=0, ignore_bad_msrs=1
	clock: sync=none, time0=local
	com1: enabled=1, mode=file, dev="$log"
	com2: enabled=1, mode=file, dev="/dev/fd/3"
	sound: driver=dummy
	speaker: enabled=1, mode=none
	log: "$log.engine"
	panic: action=fatal$report
	error: action=report
	info: action=ignore$report
	debug: action=ignore
	EOF
	# Debian's is built with the debugger, which waits for a word at the start
	# and at each triple fault.
	echo c >"$dir/debugger"
	: >"$log"
	exec "${BOCHS[@]}" -q -f "$dir/rc" -rc "$dir/debugger" "${RIG_ENGINE_ARGS[@]}" \
		< <(exec yes c) 3>&1 >"$log.bochs" 2>&1
}
