#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Every include must point to the same room or to one below it, headers must compile alone, and
# modules (NAME.c with NAME.h) must not include each other in circles.
set -u
cd "$(dirname "$0")/.." || exit 1
bad=0

# The rooms that FILE's room may include, as a pattern of include paths; those of a floor below are all
# allowed, on its own floor only what is named (the table in docs/architecture.md).
floor1='base/|progs/[a-z_]*abi\.h'
floor2="$floor1|kern/|btf/"
floor3="$floor2|output/|filter/"
floor4="$floor3|loader/"
floor5="$floor4|types/"
floor6="$floor5|names/|cli/"
allowed() {
	case $1 in
	base/*) echo 'base/' ;;
	progs/*) echo 'progs/' ;;
	kern/*) echo "$floor1|kern/" ;;
	btf/*) echo "$floor1|btf/" ;;
	output/files/*) echo "$floor2|output/" ;;
	output/ring/*) echo "$floor2|output/[a-z_]*\.h|output/ring/" ;;
	output/*) echo "$floor2|output/[a-z_]*\.h" ;;
	filter/expr/*) echo "$floor2|filter/expr/" ;;
	filter/*) echo "$floor2|filter/[a-z_]*\.h" ;;
	loader/object/*) echo "$floor2|loader/object/" ;;
	loader/attach/*) echo "$floor2|loader/attach/" ;;
	loader/*) echo "$floor3|loader/" ;;
	types/measure/*) echo "$floor4|types/measure/" ;;
	types/*) echo "$floor4|types/" ;;
	names/*) echo "$floor5|names/" ;;
	cli/*) echo "$floor5|cli/" ;;
	trace/*) echo "$floor6|trace/" ;;
	*) echo 'no room' ;;
	esac
}

sources() { git ls-files "$@" | grep -v '^tests/'; }

for file in $(sources '*.c' '*.h'); do
	wrong=$(grep -nE '^#include "' "$file" | grep -vE "#include \"($(allowed "$file"))")
	[ -z "$wrong" ] || { echo "$file: includes what is not below its room: $wrong"; bad=1; }
done

for header in $(sources '*.h' | grep -v '^progs/'); do
	echo "#include \"$header\"" |
		${CC:-gcc} -std=gnu11 -D_GNU_SOURCE -I. -Wall -Werror -fsyntax-only -x c - ||
		{ echo "$header: does not compile alone"; bad=1; }
done

# Edges "NAME NAME" of modules; tsort(1) names the modules of each circle.
circles=$(sources '*.c' '*.h' | xargs grep -H '^#include "' |
	sed -E 's/\.[ch]:#include "/ /; s/\.h".*//' | awk '$1 != $2' | tsort 2>&1 >/dev/null |
	sed 's/^tsort: //')
[ -z "$circles" ] || { echo "modules include each other in circles: $circles"; bad=1; }

[ $bad -eq 0 ] && echo "layers: fine"
exit $bad
