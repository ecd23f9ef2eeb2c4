# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# QEMU, the engine for SVM (and, later, for arm64 and RISC-V).
#
# Version 10 or later: earlier ones do not intercept XSETBV, so that a guest
# changes the host's XCR0.

QEMU_MIN=10

qemu_major() { "${QEMU[@]}" --version 2>/dev/null | sed -nE '1s/.*version ([0-9]+).*/\1/p'; }

# qemu_command PROGRAM: put the way to start it in QEMU: the machine's own when
# that is new enough, else the private copy with its own libraries.
qemu_command()
{
	local root=$RIG_CACHE/qemu/root
	QEMU=("$1")
	[[ $(qemu_major) -lt $QEMU_MIN ]] || return 0
	QEMU=(env LD_LIBRARY_PATH="$root/usr/lib/x86_64-linux-gnu:$root/lib/x86_64-linux-gnu"
	      QEMU_MODULE_DIR="$root/usr/lib/x86_64-linux-gnu/qemu"
	      "$root/usr/bin/$1" -L "$root/usr/share/qemu" -L "$root/usr/share/seabios")
	[[ $(qemu_major) -ge $QEMU_MIN ]]
}

# qemu_prepare PROGRAM PACKAGE
qemu_prepare()
{
	qemu_command "$1" || with_lock qemu qemu_fetch "$1" "$2"
}

qemu_fetch()
{
	local program=$1 package=$2 tmp=$RIG_CACHE/qemu.tmp suite
	! qemu_command "$program" || return 0
	suite=$(host_codename)
	[[ $suite != bookworm ]] || suite=bookworm-backports
	say "fetching QEMU from $suite, to be used from the cache only"
	apt-cache show libc6 >/dev/null 2>&1 || host_apt_update
	rm -rf "$tmp"
	mkdir -p "$tmp/root"
	if ! qemu_download "$suite" "$package" "$tmp"; then
		rm -rf "$RIG_CACHE/apt/$suite"
		qemu_download "$suite" "$package" "$tmp" || die "cannot fetch $package from $suite"
	fi
	unpack_into "$tmp/root" "$tmp"/debs/*.deb
	note "$(du -sm "$tmp/debs" | cut -f1) MB"
	rm -rf "$tmp/debs" "$RIG_CACHE/qemu"
	mv "$tmp" "$RIG_CACHE/qemu"
	qemu_command "$program" ||
		die "the QEMU in $RIG_CACHE/qemu does not run: $("${QEMU[@]}" --version 2>&1 | head -n1)"
}

# qemu_download SUITE PACKAGE DIR: the package and what of its dependencies the
# machine lacks.
qemu_download()
{
	local suite=$1 package=$2 dir=$3 list
	mkdir -p "$dir/debs"
	list=$(private_apt "$suite" apt-get install -s --no-install-recommends \
		-t "$suite" "$package" | awk '$1 == "Inst" { v = $3; if ($3 ~ /^\[/) v = $4; sub(/^\(/, "", v); print $2 "=" v }') || return 1
	[[ -n $list ]] || return 1
	# shellcheck disable=SC2086
	(cd "$dir/debs" && private_apt "$suite" apt-get download -qq $list)
}

# The engine's interface, by name (engine.sh has the names): prepare; boot
# KERNEL-IMAGE INITRAMFS APPEND LOG, which uses the machine's own stdin and stdout
# for the second serial port, becomes the engine by exec and leaves what the engine
# says in LOG.engine; console, the same with a person there, for engines that can;
# complaint LOG.engine, what of it is worth showing; dead LOG, whether the machine
# is, though the engine runs on.  Machine: RIG_SMP, RIG_MEM, RIG_ICOUNT,
# RIG_ENGINE_ARGS.

qemu_x86_prepare() { qemu_prepare qemu-system-x86_64 qemu-system-x86; }

qemu_x86_dead() { false; }
qemu_x86_complaint() { grep -v 'TCG doesn.t support' "$1" | tail -n 5; }

qemu_x86_boot()
{
	qemu_x86_start "$@" -chardev stdio,id=job,signal=off 2>"$4.engine"
}

# The same with a person at the second serial port.
qemu_x86_console()
{
	qemu_x86_start "$@" -chardev stdio,id=job,signal=off,mux=on 2>"$4.engine"
}

# Where there are several processors there is one more, the first, which init keeps
# everything off. In QEMU any processor that loads FPU state rewrites the flags of the
# first one without asking (cpu_clear_ignne()): GIF and "nested paging is on" of that
# one become what they were, and it never takes an interrupt again, or its guest, or
# KVM's, runs on the host's memory.
qemu_x86_start()
{
	local image=$1 initramfs=$2 append=$3 log=$4 accel=(-accel 'tcg,thread=multi')
	local smp=$RIG_SMP
	shift 4
	if [[ $smp -gt 1 && -z $RIG_ICOUNT ]]; then
		smp=$((smp + 1))
		append+=' RIG_SPARE_CPU=0'
	fi
	# One instruction is one nanosecond: the same figures in every run.
	[[ -z $RIG_ICOUNT ]] || accel=(-accel tcg -icount 'shift=0,sleep=off')
	qemu_command qemu-system-x86_64
	exec "${QEMU[@]}" \
		-machine pc "${accel[@]}" -cpu EPYC,+svm,+npt -smp "$smp" -m "$RIG_MEM" \
		-nodefaults -display none -no-reboot "$@" \
		-chardev "file,id=klog,path=$log" -serial chardev:klog -serial chardev:job \
		-kernel "$image" -initrd "$initramfs" \
		-append "console=ttyS0,115200 quiet panic=-1 oops=panic log_buf_len=1M $append" \
		"${RIG_ENGINE_ARGS[@]}"
}
