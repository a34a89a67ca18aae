#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# usage: sysroot.sh ARCH - download the libraries to link programs for another architecture
#
# Unpacks Debian's development libraries, and the tools for guests of tests/vm, in
# build/sysroot/ARCH. Nothing is installed on this machine. The file `packages` lists the packages.
# Exit code 77, with the reason on stderr: they are not available.
set -u
cd "$(dirname "$0")/.." || exit 1
. tests/apt.sh

arch=$1
top=$PWD/build/sysroot
dir=$top/$arch
packages='libc6-dev libelf-dev libpcap-dev zlib1g-dev
	busybox-static dash bash iproute2 iptables nftables'

# The suite of the cross compiler; for riscv64, Debian has libraries since release 13.
case $arch in
arm64) suites='bookworm bookworm-security' ;;
riscv64) suites='trixie trixie-security' ;;
*) echo "sysroot.sh: no architecture '$arch', expected arm64 or riscv64" >&2; exit 2 ;;
esac

skip() {
	echo "libraries for $arch: $*" >&2
	exit 77
}

# Already built by this version of the scripts?
stamp="$arch $(cat "$0" tests/apt.sh | cksum)"
[ "$stamp" != "$(head -n 1 "$dir/packages" 2>/dev/null)" ] || exit 0

echo "libraries for $arch: downloading from $suites" >&2
# shellcheck disable=SC2086 # words on purpose, here and below
apt_open "$top/apt/$arch" "$arch" $suites || skip "apt has no Debian mirror configured"
log=$APT_DB/log
# An error in one suite does not matter if the others have all packages.
private_apt apt-get update >"$log" 2>&1 || apt_error "$log" >&2
rm -f "$APT_DB/cache/archives"/*.deb
# No package is installed in this database, so this downloads all dependencies as well.
# shellcheck disable=SC2086
private_apt apt-get -y --no-install-recommends --download-only install $packages >"$log" 2>&1 ||
	skip "cannot download the packages: $(apt_error "$log")"

rm -rf "$dir"
mkdir -p "$dir/usr/bin" "$dir/usr/sbin" "$dir/usr/lib" || exit 1
ln -s usr/bin usr/sbin usr/lib "$dir" # as on an installed Debian
for deb in "$APT_DB/cache/archives"/*.deb; do
	dpkg-deb --fsys-tarfile "$deb" | tar -x --keep-directory-symlink -C "$dir" || exit 1
done

# binutils before 2.41 lack R_RISCV_SET_ULEB128, and ld 2.40 crashes on it. Only libc's unwind
# tables use it; a C program that does not cancel threads does not need them.
[ "$arch" != riscv64 ] ||
	llvm-objcopy -R .eh_frame -R .gcc_except_table "$dir/lib/riscv64-linux-gnu/libc.a" || exit 1

for deb in "$APT_DB/cache/archives"/*.deb; do
	basename "$deb" .deb
done | sed "1s/^/$stamp\n/" >"$top/packages.new"
rm -f "$APT_DB/cache/archives"/*.deb
mv "$top/packages.new" "$dir/packages"
