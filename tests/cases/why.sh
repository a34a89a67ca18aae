# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Cases about why packets end: rules of firewalls, and other causes, in the words that people read.

HANDLE='( \(handle [0-9]+\))?'

# may_fail COMMAND: what is sent into a drop may be told so.
may_fail() { "$@" >/dev/null 2>&1 || :; }
udp_to() { may_fail on_client "$BURST" "$1" "$2" 1; }

# trace_udp PORT...: a datagram to each port of the server, traced.
trace_udp() {
	trace_start "udp and dst host $SERVER" || return
	for port; do
		udp_to "$SERVER" "$port"
	done
	trace_stop
}

# expect_why TUPLE WORDS: the packet's drop ends with them. A slow machine does not look for changes of
# the rules at each drop, and says so.
expect_why() {
	expect "$1.*(kfree_skb|kfree_skb_reason|sk_skb_reason_drop).*: $2(, by the rules [0-9]+ ms before)?\$"
}

rules_off() {
	on_server "$IPTABLES" -w -P INPUT ACCEPT
	for where in on_client on_server; do
		$where "$IPTABLES" -w -F
		$where "$IPTABLES" -w -X
		$where "$IPTABLES" -w -t mangle -F
	done
} 2>/dev/null

case_why_iptables() {
	ipt -N BLOCK
	ipt -A OUTPUT -p udp --dport 5001 -j ACCEPT
	ipt -A OUTPUT -d "$SERVER" -j BLOCK
	ipt -A BLOCK -p udp -m udp --dport 5002 -m comment --comment 'no web' -j DROP
	ipt -A BLOCK -p udp -m udp --dport 5003 -j REJECT
	[ -z "$skip" ] || { rules_off; return; }
	trace_udp 5001 5002 5003 || return
	expect "$SERVER:5001"
	expect_why "$SERVER:5002" \
		"DROP by iptables(-nft)? filter OUTPUT rule 2$HANDLE -> chain BLOCK rule 1$HANDLE \"no web\""
	expect_why "$SERVER:5003" \
		"REJECT \\(icmp-port-unreachable\\) by iptables(-nft)? filter OUTPUT rule 2$HANDLE -> chain BLOCK rule 2$HANDLE"
	expect_not "$SERVER:5001.*: DROP by"
	rules_off
}

# The policy of a chain, another hook, an interface, and a mark that a rule sets.
case_why_iptables_policy() {
	ipt_server -t mangle -A PREROUTING -i veth-s -p udp --dport 5002 -j MARK --set-mark 7
	ipt_server -A INPUT -i veth-s -p udp --dport 5001 -j ACCEPT
	ipt_server -A INPUT -p udp -m mark --mark 7 -j DROP
	ipt_server -P INPUT DROP
	[ -z "$skip" ] || { rules_off; return; }
	trace_udp 5001 5002 5003 || return
	expect_why "$SERVER:5003" "DROP by iptables(-nft)? filter INPUT policy"
	expect "$SERVER:5002.*: DROP by .*iptables(-nft)? filter INPUT (rule 2|policy)"
	expect_not "$SERVER:5001.*: DROP by"
	rules_off
}

case_why_ip6tables() {
	on_client "${IPTABLES/iptables/ip6tables}" -w -A OUTPUT -p udp -m multiport \
		--dports 5002,6000:6005 -j DROP 2>/dev/null || { skip "no ip6tables here"; return; }
	trace_start "ip6 and udp and dst host $SERVER6" || return
	udp_to "$SERVER6" 5001
	udp_to "$SERVER6" 6003
	trace_stop
	expect_why "$SERVER6\\]:6003" "DROP by ip6tables(-nft)? filter OUTPUT rule 1$HANDLE"
	expect_not "$SERVER6\\]:5001.*: DROP by"
	on_client "${IPTABLES/iptables/ip6tables}" -w -F
}

case_why_nft() {
	on_client nft -f - 2>/dev/null <<-EOF || { missing nftables; return; }
	table inet skbtrail {
		map verdicts {
			type inet_service : verdict
			elements = { 5003 : drop, 5004 : jump late }
		}
		chain late {
			meta mark 1 accept
			counter drop comment "too late"
		}
		chain out {
			type filter hook output priority 0; policy accept;
			ip daddr { $SERVER, 10.98.0.1 } udp dport 5000-5002 counter drop
			udp dport vmap @verdicts
			oifname "veth-*" udp dport { 5005, 5007-5009 } reject
			ct state established accept
		}
		chain last {
			type filter hook output priority 10; policy drop;
			udp dport != 5010 accept
		}
	}
	EOF
	trace_udp 5001 5003 5004 5006 5008 5010 || return
	expect_why "$SERVER:5001" "DROP by nft inet skbtrail out handle [0-9]+"
	expect_why "$SERVER:5003" "DROP by nft inet skbtrail out handle [0-9]+ \\(map element 5003\\)"
	expect_why "$SERVER:5004" \
		"DROP by nft inet skbtrail out handle [0-9]+ -> chain late handle [0-9]+ \"too late\""
	expect_why "$SERVER:5008" "REJECT by nft inet skbtrail out handle [0-9]+"
	expect_why "$SERVER:5010" "DROP by nft inet skbtrail last policy"
	expect_not "$SERVER:5006.*: DROP by"
	on_client nft delete table inet skbtrail
}

