# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What runs inside: busybox, the rig's init, the module and the kernel's own KVM
# modules, every static program that was built, and a Linux to boot as a guest.

# The machine's own also packs, and knows what busybox can do.
busybox_here() { printf '%s/busybox/busybox' "$RIG_CACHE"; }
busybox_file() { if rig_native; then busybox_here; else package_file busybox-static '*bin/busybox'; fi; }

busybox_prepare()
{
	[[ -x $(busybox_here) ]] || with_lock busybox busybox_fetch
	rig_native || package_prepare busybox-static
}

busybox_fetch()
{
	local tmp=$RIG_CACHE/busybox.tmp
	[[ ! -x $(busybox_here) ]] || return 0
	rm -rf "$tmp" "$RIG_CACHE/busybox"
	mkdir -p "$tmp/root"
	say "fetching a static busybox"
	package_download_here "$tmp" busybox-static
	unpack_into "$tmp/root" "$tmp"/*.deb
	cp "$(find "$tmp/root" -path '*bin/busybox' -type f | head -n1)" "$tmp/busybox"
	rm -rf "$tmp/root" "$tmp"/*.deb
	mv "$tmp" "$RIG_CACHE/busybox"
}

# make_cpio DIR FILE: pack a directory, owned by root whoever packs it, and the same each
# time: a kernel that gets another archive takes its instructions in another order.
make_cpio()
{
	(
		cd "$1" || exit
		find . -exec touch -h -d @0 {} +
		find . | LC_ALL=C sort | "$(busybox_here)" cpio -o -H newc -R 0:0 --renumber-inodes --ignore-devno 2>/dev/null
	) >"$2.$$"
	mv "$2.$$" "$2"
}

base_tree()
{
	local root=$1 applet
	mkdir -p "$root"/{bin,sbin,dev,proc,sys,tmp,run,etc,root}
	cp "$(busybox_file)" "$root/bin/busybox"
	for applet in $("$(busybox_here)" --list-full); do
		case $applet in
		usr/*) applet=${applet#usr/} ;;
		esac
		[[ -e $root/$applet || $applet = linuxrc ]] || ln -s /bin/busybox "$root/$applet"
	done
	ln -s . "$root/usr"
	ln -s /proc/mounts "$root/etc/mtab"
	echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
	echo 'root:x:0:' >"$root/etc/group"
}

# The modules a test may want beside ours: KVM, for life beside it, a disk of
# compressed memory to swap to, and on x86 the host's own MSRs to look at.
extra_modules() { if rig_native; then echo kvm kvm-amd kvm-intel zram msr; else echo kvm zram; fi; }

# module_closure KERNEL NAME...: paths of modules and all they depend on.
module_closure()
{
	local root rel name
	root=$(kernel_root "$1")
	rel=$(kernel_release "$1")
	shift
	for name in "$@"; do
		awk -v n="$name" '{
			m = $1; sub(/:$/, "", m); b = m; sub(/.*\//, "", b); sub(/\.ko.*/, "", b)
			gsub(/_/, "-", b)
			if (b == n) { print m; for (i = 2; i <= NF; i++) print $i }
		}' "$root/lib/modules/$rel/modules.dep"
	done | sort -u
}

# lean_without WORD: whether the engine is slow and the job does not speak of WORD,
# so that what has this name need not be unpacked by the machine.
RIG_JOB=
lean_without() { [[ $(engine_field 7) -gt 1 ]] && ! grep -qwF -e "$1" "$RIG_JOB"; }

# modules_copy KERNEL DIR NAME...: modules and all they depend on, not compressed.
modules_copy()
{
	local dir=$2 src path
	src=$(kernel_root "$1")/lib/modules/$(kernel_release "$1")
	for path in $(module_closure "$1" "${@:3}"); do
		mkdir -p "$dir/${path%/*}"
		case $path in
		*.xz)	xz -dc "$src/$path" >"$dir/${path%.xz}" ;;
		*.zst)	zstd -qdc "$src/$path" >"$dir/${path%.zst}" ;;
		*)	cp "$src/$path" "$dir/$path" ;;
		esac
	done
}

