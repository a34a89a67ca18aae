#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# usage: fetch.sh - get the kernels of tests/known/kernels, and of each its BTF
#
# Leaves build/known/RELEASE/vmlinux.btf, modules/NAME, others/NAME (modules whose functions are not
# worth their room in the table), and package (its name, version and architecture). What is there already is not fetched again; a kernel that cannot be had is
# named on stderr and left out. Through the mirrors that this machine's apt uses, with apt's own
# checks, in a package database of its own.
set -u
cd "$(dirname "$0")/../.." || exit 1

top=$PWD/build/known
db=$top/apt
# below drivers/net and net
others='drivers/(wireless|can|hamradio|ieee802154|fddi|wan|arcnet)'
others="$others|net/(bluetooth|nfc|ieee802154|mac802154|can|ax25|netrom|rose|x25|lapb|rxrpc|atm)"

# mirror REGEX: the address of the first configured suite whose name matches.
mirror() {
	# shellcheck disable=SC2016 # apt's own $(...)
	apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(SITE)' 'Created-By: Packages' |
		awk -v re="^($1)\$" '$1 ~ re && $2 == "main" { print $3; exit }'
}

# sources ARCH
sources() {
	keys=/usr/share/keyrings/debian-archive-keyring.gpg
	main=$(mirror '[a-z]+')
	security=$(mirror '[a-z]+-security')
	for suite in $(sed -n 's/^suites //p' tests/known/kernels); do
		case $suite in
		*-security) site=$security ;;
		*) site=$main ;;
		esac
		[ -z "$site" ] || echo "deb [arch=$1 signed-by=$keys] $site $suite main"
	done
}

# private_apt ARCH TOOL ARGUMENT...
private_apt() {
	arch=$1 tool=$2
	shift 2
	"$tool" -q -o Dir::State="$db/$arch" -o Dir::State::Lists="$db/$arch/lists" \
		-o Dir::State::status=/dev/null -o Dir::Cache="$db/$arch/cache" \
		-o Dir::Etc::SourceList="$db/$arch/sources.list" -o Dir::Etc::SourceParts=- \
		-o APT::Architecture="$arch" -o APT::Architectures="$arch" -o APT::Sandbox::User= \
		-o Acquire::Languages=none -o Acquire::Retries=2 \
		-o Acquire::Check-Valid-Until=false "$@"
}

update() {
	for arch in $(awk '$1 == "kernel" { print $3 }' tests/known/kernels | sort -u); do
		mkdir -p "$db/$arch/lists/partial" "$db/$arch/cache/archives/partial"
		sources "$arch" >"$db/$arch/sources.list"
		private_apt "$arch" apt-get update >"$db/$arch/log" 2>&1 ||
			grep -m1 '^[EW]:' "$db/$arch/log" >&2
	done
}

# one NAMES ARCH: the newest image package whose name matches.
one() {
	arch=$2
	image=$(private_apt "$arch" apt-cache pkgnames linux-image- |
		grep -E "^linux-image-$1\$" | sort -V | tail -n 1)
	[ -n "$image" ] || { echo "no package linux-image-$1 for $arch" >&2; return 1; }
	release=${image#linux-image-}
	dir=$top/$release
	[ ! -e "$dir/package" ] || return 0
	echo "getting $release" >&2
	rm -rf "$dir"
	mkdir -p "$dir/root" "$dir/deb" || return 1
	# Newer packages have the kernel and the modules beside the image package.
	parts=$(private_apt "$arch" apt-cache pkgnames linux- | grep -Fx -e "linux-binary-$release" \
		-e "linux-modules-$release" -e "linux-base-$release")
	# shellcheck disable=SC2086 # words on purpose
	(cd "$dir/deb" && private_apt "$arch" apt-get download "$image" $parts) >"$db/log" 2>&1 ||
		{ grep -m1 '^[EW]:' "$db/log" >&2; return 1; }
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

mkdir -p "$db"
update
while read -r what names arch; do
	[ "$what" != kernel ] || one "$names" "$arch"
done <tests/known/kernels
