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

# ---- causes other than firewalls: all in one trace ----

# How a frame from the client gets to the server's address on its second link, wrong or right:
# frame PORT [NAME=VALUE...], with from, to, mac, ttl, proto, ip_error and error (added to checksums).
frame() {
	local port=$1 from=10.99.3.1 to=10.99.3.2 mac=$LINK_MAC ttl=64 proto=17 ip_error=0 error=0
	shift
	[ $# -eq 0 ] || local "$@"
	local l4 l4_sz=12 ip sum
	from=$(hex_address "$from") to=$(hex_address "$to")
	if [ "$proto" = 6 ]; then
		l4_sz=20
		l4=$(printf '%04x%04x00000001000000005002ffff00000000' 40000 "$port")
	else
		l4=$(printf '%04x%04x%04x000061626364' 40000 "$port" 12)
	fi
	sum=$(checksum "$from$to$(printf '%04x%04x' "$proto" $l4_sz)$l4" "$error")
	if [ "$proto" = 6 ]; then
		l4=${l4:0:32}$sum${l4:36}
	else
		l4=${l4:0:12}$sum${l4:16}
	fi
	ip=$(printf '4500%04x00004000%02x%02x0000' $((20 + l4_sz)) "$ttl" "$proto")$from$to
	ip=${ip:0:20}$(checksum "$ip" "$ip_error")${ip:24}
	echo "${mac}0200000000110800$ip$l4"
}

hex_address() { printf '%02x%02x%02x%02x' ${1//./ }; }

# checksum HEX ERROR
checksum() {
	local i sum=0
	for ((i = 0; i < ${#1}; i += 4)); do
		sum=$((sum + 0x${1:i:4}))
	done
	sum=$(((sum & 0xffff) + (sum >> 16)))
	sum=$(((sum & 0xffff) + (sum >> 16)))
	printf '%04x' $(((~sum & 0xffff) ^ $2))
}

# A second link of client and server, with settings of its own, and devices to nowhere: the same for
# the whole trace, as settings are asked for when a packet was dropped.
causes_up() {
	HOLD=
	local c="ip -n ${LAB}c" s="ip -n ${LAB}s" dev
	lab_third &&
		ip link add link-c netns "${LAB}c" type veth peer name link-s netns "${LAB}s" &&
		ip link add cut-c netns "${LAB}c" type veth peer name cut-s netns "${LAB}s" || return 1
	LINK_MAC=$(on_server cat /sys/class/net/link-s/address | tr -d :)
	for dev in d-tc d-full d-loss; do
		$c link add $dev type veth peer name p$dev && $c link set $dev up &&
			$c link set p$dev up || return 1
	done
	$c link set link-c up
	$s link set link-s up
	$c link set cut-c up
	$c addr add 10.99.3.1/24 dev link-c
	$s addr add 10.99.3.2/24 dev link-s
	$c addr add 10.99.4.1/24 dev d-tc
	$c addr add 10.99.5.1/24 dev d-full
	$c addr add 10.99.6.1/24 dev d-loss
	$c addr add 10.99.7.1/24 dev cut-c
	for dev in 4:d-tc 5:d-full 6:d-loss 7:cut-c; do
		$c neigh add 10.99.${dev%:*}.2 lladdr 02:00:00:00:00:07 dev ${dev#*:}
	done
	$c route add 10.77.0.0/16 via $SERVER
	$c route add 10.78.0.0/16 via 10.99.3.2
	$c -6 route add fd77::/16 via $SERVER6
	$c -6 route add fd98::/64 via $SERVER6
	$s route add blackhole 10.77.1.0/24
	$s route add unreachable 10.77.2.0/24
	$s route add prohibit 10.77.3.0/24
	$s -6 route add blackhole fd77:1::/32
	$s -6 route add unreachable fd77:2::/32
	$s -6 route add prohibit fd77:3::/32
	$s -6 addr add fd98::1/64 dev veth-f nodad
	$s link set veth-f mtu 1280
	set_server ipv4/conf/all/rp_filter 0
	set_server ipv4/conf/link-s/rp_filter 1
	set_server ipv4/conf/link-s/forwarding 0
	set_server ipv6/conf/all/forwarding 1
	on_client sh -c 'cd /proc/sys/net
		for f in ipv4 ipv6; do
			echo 100 >$f/neigh/veth-c/retrans_time_ms
			echo 1 >$f/neigh/veth-c/mcast_solicit
			echo 1 >$f/neigh/veth-c/ucast_solicit
		done'
	# clsact came with Linux 4.5, XDP with 4.8
	[ "${SERIES-}" = el7 ] || {
		tc_bpf c d-tc egress gate
		tc_bpf s link-s ingress gate
		xdp t veth-t gate
	}
	tc -n "${LAB}c" qdisc add dev d-full root tbf rate 8kbit burst 1600 limit 1600
	NETEM=yes
	tc -n "${LAB}c" qdisc add dev d-loss root netem loss 100% 2>/dev/null || NETEM=
	ip netns exec "${LAB}s" "$BURST" hold 5922 >/dev/null 2>&1 &
	HOLD=$!
}

set_server() { on_server sh -c "echo $2 >/proc/sys/net/$1"; }

causes_down() {
	[ -z "$HOLD" ] || kill "$HOLD"
	xdp_off t veth-t
	for dev in d-tc d-full d-loss link-c cut-c; do
		ip -n "${LAB}c" link del $dev
	done
	ip -n "${LAB}c" route del 10.77.0.0/16
	ip -n "${LAB}c" -6 route del fd77::/16
	ip -n "${LAB}c" -6 route del fd98::/64
	for net in 10.77.1.0/24 10.77.2.0/24 10.77.3.0/24; do
		ip -n "${LAB}s" route del "$net"
	done
	for net in fd77:1::/32 fd77:2::/32 fd77:3::/32 fd98::/64; do
		ip -n "${LAB}s" -6 route del "$net"
	done
	ip -n "${LAB}s" link set veth-f mtu 1500
	set_server ipv6/conf/all/forwarding 0
} 2>/dev/null

causes_send() {
	local to n=5904
	udp_to $SERVER 5900
	may_fail on_client busybox nc -w 1 $SERVER 5901
	udp_to $SERVER6 5902
	may_fail on_client busybox nc -w 1 $SERVER6 5903
	for to in 10.77.1.1 10.77.2.1 10.77.3.1 10.77.4.1 fd77:1::1 fd77:2::1 fd77:3::1 fd77:4::1; do
		udp_to $to $n
		n=$((n + 1))
	done
	udp_to 10.78.0.1 5912
	may_fail on_client "$BURST" 10.99.1.2 5917 1 1400
	may_fail on_client "$BURST" fd98::2 5918 1 1400
	udp_to 10.99.0.77 5919
	udp_to fd99::77 5928
	udp_to 10.99.4.2 5009
	udp_to 10.99.3.2 5009
	udp_to 10.99.1.2 5009
	may_fail on_client "$BURST" 10.99.5.2 5920 6 1000
	[ -n "$NETEM" ] || [ -z "${MUST_HAVE-}" ] || bad "missing: netem"
	udp_to 10.99.6.2 5921
	may_fail on_client "$BURST" $SERVER 5922 6 1000
	udp_to 10.99.7.2 5926
	on_client "$BURST" frame link-c "$(frame 5913 from=10.99.0.3)" "$(frame 5914 from=224.0.0.5)" \
		"$(frame 5915 from=10.99.1.1)" "$(frame 5929 from=127.0.0.5)" \
		"$(frame 5923 ip_error=1)" "$(frame 5924 error=1)" "$(frame 5925 proto=6 error=1)" \
		"$(frame 5927 mac=020000000099)" "${LINK_MAC}02000000001188b500010203040506070809" ||
		bad "cannot send frames"
	on_client "$BURST" frame veth-c "$(frame 5916 from=$CLIENT to=10.99.1.2 ttl=1 mac="$(on_server \
		cat /sys/class/net/veth-s/address | tr -d :)")" || bad "cannot send frames"
}

case_why_causes() {
	[ -z "$FUNCS" ] || FUNCS='kfree_skb|kfree_skb_reason|kfree_skb_list_reason|sk_skb_reason_drop|tcp_drop'
	causes_up || { bad "cannot make the causes"; causes_down; return; }
	trace_start "dst portrange 5900-5959 or dst port 5009 or ether proto 0x88b5" ||
		{ causes_down; return; }
	causes_send
	sleep 1
	trace_stop
	causes_down
	expect_causes
}

expect_bpf_causes() {
	expect_why 10.99.4.2:5009 "(dropped by|possible:) a tc filter of d-tc, egress.*"
	expect_why 10.99.3.2:5009 "dropped by a tc filter of link-s, ingress \\(.*\\)"
	expect_why 10.99.1.2:5009 "dropped by the XDP program of veth-t.*"
}

expect_causes() {
	local show='\(tc -s qdisc show dev'
	expect_why "$SERVER:5900" "nothing listens on $SERVER:5900 \\(udp\\)"
	expect_why "$SERVER:5901" "(nothing listens on|no connection and no listener for .* ->) $SERVER:5901 \\(tcp\\)"
	expect_why "$SERVER6\\]:5902" "nothing listens on $SERVER6:5902 \\(udp\\)"
	expect_why "$SERVER6\\]:5903" "(nothing listens on|no connection and no listener for .* ->) $SERVER6:5903 \\(tcp\\)"
	expect_why 10.77.1.1:5904 "the route to 10.77.1.1 is a blackhole \\(ip route get 10.77.1.1\\)"
	expect_why 10.77.2.1:5905 "the route to 10.77.2.1 says unreachable \\(.*\\)"
	expect_why 10.77.3.1:5906 "the route to 10.77.3.1 says prohibit \\(.*\\)"
	expect_why 10.77.4.1:5907 "no route to 10.77.4.1 \\(ip route get 10.77.4.1\\)"
	expect_why 'fd77:1::1\]:5908' "the route to fd77:1::1 is a blackhole \\(ip -6 route get fd77:1::1\\)"
	expect_why 'fd77:2::1\]:5909' "the route to fd77:2::1 says unreachable \\(.*\\)"
	expect_why 'fd77:3::1\]:5910' "the route to fd77:3::1 says prohibit \\(.*\\)"
	expect_why 'fd77:4::1\]:5911' "no route to fd77:4::1 \\(.*\\)"
	expect_why 10.78.0.1:5912 "10.78.0.1 is not an address of this host, and forwarding is off on link-s \\(net.ipv4.conf.link-s.forwarding=0\\)"
	expect_why 10.99.3.2:5913 "rp_filter=1 on link-s: the way back to 10.99.0.3 does not go out by link-s \\(.*\\)"
	expect_why 10.99.3.2:5914 "martian: no host can send from 224.0.0.5 on link-s"
	expect_why 10.99.3.2:5915 "martian: its source 10.99.1.1 is an address of this host"
	expect_why 10.99.3.2:5929 "martian: a loopback address on link-s \\(.*\\)"
	expect_why 10.99.1.2:5916 "the TTL ran out \\(1\\)"
	expect_why 10.99.1.2:5917 "1428 bytes exceed the MTU 1280 of the way to 10.99.1.2, and it must not be fragmented"
	expect_why 'fd98::2\]:5918' "1448 bytes exceed the MTU 1280 of the way to fd98::2, and it must not be fragmented"
	expect_why 10.99.0.77:5919 "10.99.0.77, or the gateway to it, does not answer on veth-c \\(.*\\)"
	expect_why 'fd99::77\]:5928' "fd99::77, or the gateway to it, does not answer on veth-c \\(.*\\)"
	[ "${SERIES-}" = el7 ] || expect_bpf_causes
	expect_why 10.99.5.2:5920 "(possible: )?qdisc tbf of d-full drops: its queue is full $show d-full\\).*"
	[ -z "$NETEM" ] ||
		expect_why 10.99.6.2:5921 "(possible: )?qdisc netem of d-loss drops: .* $show d-loss\\).*"
	expect_why "$SERVER:5922" "(possible: )?the receive buffer of the socket on port 5922 is full.*"
	expect_why 10.99.3.2:5923 "wrong checksum of the IP header"
	expect_why 10.99.3.2:5924 "wrong (udp|UDP) checksum"
	expect_why 10.99.3.2:5925 "wrong (tcp|TCP) checksum"
	expect_why 10.99.7.2:5926 "cut-c has no carrier: no cable, or the other end is down \\(.*\\)"
	expect_why 10.99.3.2:5927 "possible: it is for another host: its Ethernet destination is not the address of link-s.*"
	expect "(nothing on this host handles|possible: a tc filter of link-s, ingress; or nothing on this host handles) EtherType 0x88b5 on link-s"
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
		grep -Ev ': (possibly )?not a loss|got a copy of it\)$' >"$T/false"
	[ ! -s "$T/false" ] || bad "a false cause: $(head -n 1 "$T/false" | cut -c 50-)"
}
