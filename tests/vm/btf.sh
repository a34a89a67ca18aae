#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# usage: btf.sh SERIES                         - extract the BTF of a kernel from fetch.sh, to
#                                                build/vm/SERIES/RELEASE.btf and btf/MODULE
#        btf.sh VMLINUZ MODULES KERNEL.btf DIR - extract it from a kernel image and the modules in
#                                                the directory MODULES, to KERNEL.btf and DIR/MODULE
#
# Does nothing if KERNEL.btf is newer than the image. Before 5.11 modules have no BTF, and DIR is
# empty.
set -u
exec 3>&2

objcopy=${OBJCOPY:-llvm-objcopy} # supports all architectures

if [ $# -eq 1 ]; then
	vm=$(cd "$(dirname "$0")/../.." && pwd)/${VM_DIR:-build/vm}
	"$(dirname "$0")/fetch.sh" "$1" || exit
	if [ ! -d "$vm/$1/root" ]; then
		echo "kernel $1: built without types" >&2
		exit 77
	fi
	release=$(cat "$vm/$1/release")
	set -- "$vm/$1/vmlinuz" "$vm/$1/root/lib/modules/$release/" "$vm/$1/$release.btf" \
		"$vm/$1/btf"
fi
[ $# -eq 4 ] || { echo "usage: btf.sh SERIES | VMLINUZ MODULES KERNEL.btf DIR" >&2; exit 2; }
image=$1 modules=$2 btf=$3 dir=$4
[ ! "$btf" -nt "$image" ] || exit 0
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM

# number OFFSET BYTES: a little-endian number in the image
number() { od -An -t "u$2" -j "$1" -N "$2" "$image" | tr -d ' '; }
magic() { od -An -t x1 -j "$2" -N "$3" "$1" | tr -d ' \n'; }

# unpack FILE: decompress it, by magic number. zstd and lz4 kernels have four extra bytes at the
# end.
unpack() {
	case $(magic "$1" 0 4) in
	1f8b*) needs gzip && gzip -dc "$1" ;;
	fd377a58) needs xz && xz -dc --single-stream "$1" ;;
	28b52ffd) needs zstd && head -c -4 "$1" | zstd -qdc ;;
	02214c18) needs lz4 && head -c -4 "$1" | lz4 -qdc ;;
	*) cat "$1" ;;
	esac 2>/dev/null
}

needs() {
	command -v "$1" >/dev/null || { echo "$image: unpacking it takes $1" >&3; return 1; }
}

# The ELF file in a bzImage (Documentation/arch/x86/boot.rst), or in the image itself.
vmlinux() {
	if [ "$(magic "$image" 514 4)" = 48647253 ]; then
		from=$((($(number 497 1) + 1) * 512 + $(number 584 4)))
		tail -c +$((from + 1)) "$image" | head -c "$(number 588 4)" >"$tmp/packed"
	else
		cp "$image" "$tmp/packed"
	fi
	unpack "$tmp/packed" >"$tmp/vmlinux"
}

# In an image that is not an ELF file (arm64) search for BTF: a header with version 1, no flags,
# size 24 and type offset 0. The largest one is that of vmlinux.
raw_btf() {
	LC_ALL=C grep -obUaP '\x9f\xeb\x01\x00\x18\x00\x00\x00\x00\x00\x00\x00' "$tmp/vmlinux" |
		cut -d: -f1 | while read -r at; do
		# shellcheck disable=SC2046 # words: offset of the strings and their length
		set -- $(od -An -t u4 -j $((at + 16)) -N 8 "$tmp/vmlinux")
		echo "$((24 + $1 + $2)) $at"
	done | sort -n | tail -n 1 | while read -r sz at; do
		tail -c +$((at + 1)) "$tmp/vmlinux" | head -c "$sz"
	done
}

kernel_btf() {
	vmlinux
	if [ "$(magic "$tmp/vmlinux" 0 4)" = 7f454c46 ]; then
		"$objcopy" --dump-section ".BTF=$tmp/btf" "$tmp/vmlinux" /dev/null 2>/dev/null
	else
		raw_btf >"$tmp/btf"
	fi
	[ -s "$tmp/btf" ] || { echo "$image: no BTF found" >&2; exit 1; }
}

# Decompress all modules at once, which is faster than one process per module.
module_btfs() {
	mkdir -p "$tmp/ko" "$tmp/modules"
	find "$modules" -name '*.ko*' -exec cp -t "$tmp/ko" {} +
	find "$tmp/ko" -name '*.xz' -exec xz -dq {} +
	find "$tmp/ko" -name '*.zst' -exec zstd -dq --rm {} +
	find "$tmp/ko" -name '*.gz' -exec gzip -d {} +
	for ko in "$tmp/ko"/*.ko; do
		name=$(basename "$ko" .ko | tr - _)
		"$objcopy" --dump-section ".BTF=$tmp/modules/$name" "$ko" /dev/null 2>/dev/null
	done
}

kernel_btf
module_btfs
rm -rf "$dir"
mkdir -p "$dir" && cp -r "$tmp/modules/." "$dir" && cp "$tmp/btf" "$btf"
