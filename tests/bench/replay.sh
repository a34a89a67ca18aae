#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# usage: replay.sh SKBTRAIL MEASURE RECORD [OTHER] - events of a record that are printed in a second
#
# CPU time, the least of RUNS; and with valgrind instructions for each event, which do not depend on
# what else the machine does. OTHER is another skbtrail, measured by turns, to compare with.
set -u

measure=$2 record=$3
programs=("$1" ${4:+"$4"})
RUNS=${RUNS:-5}
T=$(mktemp -d) || exit 1
trap 'rm -rf "$T"' EXIT
trap 'exit 130' INT TERM HUP

die() {
	cat "$T/err" >&2
	echo "replay.sh: $*" >&2
	exit 1
}

instructions() {
	valgrind --tool=callgrind --callgrind-out-file=/dev/null "$@" 2>&1 >/dev/null |
		awk '/refs:/ { gsub(",", ""); print $NF }'
}

# row WHAT WORD...
row() {
	local what=$1 least=('' '') i n ms instructions=-
	shift
	for ((n = 0; n < RUNS; n++)); do
		for i in "${!programs[@]}"; do
			read -r ms _ < <("$measure" - "${programs[i]}" -q "$@" -r "$record" 2>"$T/err") ||
				die "$what fails"
			least[i]=$(printf '%s\n' "$ms" ${least[i]} | sort -g | head -n 1)
		done
	done
	for i in "${!programs[@]}"; do
		! command -v valgrind >/dev/null || instructions=$(instructions "${programs[i]}" "$@" -r "$record")
		awk -v what="$what" -v nr="$nr" -v ms="${least[i]}" -v all="$instructions" -v of="${programs[i]}" '
			BEGIN { printf "%-22s %8.2f M/s %8s  %s\n", what, nr / ms / 1000,
				all == "-" ? all : sprintf("%.0f", all / nr), of }'
	done
}

nr=$("$1" -r "$record" --output-release 2>&1 >/dev/null | awk '/ events printed/ { print $1 }')
[ "${nr:-0}" -gt 0 ] || die "no events in $record"
printf '%-22s %12s %8s\n' "$nr events" printed instr.
row text
row 'text, absolute time' --timestamp absolute
row JSON --output-json
row 'JSON, absolute time' --output-json --timestamp absolute
