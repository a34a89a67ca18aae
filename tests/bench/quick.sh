#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# usage: quick.sh - what skbtrail costs on this kernel, as a table; exit code 1: over a limit
#
# All functions (or tracepoints) attached, default settings, output to a file.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/bench/common.sh

counting=''
stats=/proc/sys/kernel/bpf_stats_enabled

tidy() { [ -z "$counting" ] || echo 0 >$stats; }

start() {
	rm -f "$T/ready"
	"$skbtrail" --ready-file "$T/ready" "$@" >"$T/out" 2>"$T/err" &
	pid=$!
	wait_for 300 ready_or_gone "$T/ready" $pid
	[ -e "$T/ready" ] || die "skbtrail did not start"
}

bench_idle() {
	start "udp port 5000"
	before=$(ticks)
	sleep 10
	row 'CPU while idle' "$(($(ticks) - before))" 'permille' 5
	row 'peak memory' "$(awk '/^VmHWM/ { print $2 }' "/proc/$pid/status")" KiB 16384
	stop
}

burst() { on_client "$B/burst" "$SERVER" 5000 "$1" >/dev/null || die "the burst failed"; }

# flood PACKETS OPTION...: sets CPU, in ns, and leaves what was printed.
flood() {
	nr=$1
	shift
	start "$@" "udp port 5000 and not icmp"
	CPU=$(cpu_ns)
	burst "$nr"
	sleep 1
	CPU=$(($(cpu_ns) - CPU))
	stop
}

# Enough packets for 100,000 events, at least 2,000. Nobody listens on the port, but the ICMP errors
# are no part of it.
bench_burst() {
	flood 10
	each=$(($(grep -c '^0x' "$T/out") / 10))
	[ "$each" -gt 0 ] || die "the burst was not traced"
	nr=$((100000 / each))
	[ $nr -ge 2000 ] || nr=2000
	flood $nr
	printed=$(sed -n 's/^\([0-9]*\) events\{0,1\} printed.*/\1/p' "$T/err")
	lost=$(sed -n 's/.*printed, \([0-9]*\) lost.*/\1/p' "$T/err")
	row "lost of $nr packets, $each events each" "${lost:-unknown}" events 0
	row 'printed but not in the file' "$((printed - $(grep -c '^0x' "$T/out")))" events 0
	row 'CPU of an event' $((CPU / nr / each)) ns -
	flood $nr --output-why=false
	row 'the same without causes' $((CPU / nr / each)) ns -
}

# What the kernel counts in all programs for packets that no filter matches (5.8).
bench_miss() {
	[ "$(cat $stats 2>/dev/null)" = 0 ] || return
	counting=1
	echo 1 >$stats
	start "host 10.9.9.9 and tcp port 81"
	burst 1000
	nr=$(cat /proc/$pid/fdinfo/* | awk '$1 == "run_time_ns:" { t += $2 } $1 == "run_cnt:" { n += $2 }
		END { if (n) printf "%d", t / n }')
	stop
	echo 0 >$stats
	counting=''
	[ -z "$nr" ] || row 'a hit that does not match' "$nr" ns -
}

bench_size() {
	command -v strip >/dev/null || return
	strip -o "$T/stripped" "$skbtrail"
	row 'executable, stripped' "$(wc -c <"$T/stripped")" bytes "$(make -s print-SIZE_LIMIT)"
}

begin
echo "Linux $(uname -r), $("$skbtrail" --check 2>/dev/null | sed -n 's/.* backend \([a-z-]*\), .*/\1/p')"
heading
bench_size
bench_idle
bench_miss
bench_burst
exit $over
