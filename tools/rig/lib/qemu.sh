# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# QEMU, the engine for SVM, arm64 and RISC-V: how to come by it, what all machines have
# in common, and the one for SVM.
#
# Version 10 or later: earlier ones do not intercept XSETBV, so that a guest
# changes the host's XCR0.

QEMU_MIN=10

qemu_major() { "${QEMU[@]}" --version 2>/dev/null | sed -nE '1s/.*version ([0-9]+).*/\1/p'; }

qemu_fits() { local v; v=$(qemu_major); [[ $v -ge $1 && $v -le ${2:-$v} ]]; }

# qemu_command PROGRAM NAME MIN [MAX]: put the way to start it in QEMU: the machine's
# own when its version is between these, else the private copy NAME with its own
# libraries.
qemu_command()
{
	local root=$RIG_CACHE/$2/root
	QEMU=("$1")
	! qemu_fits "$3" "${4-}" || return 0
	QEMU=(env LD_LIBRARY_PATH="$root/usr/lib/x86_64-linux-gnu:$root/lib/x86_64-linux-gnu"
	      QEMU_MODULE_DIR="$root/usr/lib/x86_64-linux-gnu/qemu"
	      "$root/usr/bin/$1" -L "$root/usr/share/qemu" -L "$root/usr/share/seabios")
	qemu_fits "$3" "${4-}"
}

qemu_suite()
{
	local suite
	suite=$(host_codename)
	printf '%s' "${suite/%bookworm/bookworm-backports}"
}

# qemu_prepare COMMAND PACKAGES SUITE NAME: COMMAND is what puts it in QEMU; of the
# packages the first that the suite has is taken.
qemu_prepare()
{
	"$1" || with_lock "$4" qemu_fetch "$@"
}

qemu_fetch()
{
	local command=$1 packages=$2 suite=$3 name=$4 tmp=$RIG_CACHE/$4.tmp
	! "$command" || return 0
	say "fetching QEMU from $suite, to be used from the cache only"
	apt-cache show libc6 >/dev/null 2>&1 || host_apt_update
	rm -rf "$tmp"
	mkdir -p "$tmp/root"
	if ! qemu_download "$suite" "$packages" "$tmp"; then
		rm -rf "$RIG_CACHE/apt/$suite"
		qemu_download "$suite" "$packages" "$tmp" || die "cannot fetch $packages from $suite"
	fi
	unpack_into "$tmp/root" "$tmp"/debs/*.deb
	note "$(du -sm "$tmp/debs" | cut -f1) MB"
	rm -rf "$tmp/debs" "${RIG_CACHE:?}/$name"
	mv "$tmp" "$RIG_CACHE/$name"
	"$command" ||
		die "the QEMU in $RIG_CACHE/$name does not run: $("${QEMU[@]}" --version 2>&1 | head -n1)"
}

# qemu_download SUITE PACKAGES DIR: the package and what of its dependencies the
# machine lacks.
qemu_download()
{
	local suite=$1 packages=$2 dir=$3 list package
	mkdir -p "$dir/debs"
	for package in $packages; do
		private_apt "$suite" apt-cache show "$package/$suite" >/dev/null 2>&1 && break
	done
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

qemu_dead() { false; }
qemu_complaint() { grep -v 'TCG doesn.t support' "$1" | tail -n 5; }

# A machine's own is "start", with the arguments of boot and those of QEMU for the
# second port.
qemu_boot()    { engine_call start "$@" -chardev stdio,id=job,signal=off 2>"$4.engine"; }
# The same with a person there.
qemu_console() { engine_call start "$@" -chardev stdio,id=job,signal=off,mux=on 2>"$4.engine"; }

# qemu_exec CONSOLE IMAGE INITRAMFS APPEND LOG ARG...: what all machines have, and become
# it; to be named are the machine, the processors, and the ports of klog and job.
qemu_exec()
{
	local console=$1 image=$2 initramfs=$3 append=$4 log=$5 accel=(-accel 'tcg,thread=multi')
	shift 5
	# One instruction is one nanosecond: the same figures in every run.
	[[ -z $RIG_ICOUNT ]] || accel=(-accel tcg -icount 'shift=0,sleep=off')
	exec "${QEMU[@]}" "${accel[@]}" -m "$RIG_MEM" -nodefaults -display none -no-reboot \
		-chardev "file,id=klog,path=$log" -kernel "$image" -initrd "$initramfs" \
		-append "console=$console quiet panic=-1 oops=panic log_buf_len=1M $append" \
		"$@" "${RIG_ENGINE_ARGS[@]}"
}

qemu_x86_command() { qemu_command qemu-system-x86_64 qemu "$QEMU_MIN"; }
qemu_x86_prepare() { qemu_prepare qemu_x86_command qemu-system-x86 "$(qemu_suite)" qemu; }


# Where there are several processors there is one more, the first, which init keeps
# everything off. In QEMU any processor that loads FPU state rewrites the flags of the
# first one without asking (cpu_clear_ignne()): GIF and "nested paging is on" of that
# one become what they were, and it never takes an interrupt again, or its guest, or
# KVM's, runs on the host's memory.
qemu_x86_start()
{
	local image=$1 initramfs=$2 append=$3 log=$4 smp=$RIG_SMP
	shift 4
	if [[ $smp -gt 1 && -z $RIG_ICOUNT ]]; then
		smp=$((smp + 1))
		append+=' RIG_SPARE_CPU=0'
	fi
	qemu_x86_command
	qemu_exec ttyS0,115200 "$image" "$initramfs" "$append" "$log" \
		-machine pc -cpu EPYC,+svm,+npt -smp "$smp" \
		-serial chardev:klog -serial chardev:job "$@"
}
