#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# usage: cross.sh - build what guests of other architectures need
#
# Gets compilers and libraries if need be. Prints a line "TEST ARCH ok|FAIL reason|SKIP reason" for
# each; what cannot be had is a SKIP, what does not build is a FAIL.
set -u
cd "$(dirname "$0")/.." || exit 1
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT

# The last words that are not make's own.
reason() { grep -v '^make' "$log" | tail -n 1; }

one() {
	if ! make --no-print-directory "deps-$1" >"$log" 2>&1; then
		rm -f "build/$1/skbtrail" # of another day
		echo "TEST $1 SKIP $(reason)"
	elif ! make --no-print-directory -j"$(nproc)" "ARCH=$1" all "build/$1/burst" >"$log" 2>&1; then
		rm -f "build/$1/skbtrail"
		sed 's/^/  | /' "$log"
		echo "TEST $1 FAIL does not build: $(grep -m1 -e 'error:' -e undefined "$log" || reason)"
	elif readelf -lW "build/$1/skbtrail" | grep -q 'program interpreter'; then
		echo "TEST $1 FAIL is not static"
	else
		readelf -hW "build/$1/skbtrail" | grep -e 'Machine:'
		echo "TEST $1 ok"
	fi
}

one arm64
one riscv64
