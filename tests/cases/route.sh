# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Cases about which rule and route sent a packet on. With tracepoints only, what a host sends is seen
# when it has its device: such a route is only said to be possible.

ROUTES_TO=10.98.0.0/16

route_funcs() {
	[ -z "$FUNCS" ] || FUNCS='nf_hook_slow|ip_route_me_harder|ip_rcv|ip_rcv_finish|ip_route_input_noref|ip_forward|ip_local_deliver|__ip_local_out|__ip_local_out_sk|ip_queue_xmit|__ip_queue_xmit|ip_output|ip_finish_output|ipv6_rcv|ip6_route_input|ip6_input|ip6_output|ip6_finish_output|kfree_skb|kfree_skb_reason|sk_skb_reason_drop'
}

# Refused routes, policy rules, and two next hops on the server, which the client reaches by a gateway.
routes_up() {
	lab_third && ip -n "${LAB}c" route add $ROUTES_TO via "$SERVER" &&
		ip -n "${LAB}c" rule add fwmark 6 priority 102 table 202 &&
		ip -n "${LAB}c" route add default via 10.99.0.8 table 202 &&
		ip -n "${LAB}c" neigh add 10.99.0.8 lladdr 02:00:00:00:00:08 dev veth-c &&
		ip -n "${LAB}s" -b - <<-EOF
		route add blackhole 10.98.1.0/24
		route add unreachable 10.98.2.0/24
		route add prohibit 10.98.3.0/24
		rule add fwmark 5 priority 100 table 200
		route add 10.98.5.0/24 via $THIRD table 200
		rule add from $CLIENT to 10.98.7.0/24 priority 101 table 201
		route add default via $THIRD table 201
		neigh add 10.99.0.9 lladdr 02:00:00:00:00:09 dev veth-s
		route add 10.98.6.0/24 nexthop via $THIRD dev veth-f nexthop via 10.99.0.9 dev veth-s
		EOF
}

routes_down() {
	ip -n "${LAB}c" neigh del 10.99.0.8 dev veth-c
	ip -n "${LAB}s" neigh del 10.99.0.9 dev veth-s
	ip -n "${LAB}c" route del $ROUTES_TO
	for net in 1 2 3 6; do
		ip -n "${LAB}s" route del 10.98.$net.0/24
	done
	ip -n "${LAB}s" rule del priority 100
	ip -n "${LAB}s" rule del priority 101
	ip -n "${LAB}c" rule del priority 102
	on_server "$IPTABLES" -w -t mangle -F
	on_client "$IPTABLES" -w -t mangle -F
} 2>/dev/null

# expect_route TUPLE ROUTE: on a line of the packet. That it was routed is not certain with tracepoints
# only.
expect_route() {
	possible=
	has_functions || possible='possible '
	expect "$1.*: (.*; )?${possible}route: $2\$"
}

# What a host only receives is not told with tracepoints only.
expect_received() { ! has_functions || expect_route "$@"; }

# Random rules and routes, compared with `ip route get`: this machine's kernel only.
case_route_random() {
	[ -x "$ROUTE_RANDOM" ] || { skip "$ROUTE_RANDOM is only for this machine"; return; }
	"$ROUTE_RANDOM" 12 "${RANDOM_SEED:-1}" >"$T/out" 2>"$T/err"
	case $? in
	0) grep -Eq '^[0-9]{4,} certain' "$T/out" || bad "$(tail -n 1 "$T/out")" ;;
	77) skip "$(tail -n 1 "$T/out")" ;;
	*) bad "$ROUTE_RANDOM 12 ${RANDOM_SEED:-1}: $(tail -n 1 "$T/out")" ;;
	esac
}

