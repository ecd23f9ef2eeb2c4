# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# make coverage: which lines and branches of the module the tests reach, all boots
# together; those that none does are listed with the reason for it.

COVERAGE_KERNEL=debug
COVERAGE_LEAST=85
COVERAGE_REASONS=$RIG_DIR/coverage-reasons

cmd_coverage()
{
	local tests=0 status=0 build=--build arg before=
	for arg in "$@"; do
		[[ $before != --backend ]] || OPT_BACKEND=$arg
		before=$arg
		case $arg in
		--backend=*)	OPT_BACKEND=${arg#*=} ;;
		--help|-h)	usage; exit 0 ;;
		--kernel*)	usage_error "coverage is measured on the kernel $COVERAGE_KERNEL" ;;
		--no-build)	build= ;;
		esac
	done
	RIG_MODULE_KIND=gcov
	# What comes of the last run can be looked at again.
	if [[ -n $build ]]; then
		rm -rf "$RIG_BUILD/coverage"
		mkdir -p "$RIG_BUILD/coverage"
		"$RIG_DIR/rig" check --kernel "$COVERAGE_KERNEL" "$@" || tests=$?
	fi
	coverage_report || status=1
	if [[ $tests -ne 0 ]]; then
		printf 'error: tests failed\n' >&2
		status=1
	fi
	exit "$status"
}

coverage_report()
{
	local dir=$RIG_BUILD/coverage src boot env report=$RIG_BUILD/coverage/report status=0
	src=$(module_dir "$COVERAGE_KERNEL")/drivers/virt/axvcpu
	env=$(kernel_env "$COVERAGE_KERNEL")
	compgen -G "$dir/*/" >/dev/null || die "no boot told what it has reached"
	for boot in "$dir"/*/; do
		coverage_boot "$env" "$src" "${boot%/}" || die "gcov failed; see ${boot%/}.err"
	done
	awk -f "$RIG_DIR/lib/coverage.awk" -v top="$src/" -v least="$COVERAGE_LEAST" \
		"$COVERAGE_REASONS" "$dir"/*.gcov >"$report" || status=$?
	cat "$report"
	[[ $status -eq 0 ]] || printf 'error: at least %s %% of the lines are wanted\n' "$COVERAGE_LEAST" >&2
	return "$status"
}

# coverage_boot ENV SOURCE DIR: DIR.gcov.  The notes that the compiler left lie beside
# the objects; the counts of a boot have the whole path of these in their names.
coverage_boot()
{
	local env=$1 src=$2 dir=$3 file
	while IFS= read -r file; do
		mkdir -p "$dir$src/${file%/*}"
		cp "$src/$file" "$dir$src/$file"
	done < <(cd "$src" && find . -name '*.gcno' ! -name '*.mod.gcno')
	# shellcheck disable=SC2016
	env_run "$env" sh -c 'cd "$1" && find . -name "*.gcno" -exec "$2" -b -c -t {} +' sh \
		"$dir$src" "$(rig_cross)gcov" >"$dir.gcov" 2>"$dir.err"
}
