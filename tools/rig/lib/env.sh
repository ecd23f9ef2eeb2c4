# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Build environments.  A kernel of a Debian suite is fetched, and modules for it
# are built, in that suite: on the machine itself when it runs that suite, else
# in a chroot of it.  A compiler of another suite can be talked into it, but
# needs an override for each kernel.

# env_name SUITE: "host", or the suite when a chroot stands for it.
env_name()
{
	if [[ $(host_codename) = "$1" ]]; then
		echo host
	else
		echo "$1"
	fi
}

env_root() { printf '%s' "$RIG_CACHE/env/$1"; }

# env_run ENV COMMAND...: as the calling user; the build directory and the cache
# are at their own paths.  env_run_root: the same as root.
env_run()      { env_enter "$1" "$RIG_USER" "${@:2}"; }
env_run_root() { env_enter "$1" 0:0 "${@:2}"; }

env_enter()
{
	local env=$1 user=$2 root
	shift 2
	if [[ $env = host ]]; then
		if [[ $user = 0:0 ]]; then as_root "$@"; else "$@"; fi
		return
	fi
	root=$(env_root "$env")
	mkdir -p "$RIG_BUILD" "$RIG_CACHE"
	# The mounts live in a mount namespace of their own and end with the
	# command: nothing to clean up, and no "rm -rf" can ever reach through.
	as_root unshare --mount --propagation unchanged sh -ec '
		# Where / is no mount point of its own, there is nothing to make private.
		mount --make-rprivate / 2>/dev/null || true
		root=$1 user=$2 build=$3 cache=$4; shift 4
		mount -t proc proc "$root/proc"
		for dir in "$build" "$cache"; do
			mkdir -p "$root$dir"
			mount --bind "$dir" "$root$dir"
		done
		exec chroot --userspec="$user" "$root" /usr/bin/env \
			LC_ALL=C.UTF-8 HOME=/tmp DEBIAN_FRONTEND=noninteractive \
			PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
	' sh "$root" "$user" "$RIG_BUILD" "$RIG_CACHE" "$@"
}

# env_prepare SUITE: make the environment, once, and what it lacks to build for the
# architecture of the backend.
env_prepare()
{
	local env
	env=$(env_name "$1")
	env_prepare_native "$1" "$env"
	rig_native || env_run "$env" sh -c "command -v $(rig_cross)gcc" >/dev/null || {
		say "installing the compiler for $(rig_arch) in ${env/host/this machine}"
		with_lock "env-$env" env_install "$env" "gcc-$(rig_triplet)"
	}
}

env_prepare_native()
{
	local env=$2
	if [[ $env = host ]]; then
		need_packages make:make gcc:gcc libc6-dev xz:xz-utils depmod:kmod
		# For the kernel's objtool; its package has not one name in all suites.
		ldconfig -p | grep -c 'libelf\.so\.1' >/dev/null || need_packages libelf1
		return
	fi
	need_packages debootstrap:debootstrap debian-archive-keyring depmod:kmod xz:xz-utils
	[[ -e $(env_root "$env")/.axvcpu-ready ]] || with_lock "env-$env" env_make "$env"
}

env_make()
{
	local env=$1 root tmp
	root=$(env_root "$env")
	[[ ! -e $root/.axvcpu-ready ]] || return 0
	tmp=$root.tmp
	as_root rm -rf "$tmp" "$root"
	mkdir -p "${root%/*}"
	say "making a Debian $env chroot to build in (debootstrap)"
	logged "env-$env" env_bootstrap "$env" "$tmp" || return 1
	as_root mv "$tmp" "$root"
	say "installing compilers in the $env chroot"
	logged "env-$env-install" env_run_root "$env" apt-get install -y --no-install-recommends "${APT_QUIET[@]}" \
		make gcc libc6-dev pahole kmod xz-utils || return 1
	as_root touch "$root/.axvcpu-ready"
}

# In a mount namespace: debootstrap mounts proc, and may be interrupted.
env_debootstrap()
{
	as_root rm -rf "$2"
	as_root unshare --mount --propagation unchanged sh -c '
		mount --make-rprivate / 2>/dev/null
		exec debootstrap --variant=minbase "$@"
	' sh --keyring="$ARCHIVE_KEYRING" "$@"
}

