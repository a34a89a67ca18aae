# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Cases of following packets that no longer match, and their copies; and of tracing what handles
# them: functions without an skb argument, BPF programs and their helpers.
#
# With hide_source packets match only before POSTROUTING: whatever is shown later was followed.

# The drop of a packet without a receiver, with the caller, and on some kernels a reason.
DROPS='(tp:kfree_skb|kfree_skb|kfree_skb_reason|sk_skb_reason_drop)(\(SKB_DROP_[A-Z_]+\))?'
FREED="$DROPS from "
UDP_RCV='(__udp4_lib_rcv|udp_rcv)' # two functions before Linux 7
SHOWN_BEFORE="$CLIENT:[0-9]+->[0-9.]+:50[0-9]+\\(udp\\)"
HIDDEN_LATER="$HIDDEN:[0-9]+->[0-9.]+:50[0-9]+\\(udp\\)"

# watch FUNCTIONS: trace these and the drop functions. Tracepoints are all traced.
watch() { on_tracepoints || FUNCS="$1|kfree_skb|kfree_skb_reason|sk_skb_reason_drop"; }

# For cases that need functions: calls, copies, packets before NAT.
needs_functions() {
	! on_tracepoints || { skip "this kernel has no kprobes"; return 1; }
	watch "$1"
}

inode_of() { stat -L -c %i "/run/netns/$LAB$1"; }

# An awk program: the lines given to step(key) must match the expressions in order, for some key.
in_order='function step(key) { if ($0 ~ re[at[key] + 1] && ++at[key] == nr) found = 1 }
	BEGIN { nr = ARGC - 2; for (i = 1; i <= nr; i++) { re[i] = ARGV[i]; ARGV[i] = "" } }
	END { exit !found }'

# same_skb RE...: the lines of one packet match these in order.
same_skb() {
	awk "$in_order"' /^0x/ { step($1) }' "$@" "$T/out" || bad "no skb matches, in order: $*"
}

# below RE...: one event and the indented lines below it match these in order.
below() {
	awk "$in_order"' /^0x/ { event = NR } event { step(event) }' "$@" "$T/out" ||
		bad "no event matches, in order: $*"
}

# from_trace NAME: put the output of trace_NAME, which several cases share, into $T/out.
from_trace() {
	if [ ! -e "$T/trace_$1" ]; then
		"trace_$1"
		cp "$T/out" "$T/trace_$1"
	fi
	cp "$T/trace_$1" "$T/out"
}

# skbs RE: the number of packets with a matching line.
skbs() { grep -E -- "$1" "$T/out" | awk '{ print $1 }' | sort -u | wc -l; }

# ---- packets that are changed ----

case_track_nat() {
	watch 'ip_rcv|ip_local_deliver|udp_rcv|__udp4_lib_rcv'
	ipt_server -t nat -A PREROUTING -p udp --dport 5003 -j DNAT --to-destination "$SERVER:5004"
	if trace_start --filter-track-skb "udp dst port 5003"; then
		udp_client "$SERVER" 5003 1
		udp_client "$SERVER" 5005 20
		trace_stop
		same_skb ':5003\(udp\) ' ":5004\\(udp\\) +$FREED"
		expect_not ':5005\(udp\)|\(icmp\)'
	fi
	ipt_server -t nat -F PREROUTING
}

# Through a masquerading router into the third namespace. Filters for namespace and interface, too,
# need to match only once.
case_track_nat_nft() {
	watch 'dev_hard_start_xmit|ip_rcv|udp_rcv|__udp4_lib_rcv'
	lab_third || { missing "a third namespace"; return; }
	on_server nft -f - <<-EOF || missing "nftables with NAT"
	table ip skbtrail {
		chain post {
			type nat hook postrouting priority 100;
			oifname veth-f masquerade
		}
	}
	EOF
	if trace_start --filter-track-skb --filter-netns "/run/netns/${LAB}c" --filter-ifname veth-c \
		"src host $CLIENT and udp dst port 5000"; then
		udp_client "$THIRD" 5000 1
		trace_stop
		same_skb " $(inode_of c) .* veth-c:.*$CLIENT:[0-9]+->$THIRD:5000\\(udp\\)" \
			" $(inode_of s) .* veth-s:.*$CLIENT:[0-9]+->$THIRD:5000\\(udp\\)" \
			" $(inode_of s) .* veth-f:.* 10.99.1.1:[0-9]+->$THIRD:5000\\(udp\\)" \
			" $(inode_of t) .* veth-t:.* 10.99.1.1:[0-9]+->$THIRD:5000\\(udp\\) +$FREED"
	fi
	on_server nft delete table ip skbtrail
}