modules_tree()
{
	local kernel=$1 dest=$2 rel dir word extra=()
	rel=$(kernel_release "$kernel")
	dir=$dest/lib/modules/$rel
	mkdir -p "$dir/updates"
	for word in $(extra_modules); do
		[[ $word = kvm* ]] && lean_without kvm || extra+=("$word")
	done
	modules_copy "$kernel" "$dir" "${extra[@]}"
	[[ ! -e $(module_out "$kernel")/axvcpu.ko ]] || cp "$(module_out "$kernel")/axvcpu.ko" "$dir/updates/"
	find "$(module_out "$kernel")" -maxdepth 1 -name 'axvcpu_*.ko' -exec cp {} "$dir/updates/" \; 2>/dev/null || true
	[[ $(engine_field 7) -eq 1 || ! -e $dir/updates/axvcpu.ko ]] || "$(rig_cross)strip" -g "$dir/updates/axvcpu.ko"
	touch "$dir/modules.order" "$dir/modules.builtin"
	depmod -b "$dest" "$rel" 2>/dev/null
	mkdir -p "$dest/axvcpu"
	[[ ! -e $dir/updates/axvcpu.ko ]] || ln -s "/lib/modules/$rel/updates/axvcpu.ko" "$dest/axvcpu/axvcpu.ko"
}

programs_tree()
{
	local dest=$1 dir file out
	out=$(tools_out)
	mkdir -p "$dest/axvcpu/selftests"
	for dir in axrun examples bench selftests; do
		[[ -d $out/$dir ]] || continue
		while IFS= read -r file; do
			[[ $(head -c4 "$file" | tr -d '\0') = $'\177ELF' ]] || continue
			! lean_without "${file##*/}" || continue
			case $dir in
			selftests)	cp "$file" "$dest/axvcpu/selftests/" ;;
			*)		cp "$file" "$dest/axvcpu/" ;;
			esac
		done < <(find "$out/$dir" -maxdepth 1 -type f -executable ! -name '*.o' ! -name '*-test')
	done
}

# guest_tree KERNEL DEST: the guest of demo and of the boot tests: the same stock
# kernel, byte for byte (in the debug kernel a stock one), and an initrd whose init reports and powers off.
guest_tree()
{
	local kernel=$1 dest=$2 initrd
	initrd=$RIG_BUILD/guest-initrd$(rig_native || printf -- '-%s' "$(rig_arch)")
	mkdir -p "$dest/axvcpu/guest"
	cp -L "$(kernel_image "$(kernel_guest "$kernel")")" "$dest/axvcpu/guest/vmlinuz"
	if [[ ! -e $initrd || $RIG_DIR/guest-init -nt $initrd ]]; then
		rig_tmp
		rm -rf "$RIG_TMP/guest"
		base_tree "$RIG_TMP/guest"
		install -m 755 "$RIG_DIR/guest-init" "$RIG_TMP/guest/init"
		make_cpio "$RIG_TMP/guest" "$initrd"
	fi
	cp "$initrd" "$dest/axvcpu/guest/initrd"
}

# make_initramfs KERNEL JOB OUT: JOB is the script that /init runs; further
# FILE=PATH arguments are put in as well.
make_initramfs()
{
	local kernel=$1 job=$2 out=$3 tree item
	shift 3
	RIG_JOB=$job
	busybox_prepare
	rig_tmp
	tree=$RIG_TMP/host
	rm -rf "$tree"
	base_tree "$tree"
	install -m 755 "$RIG_DIR/host-init" "$tree/init"
	[[ -n ${RIG_PLAIN_MODULES-} ]] || modules_tree "$kernel" "$tree"
	programs_tree "$tree"
	lean_without axvcpu/guest || guest_tree "$kernel" "$tree"
	! grep -qF guest/disk.img "$job" || disk_tree "$kernel" "$tree"
	mkdir -p "$tree/rig"
	install -m 755 "$RIG_DIR/host-lib" "$tree/rig/lib"
	install -m 755 "$job" "$tree/rig/job"
	for item in "$@"; do
		mkdir -p "$tree/$(dirname "${item#*=}")"
		cp -a "${item%%=*}" "$tree/${item#*=}"
	done
	mkdir -p "${out%/*}"
	make_cpio "$tree" "$out"
}
