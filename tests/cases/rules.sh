# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Cases about rules that change while packets are dropped by them: never the wrong one.

# What drops a packet marks it, and has the mark as its comment.
marked_xt() {
	echo '*mangle'
	[ "$1" = 1 ] || echo '-A OUTPUT -p tcp -j ACCEPT'
	echo "-A OUTPUT -p udp --dport 5001 -j MARK --set-mark $1"
	echo "-A OUTPUT -p udp --dport 5001 -m comment --comment mark-$1 -j DROP"
	echo COMMIT
}

marked_nft() {
	echo "add table ip skbtrail"
	echo "delete table ip skbtrail"
	echo "table ip skbtrail { chain out { type filter hook output priority 0;"
	[ "$1" = 1 ] || echo 'meta l4proto tcp accept'
	echo "udp dport 5001 meta mark set $1; udp dport 5001 drop comment \"mark-$1\"; }; }"
}

# flip COMMAND...: the command gets one ruleset, then the other, and so on.
flip() {
	while :; do
		"$@" <"$T/rules2"
		"$@" <"$T/rules1"
	done 2>/dev/null
}

# flipped COMMAND...: drops under constant changes, and when these have ended; rules are in $T/rules*.
flipped() {
	on_client "$@" <"$T/rules1" 2>"$T/err" || { skip "$1: $(head -n 1 "$T/err")"; return; }
	trace_start "udp and dst host $SERVER and dst port 5001" || return
	flip on_client "$@" &
	flipper=$!
	for _ in 1 2 3 4 5 6; do
		may_fail on_client "$BURST" "$SERVER" 5001 50
		sleep 0.05
	done
	kill $flipper
	wait $flipper 2>/dev/null # its last command may still be under way
	sleep 0.6
	for _ in 1 2 3 4 5 6 7 8 9 10 11; do # more than NF_CALM_LOOKS
		udp_to "$SERVER" 5001
		sleep 0.05
	done
	trace_stop
	awk '/: DROP by .*"mark-[12]"/ && !/ ms before$/ {
		match($0, /"mark-[12]"/)
		if (substr($0, RSTART + 6, 1) != $5) { print; bad = 1 }
	} END { exit bad }' "$T/out" >"$T/wrong" ||
		bad "$(grep -c . "$T/wrong") wrong: $(head -n 1 "$T/wrong" | cut -c 50-)"
	# a slow guest may take longer to trust them
	[ -n "${SERIES-}" ] || grep ': DROP by ' "$T/out" | tail -n 1 | grep -q ' "mark-[12]"' ||
		bad "the last drop's rule is not told: $(tail -n 1 "$T/out" | cut -c 50-)"
}

case_why_flips_xt() {
	marked_xt 1 >"$T/rules1"
	marked_xt 2 >"$T/rules2"
	tool=iptables-legacy
	on_client $tool -S >/dev/null 2>&1 || tool=$IPTABLES
	# one program, which goes by its name
	ln -sf "$(readlink -f "$(command -v "$tool")")" "$T/$tool-restore"
	flipped "$T/$tool-restore"
	on_client "$tool" -t mangle -F
}

case_why_flips_nft() {
	marked_nft 1 >"$T/rules1"
	marked_nft 2 >"$T/rules2"
	flipped nft -f -
	on_client nft delete table ip skbtrail 2>/dev/null
}

# What is in a set goes to one port, and what is not to another: never the other's rule.
ipset_changes() {
	ipset_for "$1" || return
	on_client "$1" -w -A OUTPUT -p udp -m set --match-set lab-hosts dst -j DROP
	on_client "$1" -w -A OUTPUT -p udp -j DROP
	trace_start "udp and dst host $SERVER" || { ipsets_off; return; }
	for _ in 1 2 3 4 5 6; do
		on_client ipset add lab-hosts "$SERVER"
		udp_to "$SERVER" 5001
		on_client ipset del lab-hosts "$SERVER"
		udp_to "$SERVER" 5002
		sleep 0.3
		udp_to "$SERVER" 5002
	done
	for _ in 1 2 3 4 5 6 7 8; do # more than NF_CALM_LOOKS
		sleep 0.5
		udp_to "$SERVER" 5002
	done
	trace_stop
	ipsets_off
	expect "$SERVER:5001.*: DROP by"
	expect_not "$SERVER:5001.*: DROP by iptables.* rule 2"
	expect_not "$SERVER:5002.*: DROP by iptables.* rule 1"
	expect_why "$SERVER:5002" "DROP by iptables(-nft)? filter OUTPUT rule 2$HANDLE"
}

