# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Causes of drops other than rules of firewalls: all in one trace.

# How a frame from the client gets to the server's address on its second link, wrong or right:
# frame PORT [NAME=VALUE...], with from, to, mac, ttl, proto, sport, flags (of TCP), payload (of UDP,
# or behind the IP header), vlan, ip_error and error (added to checksums).
frame() {
	local port=$1 from=10.99.3.1 to=10.99.3.2 mac=$LINK_MAC ttl=64 proto=17 ip_error=0 error=0
	local sport=40000 flags=02 payload=61626364 vlan=
	shift
	[ $# -eq 0 ] || local "$@"
	local l4 l4_sz=$((8 + ${#payload} / 2)) ip sum
	from=$(hex_address "$from") to=$(hex_address "$to")
	case $proto in
	6)
		l4_sz=20
		l4=$(printf '%04x%04x000000010000000050%sffff00000000' "$sport" "$port" "$flags")
		;;
	17) l4=$(printf '%04x%04x%04x0000%s' "$sport" "$port" $l4_sz "$payload") ;;
	*) l4=$payload l4_sz=$((${#payload} / 2)) ;;
	esac
	sum=$(checksum "$from$to$(printf '%04x%04x' "$proto" $l4_sz)$l4" "$error")
	case $proto in
	6) l4=${l4:0:32}$sum${l4:36} ;;
	17) l4=${l4:0:12}$sum${l4:16} ;;
	esac
	ip=$(printf '4500%04x00004000%02x%02x0000' $((20 + l4_sz)) "$ttl" "$proto")$from$to
	ip=${ip:0:20}$(checksum "$ip" "$ip_error")${ip:24}
	echo "${mac}020000000011${vlan:+8100$vlan}0800$ip$l4"
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
			echo 400 >$f/neigh/veth-c/retrans_time_ms
			echo 1 >$f/neigh/veth-c/mcast_solicit
			echo 1 >$f/neigh/veth-c/ucast_solicit
		done'
	# clsact came with Linux 4.5, XDP with 4.8
	[ "${SERIES-}" = el7 ] || {
		tc_bpf c d-tc egress gate
		tc_bpf s link-s ingress gate
		xdp t veth-t gate
	}
	tc -n "${LAB}c" qdisc add dev d-full root tbf rate 800bit burst 1600 limit 1600
	NETEM=yes
	tc -n "${LAB}c" qdisc add dev d-loss root netem loss 100% 2>/dev/null || NETEM=
	held s hold 5922
}

# held NETNS MODE...: burst in the background, until causes_down.
held() {
	local netns=$LAB$1
	shift
	ip netns exec "$netns" "$BURST" "$@" >/dev/null 2>&1 &
	HOLD="$HOLD $!"
}

# What not every kernel has: HAS has the names of those that this one has.
more_up() {
	local c="ip -n ${LAB}c" s="ip -n ${LAB}s"
	HAS=' '
	# with a backlog of 1 a listener is full with two connections
	held s listen 5930 1
	held s listen 5931 2
	held s listen 5932 1
	held s listen 5934 8
	on_server sh -c 'echo 0 >/proc/sys/net/ipv4/tcp_syncookies' 2>/dev/null && HAS="${HAS}syn "
	tc -n "${LAB}s" qdisc add dev link-s root netem delay 200ms 2>/dev/null && HAS="${HAS}ack "
	$c route add 239.0.0.0/8 dev veth-c
	$c route add 224.0.0.1 dev veth-c
	held s refuse 5946
	more_tunnels
	more_firewalls
	more_xfrm
	more_cgroups
	$c link add d-down type veth peer name pd-down && $c link set d-down up &&
		$c link set pd-down up && $c addr add 10.99.8.1/24 dev d-down || return 1
	$c neigh add 10.99.8.2 lladdr 02:00:00:00:00:07 dev d-down
	tc -n "${LAB}c" qdisc add dev d-down root tbf rate 800bit burst 1600 limit 100000
	$c link add d-all type veth peer name pd-all && $c link set d-all up &&
		$c link set pd-all up && $c addr add 10.99.9.1/24 dev d-all || return 1
	$c neigh add 10.99.9.2 lladdr 02:00:00:00:00:07 dev d-all
	tc -n "${LAB}c" qdisc add dev d-all clsact &&
		tc -n "${LAB}c" filter add dev d-all egress prio 49152 matchall action drop &&
		HAS="${HAS}matchall "
	on_client "$BURST" connect $SERVER 5934 1 >/dev/null 2>&1 &
	HOLD="$HOLD $!"
} 2>/dev/null

more_tunnels() {
	ip -n "${LAB}s" link add x-vxlan type vxlan id 42 dstport 5937 local 10.99.3.2 &&
		ip -n "${LAB}s" link set x-vxlan up && HAS="${HAS}vxlan "
	ip -n "${LAB}s" link add x-gre type gre local 10.99.3.2 remote 10.99.3.1 key 7 &&
		ip -n "${LAB}s" link set x-gre up && HAS="${HAS}gre "
}

more_firewalls() {
	on_server "$IPTABLES" -w -A INPUT -p tcp --dport 5941 -m conntrack --ctstate INVALID \
		-j DROP && HAS="${HAS}invalid "
	on_server nft -f - <<-EOF && HAS="${HAS}ingress "
	table netdev causes {
		chain in {
			type filter hook ingress device link-s priority 0;
			udp dport 5942 drop
		}
	}
	EOF
	lab_bridge && on_server nft -f - <<-EOF && HAS="${HAS}bridge "
	table bridge causes {
		chain f {
			type filter hook forward priority 0;
			udp dport 5943 drop
		}
	}
	EOF
	# The limit is one for all namespaces: not on a machine that others use.
	[ -n "${SERIES-}" ] && on_client "$IPTABLES" -w -A OUTPUT -p udp --dport 5999 \
		-m conntrack --ctstate INVALID -j DROP && HAS="${HAS}table "
}

more_xfrm() {
	local s="ip -n ${LAB}s" esp="proto esp mode transport"
	$s xfrm policy add src $CLIENT dst $SERVER proto 17 dport 5944 dir in action block &&
		$s xfrm policy add src $CLIENT dst 10.99.1.2 proto 17 dport 5945 dir fwd action block &&
		$s xfrm policy add src $CLIENT dst $SERVER proto 17 dport 5954 dir in \
			tmpl src $CLIENT dst $SERVER $esp &&
		$s xfrm state add src $CLIENT dst $SERVER spi 0x99 $esp \
			enc 'ecb(cipher_null)' '' && HAS="${HAS}xfrm "
}

# A cgroup for senders, and one for a socket.
more_cgroups() {
	local dir
	CGROUP=
	# the machine's own cgroups are not for tests
	[ -n "${SERIES-}" ] && [ -e /sys/fs/cgroup/cgroup.procs ] || return 0
	CGROUP=/sys/fs/cgroup
	for dir in egress ingress; do
		mkdir -p $CGROUP/$dir && "$BURST" cgroup $CGROUP/$dir $dir || return 0
	done
	HAS="${HAS}cgroup "
	# ip netns exec hides the cgroups
	sh -c "echo \$\$ >$CGROUP/ingress/cgroup.procs
		exec ip netns exec '${LAB}s' '$BURST' hold 5948" >/dev/null 2>&1 &
	HOLD="$HOLD $!"
}

more_down() {
	on_server nft delete table netdev causes
	on_server nft delete table bridge causes
	bridge_down
	on_server "$IPTABLES" -w -F INPUT
	on_client "$IPTABLES" -w -F OUTPUT
	ip -n "${LAB}s" xfrm policy flush
	ip -n "${LAB}s" xfrm state flush
	for dev in x-vxlan x-gre; do
		ip -n "${LAB}s" link del $dev
	done
	for dev in d-down d-all; do
		ip -n "${LAB}c" link del $dev
	done
	ip -n "${LAB}c" route del 239.0.0.0/8
	ip -n "${LAB}c" route del 224.0.0.1
	[ -z "$CGROUP" ] || { sleep 0.1; rmdir $CGROUP/ingress $CGROUP/egress; }
}

has() { [[ $HAS == *" $1 "* ]]; }

more_send() {
	local port
	on_client "$BURST" frame link-c "$(frame 5932 from=10.99.3.9 proto=6)" \
		"$(frame 5932 from=10.99.3.10 proto=6)" "$(frame 5932 from=10.99.3.11 proto=6)" \
		"$(frame 5936 vlan=0007)" \
		"$(frame 5937 payload=0800000000002b00020000000001020000000002ffff00000000)" \
		"$(frame 0 proto=47 payload=2000080000000009)" \
		"$(frame 5941 proto=6 flags=03)" "$(frame 5942)" \
		"$(frame 0 proto=50 payload=000000770000000100000000)" || bad "cannot send frames"
	held c connect $SERVER 5930 2
	held c connect 10.99.3.2 5931 2
	port=$(on_client awk '$3 ~ /:172E$/ { print substr($2, 10); exit }' /proc/net/tcp)
	on_client "$BURST" frame veth-c "$(frame 5934 from=$CLIENT to=$SERVER proto=6 flags=10 \
		sport=$((0x${port:-0})) mac="$(on_server cat /sys/class/net/veth-s/address | tr -d :)")" ||
		bad "cannot send frames"
	udp_to 239.1.2.3 5938
	udp_to 224.0.0.1 5939
	udp_to ff1e::77 5940
	! has bridge || udp_to $BRIDGE_NOBODY 5943
	udp_to $SERVER 5944
	udp_to 10.99.1.2 5945
	udp_to $SERVER 5946
	if has cgroup; then
		may_fail sh -c "echo \$\$ >$CGROUP/egress/cgroup.procs
			exec ip netns exec '${LAB}c' '$BURST' $SERVER 5947 1"
		udp_to $SERVER 5948
	fi
	may_fail on_client "$BURST" 10.99.8.2 5949 4 1000
	udp_to $SERVER 5954
	udp_to 10.99.9.2 5956
	sleep 0.6
	held c connect $SERVER 5930 1
	held c connect 10.99.3.2 5931 2
	ip -n "${LAB}c" link set d-down down
	! has table || fill_conntrack
}

# Room for one connection only, while three are made.
fill_conntrack() {
	local max=/proc/sys/net/netfilter/nf_conntrack_max port old
	[ -e $max ] || max=/proc/sys/net/nf_conntrack_max
	old=$(cat $max)
	echo 1 >$max
	for port in 5950 5951 5952; do
		udp_to $SERVER $port
	done
	sleep 0.5
	echo "$old" >$max
}

# expect_if FEATURE TUPLE WORDS: as expect_why. Kernels with modules must have the feature.
expect_if() {
	if has "$1"; then
		expect_why "$2" "$3"
	else
		case ${SERIES-} in
		'' | el7 | 4.19) ;;
		*) bad "missing: $1" ;;
		esac
	fi
}

