#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The documentation beside the headers: whatever one of them names, the other
# one does. And every exit reason has a test. Needs no module and no emulator.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
top=$here/../..
api=$top/Documentation/api.rst
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

nr=0
failed=0

# verdict NAME: what is in $tmp/out speaks against it
verdict()
{
	nr=$((nr + 1))
	if [ -s "$tmp/out" ]; then
		failed=$((failed + 1))
		sed 's/^/# /' "$tmp/out"
		printf 'not ok %d - %s\n' "$nr" "$1"
	else
		printf 'ok %d - %s\n' "$nr" "$1"
	fi
}

# missing FROM IN WORDS: lines of FROM that are not in IN
missing()
{
	grep -vxF -f "$2" "$1" | sed "s/\$/ $3/" || true
}

headers() { cat "$top"/include/uapi/linux/*.h; }

# ---- what the headers have ------------------------------------------------------

# Without comments, so that a name there does not count.
headers | awk '
	{
		line = $0
		while (match(line, /\/\*([^*]|\*[^\/])*\*\//))
			line = substr(line, 1, RSTART - 1) substr(line, RSTART + RLENGTH)
		if (inside && !sub(/.*\*\//, "", line))
			next
		inside = 0
		if (line ~ /\/\*/) {
			inside = 1
			sub(/\/\*.*/, "", line)
		}
		print line
	}' >"$tmp/code"

sed -nE 's/^#define (AXVCPU_[A-Z0-9_]+)[[:space:]]+_IO\(.*/\1/p' "$tmp/code" | sort >"$tmp/ioctls"
sed -nE 's/^[[:space:]]*(AXVCPU_EXIT_[A-Z0-9_]+)[[:space:]]*=.*/\1/p' "$tmp/code" |
	grep -v '^AXVCPU_EXIT_NR$' | sort >"$tmp/exits"
{
	sed -nE 's/^#define (AXVCPU_[A-Z0-9_]+)[[:space:](].*/\1/p' "$tmp/code"
	awk '/^enum [a-z0-9_]+ \{/ { inside = 1; next } /^\}/ { inside = 0 } inside' "$tmp/code" |
		grep -oE 'AXVCPU_[A-Z0-9_]+'
} | grep -v '^AXVCPU_STATIC_ASSERT$' | sort -u >"$tmp/names"
sed -nE 's/^struct (axvcpu_[a-z0-9_]+) \{.*/\1/p' "$tmp/code" | sort >"$tmp/structs"

# ---- what the documentation has ----------------------------------------------------

grep -oE 'AXVCPU_[A-Z0-9_]+' "$api" | sort -u >"$tmp/doc-names"
# a line may end between the two words
tr '\n' ' ' <"$api" | tr -s ' ' | grep -oE 'struct axvcpu_[a-z0-9_]+' | sed 's/struct //' |
	sort -u >"$tmp/doc-structs"
# Headings, each with the errnos of its table, and what else an entry has.
awk '
	/^-+$/ && last ~ /^AXVCPU_[A-Z0-9_]+$/ { entry = last; print "entry", entry }
	/^(-+|~+)$/ && last !~ /^AXVCPU_/ && last != "" { entry = "" }
	/^=+$/ && last !~ /^AXVCPU_/ && last ~ /^[A-Z]/ && length(last) == length($0) { entry = "" }
	entry && /^:[A-Z]/ { split($0, f, ":"); print "field", entry, f[2] }
	entry && /^E[A-Z0-9]+(, E[A-Z0-9]+)*  / {
		line = $0
		sub(/  .*/, "", line)
		n = split(line, e, ", ")
		for (i = 1; i <= n; i++)
			print "errno", entry, e[i]
	}
	{ last = $0 }' "$api" >"$tmp/entries"
sed -n 's/^entry //p' "$tmp/entries" | sort >"$tmp/doc-ioctls"
sed -n 's/^errno //p' "$tmp/entries" | sort -u >"$tmp/doc-errnos"
# The one table of all of them, at the end.
awk '
	/^Errors by ioctl$/ { inside = 1 }
	inside && /^=+$/ && last != "Errors by ioctl" { exit }
	{ last = $0 }
	inside && /^AXVCPU_/ { entry = $1; $1 = "" }
	inside && (/^AXVCPU_/ || /^ /) {
		for (i = 1; i <= NF; i++)
			if (entry && $i ~ /^E[A-Z0-9]+$/)
				print entry, $i
	}' "$api" | sort >"$tmp/doc-errors"
sed -nE 's/^   \* - (AXVCPU_EXIT_[A-Z0-9_]+)$/\1/p' "$api" | sort >"$tmp/doc-exits"

# ---- the comparison ----------------------------------------------------------------------

printf 'TAP version 13\n1..12\n'

missing "$tmp/ioctls" "$tmp/doc-ioctls" 'has no entry' >"$tmp/out"
uniq -d "$tmp/doc-ioctls" | sed 's/$/ has two entries/' >>"$tmp/out"
printf '# %d ioctls\n' "$(wc -l <"$tmp/ioctls")"
verdict 'every ioctl has one entry'

missing "$tmp/doc-ioctls" "$tmp/ioctls" 'is described, but is no ioctl' >"$tmp/out"
verdict 'every entry is an ioctl'

