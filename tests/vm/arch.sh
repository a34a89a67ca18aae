#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# usage: arch.sh SERIES       - print Debian's name of a kernel's architecture
#        arch.sh -d SERIES    - print the directory in build/ with programs for it, with a trailing
#                               slash; nothing if it is this machine's architecture
set -u
directory=
[ "$1" != -d ] || { directory=1; shift; }
arch=$(awk -v s="$1" '$1 == s { print $6 ? $6 : "amd64" }' "$(dirname "$0")/kernels")
[ -n "$arch" ] || { echo "no kernel '$1' in tests/vm/kernels" >&2; exit 2; }
if [ -z "$directory" ]; then
	echo "$arch"
elif [ "$arch" != "$(dpkg --print-architecture)" ]; then
	echo "$arch/"
fi
