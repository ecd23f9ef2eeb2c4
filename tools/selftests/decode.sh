#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The module's instruction decoder and arithmetic, beside the CPU: needs no
# module and no emulator, but a 64-bit x86 machine. O: where to build.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
exec "$here/decode/build-and-run" decode_test \
	decode_test.c ktap.c native.S forms.S lea.S modes.S \
	-- decode.c decode_table.c decode_system.c alu.c
