#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# usage: image.sh SERIES - build build/vm/SERIES/base.cpio.gz, the guest without the tests
#
# Contains busybox, this machine's ip, iptables and nft with their libraries, and the kernel modules
# that the tests need, decompressed because emulated CPUs are slow. For another architecture the
# tools come from tests/sysroot.sh; exit code 77 if that fails.
set -eu
cd "$(dirname "$0")/../.."

dir=$PWD/${VM_DIR:-build/vm}/$1
release=$(cat "$dir/release")
stage=$dir/stage
image=$dir/base.cpio.gz
arch=$(tests/vm/arch.sh -d "$1")
root=${arch:+$PWD/build/sysroot/${arch%/}} # source of the tools; empty: this machine
tools='ip tc iptables-legacy iptables-nft ip6tables-legacy ip6tables-nft nft'
other_tools='arptables-legacy ebtables-legacy ipset' # where they are
modules='veth tcp_diag udp_diag 8021q dummy bridge vxlan tun af_packet sch_netem sch_ingress cls_bpf
	ip_tables iptable_filter iptable_nat iptable_mangle iptable_raw ip6_tables ip6table_filter
	ipt_REJECT xt_tcpudp xt_mark xt_MASQUERADE xt_nat xt_conntrack xt_comment xt_state
	nf_tables nft_compat nft_ct nft_chain_nat nft_nat nft_masq nft_reject_ipv4 nft_reject_inet
	nft_counter nf_conntrack virtio_pci virtio_net'
# Modules that the kernel loads on demand.
on_demand='geneve ipip ip_gre sch_tbf cls_matchall act_gact esp4 xfrm_user authenc crypto_null
	xt_NFQUEUE nfnetlink_queue xt_REDIRECT xt_CT xt_connmark nft_redir nft_queue vrf
	arptable_filter xt_set ip_set_hash_ip ip_set_hash_net ip_set_hash_ipport ip_set_list_set
	ip_set_bitmap_ip ip_set_bitmap_port ip_set_hash_netport ip_set_hash_ipportip ip_set_hash_ipportnet
	ip_set_hash_netnet ip_set_hash_netportnet ip_set_hash_ipmark
	ebtable_filter ebtable_nat ebt_ip ebt_ip6 ebt_arp ebt_mark_m ebt_among ebt_pkttype'

[ -z "$root" ] || tests/sysroot.sh "${arch%/}"

# Already built for this release with these scripts and tools?
stamp="$release $(cat "$0" tests/vm/init ${root:+"$root/packages"} | cksum)"
[ "$stamp" != "$(cat "$dir/stamp" 2>/dev/null)" ] || [ ! -e "$image" ] || exit 0

# tool NAME: path of a tool.
tool() {
	if [ -z "$root" ]; then
		PATH=$PATH:/usr/sbin:/sbin command -v "$1"
	else
		find "$root/usr/bin" "$root/usr/sbin" -name "$1" | head -n 1
	fi
}

# libraries FILE: paths in the guest of the shared libraries that a program needs. For other
# architectures ldd does not work; read the ELF headers instead.
libraries() {
	if [ -z "$root" ]; then
		ldd "$1" 2>/dev/null | grep -o '/[^ ]*'
		return
	fi
	readelf -lW "$1" | sed -n 's/.*program interpreter: \(.*\)\]/\1/p'
	readelf -dW "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | while read -r name; do
		for lib in "$root"/lib/*/"$name"; do
			echo "${lib#"$root"}"
			[ ! -e "$lib" ] || libraries "$lib"
		done
	done
}

# put FILE AS: copy a program and the shared libraries that it needs.
put() {
	install -D "$(readlink -f "$1")" "$stage$2"
	for lib in $(libraries "$1" | sort -u); do
		[ -e "$stage$lib" ] || install -D "$root$lib" "$stage$lib"
	done
}

copy_tools() {
	for t in $tools; do
		put "$(tool "$t")" "/tools/$t"
	done
	for t in $other_tools; do
		[ -z "$(tool "$t")" ] || put "$(tool "$t")" "/tools/$t"
	done
	for so in "$root"/usr/lib/*/xtables/*.so; do
		install -D "$so" "$stage${so#"$root"}"
	done
}

copy_modules() {
	from=$dir/root/lib/modules/$release
	: >"$stage/etc/modules"
	[ -d "$from" ] || return 0 # no modules
	to=$stage/lib/modules/$release
	mkdir -p "$to"
	cp "$from/modules.builtin" "$from/modules.order" "$to"
	for m in $modules $on_demand; do
		# Some are built in, and some do not exist in all kernel versions.
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
install "$(tool busybox)" "$stage/bin/busybox"
# Not busybox's shell, which prefers its own ip applet.
put "$root/bin/dash" /bin/sh
put "$root/bin/bash" /bin/bash
install tests/vm/init "$stage/init"
printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n' >"$stage/etc/passwd"
printf 'root:x:0:\nnogroup:x:65534:\n' >"$stage/etc/group"
copy_tools
copy_modules
(cd "$stage" && find . | cpio -o -H newc -R 0:0 --quiet) | gzip -1 >"$image"
rm -rf "$stage"
echo "$stamp" >"$dir/stamp"
