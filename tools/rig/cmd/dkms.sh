# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# make dkms: what a Debian user does.  In a clean system of each stable suite,
# DKMS adds, builds and installs the module against packaged headers; the result
# is loaded by modprobe on that suite's kernel.

DKMS_KERNELS='6.1 6.12'

cmd_dkms()
{
	local kernel failed=0
	parse_options "$@"
	[[ ${#OPT_REST[@]} -gt 0 ]] || read -r -a OPT_REST <<<"$DKMS_KERNELS"
	engine_require "${OPT_REST[@]}"
	if [[ ${#OPT_REST[@]} -eq 1 ]]; then
		engine_call prepare
		kernel_prepare "${OPT_REST[0]}"
		dkms_one "${OPT_REST[0]}"
		return
	fi
	# A process for each: the failure of one does not hide the other's.
	for kernel in "${OPT_REST[@]}"; do
		"$RIG_DIR/rig" dkms --backend "$OPT_BACKEND" --engine "$OPT_ENGINE" "$kernel" || failed=1
	done
	[[ $failed -eq 0 ]] || die "DKMS does not work everywhere"
	say "DKMS: added, built, installed, loaded by modprobe and removed on: ${OPT_REST[*]}"
}

# dkms_system KERNEL: a clean system with DKMS and the headers, made once.
dkms_system()
{
	local kernel=$1 suite env root tmp headers
	suite=$(kernel_suite "$kernel")
	env=dkms-$suite
	root=$(env_root "$env")
	headers=linux-headers-$(kernel_release "$kernel")
	[[ ! -e $root/.axvcpu-ready || $(cat "$root/.axvcpu-ready") != "$headers" ]] || return 0
	need_packages debootstrap:debootstrap debian-archive-keyring
	tmp=$root.tmp
	as_root rm -rf "$tmp" "$root"
	mkdir -p "${root%/*}"
	say "making a clean Debian $suite with DKMS and $headers"
	logged "dkms-$suite-debootstrap" env_bootstrap "$suite" "$tmp"
	as_root mv "$tmp" "$root"
	if ! logged "dkms-$suite-install" env_run_root "$env" apt-get install -y \
		--no-install-recommends "${APT_QUIET[@]}" dkms "$headers"; then
		die "$headers has left the archive: remove $RIG_CACHE/kernel/$kernel and try again"
	fi
	echo "$headers" | as_root tee "$root/.axvcpu-ready" >/dev/null
}

dkms_one()
{
	local kernel=$1 suite rel version work rc=0 log limit
	with_lock "dkms-$kernel" dkms_system "$kernel"
	suite=$(kernel_suite "$kernel")
	rel=$(kernel_release "$kernel")
	version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' "$RIG_TOP/dkms.conf")
	work=$RIG_BUILD/dkms/$kernel
	as_root rm -rf "$work"
	mkdir -p "$work/src" "$work/out"
	copy_tree "$work/src" Kbuild dkms.conf drivers include
	say "$kernel: dkms add, build, install in a clean Debian $suite"
	# What DKMS leaves is taken out as root's; removing must leave nothing.
	logged "dkms-$kernel" env_run_root "dkms-$suite" sh -exc '
		name=axvcpu version=$1 rel=$2 work=$3
		dkms remove $name/$version --all >/dev/null 2>&1 || true
		rm -rf /usr/src/$name-$version
		cp -r $work/src /usr/src/$name-$version
		dkms add -m $name -v $version
		dkms build -m $name -v $version -k $rel || { cat /var/lib/dkms/$name/$version/build/make.log; exit 1; }
		dkms install -m $name -v $version -k $rel
		dkms status
		dkms status | grep -q "^$name/$version, $rel.*: installed"
		cp -r /lib/modules/$rel/updates $work/out/
		cp /lib/modules/$rel/modules.* $work/out/
		dkms remove $name/$version --all
		! find /lib/modules/$rel -name "$name.ko*" | grep .
		rm -rf /usr/src/$name-$version
	' sh "$version" "$rel" "$work"
	as_root chown -R "$RIG_USER" "$work"
	say "$kernel: booting, modprobe axvcpu"
	rig_tmp
	cat >"$RIG_TMP/job" <<-'EOF'
	#!/bin/sh
	. /rig/lib
	dir=/lib/modules/$(uname -r)
	find $dir -name 'axvcpu.ko*'
	modprobe axvcpu && [ -c /dev/axvcpu ] && lsmod | grep axvcpu && rmmod axvcpu
	rc=$?
	rig_klog || rc=1
	exit $rc
	EOF
	RIG_PLAIN_MODULES=1 make_initramfs "$kernel" "$RIG_TMP/job" "$RIG_TMP/initramfs" \
		"$work/out/.=lib/modules/$rel"
	log=$RIG_LOGS/dkms-boot-$kernel.log
	limit=$(engine_limit "$OPT_TIMEOUT" 120)
	rig_boot "$OPT_BACKEND" "$kernel" "$RIG_TMP/initramfs" "$OPT_APPEND" "$log" "$limit" dkms_line || rc=$?
	boot_verdict "$rc" "$log" "$limit"
	return "$rc"
}

dkms_line() { printf '%s\n' "$1"; }
