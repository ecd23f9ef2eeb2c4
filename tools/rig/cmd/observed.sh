# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# rig observed: a table of every exit reason, feature and test by backend, from what
# the tests said in the last runs of each.

cmd_observed()
{
	local logs
	parse_options "$@"
	[[ ${#OPT_REST[@]} -eq 0 ]] || usage_error "what is '${OPT_REST[0]}'?"
	mapfile -t logs < <(compgen -G "$RIG_LOGS/check-*-smp*.tap" | sort)
	[[ ${#logs[@]} -gt 0 ]] || die "no test has run here; logs would be in $RIG_LOGS"
	rig_tmp
	observed_names >"$RIG_TMP/names"
	awk -f "$RIG_DIR/lib/observed.awk" "$RIG_TMP/names" "${logs[@]}"
}

# What there is a row for, by the headers.
observed_names()
{
	local uapi=$RIG_TOP/include/uapi/linux
	sed -nE 's/^\tAXVCPU_EXIT_([A-Z_0-9]+)[[:space:]]*= [0-9]+,.*/exit \1/p' "$uapi/axvcpu.h" |
		grep -vE ' (NOTHING|NR)$'
	sed -nE 's/^#define AXVCPU_(X86|ARM64|RISCV)_FEAT_([A-Z0-9_]+).*/feature \1 \2/p' \
		"$uapi"/axvcpu_{x86,arm64,riscv}.h |
		awk '{ print $1, tolower($2), $3 }'
}
