# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash

cmd_shell()
{
	local job log rc=0
	parse_options "$@"
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
	("$(engine_function "$OPT_BACKEND" console)" "$(kernel_image "$OPT_KERNEL")" \
		"$RIG_TMP/initramfs" "$OPT_APPEND" "$log") || rc=$?
	exit "$rc"
}
