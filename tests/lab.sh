# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# Two network namespaces joined by a veth pair, for scripts to source. Works as root on any
# machine that has ip and busybox, guests of tests/vm included.
#
#   lab_up / lab_down           make and remove it; lab_down may be called at any time
#   on_client, on_server CMD    run a command in one of them
#   http_server, http_get URL   busybox's, on the server's port 8080 and from the client

CLIENT=10.99.0.1 SERVER=10.99.0.2
CLIENT6=fd99::1 SERVER6=fd99::2
LAB=skbt$$
LAB_PIDS=

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
	for n in c s; do
		ip netns del "$LAB$n" 2>/dev/null
	done
	return 0
}

on_client() { ip netns exec "${LAB}c" "$@"; }
on_server() { ip netns exec "${LAB}s" "$@"; }

# http_server DIRECTORY
http_server() {
	echo 'it works' >"$1/index.html"
	ip netns exec "${LAB}s" busybox httpd -f -p 8080 -h "$1" &
	LAB_PIDS="$LAB_PIDS $!"
	wait_for 5 listening
}

listening() { on_server busybox netstat -ltn | grep -q ':8080 '; }

# A request that gets no answer ends after two seconds; after one where none is expected.
http_get() { on_client timeout "${HTTP_SECONDS:-2}" busybox wget -q -O - "$1"; }
http_refused() { ! HTTP_SECONDS=1 http_get "$1" >/dev/null 2>&1; }

# The first iptables that this kernel supports.
find_iptables() {
	for t in iptables iptables-legacy iptables-nft; do
		if on_client "$t" -w -S OUTPUT >/dev/null 2>&1; then
			echo "$t"
			return 0
		fi
	done
	return 1
}

# wait_for SECONDS COMMAND...: until the command succeeds.
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

# Does a file exist, or has the process ended meanwhile?
ready_or_gone() { [ -e "$1" ] || ! kill -0 "$2" 2>/dev/null; }
