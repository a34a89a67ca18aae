# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Cases about stories.

# story RE: the story whose first line matches.
story() {
	awk -v re="$1" '/^#/ { show = $0 ~ re } show' "$T/out"
}

# story_has NAME RE TEXT: a story's lines.
story_has() {
	grep -Eq -- "$2" <<<"$3" || bad "the story of $1 has no '$2': $(tail -n 3 <<<"$3" | tr '\n' ' ')"
}

# A dropped request, a UDP packet that is read, and one for which nothing listens; all in one record.
case_story() {
	FUNCS=''
	local ATTACH_SECONDS=300
	on_tracepoints && { missing "functions"; return; }
	ipt -I OUTPUT -p tcp --dst "$SERVER" --dport 8081 -j DROP
	trace_start --filter-track-skb -w "$T/record" "host $SERVER and (icmp or udp or tcp port 8081)" ||
		return
	on_client busybox ping -c 1 -W 2 "$SERVER" >/dev/null || bad "no answer to ping"
	on_server "$BURST" read 5001 2 &
	reader=$!
	wait_for 5 udp_listens 5001
	on_client "$BURST" "$SERVER" 5001 2 >/dev/null
	wait $reader
	on_client "$BURST" "$SERVER" 5002 1 >/dev/null
	http_refused "http://$SERVER:8081/" || bad "the request got through"
	sleep 1
	trace_stop
	ipt -F OUTPUT
	replay --story
	one=$(story ":5001.udp")
	for stage in 'socket send' 'IP output' qdisc 'device transmit' 'receive .*veth-s' 'IP input' \
		'UDP input' 'socket receive' 'socket read'; do
		story_has 'a UDP packet' " [mu]?s +$stage" "$one"
	done
	story_has 'a UDP packet' "^  = ended after .*: delivered to burst" "$one"
	story_has 'an unwanted packet' "^  = dropped after .*: nothing listens on $SERVER:5002 .udp. " \
		"$(story ':5002.udp')"
	one=$(story ':8081.tcp:SYN')
	story_has 'the request' ' [mu]?s +netfilter OUTPUT ' "$one"
	story_has 'the request' '^  = dropped after .*: DROP by iptables.* filter OUTPUT rule 1' "$one"
	story_has 'the echo' '^  = ended after .*: handled by the kernel: ICMP echo request answered' \
		"$(story "$CLIENT->$SERVER.icmp")"
	replay --story -v
	story_has 'the request' '^ +[0-9.]+ [mu]?s      nf_hook_slow$' "$(story ':8081.tcp:SYN')"
	replay --story=flow
	expect "^ +[0-9.]+ [mu]?s  [|]-- SYN, 60 bytes -+X +[|].* dropped: DROP by iptables.* OUTPUT rule 1"
	expect "^ +[0-9.]+ [mu]?s  [|]-- 84 bytes -+>[|].* ended: .*echo request answered"
	expect '^ +[0-9.]+ [mu]?s  [|]<-+ 84 bytes --[|].*(delivered to busybox|possibly not a loss)'
	expect "^flow .*:5001.udp., [0-9:]+\\.[0-9]{6}, 2 packets in"
	story_stages
	[ "$("$SKBTRAIL" -r "$T/record" --story --story-max 1 2>/dev/null | grep -c 'cut short')" -gt 0 ] ||
		bad "no story is cut short"
}

# Nearly every function is in a stage, and all events are in stories.
story_stages() {
	replay --story --output-json
	awk '
		{ nr++ }
		match($0, /"events":[0-9]+/) { events += substr($0, RSTART + 9, RLENGTH - 9) }
		match($0, /"unknown":[0-9]+/) { unknown += substr($0, RSTART + 10, RLENGTH - 10) }
		END { print nr + 0, events + 0, unknown + 0 }' "$T/out" >"$T/sums"
	read -r nr events unknown <"$T/sums"
	echo "  $nr stories of $events events, $unknown of them in no stage"
	printed=$(tail -n 1 "$T/err" | sed 's/ .*//')
	[ "$events" -eq "${printed:-0}" ] || bad "stories have $events of ${printed:-no} events"
	[ $((unknown * 20)) -lt "$events" ] || bad "$unknown of $events events are in no stage"
}

# A packet that is flooded, and one that goes through a tunnel.
case_story_branches() {
	on_tracepoints || FUNCS='skb_clone|__br_forward|br_dev_queue_push_xmit|vxlan_xmit|vxlan_rcv|ip_output'
	on_tracepoints || FUNCS="$FUNCS|__dev_queue_xmit|dev_hard_start_xmit|ip_rcv|netif_rx|udp_rcv|__udp4_lib_rcv"
	on_tracepoints || FUNCS="$FUNCS|kfree_skb|kfree_skb_reason|sk_skb_reason_drop"
	lab_bridge || missing "a bridge"
	lab_tunnel vxlan || missing "vxlan"
	udp_client "$(inside vxlan).2" 5001 1
	trace_start --filter-track-skb -w "$T/record" \
		"udp dst port 5000 and (dst host $BRIDGE_NOBODY or dst host $(inside vxlan).2)" || return
	udp_client "$BRIDGE_NOBODY" 5000 1
	udp_client "$(inside vxlan).2" 5000 1
	trace_stop
	bridge_down
	tunnel_off vxlan
	replay --story
	one=$(story "->$(inside vxlan).2:5000.udp")
	story_has 'the inner packet' \
		" encapsulated: vxlan id 42, $CLIENT:[0-9]+->$SERVER:4789\\(udp\\)\$" "$one"
	story_has 'the inner packet' \
		" decapsulated: $(inside vxlan).1:[0-9]+->$(inside vxlan).2:5000\\(udp\\)\$" "$one"
	on_tracepoints && return
	one=$(story "->$BRIDGE_NOBODY:5000.udp")
	[ "$(grep -c '^#' "$T/out")" -eq 2 ] || bad "not two stories: $(grep '^#' "$T/out" | tr '\n' ' ')"
	story_has 'the flooded packet' '^  [|] copy #[0-9]+$' "$one"
	story_has 'the flooded packet' '^  [|]  .* device transmit .* br_[0t]' "$one"
	[ "$(grep -Ec '^  ([|]   )?= dropped after' <<<"$one")" -eq 2 ] || bad "the copies do not end apart"
	story_sums
	replay --story=flow
	expect "^flow .*->$BRIDGE_NOBODY:5000.udp., [0-9:]+\\.[0-9]{6}, 1 packet, 1 dropped"
}