case_why_ipset_changes() { ipset_changes iptables-legacy; }
case_why_ipset_changes_nft() { ipset_changes iptables-nft; }

# An element that is gone for a moment, while others of its packets are dropped by the rule that names
# the set: that has counted how many were.
ipset_moments() {
	local said counted
	ipset_for "$1" || return
	on_client ipset add lab-hosts "$SERVER"
	on_client "$1" -w -A OUTPUT -p udp -m set --match-set lab-hosts dst -j DROP
	on_client "$1" -w -A OUTPUT -p udp -j DROP
	trace_start "udp and dst host $SERVER" || { ipsets_off; return; }
	for _ in 1 2 3 4 5 6; do
		{
			sleep 0.03
			echo "del lab-hosts $SERVER"
			sleep 0.002
			udp_to "$SERVER" 5002
			echo "add lab-hosts $SERVER"
			sleep 0.002
			may_fail on_client "$BURST" "$SERVER" 5001 20
		} | on_client ipset - >/dev/null
		sleep 0.5
	done
	trace_stop
	counted=$(on_client "$1" -w -nvxL OUTPUT | awk '$3 == "DROP" { print $1; exit }')
	ipsets_off
	said=$(grep -cE "$SERVER:5002.*: DROP by iptables(-nft)? filter OUTPUT rule 1" "$T/out")
	expect "$SERVER:5002.*: DROP by"
	[ "$said" -le $((counted - 6 * 20)) ] ||
		bad "$said drops put down to rule 1, which has counted $counted, 120 of them others"
}

case_why_ipset_moments() { ipset_moments iptables-legacy; }
case_why_ipset_moments_nft() { ipset_moments iptables-nft; }

netns_up() { ip netns add "${LAB}n" && ip -n "${LAB}n" link set lo up; }
netns_inode() { stat -L -c %i "/run/netns/${LAB}n"; }

# netns_rule COMMENT: one change of nftables' rules there; then a packet that they drop.
netns_rule() {
	ip netns exec "${LAB}n" nft -f - 2>/dev/null <<-EOF
	table ip skbtrail { chain out { type filter hook output priority 0;
		udp dport 5001 drop comment "$1"; }; }
	EOF
}
netns_udp() { may_fail ip netns exec "${LAB}n" "$BURST" 127.0.0.1 5001 1; }

# A namespace that has the inode number of one that was deleted, and as many changes of its rules.
case_why_netns_again() {
	again=
	netns_up
	netns_rule old || { ip netns del "${LAB}n"; missing nftables; return; }
	inode=$(netns_inode)
	trace_start "udp and dst host 127.0.0.1 and dst port 5001" || return
	netns_udp
	sleep 0.3
	for _ in 1 2 3 4; do
		ip netns del "${LAB}n"
		sleep 0.3
		netns_up
		[ "$(netns_inode)" != "$inode" ] || { again=yes; break; }
	done
	netns_rule new
	netns_udp
	# A slow machine's rules are read less often.
	for _ in 1 2 3 4 5; do
		sleep 0.7
		netns_udp
		! grep -q '"new"' "$T/out" || break
	done
	trace_stop
	ip netns del "${LAB}n"
	[ -n "$again" ] || { skip "the inode number is not used again"; return; }
	expect_why 5001 'DROP by nft ip skbtrail out handle [0-9]+ "old"'
	expect_why 5001 'DROP by nft ip skbtrail out handle [0-9]+ "new"'
	[ "$(grep -c 'DROP by.*"old"' "$T/out")" -eq 1 ] || bad "the rule of the old namespace"
}

