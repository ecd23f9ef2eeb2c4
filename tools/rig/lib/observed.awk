# SPDX-License-Identifier: GPL-2.0-only
# observed.awk NAMES LOG...: what the tests saw, as tables.  NAMES has a line for each
# thing there is a row for ("exit MMIO_READ", "feature x86 NEXT_RIP"), LOG are those of
# boots (check-BACKEND-...-KERNEL-...tap).

function row(name, cells,    b, i, line, n, part)
{
	line = sprintf("%-26s", name)
	n = split(cells, part, "|")
	for (i = 1; i <= n; i++)
		line = line sprintf(" %-" width[i] "s", part[i])
	sub(/ +$/, "", line)
	print line
}

function rule(    i, line)
{
	line = "=========================="
	for (i = 1; i <= NB; i++)
		line = line " " substr("==============================", 1, width[i])
	print line
}

function title(text, under)
{
	printf "\n%s\n%s\n\n", text, under
}

function table(name,    i, heads)
{
	rule()
	for (i = 1; i <= NB; i++)
		heads = heads (i > 1 ? "|" : "") backend[i]
	row(name, heads)
	rule()
}

# A name in a list of its own, each once and in the order of its coming.
function note(list, b, what)
{
	if (!((list, b, what) in noted)) {
		noted[list, b, what] = 1
		notes[list, b] = notes[list, b] (notes[list, b] == "" ? "" : " ") what
	}
}

function cell(list, b) { return notes[list, b] == "" ? "." : notes[list, b] }

BEGIN {
	NB = split("svm vmx vhe nvhe riscv", backend, " ")
	for (i = 1; i <= NB; i++) {
		known[backend[i]] = 1
		width[i] = 15
	}
}

FILENAME == ARGV[1] {
	if ($1 == "exit")
		exits[++nr_exits] = $2
	else
		features[++nr_features] = $2 " " $3
	next
}

FNR == 1 {
	file = FILENAME
	sub(/.*\/check-/, "", file)
	where = file
	sub(/-.*/, "", where)
	kernel = file
	sub(/-[0-9]+-smp.*/, "", kernel)
	sub(/^[a-z]+-/, "", kernel)
	test = ""
	if (!(where in known))
		nextfile
}

/^@rig: begin / { test = $3 }

/^@rig: end / { test = "" }

test == "" { next }

/^(not )?ok( |$)/ {
	skip = /# *(SKIP|skip|Skip)/
	if (!(test in tests)) {
		tests[test] = 1
		test_name[++nr_tests] = test
	}
	ran[where] = 1
	note("ran", where, kernel)
	if (skip)
		skipped[test, where]++
	else if ($1 == "ok")
		passed[test, where]++
	else
		failed[test, where]++
}

/^# observed exits:/ {
	for (i = 4; i <= NF; i++)
		seen[where, $i] = 1
}

# Where there is no backend there is nothing to be seen.
/^# observed machine: / && $5 > 0 {
	machines[where]++
	note("gpa", where, $5)
	note("levels", where, $6)
	note("pages", where, $7)
	for (i = 8; i <= NF; i++)
		has[where, $i]++
}

function arch_of(b) { return b == "riscv" ? "riscv" : b ~ /he$/ ? "arm64" : "x86" }

# What can be mapped in one piece, from a mask of sizes.
function sizes(list,    n, part, i, bit, out, seen_size)
{
	n = split(list, part, " ")
	for (i = 1; i <= n; i++)
		for (bit = 12; bit < 48; bit++)
			if (hex_bit(part[i], bit))
				seen_size[bit] = 1
	for (bit = 12; bit < 48; bit++)
		if (bit in seen_size)
			out = out (out == "" ? "" : " ") (bit < 20 ? 2 ^ (bit - 10) "K" : \
				bit < 30 ? 2 ^ (bit - 20) "M" : 2 ^ (bit - 30) "G")
	return out == "" ? "." : out
}

function hex_bit(hex, bit,    digits, d)
{
	digits = substr(hex, 3)
	d = length(digits) - int(bit / 4)
	if (d < 1)
		return 0
	d = index("0123456789abcdef", substr(digits, d, 1)) - 1
	return int(d / 2 ^ (bit % 4)) % 2
}

END {
	print ".. SPDX-License-Identifier: GPL-2.0-only"
	print ".. Made by: tools/rig/rig observed >Documentation/observed.rst\n"
	print "========"
	print "Observed"
	print "========\n"
	print "What the tests saw, by backend, in the runs whose logs were there when this was made:"
	print "``make check BACKEND=all`` (or ``make check-all``), then ``tools/rig/rig observed``. A"
	print "``.`` is where nothing was seen: the architecture has no such thing, no test asks for it"
	print "there, or the program that does was not run."

	title("Runs", "====")
	for (i = 1; i <= NB; i++)
		printf "- %s: %s\n", backend[i], cell("ran", backend[i])

	title("Exit reasons", "============")
	table("reason")
	for (r = 1; r <= nr_exits; r++) {
		cells = ""
		for (i = 1; i <= NB; i++)
			cells = cells (i > 1 ? "|" : "") ((backend[i], exits[r]) in seen ? "yes" : ".")
		row(exits[r], cells)
	}
	rule()

	title("Features", "========")
	print "As GET_INFO has them: ``yes`` on all machines and kernels on which there were tests,"
	print "``some`` on some of them.\n"
	table("feature")
	for (f = 1; f <= nr_features; f++) {
		split(features[f], part, " ")
		cells = ""
		for (i = 1; i <= NB; i++) {
			b = backend[i]
			n = arch_of(b) == part[1] ? has[b, part[2]] : 0
			cells = cells (i > 1 ? "|" : "") (!n ? "." : n == machines[b] ? "yes" : "some")
		}
		row(toupper(part[1]) "_" part[2], cells)
	}
	cells = levels = pages = ""
	for (i = 1; i <= NB; i++) {
		cells = cells (i > 1 ? "|" : "") cell("gpa", backend[i])
		levels = levels (i > 1 ? "|" : "") cell("levels", backend[i])
		pages = pages (i > 1 ? "|" : "") sizes(notes["pages", backend[i]])
	}
	row("bits of a gpa", cells)
	row("levels of stage 2", levels)
	row("leaves", pages)
	rule()

	title("Tests", "=====")
	print "Cases that passed, of all boots; ``-N``: skipped; ``!N``: failed.\n"
	table("program")
	for (i = 2; i <= nr_tests; i++) {
		t = test_name[i]
		for (n = i - 1; n >= 1 && test_name[n] > t; n--)
			test_name[n + 1] = test_name[n]
		test_name[n + 1] = t
	}
	for (n = 1; n <= nr_tests; n++) {
		t = test_name[n]
		cells = ""
		for (i = 1; i <= NB; i++) {
			b = backend[i]
			c = passed[t, b] ? passed[t, b] : ""
			if (skipped[t, b])
				c = c (c == "" ? "" : " ") "-" skipped[t, b]
			if (failed[t, b])
				c = c (c == "" ? "" : " ") "!" failed[t, b]
			cells = cells (i > 1 ? "|" : "") (c == "" ? "." : c)
		}
		row(t, cells)
	}
	rule()
}
