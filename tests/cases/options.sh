# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Cases that run once, with the default backend: output, records, limits, exit.

on_tracepoints() { case $BEST in tracepoint*) true ;; *) false ;; esac }

case_version_and_help() {
	"$SKBTRAIL" --version >"$T/out" || bad "--version fails"
	expect '^skbtrail [0-9]+\.[0-9]+'
	"$SKBTRAIL" --help >"$T/out" || bad "--help fails"
	expect '--filter-func'
	"$SKBTRAIL" -h >"$T/out" 2>"$T/err" || bad "-h fails"
	expect '^  skbtrail --check$'
	expect_not '--filter-mark'
	for o in -h --version; do
		! "$SKBTRAIL" $o >/dev/full 2>"$T/err" || bad "$o does not fail on a full disk"
		: >"$T/err"
	done
	{ [ "$(wc -l <"$T/out")" -le 40 ] && [ ! -s "$T/err" ]; } || bad "-h prints $(wc -l <"$T/out") lines"
}

case_check() {
	"$SKBTRAIL" --check >"$T/out" 2>"$T/err" || bad "--check fails"
	for b in $BACKENDS; do
		expect "(^|[^-])$b([^-]|\$)"
	done
}

case_list_funcs() {
	"$SKBTRAIL" --list-funcs >"$T/out" 2>"$T/err" || bad "--list-funcs fails"
	[ "$(wc -l <"$T/out")" -ge 20 ] || bad "fewer than 20 lines"
	# only functions have an address
	if on_tracepoints; then
		every 5 '^-$'
	else
		expect '(^|[ :])ip_rcv( |$|:)'
		expect_not ' 0x0*$'
	fi
}

case_default_backend() {
	BACKEND='' FUNCS=$FUNCS_BEST
	trace_start "udp port 5000" || return
	udp_client "$SERVER" 5000 1
	trace_stop
	if on_tracepoints; then expect ' tp:'; else expect_not ' tp:'; fi
}

case_netns_forms() {
	inode=$(stat -L -c %i "/run/netns/${LAB}s")
	for form in "inode:$inode" "${LAB}s" "$HTTPD"; do
		trace_start --filter-netns "$form" "udp port 5000" || return
		udp_client "$SERVER" 5000 1
		trace_stop
		every 4 "^$inode\$"
	done
}

# The expression must match whole names.
case_filter_func() {
	! on_tracepoints || { skip "this kernel has no kprobes"; return; }
	FUNCS='ip_rc.|ip_outpu'
	trace_start "udp port 5000" || return
	udp_client "$SERVER" 5000 1
	trace_stop
	expect ' ip_rcv$'
	expect_not ' ip_output$| ip_rcv_'
}

case_json() {
	trace_start --output-json "udp port 5000" || return
	udp_client "$SERVER" 5000 3
	trace_stop
	expect '^\{"skb":"0x[0-9a-f]+",.*"dport":5000[,}].*\}$'
	expect_not '^[^{]'
	if python3 -c 'import json' 2>/dev/null; then
		python3 -c 'import json, sys
for line in sys.stdin:
	o = json.loads(line)
	assert o["func"] and o["iface"] is not None, line' <"$T/out" 2>"$T/err" ||
			bad "not JSON: $(tail -n 1 "$T/err")"
	fi
}

# timestamp MODE RE: the first column must match.
timestamp() {
	trace_start --timestamp "$1" "udp port 5000" || return
	udp_client "$SERVER" 5000 2
	trace_stop
	every 1 "$2"
}

case_timestamp_none() { timestamp none '^0x'; }
case_timestamp_current() { timestamp current '^[0-9][0-9]:[0-9][0-9]:[0-9][0-9]'; }
case_timestamp_relative() { timestamp relative '^[+]?[0-9]+[.]?[0-9]*[a-z]*$'; }
case_timestamp_absolute() {
	timestamp absolute '[0-9][0-9]:[0-9][0-9]:[0-9][0-9][.][0-9]+'
	[ -z "$why" ] || return
	# Event times are within a minute of the wall clock, and ascending.
	shown=$(awk 'NR == 2 { print $1 }' "$T/out" | sed 's/.*T//')
	seconds=$(date +'%H %M' | awk -v t="$shown" '{ split(t, a, ":");
		d = ($1 * 60 + $2) - (a[1] * 60 + a[2]); print (d + 1440) % 1440 }')
	[ "$seconds" -le 1 ] || bad "time '$shown' is not the current time"
	awk 'NR > 1 { if ($1 < last) bad = 1; last = $1 } END { exit bad }' "$T/out" ||
		bad "times are not ascending"
}

