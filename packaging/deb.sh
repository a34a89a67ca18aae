#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# usage: deb.sh STAGE VERSION ARCH FILE - make a Debian package from the files in STAGE
#
# STAGE holds the result of `make install PREFIX=/usr DESTDIR=STAGE` and becomes the package's tree;
# ARCH is Debian's name of the architecture. Environment:
#   MAINTAINER         "Name <address>" (default: git's user)
#   LIBRARIES          list of the libraries that were built for the program
#   SYSROOT            where a foreign architecture's system libraries are unpacked
#   SOURCE_DATE_EPOCH  default: time of the last commit, so that builds are reproducible
set -eu
umask 022

stage=$1 version=$2 arch=$3 file=$4
doc=$stage/usr/share/doc/skbtrail
sysroot=${SYSROOT-}

# Libraries linked into the program: source package, and binary package.
libraries='glibc:libc6-dev libpcap:libpcap0.8-dev elfutils:libelf-dev zlib:zlib1g-dev'

maintainer=${MAINTAINER:-$(git config user.name || :) <$(git config user.email || :)>}
case $maintainer in
?*' <'?*'>') ;;
*)
	echo "deb: no maintainer '$maintainer': make deb MAINTAINER='Name <address>'," \
		"or set git's user.name and user.email" >&2
	exit 1
	;;
esac
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date -r CHANGELOG.md +%s)}
export SOURCE_DATE_EPOCH

# Source packages of the linked libraries, as their licences require. Libraries that do not come from
# a package are left out.
built_using() {
	if [ -n "${LIBRARIES-}" ]; then
		sed -n '2,$ s/^\([a-z]*\) .*_\(.*\) \(.*\)$/\1 (= \3)/p' "$LIBRARIES" | sort | paste -sd, | sed 's/,/, /g'
		return
	fi
	for l in $libraries; do
		p=${l#*:}
		if [ -n "$sysroot" ]; then
			# A binary rebuild (+b1) has the source version without the suffix.
			v=$(sed -n "s/^${p}_\([^_]*\)_.*/\1/p" "$sysroot/packages" |
				sed 's/%3a/:/; s/+b[0-9]*$//')
		else
			# shellcheck disable=SC2016 # for dpkg-query
			v=$(dpkg-query -W -f '${source:Version}' "$p" 2>/dev/null) || v=
		fi
		[ -z "$v" ] || printf '%s (= %s)\n' "${l%:*}" "$v"
	done | sort | paste -sd, | sed 's/,/, /g'
}

copyright() {
	cat <<-END
		skbtrail follows network packets through the Linux kernel.

		Copyright: the authors of skbtrail

		skbtrail is free software; you can redistribute it and/or modify it under the terms
		of version 2 of the GNU General Public License as published by the Free Software
		Foundation. It comes without any warranty. On Debian systems the licence is in
		/usr/share/common-licenses/GPL-2.

		/usr/bin/skbtrail is statically linked with the libraries below, each under its own
		licence.
	END
	for l in $libraries; do
		from=$sysroot/usr/share/doc/${l#*:}/copyright
		[ -e "$from" ] || continue
		printf '\n---- %s ----\n\n' "${l%:*}"
		cat "$from"
	done
}

# CHANGELOG.md in Debian's format: one entry per version, lines of at most 80 characters.
changelog() {
	signed=" -- $maintainer  $(date -uR -d "@$SOURCE_DATE_EPOCH")"
	sed -e ':more' -e '$!N; s/\n  / /; t more' -e 'P; D' CHANGELOG.md | {
		nr=0
		while read -r line; do
			case $line in
			'## '*)
				[ $((nr += 1)) -eq 1 ] || printf '\n%s\n\n' "$signed"
				line=${line#\#\# }
				printf 'skbtrail (%s) unstable; urgency=medium\n\n' "${line%% *}"
				;;
			'- '*) echo "${line#- }" | fold -s -w 75 | sed 's/ *$//; 1s/^/  * /; 1!s/^/    /' ;;
			esac
		done
		printf '\n%s\n' "$signed"
	}
}

control() {
	using=$(built_using)
	cat <<-END
		Package: skbtrail
		Version: $version
		Architecture: $arch
		Maintainer: $maintainer
		Installed-Size: $(find "$stage/usr" -printf '%y %s\n' |
			awk '{ kb += $1 == "f" ? int(($2 + 1023) / 1024) : 1 } END { print kb }')
		Section: net
		Priority: optional
		Suggests: bash-completion
		${using:+Built-Using: $using
		}Description: follow network packets through the Linux kernel
		 Prints one line for each kernel function that a matching packet passes
		 through, down to the one that dropped it, with the drop reason and the
		 caller. Filters are tcpdump expressions; packets can be followed through
		 NAT, tunnels and copies.
		 .
		 Runs on Linux 4.4 and later and on RHEL 7, with or without type information
		 (BTF). The program is one static file that can be copied to other machines.
	END
}

rm -f "$doc/LICENSE"
copyright >"$doc/copyright"
changelog | gzip -9n >"$doc/changelog.gz"
rm -f "$doc/CHANGELOG.md"
gzip -9nf "$stage/usr/share/man/man8/skbtrail.8"
mkdir -p "$stage/usr/share/lintian/overrides" "$stage/DEBIAN"
# On purpose: for machines that lack those libraries.
printf 'skbtrail: %s\n' statically-linked-binary 'embedded-library *' >"$stage/usr/share/lintian/overrides/skbtrail"
chmod -R u=rwX,go=rX "$stage"

control >"$stage/DEBIAN/control"
(cd "$stage" && find usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum) >"$stage/DEBIAN/md5sums"
dpkg-deb --root-owner-group -Zxz --build "$stage" "$file"
