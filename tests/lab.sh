# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# A test network of two namespaces joined by a veth pair, for scripts to source. Works as root on
# any machine with ip and busybox, including the guests of tests/vm.
#
#   lab_up / lab_down           create and remove it; lab_down may be called at any time
#   on_client, on_server CMD    run a command in one of the namespaces
#   http_server, http_get URL   busybox httpd on the server's port 8080; wget on the client
#   hide_source / show_source   SNAT the client's UDP to $HIDDEN in POSTROUTING / stop that
#   lab_third                   add a third namespace behind the server, once; on_third CMD
#   lab_bridge / bridge_down    a bridge on the server, with ports to client, third and nowhere
#   lab_tunnel TYPE, tunnel_off between client and server; addresses $(inside TYPE).1 and .2
#   lab_ipsec PORT / ipsec_down ESP for UDP to this port of the server
#   xdp, tc_bpf                 attach programs of tests/bpf; XDP in mode $XDP_MODE (xdpdrv)
#   hold_packets / release_packets

CLIENT=10.99.0.1 SERVER=10.99.0.2
CLIENT6=fd99::1 SERVER6=fd99::2
HIDDEN=10.99.0.9
THIRD=10.99.1.2
BRIDGE_CLIENT=10.99.2.1 BRIDGE_NOBODY=10.99.2.9
LAB=skbt$$
LAB_PIDS=
LAB_BPF=$PWD/${LAB_BPF:-build/traffic.bpf.o}

lab_up() {
	ip netns add "${LAB}c" && ip netns add "${LAB}s" &&
		ip link add veth-c netns "${LAB}c" type veth peer name veth-s netns "${LAB}s" ||
		return 1
	for n in c s; do
		ip -n "$LAB$n" link set lo up
		ip -n "$LAB$n" link set veth-$n up || return 1
	done
	ip -n "${LAB}c" addr add $CLIENT/24 dev veth-c &&
		ip -n "${LAB}s" addr add $SERVER/24 dev veth-s &&
		ip -n "${LAB}c" addr add $CLIENT6/64 dev veth-c nodad &&
		ip -n "${LAB}s" addr add $SERVER6/64 dev veth-s nodad
}

lab_down() {
	# shellcheck disable=SC2086 # words on purpose
	[ -z "$LAB_PIDS" ] || kill $LAB_PIDS 2>/dev/null
	LAB_PIDS=
	for n in c s t n; do
		ip netns del "$LAB$n" 2>/dev/null
	done
	return 0
}

on_client() { ip netns exec "${LAB}c" "$@"; }
on_server() { ip netns exec "${LAB}s" "$@"; }
on_third() { ip netns exec "${LAB}t" "$@"; }

# mac_of HOST DEVICE
mac_of() { ip -n "$LAB$1" -o link show "$2" | sed 's/.*ether \([^ ]*\).*/\1/'; }

# Neighbours that no packet has to wait for.
know_neighbour() {
	ip -n "${LAB}c" neigh replace "$SERVER" lladdr "$(mac_of s veth-s)" dev veth-c nud permanent
	ip -n "${LAB}s" neigh replace "$CLIENT" lladdr "$(mac_of c veth-c)" dev veth-s nud permanent
}

# ---- packets that are changed or rebuilt ----

# In POSTROUTING: a filter for $CLIENT matches the packets before that, and never again.
hide_source() {
	on_client "$IPTABLES" -w -t nat -A POSTROUTING -p udp -j SNAT --to-source $HIDDEN
}

show_source() { on_client "$IPTABLES" -w -t nat -F POSTROUTING; }

# Its device has the ifindex that the XDP program redirects to (tests/bpf).
lab_third() {
	[ ! -e "/run/netns/${LAB}t" ] || return 0
	ip netns add "${LAB}t" &&
		ip link add veth-f netns "${LAB}s" index 77 type veth peer name veth-t netns "${LAB}t" &&
		ip -n "${LAB}s" link set veth-f up &&
		ip -n "${LAB}t" link set veth-t up &&
		ip -n "${LAB}s" addr add 10.99.1.1/24 dev veth-f &&
		ip -n "${LAB}t" addr add $THIRD/24 dev veth-t &&
		ip -n "${LAB}t" route add default via 10.99.1.1 &&
		ip -n "${LAB}c" route add 10.99.1.0/24 via $SERVER &&
		on_server sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
}

# Packets to $BRIDGE_NOBODY are flooded to both other ports; br_t is the port to the third one.
lab_bridge() {
	lab_third &&
		ip -n "${LAB}s" link add bridge type bridge mcast_snooping 0 &&
		ip link add br-c netns "${LAB}c" type veth peer name br_c netns "${LAB}s" &&
		ip link add br-t netns "${LAB}t" type veth peer name br_t netns "${LAB}s" &&
		ip -n "${LAB}s" link add br-0 type veth peer name br_0 || return 1
	for port in br_c br_t br_0; do
		ip -n "${LAB}s" link set $port up master bridge || return 1
	done
	ip -n "${LAB}s" link set br-0 up
	ip -n "${LAB}s" link set bridge up
	ip -n "${LAB}c" link set br-c up
	ip -n "${LAB}t" link set br-t up
	ip -n "${LAB}c" addr add $BRIDGE_CLIENT/24 dev br-c &&
		ip -n "${LAB}c" neigh add $BRIDGE_NOBODY lladdr 02:00:00:00:00:09 dev br-c
}