expect_more() {
	local xfrm='an IPsec policy blocks it, or wants it to be protected \(ip xfrm policy\)'
	local filter='dropped by a filter of its socket or cgroup \(SO_ATTACH_FILTER, BPF\)'
	local group='nothing here joined the group' full='is full \([0-9]+, limit [12]\)'
	# these two kernels cannot tell how full a queue is; el7 frees elsewhere, and the rule for the
	# bridge lets the packet pass on 4.19
	case ${SERIES-} in
	el7) return ;;
	4.19) HAS=${HAS/ syn / } HAS=${HAS/ ack / } HAS=${HAS/ bridge / } ;;
	esac
	! has syn || [ "$BACKEND" = tracepoint-events ] ||
		expect "$SERVER:5930.*consume_skb.*: (possible: )?the accept queue of $SERVER:5930 $full.*"
	! has ack || expect_why 10.99.3.2:5931 "the accept queue of 10.99.3.2:5931 $full.*"
	! has syn ||
		expect "10.99.3.11:40000->10.99.3.2:5932.*: (possible: )?the SYN backlog of 10.99.3.2:5932 $full.*tcp_syncookies=0\)"
	expect "$SERVER:5934.*(_drop|kfree_skb).*: outside the TCP window(: an old sequence number)?$"
	expect_why 10.99.3.2:5936 "link-s has no interface for VLAN 7 \\(.*\\)|possible: .*no interface for its VLAN"
	expect_if vxlan 10.99.3.2:5937 "(possible: )?no VXLAN interface has its VNI.*"
	expect_if gre '10.99.3.2\(gre\)' "possible: no GRE tunnel from 10.99.3.2 to 10.99.3.1 has its key .*"
	expect_if xfrm '10.99.3.2\(esp\)' "possible: no IPsec state has its SPI \\(ip xfrm state\\).*"
	expect_why 239.1.2.3:5938 "$group 239.1.2.3 on veth-s \\(ip maddr show dev veth-s\\)"
	expect_why 224.0.0.1:5939 'no socket takes multicast for 224.0.0.1:5939 \(udp\)'
	expect_why 'ff1e::77\]:5940' "$group ff1e::77 on veth-s \\(.*\\)"
	expect_if invalid 10.99.3.2:5941 "DROP by iptables(-nft)? filter INPUT rule 1$HANDLE"
	expect_if ingress 10.99.3.2:5942 "DROP by nft netdev causes in handle [0-9]+"
	! has bridge || expect_why "$BRIDGE_NOBODY:5943" "DROP by nft bridge causes f handle [0-9]+"
	expect_if xfrm "$SERVER:5944" "(possible: )?$xfrm.*"
	expect_if xfrm 10.99.1.2:5945 "(possible: )?$xfrm.*"
	expect_why "$SERVER:5946" "$filter|possible: .*a filter of the socket .*"
	! has cgroup || expect_cgroups
	expect_why 10.99.8.2:5949 "d-down went down: what waited in its queue was dropped \\(.*\\)"
	! has table ||
		expect_why "$SERVER:595[012]" 'conntrack table is full \(net.netfilter.nf_conntrack_count [0-9]+ of net.netfilter.nf_conntrack_max 1\)'
	expect_if xfrm "$SERVER:5954" "(possible: )?$xfrm.*"
	! has matchall ||
		expect_why 10.99.9.2:5956 'dropped by a tc filter of d-all, egress, prio 49152, matchall \(.*\)'
}

