#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Every include of a room must be of a room below it, and every header must compile alone.
set -u
cd "$(dirname "$0")/.." || exit 1
bad=0

# The rooms that FILE's room may include, as a pattern of include paths.
allowed() {
	case $1 in
	base/*) echo 'base/' ;;
	btf/*) echo 'btf/|base/' ;;
	filter/*) echo 'filter/|base/|btf/|progs/trail_abi\.h' ;;
	progs/*) echo 'progs/' ;;
	loader/kern/*) echo 'loader/kern/|base/' ;;
	loader/obj/*) echo 'loader/obj/|loader/kern/|btf/|base/' ;;
	loader/attach/*) echo 'loader/attach/|loader/kern/|btf/|base/' ;;
	loader/measure/*) echo 'loader/(measure|attach|obj|kern)/|btf/|base/|progs/sample_abi\.h' ;;
	output/*) echo 'output/|loader/kern/|base/|progs/trail_abi\.h' ;;
	loader/*) echo 'loader/|output/|filter/|btf/|base/|progs/trail_abi\.h' ;;
	esac
}

for file in $(git ls-files '*.c' '*.h' | grep -v '^tests/'); do
	wrong=$(grep -nE '^#include "' "$file" | grep -vE "#include \"($(allowed "$file"))")
	[ -z "$wrong" ] || { echo "$file: not of a room below: $wrong"; bad=1; }
done

for header in $(git ls-files '*.h' | grep -vE '^(progs/|tests/)'); do
	echo "#include \"$header\"" |
		${CC:-gcc} -std=gnu11 -D_GNU_SOURCE -I. -Wall -Werror -fsyntax-only -x c - ||
		{ echo "$header: does not compile alone"; bad=1; }
done

[ $bad -eq 0 ] && echo "layers: fine"
exit $bad
