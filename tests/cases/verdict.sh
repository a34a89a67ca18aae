# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Cases about what firewalls do with packets other than dropping them: NAT, queueing, accepting. Uses
# what why.sh defines. With tracepoints only, a change of addresses is seen from reception to sending,
# and NAT is only said to be possible.

# Functions from the start to the end of every hook.
verdict_funcs() {
	[ -z "$FUNCS" ] || FUNCS='nf_hook_slow|nf_queue|ip_rcv|ip_rcv_finish|ip_route_input_noref|ip_forward|ip_forward_finish|ip_local_deliver|ip_local_deliver_finish|ip_protocol_deliver_rcu|ip_output|ip_finish_output|ip_finish_output2|udp_rcv|__udp4_lib_rcv|icmp_rcv|kfree_skb|kfree_skb_reason|sk_skb_reason_drop'
}

has_functions() { [[ $BACKEND != tracepoint* ]]; }

# The state of a packet's connection is told from Linux 4.12 on, with the kernel's types.
tells_state() { case ${SERIES-} in el7 | 4.19) return 1 ;; esac; }

# expect_nat source|destination FROM TO RULE
expect_nat() {
	local what='source ' by=' by'
	[ "$1" = source ] || what=
	tells_state || by=', rule unknown; possible: conntrack \(an existing connection\) or'
	if has_functions; then
		expect ": (.*; )?NAT $what$2 -> $3$by $4"
	else
		expect "tp:.*its $1 changed: $2 -> $3; possible: NAT by $4"
	fi
}

BY='iptables(-nft)? nat'

case_verdict_nat() {
	verdict_funcs
	lab_third || { missing "a third namespace"; return; }
	ipt_server -t nat -A PREROUTING -p udp --dport 5999 -j ACCEPT
	ipt_server -t nat -A PREROUTING -p udp --dport 5001 -j DNAT --to-destination "$THIRD:6001"
	ipt_server -t nat -A PREROUTING -p udp --dport 5003 -j REDIRECT --to-ports 6003
	ipt_server -t nat -A PREROUTING -p icmp -d 10.99.1.77 -j DNAT --to-destination "$THIRD"
	ipt_server -t nat -A POSTROUTING -p udp --dport 6001 -j SNAT --to-source 10.99.1.1
	ipt_server -t nat -A POSTROUTING -p udp --dport 5004 -o veth-f -j MASQUERADE
	ipt -t nat -A OUTPUT -p udp --dport 5005 -j DNAT --to-destination "$SERVER:6005"
	if [ -z "$skip" ] && trace_start "udp or icmp"; then
		udp_to "$SERVER" 5001
		udp_to "$SERVER" 5003
		udp_to "$THIRD" 5004
		udp_to 10.98.0.1 5005
		on_client busybox ping -c 1 -W 2 10.99.1.77 >/dev/null || bad "no answer to ping"
		sleep 1
		trace_stop
		expect_nat destination "$SERVER:5001" "$THIRD:6001" "$BY PREROUTING rule 2$HANDLE"
		expect_nat source "$CLIENT:([0-9]+)" "10.99.1.1:[0-9]+" "$BY POSTROUTING rule 1$HANDLE"
		expect_nat destination "$SERVER:5003" "$SERVER:6003" "$BY PREROUTING rule 3$HANDLE"
		expect "5004.*10.99.1.1:.*(NAT by|by|or) $BY POSTROUTING rule 2$HANDLE"
		expect_nat destination 10.99.1.77 "$THIRD" "$BY PREROUTING rule 4$HANDLE"
		if has_functions && tells_state; then
			expect_not 'rule unknown'
			expect ": (.*; )?NAT source $THIRD -> 10.99.1.77 by conntrack \\(an existing connection\\)"
		fi
	fi
	ipt_server -t nat -F
	ipt -t nat -F
}

# Without NAT nothing is said, not even where headers are the same again: a burst to two ports.
case_verdict_no_nat() {
	verdict_funcs
	lab_third || { missing "a third namespace"; return; }
	ipt_server -t nat -A PREROUTING -p udp --dport 5999 -j DNAT --to-destination "$THIRD:6001"
	if [ -z "$skip" ] && trace_start "udp or icmp"; then
		for port in 5011 5012 5013 5014 5015; do
			may_fail on_client "$BURST" "$THIRD" $port 20
			may_fail on_client "$BURST" "$SERVER" $port 20
		done
		trace_stop
		expect "$THIRD:5011"
		expect_not 'NAT|changed: '
	fi
	ipt_server -t nat -F
}

