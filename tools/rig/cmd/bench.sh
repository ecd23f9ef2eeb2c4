# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# make bench: what each operation costs, in instructions, beside the kernel's own
# KVM in the same boot, or, where only one of the two can be there (nvhe), in another
# boot of the same kernel by the same clock.  The tables alone go to stdout.

BENCH_LIMIT=900
BENCH_SPLATS=0
BENCH_TABLE=
BENCH_PLUGIN=()
BENCH_PROFILE=
BENCH_LIMITS=
BENCH_TWICE=
BENCH_ROWS=()
BENCH_WORDS=()
BENCH_OTHERS=()
BENCH_TURNS=
BENCH_MUTE=

# The options that only bench has; the others are left in BENCH_OTHERS.
bench_options()
{
	while [[ $# -gt 0 ]]; do
		case $1 in
		--profile)	BENCH_PROFILE=1 ;;
		--limits)	BENCH_LIMITS=1 ;;
		--twice)	BENCH_TWICE=1 ;;
		--row)		[[ $# -ge 2 ]] || usage_error "$1 needs a value"
				[[ $2 =~ ^[a-z0-9_]+$ ]] || usage_error "no row '$2'"
				BENCH_ROWS+=("$2"); shift ;;
		*)		BENCH_OTHERS+=("$1") ;;
		esac
		shift
	done
}

