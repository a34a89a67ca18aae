#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# usage: libraries.sh ARCH CC AR HEADERS...
#
# Build musl, zlib, libelf and libpcap for ARCH in build/lib/ARCH, with the compiler CC and kernel
# headers from the directories HEADERS. packaging/libraries pins the sources. They are downloaded
# from the Debian mirror that apt is configured for, independent of this machine's release, and kept
# in build/lib/src. build/lib/ARCH/packages lists what was built.
set -u
unset MAKEFLAGS MFLAGS MAKELEVEL # musl's makefile uses ARCH, too
cd "$(dirname "$0")/.." || exit 1
. tests/apt.sh

arch=$1 CC=$2 AR=$3
shift 3
headers=$*
pins=$PWD/packaging/libraries
top=$PWD/build/lib
src=$top/src
dir=$top/$arch
jobs=$(nproc)

fail() {
	echo "libraries: $*" >&2
	echo "hint: 'make LIBC=system' links with the libraries of this system" >&2
	exit 1
}

stamp="$(cat "$0" "$pins" | cksum) $($CC -dumpfullversion)"
[ "$stamp" != "$(head -n 1 "$dir/packages" 2>/dev/null)" ] || exit 0

# Builds for several architectures may run at the same time.
mkdir -p "$src" && exec 9>"$top/lock" && flock 9 || fail "cannot write to '$top'"
log=$top/$arch.log
trap 'rm -rf "$dir.new" "$dir.obj" "$top/get"' EXIT
trap 'exit 130' INT TERM HUP

pinned() { awk -v p="$1" -v n="$2" '$1 == p { print $n }' "$pins"; }
sum() { sha256sum "$1" 2>/dev/null | cut -d ' ' -f 1; }

lists() {
	[ -z "${lists-}" ] || return 0
	lists=1
	suite=$(pinned suite 2)
	echo "libraries: downloading sources from Debian $suite" >&2
	apt_open "$top/apt" "$(dpkg --print-architecture)" "$suite" "$suite-security" ||
		fail "apt has no Debian mirror configured"
	sed -i 's/^deb /deb-src /' "$APT_DB/sources.list"
	private_apt apt-get update >"$log" 2>&1 || apt_error "$log" >&2
}

