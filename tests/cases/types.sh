# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Cases of types from other sources than the running kernel: files, directories, packed, measured.

# hide_types PROGRAM: make SKBTRAIL run PROGRAM without the kernel's BTF; show_types undoes it.
hide_types() {
	mkdir -p "$T/nothing"
	cat >"$T/hidden" <<-EOF
	#!/bin/sh
	mount --bind "$T/nothing" /sys/kernel/btf || exit 9
	exec "$1" "\$@"
	EOF
	chmod +x "$T/hidden"
	SHOWN=$SKBTRAIL SKBTRAIL="busybox unshare -m $T/hidden"
}

show_types() { SKBTRAIL=$SHOWN; }

# same_functions OPTION...: --list-funcs must list the same functions of vmlinux as with its BTF.
same_functions() {
	[ -s "$T/own_types" ] || "${SHOWN:-$SKBTRAIL}" --list-funcs >"$T/own_types" 2>"$T/err"
	# shellcheck disable=SC2086 # words on purpose
	$SKBTRAIL --list-funcs "$@" >"$T/out" 2>"$T/err" || bad "--list-funcs $* fails: $(cat "$T/err")"
	for f in "$T/own_types" "$T/out"; do
		awk '$2 == "-" { print $1, $3, $4 }' "$f" | sort >"$f.kernel"
	done
	[ "$(wc -l <"$T/out.kernel")" -ge 20 ] || bad "fewer than 20 functions"
	cmp -s "$T/own_types.kernel" "$T/out.kernel" ||
		bad "lists differ: $(diff "$T/own_types.kernel" "$T/out.kernel" | sed -n 2p)"
}

# skbtrail with packed types on a kernel without BTF: the same functions, the same trace.
case_btf_packed() {
	local WITHOUT=''
	BACKEND='' FUNCS=$FUNCS_BEST
	cp /sys/kernel/btf/vmlinux "$T/4.4.0-other.btf"
	"$SKBTRAIL" --btf-pack "$T/packed" "$T/4.4.0-other.btf" /sys/kernel/btf/vmlinux \
		>"$T/out" 2>"$T/err" || { bad "--btf-pack fails: $(cat "$T/err")"; return; }
	added=$(($(wc -c <"$T/packed") - $(wc -c <"$SKBTRAIL")))
	echo "  $(wc -c </sys/kernel/btf/vmlinux) bytes packed into $((added / 2))"
	[ $added -lt 60000 ] || bad "two kernels take $added bytes; README.md says less than 30 KB each"
	hide_types "$T/packed"
	# shellcheck disable=SC2086
	$SKBTRAIL --check >"$T/out" 2>"$T/err"
	grep -qF "packed with skbtrail ($(uname -r), 1 of 2): " "$T/out" ||
		bad "--check does not report packed types"
	expect '[-][-]  from-kernel'
	same_functions
	if trace_start "udp port 5000"; then
		udp_client "$SERVER" 5000 1
		trace_stop
		expect "$SERVER:5000\\(udp\\) +$SEND_BEST\$"
		expect "$SERVER:5000\\(udp\\) +$RECV_BEST\$"
	fi
	show_types
}

# The directory layout of BTF archives; files for other kernels are ignored.
case_btf_directory() {
	local WITHOUT=''
	mkdir -p "$T/btf/some/12/$(uname -m)"
	cp /sys/kernel/btf/vmlinux "$T/btf/some/12/$(uname -m)/$(uname -r).btf"
	: >"$T/btf/some/12/$(uname -m)/4.4.0-other.btf"
	same_functions --kernel-btf "$T/btf"
	hide_types "$SKBTRAIL"
	same_functions --kernel-btf "$T/btf"
	show_types
}

case_error_btf_other_kernel() {
	local WITHOUT=''
	cp /sys/kernel/btf/vmlinux "$T/4.4.0-other.btf"
	expect_error --kernel-btf "$T/4.4.0-other.btf" --filter-func 'ip_.*'
	said "is for Linux 4.4.0-other, this is Linux $(uname -r)"
	same_functions --kernel-btf "$T/4.4.0-other.btf" --kernel-btf-force
	said warning
	mkdir -p "$T/none"
	: >"$T/none/$(uname -r).btf.tar.xz"
	expect_error --kernel-btf "$T/none" --filter-func 'ip_.*'
	said "'$(uname -r).btf'"
	said "unpack"
}

