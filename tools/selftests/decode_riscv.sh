#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The module's decoder of RISC-V instructions, with what the assembler makes of each
# form: needs no module and no emulator, but an assembler for riscv64. O: where to
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
"${cross}gcc" -march=rv64gcv -mabi=lp64d -Wa,-march=rv64gcvqh_zfh_zicbom_zicboz \
	-nostdlib -static -Wl,--build-id=none,--no-relax,-Ttext=0 \
	-o "$dir/forms.elf" "$here/decode/riscv/forms.S"
"${cross}objcopy" -O binary -j .text "$dir/forms.elf" "$dir/forms.bin"

MODULE_ARCH=riscv ARGS=$dir/forms.bin "$here/decode/build-and-run" decode_riscv_test \
	riscv/decode_test.c ktap.c -- decode.c
