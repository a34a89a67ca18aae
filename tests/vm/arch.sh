#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# usage: arch.sh SERIES       - the architecture of a kernel, in Debian's word
#        arch.sh -d SERIES    - the directory in build/ of programs for it, with a slash, or nothing
#                               where it is this machine's
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