bridge_down() {
	ip -n "${LAB}s" link del bridge
	ip -n "${LAB}s" link del br-0
	ip -n "${LAB}c" link del br-c
	ip -n "${LAB}t" link del br-t
} 2>/dev/null

# inside TYPE: the first three bytes of a tunnel's addresses, all in 10.99.32.0/22.
inside() {
	case $1 in
	vxlan) echo 10.99.32 ;;
	geneve) echo 10.99.33 ;;
	gretap) echo 10.99.34 ;;
	ipip) echo 10.99.35 ;;
	esac
}

# lab_tunnel TYPE: devices t-TYPE, VNI 42.
lab_tunnel() {
	tunnel_end "$1" "${LAB}c" $CLIENT $SERVER 1 &&
		tunnel_end "$1" "${LAB}s" $SERVER $CLIENT 2
}

# tunnel_end TYPE NETNS LOCAL REMOTE HOST
tunnel_end() {
	case $1 in
	vxlan) set -- "$@" id 42 dstport 4789 local "$3" ;;
	geneve) set -- "$@" id 42 ;;
	*) set -- "$@" local "$3" ;;
	esac
	type=$1 netns=$2 remote=$4 address=$(inside "$1").$5/24
	shift 5
	ip -n "$netns" link add "t-$type" type "$type" "$@" remote "$remote" &&
		ip -n "$netns" addr add "$address" dev "t-$type" &&
		ip -n "$netns" link set "t-$type" up
}

tunnel_off() {
	ip -n "${LAB}c" link del "t-$1"
	ip -n "${LAB}s" link del "t-$1"
} 2>/dev/null

# The same state on both sides; policies for output on the client and input on the server.
lab_ipsec() {
	set -- src $CLIENT dst $SERVER proto 17 dport "$1"
	key=0x00112233445566778899aabbccddeeff
	for n in c s; do
		ip -n "$LAB$n" xfrm state add src $CLIENT dst $SERVER proto esp spi 0x99 mode transport \
			auth 'hmac(sha256)' $key${key#0x} enc 'ecb(cipher_null)' '' || return 1
	done
	ip -n "${LAB}c" xfrm policy add "$@" dir out \
		tmpl src $CLIENT dst $SERVER proto esp mode transport &&
		ip -n "${LAB}s" xfrm policy add "$@" dir in \
			tmpl src $CLIENT dst $SERVER proto esp mode transport
}

ipsec_down() {
	for n in c s; do
		ip -n "$LAB$n" xfrm policy flush
		ip -n "$LAB$n" xfrm state flush
	done
}

# ---- programs of tests/bpf: arguments are c, s or t, the device, and the program ----

xdp() { ip -n "$LAB$1" link set dev "$2" "${XDP_MODE:-xdpdrv}" obj "$LAB_BPF" sec "xdp/$3"; }
xdp_off() { ip -n "$LAB$1" link set dev "$2" "${XDP_MODE:-xdpdrv}" off; } 2>/dev/null

# tc_bpf c veth-c egress gate
tc_bpf() {
	tc -n "$LAB$1" qdisc replace dev "$2" clsact &&
		tc -n "$LAB$1" filter add dev "$2" "$3" bpf direct-action obj "$LAB_BPF" sec "tc/$4"
}

tc_off() { tc -n "$LAB$1" qdisc del dev "$2" clsact; } 2>/dev/null

# Queue packets from the client without sending them.
hold_packets() {
	tc -n "${LAB}c" qdisc add dev veth-c root tbf rate 8kbit burst 1600 limit 1000000
}

release_packets() { tc -n "${LAB}c" qdisc del dev veth-c root; }

# http_server DIRECTORY
http_server() {
	echo 'it works' >"$1/index.html"
	ip netns exec "${LAB}s" busybox httpd -f -p 8080 -h "$1" &
	LAB_PIDS="$LAB_PIDS $!"
	wait_for 5 listening
}

listening() { on_server busybox netstat -ltn | grep -q ':8080 '; }

# Requests time out after two seconds, or after one if no answer is expected.
http_get() { on_client timeout "${HTTP_SECONDS:-2}" busybox wget -q -O - "$1"; }
http_refused() { ! HTTP_SECONDS=1 http_get "$1" >/dev/null 2>&1; }

# The first iptables variant that works on this kernel.
find_iptables() {
	for t in iptables iptables-legacy iptables-nft; do
		if on_client "$t" -w -S OUTPUT >/dev/null 2>&1; then
			echo "$t"
			return 0
		fi
	done
	return 1
}

# wait_for SECONDS COMMAND...: retry the command until it succeeds.
wait_for() {
	tries=$(($1 * 10))
	shift
	while [ $tries -gt 0 ]; do
		"$@" && return 0
		sleep 0.1
		tries=$((tries - 1))
	done
	return 1
}

# ready_or_gone FILE PID: the file exists, or the process has exited.
ready_or_gone() { [ -e "$1" ] || ! kill -0 "$2" 2>/dev/null; }
