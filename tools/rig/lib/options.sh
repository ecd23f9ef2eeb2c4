# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The options that all commands share.

# The first that the engine boots, unless given.
OPT_KERNEL=
OPT_BACKEND=svm
OPT_ENGINE=
OPT_MACHINE=
OPT_CPUS=
OPT_KVM=
OPT_MODULE=1
OPT_BUILD=1
OPT_MODULE_ONLY=
OPT_APPEND=
OPT_FILES=()
OPT_TIMEOUT=
OPT_REST=()

parse_options()
{
	while [[ $# -gt 0 ]]; do
		case $1 in
		--kvm)		OPT_KVM=1 ;;
		--no-module)	OPT_MODULE= ;;
		--no-build)	OPT_BUILD= ;;
		--module-only)	OPT_MODULE_ONLY=1 ;;
		--icount)	RIG_ICOUNT=1 ;;
		--help|-h)	usage; exit 0 ;;
		--)		shift; OPT_REST+=("$@"); break ;;
		--*=*)		set -- "${1%%=*}" "${1#*=}" "${@:2}"; continue ;;
		--*)		[[ $# -ge 2 ]] || usage_error "$1 needs a value"
				parse_value "$1" "$2"; shift ;;
		*)		OPT_REST+=("$1") ;;
		esac
		shift
	done
}

need_number() { [[ $2 =~ ^[1-9][0-9]*$ ]] || usage_error "$1 takes a number, not '$2'"; }

parse_value()
{
	case $1 in
	--kernel)	kernel_suite "$2" >/dev/null; OPT_KERNEL=$2 ;;
	--backend)	OPT_BACKEND=$2 ;;
	--engine)	OPT_ENGINE=$2 ;;
	--machine)	OPT_MACHINE=$2 ;;
	--smp)		need_number "$@"; RIG_SMP=$2 ;;
	--cpus)		need_number "$@"; OPT_CPUS=$2 ;;
	--mem)		need_number "$@"; RIG_MEM=$2 ;;
	--timeout)	need_number "$@"; OPT_TIMEOUT=$2 ;;
	--append)	OPT_APPEND+=" $2" ;;
	--file)		[[ $2 = *=* ]] || usage_error "--file takes SRC=DST"
			[[ -e ${2%%=*} ]] || usage_error "no file ${2%%=*}"
			OPT_FILES+=("$2") ;;
	--engine-arg)	RIG_ENGINE_ARGS+=("$2") ;;
	*)		usage_error "no option $1" ;;
	esac
}