case_route() {
	route_funcs
	routes_up || { routes_down; missing "policy routing"; return; }
	ipt_server -t mangle -A PREROUTING -p udp --dport 5105 -j MARK --set-mark 5
	ipt -t mangle -A OUTPUT -p udp --dport 5131 -j MARK --set-mark 6
	[ -z "$skip" ] || { routes_down; return; }
	trace_start --output-route --record "$T/record" "udp or tcp port 8080" ||
		{ routes_down; return; }
	udp_to "$SERVER" 5101
	udp_to "$SERVER6" 5102
	udp_to 10.98.9.1 5131
	for to in 1.1:5111 2.1:5112 3.1:5113 5.1:5105 6.1:5116 7.1:5117; do
		udp_to 10.98.${to%:*} ${to#*:}
	done
	http_get "http://$SERVER:8080/" >/dev/null || bad "no answer by HTTP"
	sleep 1 # what is told after the change, of before, is not certain
	ip -n "${LAB}c" route replace $ROUTES_TO via 10.99.0.8
	for _ in 1 2; do
		sleep 1
		udp_to 10.98.8.1 5118
	done
	trace_stop
	"$SKBTRAIL" --replay "$T/record" >"$T/out" 2>"$T/err"
	main='rule 32766 -> table main:' via="via $THIRD dev veth-f"
	expect_route "$SERVER:5101" "$main 10.99.0.0/24 dev veth-c src $CLIENT"
	expect_received "$SERVER:5101" "rule 0 -> table local: local $SERVER dev lo"
	expect_route "$SERVER6\\]:5102" "$main fd99::/64 dev veth-c"
	expect_received "$SERVER6\\]:5102" "rule 0 -> table local: local $SERVER6 dev lo"
	expect_route "10.98.1.1:5111" "$main $ROUTES_TO via $SERVER dev veth-c"
	expect_received "10.98.1.1:5111" "$main blackhole 10.98.1.0/24"
	expect "10.98.9.1:5131.*: (.*; )?(possible )?route: rule 102 \\(fwmark 0x6\\) -> table 202: default via 10.99.0.8 dev veth-c(; or rule 32766 .*)?\$"
	expect "10.98.1.1:5111.*: the route to 10.98.1.1 is a blackhole: 10.98.1.0/24 of table main \\("
	expect_received "10.98.2.1:5112" "$main unreachable 10.98.2.0/24"
	expect_received "10.98.3.1:5113" "$main prohibit 10.98.3.0/24"
	expect "10.98.5.1:5105.*: (.*; )?route: rule 100 \\(fwmark 0x5\\) -> table 200: 10.98.5.0/24 $via\$"
	expect "10.98.6.1:5116.*: (.*; )?route: $main 10.98.6.0/24, one of 2 next hops: via [0-9.]+ dev (veth-[fs]) \\(sent on veth-[fs]\\)\$"
	expect "10.98.7.1:5117.*: (.*; )?route: rule 101 \\(from $CLIENT to 10.98.7.0/24\\) -> table 201: default $via\$"
	! has_functions ||
		expect "$CLIENT:[0-9]+->$SERVER:8080.*: route of its socket \\(cached\\): $main 10.99.0.0/24 dev veth-c src $CLIENT\$"
	expect_not "10.98.8.1:5118.*via $SERVER"
	expect_route "10.98.8.1:5118" "$main $ROUTES_TO via 10.99.0.8 dev veth-c"
	"$SKBTRAIL" --replay "$T/record" --output-json >"$T/out" 2>"$T/err"
	expect '"route":\{"type":"unicast","rule":101,"table":201,"prefix":"default","via":"'"$THIRD"'","dev":"veth-f"\}'
	routes_down
}

# The third namespace is reached by a VRF of the server: what is not in its table is unreachable.
case_route_vrf() {
	route_funcs
	has_functions || { skip "needs functions"; return; }
	lab_third || { missing "a third namespace"; return; }
	ip -n "${LAB}s" link add blue type vrf table 300 2>/dev/null || { skip "no VRF"; return; }
	ip -n "${LAB}s" link set blue up
	ip -n "${LAB}s" link set veth-s master blue
	ip -n "${LAB}s" link set veth-f master blue
	if trace_start --output-route "udp and host $CLIENT"; then
		udp_to "$THIRD" 5121
		udp_to "$SERVER" 5122
		sleep 1
		trace_stop
		expect "$THIRD:5121.*: route: rule 1000 \\(l3mdev\\) -> table 300: 10.99.1.0/24 dev veth-f src 10.99.1.1\$"
		expect "$SERVER:5122.*: route: rule 1000 \\(l3mdev\\) -> table 300: local $SERVER"
	fi
	ip -n "${LAB}s" link del blue
	ip -n "${LAB}s" link set veth-s nomaster
}

# Namespaces that come and go: those of skbtrail's are numbered again when one is gone. One that has
# only a process, no longer a name, has the routes that it had.
case_route_namespaces() {
	local ns kept=
	route_funcs
	for ns in g h i; do
		ip netns add "$LAB$ns" && ip -n "$LAB$ns" link set lo up || { missing "namespaces"; return; }
	done
	ip -n "${LAB}h" route add 10.97.1.0/24 dev lo
	ip -n "${LAB}i" route add 10.97.2.0/24 dev lo
	ip netns del "${LAB}i"
	ip netns exec "${LAB}h" busybox sh -c "
		until [ -e $T/go ]; do sleep 1; done
		$BURST 10.97.1.1 5143 1; sleep 1; $BURST 10.97.1.1 5144 1; touch $T/gone" >/dev/null &
	kept=$!
	# whoever looks at rules finds the process, too
	if trace_start --output-verdict=none --output-route "udp and net 10.97.0.0/16"; then
		ip netns del "${LAB}h"
		ip netns add "${LAB}i" && ip -n "${LAB}i" link set lo up
		ip -n "${LAB}i" route add 10.97.2.0/24 dev lo
		sleep 1
		may_fail ip netns exec "${LAB}i" "$BURST" 10.97.2.1 5145 1
		ip netns del "${LAB}g"
		sleep 1
		ip netns add "${LAB}g" && ip -n "${LAB}g" link set lo up
		ip -n "${LAB}g" route add 10.97.3.0/24 dev lo
		may_fail ip netns exec "${LAB}g" "$BURST" 10.97.3.1 5146 1
		may_fail ip netns exec "${LAB}i" "$BURST" 10.97.2.1 5147 1
		touch "$T/go"
		wait_for 10 test -e "$T/gone" || bad "nothing was sent"
		trace_stop
		expect_route 10.97.1.1:5143 "rule 32766 -> table main: 10.97.1.0/24 dev lo"
		expect_route 10.97.1.1:5144 "rule 32766 -> table main: 10.97.1.0/24 dev lo"
		expect_route 10.97.2.1:5147 "rule 32766 -> table main: 10.97.2.0/24 dev lo"
		expect "10.97.3.1:5146.*oute: rule 32766 -> table main: 10.97.3.0/24 dev lo"
	fi
	touch "$T/go"
	wait "$kept"
	rm -f "$T/go" "$T/gone"
	for ns in g i; do ip netns del "$LAB$ns"; done
}
