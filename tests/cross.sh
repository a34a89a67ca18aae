#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# usage: cross.sh - cross-compile the programs for guests of other architectures
#
# Installs compilers and libraries if needed. Prints a line "TEST ARCH ok|FAIL reason|SKIP reason"
# per architecture: SKIP if compiler or libraries are not available, FAIL if the build fails.
set -u
cd "$(dirname "$0")/.." || exit 1
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT

# The last line of the log that is not from make itself.
reason() { grep -v '^make' "$log" | tail -n 1; }

one() {
	if ! make --no-print-directory "deps-$1" >"$log" 2>&1; then
		rm -f "build/$1/skbtrail" # from an earlier run
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
