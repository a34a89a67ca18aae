#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# usage: page.sh >PAGE - put style and script into the page of a report, and their hashes into its policy
set -eu
cd "$(dirname "$0")"

# The base64 of the SHA-256 of an element's text: as CSP wants it.
hash_of() {
	# shellcheck disable=SC2046 # words on purpose
	printf "$(printf '\n' | cat - "$1" | sha256sum | cut -c 1-64 |
		sed 's/../0x& /g' | xargs printf '\\%03o')" | base64
}

awk -v style="$(hash_of report.css)" -v script="$(hash_of report.js)" '
	/^@STYLE@$/ { while ((getline line <"report.css") > 0) print line; next }
	/^@SCRIPT@$/ { while ((getline line <"report.js") > 0) print line; next }
	{ sub(/@STYLE_HASH@/, style); sub(/@SCRIPT_HASH@/, script); print }' report.html
