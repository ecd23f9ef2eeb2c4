# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash

cmd_shell()
{
	local job log rc=0
	parse_options "$@"
	engine_require "$OPT_KERNEL"
	engine_does shell ||
		usage_error "the engine '$OPT_ENGINE' cannot take what a person types; say 'rig run --engine $OPT_ENGINE -- PROGRAM'"
	rig_ready
	rig_tmp
	job=$RIG_TMP/job
	{
		job_head
		cat <<-'EOF'
		stty sane
		echo "Programs are in /axvcpu, tests in /axvcpu/selftests, a guest Linux in /axvcpu/guest."
		echo "'exit' ends the machine; so does Ctrl-A X where the terminal hangs."
		sh
		poweroff -f
		EOF
	} >"$job"
	log=$RIG_LOGS/shell-$$.log
	make_initramfs "$OPT_KERNEL" "$job" "$RIG_TMP/initramfs" "${OPT_FILES[@]}"
	note "the kernel's log is $log"
	(engine_call console "$(kernel_image "$OPT_KERNEL")" \
		"$RIG_TMP/initramfs" "$(kernel_append "$OPT_KERNEL")$OPT_APPEND" "$log") || rc=$?
	exit "$rc"
}
