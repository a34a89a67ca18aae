#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# usage: system.sh PROGRAM - build with this system's libraries, static and dynamic: the same output?
#
# As that of PROGRAM, linked with musl. Prints lines "TEST name ok|FAIL reason|SKIP reason".
set -u
cd "$(dirname "$0")/.." || exit 1

musl=$1
T=$(mktemp -d) || exit 1
trap 'rm -rf "$T"' EXIT
trap 'exit 130' INT TERM HUP

build() { make --no-print-directory -j"$(nproc)" LIBC=system "$@" >"$T/log" 2>&1; }

# same NAME PROGRAM WORD...: exit code, stdout and stderr are those of the musl build.
same() {
	local name=$1 program=$2
	shift 2
	"$musl" "$@" >"$T/musl" 2>&1
	echo "exit code $?" >>"$T/musl"
	"$program" "$@" >"$T/system" 2>&1
	echo "exit code $?" >>"$T/system"
	cmp -s "$T/musl" "$T/system" && return
	reasons="$reasons; $name differs"
	diff "$T/musl" "$T/system" | head -n 10 | cut -c 1-200
}

# one NAME DYNAMIC PROGRAM VARIABLE...
one() {
	local name=$1 dynamic=$2 program=$3
	shift 3
	reasons=
	if ! build "$@" all; then
		sed 's/^/  | /' "$T/log"
		reasons='; does not build'
	elif grep -n -i -E 'warning:|note:' "$T/log"; then
		reasons='; the build is not silent'
	else
		[ "$(readelf -lW "$program" | grep -c 'program interpreter')" = "$dynamic" ] ||
			reasons='; is linked the other way'
		same --version "$program" --version
		same 'the replay' "$program" --replay "$T/record"
		same 'the replay in JSON' "$program" --replay "$T/record" --output-json
		[ "$(id -u)" -ne 0 ] || same --list-funcs "$program" --list-funcs
	fi
	if [ -z "$reasons" ]; then echo "TEST $name ok"; else echo "TEST $name FAIL ${reasons#; }"; fi
}

if ! build build/system/make-record || ! build/system/make-record all >"$T/record"; then
	sed 's/^/  | /' "$T/log"
	echo "TEST record FAIL cannot make a record"
	exit 1
fi
one static 0 build/system/skbtrail
one dynamic 1 build/system-dynamic/skbtrail STATIC=