case_verdict_nft_nat() {
	verdict_funcs
	lab_third || { missing "a third namespace"; return; }
	on_server nft -f - 2>/dev/null <<-EOF || { missing "nftables with NAT"; return; }
	table ip skbtrail {
		chain pre {
			type nat hook prerouting priority -100;
			udp dport 5999 accept
			udp dport 5001 dnat to $THIRD:6001
		}
		chain post {
			type nat hook postrouting priority 100;
			udp dport 6001 masquerade comment "out"
		}
	}
	EOF
	if trace_start --output-json "udp or icmp"; then
		udp_to "$SERVER" 5001
		sleep 1
		trace_stop
		if has_functions; then
			expect '"netfilter":\{"verdict":"NAT","family":"ip","hook":"prerouting","priority":-100,"backend":"nft","table":"skbtrail","chain":"pre","rule":2,"handle":[0-9]+,"target":"dnat","from":"'"$SERVER:5001\",\"to\":\"$THIRD:6001\"\\}"
			expect '"netfilter":\{.*"chain":"post","rule":1,"handle":[0-9]+,"target":"masquerade","comment":"out","from":'
		else
			expect '"why":"its destination changed: .*; possible: NAT by nft ip skbtrail pre handle [0-9]+.*NAT by nft ip skbtrail post handle [0-9]+'
		fi
	fi
	on_server nft delete table ip skbtrail
}

# Nobody reads queue 5: its packets are dropped; those of queue 6 are let through.
case_verdict_queue() {
	verdict_funcs
	ipt -A OUTPUT -p udp --dport 5001 -j NFQUEUE --queue-num 5
	ipt -A OUTPUT -p udp --dport 5002 -j NFQUEUE --queue-num 6 --queue-bypass
	[ -z "$skip" ] || { rules_off; return; }
	trace_start "udp and dst host $SERVER" || { rules_off; return; }
	udp_to "$SERVER" 5001
	udp_to "$SERVER" 5002
	trace_stop
	! has_functions || expect "$SERVER:5001.* nf_queue: QUEUE 5 to user space by iptables(-nft)? filter OUTPUT rule 1$HANDLE"
	! has_functions || expect "$SERVER:5002.* nf_queue: QUEUE 6 bypass to user space by iptables(-nft)? filter OUTPUT rule 2$HANDLE"
	expect "$SERVER:5001.*: DROP by queue 5: no program reads it, .*; QUEUE by iptables(-nft)? filter OUTPUT rule 1$HANDLE"
	expect_not "$SERVER:5002.*: DROP by"
	rules_off
}

case_verdict_all() {
	verdict_funcs
	has_functions || { skip "needs functions"; return; }
	lab_third || { missing "a third namespace"; return; }
	ipt_server -N WEB
	ipt_server -A FORWARD -p udp --dport 5001 -j WEB
	ipt_server -A WEB -m comment --comment web -j ACCEPT
	ipt_server -A INPUT -p udp --dport 5003 -j DROP
	[ -z "$skip" ] || { rules_off; return; }
	trace_start --output-verdict=all "udp and (dst host $SERVER or dst host $THIRD)" ||
		{ rules_off; return; }
	udp_to "$THIRD" 5001
	udp_to "$SERVER" 5002
	udp_to "$SERVER" 5003
	trace_stop
	expect "$THIRD:5001.* nf_hook_slow: (.*; )?hook forward of ip\$"
	expect "$THIRD:5001.*: ACCEPT at forward by (iptables.* mangle FORWARD policy \\[-150\\], )?iptables(-nft)? filter FORWARD rule 1$HANDLE -> chain WEB rule 1$HANDLE \"web\" \\[0\\]"
	expect "$SERVER:5002.*: ACCEPT at input by .*iptables(-nft)? filter INPUT policy \\[0\\]"
	expect "$SERVER:5003.*: .*DROP by iptables(-nft)? filter INPUT rule 1$HANDLE"
	expect_not "$SERVER:5003.*ACCEPT at input"
	rules_off
}

case_verdict_none() {
	verdict_funcs
	ipt -A OUTPUT -p udp --dport 5002 -j DROP
	[ -z "$skip" ] || { rules_off; return; }
	if trace_start --output-verdict=none --record "$T/record" "udp and dst host $SERVER"; then
		udp_to "$SERVER" 5002
		udp_to "$SERVER" 5900
		trace_stop
		"$SKBTRAIL" --replay "$T/record" >"$T/out" 2>"$T/err"
		expect "$SERVER:5002"
		expect_not "DROP by"
		expect "$SERVER:5900.*nothing listens on"
	fi
	if trace_start --record "$T/record" "udp and dst host $SERVER"; then
		udp_to "$SERVER" 5002
		trace_stop
		"$SKBTRAIL" --replay "$T/record" --output-json >"$T/out" 2>"$T/err"
		expect '"netfilter":\{"verdict":"DROP","family":"ip",.*"table":"filter","chain":"OUTPUT","rule":1,.*"target":"DROP"\}'
		"$SKBTRAIL" --replay "$T/record" --output-verdict=none >"$T/out" 2>"$T/err"
		expect "$SERVER:5002"
		expect_not "DROP by"
	fi
	rules_off
}
