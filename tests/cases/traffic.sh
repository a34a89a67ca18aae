# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Cases that run with each backend: packet types, drops, filters.
# SEND and RECV match functions or tracepoints that every packet passes with the current backend.

ipt() { on_client "$IPTABLES" -w "$@" || missing "iptables $*"; }
ipt_server() { on_server "$IPTABLES" -w "$@" || missing "iptables $*"; }
udp_client() { on_client "$BURST" "$@" >/dev/null || bad "burst $* failed"; }

case_http_passes() {
	trace_start "host $SERVER and tcp port 8080" || return
	[ "$(http_get "http://$SERVER:8080/")" = 'it works' ] || bad "no answer from the server"
	trace_stop
	expect "$CLIENT:[0-9]+->$SERVER:8080\\(tcp\\) +$SEND\$"
	expect "$CLIENT:[0-9]+->$SERVER:8080\\(tcp\\) +$RECV\$"
	expect "$SERVER:8080->$CLIENT:[0-9]+\\(tcp\\) +$SEND\$"
	expect_not 'NETFILTER_DROP|from nf_hook_slow'
}

# A drop in the client's OUTPUT is shown with its reason; the server never sees the packet.
check_drop() {
	trace_start "host $SERVER and tcp port 8080" || return
	http_refused "http://$SERVER:8080/" || bad "the request got through"
	trace_stop
	expect "$CLIENT:[0-9]+->$SERVER:8080\\(tcp\\) +$DROP"
	expect_not "$RECV\$"
}

case_iptables_drop() {
	ipt -I OUTPUT -p tcp --dst "$SERVER" --dport 8080 -j DROP
	check_drop
	ipt -F OUTPUT
}

case_nft_drop() {
	on_client nft -f - <<-EOF || missing "nftables"
	table inet skbtrail {
		chain out {
			type filter hook output priority 0;
			ip daddr $SERVER tcp dport 8080 drop
		}
	}
	EOF
	check_drop
	on_client nft delete table inet skbtrail
}

case_udp4() {
	trace_start "udp and dst host $SERVER and dst port 5000" || return
	udp_client "$SERVER" 5000 3
	udp_client "$SERVER" 5001 3
	trace_stop
	expect "$CLIENT:[0-9]+->$SERVER:5000\\(udp\\) +$SEND\$"
	expect "$CLIENT:[0-9]+->$SERVER:5000\\(udp\\) +$RECV\$"
	expect_not ':5001\(udp\)'
}

case_icmp4() {
	trace_start "icmp and host $SERVER" || return
	on_client busybox ping -c 1 "$SERVER" >/dev/null || bad "no answer to ping"
	trace_stop
	expect "$CLIENT->$SERVER\\(icmp\\) +$SEND\$"
	expect "$SERVER->$CLIENT\\(icmp\\) +$RECV\$"
}

case_udp6() {
	trace_start "ip6 and udp port 5000" || return
	udp_client "$SERVER6" 5000 3
	udp_client "$SERVER" 5000 3
	trace_stop
	expect "\\[$CLIENT6\\]:[0-9]+->\\[$SERVER6\\]:5000\\(udp\\) +$SEND\$"
	expect "\\[$CLIENT6\\]:[0-9]+->\\[$SERVER6\\]:5000\\(udp\\) +$RECV\$"
	expect_not "$SERVER:5000\\(udp\\)"
}

case_icmp6() {
	trace_start "icmp6 and host $SERVER6" || return
	on_client busybox ping6 -c 1 "$SERVER6" >/dev/null || bad "no answer to ping6"
	trace_stop
	expect "$CLIENT6\\]?->\\[?$SERVER6\\]?\\(icmp6\\) +$SEND\$"
	expect "$SERVER6\\]?->\\[?$CLIENT6\\]?\\(icmp6\\) +$RECV\$"
}

case_arp() {
	trace_start arp || return
	on_client busybox arping -c 1 -I veth-c "$SERVER" >/dev/null || bad "no answer to arping"
	udp_client "$SERVER" 5000 1
	trace_stop
	expect " 0x0806 .*$CLIENT->$SERVER\\(arp\\) +$RECV_ANY\$"
	expect_not 'udp'
}

# vlan ID OPTION...: ping with and without VLAN ID, and trace the VLAN only.
vlan() {
	id=$1
	shift
	for n in c s; do
		if ! ip -n "$LAB$n" link add link veth-$n name vlan$n type vlan id "$id" "$@"; then
			missing "this kernel has no 802.1Q VLANs"
			return
		fi 2>"$T/err"
		ip -n "$LAB$n" link set vlan$n up
	done
	ip -n "${LAB}c" addr add 10.99.5.1/24 dev vlanc
	ip -n "${LAB}s" addr add 10.99.5.2/24 dev vlans
	if trace_start "vlan $id"; then
		on_client busybox ping -c 1 10.99.5.2 >/dev/null || bad "no answer through the VLAN"
		on_client busybox ping -c 1 "$SERVER" >/dev/null || bad "no answer outside the VLAN"
		trace_stop
		expect "veth-c:[0-9]+ .* 10.99.5.1->10.99.5.2\\(icmp\\) +$SEND\$"
		expect_not "$SERVER\\(icmp\\)"
	fi
	for n in c s; do
		ip -n "$LAB$n" link del vlan$n
	done
}

case_vlan_accelerated() { vlan 5; }
case_vlan_in_packet() { vlan 6 reorder_hdr off; }

case_netns() {
	inode=$(stat -L -c %i "/run/netns/${LAB}s")
	trace_start --filter-netns "/run/netns/${LAB}s" "udp port 5000" || return
	udp_client "$SERVER" 5000 3
	trace_stop
	expect "$RECV\$"
	every 4 "^$inode\$"
}

case_mark() {
	ipt -t mangle -A OUTPUT -p udp --dport 5001 -j MARK --set-mark 0x1a5
	ipt -t mangle -A OUTPUT -p udp --dport 5002 -j MARK --set-mark 0x1b5
	if trace_start --filter-mark 0xa0/0xf0 "udp"; then
		for port in 5000 5001 5002; do
			udp_client "$SERVER" $port 2
		done
		trace_stop
		expect " 1a5 .*$SERVER:5001\\(udp\\) +$SEND\$"
		expect_not ':500[02]\(udp\)'
	fi
	ipt -t mangle -F OUTPUT
}

case_ifname() {
	trace_start --filter-netns "/run/netns/${LAB}c" --filter-ifname veth-c "udp" || return
	udp_client "$SERVER" 5000 2
	on_client "$BURST" 127.0.0.1 5001 2 >/dev/null
	trace_stop
	expect "$SERVER:5000\\(udp\\) +$SEND\$"
	# The peer may have the same ifindex in the other namespace: allowed only with a warning.
	if grep -q "tell namespaces apart: packets of 'veth-s' in network namespace" "$T/err"; then
		every 6 '^(veth-[cs]:|0$)'
	else
		every 6 '^veth-c:'
	fi
}

# One skb is shown with both the old and the new port.
case_nat() {
	ipt_server -t nat -A PREROUTING -p udp --dport 5003 -j DNAT --to-destination "$SERVER:5004"
	if trace_start "dst host $SERVER and (udp port 5003 or udp port 5004)"; then
		udp_client "$SERVER" 5003 1
		trace_stop
		awk '/:5003\(udp\)/ { before[$1] = 1 }
			/:5004\(udp\)/ && before[$1] { both = 1 }
			END { exit !both }' "$T/out" ||
			bad "no skb changes from port 5003 to 5004"
	fi
	ipt_server -t nat -F PREROUTING
}
