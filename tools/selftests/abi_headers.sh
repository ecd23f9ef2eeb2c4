#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The uapi headers by themselves: every one compiles alone, as C11 and as C++17,
# with all warnings, and every structure has one layout for 32- and 64-bit user
# space and for both languages. Needs no module and no emulator.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
uapi=$here/../../include/uapi
cc=${CC:-cc}
cxx=${CXX:-c++}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

nr=0
failed=0

# What went wrong is in $tmp/out.
passed() { nr=$((nr + 1)); printf 'ok %d - %s\n' "$nr" "$1"; }
skipped() { nr=$((nr + 1)); printf 'ok %d - %s # SKIP %s\n' "$nr" "$1" "$2"; }
failed()
{
	nr=$((nr + 1))
	failed=$((failed + 1))
	sed 's/^/# /' "$tmp/out"
	printf 'not ok %d - %s\n' "$nr" "$1"
}

# compile NAME COMPILER FLAGS... FILE
compile()
{
	name=$1
	shift
	if "$@" >"$tmp/out" 2>&1; then passed "$name"; else failed "$name"; fi
}

# members ARCH: every structure and every member of it, nested ones too, as lines of
# "structure" or "structure member".
members()
{
	awk -v arch="$1" '
	function close_level(name,   i, kept) {
		for (i = start[depth]; i < n; i++)
			if (name != "")
				list[i] = name "." list[i]
		if (name != "")
			list[n++] = name
		depth--
	}
	{ gsub(/\/\*([^*]|\*[^\/])*\*\//, "") }
	/^[ \t]*\/\*/ { comment = 1 }
	comment { if (/\*\//) comment = 0; next }
	/^#if defined\(__x86_64__\)/ { foreign = arch != "x86" }
	/^#elif defined\(__riscv\)/ { foreign = arch != "riscv" }
	/^#elif defined\(__aarch64__\)/ { foreign = arch != "arm64" }
	/^#endif/ { foreign = 0 }
	foreign || /^#/ { next }
	/^struct [a-z0-9_]+ \{/ { tag = $2; depth = 1; n = 0; start[1] = 0; next }
	!tag { next }
	/^\};/ {
		print tag
		for (i = 0; i < n; i++)
			print tag, list[i]
		tag = ""
		next
	}
	/(struct|union) \{/ { depth++; start[depth] = n; next }
	/^[ \t]*\}/ {
		name = $0
		gsub(/[ \t};]|\[[^]]*\]/, "", name)
		close_level(name)
		next
	}
	/;/ {
		name = $0
		sub(/;.*/, "", name)
		gsub(/\[[^]]*\]/, "", name)
		sub(/.*[ \t]/, "", name)
		list[n++] = name
	}' "$uapi/linux/axvcpu.h" "$uapi/linux/axvcpu_$1.h"
}

# layout_source ARCH: a program whose assembly tells sizes and offsets, so that it need not run.
layout_source()
{
	case $1 in
	riscv)	number=%0 ;;
	*)	number=%c0 ;;
	esac
	printf '#include <linux/axvcpu.h>\nvoid layout(void);\nvoid layout(void)\n{\n'
	members "$1" | while read -r tag member; do
		if [ -z "$member" ]; then
			value="sizeof(struct $tag)"
		else
			value="__builtin_offsetof(struct $tag, $member)"
		fi
		# a number without anything about it
		printf '\t__asm__ volatile("@layout %s %s %s" : : "i" (%s));\n' \
			"$tag" "${member:--}" "$number" "$value"
	done
	printf '}\n'
}

# layout NAME COMPILER FLAGS...: into $tmp/NAME
layout()
{
	name=$1
	shift
	"$@" -w -I"$uapi" -O1 -S -o "$tmp/$name.s" >"$tmp/out" 2>&1 || return 1
	sed -n 's/^.*@layout //p' "$tmp/$name.s" >"$tmp/$name"
	[ -s "$tmp/$name" ]
}

# same NAME OTHER TITLE
same()
{
	if diff "$tmp/$1" "$tmp/$2" >"$tmp/out"; then passed "$3"; else failed "$3"; fi
}

have_cxx=
if command -v "$cxx" >/dev/null; then
	have_cxx=1
fi

printf 'TAP version 13\n'
if ! command -v "$cc" >/dev/null; then
	printf '1..0 # SKIP there is no compiler "%s"\n' "$cc"
	exit 4
fi
headers=$(find "$uapi/linux" -name '*.h' -exec basename {} ';' | sort)
printf '1..%d\n' $((2 * $(echo "$headers" | wc -l) + 7))