expect_cgroups() {
	expect_why "$SERVER:5947" 'dropped by a BPF program of its cgroup \(egress\)|possible: .*cgroup.*'
	expect_why "$SERVER:5948" "$filter|possible: .*a filter of the socket or its cgroup.*"
}

set_server() { on_server sh -c "echo $2 >/proc/sys/net/$1"; }

causes_down() {
	# shellcheck disable=SC2086 # words
	[ -z "$HOLD" ] || kill $HOLD
	more_down
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
	[ -z "$FUNCS" ] || FUNCS='kfree_skb|kfree_skb_reason|kfree_skb_list_reason|sk_skb_reason_drop|tcp_drop|consume_skb|tcp_v4_rcv|tcp_v4_do_rcv|tcp_rcv_state_process|sk_filter_trim_cap|__netif_receive_skb_core|nf_hook_slow|__cgroup_bpf_run_filter_skb|__xfrm_policy_check|__udp_enqueue_schedule_skb|__kfree_skb|tcp_validate_incoming|tcp_conn_request|tcp_parse_options|tcp_ack|__dev_queue_xmit'
	{ causes_up && more_up; } || { bad "cannot make the causes"; causes_down; return; }
	trace_start "dst portrange 5900-5959 or dst port 5009 or ether proto 0x88b5 or
		ip proto 47 or ip proto 50" || { causes_down; return; }
	causes_send
	more_send
	sleep 1
	trace_stop
	causes_down
	expect_causes
	expect_more
}

