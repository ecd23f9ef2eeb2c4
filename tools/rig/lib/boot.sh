# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# One boot of the rig: a kernel, a job to run inside, its output and its end.

RIG_SMP=1
RIG_MEM=
RIG_ICOUNT=
RIG_ENGINE_ARGS=()

# No engine outlives the rig, however it ends.
RIG_ENGINE_PID=
rig_at_exit '[[ -z $RIG_ENGINE_PID ]] || kill -KILL "$RIG_ENGINE_PID" 2>/dev/null || true'

# rig_boot BACKEND KERNEL INITRAMFS APPEND LOG TIME-OUT HANDLER...: boot and hand
# each line of the job's to HANDLER.  Returns the job's exit status; 124 when the
# time ran out, 125 when the machine ended before the job did.
rig_boot()
{
	local kernel=$2 initramfs=$3 append=$4 log=$5 limit=$6
	shift 6
	local line status='' fd pid rc=0
	mkdir -p "${log%/*}"
	rm -f "$log" "$log.engine"

	exec {fd}< <(
		engine_call boot "$(kernel_image "$kernel")" "$initramfs" "$(kernel_append "$kernel")$append" "$log" </dev/null &
		echo "@pid $!"
		wait $!
		echo "@end $?"
	)
	read -r _ pid <&"$fd"
	RIG_ENGINE_PID=$pid
	RIG_DEADLINE=$((SECONDS + limit))
	while :; do
		rc=0
		IFS= read -r -t 1 -u "$fd" line || rc=$?
		if [[ $rc -gt 128 ]]; then
			# read keeps what it got of an unfinished line in "line".
			RIG_PARTIAL+=$line
			# Not every engine ends by itself when the machine is dead.
			if engine_call dead "$log"; then
				kill -KILL "$pid" 2>/dev/null || true
				break
			fi
			if [[ $SECONDS -ge $RIG_DEADLINE ]]; then
				status=124
				kill -KILL "$pid" 2>/dev/null || true
				break
			fi
			continue
		fi
		line=${RIG_PARTIAL}${line%$'\r'}
		RIG_PARTIAL=
		case $line in
		'@end '*)	break ;;
		'@rig: exit '*)	status=${line#@rig: exit } ;;
		*)		"$@" "$line" ;;
		esac
		[[ $rc -eq 0 ]] || break
	done
	exec {fd}<&-
	RIG_ENGINE_PID=
	return "${status:-125}"
}
RIG_PARTIAL=


# rig_ready: everything a boot needs, by the options given.
rig_ready()
{
	engine_kernel "$OPT_KERNEL"
	kernel_prepare "$OPT_KERNEL"
	engine_call prepare
	[[ -n $OPT_BUILD ]] || return 0
	[[ -z $OPT_MODULE ]] || build_module "$OPT_KERNEL"
	build_tools
}

# job_head: the part that the jobs of all commands start with.
job_head()
{
	printf '#!/bin/sh\n. /rig/lib\nrig_drained\nexport AXT_SLOW=%s AXT_BACKEND=%s AXT_ENGINE=%s AXT_MACHINE=%s\n' "$RIG_SLOW" "$OPT_BACKEND" "$OPT_ENGINE" "$OPT_MACHINE"
	if [[ -n $OPT_KVM ]]; then
		case $(rig_arch) in
		amd64)	printf 'rig_load %s || exit 99\n' "$([[ $OPT_BACKEND = vmx ]] && echo kvm-intel || echo kvm-amd)" ;;
		# It is in the kernel there.
		arm64)	printf '[ -c /dev/kvm ] || { echo "rig: this machine has no KVM"; exit 99; }\n' ;;
		*)	printf 'rig_load kvm || exit 99\n' ;;
		esac
	fi
	[[ -z $OPT_MODULE ]] || printf 'rig_load axvcpu || exit 99\n'
}

# boot_verdict STATUS LOG LIMIT: say in words what went wrong, with the last lines of
# the console.
boot_verdict()
{
	case $1 in
	0)	rm -f "$2.engine" "$2.bochs"; return ;;
	124)	printf 'error: no end within %s seconds\n' "$3" >&2 ;;
	125)	printf 'error: the machine ended before the job did\n' >&2
		engine_call complaint "$2.engine" >&2 || true ;;
	*)	printf 'error: exit status %s\n' "$1" >&2 ;;
	esac
	if [[ -s $2 ]]; then
		printf 'error: the last lines of the kernel log:\n' >&2
		# Of a death, the beginning tells more than the end.
		awk '/BUG:|Oops|WARNING:|Kernel panic|general protection/ && !from { from = NR }
		     { line[NR] = $0 }
		     END { first = from ? from - 3 : NR - 24; if (first < 1) first = 1
			   last = from && from + 36 < NR ? from + 36 : NR
			   for (i = first; i <= last; i++) print "    " line[i] }' "$2" | tr -d '\r' >&2
	fi
	printf 'error: the whole kernel log is %s\n' "$2" >&2
}
