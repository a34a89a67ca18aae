#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# usage: kernels.sh check  - compare the table in docs/kernels.md with the last test run's results
#        kernels.sh update - write those results into the table
#
# Results are the ROW lines in the logs of tests/run.sh, from guests and simulated verifiers. What a
# run left out or could not do stays in the table: entries are removed only for a series all of whose
# stages ran to their end.
set -u
cd "$(dirname "$0")/.." || exit 1

page=docs/kernels.md
logs=${B:-build}/check

# done_all LOG...: whether all these stages ran to their end.
done_all() {
	local log
	for log; do
		[ -e "$log" ] || return 1
		! grep -Eq '^TEST (all|guest|lab|cases) (SKIP|FAIL)' "$log" || return 1
	done
}

# rows LOG...: the fields of each ROW, after "whole" or "part".
rows() {
	local how=part
	! done_all "$@" || how=whole
	sed -n "s/^ROW /$how /p" "$@" 2>/dev/null
}

found() {
	local s backends
	grep -v '^#' tests/vm/kernels | while read -r s _ _ backends _; do
		if [ "$backends" = - ]; then
			rows "$logs/rungs-$s.log"
		elif grep -q "^$s " tests/vm/rungs; then
			rows "$logs/vm-$s.log" "$logs/rungs-$s.log"
		else
			rows "$logs/vm-$s.log"
		fi
	done
	rows "$logs/unit.log"
}

# Conversion between the table and lines like those of rows(); a cell holds the transports.
# shellcheck disable=SC2016 # for awk
columns='BEGIN {
	nr = split("kprobe-multi kprobe kprobe-events tracepoint tracepoint-events", columns, " ")
}'

# shellcheck disable=SC2016
in_table='
	/^\| kernel \|/ { in_table = 1 }
	/^$/ { in_table = 0 }'

from_page() {
	awk -F ' *[|] *' "$columns$in_table"'
	in_table && /^\| [0-9]/ {
		for (i = 1; i <= nr; i++) {
			where = "page " $(nr + 5) " " $2 " " $3 " " $4 " " columns[i] " "
			if ($(i + 4) == "-")
				print where "- none"
			n = $(i + 4) == "-" ? 0 : split($(i + 4), cell, ", ")
			for (j = 1; j <= n; j++)
				print where cell[j] (cell[j] ~ / fails$/ ? "" : " ok")
		}
	}' "$page"
}

table() {
	awk "$columns"'
	BEGIN {
		for (i = 1; i <= nr; i++)
			known[columns[i]] = 1
		rank["x86_64"] = rank["kernel"] = 1
		rank["file"] = 2
		rank["disk"] = 3
		rank["pack"] = 4
		rank["measured"] = 5
	}
	{ system_ = $2 " " $3 " " $4; row = system_ " " $5 }
	!($6 in known) { print "kernels.sh: no column for backend " $6 >"/dev/stderr"; exit 1 }
	$1 == "whole" { whole[system_] = 1 }
	$1 == "page" && system_ in whole { next }
	$8 == "none" { none[system_, $6] = 1; rows[row] = 1; next }
	$1 == "page" && (row, $6, $7) in result { next }
	{ rows[row] = 1 }
	result[row, $6, $7] != "fails" { result[row, $6, $7] = $8 == "ok" ? "ok" : "fails" }
	function cell(row, system_, column,    words, t, i) {
		split("ring perf -", t)
		for (i = 1; i in t; i++)
			if ((row, column, t[i]) in result)
				words = words (words ? ", " : "") t[i] \
					(result[row, column, t[i]] == "ok" ? "" : " fails")
		return words ? words : (system_, column) in none ? "-" : ""
	}
	function rank_of(what) { return (what in rank ? rank[what] : 9) what }
	END {
		for (row in rows) {
			split(row, r)
			line = rank_of(r[3]) " " r[2] " " rank_of(r[4]) " | " r[2] " | " r[3] " | " r[4] " |"
			for (i = 1; i <= nr; i++) {
				words = cell(row, r[1] " " r[2] " " r[3], columns[i])
				line = line (words == "" ? "" : " " words) " |"
			}
			print line " " r[1] " |"
		}
	}' | LC_ALL=C sort -k 1,1 -k 2,2V -k 3,3 | cut -d ' ' -f 4-
}

# The page with a new table.
made() {
	{ found; from_page; } | table >"$tmp/table"
	[ -s "$tmp/table" ] || return 1
	awk -v table="$tmp/table" "$in_table"'
		in_table && /^\| [0-9]/ { next }
		{ print }
		in_table && /^\|---/ { while ((getline line <table) > 0) print line }' "$page"
}

untested() {
	{ found; from_page; } | awk '
		{ system_ = $2 " " $3 " " $4 }
		$1 == "whole" { whole[system_] = 1 }
		$1 == "page" { page[system_] = 1 }
		END {
			for (s in page)
				if (!(s in whole))
					print "  not fully tested in this run, kept from the page: " s
		}' | sort
}

tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
made >"$tmp/page" || exit 1
case ${1-} in
update) cat "$tmp/page" >"$page" ;;
check)
	if diff -U0 "$page" "$tmp/page" >"$tmp/diff"; then
		echo "TEST kernels ok"
	else
		echo "TEST kernels FAIL docs/kernels.md differs from the results of this run: run 'make kernels-page'"
		grep '^[-+]|' "$tmp/diff" | sed 's/^-/  page:  /; s/^+/  found: /'
	fi
	untested
	;;
*)
	sed -n '/^# usage/,/^#$/s/^# \?//p' "$0" >&2
	exit 2
	;;
esac
