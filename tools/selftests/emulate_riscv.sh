#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The module's MMIO, CSRs, entry commands and guest page walk for RISC-V, with a mock
# vCPU: needs no module and no emulator, but an assembler for riscv64. O: where to
# build.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
cross=${CROSS_COMPILE:-riscv64-linux-gnu-}

skip()
{
	printf 'TAP version 13\n1..0 # SKIP %s\n' "$1"
	exit 4
}

command -v "${cross}gcc" >/dev/null || skip "there is no compiler '${cross}gcc'"

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
"${cross}gcc" -march=rv64gcv -mabi=lp64d -Wa,-march=rv64gcv_zfh_zicboz \
	-nostdlib -static -Wl,--build-id=none,--no-relax,-Ttext=0,-e,0 \
	-o "$dir/code.elf" "$here/decode/riscv/code.S"
"${cross}objcopy" -O binary -j .text "$dir/code.elf" "$dir/code.bin"

# Its instructions as constants.
"${cross}nm" -g --defined-only "$dir/code.elf" |
grep ' T ' |
while read -r addr type name; do
	case $type$name in
	T_*)	continue ;;
	esac
	bits=$(od -An -tu4 -j "$((0x$addr))" -N4 "$dir/code.bin" | tr -d ' ')
	[ "$((bits & 3))" -eq 3 ] || bits=$((bits & 0xffff))
	printf '#define CODE_%s 0x%xu\n' "$name" "$bits"
done >"$dir/riscv_code.h"

MODULE_ARCH=riscv "$here/decode/build-and-run" emulate_riscv_test \
	-include riscv/mock.h "-I$dir" \
	riscv/mock.c riscv/mmio_test.c riscv/csr_test.c riscv/walk_test.c riscv/emulate_test.c ktap.c \
	-- decode.c mmio.c complete.c csr.c walk.c
