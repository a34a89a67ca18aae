#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Checks that every include refers to the same room or to one below it, that headers compile alone,
# and that modules (NAME.c with NAME.h) do not include each other in circles.
set -u
cd "$(dirname "$0")/.." || exit 1
bad=0

# allowed FILE: the include paths that FILE's room may use, as a regular expression. All rooms of
# lower floors are allowed, on the same floor only those listed here (see docs/architecture.md).
floor1='base/|progs/[a-z_]*abi\.h'
floor2="$floor1|kern/|btf/"
floor3="$floor2|output/|filter/"
floor4="$floor3|loader/"
floor5="$floor4|types/"
floor6="$floor5|names/|cli/|netfilter/|routing/|explain/|story/"
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
	netfilter/*) echo "$floor1|kern/|netfilter/" ;;
	routing/*) echo "$floor1|kern/|routing/" ;;
	explain/*) echo "$floor5|netfilter/|routing/|explain/" ;;
	story/*) echo "$floor3|explain/|story/" ;;
	cli/*) echo "$floor5|cli/" ;;
	trace/*) echo "$floor6|trace/" ;;
	*) echo 'no room' ;;
	esac
}

sources() { git ls-files "$@" | grep -v '^tests/'; }

for file in $(sources '*.c' '*.h'); do
	wrong=$(grep -nE '^#include "' "$file" | grep -vE "#include \"($(allowed "$file"))")
	[ -z "$wrong" ] || { echo "$file: may not include this: $wrong"; bad=1; }
done

for header in $(sources '*.h' | grep -v '^progs/'); do
	echo "#include \"$header\"" |
		${CC:-gcc} -std=gnu11 -D_GNU_SOURCE -I. -Wall -Werror -fsyntax-only -x c - ||
		{ echo "$header: does not compile alone"; bad=1; }
done

# tsort(1) gets edges "NAME NAME" of modules, and reports the modules of each circle.
circles=$(sources '*.c' '*.h' | xargs grep -H '^#include "' |
	sed -E 's/\.[ch]:#include "/ /; s/\.h".*//' | awk '$1 != $2' | tsort 2>&1 >/dev/null |
	sed 's/^tsort: //')
[ -z "$circles" ] || { echo "modules include each other in circles: $circles"; bad=1; }

[ $bad -eq 0 ] && echo "layers: ok"
exit $bad
