# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# make bench: what each operation costs, in instructions, beside the kernel's own
# KVM in the same boot.  The table alone goes to stdout.

BENCH_LIMIT=600
BENCH_SPLATS=0
BENCH_ROWS=0

cmd_bench()
{
	local log rc=0 limit
	parse_options "$@"
	[[ ${#OPT_REST[@]} -eq 0 ]] || usage_error "what is '${OPT_REST[0]}'?"
	# One processor, and a clock that counts its instructions.
	[[ $RIG_SMP -eq 1 ]] || usage_error "bench has one processor"
	engine_require "$OPT_KERNEL"
	! engine_does icount || RIG_ICOUNT=1
	OPT_KVM=1
	OPT_MODULE=1
	say "bench: Debian's $OPT_KERNEL kernel, backend $OPT_BACKEND ($(backend_what "$OPT_BACKEND")); figures are instructions"
	rig_ready
	[[ -x $RIG_BUILD/tools/bench/bench ]] || die "tools/bench did not build a bench"
	rig_tmp
	{
		job_head
		cat <<-'EOF'
		bench -- axrun --kernel /axvcpu/guest/vmlinuz --initrd /axvcpu/guest/initrd \
			--append "console=ttyS0 quiet panic=-1" --mem 256M
		rc=$?
		rig_klog || [ $rc -ne 0 ] || rc=1
		exit $rc
		EOF
	} >"$RIG_TMP/job"
	make_initramfs "$OPT_KERNEL" "$RIG_TMP/job" "$RIG_TMP/initramfs" "${OPT_FILES[@]}"
	log=$RIG_LOGS/bench-$(engine_tag)-$OPT_KERNEL.log
	limit=$(engine_limit "$OPT_TIMEOUT" "$BENCH_LIMIT")
	rig_boot "$OPT_BACKEND" "$OPT_KERNEL" "$RIG_TMP/initramfs" "$OPT_APPEND" \
		"$log" "$limit" bench_line || rc=$?
	boot_verdict "$rc" "$log" "$limit"
	[[ $BENCH_SPLATS -eq 0 ]] || die "bench: the host kernel complained; its log is $log"
	[[ $rc -eq 0 ]] || die "bench: not all of it was measured"
	[[ $BENCH_ROWS -gt 1 ]] || die "bench: nothing was measured"
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
			BENCH_ROWS=$((BENCH_ROWS + 1))
			printf '%s\n' "$1"
		else
			printf '%s\n' "$1" >&2
		fi ;;
	esac
}
