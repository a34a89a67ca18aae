# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
# Download Debian packages of any suite and architecture from the mirrors that apt is configured
# for, with apt's signature checks, using a private package database. For scripts to source.
#
#   apt_open DB ARCH SUITES...   use the database in directory DB; false if apt has no mirror
#   private_apt TOOL ARG...      run apt-get or apt-cache on it
#   apt_error FILE               the line of apt's output that describes the error

# mirror REGEX: the address of the first configured suite whose name matches.
mirror() {
	# shellcheck disable=SC2016 # apt's $(...)
	apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(SITE)' 'Created-By: Packages' |
		awk -v re="^($1)\$" '$1 ~ re && $2 == "main" { print $3; exit }'
}

apt_sources() {
	keys=/usr/share/keyrings/debian-archive-keyring.gpg
	main=$(mirror '[a-z]+')
	security=$(mirror '[a-z]+-security')
	for suite; do
		case $suite in
		*-security) site=$security ;;
		*) site=$main ;;
		esac
		[ -z "$site" ] || echo "deb [arch=$APT_ARCH signed-by=$keys] $site $suite main"
	done
}

apt_open() {
	APT_DB=$1 APT_ARCH=$2
	shift 2
	mkdir -p "$APT_DB/lists/partial" "$APT_DB/cache/archives/partial" || return
	apt_sources "$@" >"$APT_DB/sources.list"
	[ -s "$APT_DB/sources.list" ]
}

private_apt() {
	tool=$1
	shift
	"$tool" -q -o Dir::State="$APT_DB" -o Dir::State::Lists="$APT_DB/lists" \
		-o Dir::State::status=/dev/null -o Dir::Cache="$APT_DB/cache" \
		-o Dir::Etc::SourceList="$APT_DB/sources.list" -o Dir::Etc::SourceParts=- \
		-o APT::Architecture="$APT_ARCH" -o APT::Architectures="$APT_ARCH" \
		-o APT::Sandbox::User= -o Acquire::Languages=none -o Acquire::Retries=2 \
		-o Acquire::Check-Valid-Until=false "$@"
}

apt_error() { grep -m1 '^[EW]:' "$1"; }
