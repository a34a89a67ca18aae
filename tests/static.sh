#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# usage: static.sh PROGRAM LIMIT - test the static program: its size, and host and service names in filters
#
# Names are resolved in an otherwise empty directory under chroot, by a name server in a network
# namespace of the test's own. An expression is compiled before a record is replayed, so a filter's
# error shows whether its names were resolved. Prints lines "TEST name ok|FAIL reason|SKIP reason".
set -u
cd "$(dirname "$0")/.." || exit 1

program=$1 limit=$2
T=$(mktemp -d) || exit 1
NS=skbt-names$$
server=
trap '[ -z "$server" ] || kill "$server"; ip netns del "$NS" 2>/dev/null; rm -rf "$T"' EXIT
trap 'exit 130' INT TERM HUP

verdict() { if [ -z "$2" ]; then echo "TEST $1 ok"; else echo "TEST $1 FAIL ${2#; }"; fi; }

strip -o "$T/stripped" "$program"
size=$(stat -c %s "$T/stripped")
reasons=
[ "$size" -le "$limit" ] || reasons="; $size bytes stripped, the limit is $limit"
! readelf -lW "$program" | grep -q 'program interpreter' || reasons="$reasons; not static"
echo "stripped: $size bytes of $limit"
verdict size "$reasons"

readme=$(sed -n 's/^| executable, stripped |.*| \([0-9,]*\) |$/\1/p' README.md | tr -d ,)
reasons=
[ "$readme" = "$size" ] || reasons="; README.md says '$readme' bytes, the program has $size: run 'make readme-figures'"
case $("${CC:-gcc}" -dumpversion) in
12*) verdict readme_size "$reasons" ;;
*) echo "TEST readme_size SKIP the size in README.md is for gcc 12" ;;
esac

if [ "$(id -u)" -ne 0 ] || ! ip netns add "$NS" 2>/dev/null; then
	echo "TEST names SKIP no network namespaces"
	exit 0
fi
ip -n "$NS" link set lo up
mkdir -p "$T/root/etc"
cp "$T/stripped" "$T/root/skbtrail"
echo 'nameserver 127.0.0.1' >"$T/root/etc/resolv.conf"
ip netns exec "$NS" python3 tests/net/nameserver.py db.example 10.9.8.7 "$T/ready" &
server=$!
for _ in $(seq 100); do [ -e "$T/ready" ] || sleep 0.1; done

# try EXPRESSION...: run skbtrail so that it fails after it has compiled the filter.
try() { ip netns exec "$NS" timeout 60 chroot "$T/root" /skbtrail --ready-file /none/ready "$@" 2>&1; }
knows() { ! try "$1" | grep -q 'filter' || reasons="$reasons; '$1': $(try "$1" | head -n 1)"; }
refuses() { try "$1" | grep -q "cannot compile filter '$1': .*$2" || reasons="$reasons; '$1': $(try "$1" | head -n 1)"; }

reasons=
knows 'host db.example'
refuses 'host no.example' 'no.example'
refuses 'host hosts.example' 'hosts.example'
echo '10.1.2.3 hosts.example' >"$T/root/etc/hosts"
knows 'host hosts.example'
refuses 'tcp port http' 'http'
echo 'http 80/tcp' >"$T/root/etc/services"
knows 'tcp port http'
verdict names "$reasons"