case_limit_lines() {
	trace_start -c 3 "udp port 5000" || return
	udp_client "$SERVER" 5000 5
	trace_end 10
	[ "$RC" -eq 0 ] || bad "exit code $RC"
	[ "$(grep -c '^0x' "$T/out")" -eq 3 ] || bad "$(grep -c '^0x' "$T/out") lines, not 3"
	# one event of each of five packets is at least one packet that is still under way
	trace_start -c 1 --story "udp port 5000" || return
	udp_client "$SERVER" 5000 5
	trace_end 10
	expect '^  = cut off by the limit of events \(-c\) after 0.0 us$'
	expect_not 'end of the trace'
	grep -q '^1 event told, .*; 1 story$' "$T/err" || bad "no last message: $(tail -n 1 "$T/err")"
}

# It has caught its signals, but not begun to attach.
catches_sigint() {
	local caught
	caught=$(sed -n 's/^SigCgt:[ \t]*//p' "/proc/$1/status" 2>/dev/null)
	[ $((0x${caught:-0} & 2)) -ne 0 ]
}

# Ctrl-C before everything is attached: the old file is kept, and why there is no output is said.
case_stop_attaching() {
	echo kept >"$T/kept"
	for try in 1 2 3 4 5; do
		rm -f "$T/ready"
		"$SKBTRAIL" --backend "$BEST" --ready-file "$T/ready" --output-file "$T/kept" udp \
			>"$T/out" 2>"$T/err" &
		TRACE=$!
		until catches_sigint $TRACE || gone $TRACE; do :; done
		kill -STOP $TRACE
		! grep -q '^attached' "$T/err" || { kill -KILL $TRACE; wait $TRACE; continue; } 2>/dev/null
		kill -INT $TRACE
		kill -CONT $TRACE
		trace_end 60
		[ "$RC" -eq 0 ] || bad "exit code $RC"
		[ "$(cat "$T/err")" = 'stopped while attaching: nothing was traced' ] ||
			bad "says '$(head -n 1 "$T/err")'"
		[ "$(cat "$T/kept" "$T/out")" = kept ] || bad "there is output"
		[ ! -e "$T/ready" ] || bad "the ready file was created"
		return
	done
	bad "attached too fast in $try tries"
}

# Messages of netlink have offsets as packets have. That of an address is 76 bytes long, which it
# begins with: 0x4c.
case_no_netlink() {
	on_tracepoints || FUNCS='consume_skb|kfree_skb(_reason)?|skb_copy_datagram_(iter|iovec)|udp_rcv'
	trace_start ip || return
	for _ in 1 2 3; do on_client ip addr >/dev/null || missing "ip addr"; done
	udp_client "$SERVER" 5000 1
	trace_stop
	expect "$SERVER:5000\\(udp\\)"
	expect_not '->[0-9.]+\([0-9]+(,frag)?\)'
}

# At its beginning udp_send_skb() has not written the ports yet.
case_ports_unwritten() {
	needs_functions 'udp_send_skb|udp_rcv' || return
	"$SKBTRAIL" --list-funcs --filter-func udp_send_skb 2>/dev/null | grep -q ^udp_send_skb ||
		{ skip "this kernel has no udp_send_skb()"; return; }
	trace_start "udp and dst host $SERVER" || return
	udp_client "$SERVER" 5000 1
	trace_stop
	expect "$CLIENT->$SERVER\\(udp\\) +udp_send_skb"
	expect "$CLIENT:[0-9]+->$SERVER:5000\\(udp\\) +udp_rcv"
}

# Through our own symbolic link to a file that does not exist yet.
case_output_file() {
	umask 022
	ln -s file "$T/link"
	if trace_start --output-file "$T/link" "udp port 5000"; then
		for f in file ready; do
			[ "$(stat -c %a "$T/$f")" = 600 ] || bad "mode of '$f' is $(stat -c %a "$T/$f"), expected 600"
		done
		udp_client "$SERVER" 5000 1
		trace_stop
	fi
	[ ! -s "$T/out" ] || bad "output on stdout"
	[ -L "$T/link" ] || bad "the link is gone"
	rm -f "$T/link"
	mv "$T/file" "$T/out"
	expect "$SERVER:5000\\(udp\\)"
}

