#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# usage: libraries.sh - where packaging/libraries.sh gets its sources, and what it says when it cannot
#
# A copy of it, with pins of its own, against a Debian mirror in a directory, which has version 2 of
# musl. Prints lines "TEST name ok|FAIL reason|SKIP reason".
set -u
cd "$(dirname "$0")/.." || exit 1

command -v apt-get >/dev/null || { echo "TEST libraries SKIP no apt"; exit 0; }
T=$(mktemp -d) || exit 1
trap 'rm -rf "$T"' EXIT
trap 'exit 130' INT TERM HUP
tar=musl_2.orig.tar.gz

# hashes ALGORITHM FILE...: as in Debian's indexes.
hashes() {
	local algorithm=$1 f
	shift
	for f; do
		echo " $("${algorithm}sum" "$f" | cut -d ' ' -f 1) $(stat -c %s "$f") $f"
	done
}

# The sources end with a configure that fails: how it builds is for others to test.
make_mirror() (
	mkdir -p "$T/mirror/pool" "$T/mirror/dists/trixie/main/source" \
		"$T/mirror/dists/trixie/main/binary-$(dpkg --print-architecture)" "$T/musl-2"
	printf '#!/bin/sh\necho "configure: reached" >&2\nexit 1\n' >"$T/musl-2/configure"
	mkdir -p "$T/musl-2/src/malloc/mallocng" "$T/musl-2/crt"
	chmod +x "$T/musl-2/configure"
	tar -C "$T" -czf "$T/mirror/pool/$tar" musl-2
	cd "$T/mirror/pool" || exit
	echo 'Source: musl' >musl_2-1.dsc
	cd "$T/mirror/dists/trixie" || exit
	{
		printf '%s\n' 'Package: musl' 'Binary: musl' 'Version: 2-1' 'Format: 3.0 (quilt)' \
			'Directory: pool' 'Files:'
		(cd "$T/mirror/pool" && hashes md5 musl_2-1.dsc $tar)
		echo 'Checksums-Sha256:'
		(cd "$T/mirror/pool" && hashes sha256 musl_2-1.dsc $tar)
	} >main/source/Sources
	printf '%s\n' 'Package: none' 'Version: 1' 'Architecture: all' 'Filename: none' 'Size: 0' \
		>"main/binary-$(dpkg --print-architecture)/Packages"
	{
		printf '%s\n' 'Suite: stable' 'Codename: trixie' "Date: $(date -Ru)" 'Components: main' \
			"Architectures: $(dpkg --print-architecture)" 'SHA256:'
		hashes sha256 main/source/Sources main/binary-*/Packages
	} >"$T/Release"
	mv "$T/Release" Release
)

# apt_config NAME SOURCE...: an apt that knows these sources only, and trusts them.
apt_config() {
	local at=$T/apt-$1
	mkdir -p "$at/lists/partial" "$at/cache/archives/partial" "$at/parts"
	shift
	printf '%s\n' "$@" >"$at/sources.list"
	cat >"$at/apt.conf" <<-END
		Dir::State::Lists "$at/lists";
		Dir::Cache "$at/cache";
		Dir::Etc::SourceList "$at/sources.list";
		Dir::Etc::SourceParts "$at/parts";
		Acquire::AllowInsecureRepositories "true";
		APT::Get::AllowUnauthenticated "true";
		APT::Sandbox::User "";
	END
	export APT_CONFIG=$at/apt.conf
	apt-get -q update >"$T/log" 2>&1
}

# run VERSION SHA256: libraries.sh with this pin; what it says is in $T/said.
run() {
	rm -rf "$T/tree"
	mkdir -p "$T/tree/tests"
	cp -r packaging "$T/tree"
	cp tests/apt.sh "$T/tree/tests"
	printf '%s\n' 'suite trixie' "musl $1-1 musl_$1.orig.tar.gz $2" >"$T/tree/packaging/libraries"
	(cd "$T/tree" && packaging/libraries.sh x86_64 gcc ar /usr/include) >"$T/said" 2>&1
}

# says TEXT: one line, as a whole. Hints follow what failed.
says() { [ "$(grep -cxF -e "$1" "$T/said")" = 1 ] || reasons="$reasons; it does not say: $1"; }
has() { [ -e "$T/tree/build/lib/src/$1" ] || reasons="$reasons; '$1' is not kept"; }
has_not() { [ ! -e "$T/tree/build/lib/src/$1" ] || reasons="$reasons; '$1' is kept"; }
nr_lines() { [ "$(wc -l <"$T/said")" = "$1" ] || reasons="$reasons; it says more, or less"; }

verdict() {
	if [ -z "$reasons" ]; then
		echo "TEST $1 ok"
	else
		echo "TEST $1 FAIL ${reasons#; }"
		sed 's/^/  | /' "$T/said"
	fi
	reasons=
}

begin='libraries: building for x86_64'
getting="libraries: downloading sources from Debian trixie"
hint="hint: 'make LIBC=system' links with the libraries of this system"
reached='libraries: musl does not build: configure: reached'
reasons=

make_mirror || exit 1
sum=$(sha256sum "$T/mirror/pool/$tar" | cut -d ' ' -f 1)
apt_config mirror "deb [trusted=yes] file:$T/mirror trixie main"

run 2 "$sum"
says "$reached"
has $tar
nr_lines 4
verdict pinned

run 1 "$sum"
says "libraries: musl 1-1 is no longer available; using $tar"
says "$reached"
has $tar
verdict pin_gone

run 2 "$(echo other | sha256sum | cut -d ' ' -f 1)"
says "libraries: '$tar' does not have the SHA-256 pinned in packaging/libraries"
says "$hint"
has_not $tar
nr_lines 4
verdict other_sum

mv "$T/mirror/pool" "$T/mirror/elsewhere"
run 2 "$sum"
grep -q "^libraries: cannot download the source of musl: E: .*$tar" "$T/said" ||
	reasons='; it does not say which file is missing'
says "$hint"
nr_lines 4
verdict file_missing

apt_config none
run 2 "$sum"
says 'libraries: apt has no Debian mirror configured'
says "$hint"
says "$begin"
says "$getting"
nr_lines 4
verdict no_mirror
