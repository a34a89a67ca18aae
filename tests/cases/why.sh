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

# A packet that a bridge forwards: its device is the port, that of the hook the bridge.
case_why_bridged() {
	if ! { lab_bridge && on_server sh -c 'echo 1 >/proc/sys/net/bridge/bridge-nf-call-iptables'; } 2>/dev/null; then
		bridge_down
		skip "bridges do not call the hooks of IP here"
		return
	fi
	on_server nft -f - 2>/dev/null <<-EOF || { bridge_down; missing nftables; return; }
	table ip skbtrail {
		chain f {
			type filter hook forward priority 0;
			iifname "bridge" udp dport 5005 drop
			udp dport 5005 drop
			udp dport 5006 drop
			iifname "bridge" udp dport 5007 drop
		}
	}
	EOF
	if trace_start "udp and dst host $BRIDGE_NOBODY"; then
		udp_to $BRIDGE_NOBODY 5005
		udp_to $BRIDGE_NOBODY 5006
		udp_to $BRIDGE_NOBODY 5007
		trace_stop
		rule='nft ip skbtrail f handle [0-9]+'
		# where nf_hook_slow() does not tell the input, it may be the port
		expect_why "$BRIDGE_NOBODY:5005" "DROP by (netfilter, rule unknown; possible: $rule or )?$rule"
		expect_why "$BRIDGE_NOBODY:5006" "DROP by $rule"
		expect_why "$BRIDGE_NOBODY:5007" "DROP by $rule"
	fi
	on_server nft delete table ip skbtrail
	bridge_down
}

# ebt [-t TABLE] ARGUMENTS: a rule of ebtables (legacy) for the bridge.
ebt() { on_server ebtables-legacy "$@" 2>/dev/null; }

# expect_ebt PORT RULE. Since 5.15 rules are read when the first packet was seen at a table.
expect_ebt() {
	expect "$BRIDGE_NOBODY:$1.*(kfree_skb|kfree_skb_reason|sk_skb_reason_drop).*: DROP by ebtables $2(, by the rules [0-9]+ ms (before|later))?\$"
}

# Tables of ebtables exist where somebody asked for them, or (up to 5.14) everywhere.
case_why_ebtables() {
	local udp='-p 0x0800 --ip-proto 17 --ip-dport'
	lab_bridge || { missing "a bridge"; return; }
	# shellcheck disable=SC2086 # words
	if ! { ebt -N BLOCK && ebt -A FORWARD $udp 5001 -j ACCEPT &&
		ebt -A FORWARD -d 02:00:00:00:00:09 $udp 5002:5003 -j BLOCK &&
		ebt -A FORWARD --logical-in bridge -i br_c $udp 5004 -j DROP &&
		ebt -A BLOCK -d 02:00:00:00:00:08 -j DROP &&
		ebt -A BLOCK $udp 5002 -j DROP && ebt -P BLOCK DROP &&
		ebt -t nat -A PREROUTING -i br_c $udp 5005 -j DROP &&
		ebt -t nat -A POSTROUTING -o br_+ $udp 5006 -j DROP; }; then
		bridge_down
		skip "no ebtables-legacy here"
		return
	fi
	case $BACKEND in
	kprobe*) FUNCS="$FUNCS|ebt_.*|br_.*|maybe_deliver" ;;
	esac
	if trace_start "udp and dst host $BRIDGE_NOBODY"; then
		for port in 5001 5002 5003 5004 5005 5006; do
			udp_to $BRIDGE_NOBODY $port
		done
		trace_stop
		expect_ebt 5002 'filter FORWARD rule 2 -> chain BLOCK rule 2'
		expect_ebt 5003 'filter FORWARD rule 2 -> chain BLOCK policy'
		expect_ebt 5004 'filter FORWARD rule 3'
		expect_ebt 5005 'nat PREROUTING rule 1'
		expect_ebt 5006 'nat POSTROUTING rule 1'
		expect_not "$BRIDGE_NOBODY:5001.*: DROP by"
	fi
	ebt -F
	ebt -X
	ebt -t nat -F
	bridge_down
}