# get PACKAGE: download the pinned source to build/lib/src, or the newest if it is gone.
get() {
	file=$(pinned "$1" 3) version=$(pinned "$1" 2)
	[ "$(sum "$src/$file")" != "$(pinned "$1" 4)" ] || return 0
	lists
	rm -rf "$top/get"
	mkdir -p "$top/get" || exit 1
	(cd "$top/get" && private_apt apt-get source --download-only --tar-only "$1") >"$log" 2>&1 ||
		fail "cannot download the source of $1: $(apt_error "$log")"
	got=$(cd "$top/get" && echo "$1"_*.orig.tar.*)
	if [ "$got" = "$file" ]; then
		[ "$(sum "$top/get/$got")" = "$(pinned "$1" 4)" ] ||
			fail "'$got' does not have the SHA-256 pinned in packaging/libraries"
	else
		echo "libraries: $1 $(pinned "$1" 2) is no longer available; using $got" >&2
		version=${got#*_} version=${version%.orig.tar.*}
	fi
	mv "$top/get/$got" "$src/$got" || exit 1
	file=$got
}

# unpack PACKAGE: unpack its sources; sets $at to the directory.
unpack() {
	get "$1"
	at=$dir.obj/$1
	mkdir -p "$at" && tar -xf "$src/$file" -C "$at" --strip-components=1 >"$log" 2>&1 ||
		fail "cannot unpack '$file': $(tail -n 1 "$log")"
	echo "$1 $file $version" >>"$dir.new/packages"
}

# compile LIBRARY FLAGS FILE...: with the program's options for size and paths.
compile() {
	lib=$1 flags=$2
	shift 2
	# shellcheck disable=SC2086 # words on purpose
	printf '%s\n' "$@" | xargs -P "$jobs" -n 4 $CC -std=gnu11 -w $common $flags -c >"$log" 2>&1 ||
		fail "$lib does not build: $(grep -m1 error: "$log")"
	$AR rcsD "$dir.new/lib/$lib.a" ./*.o || fail "cannot write '$lib.a'"
	rm -f ./*.o
}

rm -rf "$dir.new" "$dir.obj"
mkdir -p "$dir.new/lib" "$dir.obj" || fail "cannot write to '$top'"
echo "$stamp" >"$dir.new/packages"
inc=$dir.new/include
common="-Os -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables
	-ffile-prefix-map=$dir.obj=/lib -nostdinc -isystem $inc
	-isystem $($CC -print-file-name=include) -D_GNU_SOURCE -DHAVE_CONFIG_H"

echo "libraries: building for $arch" >&2
unpack musl
# Leaving out unused parts of musl saves a third of the time.
musl_dirs() { ls -d ./src/* ./src/malloc/mallocng ./crt | grep -vxE './src/(aio|complex|crypt|mq)'; }
(cd "$at" && CFLAGS="-ffunction-sections -fdata-sections -ffile-prefix-map=$dir.obj=/lib -g0" \
	./configure --target="$($CC -dumpmachine)" --disable-shared --prefix="$dir.new" CC="$CC" AR="$AR" &&
	make -j"$jobs" SRC_DIRS="$(musl_dirs | xargs)" && make SRC_DIRS="$(musl_dirs | xargs)" install-headers install-libs) >"$log" 2>&1 ||
	fail "musl does not build: $(grep -m1 -i -e 'error:' -e 'configure: ' "$log")"
for d in linux asm asm-generic mtd; do
	for h in $headers; do
		[ ! -d "$h/$d" ] || { cp -rL "$h/$d" "$inc/$d"; break; }
	done
done

unpack zlib
cd "$at" || exit 1
cp zlib.h zconf.h "$inc"
compile libz '-DZ_HAVE_UNISTD_H -O2' adler32.c crc32.c deflate.c infback.c inffast.c inflate.c \
	inftrees.c trees.c zutil.c compress.c uncompr.c gzclose.c gzlib.c gzread.c gzwrite.c

unpack elfutils
cd "$at/libelf" || exit 1
# musl's elf.h lacks BPF.
cp libelf.h gelf.h elf.h "$inc"
cat >config.h <<'END'
#define HAVE_ERR_H 1
#define HAVE_DECL_MEMPCPY 1
#define HAVE_DECL_RAWMEMCHR 0
#define HAVE_DECL_REALLOCARRAY 1
#define HAVE_DECL_POWEROF2 1
#define HAVE_VISIBILITY 1
#define HAVE_GCC_STRUCT 0
#define rawmemchr(s, c) memchr(s, c, (size_t)-1)
#include <eu-config.h>
#undef gettext
#define gettext(s) s
#undef dgettext
#define dgettext(d, s) s
END
# shellcheck disable=SC2046
compile libelf "-I. -I../lib" $(ls ./*.c) 

unpack libpcap
cd "$at" || exit 1
cp -r pcap pcap.h pcap-bpf.h pcap-namedb.h "$inc"
cat >config.h <<'END'
#define HAVE_STRLCPY 1
#define HAVE_STRLCAT 1
#define HAVE_STRTOK_R 1
#define HAVE_ASPRINTF 1
#define HAVE_VASPRINTF 1
#define HAVE_UNISTD_H 1
#define HAVE_FSEEKO 1
#define HAVE_SOCKLEN_T 1
#define INET6 1
#define NO_PROTOCHAIN 0
#undef NO_PROTOCHAIN
#define PACKAGE_NAME "libpcap"
#define PACKAGE_VERSION ""
#define PACKAGE_STRING "libpcap"
END
sed 's/@REENTRANT_PARSER@/%define api.pure/' grammar.y.in >grammar.y
{ flex -P pcap_ -o scanner.c --header-file=scanner.h scanner.l &&
	bison -p pcap_ -o grammar.c -d grammar.y; } >"$log" 2>&1 || fail "libpcap: $(tail -n 1 "$log")"
compile libpcap '-I. -DBUILDING_PCAP' bpf_dump.c bpf_filter.c bpf_image.c etherent.c fmtutils.c \
	gencode.c grammar.c scanner.c nametoaddr.c optimize.c pcap.c pcap-common.c pcap-util.c savefile.c sf-pcap.c sf-pcapng.c

cd "$top" || exit 1
rm -rf "$dir"
mv "$dir.new" "$dir" || exit 1