cmd_bench()
{
	local limits=limits dir=$RIG_TOP/tools/bench rc=0
	bench_options "$@"
	parse_options "${BENCH_OTHERS[@]}"
	[[ ${#OPT_REST[@]} -eq 0 ]] || usage_error "what is '${OPT_REST[0]}'?"
	# One processor, and a clock that counts its instructions.
	[[ $RIG_SMP -eq 1 ]] || usage_error "bench has one processor"
	engine_require "$OPT_KERNEL"
	! engine_does icount || RIG_ICOUNT=1
	OPT_KVM=1
	OPT_MODULE=1
	# Nothing else of it is run.
	RIG_TOOL_DIRS=(lib axrun bench)
	say "bench: Debian's $OPT_KERNEL kernel, backend $OPT_BACKEND ($(backend_what "$OPT_BACKEND")); figures are instructions"
	rig_ready
	[[ -x $(tools_out)/bench/bench ]] || die "tools/bench did not build a bench"
	rig_tmp
	bench_clock
	bench_plugin
	# KVM's flush of the L1D cache by software would be most of each exit.
	[[ $OPT_BACKEND != vmx ]] || OPT_APPEND+=' mitigations=off'
	[[ $OPT_BACKEND != nvhe ]] ||
		echo "# KVM is measured in a boot of its own, where it has EL2 (machine kvm): the same kernel, processor and clock"

	bench_all figures
	# shellcheck disable=SC2153 # no RIG_SMP: rig_tmp sets it
	if [[ -s $RIG_TMP/figures.counted ]]; then
		echo
		cat "$RIG_TMP/figures.counts"
		[[ -z $BENCH_PROFILE ]] || bench_profile "$RIG_TMP/figures.counted"
	fi
	if [[ -n $BENCH_TWICE ]]; then
		say "bench: once more, to compare"
		bench_all again >/dev/null
		awk -f "$dir/compare.awk" "$RIG_TMP/figures" "$RIG_TMP/again" >&2 || rc=1
		[[ ! -s $RIG_TMP/figures.counted ]] ||
			awk -f "$dir/compare.awk" "$RIG_TMP/figures.counts" "$RIG_TMP/again.counts" >&2 || rc=1
	fi
	if [[ -n $BENCH_LIMITS ]]; then
		# Another architecture has limits of its own.
		rig_native || limits=limits-$(rig_karch)
		[[ $OPT_BACKEND != vmx ]] || limits='limits-vmx'
		awk -v some="${#BENCH_ROWS[@]}" -f "$dir/limits.awk" "$dir/$limits" "$RIG_TMP/figures" >&2 || rc=1
	fi
	[[ $rc -eq 0 ]] || exit 1
}

# A clock that counts instructions one by one and that guests can read, too: on RISC-V
# that of a device, which else has the real time. Nor is anything random there.
bench_clock()
{
	[[ $(engine_field 3) = qemu_riscv64 ]] || return 0
	RIG_ENGINE_ARGS+=(-rtc 'base=2026-01-01T00:00:00,clock=vm' -seed 1)
	OPT_APPEND+=' iomem=relaxed'
	BENCH_WORDS+=(--clock 0x101000)
}

# The rows that a boot of their own measures.
bench_rows_apart()
{
	[[ $(engine_field 3) = qemu_* ]] || return 0
	echo ipi_running
	if rig_native; then
		echo ipi_halted
		echo ipi_asleep
		return
	fi
	# KVM has an interrupt controller, without which it has no irqfd, where the host has
	# this one.
	! bench_wants_aia || echo irqfd_to_handler
}

bench_wants_aia() { [[ $OPT_MACHINE = "$(machine_usual)" ]] && machine_exists aia; }

bench_wanted() { [[ ${#BENCH_ROWS[@]} -eq 0 || " ${BENCH_ROWS[*]} " = *" $1 "* ]]; }

# bench_all NAME: every boot that it takes; the table in RIG_TMP/NAME, that of the
# plugin's in NAME.counts.
bench_all()
{
	local row words=() rows=() apart=()
	: >"$RIG_TMP/$1"
	: >"$RIG_TMP/$1.counted"
	mapfile -t apart < <(bench_rows_apart)
	for row in "${BENCH_ROWS[@]}"; do
		[[ " ${apart[*]} " = *" $row "* ]] || rows+=("$row") words+=(--row "$row")
	done
	for row in "${apart[@]}"; do
		words+=(--without "$row")
	done
	[[ ${#BENCH_ROWS[@]} -gt 0 && ${#rows[@]} -eq 0 ]] ||
		bench_boot "$1" "${words[@]}"
	for row in "${apart[@]}"; do
		! bench_wanted "$row" || "bench_$row" "$1" --row "$row"
	done
	awk -f "$RIG_TOP/tools/bench/counts.awk" "$RIG_TMP/$1.counted" >"$RIG_TMP/$1.counts"
}

# Two processors take turns in the emulator, until something is due. Once the program asks
# for it something is each microsecond, which nobody in the machine hears of: so a turn is
# 500 instructions.
bench_ipi_running()
{
	local RIG_SMP=2 BENCH_PLUGIN=() RIG_ENGINE_ARGS=("${RIG_ENGINE_ARGS[@]}"
		-netdev 'hubport,id=turns,hubid=0'
		-chardev "pipe,id=monitor,path=$RIG_TMP/monitor" -mon 'chardev=monitor,mode=readline')
	rm -f "$RIG_TMP"/monitor.*
	mkfifo "$RIG_TMP/monitor.in" "$RIG_TMP/monitor.out"
	BENCH_TURNS=$RIG_TMP/monitor.in
	bench_boot "$@"
}

bench_ipi_halted() { bench_ipi_running "$@"; }
bench_ipi_asleep() { bench_ipi_running "$@"; }

bench_turns()
{
	[[ -n $BENCH_TURNS ]] || return 0
	echo 'object_add filter-buffer,id=turn,netdev=turns,interval=1' >"$BENCH_TURNS"
	BENCH_TURNS=
}

bench_irqfd_to_handler()
{
	local OPT_MACHINE=aia
	bench_boot "$@"
}

# The emulator's plugin, which counts the costly instructions.
bench_plugin()
{
	local dir target
	case $(engine_field 3) in
	qemu_x86)	target=x86 ;;
	qemu_riscv64)	target=riscv ;;
	qemu_arm64)	target=arm64 ;;
	*)
		note "no counts of costly instructions: the engine '$OPT_ENGINE' has no plugin for it"
		[[ -z $BENCH_PROFILE ]] || die "and no profile"
		return 0 ;;
	esac
	dir=$RIG_BUILD/tools/bench/plugin-$target
	logged build-bench-plugin make -C "$RIG_TOP/tools/bench/plugin" O="$dir" TARGET="$target" \
		CROSS_COMPILE="$(rig_cross)" all check
	"$(rig_cross)nm" "$(tools_out)/bench/bench" >"$dir/bench.nm"
	BENCH_PLUGIN=(-plugin "$dir/count.so,out=$RIG_TMP/counts,symbols=$dir/bench.nm${BENCH_PROFILE:+,profile=on}")
}

# bench_boot NAME WORDS...: one boot, or one of each; the table's lines go to RIG_TMP/NAME,
# too, and what the plugin counted to NAME.counted.
bench_boot()
{
	local turns=$BENCH_TURNS BENCH_MUTE=
	if [[ $OPT_BACKEND != nvhe ]]; then
		bench_boot_once "$@"
		return
	fi
	BENCH_MUTE=1
	rm -f "$RIG_TMP"/ours* "$RIG_TMP"/theirs*
	OPT_KVM='' bench_boot_once ours "${@:2}"
	BENCH_TURNS=$turns
	OPT_MODULE='' OPT_MACHINE=kvm bench_boot_once theirs "${@:2}"
	[[ ${#BENCH_PLUGIN[@]} -eq 0 ]] ||
		cat "$RIG_TMP/ours.counted" "$RIG_TMP/theirs.counted" >>"$RIG_TMP/$1.counted"
	# A line of the one with a line of the other.
	awk -v first="$([[ -s $RIG_TMP/$1 ]] || echo 1)" '
		NR == FNR { kvm[$1] = $3; next }
		FNR == 1 { if (first) print; next }
		{ ratio = $2 > 0 && kvm[$1] > 0 ? sprintf("%.2f", $2 / kvm[$1]) : "-"
		  printf "%-22s %12s %12s %8s\n", $1, $2, kvm[$1], ratio }
	' "$RIG_TMP/theirs" "$RIG_TMP/ours" | tee -a "$RIG_TMP/$1"
}

bench_boot_once()
{
	local log limit table=$RIG_TMP/$1 rc=0 RIG_ENGINE_ARGS=("${RIG_ENGINE_ARGS[@]}" "${BENCH_PLUGIN[@]}")
	log=$RIG_LOGS/bench-$(engine_tag)-$OPT_KERNEL.log
	limit=$(engine_limit "$OPT_TIMEOUT" "$BENCH_LIMIT")
	BENCH_TABLE=$RIG_TMP/lines
	: >"$BENCH_TABLE"
	rm -f "$RIG_TMP/counts"
	bench_job "${@:2}" >"$RIG_TMP/job"
	make_initramfs "$OPT_KERNEL" "$RIG_TMP/job" "$RIG_TMP/initramfs" "${OPT_FILES[@]}"
	rig_boot "$OPT_BACKEND" "$OPT_KERNEL" "$RIG_TMP/initramfs" "$OPT_APPEND" \
		"$log" "$limit" bench_line || rc=$?
	boot_verdict "$rc" "$log" "$limit"
	[[ $BENCH_SPLATS -eq 0 ]] || die "bench: the host kernel complained; its log is $log"
	[[ $rc -eq 0 ]] || die "bench: not all of it was measured"
	[[ $(wc -l <"$BENCH_TABLE") -gt 1 ]] || die "bench: nothing was measured"
	# Of several boots there is one table.
	awk -v first="$([[ -s $table ]] || echo 1)" 'NR > 1 || first' "$BENCH_TABLE" >>"$table"
	[[ ${#BENCH_PLUGIN[@]} -gt 0 ]] || return 0
	[[ -s $RIG_TMP/counts ]] || die "bench: the emulator's plugin counted nothing"
	awk -f "$RIG_TOP/tools/bench/agree.awk" "$BENCH_TABLE" "$RIG_TMP/counts" >&2 ||
		die "bench: the emulator's clock and its plugin do not agree"
	cat "$RIG_TMP/counts" >>"$table.counted"
}

bench_job()
{
	job_head
	printf 'bench %s -- ' "${BENCH_PROFILE:+--symbols }${BENCH_WORDS[*]} $*"
	cat <<-'EOS'
	axrun --kernel /axvcpu/guest/vmlinuz --initrd /axvcpu/guest/initrd \
		--append "console=ttyS0 quiet panic=-1 nokaslr norandmaps" --mem 256M
	rc=$?
	rig_klog || [ $rc -ne 0 ] || rc=1
	exit $rc
	EOS
}

# The program's table to stdout, everything else to stderr.
bench_line()
{
	case $1 in
	'')	;;
	'@rig: splat '*)
		BENCH_SPLATS=$((BENCH_SPLATS + 1))
		printf 'host kernel: %s\n' "${1#@rig: splat }" >&2 ;;
	'# turns') bench_turns ;;
	'# '*)	note "${1#\# }" ;;
	*)
		if [[ $1 =~ ^[a-z0-9_]+(\ +([0-9.]+|-|axvcpu|KVM|ratio)){3}$ ]]; then
			[[ -n $BENCH_MUTE || ( $1 = operation\ * && -s $RIG_TMP/figures ) ]] || printf '%s\n' "$1"
			printf '%s\n' "$1" >>"$BENCH_TABLE"
		else
			printf '%s\n' "$1" >&2
		fi ;;
	esac
}

# bench_profile FILE: instructions of the machine per operation by function.
bench_profile()
{
	awk '$1 == "count" {
		printf "\n%s on %s: %s instructions, and %s of the guest\n ", $2, $3, $4, $5
		for (i = 6; i <= NF; i++)
			if ($i !~ /=0\.00$/)
				printf " %s", $i
		print ""
	}
	$1 == "profile" { printf "%12s  %s %s\n", $4, $5, $6 }' "$1"
}
