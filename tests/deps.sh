#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# usage: deps.sh PACKAGE... - install the Debian packages that are missing
set -u

missing=
for p; do
	[ "$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null)" = installed ] ||
		missing="$missing $p"
done
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null; then
	echo "deps: not a Debian system; please install the equivalent of:$missing" >&2
	exit 1
fi
if [ "$(id -u)" -ne 0 ]; then
	echo "deps: not root; please run: apt-get install$missing" >&2
	exit 1
fi

log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
export DEBIAN_FRONTEND=noninteractive

fail() {
	cat "$log" >&2
	echo "deps: $1" >&2
	exit 1
}

update() {
	echo "deps: reading the package lists" >&2
	apt-get -q update >"$log" 2>&1 || fail "apt-get update failed"
}

# shellcheck disable=SC2086 # words on purpose, here and below
install() {
	apt-get -q -y --no-install-recommends install $missing >"$log" 2>&1
}

# A fresh machine has no package lists; old lists refer to files that no longer exist.
# shellcheck disable=SC2086
apt-cache show --no-all-versions $missing >/dev/null 2>&1 || update
echo "deps: installing$missing" >&2
install || { update && install; } || fail "cannot install$missing"