expect_bpf_causes() {
	expect_why 10.99.4.2:5009 "(dropped by|possible:) a tc filter of d-tc, egress, prio 49152, bpf.*"
	expect_why 10.99.3.2:5009 "dropped by a tc filter of link-s, ingress, prio 49152, bpf \\(.*\\)"
	expect_why 10.99.1.2:5009 "dropped by the XDP program of veth-t.*"
}

expect_causes() {
	local show='tc -s qdisc show dev' someone='(burst\[[0-9]+\]|the socket)'
	expect_why "$SERVER:5900" "nothing listens on $SERVER:5900 \\(udp\\)"
	expect_why "$SERVER:5901" "(nothing listens on|no connection and no listener for .* ->) $SERVER:5901 \\(tcp\\)"
	expect_why "$SERVER6\\]:5902" "nothing listens on \\[$SERVER6\\]:5902 \\(udp\\)"
	expect_why "$SERVER6\\]:5903" "(nothing listens on|no connection and no listener for .* ->) \\[$SERVER6\\]:5903 \\(tcp\\)"
	expect_why 10.77.1.1:5904 "the route to 10.77.1.1 is a blackhole(: 10.77.1.0/24 of table main)? \\(ip route get 10.77.1.1\\)"
	expect_why 10.77.2.1:5905 "the route to 10.77.2.1 says unreachable(: 10.77.2.0/24 of table main)? \\(.*\\)"
	expect_why 10.77.3.1:5906 "the route to 10.77.3.1 says prohibit(: 10.77.3.0/24 of table main)? \\(.*\\)"
	expect_why 10.77.4.1:5907 "no route to 10.77.4.1 \\(ip route get 10.77.4.1\\)"
	expect_why 'fd77:1::1\]:5908' "the route to fd77:1::1 is a blackhole(: fd77:1::/32 of table main)? \\(ip -6 route get fd77:1::1\\)"
	expect_why 'fd77:2::1\]:5909' "the route to fd77:2::1 says unreachable(: fd77:2::/32 of table main)? \\(.*\\)"
	expect_why 'fd77:3::1\]:5910' "the route to fd77:3::1 says prohibit(: fd77:3::/32 of table main)? \\(.*\\)"
	expect_why 'fd77:4::1\]:5911' "no route to fd77:4::1 \\(.*\\)"
	expect_why 10.78.0.1:5912 "10.78.0.1 is not an address of this host, and forwarding is off on link-s \\(net.ipv4.conf.link-s.forwarding=0\\)"
	expect_why 10.99.3.2:5913 "rp_filter=1 on link-s: the way back to 10.99.0.3 does not go out by link-s \\(.*\\)"
	expect_why 10.99.3.2:5914 "martian: no host can send from 224.0.0.5 on link-s"
	expect_why 10.99.3.2:5915 "martian: its source 10.99.1.1 is an address of this host"
	expect_why 10.99.3.2:5929 "martian: a loopback address on link-s \\(.*\\)"
	expect_why 10.99.1.2:5916 "the TTL ran out \\(1\\)"
	expect_why 10.99.1.2:5917 "1428 bytes exceed the MTU 1280 of the way to 10.99.1.2, and it must not be fragmented"
	expect_why 'fd98::2\]:5918' "1448 bytes exceed the MTU 1280 of the way to fd98::2, and it must not be fragmented"
	expect_why 10.99.0.77:5919 "10.99.0.77 does not answer ARP on veth-c \\(1 try\\) \\(ip neigh show dev veth-c\\)"
	expect_why 'fd99::77\]:5928' "fd99::77 does not answer NDP on veth-c \\(1 try\\) \\(ip neigh show dev veth-c\\)"
	[ "${SERIES-}" = el7 ] || expect_bpf_causes
	expect_why 10.99.5.2:5920 "(possible: .*)?the queue of d-full is full \\(tbf, limit 1600 bytes; $show d-full\\).*"
	[ -z "$NETEM" ] ||
		expect_why 10.99.6.2:5921 "(possible: .*)?netem loss on d-loss \\($show d-loss\\).*"
	expect_why "$SERVER:5922" "(possible: )?the receive buffer of $someone on port 5922 has no room for it \\([0-9]+ (of [0-9]+ )?bytes used\\).*"
	expect_why 10.99.3.2:5923 "wrong checksum of the IP header"
	expect_why 10.99.3.2:5924 "wrong UDP checksum"
	expect_why 10.99.3.2:5925 "wrong TCP checksum"
	expect_why 10.99.7.2:5926 "cut-c has no carrier: no cable, or the other end is down \\(.*\\)"
	expect_why 10.99.3.2:5927 "possible: it is for another host: its Ethernet destination is not the address of link-s.*"
	expect "(nothing on this host handles|possible: a tc filter of link-s, ingress; or nothing on this host handles) EtherType 0x88b5 on link-s"
}
