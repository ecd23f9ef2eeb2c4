# SPDX-License-Identifier: GPL-2.0-only
# limits.awk LIMITS TABLE: whether each figure is within its limit. With -v some=1
# rows may be missing.

function above(row, text)
{
	printf "error: %s on axvcpu: %s, %s\n", row, axvcpu[row], text
	bad = 1
}

/^#/ || !NF { next }

NR == FNR { name[++names] = $1; limit[$1] = $2; next }

{ axvcpu[$1] = $2; kvm[$1] = $3 }

END {
	for (i = 1; i <= names; i++) {
		row = name[i]
		most = limit[row]
		other = most ~ /^[0-9.]+$/ ? kvm[row] : axvcpu[most]
		if (axvcpu[row] !~ /^[0-9]+$/ || other !~ /^[0-9]+$/) {
			if (!some) {
				print "error: " row " was not measured"
				bad = 1
			}
			continue
		}
		held++
		if (most !~ /^[0-9.]+$/) {
			if (axvcpu[row] + 0 > other + 0)
				above(row, "more than " most ": " other)
		} else if (axvcpu[row] > most * other) {
			above(row, sprintf("%.3f of KVM%ss %s, more than %s", axvcpu[row] / other, "\047", other, most))
		}
	}
	printf "    %d limits: %s\n", held, bad ? "not all of them hold" : "all hold"
	exit bad
}
