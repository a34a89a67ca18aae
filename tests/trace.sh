# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Building blocks of test cases: run skbtrail while there is traffic, check its output, report.
# For scripts to source after lab.sh.
#
# A case is a function. It calls bad (directly or through an expectation) when something is
# wrong, or missing/skip when it cannot run; the first reason is the one reported.
#
#   trace_start OPTION...   start skbtrail in the background and wait until it has attached. Output
#                           goes to $T/out and $T/err. Uses $BACKEND, traces only $FUNCS, and
#                           disables the features in $WITHOUT. Sets $USED to backend and
#                           transport, "kprobe ring", which must match $MUST_USE if that is set.
#   trace_stop              stop it with SIGINT and check the summary
#   expect, expect_not RE   $T/out must (not) have a matching line
#   run_case NAME FUNCTION  print "TEST NAME ok", "TEST NAME FAIL reason" or "... SKIP reason"

TRACE=
NR_FAILED=0

# The first fault is told, with what was printed then.
bad() {
	[ -n "$why" ] && return
	why=$*
	tail -n "${SHOW_LINES:-8}" "$T/out" | cut -c 1-600 | sed 's/^/  | /' >"$T/shown"
	tail -n 4 "$T/err" | sed 's/^/  ! /' >>"$T/shown"
}
skip() { [ -n "$skip" ] || skip=$*; }
# In a guest tests/vm/kernels defines what must be there: a missing feature is a failure.
missing() { if [ -n "${MUST_HAVE-}" ]; then bad "missing: $*"; else skip "$*"; fi; }

# excluded CASE: why tests/vm/excluded excludes it on this kernel; empty if it does not.
excluded() {
	[ -n "${SERIES-}" ] || return 0
	awk -v s="$SERIES" -v c="$1" '
		/^[^#]/ && s ~ "^(" $1 ")$" && c ~ "^(" $2 ")$" {
			sub(/^[^ ]+ +[^ ]+ +/, "")
			print
			exit
		}' tests/vm/excluded
}

attempt() {
	why='' skip=''
	: >"$T/out"
	: >"$T/err"
	"$1"
	[ -z "$TRACE" ] || { kill -KILL "$TRACE" && wait "$TRACE"; TRACE=; } 2>/dev/null
}

# With RETRY a case that fails gets a second attempt, which is said: for machines that are too busy.
run_case() {
	local began=$SECONDS first
	skip=$(excluded "$1")
	[ -z "$skip" ] || { echo "TEST $1 SKIP $skip"; return; }
	attempt "$2"
	if [ -n "$why" ] && [ -n "${RETRY-}" ]; then
		first=$why
		cp "$T/shown" "$T/shown.first"
		attempt "$2"
		echo "AGAIN $1: $first"
		cat "$T/shown.first"
	fi
	if [ -n "$why" ]; then
		echo "TEST $1 FAIL $why"
		NR_FAILED=$((NR_FAILED + 1))
		cat "$T/shown"
	elif [ -n "$skip" ]; then
		echo "TEST $1 SKIP $skip"
	else
		echo "TEST $1 ok"
	fi
	echo "TOOK $((SECONDS - began)) s: $1"
}

trace_start() {
	rm -f "$T/ready"
	# Job control, because without it background processes ignore SIGINT.
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
	check_used
}

# The backend is taken from skbtrail's messages, the transport from the types of its maps.
check_used() {
	USED=$(sed -n 's/^attached to .* (\([a-z-]*\)).*/\1/p' "${TRACE_ERR:-$T/err}")
	case $(sed -n 's/^map_type:[^0-9]*/:/p' "/proc/$TRACE/fdinfo"/* 2>/dev/null | tr -d '\n'): in
	*:27:*) USED="$USED ring" ;;
	*:4:*) USED="$USED perf" ;;
	*) USED="$USED -" ;;
	esac
	# shellcheck disable=SC2254 # a pattern
	case $USED in
	${MUST_USE:-*}) ;;
	*) bad "uses '$USED', expected '$MUST_USE'" ;;
	esac
}

gone() { ! kill -0 "$1" 2>/dev/null; }

# trace_end SECONDS: wait until skbtrail exits by itself; sets RC to its exit code.
trace_end() {
	if ! wait_for "$1" gone "$TRACE"; then
		bad "skbtrail did not exit within $1 s"
		kill -KILL "$TRACE"
	fi
	wait "$TRACE" 2>/dev/null
	RC=$?
	TRACE=
}

trace_stop() {
	[ -n "$TRACE" ] || return
	kill -INT "$TRACE" 2>/dev/null || bad "skbtrail had already exited"
	trace_end 15
	[ "$RC" -eq 0 ] || bad "exit code $RC: $(tail -n 1 "$T/err")"
	tail -n 1 "$T/err" | grep -Eq '[0-9]+ events? (printed|recorded|counted|written|told), 0 lost, [0-9]+ packets? seen(; .*)?$' ||
		bad "no summary, or lost events: '$(tail -n 1 "$T/err")'"
}

expect() { grep -Eq -- "$1" "$T/out" || bad "no line matches '$1'"; }
expect_not() { ! grep -Eq -- "$1" "$T/out" || bad "a line matches '$1'"; }

# every N RE: field N of every line but the header must match.
every() {
	awk -v n="$1" -v re="$2" 'NR > 1 && $n !~ re { bad = 1 } END { exit bad || NR < 2 }' \
		"$T/out" || bad "not every line has '$2' in field $1"
}

# expect_error OPTION...: skbtrail must fail with one line (and maybe a hint) and empty stdout.
expect_error() {
	# shellcheck disable=SC2086 # words: a case may put a command in front
	timeout 30 $SKBTRAIL ${WITHOUT:+--without "$WITHOUT"} "$@" >"$T/out" 2>"$T/err" </dev/null
	RC=$?
	error_said
}

# Check $T/err, $T/out and RC after a failure.
error_said() {
	[ "$RC" -eq 1 ] || [ "$RC" -eq 2 ] || bad "exit code $RC, expected 1 or 2"
	head -n 1 "$T/err" | grep -q '^skbtrail: .' ||
		bad "the first line on stderr is '$(head -n 1 "$T/err")'"
	tail -n +2 "$T/err" | grep -qv -e '^hint: ' -e '^skbtrail: hint: ' &&
		bad "more than one line and a hint on stderr"
	[ ! -s "$T/out" ] || bad "output on stdout: '$(head -n 1 "$T/out")'"
}

# said TEXT: stderr must contain it.
said() {
	grep -qF -- "$1" "$T/err" ||
		bad "stderr does not contain '$1', but '$(head -n 1 "$T/err")'"
}

# Uptime in hundredths of a second.
now_cs() {
	read -r up _ </proc/uptime
	echo "${up%.*}${up#*.}"
}
