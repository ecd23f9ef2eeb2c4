# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# make dkms: what a Debian user does.  In a clean system of each stable suite,
# DKMS adds, builds and installs the module against packaged headers; the result
# is loaded by modprobe on that suite's kernel.  For another architecture the system
# is amd64's with a compiler for that one, and DKMS is told of it.

# The kernels of stable suites that the backend has.
dkms_kernels() { engine_kernels | tr ' ' '\n' | grep -xE '6\.1|6\.12'; }

cmd_dkms()
{
	local kernel failed=0
	parse_options "$@"
	engine_require "${OPT_REST[@]}"
	[[ ${#OPT_REST[@]} -gt 0 ]] || mapfile -t OPT_REST < <(dkms_kernels)
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

dkms_env() { printf 'dkms-%s' "$(kernel_suite "$1")"; rig_native || printf -- '-%s' "$(rig_arch)"; }

# dkms_system KERNEL: a clean system with DKMS and the headers, made once.  Those for
# another architecture are the cache's.
dkms_system()
{
	local kernel=$1 suite env root tmp headers
	suite=$(kernel_suite "$kernel")
	env=$(dkms_env "$kernel")
	root=$(env_root "$env")
	headers=linux-headers-$(kernel_release "$kernel")
	rig_native || headers="gcc-$(rig_triplet) pahole"
	[[ ! -e $root/.axvcpu-ready || $(cat "$root/.axvcpu-ready") != "$headers" ]] || return 0
	need_packages debootstrap:debootstrap debian-archive-keyring
	tmp=$root.tmp
	as_root rm -rf "$tmp" "$root"
	mkdir -p "${root%/*}"
	say "making a clean Debian $suite with DKMS and $headers"
	logged "$env-debootstrap" env_bootstrap "$suite" "$tmp"
	as_root mv "$tmp" "$root"
	# shellcheck disable=SC2086
	if ! logged "$env-install" env_run_root "$env" apt-get install -y \
		--no-install-recommends "${APT_QUIET[@]}" dkms $headers; then
		die "$headers has left the archive: remove $RIG_CACHE/kernel/$kernel and try again"
	fi
	echo "$headers" | as_root tee "$root/.axvcpu-ready" >/dev/null
}

dkms_one()
{
	local kernel=$1 suite rel version work rc=0 log limit tag triplet foreign=()
	tag=$(kernel_tag "$kernel")
	triplet=$(rig_triplet)
	with_lock "dkms-$tag" dkms_system "$kernel"
	suite=$(kernel_suite "$kernel")
	rel=$(kernel_release "$kernel")
	version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' "$RIG_TOP/dkms.conf")
	work=$RIG_BUILD/dkms/$tag
	rig_native || foreign=(ARCH="$(rig_karch)" CROSS_COMPILE="$(rig_cross)"
		DKMS_FOR="--arch ${triplet%%-*} --kernelsourcedir $(kernel_headers "$kernel")")
	as_root rm -rf "$work"
	mkdir -p "$work/src" "$work/out"
	copy_tree "$work/src" Kbuild dkms.conf drivers include
	say "$kernel: dkms add, build, install in a clean Debian $suite"
	# What DKMS leaves is taken out as root's; removing must leave nothing.
	logged "dkms-$tag" env_run_root "$(dkms_env "$kernel")" env "${foreign[@]}" sh -exc '
		name=axvcpu version=$1 rel=$2 work=$3
		dkms remove $name/$version --all >/dev/null 2>&1 || true
		rm -rf /usr/src/$name-$version
		cp -r $work/src /usr/src/$name-$version
		dkms add -m $name -v $version
		[ -z "$DKMS_FOR" ] || { mkdir -p /lib/modules/$rel; depmod $rel; }
		# shellcheck disable=SC2086
		dkms build -m $name -v $version -k $rel $DKMS_FOR || { cat /var/lib/dkms/$name/$version/build/make.log; exit 1; }
		dkms install -m $name -v $version -k $rel $DKMS_FOR
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
	rig_drained
	dir=/lib/modules/$(uname -r)
	find $dir -name 'axvcpu.ko*'
	modprobe axvcpu && [ -c /dev/axvcpu ] && lsmod | grep axvcpu && rmmod axvcpu
	rc=$?
	rig_klog || rc=1
	exit $rc
	EOF
	RIG_PLAIN_MODULES=1 make_initramfs "$kernel" "$RIG_TMP/job" "$RIG_TMP/initramfs" \
		"$work/out/.=lib/modules/$rel"
	log=$RIG_LOGS/dkms-boot-$tag.log
	limit=$(engine_limit "$OPT_TIMEOUT" 120)
	rig_boot "$OPT_BACKEND" "$kernel" "$RIG_TMP/initramfs" "$OPT_APPEND" "$log" "$limit" dkms_line || rc=$?
	boot_verdict "$rc" "$log" "$limit"
	return "$rc"
}

dkms_line() { printf '%s\n' "$1"; }
