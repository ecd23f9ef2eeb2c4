# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash

cmd_bench()
{
	parse_options "$@"
	backend_require "$OPT_BACKEND"
	die "there is no bench yet: tools/bench is still to be written"
}
