#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The module's guest page walk, MMIO and port I/O, with a mock vCPU: needs no
# module and no emulator. O: where to build.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
exec "$here/decode/build-and-run" emulate_test \
	-include mock.h \
	mock.c walk_test.c mmio_test.c pio_test.c emulate_test.c ktap.c code.S \
	-- decode.c decode_table.c decode_system.c alu.c walk.c emulate.c pio.c