case_track_ipsec() {
	needs_functions 'xfrm_output|dev_hard_start_xmit|ip_rcv|udp_rcv|__udp4_lib_rcv' || return
	if ! lab_ipsec 5006 2>"$T/ip"; then
		missing "IPsec: $(head -n 1 "$T/ip")"
	elif trace_start --filter-track-skb "udp dst port 5006"; then
		udp_client "$SERVER" 5006 1
		trace_stop
		same_skb ':5006\(udp\) +xfrm_output' '\(esp\) +dev_hard_start_xmit' \
			'\(esp\) +ip_rcv' ":5006\\(udp\\) +$FREED"
		# After decryption it matches again, although its Ethernet header is not adjacent.
		if trace_start "udp dst port 5006"; then
			udp_client "$SERVER" 5006 1
			trace_stop
			expect ":5006\\(udp\\) +$FREED"
			expect_not '\(esp\)'
		fi
	fi
	ipsec_down
}

# tunnel_up TYPE: create a tunnel, send a packet to resolve addresses, and add TYPE to TUNNELS.
tunnel_up() {
	if lab_tunnel "$1" 2>"$T/ip"; then
		TUNNELS="$TUNNELS $1"
		udp_client "$(inside "$1").2" 5001 1
	fi
}

tunnels_down() {
	for t in $TUNNELS; do
		tunnel_off "$t"
	done
	TUNNELS=
}

# outer TYPE: the destination in the outer header of a tunnelled packet.
outer() {
	case $1 in
	vxlan) echo "$SERVER:4789\\(udp\\)" ;;
	geneve) echo "$SERVER:6081\\(udp\\)" ;;
	gretap) echo "$SERVER\\(gre\\)" ;;
	ipip) echo "$SERVER\\(ipip\\)" ;;
	esac
}

# One packet through each available tunnel.
trace_tunnels() {
	watch 'ip_output|dev_hard_start_xmit|ip_rcv|udp_rcv|__udp4_lib_rcv'
	TUNNELS=
	for t in vxlan geneve ipip; do
		tunnel_up $t
	done
	if trace_start --filter-track-skb "src net 10.99.32.0/22 and udp dst port 5000"; then
		for t in $TUNNELS; do
			udp_client "$(inside "$t").2" 5000 1
		done
		trace_stop
	fi
	tunnels_down
}

# Before, inside and after the tunnel it is one packet.
track_tunnel() {
	from_trace tunnels
	grep -q " $(inside "$1").1:" "$T/out" || { missing "$1"; return; }
	same_skb "->$(inside "$1").2:5000\\(udp\\) +$SEND\$" \
		"$(outer "$1") +$SEND\$" "$(outer "$1") +$RECV\$" \
		"->$(inside "$1").2:5000\\(udp\\) +$FREED"
}

case_track_vxlan() { track_tunnel vxlan; }
case_track_geneve() { track_tunnel geneve; }
case_track_ipip() { track_tunnel ipip; }

# ---- packets that are copied or rebuilt ----

