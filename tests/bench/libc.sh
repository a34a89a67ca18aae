#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# usage: libc.sh MUSL SYSTEM MEASURE MAKE_RECORD - what musl costs, as ratios to a build with this
# system's libc; exit code 1: over a limit
#
# Both programs do the same by turns, PAIRS times; the least of each counts: the rest is the machine.
set -u
cd "$(dirname "$0")/../.." || exit 1

programs=("$1" "$2")
measure=$3 make_record=$4
PAIRS=${PAIRS:-10}
NR_EVENTS=${NR_EVENTS:-1000000}
over=0
T=$(mktemp -d) || exit 1
trap 'rm -rf "$T"' EXIT
trap 'exit 130' INT TERM HUP

die() {
	cat "$T/err" >&2
	echo "libc.sh: $*" >&2
	exit 1
}

# row WHAT MUSL SYSTEM UNIT LIMIT: the ratio of the two is at most LIMIT.
row() {
	local ratio mark=''
	ratio=$(awk -v m="$2" -v s="$3" 'BEGIN { printf "%.3f", m / s }')
	awk -v r="$ratio" -v l="$5" 'BEGIN { exit !(r > l) }' && mark=OVER && over=1
	printf '%-30s %10s %10s %-4s %8s %7s %s\n' "$1" "$2" "$3" "$4" "$ratio" "$5" "$mark"
}

# compare WHAT -|READY WORD...: a row for its CPU time, and one for its peak memory (measure.c).
compare() {
	local what=$1 ready=$2 least=('' '') most=('' '') i n ms kib
	shift 2
	for ((n = 0; n < PAIRS; n++)); do
		for i in 0 1; do
			read -r ms kib < <("$measure" "$ready" "${programs[i]}" "$@" 2>"$T/err") || die "$what fails"
			least[i]=$(printf '%s\n' "$ms" ${least[i]} | sort -g | head -n 1)
			most[i]=$(printf '%s\n' "$kib" ${most[i]} | sort -g | head -n 1)
		done
	done
	row "$what" "${least[@]}" ms 1.10
	row "  peak memory" "${most[@]}" KiB 1.00
}

"$make_record" "$NR_EVENTS" >"$T/record" || die "cannot make a record"
printf '%-30s %10s %10s %-4s %8s %7s\n' '' musl system '' ratio limit
compare 'replay' - --replay "$T/record"
compare 'list of functions' - --list-funcs
if [ "$(id -u)" -eq 0 ]; then
	compare 'until ready' "$T/ready" --ready-file "$T/ready" icmp
else
	echo 'until ready: not root'
fi
exit $over