# rotate OPTION...: trace many packets into files of at most 4 KiB in $T/files; sets PRINTED to
# the number of events.
rotate() {
	FILES=$T/files
	mkdir -p "$FILES"
	if trace_start --output-file "$FILES/trace.txt" --output-file-max-size 4K "$@" "udp port 5000"
	then
		udp_client "$SERVER" 5000 100
		trace_stop
	fi
	[ ! -s "$T/out" ] || bad "output on stdout"
	PRINTED=$(sed -n 's/^\([0-9]*\) events\{0,1\} printed.*/\1/p' "$T/err")
}

stamp='[0-9]{4}-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]-[0-9][0-9]-[0-9][0-9]\.[0-9]{3}'
backups() { ls "$FILES" | grep -E "^trace-$stamp\.txt${1-}\$"; }
# The number of lines with all columns.
events_in() { cat "$@" | awk '/^0x/ && NF >= 11 { n++ } END { print n + 0 }'; }

case_output_file_rotates() {
	mkdir "$T/files"
	echo 'of another trace' >"$T/files/trace.txt"
	rotate
	[ "$(backups | wc -l)" -ge 5 ] || bad "$(backups | wc -l) backups"
	[ "$(ls "$FILES" | grep -Evx "trace-$stamp\.txt")" = trace.txt ] || bad "unexpected files"
	first=$FILES/$(backups | head -n 1)
	grep -qx 'of another trace' "$first" && rm "$first" || bad "the old file is lost"
	for f in "$FILES"/*; do
		[ "$(wc -c <"$f")" -le 4096 ] || bad "a file of $(wc -c <"$f") bytes"
		head -n 1 "$f" | grep -q '^SKB ' || bad "a file without header"
		[ "$(events_in "$f")" -eq $(($(wc -l <"$f") - 1)) ] || bad "truncated line in $f"
	done
	[ "$(events_in "$FILES"/*)" = "$PRINTED" ] ||
		bad "$(events_in "$FILES"/*) events in the files, $PRINTED printed"
	rm -r "$FILES"
}

all_compressed() { [ -z "$(backups)" ] && [ -z "$(ls "$FILES" | grep part)" ]; }

# The last backups are compressed after skbtrail has exited, by a child process.
case_output_file_compressed() {
	rotate --output-file-compress
	# Wait for it: it would also compress the files that are unpacked below.
	wait_for 60 no_process || bad "still compressing after 60 s"
	all_compressed || bad "not all are compressed"
	[ "$(backups '\.gz' | wc -l)" -ge 5 ] || bad "$(backups '\.gz' | wc -l) compressed files"
	for f in "$FILES"/*.gz; do
		busybox zcat "$f" >"${f%.gz}" || bad "$f is damaged"
	done
	[ "$(events_in "$FILES"/*.txt)" = "$PRINTED" ] ||
		bad "$(events_in "$FILES"/*.txt) events in the files, $PRINTED printed"
	rm -r "$FILES"
}

# The newest backups are kept; other files are not touched.
case_output_file_backups() {
	old=trace-2001-01-01T00-00-00.000.txt
	mkdir "$T/files"
	touch "$T/files/$old" "$T/files/$old.gz" "$T/files/$old.mine" "$T/files/trace-2001.txt"
	rotate --output-file-max-backups 2
	[ "$(ls "$FILES" | wc -l)" -eq 5 ] || bad "files: $(ls "$FILES" | tr '\n' ' ')"
	for f in $old.mine trace-2001.txt trace.txt; do
		[ -e "$FILES/$f" ] || bad "$f is gone"
	done
	[ ! -e "$FILES/$old" ] && [ ! -e "$FILES/$old.gz" ] || bad "the oldest backups were not deleted"
	[ "$(events_in "$FILES"/*)" -lt "$PRINTED" ] || bad "nothing was deleted"
	rm -r "$FILES"
}

case_output_file_age() {
	mkdir "$T/files"
	young=trace-$(date -u +%Y-%m-%dT00-00-00.000).txt
	old=trace-2001-01-01T00-00-00.000.txt
	touch "$T/files/$young" "$T/files/$old" "$T/files/$old.mine"
	rotate --output-file-max-age 2
	[ ! -e "$FILES/$old" ] || bad "the old backup was not deleted"
	[ -e "$FILES/$young" ] && [ -e "$FILES/$old.mine" ] || bad "other files were deleted"
	[ "$(events_in "$FILES"/*)" = "$PRINTED" ] || bad "new backups were deleted"
	rm -r "$FILES"
}

# A replayed record is the same as the live output of a second skbtrail.
case_record_and_replay() {
	TRACE_ERR=$T/recorder.err
	trace_start --record "$T/record" "udp port 5000" || bad "$(cat "$TRACE_ERR")"
	recorder=$TRACE
	TRACE_ERR=''
	if trace_start --output-file "$T/live" "udp port 5000"; then
		udp_client "$SERVER" 5000 4
		trace_stop
	fi
	TRACE=$recorder
	kill -INT "$TRACE"
	trace_end 15
	[ "$RC" -eq 0 ] || bad "exit code $RC of the recorder"
	"$SKBTRAIL" --replay "$T/record" >"$T/out" 2>"$T/err" || bad "--replay fails"
	grep -q '^0x' "$T/live" || bad "nothing was printed live"
	sort "$T/live" >"$T/live.sorted"
	sort "$T/out" | cmp -s - "$T/live.sorted" || bad "the replay differs from live text"
	"$SKBTRAIL" --replay "$T/record" --output-json >"$T/out" 2>"$T/err" || bad "--replay fails"
	[ "$(grep -c '^{' "$T/out")" -eq "$(grep -c '^0x' "$T/live")" ] ||
		bad "JSON from the record has a different number of lines"
	"$SKBTRAIL" --replay "$T/record" -c 1 >"$T/out" 2>"$T/err" || bad "--replay fails"
	grep -q '^1 event printed, 0 lost, 1 packet seen' "$T/err" || bad "the summary: $(cat "$T/err")"
}

case_replay_truncated() {
	trace_start --record "$T/record" "udp port 5000" || return
	udp_client "$SERVER" 5000 4
	trace_stop
	head -c $(($(wc -c <"$T/record") - 10)) "$T/record" >"$T/cut"
	"$SKBTRAIL" --replay "$T/cut" >"$T/out" 2>"$T/err"
	RC=$?
	[ "$RC" -eq 1 ] || bad "exit code $RC of a truncated record"
	expect '^0x'
	grep -q '^skbtrail: ' "$T/err" || bad "no message about the truncated record"
	cat "$T/record" "$T/record" | "$SKBTRAIL" -r - >"$T/two" 2>"$T/err" || bad "a joined record fails"
	"$SKBTRAIL" -r "$T/record" 2>/dev/null | cmp -s - "$T/two" || bad "it is not the first one"
	grep -q 'warning: another record follows at byte [0-9]*, of .*, of the same boot: it is not read' "$T/err" ||
		bad "the second record is not told: $(cat "$T/err")"
	head -c $(($(wc -c <"$T/record") - 100)) "$T/record" >"$T/cut"
	cat "$T/cut" "$T/record" | "$SKBTRAIL" -r - >"$T/two" 2>"$T/err"
	said 'another record begins there'
	[ -s "$T/two" ] || bad "nothing is printed of what was cut"
}

# A closed pipe (`| head`) makes skbtrail exit without messages and with exit code 0.
case_closed_pipe() {
	mkfifo "$T/fifo"
	head -n 2 <"$T/fifo" >"$T/head" &
	reader=$!
	TRACE_OUT=$T/fifo
	if trace_start "udp port 5000"; then
		udp_client "$SERVER" 5000 50
		wait_for 5 gone $reader || bad "head did not get two lines"
		udp_client "$SERVER" 5000 1
		trace_end 10
		[ "$RC" -eq 0 ] || bad "exit code $RC"
		grep -vE 'events? printed' "$T/err" | grep -iq -e pipe -e error -e cannot &&
			bad "message about the closed pipe"
	fi
	TRACE_OUT=''
	[ -z "$TRACE" ] || kill -KILL "$TRACE" 2>/dev/null
	wait $reader 2>/dev/null
	[ "$(wc -l <"$T/head")" -eq 2 ] || bad "head did not print two lines"
	rm -f "$T/fifo"
}

# stop_in CENTISECONDS SIGNAL: skbtrail must exit in time after the signal.
stop_in() {
	start=$(now_cs)
	kill "-$2" "$TRACE"
	wait "$TRACE"
	RC=$?
	TRACE=
	took=$(($(now_cs) - start))
	[ "$RC" -eq 0 ] || bad "exit code $RC after SIG$2"
	[ $took -lt "$1" ] || bad "took ${took}0 ms to stop"
}

case_sigint() { trace_start udp && stop_in 100 INT; }
case_sigterm() { trace_start udp && stop_in 100 TERM; }

# No --filter-func: attach to everything.
case_all_functions() {
	FUNCS='' ATTACH_SECONDS=300
	start=$(now_cs)
	trace_start --verbose "udp port 5000" || return
	echo "  attached to all functions in $(($(now_cs) - start))0 ms"
	udp_client "$SERVER" 5000 2
	stop_in 300 INT
	echo "  stopped in ${took}0 ms"
	expect "$SERVER:5000\\(udp\\) +$SEND_BEST\$"
	expect "$SERVER:5000\\(udp\\) +$RECV_BEST\$"
	on_tracepoints || [ "$(grep -c '^0x' "$T/out")" -ge 60 ] ||
		bad "only $(grep -c '^0x' "$T/out") events for two packets"
}

# What lies on the kernel's stack is no packet: no function is shown with an skb that is at an address of
# user space, and the kernel has nothing to say, since it came up, for some warnings come once only.
case_kernel_log() {
	[ -e /payload ] || { skip "this is no guest"; return; }
	FUNCS='' ATTACH_SECONDS=300
	trace_start || return
	udp_client "$SERVER" 5000 100 1000 poison
	on_client busybox ping -c 5 -i 0.2 "$SERVER" >/dev/null || bad "no answer to ping"
	kill -INT "$TRACE"
	trace_end 100
	[ "$RC" -eq 0 ] || bad "exit code $RC: $(tail -n 1 "$T/err")"
	expect "$SERVER:5000\\(udp\\) +$SEND_BEST\$"
	expect_not '^0x0000'
	expect_not ' __skb_try_recv_datagram$'
	said=$(dmesg | grep -E -m 1 'WARNING:|BUG:|Oops|Non-canonical|protection fault')
	[ -z "$said" ] || bad "the kernel says: $said"
}

nr_kprobes() { cat /sys/kernel/debug/kprobes/list 2>/dev/null | wc -l; }
no_process() {
	for exe in /proc/[0-9]*/exe; do
		[ ! "$exe" -ef "$SKBTRAIL" ] || return 1
	done
}
no_kprobes() { [ "$(nr_kprobes)" -le "$KPROBES_BEFORE" ]; }