# Flooding to two ports makes a copy.
case_track_bridge() {
	needs_functions 'ip_output|dev_hard_start_xmit' || return
	lab_bridge || missing "a bridge"
	hide_source
	if trace_start --filter-track-skb "src host $BRIDGE_CLIENT and udp dst port 5000"; then
		udp_client "$BRIDGE_NOBODY" 5000 1
		trace_stop
		same_skb "$BRIDGE_CLIENT:.* ip_output" " br_t:.*$HIDDEN_LATER +dev_hard_start_xmit" \
			" br-t:.*$HIDDEN_LATER +$FREED"
		expect " br_0:.*$HIDDEN_LATER +dev_hard_start_xmit"
		expect " br-0:.*$HIDDEN_LATER +$FREED"
		[ "$(skbs "$HIDDEN_LATER +dev_hard_start_xmit")" -eq 2 ] || bad "not two skbs"
	fi
	show_source
	bridge_down
}

# While a packet socket listens. (An unresolved neighbour would cause copies, too.)
case_track_clone() {
	needs_functions 'ip_output|dev_hard_start_xmit|packet_rcv|consume_skb' || return
	udp_client "$SERVER" 5001 1
	hide_source
	if trace_start --filter-track-skb "src host $CLIENT and udp dst port 5000"; then
		udp_client "$SERVER" 5000 1 64 listen
		trace_stop
		same_skb "$SHOWN_BEFORE +ip_output" "$HIDDEN_LATER +dev_hard_start_xmit" \
			"$HIDDEN_LATER +$FREED"
		expect "$HIDDEN_LATER +packet_rcv"
		expect "$HIDDEN_LATER +consume_skb"
		[ "$(skbs "$HIDDEN_LATER")" -eq 2 ] || bad "not two skbs"
	fi
	show_source
}

# One packet each for XDP_PASS, XDP_TX and XDP_REDIRECT.
trace_xdp_verdicts() {
	lab_third || missing "a third namespace"
	xdp s veth-s gate || missing "XDP on veth"
	xdp c veth-c pass
	xdp t veth-t pass
	hide_source
	if trace_start --filter-track-skb "src host $CLIENT and udp"; then
		for port in 5000 5007 5008; do
			udp_client "$SERVER" $port 1
		done
		trace_stop
	fi
	show_source
	xdp_off s veth-s
	xdp_off c veth-c
	xdp_off t veth-t
}

# track_xdp PORT NETNS IFACE: where the packet must arrive. (The new skb may reuse the address of
# the old one.)
track_xdp() {
	needs_functions 'ip_output|dev_hard_start_xmit|udp_rcv|__udp4_lib_rcv' || return
	from_trace xdp_verdicts
	expect "$CLIENT:[0-9]+->$SERVER:$1\\(udp\\) +ip_output\$"
	expect " $(inode_of "$2") .* $3:.*$HIDDEN:[0-9]+->$SERVER:$1\\(udp\\) +$FREED"
}

case_track_xdp_pass() { track_xdp 5000 s veth-s; }
case_track_xdp_tx() { track_xdp 5007 c veth-c; }
case_track_xdp_redirect() { track_xdp 5008 t veth-t; }

# At the XDP programs the packets no longer match.
track_programs() {
	needs_functions 'ip_output|udp_rcv|__udp4_lib_rcv' || return
	lab_third || missing "a third namespace"
	xdp s veth-s gate && xdp c veth-c pass && xdp t veth-t pass || missing "XDP on veth"
	hide_source
	if trace_programs --filter-track-skb --filter-trace-xdp \
		"src host $CLIENT and udp dst portrange 5000-5008"; then
		for port in 5000 5007 5008 5010; do
			udp_client "$SERVER" $port 2
		done
		trace_stop
		for verdict in 5000:PASS 5007:TX 5008:REDIRECT; do
			tuple="veth-s:.*$HIDDEN:[0-9]+->$SERVER:${verdict%:*}\\(udp\\)"
			same_skb "$tuple +xdp_gate \\[xdp\\]\$" \
				"$tuple +xdp_gate\\(XDP_${verdict#*:}\\) \\[xdp\\]\$"
		done
		for at in "5007 c veth-c" "5008 t veth-t"; do
			# shellcheck disable=SC2086 # three words
			set -- $at
			tuple="$3:.*$HIDDEN:[0-9]+->$SERVER:$1\\(udp\\)"
			same_skb "$tuple +xdp_pass \\[xdp\\]\$" "$tuple +xdp_pass\\(XDP_PASS\\) \\[xdp\\]\$"
			expect " $(inode_of "$2") .* $tuple +$FREED"
		done
		expect_not ':5010\(udp\)'
	fi
	show_source
	xdp_off s veth-s
	xdp_off c veth-c
	xdp_off t veth-t
}

