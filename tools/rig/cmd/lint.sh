# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# make lint: everything that can be found wrong without running anything.

# checkpatch message types that do not hold here, and why.
CHECKPATCH_MODULE_IGNORE=(
	# kzalloc_obj() and its like came with 7.0; the oldest kernel has none.
	ALLOC_WITH_SIZEOF ALLOC_SIZEOF_STRUCT
	# A list of registers (arm64/sysregs.h) gives each use all that there is of one.
	COMPLEX_MACRO MACRO_ARG_UNUSED MACRO_ARG_REUSE
)
CHECKPATCH_TRACE_IGNORE=(
	# The layout of TRACE_EVENT() is that of the kernel's own trace headers.
	OPEN_ENDED_LINE PARENTHESIS_ALIGNMENT
)
CHECKPATCH_UAPI_IGNORE=(
	# _Static_assert and BIT() are not what they are in the kernel, and which
	# architecture part to take is what the preprocessor must say.
	CAMELCASE BIT_MACRO ARCH_DEFINES
)
# User space is not the kernel: these ask for what only the kernel has.
CHECKPATCH_TOOLS_IGNORE=(
	PREFER_KERNEL_TYPES NEW_TYPEDEFS AVOID_EXTERNS
	PREFER_DEFINED_ATTRIBUTE_MACRO STRCPY STRLCPY STRNCPY SSCANF_TO_KSTRTO
	CONSIDER_KSTRTO VOLATILE USE_NEGATIVE_ERRNO PREFER_FALLTHROUGH
	EMBEDDED_FUNCTION_NAME ENOSYS COMPLEX_MACRO MACRO_ARG_REUSE
	# Tests leave by their macros.
	MACRO_WITH_FLOW_CONTROL MULTISTATEMENT_MACRO_USE_DO_WHILE
	# Takes a member that is a pointer to a function for its declaration.
	FUNCTION_ARGUMENTS
)

# One for each architecture.
LINT_BACKENDS=(svm riscv vhe)

LINT_BAD=()

