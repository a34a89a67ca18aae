# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Cases of bad input: one clear line on stderr, exit code 1 or 2, nothing left behind.

case_error_usage() {
	for o in --no-such-option "--timestamp never" "--filter-mark 1/x" "-c x"; do
		# shellcheck disable=SC2086 # words on purpose
		expect_error $o
		[ "$RC" -eq 2 ] || bad "exit code $RC for '$o', expected 2"
	done
}

case_error_expression() {
	expect_error "tcp prot 80"
	said "tcp prot 80"
}

case_error_regex() {
	expect_error --filter-func '('
	said '('
}

case_error_no_function() {
	expect_error --filter-func 'no_such_function'
	said 'no_such_function'
}

case_error_interface() {
	expect_error --filter-ifname no-such-if
	said no-such-if
}

case_error_netns() {
	for n in /etc/passwd /no/such/file inode:x 99999999; do
		expect_error --filter-netns $n
		said $n
	done
}

case_error_btf() {
	head -c 5000 /sys/kernel/btf/vmlinux >"$T/truncated"
	head -c 5000 /dev/urandom >"$T/random"
	: >"$T/empty"
	for f in truncated random empty missing; do
		expect_error --kernel-btf "$T/$f" --filter-func ip_rcv
		said "$T/$f"
	done
}

# In a directory like /tmp, files and links that others may have created are not written to.
case_error_shared_directory() {
	mkdir -p -m 1777 "$T/shared"
	echo content >"$T/victim"
	ln -s ../victim "$T/shared/link"
	ln -s ../absent "$T/shared/dangling"
	ln -s .. "$T/shared/way"
	ln "$T/victim" "$T/shared/hard"
	echo theirs >"$T/shared/theirs"
	chown 65534 "$T/shared/theirs"
	for o in output-file record btf-pack; do
		input=udp
		if [ $o = btf-pack ]; then
			# It reads the types first, and old kernels have none.
			input=/sys/kernel/btf/vmlinux
			[ -e $input ] || continue
		fi
		for f in link dangling way/file; do
			expect_error --$o "$T/shared/$f" $input
			said "'$T/shared/$f'"
			said "'${f%/file}' is a symbolic link in a directory that others can write to"
			grep -q '^hint: ' "$T/err" || bad "no hint for --$o $f"
		done
	done
	for o in output-file record; do
		expect_error --$o "$T/shared/hard" udp
		said "'$T/shared/hard': it is a hard link"
		expect_error --$o "$T/shared/theirs" udp
		said "'$T/shared/theirs': it belongs to user 65534"
	done
	expect_error --ready-file "$T/shared/way/ready" udp
	said "'$T/shared/way/ready': 'way' is a symbolic link"
	[ "$(cat "$T/victim" "$T/shared/theirs")" = "content
theirs" ] || bad "a file was modified"
	[ ! -e "$T/absent" ] || bad "a file was created"
	rm -rf "$T/shared" "$T/victim"
}

case_error_output_file() {
	expect_error --output-file "$T/no/such/file"
	said "$T/no/such/file"
	expect_error --record "$T/no/such/file"
	said "$T/no/such/file"
}

case_error_file_options() {
	rm -f "$T/file"
	for o in max-size=x max-size=1T max-age=-1 max-age=1x max-backups=x compress=maybe; do
		expect_error --output-file "$T/file" "--output-file-$o"
		[ "$RC" -eq 2 ] || bad "exit code $RC for '$o', expected 2"
		said "--output-file-${o%=*}"
		said "${o#*=}"
	done
	for o in max-size=1 max-age=1 max-backups=1 compress; do
		for with in '' "--record $T/file"; do
			# shellcheck disable=SC2086 # words on purpose
			expect_error $with "--output-file-$o"
			[ "$RC" -eq 2 ] || bad "exit code $RC for '$o', expected 2"
			said "--output-file-${o%=*} needs --output-file"
		done
	done
	[ ! -e "$T/file" ] || bad "a file was created"
	mkfifo "$T/fifo"
	for f in /dev/null /proc/self/fd/1 "$T/fifo" "$T" "$T/no/such/file"; do
		expect_error --output-file "$f" --output-file-compress
		said "'$f'"
	done
	rm -f "$T/fifo"
}

case_error_replay() {
	echo 'this is no record' >"$T/record"
	expect_error --replay "$T/record"
	said "$T/record"
	expect_error --replay "$T/no-such-file"
	said "$T/no-such-file"
}

case_error_backend() {
	expect_error --backend no-such
	said no-such
	for b in kprobe-multi kprobe tracepoint; do
		case " $BACKENDS " in
		*" $b "*) continue ;;
		esac
		expect_error --backend "$b" --filter-func 'ip_.*'
		said "$b"
	done
}

# as_nobody CAPABILITIES OPTION...: trace with nothing but these: 39 BPF, 38 PERFMON, 34 SYSLOG.
as_nobody() {
	"$BURST" as 65534 "$1" "$SKBTRAIL" --duration 0.1 "${@:2}" >"$T/out" 2>"$T/err"
}

