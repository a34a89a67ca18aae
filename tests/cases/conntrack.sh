# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# The case of --output-conntrack, compared with what the kernel tells of its entries itself. Source
# after verdict.sh.

# Kernels without types: see conntrack_decode().
entry_types() { case ${SERIES-} in el7 | 4.19) return 1 ;; esac; }

# expect_ct TUPLE FUNC RE: below an event of FUNC with this TUPLE is a line of conntrack.
expect_ct() {
	TUPLE=$1 FUNC=" ($2)[(:]?( |\$)" RE="^  conntrack: $3\$" awk '
		ours && /^  conntrack: / && $0 ~ ENVIRON["RE"] { found = 1 }
		!/^ / { ours = $0 ~ ENVIRON["TUPLE"] && $0 ~ ENVIRON["FUNC"] }
		END { exit !found }' "$T/out" || bad "no entry '$3' of $1 at $2"
}

# entry_of PORT: the client's entry, in the kernel's words: "left src dst sport dport ... ".
entry_of() { grep -E "^ipv4 .* dport=$1 " "$T/entries"; }

# expect_left PORT FUNC: seconds to the timeout, as the kernel told a moment later.
expect_left() {
	entry_of "$1" | awk 'NR == 1 { print $5 }' >"$T/left"
	grep -A 1 -E "$CLIENT:[0-9]+->$SERVER:($1|6$1)\\(udp\\) .* ($2)\$" "$T/out" |
		sed -n 's/^  conntrack: .*; \([0-9]*\)\.[0-9] s left.*/\1/p' | head -n 1 |
		awk -v now="$(cat "$T/left")" '{ ok = $1 >= now && $1 <= now + 10 } END { exit !ok }' ||
		bad "the time left of port $1 is not about $(cat "$T/left") s"
}

case_output_conntrack() {
	verdict_funcs
	[ -z "$FUNCS" ] || FUNCS='nf_conntrack_in|ip_output|ip_finish_output|ip_rcv|kfree_skb|kfree_skb_reason|sk_skb_reason_drop'
	begin='ip_output' end='ip_finish_output' created='; created' confirmed='; confirmed'
	has_functions || { begin='tp:net_dev_queue' end=$begin created='' confirmed=''; }
	ipt -t nat -A OUTPUT -p udp --dport 5001 -j DNAT --to-destination "$SERVER:6001"
	ipt -t raw -A OUTPUT -p udp --dport 5002 -j CT --notrack
	ipt -t mangle -A OUTPUT -p udp --dport 5003 -j CONNMARK --set-mark 42
	if [ -z "$skip" ] && trace_start --output-conntrack --record "$T/record" "udp or tcp port 8080"; then
		for port in 5001 5002 5003; do
			udp_to "$SERVER" $port
		done
		http_get "http://$SERVER:8080/" >/dev/null || bad "no answer by HTTP"
		on_client cat /proc/net/nf_conntrack >"$T/entries" 2>/dev/null
		trace_stop
		check_json
		"$SKBTRAIL" --replay "$T/record" >"$T/out" 2>"$T/err2"
		check_entries
	fi
	ipt -t nat -F
	ipt -t raw -F
	ipt -t mangle -F
}

check_entries() {
	mark='; mark 0x2a' left='; [0-9.]+ (s|min|h|days) left' syn=', TCP SYN_SENT'
	entry_types || mark='' syn='' left="($left)?"
	to="$CLIENT:[0-9]+->$SERVER" from="$SERVER:8080->$CLIENT:[0-9]+"
	expect_ct "$to:6001" "$end" "NEW, original: $to:5001\\(udp\\), replies $SERVER:6001->$CLIENT:[0-9]+\\(udp\\); CONFIRMED\\|DNAT$left$confirmed"
	expect_ct "$to:5002" "$end" UNTRACKED
	expect_ct "$to:5003" "$end" "NEW, original: $to:5003\\(udp\\), replies $SERVER:5003->$CLIENT:[0-9]+\\(udp\\)$mark; CONFIRMED$left$confirmed"
	expect_ct "$to:8080" "$end" "NEW, original$syn: $to:8080\\(tcp\\), replies $from\\(tcp\\); CONFIRMED$left$confirmed"
	expect_ct "$to:8080" "$end" "ESTABLISHED, original.*: $to:8080\\(tcp\\), replies $from\\(tcp\\); SEEN_REPLY\\|ASSURED\\|CONFIRMED.*"
	expect_not '^  conntrack: (unknown|.*lost)'
	[ ! -s "$T/entries" ] || [ -n "$(entry_of 5001)" ] || bad 'the kernel has no entry for port 5001'
	! has_functions || check_changes
	[ ! -s "$T/entries" ] || ! entry_types || expect_left 5003 "$end"
}

# The first function sees packets before conntrack does.
check_changes() {
	expect_ct "$to:5001" nf_conntrack_in 'no entry'
	expect_ct "$to:8080" ip_output "NEW, original$syn: .*; not confirmed.*$created"
	expect_ct "$from" nf_conntrack_in '(no entry|ESTABLISHED, reply.*)'
}

# Members that the types do not tell are left out.
check_json() {
	"$SKBTRAIL" --replay "$T/record" --output-json >"$T/out" 2>"$T/err2"
	expect '"conntrack":\{"state":"UNTRACKED"\}'
	expect '"conntrack":\{"state":"NEW","entry":"0x[0-9a-f]{16}","direction":"original",.*"original":\{"saddr":"'"$CLIENT"'","daddr":"'"$SERVER"'","sport":[0-9]+,"dport":5001,"proto":17\},"reply":\{"saddr":"'"$SERVER"'",[^}]*"sport":6001,'
	if entry_types; then
		expect '"zone":0,"mark":42,"status":[0-9]+,"bits":\["CONFIRMED"\],"left_ms":[0-9]+'
		expect '"conntrack":\{[^}]*"proto_state":"ESTABLISHED",'
	else
		expect_not '"mark":42,"status"|"proto_state"'
	fi
}