# Before Linux 4.1 tracefs is part of debugfs.
kprobe_events=/sys/kernel/tracing/kprobe_events
[ -e $kprobe_events ] || kprobe_events=/sys/kernel/debug/tracing/kprobe_events
nr_events() { grep -c "[:/]$1/" $kprobe_events; }
can_make_events() {
	[ -w $kprobe_events ] && return
	missing "kprobe_events of a mounted tracefs"
	false
}
no_events() { ! grep -q '[:/]skbtrail_' $kprobe_events; }

# Kill a trace; with its guards nobody is left who would remove its events.
kill_with_guards() {
	for p in /proc/[0-9]*; do
		[ "$p/exe" -ef "$SKBTRAIL" ] && [ "$(cat "$p/comm")" = skbtrail-guard ] &&
			kill -KILL "${p#/proc/}"
	done
	kill_trace
}

# The next run removes the events of a killed one, but not events of other programs, whatever their
# name, nor those of a live run.
case_leftovers() {
	can_make_events || return
	local WITHOUT='' # not affected by the rung: tests one backend
	BACKEND=kprobe-events FUNCS=$functions
	trace_start "udp port 5000" || return
	killed=$TRACE
	kill_with_guards
	nr=$(nr_events "skbtrail_$killed")
	[ "$nr" -ge 10 ] || bad "only $nr events of the killed run"
	others="skbtest/f0 skbtrail_$killed/mine skbtrail_${killed}x/f0"
	for e in $others; do
		# riscv64 refuses a probe at the entry (placement.c).
		echo "p:$e ip_rcv" >>$kprobe_events 2>/dev/null ||
			echo "p:$e ip_rcv+8" >>$kprobe_events || bad "cannot create event $e"
	done
	if trace_start "udp port 5000"; then
		grep -q "removed $nr kprobe events\{0,1\} that a killed" "$T/err" ||
			bad "does not report $nr leftover events"
		! grep -q "skbtrail_$killed/f" $kprobe_events || bad "leftover events were not removed"
		live=$TRACE
		mine=$(nr_events "skbtrail_$live")
		TRACE_ERR=$T/second
		if trace_start --output-file "$T/file" "udp port 5000"; then
			! grep -q 'events that a killed' "$T/second" ||
				bad "a live run was taken for a killed one"
			[ "$(nr_events "skbtrail_$live")" -eq "$mine" ] ||
				bad "events of a live run were removed"
			kill -INT "$TRACE"
			trace_end 15
		fi
		TRACE_ERR=''
		TRACE=$live
		udp_client "$SERVER" 5000 1
		trace_stop
		expect ' ip_rcv$'
	fi
	for e in $others; do
		echo "-:$e" >>$kprobe_events || bad "event $e of another program was removed"
	done
	wait_for 30 no_events || bad "kprobe events left behind: $(head -n 1 $kprobe_events)"
	# With its guard nothing stays of a killed run.
	trace_start "udp port 5000" || return
	kill_trace
	wait_for 30 no_events || bad "the guard leaves kprobe events behind"
}