# With tracepoints only: rules that would drop the packet are at other hooks, too.
case_why_hook_by_stack() {
	case " $BACKENDS " in
	*" tracepoint "*) ;;
	*) skip "this kernel has no raw tracepoints"; return ;;
	esac
	BACKEND=tracepoint FUNCS=
	for chain in INPUT FORWARD OUTPUT; do
		ipt_server -A $chain -p udp --dport 5001 -j DROP
		ipt -A $chain -p udp --dport 5002 -j DROP
	done
	for chain in PREROUTING INPUT FORWARD POSTROUTING; do
		ipt -t mangle -A $chain -p udp --dport 5003 -j DROP
		ipt_server -t mangle -A $chain -p udp --dport 5004 -j DROP
	done
	[ -z "$skip" ] || { rules_off; return; }
	trace_udp 5001 5002 5003 5004
	rules_off
	expect_why "$SERVER:5001" "DROP by iptables(-nft)? filter INPUT rule 1$HANDLE"
	expect_why "$SERVER:5002" "DROP by iptables(-nft)? filter OUTPUT rule 1$HANDLE"
	expect_why "$SERVER:5003" "DROP by iptables(-nft)? mangle POSTROUTING rule 1$HANDLE"
	expect_why "$SERVER:5004" "DROP by iptables(-nft)? mangle PREROUTING rule 1$HANDLE"
}

# ARP requests by their target.
case_why_arptables() {
	arpt() { on_client arptables-legacy "$@" >/dev/null 2>&1; }
	if ! arpt -N odd; then
		skip "arptables (legacy) does not work here"
		return
	fi
	arpt -A OUTPUT -d 10.99.0.70 -o nowhere -j DROP
	arpt -A OUTPUT ! -s "$CLIENT" -j DROP
	arpt -A OUTPUT -d 10.99.0.71 -o veth-c --opcode 1 -j DROP
	arpt -A OUTPUT -d 10.99.0.64/26 -j odd
	arpt -A odd -d 10.99.0.70 -j ACCEPT
	arpt -A odd ! --opcode 2 -j DROP
	if trace_start --filter-netns "${LAB}c"; then
		for last in 70 71 72; do
			udp_to 10.99.0.$last 5001
		done
		trace_stop
	fi
	arpt -F
	arpt -X
	expect_why '>10.99.0.71\(arp\)' 'DROP by arptables filter OUTPUT rule 3'
	expect_why '>10.99.0.72\(arp\)' 'DROP by arptables filter OUTPUT rule 4 -> chain odd rule 2'
	expect_not '>10.99.0.70\(arp\).*: DROP'
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
	on_server nft -f - <<-EOF
	table inet skbtrail {
		chain in {
			type filter hook input priority 0;
			meta mark set udp dport map { 5011 : 3, 5012 : 4 }
		}
		chain last {
			type filter hook input priority 10;
			udp dport 5012 meta mark 4 drop comment "four"
			udp dport { 5011, 5012 } drop comment "not four"
		}
	}
	EOF
	trace_udp 5001 5003 5004 5006 5008 5010 5011 5012 || return
	expect_why "$SERVER:5001" "DROP by nft inet skbtrail out handle [0-9]+"
	expect_why "$SERVER:5003" "DROP by nft inet skbtrail out handle [0-9]+ \\(map element 5003\\)"
	expect_why "$SERVER:5004" \
		"DROP by nft inet skbtrail out handle [0-9]+ -> chain late handle [0-9]+ \"too late\""
	expect_why "$SERVER:5008" "REJECT by nft inet skbtrail out handle [0-9]+"
	expect_why "$SERVER:5010" "DROP by nft inet skbtrail last policy"
	expect_not "$SERVER:5006.*: DROP by"
	# a mark that the table sets is known only from where the packet came to the hook
	expect_why "$SERVER:5011" "DROP by nft inet skbtrail last handle [0-9]+ \"not four\""
	on_tracepoints ||
		expect_why "$SERVER:5012" "DROP by nft inet skbtrail last handle [0-9]+ \"four\""
	on_client nft delete table inet skbtrail
	on_server nft delete table inet skbtrail
}