: >"$tmp/out"
while read -r ioctl; do
	for field in 'Fd kind' Architectures Parameters Returns; do
		grep -qx "field $ioctl $field" "$tmp/entries" ||
			echo "$ioctl: no '$field'" >>"$tmp/out"
	done
	grep -q "^errno $ioctl " "$tmp/entries" || echo "$ioctl: no table of errors" >>"$tmp/out"
done <"$tmp/doc-ioctls"
verdict 'every entry is complete'

diff "$tmp/doc-errnos" "$tmp/doc-errors" |
	sed -nE 's/^< (.*)/\1 is in the entry only/p; s/^> (.*)/\1 is in the last table only/p' >"$tmp/out"
verdict 'one table has all errors of all ioctls'

# What the fuzzer takes for an answer.
sed -nE 's/^\tERRNOS\(([A-Z0-9_]+), "([A-Z0-9 ]+)"\).*/AXVCPU_\1 \2/p' "$here/common/hostile.c" |
	awk '{ for (i = 2; i <= NF; i++) print $1, $i }' | sort >"$tmp/fuzz-errors"
diff "$tmp/doc-errors" "$tmp/fuzz-errors" |
	sed -nE 's/^< (.*)/\1 is documented only/p; s/^> (.*)/\1 is only in common\/hostile.c/p' >"$tmp/out"
verdict 'the tests know the errors of that table'

missing "$tmp/exits" "$tmp/doc-exits" 'has no row' >"$tmp/out"
uniq -d "$tmp/doc-exits" | sed 's/$/ has two rows/' >>"$tmp/out"
missing "$tmp/doc-exits" "$tmp/exits" 'has a row, but is no exit' >>"$tmp/out"
printf '# %d exit reasons\n' "$(wc -l <"$tmp/exits")"
verdict 'every exit reason has one row'

missing "$tmp/names" "$tmp/doc-names" 'is not described' >"$tmp/out"
printf '# %d names\n' "$(wc -l <"$tmp/names")"
verdict 'every name of the headers is described'

missing "$tmp/doc-names" "$tmp/names" 'is described, but does not exist' >"$tmp/out"
verdict 'every name described exists'

{
	missing "$tmp/structs" "$tmp/doc-structs" 'is not mentioned'
	missing "$tmp/doc-structs" "$tmp/structs" 'is mentioned, but does not exist'
} >"$tmp/out"
verdict 'the structures are those of the headers'

# Members of the exits' union: each is in the header's comment on it.
: >"$tmp/out"
sed -n '/^struct axvcpu_exit {/,/^};/p' "$tmp/code" |
	sed -nE 's/^\t\t\} ([a-z_]+);$/\1/p' | while read -r member; do
	headers | sed -n '/^ \* struct axvcpu_exit /,/^ \*\/$/p' |
		grep -q "^ \* @$member: [A-Z_]*" || echo "@$member has no comment" >>"$tmp/out"
	grep -qE "^     - $member:" "$api" || echo "$member is in no row" >>"$tmp/out"
done
verdict 'every member of the union of exits is described'

# The commands of every row are those that the module allows.
awk -v FS='[][=,|[:space:]]+' '
	/^#define ACCESS/ { sub(/.*ACCESS[[:space:]]*/, ""); gsub(/[()|]/, " "); access = $0 }
	/^(const u8 axv_x86_exit_command\[|#define AXV_EXIT_COMMANDS)/ { inside = 1; next }
	/^(\};|$)/ { inside = 0 }
	inside && /\[AXVCPU_EXIT_/ {
		line = $0
		sub(/[[:space:]]*\\$/, "", line)
		sub(/.*= */, "", line)
		gsub(/[,|]/, " ", line)
		sub(/ACCESS/, access, line)
		n = split(line, c, " ")
		out = $2
		for (i = 1; i <= n; i++)
			out = out " " c[i]
		print out
	}' "$top/drivers/virt/axvcpu/commands.h" "$top/drivers/virt/axvcpu/x86/complete.c" |
	sort >"$tmp/commands"
awk '
	/^   \* - AXVCPU_EXIT_/ { reason = $3; next }
	reason && /^     - (NONE|FULFIL|SKIP|RETRY|FAULT)( |$)/ {
		sub(/^     - /, "")
		print reason, $0
		reason = ""
	}' "$api" | sort >"$tmp/doc-commands"
diff "$tmp/commands" "$tmp/doc-commands" |
	sed -nE 's/^< (.*)/the module: \1/p; s/^> (.*)/the text:   \1/p' >"$tmp/out"
verdict 'the commands of every exit are those that the module allows'

# Those that an architecture does not have are marked in their row.
: >"$tmp/out"
while read -r reason; do
	grep -qE "\\b$reason\\b" "$here"/*.c "$here"/common/*.[ch] && continue
	awk -v r="   * - $reason" '
		$0 == r { inside = 1; next }
		/^   \* - / || /^[^ ]/ { inside = 0 }
		inside && /Not on x86/ { found = 1 }
		END { exit !found }' "$api" || echo "no test names $reason" >>"$tmp/out"
done <"$tmp/exits"
verdict 'every exit reason has a test'

[ "$failed" -eq 0 ]
