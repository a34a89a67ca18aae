#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# usage: fetch.sh SERIES - download Debian's newest cloud kernel of a series (see kernels), or copy
#                          a kernel built by hand
#
# Without a cloud kernel for the architecture it takes the plain one. Creates release, vmlinuz and
# root/lib/modules/RELEASE in build/vm/SERIES. Exit code 77, with the reason on stderr: no such
# kernel or no network.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/apt.sh

series=$1
top=$PWD/${VM_DIR:-build/vm}
dir=$top/$series
cache=$top/cache

skip() {
	echo "kernel $series: $*" >&2
	exit 77
}

arch=$(tests/vm/arch.sh "$series") || exit
# shellcheck disable=SC2046 # two words
set -- $(awk -v s="$series" '$1 == s { print $2, $3 }' tests/vm/kernels)
names=$1 suites=$2

# built_by_hand DIR: use the kernel in DIR, which has no modules.
built_by_hand() {
	[ -e "$1/vmlinuz" ] || skip "no $1/vmlinuz (\$SKBTRAIL_KERNELS names another directory)"
	mkdir -p "$dir" || exit 1
	cmp -s "$1/vmlinuz" "$dir/vmlinuz" || cp "$1/vmlinuz" "$dir/vmlinuz" || exit 1
	cp "$1/version" "$dir/release" || exit 1
	exit 0
}

# Look for a newer kernel once a day; keep the old one if that fails.
fresh() { [ -n "$(find "$dir/release" -mtime -1 2>/dev/null)" ]; }
give_up() {
	[ -e "$dir/release" ] || skip "$@"
	echo "kernel $series: $*; using $(cat "$dir/release") from the cache" >&2
	exit 0
}

# images FLAVOUR: image packages, newest first.
images() {
	private_apt apt-cache pkgnames linux-image- |
		grep -E "^linux-image-${names}[^-]*(-[0-9]+)?$1-$arch\$" | sort -rV
}

# Newer releases split kernel and modules from the image package.
download() {
	parts=$(private_apt apt-cache pkgnames linux- |
		grep -Fx -e "linux-binary-$1" -e "linux-modules-$1" -e "linux-base-$1")
	rm -rf "${cache:?}/$series"
	mkdir -p "$cache/$series" || exit 1
	echo "kernel $series: downloading $1" >&2
	# shellcheck disable=SC2086 # words on purpose
	(cd "$cache/$series" && private_apt apt-get download "linux-image-$1" $parts) >"$log" 2>&1
}

[ "$names" != - ] || built_by_hand "${SKBTRAIL_KERNELS:-../shared/kernels}/$series"
fresh && exit 0
mkdir -p "$cache" "$dir" || exit 1
# shellcheck disable=SC2046 # words on purpose
apt_open "$top/apt/$series" "$arch" $(echo "$suites" | tr , ' ') ||
	give_up "apt has no Debian mirror configured"
log=$APT_DB/log
if ! private_apt apt-get update >"$log" 2>&1; then
	[ ! -e "$dir/release" ] || give_up "cannot read the suites $suites: $(apt_error "$log")"
	apt_error "$log" >&2 # another suite may have it
fi

list=$(images -cloud)
list=${list:-$(images '')}
[ -n "$list" ] || give_up "no linux-image for $arch in $suites: $(apt_error "$log")"
# A mirror may list packages that it no longer has: then try the next older one.
for image in $list; do
	release=${image#linux-image-}
	if [ "$release" = "$(cat "$dir/release" 2>/dev/null)" ]; then
		touch "$dir/release"
		exit 0
	fi
	! download "$release" || break
	echo "kernel $series: cannot download it: $(apt_error "$log")" >&2
	release=
done
[ -n "$release" ] || give_up "cannot download $image or any newer one"
rm -rf "$dir"
mkdir -p "$dir/root" || exit 1
for deb in "$cache/$series"/*.deb; do
	dpkg-deb -x "$deb" "$dir/root" || exit 1
done
for kernel in "$dir"/root/boot/vmlinu[xz]-"$release" \
	"$dir"/root/usr/lib/modules/"$release"/vmlinu[xz]; do
	[ ! -e "$kernel" ] || mv "$kernel" "$dir/vmlinuz" || exit 1
done
[ -e "$dir/vmlinuz" ] || { echo "kernel $series: no kernel in $image" >&2; exit 1; }
[ -d "$dir/root/lib" ] || ln -s usr/lib "$dir/root/lib"
rm -rf "${cache:?}/$series" "$dir/root/usr/share" "$dir/root/boot"
depmod -b "$dir/root" "$release" 2>"$log" || { cat "$log" >&2; exit 1; }
echo "$release" >"$dir/release"
