# shellcheck shell=sh disable=SC2034
# SPDX-License-Identifier: GPL-2.0-only
# What measures of a running skbtrail share, for scripts to source in the top directory.
#
#   begin                   must be root; makes the test network (tests/lab.sh) and directory $T
#   stop                    ends skbtrail, whose process the script has put into $pid
#   row WHAT FIGURE UNIT LIMIT   a line of the table; above its limit sets $over; limit "-": none
#   ticks, cpu_ns           CPU time that skbtrail has used
#
# When the script ends, tidy() is called, too: it is the script's.
. tests/lab.sh

B=${B:-build}
skbtrail=$B/skbtrail
over=0 pid=''

cleanup() {
	tidy
	[ -z "$pid" ] || kill "$pid" 2>/dev/null
	lab_down
	rm -rf "$T"
}

die() {
	cat "$T/err" >&2
	echo "${0##*/}: $*" >&2
	exit 1
}

begin() {
	[ "$(id -u)" -eq 0 ] || { echo "${0##*/}: must run as root" >&2; exit 1; }
	T=$(mktemp -d) || exit 1
	trap cleanup EXIT
	trap 'exit 130' INT TERM HUP
	lab_up || die "cannot make the test network"
}

heading() { printf '%-42s %12s %-8s %10s\n' '' figure unit limit; }

row() {
	mark=$(awk -v f="$2" -v l="$4" 'BEGIN { print (l != "-" && f + 0 > l + 0 ? "OVER" : "") }')
	[ -z "$mark" ] || over=1
	printf '%-42s %12s %-8s %10s %s\n' "$1" "$2" "$3" "$4" "$mark"
}

stop() {
	kill "$pid"
	wait "$pid" || die "skbtrail failed"
	pid=''
}

# 100 ticks a second; the process name in field 2 may hold spaces.
ticks() { sed 's/.*) //' "/proc/$pid/stat" | awk '{ print $12 + $13 }'; }
# Of its only busy thread.
cpu_ns() { awk '{ print $1 }' "/proc/$pid/schedstat"; }
