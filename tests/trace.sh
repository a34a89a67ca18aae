# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# What test cases are made of: run skbtrail beside traffic, look at what it says, and report.
# For scripts to source after lab.sh.
#
# A case is a function. It calls bad (directly or through an expectation) when something is
# wrong, or missing/skip when it cannot run; the first reason is the one reported.
#
#   trace_start OPTION...   run skbtrail in the background until all is attached. Its words
#                           go to $T/out and $T/err. With $BACKEND, only $FUNCS, and
#                           without the features in $WITHOUT. What it uses is in $USED then,
#                           "kprobe ring", and must be like $MUST_USE if that is set.
#   trace_stop              stop it with SIGINT
#   expect, expect_not RE   lines of $T/out
#   run_case NAME FUNCTION  prints "TEST NAME ok", "TEST NAME FAIL reason" or "... SKIP reason"

TRACE=
NR_FAILED=0

bad() { [ -n "$why" ] || why=$*; }
skip() { [ -n "$skip" ] || skip=$*; }
# In a guest the table of kernels says what there is: then what is missing is a failure.
missing() { if [ -n "${MUST_HAVE-}" ]; then bad "missing: $*"; else skip "$*"; fi; }

# excluded CASE: the reason of tests/vm/excluded why it is not run on this kernel, if there is one.
excluded() {
	[ -n "${SERIES-}" ] || return 0
	awk -v s="$SERIES" -v c="$1" '
		/^[^#]/ && s ~ "^(" $1 ")$" && c ~ "^(" $2 ")$" {
			sub(/^[^ ]+ +[^ ]+ +/, "")
			print
			exit
		}' tests/vm/excluded
}

run_case() {
	why='' skip=$(excluded "$1")
	[ -z "$skip" ] || { echo "TEST $1 SKIP $skip"; return; }
	: >"$T/out"
	: >"$T/err"
	"$2"
	[ -z "$TRACE" ] || { kill -KILL "$TRACE" && wait "$TRACE"; TRACE=; } 2>/dev/null
	if [ -n "$why" ]; then
		echo "TEST $1 FAIL $why"
		NR_FAILED=$((NR_FAILED + 1))
		tail -n "${SHOW_LINES:-8}" "$T/out" | sed 's/^/  | /'
		tail -n 4 "$T/err" | sed 's/^/  ! /'
	elif [ -n "$skip" ]; then
		echo "TEST $1 SKIP $skip"
	else
		echo "TEST $1 ok"
	fi
}

trace_start() {
	rm -f "$T/ready"
	# As at a terminal: in the background of a script without job control SIGINT is ignored.
	set -m
	# shellcheck disable=SC2086 # words: a case may put a command in front
	$SKBTRAIL ${BACKEND:+--backend "$BACKEND"} ${FUNCS:+--filter-func "$FUNCS"} \
		${WITHOUT:+--without "$WITHOUT"} --ready-file "$T/ready" "$@" \
		>"${TRACE_OUT:-$T/out}" 2>"${TRACE_ERR:-$T/err}" &
	TRACE=$!
	set +m
	wait_for "${ATTACH_SECONDS:-60}" ready_or_gone "$T/ready" "$TRACE"
	if [ ! -e "$T/ready" ]; then
		bad "skbtrail did not start: $(head -n 1 "$T/err")"
		return 1
	fi
	[ "$(grep -c 'not shown' "${TRACE_ERR:-$T/err}")" -le 1 ] || bad "what is not shown takes lines"
	look_what_is_used
}

# The backend as the trace says, the transport as the kernel says: types of its maps.
look_what_is_used() {
	USED=$(sed -n 's/^attached to .* (\([a-z-]*\)).*/\1/p' "${TRACE_ERR:-$T/err}")
	case $(sed -n 's/^map_type:[^0-9]*/:/p' "/proc/$TRACE/fdinfo"/* 2>/dev/null | tr -d '\n'): in
	*:27:*) USED="$USED ring" ;;
	*:4:*) USED="$USED perf" ;;
	*) USED="$USED -" ;;
	esac
	# shellcheck disable=SC2254 # a pattern
	case $USED in
	${MUST_USE:-*}) ;;
	*) bad "it uses '$USED', not '$MUST_USE'" ;;
	esac
}

gone() { ! kill -0 "$1" 2>/dev/null; }

# trace_end SECONDS: wait until it has ended by itself; RC is its exit code.
trace_end() {
	if ! wait_for "$1" gone "$TRACE"; then
		bad "skbtrail did not end within $1 s"
		kill -KILL "$TRACE"
	fi
	wait "$TRACE" 2>/dev/null
	RC=$?
	TRACE=
}

trace_stop() {
	[ -n "$TRACE" ] || return
	kill -INT "$TRACE" 2>/dev/null || bad "skbtrail had already ended"
	trace_end 15
	[ "$RC" -eq 0 ] || bad "exit code $RC: $(tail -n 1 "$T/err")"
	tail -n 1 "$T/err" | grep -Eq '[0-9]+ events (printed|recorded), 0 lost, [0-9]+ packets seen$' ||
		bad "no summary, or events were lost: '$(tail -n 1 "$T/err")'"
}

expect() { grep -Eq -- "$1" "$T/out" || bad "no line matches '$1'"; }
expect_not() { ! grep -Eq -- "$1" "$T/out" || bad "a line matches '$1'"; }

# every N RE: field N of all lines but the header.
every() {
	awk -v n="$1" -v re="$2" 'NR > 1 && $n !~ re { bad = 1 } END { exit bad || NR < 2 }' \
		"$T/out" || bad "not every line has '$2' in field $1"
}

# expect_error OPTION...: refused with one clear line (and perhaps a hint), nothing on stdout.
expect_error() {
	# shellcheck disable=SC2086 # words: a case may put a command in front
	timeout 30 $SKBTRAIL ${WITHOUT:+--without "$WITHOUT"} "$@" >"$T/out" 2>"$T/err" </dev/null
	RC=$?
	error_said
}

# What $T/err and RC must look like after a failure.
error_said() {
	[ "$RC" -eq 1 ] || [ "$RC" -eq 2 ] || bad "exit code $RC, expected 1 or 2"
	head -n 1 "$T/err" | grep -q '^skbtrail: .' ||
		bad "the first line on stderr is '$(head -n 1 "$T/err")'"
	tail -n +2 "$T/err" | grep -qv -e '^hint: ' -e '^skbtrail: hint: ' &&
		bad "more than one line and a hint on stderr"
	[ ! -s "$T/out" ] || bad "words on stdout: '$(head -n 1 "$T/out")'"
}

# said WORD: stderr names it.
said() { grep -qF -- "$1" "$T/err" || bad "stderr does not say '$1'"; }

# Hundredths of a second since the machine started.
now_cs() {
	read -r up _ </proc/uptime
	echo "${up%.*}${up#*.}"
}
