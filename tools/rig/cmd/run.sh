# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash

cmd_run()
{
	local rc=0 log job initramfs limit
	parse_options "$@"
	[[ ${#OPT_REST[@]} -gt 0 ]] || usage_error "run what? (rig run [OPTIONS] -- PROGRAM [ARGS])"
	engine_require "$OPT_KERNEL"
	rig_ready
	rig_tmp
	job=$RIG_TMP/job
	{
		job_head
		sh_quote "${OPT_REST[@]}"
		printf '\nrc=$?\nrig_klog || [ $rc -ne 0 ] || rc=1\nexit $rc\n'
	} >"$job"
	log=$RIG_LOGS/run-$(engine_tag)-$OPT_KERNEL-$$.log
	limit=$(engine_limit "$OPT_TIMEOUT" 120)
	initramfs=$RIG_TMP/initramfs
	make_initramfs "$OPT_KERNEL" "$job" "$initramfs" "${OPT_FILES[@]}"
	rig_boot "$OPT_BACKEND" "$OPT_KERNEL" "$initramfs" "$OPT_APPEND" "$log" "$limit" run_line || rc=$?
	boot_verdict "$rc" "$log" "$limit"
	exit "$rc"
}

run_line()
{
	case $1 in
	'@rig: splat '*)	printf 'kernel: %s\n' "${1#@rig: splat }" >&2 ;;
	*)			printf '%s\n' "$1" ;;
	esac
}
