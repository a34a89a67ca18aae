# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Cases about summaries.

# expect_count N RE: a row with this number.
expect_count() { expect "^ +$1  $2"; }

# Known traffic, counted while it is recorded: 7 packets that nobody wants, 5 that a rule drops, 4
# that are read.
case_summary() {
	FUNCS=''
	local ATTACH_SECONDS=300
	know_neighbour
	on_server "$IPTABLES" -w -I INPUT -p udp --dport 5013 -j DROP
	on_server "$BURST" read 5011 4 &
	reader=$!
	wait_for 5 udp_listens 5011
	trace_start -w "$T/record" --summary \
		"host $SERVER and udp and (port 5011 or port 5012 or port 5013)" || return
	udp_client "$SERVER" 5012 7
	udp_client "$SERVER" 5013 5
	udp_client "$SERVER" 5011 4
	wait $reader
	trace_stop
	on_server "$IPTABLES" -w -F INPUT
	expect '^16 packets, [0-9]+ events in [0-9.]+ s$'
	expect_count 12 'dropped$'
	expect_count 7 "nothing listens on $SERVER:5012 \\(udp\\) \\("
	expect_count 5 'DROP by iptables.* filter INPUT rule 1 \('
	expect "^ +7 +0 +7  $CLIENT:[0-9]+->$SERVER:5012\\(udp\\)\$"
	expect "^ +5 +0 +5  $CLIENT:[0-9]+->$SERVER:5013\\(udp\\)\$"
	expect "^ +4 +0 +0  $CLIENT:[0-9]+->$SERVER:5011\\(udp\\)\$"
	expect '^ +16 +[0-9.]+ (us|ms) +[0-9.]+ (us|ms) +[0-9.]+ (us|ms)  qdisc$'
	expect_not '^SKB|^0x|^#'
	summary_replayed
	on_tracepoints || summary_of_functions
}

# The record tells the same.
summary_replayed() {
	cp "$T/out" "$T/live"
	"$SKBTRAIL" -r "$T/record" --summary >"$T/out" 2>"$T/err" || bad "the record is not read"
	cmp -s "$T/out" "$T/live" || bad "the record's summary is another one"
	"$SKBTRAIL" -r "$T/record" --summary --output-file "$T/file" 2>"$T/err" || bad "no file"
	cmp -s "$T/file" "$T/live" || bad "the summary in a file is another one"
	"$SKBTRAIL" -r "$T/record" --summary --output-json >"$T/out" 2>"$T/err" || bad "no JSON"
	[ "$(wc -l <"$T/out")" -eq 1 ] || bad "JSON of $(wc -l <"$T/out") lines"
	expect '^\{"summary":\{.*"packets":16,.*"lost":0,.*"dropped":12,.*"dropped_by":\[\{"packets":7,'
	expect ',"flows":\[\{"packets":7,"copies":0,"dropped":7,"tuple":\{"saddr":"10.99.0.1",'
	"$SKBTRAIL" -r "$T/record" --summary --story >"$T/out" 2>"$T/err" || bad "no stories"
	[ "$(grep -c '^#' "$T/out")" -eq 16 ] || bad "$(grep -c '^#' "$T/out") stories, not 16"
	expect '^16 packets, '
}

# All 16 pass ip_rcv(), and something follows it.
summary_of_functions() {
	"$SKBTRAIL" -r "$T/record" --summary --output-json >"$T/out" 2>"$T/err"
	expect ',"functions":\[.*\{"func":"ip_rcv","count":16,"median_ns":[1-9]'
	"$SKBTRAIL" -r "$T/record" --summary -v >"$T/out" 2>"$T/err"
	expect '^ +16 +[0-9.]+ (us|ms) +[0-9.]+ (us|ms) +[0-9.]+ (us|ms)  ip_rcv$'
	expect_count 4 "delivered to burst"
}

# Ends by itself; a summary now and then, each with all packets so far. Many ports are one row.
case_summary_every() {
	know_neighbour
	trace_start --summary=0.5 --duration 5s \
		"host $SERVER and udp and (port 5012 or portrange 6001-6004)" || return
	local began took nr port
	began=$(now_cs)
	for _ in 1 2 3; do
		udp_client "$SERVER" 5012 10
		sleep 0.7
	done
	for port in {6001..6004}; do udp_client "$SERVER" "$port" 1; done
	trace_end 20
	[ "$RC" -eq 0 ] || bad "exit code $RC"
	took=$(($(now_cs) - began))
	{ [ $took -ge 450 ] && [ $took -le 1200 ]; } || bad "ended after $took/100 s, expected 5"
	nr=$(grep -c '^[0-9]* packets, ' "$T/out")
	{ [ "$nr" -ge 4 ] && [ "$nr" -le 12 ]; } || bad "$nr summaries"
	expect '^10 packets, '
	expect '^20 packets, '
	[ "$(grep '^[0-9]* packets, ' "$T/out" | tail -n 1 | cut -d ' ' -f 1)" = 34 ] ||
		bad "the last summary is of $(grep ' packets, ' "$T/out" | tail -n 1)"
	expect_count 30 "nothing listens on $SERVER:5012 "
	expect_count 34 "nothing listens on $SERVER, 5 ports \\(5012-6004\\) \\(udp\\) \\("
	expect '^ +most often: port 5012 \(30\)$'
	expect "^ +34 +0 +34  $CLIENT->$SERVER\\(udp\\), [567] flows to 5 ports \\(5012-6004\\)\$"
	grep -q ' events counted, 0 lost, 34 packets seen$' "$T/err" ||
		bad "no last message: $(tail -n 1 "$T/err")"
}