case_error_btf_pack() {
	local WITHOUT=''
	cp /sys/kernel/btf/vmlinux "$T/types.btf"
	expect_error --btf-pack "$T/packed"
	said "no FILE"
	expect_error --btf-pack "$T/packed" "$T/types.btf"
	said "$T/types.btf"
	expect_error --btf-pack "$SKBTRAIL" /sys/kernel/btf/vmlinux
	said "$SKBTRAIL"
	mkdir -p "$T/small"
	mount -t tmpfs -o size=64k small "$T/small" || { missing "tmpfs"; return; }
	expect_error --btf-pack "$T/small/packed" /sys/kernel/btf/vmlinux
	said "$T/small/packed"
	[ -z "$(ls "$T/small")" ] || bad "partial file left behind: $(ls "$T/small")"
	umount "$T/small"
}

# Truncated, or with one byte changed: one clear message, on a kernel without other types.
case_error_btf_pack_damaged() {
	local WITHOUT=''
	"$SKBTRAIL" -q --btf-pack "$T/packed" /sys/kernel/btf/vmlinux || bad "--btf-pack fails"
	whole=$(wc -c <"$T/packed")
	own=$(wc -c <"$SKBTRAIL")
	for at in $((own + 100)) $((whole - 60)) $((whole - 5)); do
		# A process that is about to end keeps its program from being written to.
		rm -f "$T/cut" "$T/flipped"
		head -c "$at" "$T/packed" >"$T/cut"
		byte=$(tail -c +$((at + 1)) "$T/packed" | head -c 1 | od -An -tu1)
		byte=$(printf '%03o' $(((byte + 85) % 256)))
		{ cat "$T/cut"; printf "\\$byte"; tail -c +$((at + 2)) "$T/packed"; } >"$T/flipped"
		for f in cut flipped; do
			chmod +x "$T/$f"
			hide_types "$T/$f"
			# shellcheck disable=SC2086
			timeout 30 $SKBTRAIL udp >"$T/out" 2>"$T/err" </dev/null
			RC=$?
			error_said
			said damaged
			show_types
		done
	done
	"$T/cut" --list-funcs >"$T/out" 2>"$T/err" || bad "the kernel's own types are not used"
}

# As before 5.11: modules have no BTF, but the arguments of many of their functions are known.
case_without_module_types() {
	local WITHOUT=''
	! on_tracepoints || { skip "this kernel has no kprobes"; return; }
	"$SKBTRAIL" --list-funcs --without module-btf >"$T/out" 2>"$T/err" || bad "--list-funcs fails"
	expect '^ip_rcv '
	expect '^veth_xmit +veth '
	expect_not '^skb_(put|push) +[^ -]'
	nr=$(grep -cE '^[^ ]+ +[^ -]+ +[0-9?]+ \*' "$T/out")
	[ "$nr" -ge 50 ] || bad "only $nr functions of modules"
}

namespaces() { stat -L -c %i /proc/[0-9]*/ns/net 2>/dev/null | sort -u; }

# measured [FEATURE]: measure (without FEATURE); the layout must agree with the kernel's types, take
# less than 2 s, and leave nothing behind.
measured() {
	namespaces >"$T/namespaces"
	"$SKBTRAIL" --check ${1:+--without "$1"} >"$T/out" 2>"$T/err" ||
		bad "--check fails: $(tail -n 1 "$T/err")"
	expect '^ +ok  measured +agrees with BTF of the kernel$'
	for member in sk_buff.head sk_buff.len sk_buff.mark net_device.name net_device.mtu net.ns.inum; do
		expect "^ +$member +[0-9]+, "
	done
	"$SKBTRAIL" --without "btf${1:+,$1}" --verbose --list-funcs 2>"$T/err" >"$T/list"
	took=$(sed -n 's/.*measured the layout in \([0-9]*\) ms.*/\1/p' "$T/err")
	[ "${took:-9999}" -lt 5000 ] || bad "measuring took ${took:-?} ms"
	echo "  measured in $took ms"
	[ "$(wc -l <"$T/list")" -ge 20 ] || bad "fewer than 20 functions"
	namespaces | cmp -s - "$T/namespaces" || bad "a network namespace was left behind"
	no_process || bad "a skbtrail process is still there"
	[ ! -w $kprobe_events ] || no_events || bad "kprobe events left behind"
}

case_measured() {
	local WITHOUT=''
	measured
}

# As before 4.13, when the kernel does not return translated programs.
case_measured_untold() {
	local WITHOUT=''
	measured prog-translated
	expect 'sk_buff.vlan_tci +[0-9]+, read from a filter in memory$'
	expect_not 'reported by the kernel'
}

