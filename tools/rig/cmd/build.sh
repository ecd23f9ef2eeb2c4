# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash

cmd_build()
{
	local kernel
	parse_options "$@"
	engine_require "${OPT_REST[@]}"
	[[ ${#OPT_REST[@]} -gt 0 ]] || OPT_REST=("$OPT_KERNEL")
	for kernel in "${OPT_REST[@]}"; do
		kernel_prepare "$kernel"
		build_module "$kernel"
		note "$(module_out "$kernel")/axvcpu.ko"
	done
	[[ -n $OPT_MODULE_ONLY ]] || build_tools
}
