#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# usage: fetch.sh SERIES - get Debian's newest cloud kernel of a series (see kernels)
#
# Leaves in build/vm/SERIES: release, vmlinuz and root/lib/modules/RELEASE. Reads the suites through the
# mirrors that this machine's apt uses, with apt's own checks, in a package database of its
# own. Exit code 77, with the reason on stderr: there is no such kernel or no network.
set -u
cd "$(dirname "$0")/../.." || exit 1

series=$1
top=$PWD/${VM_DIR:-build/vm}
dir=$top/$series
cache=$top/cache
db=$top/apt/$series

skip() {
	echo "kernel $series: $*" >&2
	exit 77
}

# shellcheck disable=SC2046 # three words
set -- $(awk -v s="$series" '$1 == s { print $2, $3 }' tests/vm/kernels)
[ $# -eq 2 ] || { echo "fetch.sh: unknown series '$series', see tests/vm/kernels" >&2; exit 2; }
names=$1
suites=$2

# mirror REGEX: the address of the first configured suite whose name matches.
mirror() {
	# shellcheck disable=SC2016 # apt's own $(...)
	apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(SITE)' 'Created-By: Packages' |
		awk -v re="^($1)\$" '$1 ~ re && $2 == "main" { print $3; exit }'
}

sources() {
	releases='stable|oldstable|oldoldstable|testing|unstable|sid|[a-z]+'
	main=$(mirror "$releases")
	security=$(mirror "($releases)-security")
	for s in $(echo "$suites" | tr , ' '); do
		case $s in
		*-security) site=$security ;;
		*) site=$main ;;
		esac
		[ -z "$site" ] ||
			echo "deb [arch=amd64 signed-by=$keys] $site $s main"
	done
}

private_apt() {
	tool=$1
	shift
	"$tool" -q -o Dir::State="$db" -o Dir::State::Lists="$db/lists" -o Dir::State::status=/dev/null \
		-o Dir::Cache="$db/cache" -o Dir::Etc::SourceList="$db/sources.list" \
		-o Dir::Etc::SourceParts=- -o APT::Sandbox::User= -o Acquire::Languages=none \
		-o Acquire::Retries=2 -o Acquire::Check-Valid-Until=false "$@"
}

# A kernel found in the last day is new enough; an older one is better than none.
fresh() { [ -n "$(find "$dir/release" -mtime -1 2>/dev/null)" ]; }
give_up() {
	[ -e "$dir/release" ] || skip "$@"
	echo "kernel $series: $*; taking $(cat "$dir/release") from the cache" >&2
	exit 0
}

fresh && exit 0
keys=/usr/share/keyrings/debian-archive-keyring.gpg
mkdir -p "$cache" "$db/lists/partial" "$db/cache/archives/partial" "$dir" || exit 1
sources >"$db/sources.list"
[ -s "$db/sources.list" ] || give_up "apt has no Debian mirror configured"
private_apt apt-get update >"$db/log" 2>&1 ||
	give_up "cannot read the suites $suites: $(grep -m1 '^[EW]:' "$db/log")"

image=$(private_apt apt-cache pkgnames linux-image- |
	grep -E "^linux-image-$names.*-cloud-amd64\$" | sort -V | tail -n 1)
[ -n "$image" ] || give_up "no linux-image-*-cloud-amd64 in $suites"
release=${image#linux-image-}
if [ "$release" = "$(cat "$dir/release" 2>/dev/null)" ]; then
	touch "$dir/release"
	exit 0
fi

# Newer packages have the kernel and the modules beside the image package.
parts=$(private_apt apt-cache pkgnames linux- |
	grep -Fx -e "linux-binary-$release" -e "linux-modules-$release" -e "linux-base-$release")
rm -rf "${cache:?}/$series" "$dir"
mkdir -p "$cache/$series" "$dir/root" || exit 1
echo "kernel $series: getting $release" >&2
# shellcheck disable=SC2086 # words on purpose
(cd "$cache/$series" && private_apt apt-get download "$image" $parts) >"$db/log" 2>&1 ||
	skip "cannot download $image: $(grep -m1 '^[EW]:' "$db/log")"
for deb in "$cache/$series"/*.deb; do
	dpkg-deb -x "$deb" "$dir/root" || exit 1
done
mv "$dir/root/boot/vmlinuz-$release" "$dir/vmlinuz" 2>/dev/null ||
	mv "$dir/root/usr/lib/modules/$release/vmlinuz" "$dir/vmlinuz" || exit 1
[ -d "$dir/root/lib" ] || ln -s usr/lib "$dir/root/lib"
rm -rf "${cache:?}/$series" "$dir/root/usr/share" "$dir/root/boot"
depmod -b "$dir/root" "$release" 2>"$db/log" || { cat "$db/log" >&2; exit 1; }
echo "$release" >"$dir/release"