case_track_xdp_programs() { track_programs; }
case_track_xdp_programs_generic() { XDP_MODE=xdpgeneric track_programs; }

# ---- with other traffic ----

# The functions that free a packet. (The last defers that to another CPU, which may be idle.)
FREES='kfree_skbmem|skb_free_head|skb_release_data|skb_release_head_state|__kfree_skb|kfree_skb_partial'
FREES="$FREES|napi_skb_cache_put|_kfree_skb_defer|__kfree_skb_defer|__napi_kfree_skb|napi_consume_skb"
FREES="$FREES|napi_skb_free_stolen_head|napi_reuse_skb|skb_attempt_defer_free"

make_bulk() { [ -s "$T/www/bulk" ] || head -c 4000000 /dev/zero >"$T/www/bulk"; }

# Background traffic: TCP connections, and datagrams with and without a receiver.
bulk_start() {
	make_bulk
	on_server busybox nc -u -l -p 5900 >/dev/null 2>&1 </dev/null &
	BULK=$!
	(while :; do HTTP_SECONDS=20 http_get "http://$SERVER:8080/bulk" >/dev/null 2>&1; done) &
	BULK="$BULK $!"
	(while :; do udp_client "$SERVER" 5900 200 1000; udp_client "$SERVER" 5901 50 1000; done) &
	BULK="$BULK $!"
}

bulk_stop() {
	# shellcheck disable=SC2086 # words on purpose
	kill $BULK
	# shellcheck disable=SC2086
	wait $BULK
} 2>/dev/null

# only_packets RE: every line with a tuple must match.
only_packets() {
	grep -E '^0x.*->[^ ]*\([a-z0-9]+\) ' "$T/out" | grep -Ev -- "$1" >"$T/wrong" &&
		bad "$(grep -c . "$T/wrong") lines of other packets: $(head -n 1 "$T/wrong")"
}

# The last line of each packet is a function that frees it.
all_end() {
	awk -v re=" ($FREES)(:? |\$)" '/^0x/ && !/\[xdp\]$/ { last[$1] = $0 }
		END { for (skb in last) if (last[skb] !~ re) { print last[skb]; nr++ } exit nr > 0 }' \
		"$T/out" >"$T/wrong" ||
		bad "$(grep -c . "$T/wrong") packets were not freed: $(head -n 1 "$T/wrong")"
}

ECHO='icmp[icmptype] == icmp-echo or icmp[icmptype] == icmp-echoreply'

# among OPTION... EXPR: trace with background traffic and a ping.
among() {
	needs_functions "ip_output|dev_hard_start_xmit|veth_xmit|ip_rcv|icmp_rcv|udp_rcv|__udp4_lib_rcv|$FREES" ||
		return
	udp_client "$SERVER" 5901 1
	trace_start --output-release "$@" || return
	bulk_start
	on_client busybox ping -c 15 -i 0.1 "$SERVER" >/dev/null || bad "no answer to ping"
}

among_end() {
	bulk_stop
	sleep 1 # what waits for a busy processor ends, too
	trace_stop
	all_end
}

# A bulk TCP connection: packets are cloned, merged and freed in many ways.
case_track_bulk_tcp() {
	needs_functions "ip_output|dev_hard_start_xmit|veth_xmit|ip_rcv|tcp_v4_rcv|$FREES" || return
	make_bulk
	trace_start --output-release --filter-track-skb "tcp port 8080" || return
	(while :; do udp_client "$SERVER" 5901 50 1000; done) &
	BULK=$!
	HTTP_SECONDS=20 http_get "http://$SERVER:8080/bulk" >/dev/null || bad "no answer from the server"
	on_client busybox ping -c 5 -i 0.2 "$SERVER" >/dev/null || bad "no answer to ping"
	among_end
	only_packets ':8080.*\(tcp\)'
}

