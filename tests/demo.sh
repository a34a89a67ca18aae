#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# usage: demo.sh [SKBTRAIL] - trace an HTTP request that passes, and one that iptables drops
#
# Uses two network namespaces of its own, and removes them at the end. The filter matches only SYN
# and SYN|ACK; DEMO_FULL=1 shows long traces in full.
set -u
cd "$(dirname "$0")/.." || exit 1
. tests/lab.sh

skbtrail=${1:-build/skbtrail}
filter="host $SERVER and tcp port 8080 and tcp[tcpflags] & tcp-syn != 0"
tmp='' pid='' wget=''

die() {
	echo "demo: $*" >&2
	exit 1
}

cleanup() {
	[ -z "$wget" ] || kill "$wget" 2>/dev/null
	[ -z "$pid" ] || { kill "$pid" && wait "$pid"; } 2>/dev/null
	lab_down
	[ -z "$tmp" ] || rm -rf "$tmp"
}

start() {
	rm -f "$tmp/ready"
	"$skbtrail" --ready-file "$tmp/ready" "$filter" >"$tmp/out" 2>"$tmp/err" &
	pid=$!
	wait_for 300 ready_or_gone "$tmp/ready" "$pid"
	[ -e "$tmp/ready" ] || { cat "$tmp/err" >&2; die "skbtrail did not start"; }
}

stop() {
	kill "$pid"
	wait "$pid" || { cat "$tmp/err" >&2; die "skbtrail failed"; }
	pid=
}

show() {
	lines=$(wc -l <"$tmp/out")
	if [ "$lines" -le 60 ] || [ -n "${DEMO_FULL-}" ]; then
		cat "$tmp/out"
	else
		head -n 25 "$tmp/out"
		echo "    [$((lines - 50)) lines; DEMO_FULL=1 shows them]"
		tail -n 25 "$tmp/out"
	fi
	echo
	tail -n 1 "$tmp/err"
	echo
}

# The drop in the output on this kernel; drop reasons are new in 5.17.
drop_re='kfree_skb from nf_hook_slow'
! grep -qa SKB_DROP_REASON_NETFILTER_DROP /sys/kernel/btf/vmlinux 2>/dev/null ||
	drop_re='NETFILTER_DROP'
dropped() { grep -q "$drop_re" "$tmp/out"; }
# The rule that drops: the only one, and the first.
why_re='DROP by iptables[a-z-]* filter OUTPUT rule 1'

# The trail of the dropped packet must end there, except for functions that free its memory.
ends_in_drop() {
	awk -v re="$drop_re" '
		$0 ~ re { skb = $1; after = ""; next }
		skb && $1 == skb && $0 !~ /free|release|destr|consume|drop_reason|uncharge/ { after = $0 }
		END { exit !skb || after != "" }' "$tmp/out"
}

[ "$(id -u)" -eq 0 ] || die "must be root to trace and to create network namespaces"
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
tmp=$(mktemp -d) || exit 1
mkdir "$tmp/www"
lab_up || die "cannot create network namespaces with a veth pair"
http_server "$tmp/www" || die "the HTTP server does not start"
iptables=$(find_iptables) || die "no iptables works on this kernel"
url=http://$SERVER:8080/
http_get "$url" >/dev/null || die "the HTTP server does not answer" # also warms up caches

echo "== 1. A request that gets through: skbtrail '$filter'"
echo
start
http_get "$url" >/dev/null || die "the request got no answer"
sleep 0.5
stop
show
[ "$(wc -l <"$tmp/out")" -gt 2 ] || die "the first request was not traced"
! dropped || die "the first request was dropped"

rule="-I OUTPUT -p tcp --dst $SERVER --dport 8080 -j DROP"
echo "== 2. The same request after: iptables $rule"
echo
# shellcheck disable=SC2086 # words on purpose
on_client "$iptables" -w $rule || die "cannot set the iptables rule"
start
http_get "$url" >/dev/null 2>&1 &
wget=$!
wait_for 5 dropped
stop
show
grep -q "$why_re" "$tmp/out" || die "the drop does not name the rule (expected '$why_re')"
ends_in_drop || die "the second trace does not end in the drop (expected '$drop_re')"