# Ranges in concatenations came with Linux 5.6.
case_why_nft_concat() {
	on_client nft -f - 2>/dev/null <<-EOF || { skip "nftables without ranges in concatenations"; return; }
	table ip skbtrail {
		set far {
			type ipv4_addr . inet_service
			flags interval
			elements = { 10.99.0.0/24 . 5001-5002, 10.98.0.0/16 . 5003 }
		}
		chain out {
			type filter hook output priority 0; policy drop;
			ip daddr . udp dport @far counter drop
			udp dport 5003 accept
		}
	}
	EOF
	trace_udp 5002 5003 5004 || return
	expect_why "$SERVER:5002" "DROP by nft ip skbtrail out handle [0-9]+"
	expect_why "$SERVER:5004" "DROP by nft ip skbtrail out policy"
	expect_not "$SERVER:5003.*: DROP by"
	on_client nft delete table ip skbtrail
}

# A ruleset that is replaced under way: never the old rule.
case_why_changed() {
	trace_start "udp and dst host $SERVER" || return
	udp_to "$SERVER" 5001
	ipt -A OUTPUT -p udp --dport 5002 -j ACCEPT
	ipt -A OUTPUT -p udp --dport 5001 -j DROP
	[ -z "$skip" ] || { rules_off; return; }
	udp_to "$SERVER" 5001
	sleep 1
	udp_to "$SERVER" 5001
	trace_stop
	expect_why "$SERVER:5001" "DROP by iptables(-nft)? filter OUTPUT rule 2$HANDLE"
	expect_not "rule 1"
	rules_off
}

case_why_recorded() {
	ipt -A OUTPUT -p udp --dport 5002 -j DROP
	[ -z "$skip" ] || { rules_off; return; }
	trace_start --record "$T/record" "udp and dst host $SERVER" || return
	udp_to "$SERVER" 5002
	trace_stop
	"$SKBTRAIL" --replay "$T/record" >"$T/out" 2>"$T/err" || bad "the record is not read"
	expect_why "$SERVER:5002" "DROP by iptables(-nft)? filter OUTPUT rule 1$HANDLE"
	"$SKBTRAIL" --replay "$T/record" --output-why=false >"$T/out" 2>"$T/err"
	expect "$SERVER:5002"
	expect_not "DROP by"
	"$SKBTRAIL" --replay "$T/record" --output-json >"$T/out" 2>"$T/err"
	expect '"why":"DROP by iptables(-nft)? filter OUTPUT rule 1'
	rules_off
}

case_why_no_listener() {
	trace_start "host $SERVER and port 5999" || return
	udp_to "$SERVER" 5999
	may_fail on_client busybox nc -w 1 "$SERVER" 5999
	trace_stop
	expect "$SERVER:5999\\(udp\\).*: (possible: )?nothing listens on $SERVER:5999 \\(udp\\)"
	expect "$SERVER:5999\\(tcp\\).*: (possible: )?nothing listens on $SERVER:5999 \\(tcp\\)"
}

# The client sends what is for others to the server, which does not forward, or has no route.
case_why_forwarding() {
	on_client ip route add 10.77.0.0/16 via "$SERVER"
	on_server sysctl -qw net.ipv4.conf.veth-s.forwarding=0 net.ipv4.conf.all.rp_filter=0
	trace_start "udp and dst net 10.77.0.0/16" || return
	udp_to 10.77.0.1 5001
	sleep 1
	on_server sysctl -qw net.ipv4.conf.veth-s.forwarding=1
	sleep 1
	udp_to 10.77.0.2 5001
	trace_stop
	on_client ip route del 10.77.0.0/16
	expect_why 10.77.0.2:5001 '(no route to 10.77.0.2|10.77.0.2 cannot be reached: no route).*'
}

# Random rulesets and packets, and what the kernel of this machine does with them: $NF_RANDOM.
random_rules() {
	local seed=${RANDOM_SEED:-1}
	[ -x "$NF_RANDOM" ] || { skip "$NF_RANDOM is only for this machine"; return; }
	unshare -n "${@:2}" >/dev/null 2>&1 || { skip "missing: $2"; return; }
	timeout 120 "$NF_RANDOM" "$1" 150 "$seed" >"$T/out" 2>"$T/err"
	case $? in
	0) ;;
	77) skip "$(tail -n 1 "$T/out")" ;;
	*) bad "$NF_RANDOM $1 150 $seed: $(tail -n 1 "$T/out")" ;;
	esac
}

case_why_random_nft() { random_rules nft nft list ruleset; }
case_why_random_nft6() { random_rules nft6 nft list ruleset; }
case_why_random_iptables_nft() { random_rules iptables-nft iptables-nft -S; }
case_why_random_xt() { random_rules xt iptables-legacy -t security -S; }

# What ends well is no drop, whatever function frees it.
case_why_normal_ends() {
	[ -z "$FUNCS" ] || FUNCS='kfree_skb|kfree_skb_reason|kfree_skb_list_reason|sk_skb_reason_drop|tcp_drop|consume_skb'
	trace_start "(host $CLIENT and (icmp or tcp port 8080)) or (host $CLIENT6 and icmp6)" || return
	on_client busybox ping -c 1 -W 2 $SERVER >/dev/null || bad "no answer to ping"
	on_client busybox ping -c 1 -W 2 $SERVER6 >/dev/null || bad "no answer to ping of IPv6"
	http_get "http://$SERVER:8080/" >/dev/null || bad "no web page"
	sleep 1
	trace_stop
	expect "$SERVER"
	grep -E '(kfree_skb|_drop).*\+0x[0-9a-f]+.*: ' "$T/out" |
		grep -Ev ': (possibly )?not a loss|got a copy of it\)$' >"$T/false"
	[ ! -s "$T/false" ] || bad "a false cause: $(head -n 1 "$T/false" | cut -c 50-)"
}
