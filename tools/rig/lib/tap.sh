# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# KTAP: reading the lines of a test, printing them, counting, and judging
# whether a test said what it had planned to say.

TAP_PASSED=0
TAP_FAILED=0
TAP_SKIPPED=0
TAP_FAILURES=()
# How much of what a test says before a failure is worth showing.
TAP_DIAG_SHOWN=12

# tap_begin WHERE TEST: WHERE is the kernel, or "host".
tap_begin()
{
	TAP_WHERE=$1
	TAP_TEST=$2
	TAP_PLAN=
	TAP_LINES=0
	TAP_BAD=0
	TAP_SAID_BAD=0
	TAP_DIAG=()
	TAP_SPLATS=()
	TAP_START=$SECONDS
}

tap_show() { printf '%-5s %-14s %s\n' "$TAP_WHERE" "$TAP_TEST" "$1"; }

# The rig's own verdict on a test.
tap_fail()
{
	TAP_FAILED=$((TAP_FAILED + 1))
	TAP_BAD=$((TAP_BAD + 1))
	TAP_FAILURES+=("$TAP_WHERE $TAP_TEST: $1")
	tap_show "not ok   - $1"
	tap_diagnostics
}

tap_diagnostics()
{
	local line skipped=$((${#TAP_DIAG[@]} - TAP_DIAG_SHOWN))
	if [[ $skipped -gt 0 ]]; then
		tap_show "  (the last $TAP_DIAG_SHOWN lines; all are in the log)"
		TAP_DIAG=("${TAP_DIAG[@]: -TAP_DIAG_SHOWN}")
	fi
	for line in "${TAP_DIAG[@]}"; do
		tap_show "  $line"
	done
	for line in "${TAP_SPLATS[@]}"; do
		tap_show "  # kernel: $line"
	done
	TAP_DIAG=()
	TAP_SPLATS=()
}

TAP_SKIP_RE='#[[:space:]]*(SKIP|skip|Skip)'
TAP_PLAN_RE='^1\.\.([0-9]+)'
TAP_OK_RE='^ok([[:space:]]|$)'
TAP_NOT_OK_RE='^not ok([[:space:]]|$)'
TAP_XFAIL_RE='#[[:space:]]*(TODO|XFAIL)'

tap_line()
{
	local line=$1

	if [[ $line =~ $TAP_OK_RE ]]; then
		TAP_LINES=$((TAP_LINES + 1))
		if [[ $line =~ $TAP_SKIP_RE ]]; then
			TAP_SKIPPED=$((TAP_SKIPPED + 1))
		else
			TAP_PASSED=$((TAP_PASSED + 1))
		fi
		tap_show "$line"
		TAP_DIAG=()
	elif [[ $line =~ $TAP_NOT_OK_RE ]]; then
		TAP_LINES=$((TAP_LINES + 1))
		if [[ $line =~ $TAP_XFAIL_RE || $line =~ $TAP_SKIP_RE ]]; then
			TAP_SKIPPED=$((TAP_SKIPPED + 1))
			tap_show "$line"
			TAP_DIAG=()
			return
		fi
		TAP_FAILED=$((TAP_FAILED + 1))
		TAP_BAD=$((TAP_BAD + 1))
		TAP_SAID_BAD=$((TAP_SAID_BAD + 1))
		TAP_FAILURES+=("$TAP_WHERE $TAP_TEST: $line")
		tap_show "$line"
		tap_diagnostics
	elif [[ $line =~ $TAP_PLAN_RE ]]; then
		TAP_PLAN=${BASH_REMATCH[1]}
		if [[ $TAP_PLAN -eq 0 && $line =~ $TAP_SKIP_RE ]]; then
			TAP_SKIPPED=$((TAP_SKIPPED + 1))
			tap_show "$line"
		fi
	elif [[ -n $line && $line != 'TAP version '* && $line != 'KTAP version '* ]]; then
		TAP_DIAG+=("$line")
		[[ ${#TAP_DIAG[@]} -le 200 ]] || TAP_DIAG=("${TAP_DIAG[@]: -100}")
	fi
}

# tap_end STATUS LIMIT: the program has ended.
tap_end()
{
	local status=$1 limit=$2 took=$((SECONDS - TAP_START))

	if [[ $status -eq 4 && $TAP_LINES -eq 0 && $TAP_PLAN != 0 ]]; then
		TAP_SKIPPED=$((TAP_SKIPPED + 1))
		tap_show "ok       # SKIP ${TAP_DIAG[*]: -1}"
		return
	fi
	# 124 and 137: what the two kinds of timeout(1) leave behind.
	if [[ ( $status -eq 137 || $status -eq 124 || $status -eq 143 ) && $took -ge $limit ]]; then
		tap_fail "no end within $limit seconds"
	elif [[ -z $TAP_PLAN ]]; then
		tap_fail "no plan was printed (exit status $status)"
	elif [[ $TAP_PLAN -ne $TAP_LINES ]]; then
		tap_fail "$TAP_PLAN results planned, $TAP_LINES given (exit status $status)"
	elif [[ $status -ne 0 && $status -ne 4 && $TAP_BAD -eq 0 ]]; then
		tap_fail "exit status $status"
	elif [[ $status -eq 0 && $TAP_SAID_BAD -ne 0 ]]; then
		tap_fail "exit status 0 in spite of failures"
	fi
}
