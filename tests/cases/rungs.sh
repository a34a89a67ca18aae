# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Suites run all traffic cases with one backend and transport. Rungs (tests/vm/rungs) are suites
# with some features disabled, and prove that these features are not used.

# row TYPES BACKEND TRANSPORT RESULT: print a row for docs/kernels.md. The series is ARCH-VERSION,
# VERSION or a distribution's name, which gets the kernel version as a prefix.
row() {
	local kernel=${SERIES-}
	[ -n "$kernel" ] && [ "$only" = . ] || return 0
	case $kernel in
	[0-9]* | *-*) kernel=${kernel##*-} ;;
	*) kernel=$(uname -r | grep -Eo '^[0-9]+\.[0-9]+')-$kernel ;;
	esac
	echo "ROW guest $kernel $(uname -m) $1 $2 $3 $4"
}

check_here() {
	# shellcheck disable=SC2086 # words: a case may put a command in front
	$SKBTRAIL --check ${WITHOUT:+--without "$WITHOUT"}
}

# The source of types in use: the first that is ok.
types_used() {
	check_here 2>/dev/null |
		sed -nE 's/^  ok  (from-)?(kernel|file|disk|pack|measured) .*/\2/p' | head -n 1
}

# suite TITLE BACKEND TRANSPORT: each trace must use these (case patterns).
suite() {
	MUST_USE="$2 $3" USED=''
	failed=$NR_FAILED
	# shellcheck disable=SC2086,SC2154 # words on purpose
	each "$1" case_ $traffic
	result=ok
	[ "$NR_FAILED" -eq "$failed" ] || result=FAIL
	# shellcheck disable=SC2086
	row "$(types_used)" ${USED:-$2 -} $result
	MUST_USE=''
}

# Rows for the backends that this kernel lacks according to --check.
rows_of_missing() {
	types=$(types_used)
	check_here 2>/dev/null |
		sed -nE 's/^  --  (kprobe(-multi|-events)?|tracepoint(-events)?) .*/\1/p' |
		while read -r backend; do
			row "$types" "$backend" - none
		done
}

# use_types SOURCE: make SKBTRAIL take its types from there; show_types undoes it.
use_types() {
	SHOWN=$SKBTRAIL
	case $1 in
	file)
		cp /sys/kernel/btf/vmlinux "$T/$(uname -r).btf"
		SKBTRAIL="$SKBTRAIL --kernel-btf $T/$(uname -r).btf"
		;;
	pack)
		"$SKBTRAIL" -q --btf-pack "$T/packed" /sys/kernel/btf/vmlinux
		hide_types "$T/packed"
		;;
	esac
}

case_choice() {
	case $RUNG_TRANSPORT in
	ring) through='the BPF ring buffer' ;;
	perf) through='a perf ring for each CPU' ;;
	esac
	check_here >"$T/out" 2>"$T/err" || bad "--check fails"
	expect "^  ok  tracing +backend $RUNG_BACKEND, events through $through\$"
	[ "$(types_used)" = "$RUNG_TYPES" ] || bad "types are from '$(types_used)', expected '$RUNG_TYPES'"
}

# with_feature FEATURE COMMAND...: run a command with this one feature enabled again.
with_feature() {
	local WITHOUT=",$WITHOUT,"
	WITHOUT=${WITHOUT/,$1,/,}
	WITHOUT=${WITHOUT#,} WITHOUT=${WITHOUT%,}
	shift
	"$@"
}

# proof_FEATURE (with _ for -) proves that a feature is not used, if neither backend nor transport
# shows that: with the feature enabled the trace differs.

# The tags (hashes) of a trace's programs.
program_tags() {
	trace_start "udp port 5000" || return
	sed -n 's/^prog_tag:[^0-9a-f]*//p' /proc/"$TRACE"/fdinfo/* 2>/dev/null | sort -u
	trace_stop
}

other_programs() {
	program_tags >"$T/tags"
	with_feature "$1" program_tags >"$T/tags.with"
	[ -s "$T/tags" ] && [ -s "$T/tags.with" ] || bad "no program has a tag"
	! cmp -s "$T/tags" "$T/tags.with" || bad "the programs are those with $1"
}

proof_probe_read_kernel() { other_programs probe-read-kernel; }
proof_raw_stack() { other_programs raw-stack; }
proof_map_value() { other_programs map-value; }
proof_direct_loads() { other_programs direct-loads; }
proof_get_func_ip() { other_programs get-func-ip; }

# Trace enough functions for a placement trial. Prints the number of probes after the entry.
probes_behind() {
	local FUNCS='ip_.*|tcp_.*|__tcp_.*|udp_.*|icmp_.*'
	trace_start "udp port 5000" || return
	[ "$(nr_kprobes)" -ge 64 ] || bad "only $(nr_kprobes) probes"
	grep -Ec '\+0x[1-9a-f]' /sys/kernel/debug/kprobes/list
	trace_stop
	wait_for 60 no_kprobes || bad "$(nr_kprobes) kprobes left behind"
}

# Without either of the two features probes stay at the entry.
proof_jump_optimization() {
	for one in kcore jump-optimization; do
		with_feature $one probes_behind >"$T/behind"
		[ "$(cat "$T/behind")" = 0 ] || bad "with $one: $(cat "$T/behind") probes after the entry"
	done
	with_feature kcore with_feature jump-optimization probes_behind >"$T/behind"
	[ "$(cat "$T/behind")" != 0 ] || bad "with both features, no probe is after the entry"
}

proof_large_programs() {
	sum=$(printf 'ip[%d] + ' {0..250})
	expect_error "${sum}1 = 7"
	said 'this kernel allows 4095'
}

proof_prog_translated() {
	check_here >"$T/out" 2>"$T/err" || bad "--check fails"
	expect 'read from a filter in memory'
	expect_not 'reported by the kernel'
	with_feature prog-translated check_here >"$T/out" 2>"$T/err" || bad "--check fails"
	expect 'reported by the kernel'
}

proof_tracefs() {
	expect_error --backend kprobe-events udp
	said tracefs
}

case_proof() {
	for feature in ${WITHOUT//,/ }; do
		proof=proof_${feature//-/_}
		! declare -F "$proof" >/dev/null || "$proof"
	done
}

# A rung tests how to trace, not which functions.
few_functions='ip_output|ip6_output|__dev_queue_xmit|dev_hard_start_xmit|ip_rcv|ipv6_rcv|arp_rcv'
few_functions="$few_functions|ip_local_deliver|kfree_skb|kfree_skb_reason|sk_skb_reason_drop"

few_kinds='http_passes iptables_drop udp6 vlan_in_packet netns'

# rung NAME TYPES BACKEND TRANSPORT FEATURES: without FEATURES skbtrail must choose the others.
rung() {
	RUNG_TYPES=$2 RUNG_BACKEND=$3 RUNG_TRANSPORT=$4
	WITHOUT=${5#-}
	use_backend "$3"
	BACKEND='' FUNCS=${FUNCS:+$few_functions}
	use_types "$2"
	traffic=$few_kinds
	each "$1/%" case_ choice proof
	# Only if the programs differ, not just the way they are attached.
	case $2/$4 in
	measured/* | */perf) each "$1/%" case_ followed_and_shown ;;
	esac
	suite "$1/%" "$3" "$4"
	show_types
	WITHOUT=''
}

rungs() {
	awk -v s="$SERIES" '$1 == s { print $2, $3, $4, $5, $6 }' tests/vm/rungs >"$T/rungs"
	while read -r name types backend transport features <&3; do
		rung "$name" "$types" "$backend" "$transport" "$features"
	done 3<"$T/rungs"
}
