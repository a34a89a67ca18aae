#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# usage: rules.sh - what it costs to explain drops by iptables (legacy); exit code 1: over a limit
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/bench/common.sh

NR=10000 # rules
flipper=''

tidy() { [ -z "$flipper" ] || kill "$flipper" 2>/dev/null; }

ms() { echo $(($(date +%s%N) / 1000000)); }

# Sets TOOK, in milliseconds.
start() {
	rm -f "$T/ready"
	TOOK=$(ms)
	"$skbtrail" --ready-file "$T/ready" "$@" "udp and dst host $SERVER" >"$T/out" 2>"$T/err" &
	pid=$!
	while [ ! -e "$T/ready" ]; do
		kill -0 $pid 2>/dev/null || die "skbtrail did not start"
		sleep 0.01
	done
	TOOK=$(($(ms) - TOOK))
}

burst() { on_client "$B/burst" "$SERVER" 5001 "$1" >/dev/null 2>&1; }
memory() { awk '/^VmHWM/ { print $2 }' "/proc/$pid/status"; }

# The shortest start of three, and the memory after 2,000 packets. Sets TOOK and MEMORY.
measure() {
	best=
	for _ in 1 2 3; do
		start "$@"
		[ -n "$best" ] && [ "$best" -le "$TOOK" ] || best=$TOOK
		burst 2000
		sleep 0.5
		MEMORY=$(memory)
		stop
	done
	TOOK=$best
}

# rules MARK: the last one drops, and tells by the packet's mark which ruleset it is of.
rules() {
	echo '*mangle'
	awk -v nr=$((NR - $1)) 'BEGIN { for (i = 1; i <= nr; i++)
		printf "-A OUTPUT -s 10.1.%d.%d -p tcp --dport %d -j ACCEPT\n", i / 256, i % 256, i }'
	echo "-A OUTPUT -p udp --dport 5001 -j MARK --set-mark $1"
	echo "-A OUTPUT -p udp --dport 5001 -m comment --comment mark-$1 -j DROP"
	echo COMMIT
}

flip() {
	while :; do
		on_client iptables-legacy-restore <"$T/rules2"
		on_client iptables-legacy-restore <"$T/rules1"
	done
}

# Drops for five seconds, while the rules change all the time.
bench_flips() {
	start
	flip &
	flipper=$!
	before=$(ticks)
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		burst 50
		sleep 0.25
	done
	cpu=$((($(ticks) - before) / 5))
	kill $flipper
	wait $flipper 2>/dev/null
	flipper=''
	row "CPU while $NR rules change, $(memory) KiB" $cpu '%' 25
	stop
	row 'drops with the wrong rule, of 1000' "$(awk '/: DROP by .*"mark-[12]"/ {
		match($0, /"mark-[12]"/)
		nr += substr($0, RSTART + 6, 1) != $5
	} END { print nr + 0 }' "$T/out")" '' 0
}

begin
on_client iptables-legacy -S >/dev/null 2>"$T/err" || die "no iptables-legacy"
rules 1 >"$T/rules1"
rules 2 >"$T/rules2"
heading
burst 1
measure
took=$TOOK memory=$MEMORY
on_client iptables-legacy-restore <"$T/rules1" || die "the rules are refused"
measure
row "longer start with $NR rules" $((TOOK - took)) ms 500
row "more memory with $NR rules" $((MEMORY - memory)) KiB 8192
bench_flips
exit $over
