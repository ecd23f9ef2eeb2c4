# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Building the module for a kernel, and the static programs that run inside.
# Nothing is ever written to the source tree.

RIG_MODULE_SRC=${AXV_MODULE_SRC:-$RIG_TOP}

# copy_tree DEST ITEM...: copy what changed and drop what is gone, so that make
# sees exactly what a person edited.
copy_tree()
{
	local dest=$1 file
	shift
	mkdir -p "$dest"
	while IFS= read -r file; do
		cmp -s "$RIG_MODULE_SRC/$file" "$dest/$file" && continue
		mkdir -p "$dest/${file%/*}"
		cp "$RIG_MODULE_SRC/$file" "$dest/$file"
	done < <(cd "$RIG_MODULE_SRC" && find "$@" -type f ! -name '*.o' ! -name '.*' ! -name '*.ko' ! -name '*~' | sed '/\//!s,^,./,')
	while IFS= read -r file; do
		[[ -e $RIG_MODULE_SRC/$file ]] || rm -f "$dest/$file"
	done < <(cd "$dest" && find "$@" -type f \( -name '*.[chS]' -o -name Kbuild -o -name Makefile \) ! -name '*.mod.c')
}

# What a module is built with beside the usual, part of the name of where it lies:
# "gcov", to count what of it is reached.
RIG_MODULE_KIND=${RIG_MODULE_KIND-}
export RIG_MODULE_KIND

module_out() { printf '%s/%s' "$RIG_BUILD" "$(kernel_tag "$1")${RIG_MODULE_KIND:+-$RIG_MODULE_KIND}"; }
module_dir() { printf '%s/module' "$(module_out "$1")"; }
module_file() { find "$(module_dir "$1")" -name 'axvcpu.ko' | head -n1; }

# module_make KERNEL DIR MAKE-ARGS...: make in a copy of the sources, with the
# compiler the kernel was built with.
module_make()
{
	local kernel=$1 dir=$2 env headers cc
	shift 2
	env=$(kernel_env "$kernel")
	headers=$(kernel_headers "$kernel")
	cc=$(sed -nE 's/^(override )?CC *:?= *.*(gcc-[0-9]+).*/\2/p' "$headers/.kernelvariables" 2>/dev/null | head -n1)
	if [[ -n $cc ]] && ! env_run "$env" sh -c "command -v $(rig_cross)$cc" >/dev/null; then
		env_install "$env" "$cc$(rig_native || printf -- '-%s' "$(rig_triplet)")"
	fi
	rig_native || set -- ARCH="$(rig_karch)" CROSS_COMPILE="$(rig_cross)" "$@"
	[[ ! -e $dir/tools/selftests/module ]] || set -- AXVCPU_SELFTEST=m "$@"
	env_run "$env" make -C "$headers" M="$dir" -j"$RIG_JOBS" "$@" modules
}

# What of the tree the module is made of.
module_copy()
{
	# shellcheck disable=SC2046
	copy_tree "$1" $(cd "$RIG_MODULE_SRC" && ls -d Kbuild drivers include tools/selftests/module 2>/dev/null)
}

# Fuzzers look by KCOV where they have got to.
module_args()
{
	case $RIG_MODULE_KIND in
	gcov)	echo GCOV_PROFILE=y ;;
	*)	! kernel_is "$1" built || echo KCOV_INSTRUMENT=y ;;
	esac
}

build_module()
{
	local kernel=$1 dir out built args
	out=$(module_out "$kernel")
	dir=$(module_dir "$kernel")
	[[ -e $RIG_MODULE_SRC/Kbuild ]] || die "no module sources in $RIG_MODULE_SRC"
	mkdir -p "$dir"
	(
		flock 9
		module_copy "$dir"
		say "building the module for $(kernel_release "$kernel")"
		read -r -a args <<<"$(module_args "$kernel")"
		logged "build-module-$(kernel_tag "$kernel")" module_make "$kernel" "$dir" "${args[@]}"
		built=$(module_file "$kernel")
		# Whole or not at all: another boot may be reading it.
		if ! cmp -s "$built" "$out/axvcpu.ko"; then
			cp "$built" "$out/axvcpu.ko.new"
			mv "$out/axvcpu.ko.new" "$out/axvcpu.ko"
		fi
		# those of the tests
		rm -f "$out"/axvcpu_*.ko
		find "$dir/tools" -name '*.ko' -exec cp {} "$out" \; 2>/dev/null || true
	) 9>"$out/.lock"
}

# Directories under tools/ that make static programs.
read -r -a RIG_TOOL_DIRS <<<"${AXV_TOOLS:-lib axrun examples bench selftests}"

# Where those for the architecture of the backend are.
tools_out() { printf '%s/tools' "$RIG_BUILD"; rig_native || printf -- '-%s' "$(rig_arch)"; }

# libfdt, with which axrun makes device trees: for another architecture than amd64 it
# is in one directory.
libfdt_dir() { printf '%s/libfdt-%s' "$RIG_BUILD" "$(rig_arch)"; }

libfdt_prepare()
{
	local dir file
	if rig_native; then
		need_packages libfdt-dev
		return
	fi
	dir=$(libfdt_dir)
	[[ ! -e $dir/libfdt.a ]] || return 0
	package_prepare libfdt-dev
	mkdir -p "$dir"
	for file in fdt.h libfdt.h libfdt_env.h libfdt.a; do
		cp "$(package_file libfdt-dev "*/$file")" "$dir/$file"
	done
}

# What it takes to build them, and what make is told beside where to.
tools_prepare()
{
	need_packages make:make gcc:gcc libc6-dev
	rig_native || need_packages "$(rig_cross)gcc:gcc-$(rig_triplet)" "libc6-dev-$(rig_arch)-cross"
	libfdt_prepare
}

tools_args() { rig_native || printf 'CROSS_COMPILE=%s LIBFDT=%s' "$(rig_cross)" "$(libfdt_dir)"; }

build_tools()
{
	local dir out args
	out=$(tools_out)
	tools_prepare
	read -r -a args <<<"$(tools_args)"
	mkdir -p "$out"
	(
		flock 9
		for dir in "${RIG_TOOL_DIRS[@]}"; do
			[[ -e $RIG_TOP/tools/$dir/Makefile ]] || continue
			say "building tools/$dir for $(rig_arch)"
			logged "build-tools-$dir" make -C "$RIG_TOP/tools/$dir" -j"$RIG_JOBS" \
				O="$out/$dir" "${args[@]}"
		done
	) 9>"$out/.lock"
}