case_track_bulk() {
	among --filter-track-skb "host $SERVER and ($ECHO)" || return
	among_end
	only_packets '\(icmp\)'
}

# Handling a ping sends only pings, and ARP requests for the neighbour.
case_track_bulk_by_stackid() {
	among --filter-track-skb-by-stackid "host $SERVER and ($ECHO)" || return
	among_end
	only_packets '\((icmp|arp)\)'
}

# Packets that XDP programs pass, send back and redirect, and that match only at the sender.
among_xdp() {
	lab_third || missing "a third namespace"
	xdp s veth-s gate && xdp c veth-c pass && xdp t veth-t pass || missing "XDP on veth"
	hide_source
	if among --filter-track-skb "host $SERVER and ($ECHO) or src host $CLIENT and udp dst portrange 5000-5009"; then
		for port in 5000 5007 5008 5000 5007 5008; do
			udp_client "$SERVER" $port 5
		done
		among_end
		only_packets '\(icmp\)|:500[078]\(udp\)'
		for at in "5000 s veth-s" "5007 c veth-c" "5008 t veth-t"; do
			# shellcheck disable=SC2086 # three words
			came_out $at 10
		done
	fi
	show_source
	xdp_off s veth-s
	xdp_off c veth-c
	xdp_off t veth-t
}

# came_out PORT NETNS IFACE NR: NR packets are freed there.
came_out() {
	nr=$(grep -cE " $(inode_of "$2") .* $3:.*$HIDDEN:[0-9]+->$SERVER:$1\(udp\) +$FREED" "$T/out")
	[ "$nr" -eq "$4" ] || bad "$nr packets to port $1 arrive at $3, expected $4"
}

case_track_bulk_xdp() { among_xdp; }
case_track_bulk_xdp_generic() { XDP_MODE=xdpgeneric among_xdp; }

# ---- the end of following ----

# New packets reuse the memory of freed ones. A connection frees its packets in many ways, of which
# tracepoints see only a few.
case_track_ends() {
	needs_functions 'ip_rcv|tcp_v4_rcv|udp_rcv|__udp4_lib_rcv' || return
	ipt_server -t nat -A PREROUTING -p tcp --dport 8081 -j DNAT --to-destination "$SERVER:8080"
	if trace_start --filter-track-skb "tcp dst port 8081"; then
		[ "$(http_get "http://$SERVER:8081/")" = 'it works' ] || bad "no answer from the server"
		udp_client "$SERVER" 5000 40
		trace_stop
		same_skb ':8081\(tcp\) ' ':8080\(tcp\) '
		expect_not '\((udp|icmp)\)'
	fi
	ipt_server -t nat -F PREROUTING
}

# Thirty packets in flight and a table for one.
case_track_full() {
	watch 'ip_output|ip_rcv'
	hold_packets || { missing "the queueing discipline tbf"; return; }
	if trace_start --filter-track-skb --filter-track-size 1 "udp dst port 5000"; then
		udp_client "$SERVER" 5000 30 200
		trace_stop
		grep -Eq '^skbtrail: .*\b[1-9][0-9]+ times a packet could not be followed.*--filter-track-size' \
			"$T/err" || bad "does not report how many were not followed"
	fi
	release_packets
}

# ---- functions called to handle a packet ----

# The ICMP error is another packet, but it is sent within the call that handles the first.
case_track_by_stackid() {
	needs_functions 'ip_rcv|ip_local_deliver|udp_rcv|__udp4_lib_rcv|__icmp_send|ip_output|icmp_rcv' || return
	trace_start --filter-track-skb-by-stackid "udp dst port 5000" || return
	udp_client "$SERVER" 5000 1
	on_server busybox ping -c 1 "$CLIENT" >/dev/null || bad "no answer to ping"
	trace_stop
	expect "$SERVER:5000\\(udp\\) +$UDP_RCV"
	expect "$SERVER->$CLIENT\\(icmp\\) +ip_output"
	[ "$(grep -c '(icmp) *ip_output' "$T/out")" -eq 1 ] || bad "the ping was followed"
	expect_not '\(icmp\) +icmp_rcv'
}

case_non_skb_funcs() {
	needs_functions 'ip_rcv|ip_route_input_noref|udp_rcv|__udp4_lib_rcv|__icmp_send' || return
	trace_start --filter-non-skb-funcs fib_table_lookup,ip_append_data \
		"udp dst port 5000" || return
	udp_client "$SERVER" 5000 1
	on_client busybox ping -c 1 "$SERVER" >/dev/null || bad "no answer to ping"
	trace_stop
	same_skb "$SERVER:5000\\(udp\\) +ip_route_input_noref" \
		"$SERVER:5000\\(udp\\) +fib_table_lookup" "$SERVER:5000\\(udp\\) +ip_append_data"
	[ "$(skbs ' fib_table_lookup')" -eq 1 ] || bad "fib_table_lookup is shown for another packet, too"
}

# ---- BPF programs ----

# trace_programs OPTION...: some sandboxes do not allow programs that trace other programs.
trace_programs() {
	trace_start "$@" && return
	if grep -q 'cannot trace any .* Operation not permitted' "$T/err"; then
		why=
		missing "permission to trace BPF programs"
	fi
	false
}

# programs_untraceable OPTION: before Linux 5.5 the option is refused.
programs_untraceable() {
	case $(uname -r) in
	[34].* | 5.[0-4].*) ;;
	*) return 1 ;;
	esac
	expect_error "$1" udp
	said "$1: this kernel cannot trace BPF programs"
}

