# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Cases of packets for Wireshark. Every block is checked everywhere, what tshark and tcpdump make of them
# where they are installed (make deps).

# blocks FILE: the types of its blocks, and of packets their sizes without the cooked header: captured and
# whole. A last line "bad" if a block's length is wrong.
blocks() {
	busybox od -An -v -t u4 -w4 "$1" | awk '{ w[NR - 1] = $1 + 0 } END {
		for (at = 0; at < NR; at += n / 4) {
			n = w[at + 1]
			if (n < 12 || n % 4 || at + n / 4 > NR || w[at + n / 4 - 1] != n) { print "bad"; exit }
			print w[at] (w[at] == 6 ? " " w[at + 5] - 16 " " w[at + 6] - 16 : "")
		}
	}'
}

# nr_packets FILE: how many there are; its blocks are checked.
nr_packets() {
	[ $(($(wc -c <"$1") % 4)) -eq 0 ] || bad "$1 ends in the middle of a word"
	blocks "$1" >"$T/blocks"
	[ "$(head -n 1 "$T/blocks")" = 168627466 ] || bad "$1 does not start with a section"
	! grep -vqxE '168627466|1|5|6 [0-9]+ [0-9]+' "$T/blocks" || bad "$1 has a damaged block, or one of another type"
	NR=$(grep -c '^6 ' "$T/blocks")
}

# comments FILE: those of its packets, in $T/out.
comments() { tr -c ' -~' '\n' <"$1" | grep '^func ' >"$T/out"; }

# tshark_of FILE FIELD...: fields of all packets, separated by "|", in $T/out.
tshark_of() {
	local file=$1
	shift
	tshark -r "$file" -T fields -E separator='|' "${@/#/-e}" >"$T/out" 2>"$T/tshark" ||
		bad "tshark: $(tail -n 1 "$T/tshark")"
	! grep -iq -e 'cut short' -e 'appears to' -e damaged -e corrupt "$T/tshark" ||
		bad "tshark: $(grep -iv 'running as' "$T/tshark" | head -n 1)"
}

has_readers() { command -v tshark >/dev/null && command -v tcpdump >/dev/null; }

# Both programs read all $NR packets of the file.
readers_read() {
	tshark_of "$1" frame.number
	[ "$(wc -l <"$T/out")" = "$NR" ] || bad "tshark reads $(wc -l <"$T/out") of $NR packets"
	tcpdump -nn -r "$1" >"$T/out" 2>"$T/tcpdump" || bad "tcpdump: $(tail -n 1 "$T/tcpdump")"
	[ "$(grep -c '^[0-9]' "$T/out")" = "$NR" ] || bad "tcpdump does not read $NR packets"
}

recorded() { sed -n 's/^\([0-9]*\) events recorded,.*/\1/p' "$T/err"; }

case_pcapng() {
	ipt -A OUTPUT -p udp --dport 5002 -j DROP
	[ -z "$skip" ] || { rules_off; return; }
	watch '__dev_queue_xmit|dev_hard_start_xmit|ip_rcv|ipv6_rcv|arp_rcv'
	before=$(date +%s)
	if trace_start --record "$T/p.pcapng" "udp and host $SERVER or arp or ip6"; then
		udp_client "$SERVER" 5998 2
		udp_client "$SERVER6" 5998 1
		udp_to "$SERVER" 5002
		trace_stop
	fi
	rules_off
	nr_packets "$T/p.pcapng"
	[ "$NR" -gt 0 ] && [ "$NR" = "$(recorded)" ] || bad "$NR packets, '$(recorded)' recorded"
	comments "$T/p.pcapng"
	[ "$(wc -l <"$T/out")" = "$NR" ] || bad "$(wc -l <"$T/out") comments of $NR packets"
	expect '^func (tp:netif_[a-z_]*|ip_rcv); (caller [^;]*; )?stage (receive|IP input); .*; ethernet '
	expect "func [^;]*(kfree_skb|drop)[^;]*; .*drop; why DROP by iptables(-nft)? filter OUTPUT rule 1"
	has_readers || return 0
	readers_read "$T/p.pcapng"
	expect "IP $CLIENT\\.[0-9]+ > $SERVER\\.5998: UDP"
	tshark_of "$T/p.pcapng" frame.time_epoch frame.interface_name frame.packet_flags_direction \
		ip.dst udp.dstport _ws.malformed frame.comment
	after=$(date +%s)
	awk -F '[|.]' -v from="$before" -v to="$after" '$1 < from || $1 > to { exit 1 }' "$T/out" ||
		bad "a packet is of another time: $(head -n 1 "$T/out")"
	expect "\\|${LAB}c/veth-c\\|0x00000002\\|$SERVER\\|5998\\|\\|func (tp:net_dev_|__dev_queue_xmit|dev_hard)"
	expect "\\|${LAB}s/veth-s\\|0x00000001\\|$SERVER\\|5998\\|\\|func (tp:netif_[a-z_]*|ip_rcv); (caller [^;]*; )?stage (receive|IP input); "
	! grep -E 'func tp:netif|func ip_rcv' "$T/out" | grep -v '; ethernet ' >"$T/bad" ||
		bad "no Ethernet header: $(head -n 1 "$T/bad")"
	! grep -Ev '\|\|func [^;]+; (.*; )?skb 0x[0-9a-f]{16}; process .*:[0-9]+; cpu [0-9]+' "$T/out" \
		>"$T/bad" || bad "malformed, or its comment is not complete: $(head -n 1 "$T/bad")"
}