case_why_netns_gone() {
	netns_up
	ip netns exec "${LAB}n" "$IPTABLES" -w -P OUTPUT DROP
	trace_start "udp and dst host 127.0.0.1 and dst port 5001" || return
	kill -STOP "$TRACE"
	netns_udp
	ip netns del "${LAB}n"
	kill -CONT "$TRACE"
	sleep 0.5
	trace_stop
	expect "5001.*: DROP by netfilter, rule unknown: its network namespace is gone"
}

# A packet that conntrack has no room for does not come to the rule that would drop it. The limit is one for
# all namespaces: not on a machine that others use.
case_why_conntrack_full() {
	[ -n "${SERIES-}" ] || { skip "others use this machine's conntrack"; return; }
	on_client "$IPTABLES" -w -A OUTPUT -p udp --dport 5001 -j DROP
	on_client "$IPTABLES" -w -A OUTPUT -p udp --dport 5999 -m conntrack --ctstate INVALID -j DROP \
		2>/dev/null || { rules_off; missing conntrack; return; }
	trace_start "udp and dst host $SERVER" || { rules_off; return; }
	udp_to "$SERVER" 5001
	sleep 0.3
	max=/proc/sys/net/netfilter/nf_conntrack_max
	[ -e $max ] || max=/proc/sys/net/nf_conntrack_max
	old=$(cat $max)
	echo 1 >$max
	udp_to "$SERVER" 5002
	udp_to "$SERVER" 5003
	sleep 0.2
	udp_to "$SERVER" 5001
	sleep 0.5
	echo "$old" >$max
	trace_stop
	counted=$(on_client "$IPTABLES" -w -nvxL OUTPUT | awk '/dpt:5001/ { print $1 }')
	rules_off
	# each namespace has its own table: it is the client's that must be full
	if ! grep -Eq "$SERVER:5003.*: (DROP|conntrack)" "$T/out" ||
		grep -q "veth-s:.*$SERVER:5003" "$T/out"; then
		skip "conntrack made room"
		return
	fi
	expect_why "$SERVER:5001" "DROP by iptables(-nft)? filter OUTPUT rule 1$HANDLE"
	expect "$SERVER:5003.*: conntrack table is full"
	# the table may have had room again for the last one
	[ "$(grep -c "$SERVER:5001.*: DROP" "$T/out")" -le "${counted:-0}" ] ||
		bad "conntrack's drop is put down to a rule"
}

# A BPF program comes before the rule that would drop the packet.
case_why_bpf_netfilter() {
	netns_up
	netns_rule later || { ip netns del "${LAB}n"; missing nftables; return; }
	trace_start "udp and dst host 127.0.0.1 and dst port 5001" || return
	netns_udp
	sleep 0.2
	ip netns exec "${LAB}n" "$BURST" netfilter 3 2>"$T/err.bpf" &
	holder=$!
	sleep 0.5
	netns_udp
	sleep 0.3
	kill $holder 2>/dev/null || skip "no BPF programs of netfilter: $(cat "$T/err.bpf")"
	wait $holder 2>/dev/null
	trace_stop
	ip netns del "${LAB}n"
	[ -z "$skip" ] || return
	expect_why 5001 'DROP by nft ip skbtrail out handle [0-9]+ "later"'
	expect_why 5001 'DROP by netfilter, rule unknown; possible: nft ip skbtrail out handle [0-9]+ "later" or a BPF program.*'
}

# A tcx program beside a filter of tc: either may have dropped it.
case_why_tcx() {
	tc_bpf c veth-c egress gate 2>/dev/null || { skip "no BPF filters of tc"; return; }
	udp_to "$SERVER" 5001 # ARP
	ip netns exec "${LAB}c" "$BURST" tcx veth-c 2>"$T/err.bpf" & # no function: its process is to end
	holder=$!
	sleep 0.3
	trace_start "udp and dst host $SERVER" || { kill $holder; return; }
	udp_to "$SERVER" 5001
	sleep 0.3
	kill $holder 2>/dev/null || skip "no tcx: $(cat "$T/err.bpf")"
	wait $holder 2>/dev/null
	trace_stop
	tc_off c veth-c
	[ -n "$skip" ] ||
		expect_why "$SERVER:5001" '(dropped by|possible:) a tc filter of veth-c, egress, prio [0-9]+, bpf, or by a tcx program.*'
}
