# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Debian packages: those the machine itself needs, and those that are only
# unpacked into the cache.

APT_QUIET=(-qq -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 -o Acquire::Retries=1 -o APT::Sandbox::User=root)

host_codename()
{
	# shellcheck disable=SC1091
	(. /etc/os-release 2>/dev/null && printf '%s' "${VERSION_CODENAME:-unknown}")
}

APT_FRESH=
host_apt_update()
{
	[[ -z $APT_FRESH ]] || return 0
	say "reading the package lists of this machine (apt-get update)"
	as_root apt-get update "${APT_QUIET[@]}" || as_root apt-get update "${APT_QUIET[@]}"
	APT_FRESH=1
}

# need_packages COMMAND:PACKAGE | PACKAGE ...: install what is missing.
need_packages()
{
	local item missing=()
	for item in "$@"; do
		if [[ $item = *:* ]]; then
			command -v "${item%%:*}" >/dev/null || missing+=("${item#*:}")
		elif [[ $(dpkg-query -W -f '${db:Status-Status}' "$item" 2>/dev/null) != installed ]]; then
			missing+=("$item")
		fi
	done
	[[ ${#missing[@]} -gt 0 ]] || return 0
	command -v apt-get >/dev/null ||
		die "not a Debian machine; install by hand: ${missing[*]}"
	with_lock apt install_packages "${missing[@]}"
}

install_packages()
{
	local cmd=(env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends
		   "${APT_QUIET[@]}" "$@")

	say "installing: $*"
	apt-cache show "$1" >/dev/null 2>&1 || host_apt_update
	mkdir -p "$RIG_LOGS"
	as_root "${cmd[@]}" >"$RIG_LOGS/apt-install.log" 2>&1 && return
	# Package lists age: the versions they name leave the mirror.
	APT_FRESH=
	host_apt_update
	logged apt-install as_root "${cmd[@]}" || die "apt-get could not install: $*"
}

# The archive this machine already uses; no mirror is named anywhere else.
archive_uri()
{
	local uri
	uri=$(apt-get indextargets --format '$(ORIGIN) $(RELEASE) $(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
		awk '$1 == "Debian" && $2 !~ /-/ && !n++ { print $3 }')
	[[ -n $uri ]] || uri=$(apt-get indextargets --format '$(RELEASE) $(REPO_URI)' 'Created-By: Packages' |
		awk '$1 !~ /-(security|updates|backports)/ && $2 !~ /security/ && !n++ { print $2 }')
	[[ -n $uri ]] || die "no Debian archive in this machine's apt sources"
	printf '%s' "${uri%/}"
}

ARCHIVE_KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

# private_apt SUITE COMMAND...: apt with this machine's sources and one suite
# more, leaving the machine's own configuration and lists alone.
private_apt()
{
	local suite=$1 dir=$RIG_CACHE/apt/$1
	shift
	if [[ ! -e $dir/ready ]]; then
		mkdir -p "$dir"/{sources,lists/partial,cache/archives/partial}
		# Start from the lists the machine has: only the new suite is fetched.
		cp /var/lib/apt/lists/*_InRelease /var/lib/apt/lists/*_Packages* "$dir/lists/" 2>/dev/null || true
		cp /etc/apt/sources.list.d/*.{list,sources} /etc/apt/sources.list "$dir/sources/" 2>/dev/null || true
		printf 'deb [signed-by=%s] %s %s main\n' "$ARCHIVE_KEYRING" "$(archive_uri)" "$suite" \
			>"$dir/sources/axvcpu-$suite.list"
		cat >"$dir/apt.conf" <<-EOF
		Dir::Etc::sourcelist "/dev/null";
		Dir::Etc::sourceparts "$dir/sources";
		Dir::State::lists "$dir/lists";
		Dir::Cache "$dir/cache";
		Acquire::Languages "none";
		Acquire::Retries "1";
		Debug::NoLocking "1";
		APT::Sandbox::User "root";
		EOF
		APT_CONFIG=$dir/apt.conf apt-get update -qq >&2 ||
			APT_CONFIG=$dir/apt.conf apt-get update -qq >&2
		touch "$dir/ready"
	fi
	APT_CONFIG=$dir/apt.conf "$@"
}

# unpack_into ROOT DEB...: by way of a temporary name, so that ROOT is whole or
# not there.
unpack_into()
{
	local root=$1 deb
	shift
	for deb in "$@"; do
		dpkg-deb -x "$deb" "$root"
	done
}

# Packages for the architecture of the backend, of which only some files are wanted:
# unpacked in the cache.  For another than amd64 they are of the first suite that has
# it.
FOREIGN_SUITE=trixie

package_root() { printf '%s/packages/%s-%s' "$RIG_CACHE" "$1" "$(rig_arch)"; }
package_file() { find "$(package_root "$1")" -path "$2" ! -type d -print -quit; }

package_prepare()
{
	[[ ! -e $(package_root "$1") ]] || return 0
	rig_native || env_prepare "$FOREIGN_SUITE"
	with_lock "package-$1" package_fetch "$1"
}

package_fetch()
{
	local name=$1 root tmp env
	root=$(package_root "$name")
	tmp=$root.tmp
	[[ ! -e $root ]] || return 0
	rm -rf "$tmp"
	mkdir -p "$tmp/debs" "$tmp/root"
	say "fetching $name for $(rig_arch), to be used from the cache only"
	if rig_native; then
		package_download_here "$tmp/debs" "$name"
	else
		env=$(env_name "$FOREIGN_SUITE")
		if ! env_download "$env" "$tmp/debs" "$name:$(rig_arch)"; then
			env_apt_renew "$env"
			env_download "$env" "$tmp/debs" "$name:$(rig_arch)"
		fi
	fi
	unpack_into "$tmp/root" "$tmp"/debs/*.deb
	mv "$tmp/root" "$root"
	rm -rf "$tmp"
}

# package_download_here DIR PACKAGE: by this machine's own sources.
package_download_here()
{
	apt-cache show "$2" >/dev/null 2>&1 || host_apt_update
	(cd "$1" && apt-get download "${APT_QUIET[@]}" "$2") && return
	APT_FRESH=
	host_apt_update
	(cd "$1" && apt-get download "${APT_QUIET[@]}" "$2")
}
