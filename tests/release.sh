#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# usage: release.sh - check that releases are reproducible
#
# Makes a release here for the architectures that are already built, builds it for this machine's
# in a copy of the sources elsewhere, and compares the two. Prints "TEST" lines.
set -u
cd "$(dirname "$0")/.." || exit 1
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM

archs= differs=
for p in build/skbtrail build/arm64/skbtrail build/riscv64/skbtrail; do
	[ ! -e "$p" ] || archs="$archs $(readelf -hW "$p" |
		sed -n 's/.*Machine: *//p' | sed 's/.*X86-64/x86_64/; s/AArch64/arm64/; s/RISC-V/riscv64/')"
done

# release DIRECTORY ARCHITECTURES
release() { make --no-print-directory -j"$(nproc)" -C "$1" RELEASE_ARCHS="$2" release >"$tmp/log" 2>&1; }

mkdir -p "$tmp/copy/build"
git ls-files | xargs cp --parents -t "$tmp/copy"
ln -s "$PWD/build/sysroot" "$tmp/copy/build/sysroot"
mkdir "$tmp/copy/build/lib"
ln -s "$PWD/build/lib/src" "$tmp/copy/build/lib/src" # rebuild the libraries from the same sources
if ! release . "$archs" || ! release "$tmp/copy" "$(uname -m)"; then
	sed 's/^/  | /' "$tmp/log"
	echo "TEST build FAIL $(tail -n 1 "$tmp/log")"
	exit 1
fi
cat build/release/SHA256SUMS
echo "TEST build ok"
while read -r sum; do
	grep -qxF "$sum" build/release/SHA256SUMS || differs=yes
done <"$tmp/copy/build/release/SHA256SUMS"
if [ -s "$tmp/copy/build/release/SHA256SUMS" ] && [ -z "$differs" ]; then
	echo "TEST reproducible ok"
else
	diff build/release/SHA256SUMS "$tmp/copy/build/release/SHA256SUMS"
	echo "TEST reproducible FAIL the same sources gave different programs"
fi