# has_size CAPTURED LEN: some of the packets are so large.
has_size() { grep -qx "6 $*" "$T/blocks" || bad "no packet of which $1 bytes of $2 are captured"; }

# What burst sends has 72 bytes of UDP and 20 of IP.
case_pcapng_snaplen() {
	watch 'dev_hard_start_xmit|ip_rcv'
	for n in 9140:92 60:46 30:16; do
		trace_start --record "$T/p.pcapng" --snaplen ${n%:*} "udp port 5998 and dst host $SERVER" ||
			return
		udp_client "$SERVER" 5998 1
		trace_stop
		nr_packets "$T/p.pcapng"
		has_size ${n#*:} 92
		! has_readers || readers_read "$T/p.pcapng"
	done
	# Records have the bytes only if asked for.
	for n in '' '--snaplen 300'; do
		# shellcheck disable=SC2086 # words on purpose
		trace_start --record "$T/record" $n "udp port 5998 and dst host $SERVER" || return
		udp_client "$SERVER" 5998 1
		trace_stop
		"$SKBTRAIL" -r "$T/record" -w "$T/p.pcapng" 2>"$T/err" || bad "the record is not converted"
		nr_packets "$T/p.pcapng"
		if [ -n "$n" ]; then has_size 92 92; else has_size 40 92; fi
	done
}

# What TCP sends is in page fragments; they are found where the kernel tells where pages are.
case_pcapng_fragments() {
	case ${SERIES-} in
	5.10 | 6.1 | 6.12 | 7) ;;
	*)
		grep -q ' vmemmap_base$' /proc/kallsyms && [ "$(uname -m)" = x86_64 ] ||
			{ skip "this kernel does not tell where pages are"; return; }
		;;
	esac
	watch 'dev_hard_start_xmit'
	trace_start --record "$T/p.pcapng" --snaplen 1000 "tcp src port 8080 and host $SERVER" || return
	[ "$(http_get "http://$SERVER:8080/")" = 'it works' ] || bad "no answer from the server"
	trace_stop
	nr_packets "$T/p.pcapng"
	grep -aq 'it works' "$T/p.pcapng" || bad "the page is not in the packets"
	# Only what is longer than 1000 bytes is captured in part.
	awk '$1 == 6 && $2 != $3 && $2 < 900 { exit 1 }' "$T/blocks" || bad "a packet is cut off"
	# Without them, the headers.
	WITHOUT=large-programs
	trace_start --record "$T/p.pcapng" --snaplen 1000 "tcp src port 8080 and host $SERVER" || return
	http_get "http://$SERVER:8080/" >/dev/null
	trace_stop
	WITHOUT=
	nr_packets "$T/p.pcapng"
	[ "$NR" -gt 0 ] || bad "no packets"
	! grep -aq 'it works' "$T/p.pcapng" || bad "the page is in the packets without fragments"
}

# Programs of tc and XDP: entry, and exit with the verdict.
case_pcapng_programs() {
	! programs_untraceable --filter-trace-xdp || return
	watch 'dev_hard_start_xmit'
	lab_third || missing "a third namespace"
	if xdp_up gate && trace_programs --filter-trace-xdp --record "$T/p.pcapng" --snaplen 1000 \
		"udp dst port 5009"; then
		udp_client "$SERVER" 5009 1
		trace_stop
		nr_packets "$T/p.pcapng"
		has_size 92 92
		comments "$T/p.pcapng"
		expect '^func xdp_gate \[xdp\]; stage XDP; xdp_buff 0x'
		expect '^func xdp_gate \[xdp\]; stage XDP; verdict XDP_DROP; drop; '
	fi
	xdp_off s veth-s
}

