# SPDX-License-Identifier: GPL-2.0-only
# limits.awk LIMITS TABLE: whether each figure is within its limit. With -v some=1
# rows may be missing.

function tell(row, holds, text)
{
	printf "    %-4s %s: %s, %s\n", holds ? "ok" : "FAIL", row, axvcpu[row], text
	held++
	if (!holds)
		bad++
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
				print "    FAIL " row " was not measured"
				bad++
			}
		} else if (most !~ /^[0-9.]+$/) {
			tell(row, axvcpu[row] + 0 <= other + 0, "and " most " " other)
		} else {
			tell(row, axvcpu[row] <= most * other,
			     sprintf("%.3f of KVM%ss %s, limit %s", axvcpu[row] / other, "\047", other, most))
		}
	}
	printf "    %d limits: %s\n", held, bad ? bad " not held" : held ? "all hold" : "none was measured"
	exit bad > 0
}
