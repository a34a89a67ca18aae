#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# usage: docs.sh [REGEX] - check documentation, completion and packages against $SKBTRAIL
#
# Covers the man page, *.md, completion, make install and make deb; runs the cases that match. Prints lines
# "TEST name ok|FAIL reason|SKIP reason"; exit code 1 if one failed.
set -u
cd "$(dirname "$0")/.." || exit 1
# shellcheck source=docs/skbtrail.bash
. docs/skbtrail.bash

only=${1:-.}
SKBTRAIL=$(realpath "${SKBTRAIL:-build/skbtrail}")
page=docs/skbtrail.8
T=$(mktemp -d) || exit 1
trap 'ip netns del "docs$$" 2>/dev/null; rm -rf "$T"' EXIT
trap 'exit 130' INT TERM HUP

# All options of pwru 1.0.12; ready-file is not in its --help.
pwru_options='all-kmods backend filter-func filter-ifname filter-kprobe-batch filter-mark filter-netns
	filter-non-skb-funcs filter-skb-expr filter-trace-tc filter-trace-xdp filter-track-bpf-helpers
	filter-track-skb filter-track-skb-by-stackid filter-tunnel-pcap-l2 filter-tunnel-pcap-l3
	filter-xdp-expr help kernel-btf kmods netns-names-max-length output-bpfmap output-caller
	output-file output-file-compress output-file-max-age output-file-max-backups
	output-file-max-size output-json output-limit-lines output-meta output-netns-names output-skb
	output-skb-cb output-skb-metadata output-skb-shared-info output-stack output-tcp-flags
	output-tunnel output-tuple output-xdp-metadata ready-file set-percpu-buf timestamp version'

bad() { reasons="$reasons; $*"; }
skip() { skipped=$*; }

run_case() {
	local reasons='' skipped=''
	[[ $1 =~ $only ]] || return
	"case_$1"
	if [ -n "$reasons" ]; then
		echo "TEST $1 FAIL ${reasons#; }"
		failed=1
	elif [ -n "$skipped" ]; then
		echo "TEST $1 SKIP $skipped"
	else
		echo "TEST $1 ok"
	fi
}

# ---- the man page ----

# render DEVICE [REQUESTS]: the man page as a reader sees it.
render() { sed "s|^\.Sh NAME|&${2-}|" "$page" | groff -mandoc -ww "-T$1" -P-cbou ${WIDTH:+"-rLL=$WIDTH"}; }

# Groups and options, one per line: "Output:" and "-c, --output-limit-lines N".
options_of_help() {
	"$SKBTRAIL" --help | awk '
		/^[A-Z].*:$/ { print }
		/^  (-.,|   ) --/ {
			left = substr($0, 3, 33)
			sub(/^ */, "", left); sub(/ *$/, "", left)
			print left
		}'
}

# groff 1.22 indents the text of a section by 5 columns, 1.23 by 7.
# The wide page keeps paragraphs from having lines that begin with an option.
options_of_page() {
	WIDTH=300n render ascii | awk '
		/^[A-Z]/ { in_options = $0 == "OPTIONS" }
		in_options && /^   [A-Z]/ { print substr($0, 4) ":" }
		in_options && /^     (  )?-/ { sub(/^ */, ""); print }'
}

case_man_options() {
	options_of_help >"$T/help"
	options_of_page >"$T/page"
	[ "$(grep -c -- -- "$T/help")" -ge 50 ] || bad "--help has few options"
	diff "$T/help" "$T/page" >"$T/diff" || bad "--help and man page differ: $(grep -m1 '^[<>]' "$T/diff")"
}

case_man_renders() {
	for device in ascii utf8; do
		render "$device" >"$T/out" 2>"$T/err"
		[ ! -s "$T/err" ] || bad "$device: $(head -n 1 "$T/err")"
		[ "$(wc -l <"$T/out")" -ge 300 ] || bad "$device: the page is short"
	done
	for section in NAME SYNOPSIS DESCRIPTION OPTIONS ENVIRONMENT FILES 'EXIT STATUS' SUBJECTS EXAMPLES \
		DIAGNOSTICS SECURITY NOTES 'SEE ALSO'; do
		grep -qx "$section" "$T/out" || bad "no section $section"
	done
}