# env_bootstrap SUITE DIR: a minimal root whose apt reaches the archive the way
# this machine's does (proxies, certificates).
env_bootstrap()
{
	local suite=$1 dir=$2 uri script=/usr/share/debootstrap/scripts/$1
	uri=$(archive_uri)
	[[ -e $script ]] || script=/usr/share/debootstrap/scripts/sid
	env_debootstrap "$suite" "$dir" "$uri" "$script" || env_debootstrap "$suite" "$dir" "$uri" "$script" || return 1
	[[ -x $dir/usr/bin/apt-get ]] || return 1
	# Only the way out is wanted from there: no hooks, no further indexes.
	as_root sh -c 'cd /etc/apt/apt.conf.d && for file in *; do
			grep -qE "Acquire" "$file" && ! grep -qE "Invoke|IndexTargets" "$file" || continue
			cp "$file" "$1/etc/apt/apt.conf.d/"
		done' sh "$dir"
	as_root mkdir -p "$dir/etc/ssl/certs"
	[[ ! -d /etc/ssl/certs ]] || as_root cp -rL /etc/ssl/certs/. "$dir/etc/ssl/certs/" 2>/dev/null || true
	as_root cp -L /etc/resolv.conf "$dir/etc/resolv.conf" 2>/dev/null || true
	env_sources "$suite" "$uri" | as_root tee "$dir/etc/apt/sources.list" >/dev/null
	as_root chroot "$dir" apt-get update -qq || as_root chroot "$dir" apt-get update -qq
}

# env_sources SUITE URI: the suite with its updates, where it has any.
env_sources()
{
	local security
	echo "deb $2 $1 main"
	[[ $1 != sid ]] || return 0
	echo "deb $2 $1-updates main"
	security=$(apt-get indextargets --format '$(RELEASE) $(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
		awk '$1 ~ /-security$/ && !n++ { print $2 }')
	[[ -z $security ]] || echo "deb ${security%/} $1-security main"
}

env_lists_renew()
{
	if [[ $1 = host ]]; then
		host_apt_update
	else
		env_run_root "$1" apt-get update -qq >&2 || env_run_root "$1" apt-get update -qq >&2
	fi
}

# env_apt ENV COMMAND...: a command of apt that knows the packages of the backend's
# architecture; for another than amd64 it has lists of its own.
env_apt()
{
	local env=$1
	shift
	if rig_native; then
		env_run "$env" "$@"
		return
	fi
	[[ -e $(env_apt_dir "$env")/ready ]] || env_apt_renew "$env"
	env_apt_foreign "$env" "$@"
}

env_apt_dir() { printf '%s/apt/%s-%s' "$RIG_CACHE" "${1/host/$(host_codename)}" "$(rig_arch)"; }

env_apt_foreign()
{
	local env=$1 dir
	shift
	dir=$(env_apt_dir "$env")
	env_run "$env" "$@" -o APT::Architectures::=amd64 -o APT::Architectures::="$(rig_arch)" \
		-o Dir::State::lists="$dir/lists" -o Dir::Cache="$dir/cache" -o Acquire::Languages=none \
		-o Debug::NoLocking=1 -o APT::Sandbox::User=root
}

# Of a suite's updates some list may be out of step in the archive, which is no harm
# as long as the rest of it is there.
env_apt_renew()
{
	local env=$1 dir
	if rig_native; then
		env_lists_renew "$env"
		return
	fi
	dir=$(env_apt_dir "$env")
	mkdir -p "$dir"/{lists/partial,cache/archives/partial} "$RIG_LOGS"
	env_apt_foreign "$env" apt-get update -qq >"$RIG_LOGS/apt-update.log" 2>&1 ||
		env_apt_foreign "$env" apt-get update -qq >"$RIG_LOGS/apt-update.log" 2>&1 ||
		note "not all package lists for $(rig_arch) could be had ($RIG_LOGS/apt-update.log)"
	touch "$dir/ready"
}

# env_download ENV DIR PACKAGE...
env_download()
{
	local env=$1 dir=$2
	shift 2
	env_apt "$env" env -C "$dir" apt-get download -qq -o Acquire::Retries=1 -o APT::Sandbox::User=root "$@"
}

env_install()
{
	local env=$1
	shift
	if [[ $env = host ]]; then
		need_packages "$@"
		return
	fi
	set -- env_run_root "$env" apt-get install -y --no-install-recommends "${APT_QUIET[@]}" "$@"
	"$@" >/dev/null 2>&1 && return
	# A run that was ended in the midst of it leaves packages half installed.
	env_run_root "$env" dpkg --force-confold --configure -a </dev/null >/dev/null 2>&1 ||
		env_run_root "$env" apt-get install -f -y "${APT_QUIET[@]}" </dev/null >/dev/null 2>&1 || true
	# Package lists age: the versions they name leave the archive.
	env_lists_renew "$env"
	"$@" >/dev/null
}
