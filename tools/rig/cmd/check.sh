# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# make check: every test of tools/selftests on every kernel, each machine booted
# as few times as may be.

# How a test wants to be run is said in its source, near the top, on a line like
#   rig: timeout=300 smp=4 mem=2048 kvm append=... arch=x86 machine=virt,aia unloaded
# ends=panic, ends=kexec: it has the machine end so, and gets one for itself.
# arch: it is for this architecture (x86, arm64, riscv) only; also in a script's head.
# needs=COMMAND:PACKAGE, in a script's head: it has to be there, and can be installed.
# machine: it runs once in each of these (RIG_MACHINES) that the backend has, unless
# the person named one; where the backend has others only, not at all.
# kernels: it is for these kernels only, which may be odd ones (RIG_KERNELS).
# unloaded: the module is not loaded before it; it may do so.
# Tests that want the same machine share one boot.
TEST_TIMEOUT=120
TEST_SMP=2
HUNG_GRACE=30
BOOT_LIMIT=180

CHECK_KERNELS=()
CHECK_TESTS=
CHECK_MACHINE=
CHECK_MATRIX=

cmd_check()
{
	local kernel start=$SECONDS tests
	check_options "$@"
	[[ $OPT_BACKEND != all ]] || check_backends
	CHECK_MACHINE=$OPT_MACHINE
	engine_require "${CHECK_KERNELS[@]}"
	[[ ${#CHECK_KERNELS[@]} -gt 0 ]] || read -r -a CHECK_KERNELS <<<"$(engine_kernels)"
	mkdir -p "$RIG_LOGS"

	engine_call prepare
	[[ -z $OPT_BUILD ]] || build_tools
	tests=$(check_list)
	check_host
	if [[ -n $tests ]]; then
		for kernel in "${CHECK_KERNELS[@]}"; do
			kernel_prepare "$kernel"
		done
		for kernel in "${CHECK_KERNELS[@]}"; do
			check_kernel "$kernel" "$tests"
		done
	fi
	check_close $((SECONDS - start))
}

check_options()
{
	local args=()
	while [[ $# -gt 0 ]]; do
		case $1 in
		--kernel)	kernel_suite "${2-}" >/dev/null; CHECK_KERNELS+=("$2"); shift ;;
		--test)		CHECK_TESTS=${2-}; shift ;;
		--matrix)	CHECK_MATRIX=1 ;;
		*)		args+=("$1") ;;
		esac
		shift
	done
	parse_options "${args[@]}"
	[[ ${#OPT_REST[@]} -eq 0 ]] || usage_error "what is '${OPT_REST[0]}'?"
}

# All backends, one after the other, each on the kernels given that it has, or on its
# first one; with --matrix on all of its kernels, and in every engine.
check_backends()
{
	local backend engine kernel name args status=0 counts=() passed=0 failed=0 skipped=0 line
	[[ -z $OPT_ENGINE$OPT_MACHINE ]] || usage_error "with all backends there is no one engine, and no machine"
	mkdir -p "$RIG_LOGS"
	while read -r backend engine; do
		OPT_BACKEND=$backend
		OPT_ENGINE=$engine
		OPT_MACHINE=$(machine_usual)
		name=$(engine_tag)
		args=(--backend "$backend" --engine "$engine")
		[[ -z $CHECK_TESTS ]] || args+=(--test "$CHECK_TESTS")
		[[ -n $OPT_BUILD ]] || args+=(--no-build)
		for kernel in $(check_kernels_of); do
			args+=(--kernel "$kernel")
		done
		if [[ " ${args[*]} " != *' --kernel '* ]]; then
			counts+=("$name: none of these kernels")
			continue
		fi
		say "check: $name"
		"$RIG_DIR/rig" check "${args[@]}" </dev/null | tee "$RIG_LOGS/check-all-$name.out" || status=1
		line=$(tail -n 1 "$RIG_LOGS/check-all-$name.out")
		if [[ $line =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed,\ ([0-9]+)\ skipped$ ]]; then
			passed=$((passed + BASH_REMATCH[1]))
			failed=$((failed + BASH_REMATCH[2]))
			skipped=$((skipped + BASH_REMATCH[3]))
		else
			line='did not come to its end'
		fi
		counts+=("$name: $line")
	done < <(awk -v all="$CHECK_MATRIX" 'NR == FNR { if (NF) usual[$1] = $2; next }
		NF && (all || usual[$2] == $1) { print $2, $1 }' <(echo "$RIG_BACKENDS") <(echo "$RIG_ENGINES"))
	printf '\n'
	printf '%s\n' "${counts[@]}"
	printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
	exit "$status"
}

check_kernels_of()
{
	local kernel
	if [[ ${#CHECK_KERNELS[@]} -gt 0 ]]; then
		for kernel in "${CHECK_KERNELS[@]}"; do
			[[ " $(engine_kernels) " != *" $kernel "* ]] || echo "$kernel"
		done
	elif [[ -n $CHECK_MATRIX ]]; then
		engine_kernels
	else
		engine_kernels | cut -d' ' -f1
	fi
}

# check_asked TEST: whether it fits the pattern that was given, if any was.
# shellcheck disable=SC2053
check_asked() { [[ -z $CHECK_TESTS || $1 = $CHECK_TESTS ]]; }

# The programs to run inside, one a line: the machine they want, a tab, the name,
# the time-out.  Sorted, so that tests with the same wants are neighbours.
check_list()
{
	local file name
	for file in "$(tools_out)"/selftests/*; do
		name=${file##*/}
		[[ -f $file && -x $file && $name != *.* ]] || continue
		check_asked "$name" || continue
		# A program whose source is gone is left over from an older build.
		compgen -G "$RIG_TOP/tools/selftests/$name.c" >/dev/null || continue
		check_wants "$name"
	done | sort
}

check_wants()
{
	local name=$1 word timeout=$TEST_TIMEOUT smp mem=$RIG_MEM kvm='' append='' ends='' loaded=$OPT_MODULE machines='' asked=
	smp=$(engine_smp_usual)
	smp=${smp:-$TEST_SMP}
	for word in $(check_words "$RIG_TOP/tools/selftests/$name.c"); do
		case $word in
		arch=*)		[[ ${word#*=} = "$(rig_karch)" ]] || return 0 ;;
		machine=*)	machines=$(check_machines "${word#*=}"); asked=1 ;;
		timeout=*)	timeout=${word#*=} ;;
		smp=*)		smp=${word#*=} ;;
		mem=*)		mem=${word#*=} ;;
		kvm)		kvm=kvm ;;
		unloaded)	loaded= ;;
		append=*)	append+="${word#*=} " ;;
		ends=*)		ends=${word#*=}:$name ;;
		kernels=*)	;;
		*)		warn "$name.c: the rig does not know '$word'" ;;
		esac
	done
	# For machines of another backend.
	[[ -z $asked || -n $machines || -n $CHECK_MACHINE || -z $(machine_names) ]] || return 0
	# Cases that cannot do with fewer say so.
	engine_smp_fits "$smp" || smp=$(engine_smp_most)
	for word in ${machines:--}; do
		printf '%s|%s|%s|%s|%s|%s|%s\t%s\t%s\n' "$smp" "$mem" "$kvm" "$append" "$ends" "$loaded" "$word" "$name" "$timeout"
	done
}

# check_machines LIST: those of a test's machines that there are, "-" for the usual one.
check_machines()
{
	local machine
	[[ -z $CHECK_MACHINE ]] || return 0
	for machine in ${1//,/ }; do
		if [[ $machine = "$OPT_MACHINE" ]]; then
			echo -
		elif machine_exists "$machine"; then
			echo "$machine"
		fi
	done
}

# What the head of a test says to the rig.
check_words() { sed -nE '1,60s,^[ /*#]*rig: (.*[^*/ ])[ */]*$,\1,p' "$1"; }

# Tests that need no machine: scripts beside the programs, and the device models
# of axrun.
check_host()
{
	local file name words
	for file in "$RIG_TOP"/tools/selftests/*.sh; do
		name=$(basename "$file" .sh)
		if [[ ! -x $file ]] || ! check_asked "$name"; then
			continue
		fi
		words=" $(check_words "$file") "
		[[ $words =~ ' arch='([a-z0-9]+) && ${BASH_REMATCH[1]} != "$(rig_karch)" ]] && continue
		[[ ! $words =~ ' needs='([^ ]+) ]] || need_packages "${BASH_REMATCH[1]}"
		check_host_run "$name" env O="$RIG_BUILD/tools" "$file"
	done
	if grep -q '^check:' "$RIG_TOP/tools/axrun/Makefile" 2>/dev/null; then
		need_packages libfdt-dev
		check_host_run axrun make --no-print-directory -s -C "$RIG_TOP/tools/axrun" O="$RIG_BUILD/tools/axrun" check
	fi
}

check_host_run()
{
	local name=$1 log=$RIG_LOGS/check-host-$1.tap status=0 line
	shift
	check_asked "$name" || return 0
	tap_begin host "$name"
	timeout -k 5 "$TEST_TIMEOUT" "$@" >"$log" 2>&1 </dev/null || status=$?
	while IFS= read -r line; do
		tap_line "$line"
	done <"$log"
	tap_end "$status" "$TEST_TIMEOUT"
}

# check_of_kernel KERNEL: of the lines of check_list those that are for it.
check_of_kernel()
{
	local line name word kernels
	while IFS= read -r line; do
		name=${line#*$'\t'}
		kernels=
		for word in $(check_words "$RIG_TOP/tools/selftests/${name%%$'\t'*}.c"); do
			[[ $word != kernels=* ]] || kernels=${word#*=}
		done
		if [[ -n $kernels ]]; then
			[[ ,$kernels, != *",$1,"* ]] || printf '%s\n' "$line"
		else
			kernel_is "$1" odd || printf '%s\n' "$line"
		fi
	done
}

check_kernel()
{
	local kernel=$1 tests wants smp usual=$OPT_MACHINE
	tests=$(check_of_kernel "$kernel" <<<"$2")
	[[ -n $tests ]] || return 0
	engine_kernel "$kernel"
	CHECK_BOOTS=0
	rm -f "$RIG_LOGS/check-$(engine_tag)-$kernel"-*
	local before=("$TAP_PASSED" "$TAP_FAILED" "$TAP_SKIPPED")
	if [[ -n $OPT_BUILD ]]; then
		# A process of its own: a kernel whose module does not build costs
		# that kernel only.
		if ! "$RIG_DIR/rig" build --backend "$OPT_BACKEND" --engine "$OPT_ENGINE" --module-only "$kernel"; then
			tap_begin "$kernel" module
			tap_fail "the module does not build for $kernel"
			return
		fi
	fi
	while IFS= read -r wants; do
		smp=${wants%%|*}
		OPT_MACHINE=${wants##*|}
		[[ $OPT_MACHINE != - ]] || OPT_MACHINE=$usual
		[[ $OPT_MACHINE = "$usual" ]] || engine_call prepare
		say "$kernel: booting ($(engine_tag), $smp processors)"
		check_group "$kernel" "$wants" "$(awk -F'\t' -v w="$wants" '$1 == w { print $2, $3 }' <<<"$tests")"
	done < <(cut -f1 <<<"$tests" | uniq)
	OPT_MACHINE=$usual
	printf '%s: %d passed, %d failed, %d skipped\n\n' "kernel $kernel" \
		$((TAP_PASSED - before[0])) $((TAP_FAILED - before[1])) $((TAP_SKIPPED - before[2]))
}

# check_group KERNEL WANTS TESTS: boot until every test has had its turn; one that
# takes the machine down does not take the others with it.
check_group()
{
	local kernel=$1 wants=$2 pending=$3 kvm append ends log rc
	CHECK_KERNEL=$kernel
	CHECK_WHERE=$kernel
	[[ $wants = *'|-' ]] || CHECK_WHERE+=/$OPT_MACHINE
	IFS='|' read -r RIG_SMP RIG_MEM kvm append ends OPT_MODULE _ <<<"$wants"
	RIG_MEM=$((RIG_MEM + $(kernel_mem "$kernel")))
	OPT_KVM=$kvm
	rig_tmp
	while [[ -n $pending ]]; do
		CHECK_BOOTS=$((CHECK_BOOTS + 1))
		CHECK_SPLATS=()
		CHECK_GCOV=
		log=$RIG_LOGS/check-$(engine_tag)-$kernel-$CHECK_BOOTS-smp$RIG_SMP${kvm:+-kvm}.log
		CHECK_TAP=${log%.log}.tap
		: >"$CHECK_TAP"
		CHECK_RUNNING=
		CHECK_DONE=
		# shellcheck disable=SC2153
		check_job "$pending" >"$RIG_TMP/job"
		make_initramfs "$kernel" "$RIG_TMP/job" "$RIG_TMP/initramfs" "${OPT_FILES[@]}"
		rc=0
		rig_boot "$OPT_BACKEND" "$kernel" "$RIG_TMP/initramfs" "$append $OPT_APPEND" \
			"$log" "$(engine_limit '' "$BOOT_LIMIT")" check_line || rc=$?
		if [[ -n $ends && $rc -ne 124 && -n $CHECK_RUNNING$CHECK_DONE ]]; then
			check_ended "${ends%%:*}" "$log"
		fi
		if [[ -n $CHECK_RUNNING ]]; then
			# The test that ran when the machine went.
			if [[ $rc -eq 124 ]]; then
				tap_fail "the machine hung"
			else
				tap_fail "the machine died"
			fi
			boot_verdict "$rc" "$log" "$CHECK_LIMIT"
			CHECK_DONE+="$CHECK_RUNNING"$'\n'
		elif [[ -z $CHECK_DONE ]]; then
			tap_begin "$CHECK_WHERE" boot
			tap_fail "the machine did not get to the first test"
			boot_verdict "$rc" "$log" "$(engine_limit '' "$BOOT_LIMIT")"
			return
		elif [[ $rc -ne 0 && -z $ends ]]; then
			check_fail_module "the machine did not live to its end"
			boot_verdict "$rc" "$log" "$CHECK_LIMIT"
		fi
		pending=$(awk 'NR == FNR { done[$1] = 1; next } !($1 in done)' <(printf '%s' "$CHECK_DONE") - <<<"$pending")
	done
}

# check_ended HOW LOG: the machine has ended as its test had it end, if its log says
# so and nothing else.  With a panic this is the test's last result, unless a crash
# kernel gave that.  What the next kernel says, from 0 seconds on, is not looked at.
check_ended()
{
	local how=$1 said
	said=$(sed -e '1,/axvcpu-rig: test /d' -e '/^\[    0\./,$d' "$2" | tr -d '\r')
	# shellcheck source=/dev/null
	# shellcheck disable=SC2154
	mapfile -t CHECK_SPLATS < <(. "$RIG_DIR/host-lib"
		grep -E "$rig_splat" <<<"$said" |
		if [[ $how = panic ]]; then
			grep -vE 'Call Trace:|Kernel panic - not syncing: sysrq triggered crash'
		else
			cat
		fi)
	[[ -n $CHECK_RUNNING ]] || tap_begin "$CHECK_WHERE" "${CHECK_DONE%%$'\n'*}"
	if [[ ${#CHECK_SPLATS[@]} -gt 0 ]]; then
		check_fail "the kernel log shows more than the $how that was asked for"
	fi
	[[ $how = panic && -n $CHECK_RUNNING ]] || return 0
	if [[ $(grep -c 'Kernel panic' <<<"$said") -eq 1 && ${#CHECK_SPLATS[@]} -eq 0 ]]; then
		tap_line "ok - the machine came to its end by the panic that was asked for"
		tap_end 0 "$CHECK_LIMIT"
		CHECK_DONE+="$CHECK_RUNNING"$'\n'
		CHECK_RUNNING=
	fi
}

# The script that runs the tests inside.
check_job()
{
	local name limit
	job_head
	cat <<-'EOF'
	rig_klog || rig_say "loadsplat"
	EOF
	! kernel_is "$CHECK_KERNEL" built || echo 'rig_debug_on || rig_say "notdebug"; rig_debug_begin'
	while read -r name limit; do
		printf 'rig_test %s %s\n' "$name" "$((limit * RIG_SLOW))"
	done <<<"$1"
	! kernel_is "$CHECK_KERNEL" built || echo 'rig_debug_idle'
	echo '[ ! -e /sys/module/axvcpu ] || rmmod axvcpu || rig_say "norm"; rig_klog || rig_say "loadsplat"; rig_caches'
	! kernel_is "$CHECK_KERNEL" built || echo 'rig_debug_end'
	[[ $RIG_MODULE_KIND != gcov ]] || echo 'rig_gcov'
	echo 'exit 0'
}

# What the kernel said goes with the failure that it makes.
CHECK_SPLATS=()
CHECK_GCOV=
check_fail()
{
	TAP_SPLATS=("${CHECK_SPLATS[@]}")
	CHECK_SPLATS=()
	tap_fail "$1"
}

# The same where no one test can be named.
check_fail_module()
{
	tap_begin "$CHECK_WHERE" module
	check_fail "$1"
}

check_line()
{
	if [[ -n $CHECK_GCOV ]]; then
		case $1 in
		'@rig: gcov end')	check_take_gcov "$CHECK_GCOV"; CHECK_GCOV= ;;
		*)			printf '%s\n' "$1" >>"$CHECK_GCOV" ;;
		esac
		return
	fi
	printf '%s\n' "$1" >>"$CHECK_TAP"
	case $1 in
	'@rig: gcov begin')
		CHECK_GCOV=$RIG_BUILD/coverage/${CHECK_TAP##*/}
		CHECK_GCOV=${CHECK_GCOV%.tap}.b64
		mkdir -p "${CHECK_GCOV%/*}"
		: >"$CHECK_GCOV" ;;
	'@rig: begin '*)
		read -r _ _ CHECK_RUNNING CHECK_LIMIT <<<"$1"
		RIG_DEADLINE=$((SECONDS + CHECK_LIMIT + HUNG_GRACE * RIG_SLOW))
		tap_begin "$CHECK_WHERE" "$CHECK_RUNNING" ;;
	'@rig: end '*)
		local status
		read -r _ _ _ status <<<"$1"
		printf '@rig: took %s %d\n' "$CHECK_RUNNING" $((SECONDS - TAP_START)) >>"$CHECK_TAP"
		tap_end "$status" "$CHECK_LIMIT"
		CHECK_DONE+="$CHECK_RUNNING"$'\n'
		CHECK_RUNNING=
		# Looking for lost memory takes minutes where others use the processors, too.
		RIG_DEADLINE=$((SECONDS + 150 * RIG_SLOW)) ;;
	'@rig: splat '*)
		CHECK_SPLATS+=("${1#@rig: splat }") ;;
	'@rig: splats')
		check_fail "the kernel log shows a splat" ;;
	'@rig: loadsplat')
		check_fail_module "the kernel log shows a splat at load or unload" ;;
	'@rig: notdebug')
		check_fail_module "this is not the debug kernel it should be" ;;
	'@rig: leaks '*)
		check_fail_module "${1#@rig: leaks }" ;;
	'@rig: norm')
		check_fail_module "the module cannot be unloaded" ;;
	*)	[[ -z $CHECK_RUNNING ]] || tap_line "$1" ;;
	esac
}

# check_take_gcov FILE: what the machine said of one boot, put where gcov will look.
check_take_gcov()
{
	local dir=${1%.b64}
	mkdir -p "$dir"
	base64 -di "$1" | tar -xz -C "$dir" && rm "$1"
}

check_close()
{
	local line status=0
	if [[ ${#TAP_FAILURES[@]} -gt 0 ]]; then
		printf 'failed:\n'
		for line in "${TAP_FAILURES[@]}"; do
			printf '  %s\n' "$line"
		done
		printf 'the logs are in %s\n' "$RIG_LOGS"
		status=1
	fi
	if [[ $((TAP_PASSED + TAP_FAILED + TAP_SKIPPED)) -eq 0 ]]; then
		printf 'error: no test ran%s\n' "${CHECK_TESTS:+ (none is named $CHECK_TESTS)}" >&2
		status=1
	fi
	say "took $1 seconds"
	printf '%d passed, %d failed, %d skipped\n' "$TAP_PASSED" "$TAP_FAILED" "$TAP_SKIPPED"
	exit "$status"
}
