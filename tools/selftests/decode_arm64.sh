#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The module's decoder of A64 loads and stores, beside what objdump says of 700,000
# words: needs no module and no emulator, but binutils for aarch64, whose prefix may
# be in CROSS_COMPILE_ARM64. O: where to build.
# rig: needs=aarch64-linux-gnu-objdump:binutils-aarch64-linux-gnu
set -eu

here=$(cd "$(dirname "$0")" && pwd)
cross=${CROSS_COMPILE_ARM64:-aarch64-linux-gnu-}

skip()
{
	printf 'TAP version 13\n1..0 # SKIP %s\n' "$1"
	exit 4
}

command -v "${cross}objdump" >/dev/null || skip "there are no binutils '${cross}objdump'"

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
"${cross}as" -o "$dir/addresses.o" "$here/decode/arm64/addresses.S"
"${cross}objcopy" -O binary -j .text "$dir/addresses.o" "$dir/addresses.bin"

MODULE_ARCH=arm64 ARGS="${cross}objdump $dir/words.bin $dir/addresses.bin" \
	"$here/decode/build-and-run" decode_arm64_test \
	arm64/decode_test.c arm64/sweep.c arm64/text.c ktap.c -- decode.c
