# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash

cmd_fetch()
{
	local kernel
	parse_options "$@"
	# shellcheck disable=SC2207
	[[ ${#OPT_REST[@]} -gt 0 ]] || OPT_REST=($(kernel_names))
	engine_require
	engine_call prepare
	busybox_prepare
	for kernel in "${OPT_REST[@]}"; do
		kernel_prepare "$kernel"
	done
}