strict='-Wall -Wextra -Wpedantic -Werror -fsyntax-only'
for header in $headers; do
	printf '#include <linux/%s>\n#include <linux/%s>\n' "$header" "$header" >"$tmp/alone.c"
	cp "$tmp/alone.c" "$tmp/alone.cc"
	# shellcheck disable=SC2086
	compile "$header alone, C11" "$cc" -std=c11 $strict -I"$uapi" "$tmp/alone.c"
	if [ -n "$have_cxx" ]; then
		# shellcheck disable=SC2086
		compile "$header alone, C++17" "$cxx" -std=c++17 $strict -I"$uapi" "$tmp/alone.cc"
	else
		skipped "$header alone, C++17" 'there is no C++ compiler'
	fi
done

arch=x86
case $("$cc" -dumpmachine) in
riscv64-*) arch=riscv ;;
aarch64-*) arch=arm64 ;;
esac
layout_source "$arch" >"$tmp/layout.c"
cp "$tmp/layout.c" "$tmp/layout.cc"

structs=$(cat "$uapi/linux/axvcpu.h" "$uapi/linux/axvcpu_$arch.h" | grep -cE '^struct [a-z0-9_]+ \{')
if ! layout c64 "$cc" -std=c11 "$tmp/layout.c"; then
	failed 'layout'
	echo 'no layout' >"$tmp/c64"
elif [ "$(grep -c ' - ' "$tmp/c64")" -ne "$structs" ]; then
	echo "$structs structures in the headers, $(grep -c ' - ' "$tmp/c64") in the layout" >"$tmp/out"
	failed 'layout'
else
	printf '# %s structures, %s members\n' "$structs" "$(grep -vc ' - ' "$tmp/c64")"
	passed 'layout'
fi

# Every structure has a size that the header asserts.
: >"$tmp/out"
sed -nE 's/^struct (axvcpu_[a-z0-9_]+) \{.*/\1/p' "$uapi"/linux/axvcpu*.h | while read -r tag; do
	grep -q "sizeof(struct $tag) ==" "$uapi"/linux/axvcpu*.h || echo "struct $tag" >>"$tmp/out"
done
if [ -s "$tmp/out" ]; then failed 'sizes are asserted'; else passed 'sizes are asserted'; fi

if [ -z "$have_cxx" ]; then
	skipped 'C++ has the layout of C' 'there is no C++ compiler'
elif layout cxx "$cxx" -std=c++17 "$tmp/layout.cc"; then
	same c64 cxx 'C++ has the layout of C'
else
	failed 'C++ has the layout of C'
fi

# What is of no architecture is the same on each of them.
neutral() { grep -vE '^axvcpu_(x86|riscv|arm64)_| [a-z.]*\.(x86|riscv|arm64) ' "$1" >"$1.neutral"; }
# same_as_x86 ARCH COMPILER
same_as_x86()
{
	title="$1 has the layout of x86"
	layout_source "$1" >"$tmp/layout-$1.c"
	if [ "$arch" != x86 ] || ! command -v "$2" >/dev/null; then
		skipped "$title" "there is no compiler \"$2\""
	elif layout "$1" "$2" -std=c11 "$tmp/layout-$1.c"; then
		neutral "$tmp/c64"
		neutral "$tmp/$1"
		same c64.neutral "$1.neutral" "$title"
	else
		failed "$title"
	fi
}
same_as_x86 riscv riscv64-linux-gnu-gcc
same_as_x86 arm64 aarch64-linux-gnu-gcc

# A 64-bit installation has kernel headers that serve 32 bits as well.
multiarch=/usr/include/$("$cc" -print-multiarch)
case $(uname -m) in
x86_64)	narrow=-m32 ;;
*)	narrow= ;;
esac
if [ -z "$narrow" ]; then
	skipped '32 bits have the layout of 64' 'this machine has no 32-bit form'
elif ! echo 'int x;' | "$cc" "$narrow" -xc -S -o /dev/null - 2>/dev/null; then
	skipped '32 bits have the layout of 64' "the compiler does not know $narrow"
	narrow=
elif layout c32 "$cc" "$narrow" -std=c11 -idirafter "$multiarch" "$tmp/layout.c"; then
	same c64 c32 '32 bits have the layout of 64'
else
	failed '32 bits have the layout of 64'
fi

# Structures have no hole: padding is a member. Neither for 32 bits.
: >"$tmp/out"
"$cc" -std=c11 -Wpadded -Werror -fsyntax-only -I"$uapi" -xc "$uapi/linux/axvcpu.h" \
	>"$tmp/out" 2>&1 || true
if [ -n "$narrow" ]; then
	"$cc" "$narrow" -std=c11 -Wpadded -Werror -fsyntax-only -I"$uapi" \
		-idirafter "$multiarch" -xc "$uapi/linux/axvcpu.h" >>"$tmp/out" 2>&1 || true
fi
if [ -s "$tmp/out" ]; then failed 'no padding by the compiler'; else passed 'no padding by the compiler'; fi

[ "$failed" -eq 0 ]
