# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# make demo: a stock kernel loads the module and boots a second, unmodified stock
# kernel as its guest, whose root file system is on a disk.  It must be in order when
# the guest is gone, though axrun is stopped and continued all the time.

DEMO_LIMIT=1200
# How often axrun must have been stopped at least; it is ten times as often.
DEMO_STOPS=10
DEMO_REACHED=
DEMO_OFF=
DEMO_CLEAN=
DEMO_SPLATS=0
DEMO_STOPPED=0

cmd_demo()
{
	local log rc=0 start=$SECONDS limit
	parse_options "$@"
	[[ ${#OPT_REST[@]} -eq 0 ]] || usage_error "what is '${OPT_REST[0]}'?"
	engine_require "$OPT_KERNEL"
	say "demo: Debian's $OPT_KERNEL kernel as host and as guest, backend $OPT_BACKEND ($(backend_what "$OPT_BACKEND")) in $OPT_ENGINE"
	rig_ready
	[[ -x $(tools_out)/axrun/axrun ]] || die "tools/axrun did not build an axrun"
	rig_tmp
	{
		job_head
		printf 'cpus=%s word=%s\n' "$(demo_cpus)" "$RANDOM$RANDOM$RANDOM"
		cat <<-'EOF'
		disk=/axvcpu/guest/disk.img
		rig_stutter axrun --kernel /axvcpu/guest/vmlinuz --initrd /axvcpu/guest/initrd-disk \
			--append "console=ttyS0 panic=-1 AXVCPU_WORD=$word" --mem 256M \
			--cpus "$cpus" --disk $disk
		rc=$?
		rig_klog
		if [ $rc -eq 0 ]; then
			# Without -f it tells whether it was left as by an umount.
			case $(e2fsck -n $disk 2>&1) in
			*recovery*)	rig_say "disk: was not left clean" ;;
			*': clean, '*)	;;
			*)		rig_say "disk: was not left clean" ;;
			esac
			e2fsck -fn $disk || rig_say "disk: is not in order"
			grep -qa "written by the guest: $word, $cpus processors" $disk && rig_say "disk: fine"
		fi
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
	[[ $DEMO_STOPPED -ge $DEMO_STOPS ]] || die "demo: axrun was stopped $DEMO_STOPPED times only"
	[[ -n $DEMO_OFF ]] || die "demo: the guest did not power off"
	[[ $DEMO_CLEAN = fine ]] || die "demo: the guest's disk ${DEMO_CLEAN:-does not have what the guest wrote}"
	[[ $DEMO_SPLATS -eq 0 ]] || die "demo: the host kernel complained; its log is $log"
	say "demo: the guest got to its user space and powered off, its disk is in order ($((SECONDS - start)) seconds in all)"
}

# The guest's processors: on a PC one, unless somebody asks for more.
demo_cpus() { echo "${OPT_CPUS:-$(if rig_native; then echo 1; else echo 4; fi)}"; }

demo_line()
{
	case $1 in
	'@rig: disk: '*)
		: "${DEMO_CLEAN:=${1#@rig: disk: }}"
		return ;;
	'@rig: splat '*)
		DEMO_SPLATS=$((DEMO_SPLATS + 1))
		printf 'host kernel: %s\n' "${1#@rig: splat }" >&2
		return ;;
	'@rig: stutter '*)
		read -r _ _ DEMO_STOPPED _ <<<"$1"
		say "demo: axrun was stopped and continued $DEMO_STOPPED times"
		return ;;
	*'axvcpu-guest: user space reached'*)
		DEMO_REACHED=1 ;;
	*'reboot: Power down'*)
		DEMO_OFF=$DEMO_REACHED ;;
	esac
	printf '%s\n' "$1"
}
