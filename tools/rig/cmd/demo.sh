# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# make demo: a stock kernel loads the module and boots a second, unmodified stock
# kernel as its guest.

DEMO_LIMIT=300
DEMO_REACHED=
DEMO_OFF=
DEMO_SPLATS=0

cmd_demo()
{
	local log rc=0 start=$SECONDS limit
	parse_options "$@"
	[[ ${#OPT_REST[@]} -eq 0 ]] || usage_error "what is '${OPT_REST[0]}'?"
	engine_require "$OPT_KERNEL"
	say "demo: Debian's $OPT_KERNEL kernel as host and as guest, backend $OPT_BACKEND ($(backend_what "$OPT_BACKEND")) in $OPT_ENGINE"
	rig_ready
	[[ -x $RIG_BUILD/tools/axrun/axrun ]] || die "tools/axrun did not build an axrun"
	rig_tmp
	{
		job_head
		cat <<-'EOF'
		axrun --kernel /axvcpu/guest/vmlinuz --initrd /axvcpu/guest/initrd \
			--append "console=ttyS0 panic=-1" --mem 256M
		rc=$?
		rig_klog
		exit $rc
		EOF
	} >"$RIG_TMP/job"
	make_initramfs "$OPT_KERNEL" "$RIG_TMP/job" "$RIG_TMP/initramfs" "${OPT_FILES[@]}"
	log=$RIG_LOGS/demo-$(engine_tag)-$OPT_KERNEL.log
	say "booting the host; the lines below are the guest's console"
	limit=$(engine_limit "$OPT_TIMEOUT" "$DEMO_LIMIT")
	rig_boot "$OPT_BACKEND" "$OPT_KERNEL" "$RIG_TMP/initramfs" "$OPT_APPEND" \
		"$log" "$limit" demo_line || rc=$?
	boot_verdict "$rc" "$log" "$limit"
	[[ $rc -eq 0 ]] || die "demo: the guest did not end well"
	[[ -n $DEMO_REACHED ]] || die "demo: the guest did not get to its user space"
	[[ -n $DEMO_OFF ]] || die "demo: the guest did not power off"
	[[ $DEMO_SPLATS -eq 0 ]] || die "demo: the host kernel complained; its log is $log"
	say "demo: the guest got to its user space and powered off ($((SECONDS - start)) seconds in all)"
}

demo_line()
{
	case $1 in
	'@rig: splat '*)
		DEMO_SPLATS=$((DEMO_SPLATS + 1))
		printf 'host kernel: %s\n' "${1#@rig: splat }" >&2
		return ;;
	*'axvcpu-guest: user space reached'*)
		DEMO_REACHED=1 ;;
	*'reboot: Power down'*)
		DEMO_OFF=$DEMO_REACHED ;;
	esac
	printf '%s\n' "$1"
}