# tc_up COMMAND...: with a tc program; tc_off c veth-c afterwards.
tc_up() {
	if ! tc_bpf c veth-c egress "$1" 2>"$T/tc"; then
		missing "a BPF program of tc: $(head -n 1 "$T/tc")"
		false
	fi
}

# The map is known only to the program that uses it.
case_bpf_helpers() {
	needs_functions '__dev_queue_xmit|dev_hard_start_xmit' || return
	if tc_up count && trace_start --filter-track-bpf-helpers --output-bpfmap \
		"udp dst port 5000"; then
		udp_client "$SERVER" 5000 2
		udp_client "$SERVER" 5001 1
		trace_stop
		same_skb "$SERVER:5000\\(udp\\) +__dev_queue_xmit" \
			"$SERVER:5000\\(udp\\) +(htab|bpf)_map_update_elem"
		# Key: port 5000; value: a counter, 1 and 2.
		for nr in 1 2; do
			below '(htab|bpf)_map_update_elem' \
				"^ +map port_count\\(id [0-9]+\\): key 0x88130000, value 0x0${nr}00000000000000\$"
		done
		expect_not ':5001\(udp\)'
	fi
	tc_off c veth-c
}

case_trace_tc() {
	! programs_untraceable --filter-trace-tc || return
	watch '__dev_queue_xmit|dev_hard_start_xmit|ip_rcv'
	if tc_up gate && trace_programs --filter-trace-tc "udp"; then
		for port in 5000 5009; do
			udp_client "$SERVER" $port 1
		done
		trace_stop
		for port in 5000 5009; do
			expect "$SERVER:$port\\(udp\\) +tc_gate \\[tc\\]\$"
		done
		same_skb ":5000\\(udp\\) +tc_gate \\[tc\\]\$" \
			":5000\\(udp\\) +tc_gate\\(TC_ACT_OK\\) \\[tc\\]\$" ":5000\\(udp\\) +$RECV\$"
		expect ":5009\\(udp\\) +tc_gate\\(TC_ACT_SHOT\\) \\[tc\\]\$"
		expect_not ":5009\\(udp\\) +$RECV\$"
	fi
	tc_off c veth-c
}

