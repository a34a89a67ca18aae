#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# usage: readme.sh STRIPPED NATIVE EMULATED - write measured figures into README.md's table of costs
#
# STRIPPED is the stripped program; NATIVE and EMULATED are outputs of quick.sh, on this machine and
# in a virtual machine. Figures whose file is missing stay as they are.
set -eu
cd "$(dirname "$0")/../.."

tmp=$(mktemp)
trap 'rm -f "$tmp"' EXIT

awk -F ' *[|] *' -v size="$(wc -c <"$1")" -v native="$2" -v emulated="$3" '
	# "1234567" as "1,234,567".
	function grouped(n) {
		return n < 1000 ? n : grouped(int(n / 1000)) sprintf(",%03d", n % 1000)
	}
	# Into figure[column, row]; the first line is "Linux RELEASE, BACKEND".
	function read_results(file, column, note,    line, words) {
		while ((getline line <file) > 0) {
			split(line, words, " +")
			if (match(line, /^Linux [0-9]+\.[0-9]+/))
				figure[column, ""] = substr(line, 7, RLENGTH - 6) ", " words[3] note
			else if (line ~ /^CPU while idle/)
				figure[column, "CPU while idle"] = sprintf("%.1f %%", words[4] / 10)
			else if (line ~ /^peak memory/)
				figure[column, "peak resident memory"] = sprintf("%.1f MiB", words[3] / 1024)
			else if (line ~ /^a hit that/ && !note)
				figure[column, "a probe hit by a packet that does not match"] = \
					sprintf("%.1f us", words[7] / 1000)
			else if (line ~ /^lost of/)
				figure[column, "events lost in a burst of 100,000"] = words[8]
		}
	}
	BEGIN {
		figure[5, "executable, stripped"] = grouped(size)
		read_results(native, 5, "")
		read_results(emulated, 4, ", emulated")
	}
	/^\| \| limit \|/ { in_table = 1 }
	/^$/ { in_table = 0 }
	in_table && !/^\|---/ {
		for (i = 4; i <= 5; i++)
			if ((i, $2) in figure)
				$i = figure[i, $2]
		line = "|"
		for (i = 2; i <= 5; i++)
			line = line ($i == "" ? "" : " " $i) " |"
		print line
		next
	}
	{ print }' README.md >"$tmp"
cat "$tmp" >README.md