# Chains that are not IP's: of a device, in both families, and of a bridge.
case_why_nft_below_ip() {
	on_server nft -f - 2>/dev/null <<-EOF || { skip "nftables has no chains of devices here"; return; }
	table netdev skbtrail {
		chain more {
			udp dport 5002 drop
		}
		chain in {
			type filter hook ingress device "veth-s" priority 0; policy accept;
			udp dport 5001 drop comment "early"
			udp dport 5002 counter jump more
		}
	}
	EOF
	on_server nft -f - 2>/dev/null <<-EOF && with_inet=yes || with_inet=
	table inet skbtrail {
		chain in {
			type filter hook ingress device "veth-s" priority 10; policy accept;
			udp dport 5003 drop
		}
	}
	EOF
	with_bridge=
	if lab_bridge 2>/dev/null; then
		on_server nft -f - 2>/dev/null <<-EOF && with_bridge=yes
		table bridge skbtrail {
			chain through {
				type filter hook forward priority 0; policy accept;
				ether type ip oifname "br_t" udp dport 5004 drop
			}
		}
		EOF
	fi
	trace_start "udp and dst portrange 5001-5004" || return
	for port in 5001 5002 5003; do
		udp_to "$SERVER" $port
	done
	[ -z "$with_bridge" ] || udp_to $BRIDGE_NOBODY 5004
	trace_stop
	on_server nft flush ruleset
	bridge_down
	expect_why "$SERVER:5001" 'DROP by nft netdev skbtrail in handle [0-9]+ "early"'
	expect_why "$SERVER:5002" \
		'DROP by nft netdev skbtrail in handle [0-9]+ -> chain more handle [0-9]+'
	[ -z "$with_inet" ] ||
		expect_why "$SERVER:5003" 'DROP by nft inet skbtrail in handle [0-9]+'
	# 4.19 takes the rule, but does not ask it
	[ -z "$with_bridge" ] || grep -q "br-t:.*$BRIDGE_NOBODY:5004" "$T/out" ||
		expect_why "$BRIDGE_NOBODY:5004" 'DROP by nft bridge skbtrail through handle [0-9]+'
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

# ipset_for TOOL: an empty set in the client's namespace, and whether rules of this tool can name it.
ipset_for() {
	command -v ipset >/dev/null || { skip "missing: ipset"; return 1; }
	on_client ipset create lab-hosts hash:ip 2>"$T/err" &&
		on_client "$1" -w -A OUTPUT -m set --match-set lab-hosts dst 2>"$T/err" &&
		on_client "$1" -w -F OUTPUT && return
	skip "$1 has no sets here: $(head -n 1 "$T/err")"
	ipsets_off
	return 1
}

ipsets_off() {
	for t in iptables-legacy iptables-nft; do
		on_client $t -w -F
	done
	on_client ipset destroy
} 2>/dev/null

# Sets by address, by network with an exception, and by port.
ipset_rules() {
	local tool=$1 rule="DROP by iptables(-nft)? filter OUTPUT rule"
	ipset_for "$tool" || return
	on_client ipset create lab-nets hash:net
	on_client ipset create lab-ports hash:ip,port timeout 600
	on_client "$tool" -w -A OUTPUT -m set --match-set lab-ports dst,dst -j DROP
	on_client "$tool" -w -A OUTPUT -p udp -m set ! --match-set lab-nets dst -j DROP
	on_client "$tool" -w -A OUTPUT -p udp --dport 5003:5004 -m set --match-set lab-hosts src -j DROP
	on_client "$tool" -w -A OUTPUT -p udp --dport 5004:5005 -j DROP
	on_client ipset add lab-nets 10.99.0.0/16
	on_client ipset add lab-nets 10.99.0.64/26 nomatch
	on_client ipset add lab-ports "$SERVER,17:5002"
	on_client ipset add lab-hosts "$CLIENT"
	trace_start --output-rule "udp and dst net 10.99.0.0/24" || { ipsets_off; return; }
	for to in $SERVER:5001 $SERVER:5002 10.99.0.70:5001 $SERVER:5003 $SERVER:5005; do
		udp_to "${to%:*}" "${to#*:}"
		sleep 0.5
	done
	on_client ipset del lab-hosts "$CLIENT"
	for _ in 1 2 3 4; do # until that is to be trusted
		udp_to "$SERVER" 5005
		sleep 0.5
	done
	udp_to "$SERVER" 5003
	udp_to "$SERVER" 5004
	trace_stop
	ipsets_off
	expect_why "$SERVER:5002" \
		"$rule 1$HANDLE \\(-A OUTPUT -m set --match-set lab-ports dst,dst -j DROP\\)"
	expect_why "10.99.0.70:5001" \
		"$rule 2$HANDLE \\(-A OUTPUT -p udp -m set ! --match-set lab-nets dst -j DROP\\)"
	expect_why "$SERVER:5003" "$rule 3$HANDLE \\(-A .* -m set --match-set lab-hosts src -j DROP\\)"
	expect_why "$SERVER:5004" "$rule 4$HANDLE \\(.*"
	expect_why "$SERVER:5005" "$rule 4$HANDLE \\(.*"
	expect_not "$SERVER:5001.*: DROP by"
}

case_why_ipset() { ipset_rules iptables-legacy; }
case_why_ipset_nft() { ipset_rules iptables-nft; }

# A ruleset that is replaced under way: never the old rule.
case_why_changed() {
	trace_start "udp and dst host $SERVER" || return
	udp_to "$SERVER" 5001
	ipt -A OUTPUT -p udp --dport 5002 -j ACCEPT
	ipt -A OUTPUT -p udp --dport 5001 -j DROP
	[ -z "$skip" ] || { rules_off; return; }
	# the change is seen without a packet; later on a slow machine
	for _ in 1 2 3; do
		sleep 5
		udp_to "$SERVER" 5001
		wait_for 2 grep -q "$SERVER:5001.*: DROP by iptables" "$T/out" && break
	done
	trace_stop
	expect_why "$SERVER:5001" "DROP by iptables(-nft)? filter OUTPUT rule 2$HANDLE"
	expect_not "rule 1"
	rules_off
}

case_why_recorded() {
	# "größe" and what writes from right to left
	local shown=$'gr\xc3\xb6\xc3\x9fe' hidden='\\xe2\\x80\\xae'
	ipt -A OUTPUT -p udp --dport 5002 -m comment --comment "$shown"$'\xe2\x80\xae' -j DROP
	[ -z "$skip" ] || { rules_off; return; }
	trace_start --record "$T/record" "udp and dst host $SERVER" || return
	udp_to "$SERVER" 5002
	trace_stop
	LC_ALL=C "$SKBTRAIL" --replay "$T/record" >"$T/out" 2>"$T/err" || bad "the record is not read"
	expect_why "$SERVER:5002" "DROP by iptables(-nft)? filter OUTPUT rule 1$HANDLE \"gr\\\\xc3.*$hidden\""
	LC_ALL='' LC_CTYPE=C.UTF-8 "$SKBTRAIL" --replay "$T/record" >"$T/out" 2>"$T/err"
	expect "OUTPUT rule 1$HANDLE \"$shown$hidden\"\$"
	LC_ALL='' LC_CTYPE=C.UTF-8 "$SKBTRAIL" --replay "$T/record" --story >"$T/out" 2>"$T/err"
	expect "OUTPUT rule 1$HANDLE \"$shown$hidden\""
	"$SKBTRAIL" --replay "$T/record" --output-why=false >"$T/out" 2>"$T/err"
	expect "$SERVER:5002"
	expect_not "DROP by"
	"$SKBTRAIL" --replay "$T/record" --output-json >"$T/out" 2>"$T/err"
	expect '"why":"DROP by iptables(-nft)? filter OUTPUT rule 1'
	expect '"comment":"gr\\u00f6\\u00dfe\\u202e"'
	rules_off
}

# With --output-rule, the rule itself: in lines, in JSON, and in a record of these.
case_why_rule_text() {
	local rule='-A BLOCK -p udp -m udp --dport 5002 -m comment --comment "no web" -j DROP'
	ipt -N BLOCK
	ipt -A OUTPUT -d "$SERVER" -j BLOCK
	ipt -A BLOCK -p udp -m udp --dport 5002 -m comment --comment 'no web' -j DROP
	[ -z "$skip" ] || { rules_off; return; }
	trace_start --output-rule --record "$T/record" "udp and dst host $SERVER" || return
	udp_to "$SERVER" 5002
	trace_stop
	"$SKBTRAIL" --replay "$T/record" >"$T/out" 2>"$T/err" || bad "the record is not read"
	expect_why "$SERVER:5002" "DROP by iptables(-nft)? .*rule 1$HANDLE \"no web\" \\($rule\\)"
	"$SKBTRAIL" --replay "$T/record" --output-json >"$T/out" 2>"$T/err"
	expect "\"rule_text\":\"${rule//\"/\\\\\"}\""
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

# The same with what tracepoints tell: less is known, and nothing is wrong.
case_why_random_tracepoints() {
	local kind
	[ -x "$NF_RANDOM" ] || { skip "$NF_RANDOM is only for this machine"; return; }
	unshare -n iptables-legacy -t security -S >/dev/null 2>&1 || { skip "missing: iptables-legacy"; return; }
	for kind in nft xt; do
		for told in no-hook stack; do
			timeout 60 "$NF_RANDOM" $kind 40 "${RANDOM_SEED:-1}" $told >"$T/out" 2>"$T/err" ||
				bad "$NF_RANDOM $kind 40 ${RANDOM_SEED:-1} $told: $(tail -n 1 "$T/out")"
		done
	done
}

# The texts of random rules, against those of iptables and nft.
case_why_random_text() {
	local kind tool nr
	[ -x "$NF_RANDOM" ] || { skip "$NF_RANDOM is only for this machine"; return; }
	for kind in 'iptables-legacy xt 40' 'ip6tables-legacy xt6 25' 'iptables-nft iptables-nft 15' \
		'ip6tables-nft iptables-nft6 15' 'nft nft 15'; do
		read -r tool kind nr <<<"$kind"
		command -v "$tool" >/dev/null || { skip "missing: $tool"; return; }
		timeout 120 "$NF_RANDOM" text "$kind" "$nr" "${RANDOM_SEED:-1}" >"$T/out" 2>"$T/err" ||
			bad "$NF_RANDOM text $kind: $(grep -A 1 WRONG "$T/out" | head -n 2)"
	done
}

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
		grep -Ev ': (possibly )?not a loss|get a copy\)$' >"$T/false"
	[ ! -s "$T/false" ] || bad "a false cause: $(head -n 1 "$T/false" | cut -c 50-)"
}
