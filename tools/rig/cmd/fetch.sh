# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash

cmd_fetch()
{
	local kernel
	parse_options "$@"
	engine_require "${OPT_REST[@]}"
	[[ ${#OPT_REST[@]} -gt 0 ]] || read -r -a OPT_REST <<<"$(engine_kernels)"
	engine_call prepare
	busybox_prepare
	for kernel in "${OPT_REST[@]}"; do
		kernel_prepare "$kernel"
	done
}
