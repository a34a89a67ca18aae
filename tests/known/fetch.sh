#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# usage: fetch.sh - get the kernels of tests/known/kernels, and of each its BTF
#
# Leaves build/known/RELEASE/vmlinux.btf, modules/NAME, others/NAME (modules whose functions are not
# worth their room in the table), and package (its name, version and architecture). What is there already is not fetched again; a kernel that cannot be had is
# named on stderr and left out.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/apt.sh

top=$PWD/build/known
# below drivers/net and net
others='drivers/(wireless|can|hamradio|ieee802154|fddi|wan|arcnet)'
others="$others|net/(bluetooth|nfc|ieee802154|mac802154|can|ax25|netrom|rose|x25|lapb|rxrpc|atm)"

# open_db ARCH: every suite of the list, for that architecture.
open_db() {
	# shellcheck disable=SC2046 # words on purpose
	apt_open "$top/apt/$1" "$1" $(sed -n 's/^suites //p' tests/known/kernels)
}

update() {
	for arch in $(awk '$1 == "kernel" { print $3 }' tests/known/kernels | sort -u); do
		open_db "$arch"
		private_apt apt-get update >"$APT_DB/log" 2>&1 || apt_error "$APT_DB/log" >&2
	done
}

# one NAMES ARCH: the newest image package whose name matches.
one() {
	open_db "$2"
	log=$APT_DB/log
	image=$(private_apt apt-cache pkgnames linux-image- |
		grep -E "^linux-image-$1\$" | sort -V | tail -n 1)
	[ -n "$image" ] || { echo "no package linux-image-$1 for $2" >&2; return 1; }
	release=${image#linux-image-}
	dir=$top/$release
	[ ! -e "$dir/package" ] || return 0
	echo "getting $release" >&2
	rm -rf "$dir"
	mkdir -p "$dir/root" "$dir/deb" || return 1
	# Newer packages have the kernel and the modules beside the image package.
	parts=$(private_apt apt-cache pkgnames linux- | grep -Fx -e "linux-binary-$release" \
		-e "linux-modules-$release" -e "linux-base-$release")
	# shellcheck disable=SC2086 # words on purpose
	(cd "$dir/deb" && private_apt apt-get download "$image" $parts) >"$log" 2>&1 ||
		{ apt_error "$log" >&2; return 1; }
	for deb in "$dir/deb"/*.deb; do
		dpkg-deb -x "$deb" "$dir/root" || return 1
	done
	vmlinuz=$(find "$dir/root" -name 'vmlinuz*' -type f | head -n 1)
	modules=$(find "$dir/root" -path "*/lib/modules/$release/kernel" -type d | head -n 1)
	[ -n "$modules" ] || { echo "$image: no modules" >&2; return 1; }
	# What handles packets; the other thousands would take their time.
	mkdir -p "$dir/ko" "$dir/others"
	mv "$modules/net" "$dir/ko/"
	mv "$modules/drivers/net" "$dir/ko/drivers"
	tests/vm/btf.sh "$vmlinuz" "$dir/ko" "$dir/vmlinux.btf" "$dir/modules" || return 1
	find "$dir/ko" -name '*.ko*' | grep -E "/ko/($others)/" | sed 's|.*/||; s|[.]ko.*||' | tr - _ |
		while read -r name; do
			[ ! -e "$dir/modules/$name" ] || mv "$dir/modules/$name" "$dir/others/"
		done
	dpkg-deb -W --showformat '${Package} ${Version} ${Architecture}\n' \
		"$dir/deb/$image"_*.deb >"$dir/package"
	rm -rf "$dir/root" "$dir/deb" "$dir/ko"
}

update
while read -r what names arch; do
	[ "$what" != kernel ] || one "$names" "$arch"
done <tests/known/kernels
