# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# make bench: what each operation costs, in instructions, beside the kernel's own
# KVM in the same boot.  The tables alone go to stdout.

BENCH_LIMIT=900
BENCH_SPLATS=0
BENCH_TABLE=
BENCH_PLUGIN=
BENCH_PROFILE=
BENCH_LIMITS=
BENCH_TWICE=
BENCH_WORDS=()
BENCH_OTHERS=()

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
				BENCH_WORDS+=("$1" "$2"); shift ;;
		*)		BENCH_OTHERS+=("$1") ;;
		esac
		shift
	done
}

cmd_bench()
{
	local log limit limits=limits dir=$RIG_TOP/tools/bench rc=0
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
	bench_plugin
	{
		job_head
		printf 'bench %s -- ' "${BENCH_PROFILE:+--symbols }${BENCH_WORDS[*]}"
		cat <<-'EOS'
		axrun --kernel /axvcpu/guest/vmlinuz --initrd /axvcpu/guest/initrd \
			--append "console=ttyS0 quiet panic=-1" --mem 256M
		rc=$?
		rig_klog || [ $rc -ne 0 ] || rc=1
		exit $rc
		EOS
	} >"$RIG_TMP/job"
	make_initramfs "$OPT_KERNEL" "$RIG_TMP/job" "$RIG_TMP/initramfs" "${OPT_FILES[@]}"
	log=$RIG_LOGS/bench-$(engine_tag)-$OPT_KERNEL.log
	limit=$(engine_limit "$OPT_TIMEOUT" "$BENCH_LIMIT")

	bench_boot "$log" "$limit" "$RIG_TMP/figures"
	if [[ -n $BENCH_PLUGIN ]]; then
		awk -f "$dir/counts.awk" "$RIG_TMP/counts" >"$RIG_TMP/figures.counts"
		echo
		cat "$RIG_TMP/figures.counts"
		[[ -z $BENCH_PROFILE ]] || bench_profile "$RIG_TMP/counts"
	fi
	if [[ -n $BENCH_TWICE ]]; then
		say "bench: once more, to compare"
		bench_boot "$log" "$limit" "$RIG_TMP/again" >/dev/null
		[[ -z $BENCH_PLUGIN ]] || awk -f "$dir/counts.awk" "$RIG_TMP/counts" >"$RIG_TMP/again.counts"
		awk -f "$dir/compare.awk" "$RIG_TMP/figures" "$RIG_TMP/again" >&2 || rc=1
		[[ -z $BENCH_PLUGIN ]] ||
			awk -f "$dir/compare.awk" "$RIG_TMP/figures.counts" "$RIG_TMP/again.counts" >&2 || rc=1
	fi
	if [[ -n $BENCH_LIMITS ]]; then
		# Another architecture has limits of its own.
		rig_native || limits=limits-$(rig_karch)
		awk -v some="${#BENCH_WORDS[@]}" -f "$dir/limits.awk" "$dir/$limits" "$RIG_TMP/figures" >&2 || rc=1
	fi
	[[ $rc -eq 0 ]] || exit 1
}

# The emulator's plugin, which counts the costly instructions.
bench_plugin()
{
	local dir target
	case $(engine_field 3) in
	qemu_x86)	target=x86 ;;
	qemu_riscv64)	target=riscv ;;
	*)
		note "no counts of costly instructions: the engine '$OPT_ENGINE' has no plugin for it"
		[[ -z $BENCH_PROFILE ]] || die "and no profile"
		return 0 ;;
	esac
	dir=$RIG_BUILD/tools/bench/plugin-$target
	logged build-bench-plugin make -C "$RIG_TOP/tools/bench/plugin" O="$dir" TARGET="$target"
	"$(rig_cross)nm" "$(tools_out)/bench/bench" >"$dir/bench.nm"
	RIG_ENGINE_ARGS+=(-plugin "$dir/count.so,out=$RIG_TMP/counts,symbols=$dir/bench.nm${BENCH_PROFILE:+,profile=on}")
	BENCH_PLUGIN=1
}

# bench_boot LOG LIMIT TABLE: all of it once; the table goes to a file, too.
bench_boot()
{
	local log=$1 limit=$2 rc=0
	BENCH_TABLE=$3
	: >"$BENCH_TABLE"
	rig_boot "$OPT_BACKEND" "$OPT_KERNEL" "$RIG_TMP/initramfs" "$OPT_APPEND" \
		"$log" "$limit" bench_line || rc=$?
	boot_verdict "$rc" "$log" "$limit"
	[[ $BENCH_SPLATS -eq 0 ]] || die "bench: the host kernel complained; its log is $log"
	[[ $rc -eq 0 ]] || die "bench: not all of it was measured"
	[[ $(wc -l <"$BENCH_TABLE") -gt 1 ]] || die "bench: nothing was measured"
	[[ -z $BENCH_PLUGIN || -s $RIG_TMP/counts ]] || die "bench: the emulator's plugin counted nothing"
	[[ -z $BENCH_PLUGIN ]] || awk -f "$RIG_TOP/tools/bench/agree.awk" "$BENCH_TABLE" "$RIG_TMP/counts" >&2 ||
		die "bench: the emulator's clock and its plugin do not agree"
}

# The program's table to stdout, everything else to stderr.
bench_line()
{
	case $1 in
	'')	;;
	'@rig: splat '*)
		BENCH_SPLATS=$((BENCH_SPLATS + 1))
		printf 'host kernel: %s\n' "${1#@rig: splat }" >&2 ;;
	'# '*)	note "${1#\# }" ;;
	*)
		if [[ $1 =~ ^[a-z0-9_]+(\ +([0-9.]+|-|axvcpu|KVM|ratio)){3}$ ]]; then
			printf '%s\n' "$1" | tee -a "$BENCH_TABLE"
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