# same_events FILE: the events of a trace, without times and without the caller of consume_skb(), and
# what it tells: only newer kernels have it, and the table of tracepoints has only what all kernels have.
same_events() {
	grep '^{' "$1" |
		sed -E 's/"timestamp_ns":[0-9]+,//; /tp:consume_skb/s/"caller_[a-z]+":"[^"]*",|,"end":"[^"]*"//g' |
		sort
}

# No socket on this port can send another packet.
is_quiet() {
	! { on_client busybox netstat -tan; on_server busybox netstat -tan; } | grep ":$1 " |
		grep -qvE 'LISTEN|TIME_WAIT'
}

# Trace the same packets with and without types: a request that passes and one that is dropped.
# Without types more functions may be known (of modules before 5.11), so trace only those with
# types. One trace starts before the other and stops after it. To keep retransmissions from being
# seen by only one, use a port of our own, and wait for its sockets to be gone before stopping.
case_same_trace() {
	local WITHOUT='' port=8081
	if ! on_tracepoints; then
		FUNCS="$FUNCS_BEST|ipt_do_table|tcp_mt|nf_conntrack_in|tcp_v4_send_check"
		FUNCS=$("$SKBTRAIL" --list-funcs --filter-func "$FUNCS" 2>"$T/err" |
			awk 'NR > 1 { print $1 }' | paste -s -d '|')
	fi
	ip netns exec "${LAB}s" busybox httpd -f -p $port -h "$T/www" &
	httpd=$!
	TRACE_OUT=$T/with
	TRACE_ERR=$T/with.err
	trace_start --output-json "host $SERVER and tcp port $port" || bad "$(head -n 1 "$TRACE_ERR")"
	with=$TRACE
	TRACE_OUT='' TRACE_ERR=''
	if trace_start --without btf --output-json "host $SERVER and tcp port $port"; then
		[ "$(http_get "http://$SERVER:$port/")" = 'it works' ] || bad "no answer"
		ipt -I OUTPUT -p tcp --dst "$SERVER" --dport $port -j DROP
		http_refused "http://$SERVER:$port/" || bad "the request got through"
		wait_for 20 is_quiet $port || bad "there is still a connection"
		sleep 1
		ipt -F OUTPUT
		trace_stop
	fi
	TRACE=$with
	kill -INT "$TRACE"
	trace_end 15
	kill $httpd
	wait $httpd 2>/dev/null
	grep -q ', 0 lost' "$T/with.err" || bad "events were lost with types"
	same_events "$T/with" >"$T/with.events"
	same_events "$T/out" >"$T/without.events"
	[ "$(wc -l <"$T/with.events")" -ge 20 ] || bad "fewer than 20 events"
	diff "$T/with.events" "$T/without.events" | grep '^[-+<>][^-+]' >"$T/different"
	[ ! -s "$T/different" ] || {
		bad "traces differ in $(wc -l <"$T/different") events: $(head -n 1 "$T/different")"
		sed -E 's/^(.).*"func":"([^"]*)".*/  \1\2/' "$T/different" | sort | uniq -c
	}
	echo "  $(wc -l <"$T/with.events") events, the same with and without types"
}

# Types of another kernel under this kernel's name contradict the measured layout.
case_error_btf_contradicts_measured() {
	local WITHOUT=''
	other=$(find build/vm -maxdepth 2 -name '*.btf' 2>/dev/null | head -n 1)
	[ -n "$other" ] || { skip "no types of another kernel in build/vm"; return; }
	cp "$other" "$T/$(uname -r).btf"
	expect_error --without btf --kernel-btf "$T/$(uname -r).btf" --filter-func ip_rcv
	said "is not for this kernel"
	said "in this kernel"
	same_file=$T/own.btf
	cp /sys/kernel/btf/vmlinux "$same_file"
	"$SKBTRAIL" --without btf --kernel-btf "$same_file" --list-funcs >"$T/out" 2>"$T/err" ||
		bad "this kernel's own types are refused: $(head -n 1 "$T/err")"
}

# Measuring needs a network namespace; if it cannot be created there is one clear message.
case_error_measure() {
	local WITHOUT=''
	max=/proc/sys/user/max_net_namespaces
	[ -w $max ] || { skip "no limit on namespaces (4.9)"; return; }
	was=$(cat $max)
	echo 0 >$max
	expect_error --without btf --filter-func ip_rcv udp
	echo "$was" >$max
	said "cannot create a network namespace"
}
