#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# usage: image.sh SERIES - build build/vm/SERIES/base.cpio.gz, the guest without the tests
#
# busybox, this machine's ip, iptables and nft with their libraries, and those kernel modules
# that the tests need, decompressed (emulated CPUs are slow at that).
set -eu
cd "$(dirname "$0")/../.."

dir=$PWD/${VM_DIR:-build/vm}/$1
release=$(cat "$dir/release")
stage=$dir/stage
image=$dir/base.cpio.gz
tools='ip iptables-legacy iptables-nft ip6tables-legacy ip6tables-nft nft'
modules='veth 8021q dummy bridge vxlan tun af_packet sch_netem sch_ingress cls_bpf
	ip_tables iptable_filter iptable_nat iptable_mangle iptable_raw ip6_tables ip6table_filter
	ipt_REJECT xt_tcpudp xt_mark xt_MASQUERADE xt_nat xt_conntrack xt_comment xt_state
	nf_tables nft_compat nft_ct nft_chain_nat nft_nat nft_masq nft_reject_ipv4 nft_reject_inet
	nft_counter nf_conntrack virtio_pci virtio_net'

# Built for this release with these scripts and tools already?
stamp="$release $(cat "$0" tests/vm/init | cksum)"
[ "$stamp" != "$(cat "$dir/stamp" 2>/dev/null)" ] || [ ! -e "$image" ] || exit 0

# put FILE AS: copy a program, with the shared libraries that it needs.
put() {
	install -D "$(readlink -f "$1")" "$stage$2"
	for lib in $(ldd "$1" 2>/dev/null | grep -o '/[^ ]*'); do
		[ -e "$stage$lib" ] || install -D "$lib" "$stage$lib"
	done
}

copy_tools() {
	PATH=$PATH:/usr/sbin:/sbin
	for t in $tools; do
		put "$(command -v "$t")" "/tools/$t"
	done
	plugins=$(dirname "$(dpkg -L iptables | grep -m1 '/libxt_')")
	mkdir -p "$stage$plugins"
	cp -a "$plugins"/*.so "$stage$plugins"
}

copy_modules() {
	from=$dir/root/lib/modules/$release
	to=$stage/lib/modules/$release
	mkdir -p "$to"
	cp "$from/modules.builtin" "$from/modules.order" "$to"
	for m in $modules; do
		# Some are built in, and some an old or a new kernel does not have.
		modprobe -d "$dir/root" -S "$release" --show-depends "$m" 2>/dev/null || true
	done | sed -n 's/^insmod \([^ ]*\).*/\1/p' | sort -u | while read -r ko; do
		plain=$to/$(basename "${ko%.ko*}").ko
		case $ko in
		*.xz) xz -dc "$ko" >"$plain" ;;
		*.zst) zstd -qdc "$ko" >"$plain" ;;
		*.gz) gzip -dc "$ko" >"$plain" ;;
		*) cp "$ko" "$plain" ;;
		esac
	done
	echo "$modules" | tr -s ' \t\n' '\n' >"$stage/etc/modules"
	depmod -b "$stage" "$release" 2>/dev/null
}

rm -rf "$stage" "$dir/stamp"
mkdir -p "$stage/bin" "$stage/tools" "$stage/etc" "$stage/proc" "$stage/sys" "$stage/dev" \
	"$stage/tmp" "$stage/run" "$stage/root" "$stage/skbtrail"
install "$(command -v busybox)" "$stage/bin/busybox"
# The shell is not busybox's, which takes its own ip for every ip.
put /bin/dash /bin/sh
put /bin/bash /bin/bash
install tests/vm/init "$stage/init"
printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n' >"$stage/etc/passwd"
printf 'root:x:0:\nnogroup:x:65534:\n' >"$stage/etc/group"
copy_tools
copy_modules
(cd "$stage" && find . | cpio -o -H newc -R 0:0 --quiet) | gzip -1 >"$image"
rm -rf "$stage"
echo "$stamp" >"$dir/stamp"