# in_terminal COMMAND [FUNCTION]: run skbtrail on a terminal, whose text goes to $T/tty, call the
# function meanwhile (default: three packets), and interrupt it.
in_terminal() {
	rm -f "$T/ready" "$T/tty"
	printf '#!/bin/sh\necho $$ >%q\nexec %s\n' "$T/pid" "$1" >"$T/run"
	chmod +x "$T/run"
	script -qec "$T/run" "$T/tty" >/dev/null </dev/null &
	local terminal=$!
	wait_for 30 test -e "$T/ready" || bad "skbtrail did not start"
	"${2-three_packets}"
	sleep 1
	kill -INT "$(cat "$T/pid")"
	wait $terminal || bad "exit code $?"
	tr -d '\r' <"$T/tty" >"$T/err"
}

three_packets() { udp_client "$SERVER" 5012 3; }

# More than 2,000 lines a second, for more than two seconds.
flood() {
	for _ in $(seq 30); do
		udp_client "$SERVER" 5012 300
		sleep 0.1
	done
}

# What a terminal shows too much of: said at once and, as that scrolls away, at the end.
case_terminal_advice() {
	command -v script >/dev/null || { skip "there is no script(1)"; return; }
	local start="'$SKBTRAIL' --ready-file '$T/ready' --backend $BACKEND"
	local all='every packet is traced; an expression chooses some' flood='more lines than a terminal can show'
	in_terminal "$start"
	grep -q "^$all: skbtrail 'host " "$T/err" || bad "not said that every packet is traced"
	! grep -q "$flood" "$T/err" || bad "three packets are too many"
	in_terminal "$start 'udp port 5012'" flood
	! grep -q "$all" "$T/err" || bad "said that every packet is traced"
	[ "$(grep -c "^$flood: choose fewer packets .*'kfree_skb.*--story.* -w FILE" "$T/err")" -eq 2 ] ||
		bad "'$flood' is said $(grep -c "$flood" "$T/err") times"
	awk -v re="^$flood" '/^0x/ { line = NR } $0 ~ re { said = NR } END { exit said < line }' "$T/err" ||
		bad "not said at the end"
	in_terminal "$start >'$T/out'" flood
	! grep -q -e "$flood" -e "$all" "$T/err" || bad "said of a file"
}

# Without --summary the last messages tell why packets were dropped, on a terminal only.
case_summary_terminal() {
	command -v script >/dev/null || { skip "there is no script(1)"; return; }
	know_neighbour
	local start="'$SKBTRAIL' --ready-file '$T/ready' --backend $BACKEND 'host $SERVER and udp port 5012'"
	in_terminal "$start >'$T/out'"
	grep -A 1 '^3 of 3 packets dropped$' "$T/err" | grep -q "^ *3  nothing listens on $SERVER:5012 " ||
		bad "no causes: $(tail -n 3 "$T/err")"
	grep -q '[0-9] events printed, 0 lost, 3 packets seen' "$T/err" || bad "no last message"
	in_terminal "$start --quiet >'$T/out'"
	! grep -q packets "$T/err" || bad "--quiet is not: $(grep packets "$T/err")"
	in_terminal "$start --summary=0.3"
	[ "$(grep -c "^$(printf '\033')\\[H$(printf '\033')\\[J3 packets, " "$T/err")" -ge 3 ] ||
		bad "no summary in place"
	! grep -q 'packets dropped' "$T/err" || bad "the causes are told twice"
	[ "$(sed "s/$(printf '\033')\\[[0-9;]*[A-Za-z]//g" "$T/err" | grep '^ ' | wc -L)" -le 80 ] ||
		bad "a line of the summary is longer than the terminal is wide"
	grep -q '^ \{12\}.*)$' "$T/err" || bad "the place of the drop is not in a line of its own"
}

# A summary that cannot be written does not end the record.
case_summary_full() {
	know_neighbour
	TRACE_OUT=/dev/full
	if trace_start --summary=0.2 -w "$T/record" "host $SERVER and udp port 5012"; then
		sleep 1
		udp_client "$SERVER" 5012 3
		kill -INT "$TRACE" || bad "the trace has ended"
		trace_end 15
		[ "$RC" -eq 1 ] || bad "exit code $RC, expected 1"
		said 'cannot write the summary to standard output: No space left'
	fi
	TRACE_OUT=
	"$SKBTRAIL" -r "$T/record" --summary >"$T/out" 2>/dev/null || bad "the record is not read"
	expect '^3 packets, '
}
