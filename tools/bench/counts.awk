# SPDX-License-Identifier: GPL-2.0-only
# The plugin's lines as a table: a row for each operation and hypervisor. A boot of
# Linux is no operation.
#
#	count OPERATION HYPERVISOR OWN GUEST CLASS=N...

function put(row, column, text)
{
	cell[row, column] = text
	if (length(text) > width[column])
		width[column] = length(text)
}

$1 == "count" && $2 != "linux_boot" {
	put(++rows, 1, $3)
	put(rows, 2, $2)
	for (i = 6; i <= NF; i++) {
		split($i, part, "=")
		put(0, i - 3, part[1])
		put(rows, i - 3, part[2])
	}
	columns = NF - 3
}

END {
	put(0, 1, "hypervisor")
	put(0, 2, "operation")
	for (row = 0; rows && row <= rows; row++) {
		line = sprintf("%-" width[1] "s %-" width[2] "s", cell[row, 1], cell[row, 2])
		for (i = 3; i <= columns; i++)
			line = line sprintf(" %" width[i] "s", cell[row, i])
		print line
	}
}
