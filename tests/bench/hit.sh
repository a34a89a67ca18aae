#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# usage: hit.sh         - what a hit that does not match costs on this kernel, in ns
#        hit.sh SERIES  - in a guest that advances its clock by 1 ns an instruction: instructions
#
# As the kernel counts it in all programs (5.1), its own 50 or so instructions included. The rows
# tell where they go: each expression gets one step further than that before it. HIT_LIMIT: exit
# code 1 if a whole expression costs more. FUNCS: the functions to attach to.
set -u
cd "$(dirname "$0")/../.." || exit 1

if [ $# -eq 1 ]; then
	VM_NAME=hit-$$ VM_ICOUNT=1 VM_FILES=${B:-build}/burst exec tests/vm/run.sh "$1" \
		"HIT_LIMIT=${HIT_LIMIT:--} FUNCS='${FUNCS-}' WITHOUT='${WITHOUT-}' tests/bench/hit.sh"
fi
. tests/bench/common.sh

stats=/proc/sys/kernel/bpf_stats_enabled
FUNCS=${FUNCS:-ip_output|__dev_queue_xmit|dev_hard_start_xmit|netif_rx|ip_rcv|ip_local_deliver|udp_rcv|icmp_rcv|icmp_send|skb_release_data}

tidy() { [ ! -w $stats ] || echo 0 >$stats; }

# hit WHAT LIMIT ARGUMENT...: 200 packets that do not match, and the ICMP errors that answer them.
hit() {
	what=$1 limit=$2
	shift 2
	rm -f "$T/ready"
	# shellcheck disable=SC2086 # words on purpose
	"$skbtrail" --ready-file "$T/ready" ${WITHOUT:+--without $WITHOUT} \
		--filter-func "$FUNCS" "$@" >"$T/out" 2>"$T/err" &
	pid=$!
	wait_for 300 ready_or_gone "$T/ready" $pid
	[ -e "$T/ready" ] || die "skbtrail did not start"
	on_client "$B/burst" "$SERVER" 5000 200 >/dev/null || die "the burst failed"
	cat /proc/$pid/fdinfo/* >"$T/fdinfo" 2>/dev/null
	stop
	[ "$(grep -c '^0x' "$T/out")" = 0 ] || die "$what: packets match '$*'"
	figure=$(awk '$1 == "run_time_ns:" { t += $2 } $1 == "run_cnt:" { n += $2 }
		END { if (n >= 1000) printf "%d", t / n }' "$T/fdinfo")
	row "$what" "${figure:-none}" ns "$limit"
}

begin
[ -w $stats ] || die "this kernel does not count the time of programs"
echo 1 >$stats
echo "Linux $(uname -r), a hit that does not match"
heading
hit 'mark' - --filter-mark 0xdead
hit 'protocol' - 'tcp port 81'
hit 'address and port' "${HIT_LIMIT:--}" 'host 10.9.9.9 and tcp port 81'
hit 'followed' - --filter-track-skb 'host 10.9.9.9 and tcp port 81'
exit $over