# xdp_up PROGRAM: attach it; xdp_off s veth-s afterwards.
xdp_up() {
	if ! xdp s veth-s "$1" 2>"$T/ip"; then
		missing "XDP on veth: $(head -n 1 "$T/ip")"
		false
	fi
}

case_trace_xdp() {
	! programs_untraceable --filter-trace-xdp || return
	watch 'dev_hard_start_xmit|ip_local_deliver'
	lab_third || missing "a third namespace"
	if xdp_up gate && trace_programs --filter-trace-xdp \
		--output-xdp-metadata 'xdp->rxq->queue_index,xdp->rxq->dev->mtu' \
		"udp dst portrange 5000-5009"; then
		for port in 5000 5007 5008 5009 5010; do
			udp_client "$SERVER" $port 1
		done
		trace_stop
		head -n 1 "$T/out" | grep -Eq ' xdp->rxq->queue_index +xdp->rxq->dev->mtu +FUNC *$' ||
			bad "no metadata columns"
		for verdict in 5000:PASS 5007:TX 5008:REDIRECT 5009:DROP; do
			tuple="veth-s:.* $CLIENT:[0-9]+->$SERVER:${verdict%:*}\\(udp\\)"
			same_skb "$tuple +0 +1500 +xdp_gate \\[xdp\\]\$" \
				"$tuple +0 +1500 +xdp_gate\\(XDP_${verdict#*:}\\) \\[xdp\\]\$"
		done
		expect_not ':5010\(udp\)'
	fi
	xdp_off s veth-s
}

# The expression filters by packet length.
case_xdp_expr() {
	watch 'ip_output'
	if xdp_up gate && trace_programs --output-json --filter-trace-xdp --filter-xdp-expr \
		'xdp->rxq->queue_index == 0 && (long)xdp->data_end - (long)xdp->data > 0x100' \
		"udp dst port 5000"; then
		udp_client "$SERVER" 5000 1 20
		udp_client "$SERVER" 5000 1 500
		trace_stop
		[ "$(grep -c '"prog":"xdp"' "$T/out")" -eq 2 ] || bad "not exactly one packet at XDP"
		expect '"func":"xdp_gate","prog":"xdp",.*"len":542,'
		expect '"func":"xdp_gate","prog":"xdp","verdict":"XDP_PASS","verdict_code":2,.*"len":542,'
	fi
	xdp_off s veth-s
}

# ---- expressions and tunnels ----

case_skb_expr() {
	watch 'ip_output|ip_rcv'
	trace_start --filter-skb-expr 'skb->len > 400 && (skb->dev->mtu == 1500 || !skb->dev)' \
		"udp dst port 5000" || return
	udp_client "$SERVER" 5000 1 10
	udp_client "$SERVER" 5000 1 500
	trace_stop
	expect "$SERVER:5000\\(udp\\) +$SEND\$"
	expect "$SERVER:5000\\(udp\\) +$RECV\$"
	every 9 '^5[0-9][0-9]$'
}

# tunnel_filter OPTION VALUE...: send packets to ports 5000 (64 bytes) and 5001 (500 bytes) through
# each of $TUNNELS; only the former must be shown, on both sides.
tunnel_filter() {
	if trace_start "$@"; then
		for t in $TUNNELS; do
			udp_client "$(inside "$t").2" 5001 1 500
			udp_client "$(inside "$t").2" 5000 1 64
		done
		trace_stop
		for t in $TUNNELS; do
			expect "$(outer "$t") .*$SEND\$"
			expect "$(outer "$t") .*$RECV\$"
		done
		every 9 '^1[1-9][0-9]$'
	fi
}

# Only the tunnel types that this kernel has; a type that it must have and lacks is a failure.
tunnels_up() {
	TUNNELS=
	for t; do
		tunnel_up "$t"
	done
	[ "$TUNNELS" = " $*" ] || missing "a tunnel type (available:$TUNNELS)"
	[ -n "$TUNNELS" ] && skip=
}