cmd_lint()
{
	local what
	parse_options "$@"
	[[ ${#OPT_REST[@]} -gt 0 ]] || OPT_REST=(shell headers spdx observed tools checkpatch module)
	mkdir -p "$RIG_LOGS"
	for what in "${OPT_REST[@]}"; do
		[[ $(type -t "lint_$what") = function ]] ||
			usage_error "no check '$what'; there are: shell headers spdx observed tools checkpatch module"
		"lint_$what"
	done
	if [[ ${#LINT_BAD[@]} -gt 0 ]]; then
		printf 'lint: not clean: %s\n' "${LINT_BAD[*]}"
		exit 1
	fi
	printf 'lint: clean\n'
}

# lint_report NAME LOG-FILE COUNT-TEXT: an empty log is a clean check.
lint_report()
{
	if [[ -s $2 ]]; then
		printf 'lint: %-24s NOT CLEAN (%s)\n' "$1" "$3"
		head -n "${LINT_SHOW:-60}" "$2" | sed 's/^/    /'
		printf '    all of it: %s (%d lines)\n' "$2" "$(wc -l <"$2")"
		LINT_BAD+=("$1")
	else
		printf 'lint: %-24s clean (%s)\n' "$1" "$3"
	fi
}

# lint_files PATTERN...: files of the tree that git would keep.
lint_files()
{
	(cd "$RIG_TOP" && git ls-files --cached --others --exclude-standard -- "$@" |
		sort -u | while IFS= read -r file; do [[ ! -f $file ]] || echo "$file"; done)
}

lint_shell()
{
	local log=$RIG_LOGS/lint-shell.log files=() file
	need_packages shellcheck:shellcheck
	while IFS= read -r file; do
		case $file in
		*.sh|*/host-lib) files+=("$file") ;;
		*.[chS]|*.rst|*.md) ;;
		*)	! head -n1 "$RIG_TOP/$file" | grep -qaE '^#!.*/(env )?(ba|da)?sh\b' || files+=("$file") ;;
		esac
	done < <(lint_files)
	(cd "$RIG_TOP" && shellcheck -x "${files[@]}") >"$log" 2>&1 || true
	lint_report shellcheck "$log" "${#files[@]} files"
}

lint_headers()
{
	local log=$RIG_LOGS/lint-headers.log header count=0 flags
	need_packages gcc:gcc g++:g++ libc6-dev
	: >"$log"
	flags=(-fsyntax-only -Wall -Wextra -Wpedantic -Werror -isystem "$RIG_TOP/include/uapi")
	for header in "$RIG_TOP"/include/uapi/linux/*.h; do
		[[ -e $header ]] || continue
		count=$((count + 1))
		# Warnings in system headers are not shown; hence by -include.
		gcc -std=c11 "${flags[@]}" -x c -include "$header" /dev/null >>"$log" 2>&1 || true
		g++ -std=c++17 "${flags[@]}" -x c++ -include "$header" /dev/null >>"$log" 2>&1 || true
		# The layout is one for 32 and 64 bits: the assertions in the header say so.
		gcc -m32 -std=c11 "${flags[@]}" -isystem "/usr/include/$(gcc -dumpmachine)" \
			-x c -include "$header" /dev/null >>"$log" 2>&1 || true
	done
	lint_report uapi-headers "$log" "$count headers, as C11, C++17 and 32-bit C11"
}

lint_spdx()
{
	local log=$RIG_LOGS/lint-spdx.log file count=0
	: >"$log"
	while IFS= read -r file; do
		case $file in
		LICENSE*|*.md) continue ;;
		esac
		count=$((count + 1))
		head -n 3 "$RIG_TOP/$file" | grep -q 'SPDX-License-Identifier: ' || echo "$file: no SPDX line" >>"$log"
		! grep -nE '[[:blank:]]+$' "$RIG_TOP/$file" | sed "s,^,$file:," | sed 's/$/: space at the end/' >>"$log"
	done < <(lint_files)
	lint_report spdx-and-space "$log" "$count files"
}

# The generated table has the rows that the headers call for, in order, and a cell for
# each backend; what is in the cells is what the tests saw when it was made.
lint_observed()
{
	local log=$RIG_LOGS/lint-observed.log file=Documentation/observed.rst
	# shellcheck source=/dev/null
	. "$RIG_DIR/cmd/observed.sh"
	: >"$log"
	if [[ ! -s $RIG_TOP/$file ]]; then
		echo "$file: is not there" >"$log"
	else
		observed_names | awk -v "backends=$(backend_names)" -v "file=$file" '
			NR == FNR { want[++n] = $1 == "exit" ? $2 : toupper($2) "_" $3; next }
			/^=+( =+)+$/ { rules++; cells = NF; next }
			rules % 3 == 1 {
				$1 = $1
				if ($0 !~ "^[a-z]+ " backends "$")
					print file ": not a head of its tables: " $0
			}
			rules % 3 == 2 {
				# a name, and columns of which none is empty
				name = substr($0, 1, 26)
				sub(/ +$/, "", name)
				for (i = 0; i < cells - 1; i++)
					if (substr($0, 28 + 16 * i, 15) !~ /^[^ ]/)
						print file ": " name ": no cell " i + 1
				if (rules < 6 && name ~ /^[A-Z0-9_]+$/ && name != want[++at])
					print file ": has " name " where " want[at] " is to be"
			}
			END {
				if (rules != 9)
					print file ": " rules / 3 " tables, not 3"
				if (at != n)
					print file ": " at " rows of " n
			}' - "$RIG_TOP/$file" >"$log"
	fi
	lint_report observed "$log" "the rows of $file"
}

lint_tools()
{
	local OPT_BACKEND log dir out args
	for OPT_BACKEND in "${LINT_BACKENDS[@]}"; do
		log=$RIG_LOGS/lint-tools-$(rig_arch).log
		out=$RIG_BUILD/lint/tools-$(rig_arch)
		: >"$log"
		rm -rf "$out"
		tools_prepare
		for dir in "${RIG_TOOL_DIRS[@]}" bench/plugin; do
			[[ -e $RIG_TOP/tools/$dir/Makefile ]] || continue
			mkdir -p "$out/$dir"
			read -r -a args <<<"$(tools_args)"
			make -C "$RIG_TOP/tools/$dir" -j"$RIG_JOBS" O="$out/$dir" "${args[@]}" \
				CFLAGS='-O2 -g -Wall -Wextra -Werror' >"$out/$dir.out" 2>&1 ||
				grep -E 'error|warning|Error' "$out/$dir.out" >>"$log" || echo "tools/$dir does not build" >>"$log"
			grep 'warning:' "$out/$dir.out" >>"$log" || true
		done
		lint_report "tools-$(rig_arch)" "$log" "${RIG_TOOL_DIRS[*]}: -Wall -Wextra -Werror"
	done
}

# checkpatch.pl is in no small package of Debian; it is taken out of the newest
# kernel's source package, once.
checkpatch_prepare()
{
	need_packages perl xz:xz-utils
	env_prepare sid
	[[ -e $RIG_CACHE/checkpatch/checkpatch.pl ]] || with_lock checkpatch checkpatch_fetch
}

checkpatch_fetch()
{
	local tmp=$RIG_CACHE/checkpatch.tmp env package
	[[ ! -e $RIG_CACHE/checkpatch/checkpatch.pl ]] || return 0
	env=$(env_name sid)
	rm -rf "$tmp"
	mkdir -p "$tmp/debs"
	say "fetching the kernel's source for its checkpatch.pl (some 150 MB, kept: 200 KB)"
	package=$(env_run "$env" apt-cache depends --important linux-source | awk '/Depends: linux-source-/ && !n++ { print $2 }')
	env_run "$env" sh -c 'cd "$1" && apt-get download -qq -o Acquire::Retries=1 -o APT::Sandbox::User=root "$2"' sh "$tmp/debs" "$package"
	dpkg-deb --fsys-tarfile "$tmp"/debs/*.deb | tar -xO --wildcards './usr/src/linux-source-*.tar.xz' |
		xz -dc | tar -x -C "$tmp" --strip-components=2 --wildcards \
		'*/scripts/checkpatch.pl' '*/scripts/spelling.txt' '*/scripts/const_structs.checkpatch'
	rm -rf "$tmp/debs" "$RIG_CACHE/checkpatch"
	mv "$tmp" "$RIG_CACHE/checkpatch"
}

lint_checkpatch()
{
	checkpatch_prepare
	checkpatch_group module 'drivers/*.[chS]' -- --strict "${CHECKPATCH_MODULE_IGNORE[@]}"
	checkpatch_group trace 'drivers/*trace*.h' -- --strict "${CHECKPATCH_MODULE_IGNORE[@]}" "${CHECKPATCH_TRACE_IGNORE[@]}"
	checkpatch_group uapi 'include/*.h' -- --strict "${CHECKPATCH_UAPI_IGNORE[@]}"
	checkpatch_group tools 'tools/*.[chS]' -- --no-strict "${CHECKPATCH_TOOLS_IGNORE[@]}"
}

# checkpatch_group NAME PATTERN... -- --strict|--no-strict IGNORED-TYPE...
checkpatch_group()
{
	local name=$1 log=$RIG_LOGS/lint-checkpatch-$1.log patterns=() files strict copy status=0
	shift
	while [[ $1 != -- ]]; do
		patterns+=("$1")
		shift
	done
	strict=$2
	shift 2
	mapfile -t files < <(lint_files "${patterns[@]}" | case $name in
		module)	grep -v 'trace\.h$' ;;
		# Headers of assembly, and stand-ins for the kernel's own headers.
		tools)	grep -vE '/guest/.*\.h$|/shim/' ;;
		*)	cat ;;
		esac)
	[[ ${#files[@]} -gt 0 ]] || return 0
	# In a copy, for it leaves files behind, and asks git what it should not.
	copy=$RIG_BUILD/lint/checkpatch-$name
	rm -rf "$copy"
	mkdir -p "$copy"
	(cd "$RIG_TOP" && printf '%s\0' "${files[@]}" | tar -c --null -T -) | tar -x -C "$copy"
	(cd "$copy" && perl "$RIG_CACHE/checkpatch/checkpatch.pl" \
		--no-tree --terse --show-types --no-summary --max-line-length=100 "$strict" \
		--ignore "$(IFS=,; echo "$*")" -f "${files[@]}") >"$copy.out" 2>"$copy.err" || status=$?
	grep -v '^$' "$copy.out" >"$log" || true
	[[ $status -eq 0 || -s $log ]] || cp "$copy.err" "$log"
	lint_report "checkpatch-$name" "$log" "${#files[@]} files, $strict, ignored: $*"
}

lint_module()
{
	local OPT_BACKEND OPT_ENGINE=qemu kernel
	for OPT_BACKEND in "${LINT_BACKENDS[@]}"; do
		for kernel in $(engine_kernels); do
			! kernel_is "$kernel" stock || lint_module_for "$kernel"
		done
	done
}

# Sparse does not know all that a compiler may be told of a RISC-V.
lint_sparse()
{
	cat <<-'EOS'
	#!/bin/sh
	for arg; do
		shift
		case $arg in -march=*) ;; *) set -- "$@" "$arg" ;; esac
	done
	exec sparse "$@"
	EOS
}

lint_module_for()
{
	local kernel=$1 dir log out env
	kernel_prepare "$kernel"
	env=$(kernel_env "$kernel")
	env_run "$env" sh -c 'command -v sparse' >/dev/null || env_install "$env" sparse
	dir=$RIG_BUILD/lint/$(kernel_tag "$kernel")
	log=$RIG_LOGS/lint-module-$(kernel_tag "$kernel").log
	out=$dir.out
	rm -rf "$dir"
	module_copy "$dir"
	lint_sparse >"$RIG_BUILD/lint/sparse"
	chmod +x "$RIG_BUILD/lint/sparse"
	# KBUILD_CHECKSRC, not C: packaged headers lack the script that C asks.
	if module_make "$kernel" "$dir" -k W=1 KBUILD_CHECKSRC=1 CHECK="$RIG_BUILD/lint/sparse" CF=-D__CHECK_ENDIAN__ >"$out" 2>&1; then
		# What the kernel's own headers have to say is not ours to mend.
		grep -E 'warning|error:|WARNING' "$out" |
			grep -vE "^(\./)?(include|arch)/|^$(kernel_root "$kernel")|^/usr/src/|Skipping BTF|specified, but sparse|BTF .* vmlinux" >"$log" || true
	else
		{ grep -E '(error|warning):|WARNING|No rule to make' "$out" || tail -n 20 "$out"; } >"$log"
	fi
	lint_report "module-$(kernel_tag "$kernel")" "$log" "W=1, sparse, $(kernel_release "$kernel")"
}