# Perf events that the trace has opened.
nr_perf_events() {
	for fd in "/proc/$TRACE/fd"/*; do
		readlink "$fd"
	done | grep -c perf_event
}

# Where the kernel closes kprobes slowly, many of them share events. All are gone when skbtrail exits,
# nothing stays of a killed run, and skbtrail in another pid namespace does no harm.
case_shared_events() {
	can_make_events || return
	local WITHOUT='' BACKEND=kprobe FUNCS='(ip|udp)_.*'
	trace_start "udp port 5000" || return
	nr=$(nr_kprobes)
	[ "$nr" -ge 50 ] || bad "only $nr kprobes"
	own=$(nr_perf_events)
	{ [ "$own" -ge 1 ] && [ "$own" -le 20 ]; } || bad "$own descriptors for $nr kprobes"
	busybox unshare -p -f "$SKBTRAIL" --backend kprobe --filter-func ip_rcv --duration 1 udp \
		>"$T/file" 2>"$T/second" || bad "in a pid namespace: $(head -n 1 "$T/second")"
	[ "$(nr_kprobes)" -eq "$nr" ] || bad "events of another pid namespace were removed"
	udp_client "$SERVER" 5000 1
	trace_stop
	[ "$(nr_kprobes)" -le "$KPROBES_BEFORE" ] || bad "$(nr_kprobes) kprobes after the end"
	no_events || bad "events after the end"
	expect "$SERVER:5000\(udp\) +ip_rcv\$"
	expect "$SERVER:5000\(udp\) +udp_rcv\$"

	trace_start "udp port 5000" || return
	kill_trace
	wait_for 60 no_kprobes || bad "$(nr_kprobes) kprobes after SIGKILL"
	wait_for 10 no_process || bad "processes after SIGKILL"
	jump_is 1 || bad "kprobes are not optimised after SIGKILL"

	trace_start "udp port 5000" || return
	kill_with_guards
	BACKEND=tracepoint FUNCS='' trace_start udp && trace_stop
	said 'that a killed skbtrail had left behind'
	no_kprobes || bad "$(nr_kprobes) kprobes after the next start"
}

# kprobe-events (before 4.17) needs tracefs; discovery works without the lists in tracefs.
case_without_tracefs() {
	BACKEND='' FUNCS=$FUNCS_BEST
	expect_error --backend kprobe-events --without tracefs udp
	said tracefs
	case $BEST in
	*-events) skip "$BEST needs tracefs"; return ;;
	esac
	trace_start --without "${WITHOUT:+$WITHOUT,}tracefs" "udp port 5000" || return
	udp_client "$SERVER" 5000 1
	trace_stop
	expect "$SERVER:5000\(udp\) +$SEND_BEST\$"
	expect "$SERVER:5000\(udp\) +$RECV_BEST\$"
}

# The relevant mounts: other programs may mount and unmount at the same time.
tracing_mounts() { grep -E ' (tracefs|debugfs) ' "$1" | sort; }

# If tracefs is not mounted, skbtrail mounts it privately.
case_private_tracefs() {
	local WITHOUT=''
	BACKEND=tracepoint-events FUNCS=
	[ ! -w $kprobe_events ] || BACKEND=kprobe-events FUNCS=$functions
	cat >"$T/unmounted" <<-EOF
	#!/bin/sh
	umount -l \$(awk '\$3 ~ /^(tracefs|debugfs)\$/ { print \$2 }' /proc/mounts)
	exec $SKBTRAIL "\$@"
	EOF
	chmod +x "$T/unmounted"
	real=$SKBTRAIL SKBTRAIL="busybox unshare -m $T/unmounted"
	tracing_mounts /proc/self/mounts >"$T/ours"
	if trace_start "udp port 5000"; then
		[ -z "$(tracing_mounts "/proc/$TRACE/mounts")" ] || bad "skbtrail shows its tracefs mount"
		tracing_mounts /proc/self/mounts | cmp -s - "$T/ours" || bad "mounts of others changed"
		udp_client "$SERVER" 5000 1
		trace_stop
		[ "$(grep -c '^0x' "$T/out")" -ge 2 ] || bad "no events"
	fi
	SKBTRAIL=$real
	[ ! -w $kprobe_events ] || wait_for 30 no_events || bad "kprobe events left behind"
}

rcu=/sys/kernel/rcu_expedited
rcu_note=/run/skbtrail.rcu_expedited

kprobes_jump=/proc/sys/debug/kprobes-optimization

rcu_is() { read -r value <$rcu && [ "$value" = "$1" ]; }
no_rcu_note() { [ ! -e $rcu_note ]; }

# jump_is N: as a rule 1; kernels that do not optimise kprobes have no such file.
jump_is() { [ ! -e $kprobes_jump ] || { read -r value <$kprobes_jump && [ "$value" = "$1" ]; }; }

# Start a trace of so many functions that it is still attaching when this returns.
start_attaching() {
	rm -f "$T/ready"
	"$SKBTRAIL" --backend kprobe --filter-func '(tcp|udp|ip|ip6|skb|dev|netif|nf)_.*' \
		--ready-file "$T/ready" "udp port 5000" >"$T/out" 2>"$T/err" &
	TRACE=$!
	for _ in $(seq 600); do
		! rcu_is 1 || break
		kill -0 "$TRACE" 2>/dev/null || break
		sleep 0.05
	done
	kill -STOP "$TRACE" 2>/dev/null
	rcu_is 1 || { bad "rcu_expedited was not changed"; return 1; }
	[ -s $rcu_note ] || bad "there is no note"
	jump_is 0 || bad "kprobes are optimised while they are attached"
	[ ! -e "$T/ready" ] || bad "everything was attached too soon"
}

kill_trace() {
	kill -KILL "$TRACE"
	wait "$TRACE" 2>/dev/null
	TRACE=
}

# Whoever is killed, the old value comes back, and the user's own 1 stays. Only in a guest.
case_rcu_expedited() {
	local WITHOUT='' BACKEND=kprobe FUNCS=ip_rcv
	[ -e /payload ] || { skip "this is no guest"; return; }
	[ -w $rcu ] || { missing $rcu; return; }
	wait_for 120 no_process || bad "a skbtrail process of another case stays"
	run_mode=$(stat -c %a /run)
	echo 0 >$rcu

	# Where others can write to /run nothing is changed.
	chmod 1777 /run
	trace_start udp && trace_stop
	{ rcu_is 0 && no_rcu_note; } || bad "changed without a safe place for the note"
	chmod 755 /run

	if start_attaching; then
		kill_trace
		wait_for 60 rcu_is 0 || bad "not restored after SIGKILL"
		wait_for 10 jump_is 1 || bad "kprobes are not optimised after SIGKILL"
		wait_for 10 no_rcu_note || bad "the note stays after SIGKILL"
	fi

	# The guard, too: the next start restores it.
	wait_for 60 no_process || bad "a skbtrail process stays"
	if start_attaching; then
		guard=$(pidof skbtrail-guard) || bad "there is no guard"
		# shellcheck disable=SC2086 # words, if there are several
		kill -KILL $guard
		kill_trace
		wait_for 60 no_process || bad "a skbtrail process stays"
		{ rcu_is 1 && [ -s $rcu_note ]; } || bad "restored, though all of them were killed"
		if trace_start udp; then
			said "restored '$rcu'"
			[ ! -e $kprobes_jump ] || said "restored '$kprobes_jump'"
			trace_stop
		fi
		rcu_is 0 || bad "not restored by the next start"
		jump_is 1 || bad "kprobes are not optimised after the next start"
		no_rcu_note || bad "the note stays"
	fi

	# The user's own 1.
	echo 1 >$rcu
	if trace_start udp; then
		no_rcu_note || bad "a note, though nothing was changed"
		kill_trace
		wait_for 60 no_process
		rcu_is 1 || bad "the user's 1 is gone after SIGKILL"
	fi
	trace_start udp && trace_stop
	rcu_is 1 || bad "the user's 1 is gone"
	jump_is 1 || bad "kprobes are not optimised any more"
	echo 0 >$rcu
	chmod "$run_mode" /run
}

# The last case: whatever the others did, nothing stays behind.
case_nothing_left() {
	# A child process closes the kprobes, which takes long under emulation.
	start=$(now_cs)
	wait_for 180 no_process || bad "a skbtrail process is still there"
	echo "  the last process exited after $(($(now_cs) - start))0 ms"
	wait_for 5 no_kprobes || bad "$(nr_kprobes) kprobes are still there"
	[ ! -w $kprobe_events ] || no_events || bad "kprobe events are still there"
	jump_is 1 || bad "kprobes are not optimised any more"
	[ "$(cat /sys/kernel/rcu_expedited 2>/dev/null)" = "$RCU_BEFORE" ] ||
		bad "rcu_expedited was $RCU_BEFORE"
}

# As before 5.8 and 5.5: perf rings merged by time, and the old helper.
case_old_transport() {
	old=ring-buffer,probe-read-kernel,prog-name,raw-stack,large-programs
	trace_start --without "${WITHOUT:+$WITHOUT,}$old" --output-json "udp port 5000" || return
	udp_client "$SERVER" 5000 20
	trace_stop
	[ "$(grep -c '"dport":5000[,}]' "$T/out")" -ge 40 ] || bad "too few events"
	grep -o '"timestamp_ns":[0-9]*' "$T/out" | cut -d: -f2 >"$T/times"
	sort -n "$T/times" | cmp -s - "$T/times" || bad "events are not in time order"
	grep -q ', 0 lost' "$T/err" || bad "events were lost"
}

# A CPU that comes online during a trace gets a perf ring. Only in a guest.
case_cpu_comes_online() {
	cpu=/sys/devices/system/cpu/cpu1/online
	[ -e /payload ] || { skip "this is no guest"; return; }
	[ "$(nproc)" -gt 1 ] || { skip "this guest has one CPU (tests/vm/run.sh)"; return; }
	[ -w $cpu ] || { missing "a second CPU that can be taken offline"; return; }
	echo 0 >$cpu
	trace_start --without "${WITHOUT:+$WITHOUT,}ring-buffer" --output-json "udp port 5000"
	echo 1 >$cpu
	sleep 3
	on_client taskset 2 "$BURST" "$SERVER" 5000 3 >"$T/burst" || bad "no traffic on CPU 1"
	sleep 1
	trace_stop
	grep -q '"cpu":1,' "$T/out" || bad "no event from CPU 1"
}

# With a ring that is too small, losses are reported at each gap and in the summary.
case_lost_events() {
	trace_start --ring-size 4K "udp port 5000" || return
	udp_client "$SERVER" 5000 3000
	kill -INT "$TRACE"
	trace_end 15
	lost=$(sed -n 's/.*printed, \([0-9]*\) lost.*/\1/p' "$T/err")
	gaps=$(sed -n 's/^--- \([0-9]*\) events\{0,1\} lost here ---$/\1/p' "$T/out" |
		awk '{ n += $1 } END { print n + 0 }')
	[ "${lost:-0}" -gt 0 ] || bad "no events lost with 3,000 packets and a ring of 4 KiB"
	[ "$gaps" = "$lost" ] || bad "$gaps lost at the gaps, $lost in the summary"
	printed=$(sed -n 's/^\([0-9]*\) events\{0,1\} printed.*/\1/p' "$T/err")
	nr=$(grep -c '^0x' "$T/out")
	[ "$nr" = "$printed" ] || bad "the summary says $printed printed, the output has $nr"
}
