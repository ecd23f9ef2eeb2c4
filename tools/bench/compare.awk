# SPDX-License-Identifier: GPL-2.0-only
# compare.awk TABLE TABLE: whether the figures of two runs are within 1 % of each
# other, and how far apart they are at most. What a figure is rounded to is no
# difference: 1 in a whole number, 0.01 otherwise. A ratio is not a figure.

function distance(x, y) { return x < y ? y - x : x - y }

NR == FNR { line[FNR] = $0; rows = FNR; next }

FNR == 1 { split($0, head) }

{
	seen = FNR
	if (split(line[FNR], was) != NF || was[1] != $1)
		exit bad = 1
}

FNR > 1 {
	for (i = 2; i <= NF; i++) {
		if (head[i] == "ratio" || $i !~ /^[0-9.]+$/)
			continue
		apart = distance(was[i], $i)
		if (apart < (($i ~ /\./) ? 0.015 : 1.5))
			continue
		most = was[i] + 0 > $i + 0 ? was[i] + 0 : $i + 0
		what = $1 " " ($2 ~ /^[a-z]/ ? $2 " " : "") head[i] ": " was[i] ", then " $i
		if (apart / most > 0.01) {
			print "error: " what
			bad = 1
		}
		if (apart / most > furthest) {
			furthest = apart / most
			where = " (" what ")"
		}
	}
}

END {
	if (seen != rows) {
		print "error: other rows in the second run"
		bad = 1
	}
	printf "    two runs: at most %.3f %% apart%s\n", furthest * 100, where
	exit bad
}
