# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What every part of the rig uses: where things are, how to speak, how to lock,
# how to become root for one command.

# What the top make was told is not for the makes further down.
unset MAKEFLAGS MFLAGS MAKEOVERRIDES MAKELEVEL BACKEND ENGINE MACHINE KERNEL TEST ROW LIMITS TWICE PROFILE KDIR O ARCH CROSS_COMPILE

# A user's PATH may lack where depmod and debootstrap are.
PATH=$PATH:/usr/sbin:/sbin

: "${HOME:=$(cd ~ && pwd)}"

RIG_TOP=$(cd "$RIG_DIR/../.." && pwd)
RIG_CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/axvcpu
RIG_BUILD=${AXV_BUILD:-$RIG_TOP/build}
[[ $RIG_BUILD = /* ]] || RIG_BUILD=$PWD/$RIG_BUILD
RIG_LOGS=$RIG_BUILD/logs
RIG_JOBS=$(nproc 2>/dev/null || echo 1)
RIG_USER=$(id -u):$(id -g)

say()  { printf '==> %s\n' "$*" >&2; }
note() { printf '    %s\n' "$*" >&2; }
warn() { printf 'warning: %s\n' "$*" >&2; }
die()  { printf 'error: %s\n' "$*" >&2; exit 1; }

# A mistake on the command line, told from a failure by its exit status.
usage_error() { printf 'error: %s\n' "$*" >&2; exit 2; }

as_root()
{
	if [[ $(id -u) -eq 0 ]]; then
		"$@"
		return
	fi
	command -v sudo >/dev/null ||
		die "root is needed for '$1', and there is no sudo: run as root"
	sudo -- "$@"
}

# with_lock NAME COMMAND...: one at a time among all users of the cache.  The
# subshell holds the lock, so that it goes with whatever ends the command.
# (Not to be called in a condition: errexit would be off in the command.)
with_lock()
{
	local name=$1
	shift
	mkdir -p "$RIG_CACHE/locks"
	(
		if ! flock -n 9; then
			note "waiting for another run that prepares $name"
			flock 9
		fi
		"$@" 9>&-
	) 9>"$RIG_CACHE/locks/$name"
}

# logged NAME COMMAND...: keep the output in a file, show its end on failure.
logged()
{
	local log=$RIG_LOGS/$1.log rc=0
	shift
	mkdir -p "${log%/*}"
	"$@" >"$log" 2>&1 || rc=$?
	if [[ $rc -ne 0 ]]; then
		# A parallel make goes on for a while after what made it fail.
		grep -A3 -m10 -E '(error|Error|ERROR):|No rule to make' "$log" >&2 || tail -n 40 "$log" >&2
		printf 'error: failed (%d): %s\n' "$rc" "$*" >&2
		printf 'error: the whole log is %s\n' "$log" >&2
	fi
	return $rc
}

# Quote words for a POSIX shell (the one inside the rig is not bash).
sh_quote()
{
	local word out=
	for word in "$@"; do
		out+="'${word//\'/\'\\\'\'}' "
	done
	printf '%s' "${out% }"
}

RIG_AT_EXIT=()
rig_at_exit() { RIG_AT_EXIT+=("$1"); }
rig_leave()
{
	local todo
	for todo in "${RIG_AT_EXIT[@]}"; do
		eval "$todo"
	done
}
trap rig_leave EXIT

# A directory to work in that is gone at the end, whatever the end is.
RIG_TMP=
rig_tmp()
{
	[[ -z $RIG_TMP ]] || return 0
	RIG_TMP=$(mktemp -d "${TMPDIR:-/tmp}/axvcpu-rig.XXXXXX")
	rig_at_exit 'rm -rf "$RIG_TMP"'
}