# Each example of the page is compared with a real run, in a guest.
case_man_examples() {
	sed -n 's/^\.\\" example: //p' "$page" | sort >"$T/page"
	sed -n 's/^[^#]*man_run \([a-z]*\).*/\1/p' tests/cases/man.sh | sort >"$T/cases"
	[ "$(wc -l <"$T/page")" -ge 5 ] || bad "only $(wc -l <"$T/page") examples"
	diff "$T/page" "$T/cases" >"$T/diff" || bad "page and cases differ: $(grep -m1 '^[<>]' "$T/diff")"
}

# Text to be typed must be ASCII even where groff makes typographic hyphens and quotes, as it does
# everywhere but on Debian.
case_man_ascii() {
	render utf8 "\\n.char - \\\\[hy]\\n.char ' \\\\[cq]" >"$T/out"
	grep -q 'bit‐fields' "$T/out" || bad "groff does not output typographic hyphens"
	grep -o -- '--[a-z‐-]*‐[a-z‐-]*' "$T/out" >"$T/bad" && bad "hyphen: $(head -n 1 "$T/bad")"
	sed -n '/^SUBJECTS/,/^DIAG/ { /^           /p }' "$T/out" >"$T/examples"
	[ -s "$T/examples" ] || bad "no examples"
	LC_ALL=C grep -n '[^ -~]' "$T/examples" >"$T/bad" && bad "not ASCII: $(head -n 1 "$T/bad")"
}

# ---- options and command lines in all pages ----

options_known() { "$SKBTRAIL" --help | grep -oE -- '--[a-z0-9-]+' | sort -u; }

case_pages_options() {
	options_known >"$T/known"
	render ascii >"$T/skbtrail.8"
	for f in "$T/skbtrail.8" README.md CHANGELOG.md docs/*.md; do
		sed 's/iptables -L[^`]*//g; s/--\(dport\|comment\)\>//g' "$f" |
			grep -oE -- '(^|[^a-z0-9-])--[a-z][a-z0-9-]*' | sed 's/^[^-]//' | sort -u |
			comm -23 - "$T/known" >"$T/unknown"
		[ ! -s "$T/unknown" ] || bad "$(basename "$f") names $(paste -sd' ' "$T/unknown")"
	done
}

# skbtrail accepts every command line in the examples. The pcap expression is not checked: --help
# comes first.
case_pages_examples() {
	local line nr=0
	render ascii | sed -n '/^SUBJECTS/,/^DIAG/p' >"$T/examples"
	"$SKBTRAIL" -h >>"$T/examples"
	sed -sn '/^```/,/^```/p' README.md docs/*.md >>"$T/examples"
	skbtrail() { "$SKBTRAIL" "$@" --help 2>>"$T/err"; }
	wireshark() { cat; } # they would read packets
	tcpdump() { cat; }
	while IFS= read -r line; do
		nr=$((nr + 1))
		: >"$T/err"
		(cd "$T" && eval "$line" >/dev/null)
		[ ! -s "$T/err" ] || bad "'$line': $(head -n 1 "$T/err")"
	done < <(sed -n -e ':more' -e '/\\$/ { N; s/\\\n *//; b more' -e '}' \
		-e 's/ *&$//; s/^\(# \| \|\t\)*\(skbtrail .*\)/\2/p' "$T/examples")
	unset -f wireshark tcpdump
	[ "$nr" -ge 15 ] || bad "only $nr command lines"
}

case_pwru_options() {
	for o in $pwru_options; do
		grep -q "^| [^|]*\`--${o}[\` ]" docs/pwru.md || bad "docs/pwru.md has no row of --$o"
		"$SKBTRAIL" --help | grep -qE -- " --${o}( |\$)" || bad "skbtrail has no --$o"
	done
}

