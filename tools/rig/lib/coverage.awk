# SPDX-License-Identifier: GPL-2.0-only
#
# awk -f coverage.awk -v top=DIR/ -v least=PERCENT REASONS GCOV-OUTPUT...
#
# Sums what "gcov -b -c -t" says of several objects and boots, and tells for each file
# below DIR what of it was reached, and of each region that was not, why (REASONS).

function glob_re(g)
{
	gsub(/[.+^$()|{}\\]/, "\\\\&", g)
	gsub(/\*/, ".*", g)
	return "^" g "$"
}

# The reasons: FILE : FUNCTION : /ERE/ : REASON, the third part may be missing.
FNR == NR {
	if (/^[ \t]*(#|$)/)
		next
	n = split($0, part, / : /)
	r = ++nr_reasons
	why_file[r] = glob_re(part[1])
	why_fn[r] = glob_re(part[2])
	why_re[r] = ""
	i = 3
	if (n > 3 && part[3] ~ /^\/.*\/$/) {
		why_re[r] = substr(part[3], 2, length(part[3]) - 2)
		i = 4
	}
	why[r] = part[i]
	while (++i <= n)
		why[r] = why[r] " : " part[i]
	why_src[r] = FILENAME ":" FNR
	if (n < 3 || why[r] == "") {
		print "error: " why_src[r] ": not FILE : FUNCTION [: /ERE/] : REASON" >"/dev/stderr"
		bad = 1
	}
	next
}

$1 == "-:" && $2 ~ /^0:Source:/ {
	path = $0
	sub(/^.*0:Source:/, "", path)
	ours = index(path, top) == 1
	file = substr(path, length(top) + 1)
	fn = ""
	next
}
!ours { next }
# It names no function that the compiler has made part of others.
/^(function|call|unconditional) / { next }
/^branch / {
	if (!line)
		next
	b = file SUBSEP line SUBSEP $2
	if (!(b in branch)) {
		branch[b] = 0
		branches[file]++
	}
	if ($3 == "taken" && $4 + 0 > 0 && !branch[b]) {
		branch[b] = 1
		taken[file]++
	}
	next
}
/^ *([0-9]+\*?|#####|=====|-): *[0-9]+:/ {
	text = $0
	count = $0
	sub(/:.*/, "", count)
	gsub(/[ *]/, "", count)
	sub(/^[^:]*: */, "", text)
	line = text + 0
	sub(/^[0-9]+:/, "", text)
	if (match(text, /^[A-Za-z_][A-Za-z0-9_ *]*\(/)) {
		fn = substr(text, 1, RLENGTH - 1)
		sub(/.*[ *]/, "", fn)
	}
	if (count == "-" || line == 0) {
		line = 0
		next
	}
	key = file SUBSEP line
	if (!(key in hits)) {
		hits[key] = 0
		lines[file]++
		if (line > last[file])
			last[file] = line
		source[key] = text
		where[key] = fn
	}
	if (count + 0 > 0) {
		if (!hits[key])
			reached[file]++
		hits[key] += count
	}
}

function percent(part, all) { return all ? sprintf("%5.1f", 100 * part / all) : "    -" }

# reason(): for the region first..end, and the line before it
function reason(    r, i, hit)
{
	for (r = 1; r <= nr_reasons; r++) {
		if (f !~ why_file[r] || (why_fn[r] != "^.*$" && where[f, first] !~ why_fn[r]))
			continue
		hit = why_re[r] == "" || (before && source[f, before] ~ why_re[r])
		for (i = first; i <= end && !hit; i++)
			hit = ((f, i) in hits) && source[f, i] ~ why_re[r]
		if (hit) {
			used[r] = 1
			return why[r]
		}
	}
	return ""
}

function region(    text, because)
{
	if (!first)
		return
	text = source[f, first]
	gsub(/^[ \t]+|[ \t]+$/, "", text)
	because = reason()
	printf "%s:%s %s: %s\n", f, first == end ? first : first "-" end, where[f, first], text
	printf "        %s\n", because == "" ? "NO REASON GIVEN" : because
	if (because == "") {
		unexplained += size
		nr_unexplained++
	}
	first = 0
}

END {
	if (bad)
		exit 2
	for (f in lines) {
		for (i = nr_files; i > 0 && name[i] > f; i--)
			name[i + 1] = name[i]
		name[i + 1] = f
		nr_files++
	}

	print "lines no test reached, and why:"
	for (i = 1; i <= nr_files; i++) {
		f = name[i]
		first = 0
		before = 0
		for (l = 1; l <= last[f]; l++) {
			if (!((f, l) in hits))
				continue
			if (hits[f, l] || where[f, l] != where[f, first])
				region()
			if (hits[f, l]) {
				before = l
				continue
			}
			if (!first) {
				first = l
				size = 0
				if (where[f, before] != where[f, l])
					before = 0
			}
			end = l
			size++
		}
		region()
	}

	printf "\n%-28s %14s  %5s  %14s  %5s\n", "file", "lines", "%", "branches", "%"
	for (i = 1; i <= nr_files; i++) {
		f = name[i]
		printf "%-28s %6d of %5d  %s  %6d of %5d  %s\n", f,
			reached[f], lines[f], percent(reached[f], lines[f]),
			taken[f], branches[f], percent(taken[f], branches[f])
		all += lines[f]
		got += reached[f]
		all_b += branches[f]
		got_b += taken[f]
	}
	print ""
	# Those of another backend's files are not for this one.
	for (r = 1; r <= nr_reasons; r++) {
		if (used[r])
			continue
		for (f in lines) {
			if (f ~ why_file[r]) {
				print why_src[r] ": this reason is for nothing that was not reached"
				break
			}
		}
	}
	if (!all) {
		print "error: nothing was measured"
		exit 2
	}
	printf "without a reason: %d lines in %d places\n", unexplained, nr_unexplained
	printf "coverage: %.1f %% of %d lines, %.1f %% of %d branches\n",
		100 * got / all, all, all_b ? 100 * got_b / all_b : 0, all_b
	exit 100 * got / all < least
}