# The capabilities that are named are enough, at least for tracepoints; two of them are not. Before
# 5.11 memory must be allowed, too.
not_root_but_capable() {
	if ! as_nobody 39,38,34 --filter-func 'kfree_skb.*|ip_rcv' udp; then
		said "need CAP_SYS_RESOURCE, too, or a higher 'ulimit -l'"
		(ulimit -l unlimited && as_nobody 39,38,34 --filter-func 'kfree_skb.*|ip_rcv' udp) ||
			bad "it says '$(head -n 1 "$T/err")'"
	fi
	! grep -q 'attached.*tracepoint' "$T/err" || on_tracepoints ||
		said 'only tracepoints are traced, no functions: kprobe'
	as_nobody 34,39 udp && bad "CAP_PERFMON is not needed"
	said 'not root, and CAP_PERFMON is missing: run with sudo, or with this capability'
}

case_error_not_root() {
	chmod 755 "$T"
	[ "$(busybox su -s /bin/sh nobody -c 'id -u')" = 65534 ] || { bad "cannot become nobody"; return; }
	busybox su -s /bin/sh nobody -c "$SKBTRAIL udp" >"$T/out" 2>"$T/err"
	RC=$?
	error_said
	[ "$(wc -l <"$T/err")" -eq 1 ] || bad "more than one line: $(tail -n 1 "$T/err")"
	grep -Eq '^skbtrail: not permitted to trace: not root, and CAP_.* (is|are) missing: run with sudo' "$T/err" ||
		bad "says '$(cat "$T/err")'"
	! grep -q 'or with these capabilities' "$T/err" || not_root_but_capable
}

# full OPTION...: trace to a full disk.
full() {
	if trace_start "$@" "udp port 5000"; then
		udp_client "$SERVER" 5000 2000
		trace_end 10
		[ "$RC" -eq 1 ] || bad "exit code $RC, expected 1"
		grep -Eq '^skbtrail: .*(space|full)' "$T/err" || bad "does not report that the disk is full"
		PRINTED=$(sed -n 's/^\([0-9]*\) events\{0,1\} \(printed\|recorded\),.*/\1/p' "$T/err")
	fi
}

# The summary counts what was written: nothing, or the whole events of a file.
case_error_full_stdout() {
	TRACE_OUT=/dev/full
	full
	[ "${PRINTED-}" = 0 ] || bad "'${PRINTED-}' events printed to a full device"
	mkdir -p "$T/small"
	mount -t tmpfs -o size=64k small "$T/small" || { missing "tmpfs"; return; }
	TRACE_OUT=$T/small/file
	full --output-json
	TRACE_OUT=''
	nr=$(grep -c '}$' "$T/small/file")
	[ "$nr" -gt 0 ] || bad "nothing in the file"
	[ "${PRINTED-}" = "$nr" ] || bad "'${PRINTED-}' events printed, $nr in the file"
	umount "$T/small"
}

# The trace continues on stdout: each event is complete in exactly one of the two.
case_error_full_disk() {
	mkdir -p "$T/small"
	mount -t tmpfs -o size=64k small "$T/small" || { missing "tmpfs"; return; }
	if trace_start --output-file "$T/small/file" "udp port 5000"; then
		udp_client "$SERVER" 5000 2000
		wait_for 20 grep -q '^0x' "$T/out" || bad "the trace does not continue"
		kill -INT "$TRACE" 2>/dev/null || bad "skbtrail exited"
		trace_end 15
		[ "$RC" -eq 1 ] || bad "exit code $RC, expected 1"
		[ "$(grep -c '^skbtrail: ' "$T/err")" -eq 1 ] || bad "the error is not reported exactly once"
		grep -q "^skbtrail: .*'$T/small/file': No space" "$T/err" || bad "does not name the file"
		printed=$(sed -n 's/^\([0-9]*\) events\{0,1\} printed.*/\1/p' "$T/err")
		nr=$(events_in "$T/small/file" "$T/out")
		[ "$nr" = "$printed" ] || bad "$nr events in the file and on stdout, $printed printed"
		for f in "$T/small/file" "$T/out"; do
			grep -q '^0x' "$f" || bad "no event in $f"
			[ "$(grep -vc '^0x' "$f")" -eq 1 ] || bad "more than the header in $f"
		done
	fi
	umount "$T/small"
}

# What was traced until then is in the record, and told on stdout, which still works.
case_error_full_record() {
	mkdir -p "$T/small"
	mount -t tmpfs -o size=64k small "$T/small" || { missing "tmpfs"; return; }
	full --record "$T/small/record" --summary
	grep -Eq '^[1-9][0-9]* packets?, [1-9]' "$T/out" || bad "no summary"
	nr=$("$SKBTRAIL" -q --replay "$T/small/record" 2>"$T/replay.err" | grep -c '^0x')
	[ "${PRINTED-}" = "$nr" ] || bad "'${PRINTED-}' events recorded, $nr replayed"
	umount "$T/small"
}
