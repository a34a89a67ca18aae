# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Cases about packets that end well: all in one record, which is printed in every way.

ENDS_FREE='consume_skb|__consume_stateless_skb|__kfree_skb|kfree_skb|kfree_skb_reason|sk_skb_reason_drop'
ENDS_FREE="$ENDS_FREE|napi_consume_skb|skb_attempt_defer_free|kfree_skb_partial|kfree_skbmem|skb_release_data"
ENDS_PASS='skb_consume_udp|skb_copy_datagram_iter|skb_copy_datagram_iovec|dev_hard_start_xmit|dummy_xmit|ip_rcv|ipv6_rcv'

# ends SERVER: what ends well, by IPv4 or IPv6.
ends() {
	on_client busybox ping -c 1 -W 2 "$1" >/dev/null || bad "no answer to ping of $1"
	case $1 in
	*:*) http_get "http://[$1]:8080/" ;;
	*) http_get "http://$1:8080/" ;;
	esac >/dev/null || bad "no web page of $1"
	on_server "$BURST" read 5001 2 &
	wait_for 5 udp_listens 5001
	on_client "$BURST" "$1" 5001 2 >/dev/null
	wait $!
	on_client "$BURST" errors "$1" 5002 || bad "no error came from $1"
	on_client "$BURST" "$1" 5003 1 10 listen >/dev/null
}

udp_listens() { on_server busybox netstat -lun | grep -q ":$1 "; }

# A device that sends into nothing; ENDS_DUMMY is empty if there is none.
ends_up() {
	ENDS_DUMMY=
	for n in c s; do
		ip -n "$LAB$n" neigh flush dev veth-$n 2>/dev/null
	done
	ip -n "${LAB}c" link add d-ends type dummy 2>/dev/null || return 0
	ENDS_DUMMY=yes
	ip -n "${LAB}c" link set d-ends up
	ip -n "${LAB}c" addr add 10.98.0.1/24 dev d-ends
	ip -n "${LAB}c" neigh add 10.98.0.2 lladdr 02:00:00:00:00:02 dev d-ends
}

# What a socket's reader leaves to be freed is freed when its CPU receives the next packet.
receive_everywhere() {
	for mask in 1 2; do
		on_client busybox taskset $mask busybox ping -c 1 -W 1 "$SERVER" >/dev/null 2>&1
	done
}

replay() { "$SKBTRAIL" --replay "$T/record" "$@" >"$T/out" 2>"$T/err" || bad "the record is not read"; }

# expect_end PACKET WORDS: its last line ends with them.
expect_end() { expect "$1.*(consume_(stateless_)?skb|kfree_skb|_drop|_free)[^ ]*: $2\$"; }

# expect_ends CLIENT SERVER
expect_ends() {
	local c=$1 s=$2 port=$2 icmp=icmp name=ICMP took=
	case $s in
	*:*) port="\\[$s\\]" icmp=icmp6 name=ICMPv6 ;;
	esac
	expect_end "$c->$s\\($icmp\\)" "handled by the kernel: $name echo request answered"
	expect_end "$c->$s\\($icmp\\)" "a copy, made to ask for the neighbour's address"
	expect_end "$s->$c\\($icmp\\)" 'delivered to busybox\[[0-9]+\]'
	expect_end "$port:8080\\(tcp\\)" "handled by the kernel: SYN answered by $port:8080"
	expect_end "$s->$c\\($icmp\\)" 'released from the error queue: read by burst\[[0-9]+\]'
	expect_end "$port:5003\\(udp\\)" \
		'(consumed by a packet socket \(burst\[[0-9]+\]\)|delivered to burst\[[0-9]+\])'
	# what the CPU that allocated it has read passes no tracepoint
	expect_not "$port:5001\\(udp\\) .*consume_skb\$"
	[ -n "$FUNCS" ] || return
	expect_end "$port:5001\\(udp\\)" "delivered to burst\\[[0-9]+\\] $port:5001"
	# before 4.14 a reader that waits gets the data at once
	[ "${SERIES-}" = el7 ] && took='|its socket took its data'
	expect_end "$port:8080\\(tcp\\)" "(delivered to busybox\\[[0-9]+\\] $port:8080$took)"
}

case_ends() {
	[ -z "$FUNCS" ] || FUNCS="$ENDS_FREE|$ENDS_PASS"
	ends_up
	trace_start --record "$T/record" "net 10.98.0.0/15 or ip6" || return
	ends "$SERVER"
	ends "$SERVER6"
	[ -z "$ENDS_DUMMY" ] || on_client "$BURST" 10.98.0.2 5001 1 >/dev/null
	receive_everywhere
	trace_stop
	ip -n "${LAB}c" link del d-ends 2>/dev/null
	replay
	expect_ends "$CLIENT" "$SERVER"
	expect_ends "$CLIENT6" "$SERVER6"
	expect_end "$CLIENT->$SERVER\\(arp\\)" 'handled by the kernel: ARP request answered'
	expect_end "$CLIENT6->.*\\(icmp6\\)" 'handled by the kernel: neighbour solicitation answered'
	[ -z "$ENDS_DUMMY" ] || expect_end 10.98.0.2:5001 'sent on d-ends'
	ends_printed
}

# The same record, printed with and without what explains and what repeats.
ends_printed() {
	local shown left_out
	shown=$(grep -c . "$T/out")
	left_out=$(sed -n 's/.*; \([0-9]*\) repeats\{0,1\} left out (--output-release shows .*)$/\1/p' "$T/err")
	if [ -n "$FUNCS" ]; then
		expect_not 'kfree_skbmem'
		[ "${left_out:-0}" -gt 0 ] || bad "nothing was left out"
	fi
	replay --output-release
	[ "$(grep -c . "$T/out")" -eq $((shown + ${left_out:-0})) ] ||
		bad "what was left out is not what --output-release adds"
	replay --output-why=false
	expect_not ': (delivered|handled|released) '
	replay --output-json
	expect '"end":"handled by the kernel: ICMP echo request answered"}$'
	expect_not '"drop":true.*"end":'
}

# A free that is not shown has no repetition.
case_ends_filtered() {
	[ -n "$FUNCS" ] || { skip 'there are only tracepoints'; return; }
	FUNCS=kfree_skbmem
	trace_start "host $CLIENT and icmp" || return
	on_client busybox ping -c 1 -W 2 "$SERVER" >/dev/null
	trace_stop
	expect kfree_skbmem
}

# What TCP keeps until it is acknowledged has no headers that a filter could match.
case_ends_acknowledged() {
	[ -n "$FUNCS" ] || { skip 'there are only tracepoints'; return; }
	# Linux 5.3 to 5.13 keeps it to be used again
	[ "${SERIES-}" != 5.10 ] || { skip 'it is not freed'; return; }
	FUNCS=__kfree_skb
	trace_start || return
	http_get "http://$SERVER:8080/" >/dev/null || bad "no web page"
	trace_stop
	expect '__kfree_skb: acknowledged$'
}