# With an expression for the outer packet, and the inner packet shown.
case_tunnel_l2() {
	watch 'dev_hard_start_xmit|ip_rcv'
	tunnels_up vxlan geneve gretap || return
	tunnel_filter --filter-tunnel-pcap-l2 "ip and udp dst port 5000" --output-tunnel "dst host $SERVER"
	head -n 1 "$T/out" | grep -Eq ' TUPLE +TUNNEL +FUNC *$' || bad "no column TUNNEL"
	for t in $TUNNELS; do
		inner="$(inside "$t").1:[0-9]+->$(inside "$t").2:5000\\(udp\\)"
		[ "$t" = gretap ] || inner="$inner vni 42"
		expect "$(outer "$t") +$inner +$SEND\$"
		expect "$(outer "$t") +$inner +$RECV\$"
	done
	tunnels_down
}

# With an expression for the inner packet only.
case_tunnel_l3() {
	watch 'dev_hard_start_xmit|ip_rcv'
	tunnels_up vxlan ipip || return
	tunnel_filter --filter-tunnel-pcap-l3 "dst net 10.99.32.0/22 and udp dst port 5000"
	tunnels_down
}

# ---- on all rungs (rungs.sh) ----

# Large programs; on kernels without types using only measured members.
case_followed_and_shown() {
	local FUNCS=${FUNCS:+ip_rcv|ip_local_deliver|kfree_skb|kfree_skb_reason|sk_skb_reason_drop}
	ipt_server -t nat -A PREROUTING -p udp --dport 5003 -j DNAT --to-destination "$SERVER:5004"
	if trace_start --filter-track-skb --filter-skb-expr 'skb->len > 60' --output-stack \
		--output-tunnel --output-skb-metadata 'skb->len' "udp dst port 5003"; then
		udp_client "$SERVER" 5003 1 10
		udp_client "$SERVER" 5003 1 100
		trace_stop
		same_skb ':5003\(udp\) +- +128 ' ":5004\\(udp\\) +- +108 +$FREED"
		[ "$(skbs ':500[34]')" -eq 1 ] || bad "not exactly one packet"
		below "$FREED" "^ +$UDP_RCV\\+0x" '^ +ip_local_deliver_finish\+0x' '^ +net_rx_action\+0x'
	fi
	ipt_server -t nat -F PREROUTING
}

# ---- modules ----

case_kmods() {
	! on_tracepoints || { skip "this kernel has no kprobes"; return; }
	[ -e /proc/modules ] || { skip "this kernel has no modules"; return; }
	funcs='veth_xmit|br_handle_frame_finish|br_flood|vxlan_xmit|ip_rcv'
	"$SKBTRAIL" --list-funcs --kmods veth --filter-func "$funcs" >"$T/out" 2>"$T/err" ||
		bad "--list-funcs --kmods fails"
	expect '^veth_xmit +veth '
	expect '^ip_rcv +- '
	expect_not ' (bridge|vxlan) '
	"$SKBTRAIL" --list-funcs --all-kmods --kmods veth --filter-func "$funcs" >"$T/out" 2>"$T/err" ||
		bad "--list-funcs --all-kmods fails"
	expect '^veth_xmit +veth '
	expect '^(br_flood|br_handle_frame_finish) +bridge '
	FUNCS='veth_xmit|ip_rcv'
	trace_start --kmods veth "udp dst port 5000" || return
	udp_client "$SERVER" 5000 1
	trace_stop
	expect "$SERVER:5000\\(udp\\) +veth_xmit \\[veth\\]\$"
}

# A module that is loaded during a trace causes a message. Only in a guest.
case_module_later() {
	needs_functions ip_output || return
	[ -e /payload ] || { skip "this is no guest"; return; }
	busybox rmmod dummy 2>/dev/null
	trace_start "udp port 5000" || return
	busybox modprobe dummy || missing "the module dummy"
	wait_for 5 grep -q "module 'dummy' was loaded after the start" "$T/err" ||
		bad "no message about the module"
	trace_stop
}