case_links() {
	for f in README.md docs/*.md; do
		for to in $(grep -oE '\]\([^)#]+' "$f" | sed 's/^](//' | grep -v '^https\?:'); do
			[ -e "$(dirname "$f")/$to" ] || bad "$f links to '$to', which does not exist"
		done
	done
}

# ---- figures ----

# value FILE NAME: of a #define; of one shifted by 20 bits, the number of MiB.
value() { sed -nE "s/^#define[ \t]+$2[ \t]+(\(*size_t\)|\(*UINT64_C\()?([0-9]+).*/\2/p" "$1"; }

# in_docs TEXT FILE...: each file must contain it.
in_docs() {
	local text=$1 f
	shift
	for f; do
		grep -qF -- "$text" "$f" || bad "$f does not contain '$text'"
	done
}

# Constants of the program that pages mention.
case_figures_constants() {
	render ascii | tr -s ' \n' ' ' | sed 's/\([a-z]\)- /\1/g' >"$T/man" # words rejoined
	in_docs "$(value cli/options.c TRACK_DEFAULT) packets at a time" README.md docs/pwru.md
	in_docs "(default $(value cli/options.c TRACK_DEFAULT))" "$T/man"
	in_docs "up to $(value progs/trail_abi.h TRAIL_MAX_STACK) frames" "$T/man"
	in_docs "up to $(value progs/trail_abi.h TRAIL_MAX_META) C expressions" "$T/man"
	in_docs "| $(value progs/trail_abi.h TRAIL_MAX_META) expressions, not 4. |" docs/pwru.md
	in_docs "first $(value progs/trail_abi.h TRAIL_MAP_KEY_SZ) bytes" "$T/man" docs/json.md
	in_docs "first $(value progs/trail_abi.h TRAIL_MAP_VALUE_SZ) bytes" "$T/man" docs/json.md
	in_docs "another $(value loader/prog_maps.c RING_DEFAULT_SZ) MiB of kernel memory" README.md
	in_docs "(default $(value loader/prog_maps.c RING_DEFAULT_SZ)M;" "$T/man"
	in_docs ", $(value trace/session.c PERF_RINGS_SZ)M in total)" "$T/man"
	in_docs ", $(value trace/session.c PERF_RINGS_SZ) MiB in total;" docs/kernels.md
	in_docs "Default: $(value output/files/rotate.h ROTATION_MAX_SZ) MB with" "$T/man"
	in_docs "The default is $(value output/files/rotate.h ROTATION_MAX_SZ) MB if" docs/pwru.md
	in_docs "more than $(value loader/programs.c OLD_MAX_INSNS | sed 's/...$/,&/') instructions" docs/kernels.md
	[ "$(value loader/attach/attachment.c DETACHER_MAX_US)" = 60000000 ] ||
		bad "skbtrail-detach does not stop after a minute, as README.md and the man page say"
}

# The limits of tests/bench/quick.sh and the Makefile, and figures below them.
case_figures_costs() {
	local idle mem size
	idle=$(sed -nE "s/.*'CPU while idle' .* 'permille' ([0-9]+)$/\1/p" tests/bench/quick.sh)
	mem=$(sed -nE "s/.*'peak memory' .* KiB ([0-9]+)$/\1/p" tests/bench/quick.sh)
	size=$(make -s print-SIZE_LIMIT)
	in_docs "| executable, stripped | $(sed -E ':more; s/([0-9])([0-9]{3})(,|$)/\1,\2\3/; t more' <<<"$size") bytes |" README.md
	in_docs "| CPU while idle | 0.$idle % |" README.md
	in_docs "| peak resident memory | $((mem / 1024)) MiB |" README.md
	awk -F ' *[|] *' '/^\| \| limit/ { on = 1 } /^$/ { on = 0 }
		on && $3 ~ /^[0-9]/ {
			for (i = 4; i < NF; i++) {
				gsub(",", "", $3); gsub(",", "", $i)
				if ($i + 0 > $3 + 0) print $2 ": " $i " is over the limit"
			}
		}' README.md >"$T/over"
	[ ! -s "$T/over" ] || bad "README.md: $(head -n 1 "$T/over")"
}

# The kernels in README.md are those in docs/kernels.md: guests, and others in simulation.
case_figures_kernels() {
	local machine guests simulated
	for machine in x86_64 aarch64 riscv64; do
		kernels() { awk -F ' *[|] *' -v m="$machine" -v how="$1" '/^\| [0-9]/ && $3 == m && $10 == how {
			sub(/-.*/, "", $2); print $2 }' docs/kernels.md | sort -Vu; }
		guests=$(kernels guest)
		simulated=$(kernels simulation | grep -vxF "$guests")
		awk -F ' *[|] *' -v m="$machine" '$2 == m { print $3; print $4 }' README.md |
			sed 's/ ([^)]*)//g' >"$T/readme"
		diff "$T/readme" <(paste -sd, <<<"$guests" | sed 's/,/, /g'
			paste -sd, <<<"$simulated" | sed 's/,/, /g') >"$T/diff" ||
			bad "README.md and docs/kernels.md differ for $machine: $(grep -m1 '^[<>]' "$T/diff")"
	done
}

# The kernel version that a backend needs: README.md, the man page, and --check.
case_figures_backends() {
	local name file version
	for name in kprobe-multi kprobe kprobe-events tracepoint tracepoint-events; do
		file=loader/attach/${name//-/_}.c
		version=$(sed -nE 's/.*\.missing = ".* \(([0-9.]+), .*/\1/p' "$file")
		grep -qE "^\| \`$name\` \| .*\($version\) \|" README.md || bad "README.md: $name needs $version"
		grep -A2 -E "^\.Cm ${name//-/\\\\-}\$" "$page" | grep -qE "^\($version[,)]" ||
			bad "man page: $name needs $version"
	done
}

# docs/architecture.md lists every folder of the program, and no other.
case_architecture() {
	diff <(make -s print-ROOMS | tr ' ' '\n' | sed '$aprogs' | grep . | sort) \
		<(sed -nE 's/^\| [0-9] \| `(.*)\/` \|.*/\1/p' docs/architecture.md | sort) >"$T/diff" ||
		bad "folders of the Makefile and the page differ: $(grep -m1 '^[<>]' "$T/diff")"
}

# ---- completion ----

# complete_line WORD...: completes the last word; REPLY: what is offered, DEFAULT: options given to
# compopt, such as readline's file names.
complete_line() {
	compopt() { DEFAULT="$*"; }
	DEFAULT=
	COMP_WORDS=("$SKBTRAIL" "$@")
	COMP_CWORD=$#
	_skbtrail 2>"$T/err"
	[ ! -s "$T/err" ] || bad "completion prints $(head -n 1 "$T/err")"
	REPLY=$(printf '%s\n' "${COMPREPLY[@]}")
}

offers() {
	[ "$REPLY" = "$(printf '%s\n' "$@")" ] ||
		bad "'${COMP_WORDS[*]:1}' gives '$(paste -sd' ' <<<"$REPLY")', expected '$*'"
}

case_completion_options() {
	bash -n docs/skbtrail.bash || bad "syntax error in docs/skbtrail.bash"
	complete_line --
	diff <(sort <<<"$REPLY") <(options_known) >"$T/diff" ||
		bad "options differ from --help: $(grep -m1 '^[<>]' "$T/diff")"
	complete_line --output-skb-
	offers --output-skb-shared-info --output-skb-cb --output-skb-metadata
	complete_line --filter-trace-xdp --output-sk
	offers --output-skb --output-skb-shared-info --output-skb-cb --output-skb-metadata
	complete_line tcp port ''
	offers ''
}

case_completion_values() {
	complete_line --backend kprobe-
	offers kprobe-multi kprobe-events
	complete_line --backend = tracepoint
	offers tracepoint tracepoint-events
	complete_line --backend=tracepoint
	offers --backend=tracepoint --backend=tracepoint-events
	complete_line --timestamp =
	offers none current relative absolute
	complete_line --color a
	offers auto always
	complete_line --without kprobe-multi,ring-
	offers kprobe-multi,ring-buffer
	complete_line --output-meta = ''
	offers true false
	complete_line --output-meta ''
	offers ''
	for o in --filter-mark --ring-size --filter-skb-expr --output-skb-metadata -c; do
		complete_line "$o" ''
		offers ''
	done
}

case_completion_files() {
	for o in --output-file --record -w --replay -r --kernel-btf --btf-pack --verifier-log --ready-file; do
		complete_line "$o" ''
		[[ $DEFAULT == *default* ]] || bad "no files for $o"
	done
	complete_line --btf-pack out ''
	[[ $DEFAULT == *default* ]] || bad "no files after --btf-pack FILE"
	complete_line --backend ''
	[ -z "$DEFAULT" ] || bad "files for --backend"
}

# Interfaces and namespaces, including names that a shell would execute.
case_completion_names() {
	complete_line -i ''
	diff <(sort <<<"$REPLY") <(ls /sys/class/net) >/dev/null || bad "-i gives '$REPLY'"
	complete_line --filter-netns $$ --filter-ifname lo
	grep -qx lo <<<"$REPLY" || bad "no lo in the namespace of a process"
	ls() { printf '%s\n' 'blue' "\$(touch $T/run)" 'two words'; }
	complete_line --filter-netns ''
	unset -f ls
	offers blue "\\\$\\(touch\\ $T/run\\)" 'two\ words'
	[ ! -e "$T/run" ] || bad "a namespace's name was executed"
	[ "$(id -u)" -eq 0 ] || return
	ip netns add "docs$$" 2>"$T/err" || { skip "no network namespaces: $(cat "$T/err")"; return; }
	complete_line --filter-netns "docs$$"
	offers "docs$$"
	complete_line --filter-netns "docs$$" -i l
	offers lo
}

case_completion_functions() {
	if ! "$SKBTRAIL" --list-funcs >"$T/funcs" 2>"$T/err"; then
		skip "cannot list functions: $(head -n 1 "$T/err")"
		complete_line --filter-func kfree_
		offers ''
		return
	fi
	complete_line --filter-func kfree_skb
	diff <(sort <<<"$REPLY") <(awk '$1 ~ /^kfree_skb/ { print $1 }' "$T/funcs" | sort) >/dev/null ||
		bad "--filter-func gives '$REPLY'"
	complete_line --filter-func =
	[ "$(wc -l <<<"$REPLY")" -eq "$(sed 1d "$T/funcs" | wc -l)" ] || bad "not all functions"
	complete_line --filter-func "'tcp_.*|consume_sk"
	offers 'tcp_.*|consume_skb'
	[ -n "${_skbtrail_kept["$SKBTRAIL --list-funcs"]-}" ] || bad "functions are not cached"
}

case_completion_unprivileged() {
	[ "$(id -u)" -eq 0 ] || { skip "not root"; return; }
	cp "$SKBTRAIL" docs/skbtrail.bash "$T"
	chmod 755 "$T" "$T/skbtrail"
	chmod 644 "$T/skbtrail.bash"
	setpriv --reuid 65534 --regid 65534 --clear-groups bash -c '. "$0/skbtrail.bash"
		COMP_WORDS=("$0/skbtrail" --filter-func kfree_) COMP_CWORD=2
		_skbtrail
		echo "${COMPREPLY[*]}"' "$T" >"$T/out" 2>&1
	[ "$(cat "$T/out")" = '' ] || bad "without root it prints $(head -n 1 "$T/out")"
}

# ---- installing ----

quiet_make() { make --no-print-directory "$@" >"$T/log" 2>&1 || bad "make $*: $(tail -n 1 "$T/log")"; }

# Modes and paths of all files in a directory.
files_in() { (cd "$1" && find . -type f -printf '%m %P\n' | sort -k2); }

case_install() {
	cat >"$T/expected" <<-END
		755 usr/bin/skbtrail
		644 usr/share/bash-completion/completions/skbtrail
		644 usr/share/doc/skbtrail/CHANGELOG.md
		644 usr/share/doc/skbtrail/LICENSE
		644 usr/share/doc/skbtrail/architecture.md
		644 usr/share/doc/skbtrail/json.md
		644 usr/share/doc/skbtrail/kernels.md
		644 usr/share/doc/skbtrail/pcapng.md
		644 usr/share/doc/skbtrail/pwru.md
		644 usr/share/doc/skbtrail/report.md
		644 usr/share/doc/skbtrail/route.md
		644 usr/share/doc/skbtrail/story.md
		644 usr/share/doc/skbtrail/summary.md
		644 usr/share/doc/skbtrail/why.md
		644 usr/share/man/man8/skbtrail.8
	END
	(umask 077 && quiet_make install "DESTDIR=$T/root" PREFIX=/usr && [ -z "$reasons" ]) ||
		bad "make install fails: $(tail -n 1 "$T/log")"
	files_in "$T/root" >"$T/found"
	diff "$T/expected" "$T/found" >"$T/diff" || bad "installed: $(grep -m1 '^[<>]' "$T/diff")"
	"$T/root/usr/bin/skbtrail" --version >/dev/null || bad "the installed program does not run"
	! readelf -SW "$T/root/usr/bin/skbtrail" | grep -q debug_info || bad "it is not stripped"
	quiet_make uninstall "DESTDIR=$T/root" PREFIX=/usr
	[ -z "$(files_in "$T/root")" ] || bad "uninstall leaves $(files_in "$T/root" | head -n 1)"
	[ ! -e "$T/root/usr/share/doc/skbtrail" ] || bad "uninstall leaves a directory"
	quiet_make install "DESTDIR=$T/local"
	[ -x "$T/local/usr/local/bin/skbtrail" ] || bad "the default PREFIX is not /usr/local"
}

# deb_looks_right FILE: check a file skbtrail_VERSION_ARCH.deb.
deb_looks_right() {
	local f=$1 arch dir=$T/deb
	rm -rf "$dir"
	dpkg-deb -R "$f" "$dir" || { bad "'$f' cannot be unpacked"; return; }
	arch=$(readelf -hW "$dir/usr/bin/skbtrail" | sed -n 's/.*Machine: *//p' |
		sed 's/.*X86-64/amd64/; s/AArch64/arm64/; s/RISC-V/riscv64/')
	dpkg-deb -c "$f" | awk '$2 != "root/root" || $1 !~ /^(drwxr-xr-x|-rw-r--r--)$/ &&
		($1 != "-rwxr-xr-x" || $6 != "./usr/bin/skbtrail")' >"$T/bad"
	[ ! -s "$T/bad" ] || bad "$arch: $(head -n 1 "$T/bad")"
	for path in bin/skbtrail share/man/man8/skbtrail.8.gz share/bash-completion/completions/skbtrail \
		share/doc/skbtrail/copyright share/doc/skbtrail/changelog.gz share/doc/skbtrail/json.md; do
		[ -s "$dir/usr/$path" ] || bad "$arch: no /usr/$path"
	done
	(cd "$dir" && md5sum --quiet -c DEBIAN/md5sums >/dev/null 2>&1) || bad "$arch: wrong md5sums"
	[ "$(find "$dir/usr" -type f | wc -l)" = "$(wc -l <"$dir/DEBIAN/md5sums")" ] ||
		bad "$arch: md5sums does not list all files"
	for field in "Package skbtrail" "Architecture $arch" "Version $version" 'Maintainer A B <a@b>' \
		'Section net'; do
		[ "$(dpkg-deb -f "$f" "${field%% *}")" = "${field#* }" ] || bad "$arch: ${field%% *}"
	done
	[ -z "$(dpkg-deb -f "$f" Depends)" ] || bad "$arch: has dependencies"
	dpkg-deb -f "$f" Built-Using | grep -q 'libpcap (= .*musl (= ' || bad "$arch: Built-Using"
	zcat "$dir/usr/share/man/man8/skbtrail.8.gz" | cmp -s - "$page" || bad "$arch: man page differs"
	zcat "$dir/usr/share/doc/skbtrail/changelog.gz" >"$T/changelog"
	grep -q "^skbtrail ($version) " "$T/changelog" || bad "$arch: changelog"
	! grep -q '.\{81\}' <(grep -v '^ -- ' "$T/changelog") || bad "$arch: long lines in the changelog"
}

# Of the architectures that are built already. The native one is built twice (same bytes?) and installed.
case_deb() {
	local version arch file native
	command -v dpkg-deb >/dev/null || { skip "not a Debian system"; return; }
	version=$("$SKBTRAIL" --version | cut -d ' ' -f 2)
	for arch in '' arm64 riscv64; do
		[ -e "build/$arch/skbtrail" ] || continue
		quiet_make deb ${arch:+"ARCH=$arch"} MAINTAINER='A B <a@b>'
		file=$(echo "build/$arch/skbtrail_${version}"_*.deb)
		[ -e "$file" ] || { bad "no package in build/$arch"; continue; }
		native=${native:-$file}
		deb_looks_right "$file"
	done
	cp "$native" "$T/first.deb"
	quiet_make deb MAINTAINER='A B <a@b>'
	cmp -s "$T/first.deb" "$native" || bad "a second build differs"
	deb_installs "$native"
}

deb_installs() {
	mkdir -p "$T/dpkg/var/lib/dpkg/info" "$T/dpkg/var/lib/dpkg/updates"
	: >"$T/dpkg/var/lib/dpkg/status"
	if [ "$(id -u)" -eq 0 ]; then
		dpkg --root="$T/dpkg" -i "$1" >"$T/log" 2>&1 || bad "dpkg -i: $(tail -n 1 "$T/log")"
	else
		dpkg-deb -x "$1" "$T/dpkg"
	fi
	"$T/dpkg/usr/bin/skbtrail" --version >/dev/null || bad "the installed program does not run"
}

failed=0
for c in man_options man_renders man_examples man_ascii pages_options pages_examples pwru_options links \
	figures_constants figures_costs figures_kernels figures_backends architecture \
	completion_options completion_values completion_files completion_names completion_functions \
	completion_unprivileged install deb; do
	run_case $c
done
exit $failed