# Of a record, and of one that was cut off: all up to there.
case_pcapng_of_record() {
	trace_start --record "$T/record" --output-netns-names "udp port 5998" || return
	udp_client "$SERVER" 5998 4
	trace_stop
	nr=$(recorded)
	"$SKBTRAIL" --replay "$T/record" --record "$T/p.pcapng" --output-release >"$T/out" 2>"$T/err" ||
		bad "the record is not converted: $(head -n 1 "$T/err")"
	[ ! -s "$T/out" ] || bad "output on stdout"
	nr_packets "$T/p.pcapng"
	all=$NR
	[ "$NR" -gt 0 ] && [ "$NR" = "$nr" ] || bad "$NR packets of $nr events"
	if has_readers; then
		tshark_of "$T/p.pcapng" frame.interface_name
		expect "^${LAB}[cs]/veth-[cs]\$"
		readers_read "$T/p.pcapng"
	fi
	"$SKBTRAIL" -r "$T/record" -w "$T/once.pcapng" --pcapng-once 2>"$T/err" || bad "--pcapng-once fails"
	nr_packets "$T/once.pcapng"
	[ "$NR" -gt 0 ] && [ "$NR" -lt "$all" ] || bad "$NR packets of $all with --pcapng-once"
	head -c $(($(wc -c <"$T/record") - 100)) "$T/record" >"$T/cut"
	"$SKBTRAIL" -r "$T/cut" -w "$T/cut.pcapng" 2>"$T/err"
	RC=$?
	[ "$RC" -eq 1 ] || bad "exit code $RC of a record that is cut off"
	said "'$T/cut': truncated after"
	nr_packets "$T/cut.pcapng"
	[ "$NR" -gt 0 ] && [ "$NR" -lt "$all" ] || bad "$NR packets of a record that is cut off"
}

# Into a pipe, whose reader then goes away: no message, exit code 0.
case_pcapng_pipe() {
	mkfifo "$T/fifo"
	if has_readers; then
		tcpdump -nn -c 2 -r - <"$T/fifo" >"$T/read" 2>/dev/null &
	else
		head -c 400 <"$T/fifo" >"$T/read" &
	fi
	reader=$!
	TRACE_OUT=$T/fifo
	if trace_start --record - "udp port 5998"; then
		udp_client "$SERVER" 5998 50
		wait_for 10 gone $reader || bad "the reader got too little"
		udp_client "$SERVER" 5998 1
		trace_end 10
		[ "$RC" -eq 0 ] || bad "exit code $RC"
		grep -v 'events recorded' "$T/err" | grep -iq -e pipe -e error -e cannot &&
			bad "message about the closed pipe"
	fi
	TRACE_OUT=''
	wait $reader 2>/dev/null
	rm -f "$T/fifo"
	if has_readers; then
		[ "$(grep -c 'UDP' "$T/read")" -eq 2 ] || bad "tcpdump did not print two packets"
	else
		[ "$(wc -c <"$T/read")" -eq 400 ] || bad "too few bytes in the pipe"
	fi
}

case_error_pcapng() {
	for o in "--record-format pcap -w $T/x" "--record-format pcapng" "-w $T/x --pcapng-once" \
		"-r $T/x -w $T/y" "--snaplen 0 -w $T/x" "--snaplen 65536 -w $T/x" "--snaplen 100"; do
		# shellcheck disable=SC2086 # words on purpose
		expect_error $o udp
		[ "$RC" -eq 2 ] || bad "exit code $RC for '$o', expected 2"
	done
	expect_error --record-format nonsense -w "$T/x" udp
	said "--record-format: 'nonsense' is not record or pcapng"
	expect_error --snaplen 65536 -w "$T/x" udp
	said "--snaplen: '65536' is not a number of bytes from 1 to 9140"
	expect_error -w "$T/no/such/file.pcapng" udp
	said "$T/no/such/file.pcapng"
	trace_start --record "$T/x.pcapng" --record-format record "udp port 5998" || return
	udp_client "$SERVER" 5998 1
	trace_stop
	cp "$T/x.pcapng" "$T/copy"
	expect_error -r "$T/x.pcapng" -w "$T/x.pcapng"
	said "'$T/x.pcapng': the output would overwrite the record"
	cmp -s "$T/x.pcapng" "$T/copy" || bad "the record was overwritten"
}

# What is written to a full disk ends with a whole packet.
case_error_full_pcapng() {
	mkdir -p "$T/small"
	mount -t tmpfs -o size=64k small "$T/small" || { missing "tmpfs"; return; }
	full --record "$T/small/p.pcapng"
	nr_packets "$T/small/p.pcapng"
	[ "$NR" -gt 0 ] && [ "${PRINTED-}" = "$NR" ] || bad "'${PRINTED-}' events recorded, $NR in the file"
	! has_readers || readers_read "$T/small/p.pcapng"
	umount "$T/small"
}
