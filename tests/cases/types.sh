# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# Cases of types from elsewhere than the running kernel: files, directories, packed ones.

# hide_types PROGRAM: SKBTRAIL becomes PROGRAM where the kernel offers no types; show_types undoes it.
hide_types() {
	mkdir -p "$T/nothing"
	cat >"$T/hidden" <<-EOF
	#!/bin/sh
	mount --bind "$T/nothing" /sys/kernel/btf || exit 9
	exec "$1" "\$@"
	EOF
	chmod +x "$T/hidden"
	SHOWN=$SKBTRAIL SKBTRAIL="busybox unshare -m $T/hidden"
}

show_types() { SKBTRAIL=$SHOWN; }

# same_functions OPTION...: those of the kernel proper, listed as with its own types.
same_functions() {
	[ -s "$T/own_types" ] || "${SHOWN:-$SKBTRAIL}" --list-funcs >"$T/own_types" 2>"$T/err"
	# shellcheck disable=SC2086 # words on purpose
	$SKBTRAIL --list-funcs "$@" >"$T/out" 2>"$T/err" || bad "--list-funcs $* fails: $(cat "$T/err")"
	for f in "$T/own_types" "$T/out"; do
		awk '$2 == "-" { print $1, $3, $4 }' "$f" | sort >"$f.kernel"
	done
	[ "$(wc -l <"$T/out.kernel")" -ge 20 ] || bad "fewer than 20 functions"
	cmp -s "$T/own_types.kernel" "$T/out.kernel" ||
		bad "lists differ: $(diff "$T/own_types.kernel" "$T/out.kernel" | sed -n 2p)"
}

# One file with the types in it, on a kernel that offers none: the same functions, the same trace.
case_btf_packed() {
	local WITHOUT=''
	BACKEND='' FUNCS=$FUNCS_BEST
	cp /sys/kernel/btf/vmlinux "$T/4.4.0-other.btf"
	"$SKBTRAIL" --btf-pack "$T/packed" "$T/4.4.0-other.btf" /sys/kernel/btf/vmlinux \
		>"$T/out" 2>"$T/err" || { bad "--btf-pack fails: $(cat "$T/err")"; return; }
	added=$(($(wc -c <"$T/packed") - $(wc -c <"$SKBTRAIL")))
	echo "  $(wc -c </sys/kernel/btf/vmlinux) bytes packed into $((added / 2))"
	[ $added -lt 200000 ] || bad "two kernels take $added bytes"
	hide_types "$T/packed"
	# shellcheck disable=SC2086
	$SKBTRAIL --check >"$T/out" 2>"$T/err"
	grep -qF "packed with skbtrail ($(uname -r), 1 of 2): " "$T/out" ||
		bad "--check does not say that packed types are used"
	expect '[-][-]  from-kernel'
	same_functions
	if trace_start "udp port 5000"; then
		udp_client "$SERVER" 5000 1
		trace_stop
		expect "$SERVER:5000\\(udp\\) +$SEND_BEST\$"
		expect "$SERVER:5000\\(udp\\) +$RECV_BEST\$"
	fi
	show_types
}

# The layout of archives of BTF; what is there for others is passed over.
case_btf_directory() {
	local WITHOUT=''
	mkdir -p "$T/btf/some/12/$(uname -m)"
	cp /sys/kernel/btf/vmlinux "$T/btf/some/12/$(uname -m)/$(uname -r).btf"
	: >"$T/btf/some/12/$(uname -m)/4.4.0-other.btf"
	same_functions --kernel-btf "$T/btf"
	hide_types "$SKBTRAIL"
	same_functions --kernel-btf "$T/btf"
	show_types
}

case_error_btf_other_kernel() {
	local WITHOUT=''
	cp /sys/kernel/btf/vmlinux "$T/4.4.0-other.btf"
	expect_error --kernel-btf "$T/4.4.0-other.btf" --filter-func 'ip_.*'
	said "is for Linux 4.4.0-other, this is Linux $(uname -r)"
	same_functions --kernel-btf "$T/4.4.0-other.btf" --kernel-btf-force
	said warning
	mkdir -p "$T/none"
	: >"$T/none/$(uname -r).btf.tar.xz"
	expect_error --kernel-btf "$T/none" --filter-func 'ip_.*'
	said "'$(uname -r).btf'"
	said "unpack"
}

case_error_btf_pack() {
	local WITHOUT=''
	cp /sys/kernel/btf/vmlinux "$T/types.btf"
	expect_error --btf-pack "$T/packed"
	said "no FILE"
	expect_error --btf-pack "$T/packed" "$T/types.btf"
	said "$T/types.btf"
	expect_error --btf-pack "$SKBTRAIL" /sys/kernel/btf/vmlinux
	said "$SKBTRAIL"
	mkdir -p "$T/small"
	mount -t tmpfs -o size=64k small "$T/small" || { missing "tmpfs"; return; }
	expect_error --btf-pack "$T/small/packed" /sys/kernel/btf/vmlinux
	said "$T/small/packed"
	[ -z "$(ls "$T/small")" ] || bad "a part of the file stays: $(ls "$T/small")"
	umount "$T/small"
}

# Cut off, or with a bit flipped: one clear line, on a kernel that has no other types.
case_error_btf_pack_damaged() {
	local WITHOUT=''
	"$SKBTRAIL" -q --btf-pack "$T/packed" /sys/kernel/btf/vmlinux || bad "--btf-pack fails"
	whole=$(wc -c <"$T/packed")
	own=$(wc -c <"$SKBTRAIL")
	for at in $((own + 100)) $((whole - 60)) $((whole - 5)); do
		head -c "$at" "$T/packed" >"$T/cut"
		{ cat "$T/cut"; printf '\252'; tail -c +$((at + 2)) "$T/packed"; } >"$T/flipped"
		for f in cut flipped; do
			chmod +x "$T/$f"
			hide_types "$T/$f"
			# shellcheck disable=SC2086
			$SKBTRAIL udp >"$T/out" 2>"$T/err" </dev/null
			RC=$?
			error_said
			said damaged
			show_types
		done
	done
	"$T/cut" --list-funcs >"$T/out" 2>"$T/err" || bad "the kernel's own types are not used"
}
