# SPDX-License-Identifier: GPL-2.0-only
# agree.awk TABLE COUNTS: whether the plugin counted the instructions that the clock
# did, where an operation neither waits nor ends in the guest, and among them the few
# of the guest.

function distance(x, y) { return x < y ? y - x : x - y }

FNR == 1 { file++ }

file == 1 { clock[$1, "axvcpu"] = $2; clock[$1, "KVM"] = $3 }

file == 2 && $1 == "count" && $2 ~ /^(user_exit_|kernel_exit_|ioeventfd_|s2_fault_|view_)/ {
	ticks = clock[$2, $3]
	if (distance(ticks, $4 + $5) > 2 + ticks / 100 || $5 > 8 || ($5 < 1 && $2 !~ /^view_/)) {
		printf "error: %s on %s: the clock says %s, the plugin %s and %s of the guest\n", $2, $3, ticks, $4, $5
		bad = 1
	}
}

END { exit bad }