# story_sums: JSON has each printed event in one story, and copies say what they are of.
story_sums() {
	replay --story --output-json
	grep -q '"copy_of":[0-9]*,"copy":"clone"' "$T/out" || bad "no copy in JSON"
	sum=$(grep -o '"lost_events\|"duration_ns":[0-9]*,"events":[0-9]*' "$T/out" |
		awk -F: '{ nr += $3 } END { print nr + 0 }')
	[ "$sum" -eq "$(tail -n 1 "$T/err" | sed 's/ .*//')" ] || bad "stories have $sum events: $(tail -n 1 "$T/err")"
}

# With what every kernel has, printed while the trace runs: drops end stories at once.
case_story_live() {
	trace_start --story "host $SERVER and udp port 5002" || return
	on_client "$BURST" "$SERVER" 5002 1 >/dev/null
	wait_for 5 grep -q '^  = ' "$T/out" || bad "no story while the trace runs"
	trace_stop
	one=$(story ':5002.udp')
	story_has 'an unwanted packet' "^  = dropped after .* nothing listens on $SERVER:5002 " "$one"
	expect_not 'still under way'
}

# is_trace FILE: it holds trace events, one on each line but the first and the last.
is_trace() {
	awk '
		NR == 1 { whole = $0 == "["; next }
		$0 == "]" { ends = NR; next }
		!/^\{"ph":"[MXi]","pid":[1-9].*\},?$/ { whole = 0 }
		{ last = $0 }
		END { exit !(whole && ends == NR && last !~ /,$/) }' "$1" || bad "$1 has no trace events"
	! command -v python3 >/dev/null || python3 -m json.tool "$1" >/dev/null || bad "$1 is no JSON"
}

# is_report FILE: a page with its data and its end; tests/report.sh opens such pages.
is_report() {
	grep -q '"rows":\[' "$1" && [ "$(tail -n 1 "$1")" = '</html>' ] || bad "$1 is no report"
	sed -n 's/.* id="data">//; /"format":1/,/<.script>$/ { s/<.script>$//; p }' "$1" >"$T/data"
	! command -v python3 >/dev/null || python3 -m json.tool "$T/data" >/dev/null || bad "the data is no JSON"
}

# Files beside or instead of lines, of a trace and of its record.
case_story_files() {
	trace_start --perfetto "$T/trace.json" --report "$T/report.html" "host $SERVER and udp port 5002" || return
	on_client "$BURST" "$SERVER" 5002 1 >/dev/null
	trace_stop
	[ ! -s "$T/out" ] || bad "lines are printed, too: $(head -n 1 "$T/out")"
	is_trace "$T/trace.json"
	[ "$(stat -c %a "$T/trace.json" "$T/report.html" | uniq)" = 600 ] || bad "others can read the files"
	is_report "$T/report.html"
	grep -q "\"release\":\"$(uname -r)\"" "$T/report.html" || bad "the report does not name the kernel"
	grep -q '^\[[0-9]*,.*"nothing listens on '"$SERVER:5002" "$T/report.html" || bad "no drop in the report"
	grep -q '"name":"dropped".*"why":"nothing listens on '"$SERVER:5002" "$T/trace.json" ||
		bad "no drop in the file"
	trace_start -w "$T/record" --report "$T/report.html" "host $SERVER and udp port 5002" || return
	on_client "$BURST" "$SERVER" 5002 1 >/dev/null
	trace_stop
	is_report "$T/report.html"
	replay --story --perfetto "$T/trace.json"
	expect '^  = dropped after .* nothing listens on '
	is_trace "$T/trace.json"
	replay --perfetto -
	is_trace "$T/out"
	replay --report - -v
	is_report "$T/out"
	grep -q '\[0,"[a-z0-9:_]*",0,' "$T/out" || bad "no functions in the report"
	"$SKBTRAIL" -r "$T/record" --perfetto "$T/record" 2>"$T/err" && bad "the record was overwritten"
	grep -q 'the output would overwrite the record' "$T/err" || bad "not said: $(head -n 1 "$T/err")"
	"$SKBTRAIL" -r "$T/record" --perfetto /dev/full 2>"$T/err" && bad "/dev/full did not fail"
	grep -q "cannot write to '/dev/full'" "$T/err" || bad "not said: $(head -n 1 "$T/err")"
}
