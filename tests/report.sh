#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# usage: report.sh [REGEX] - open reports in Chromium, without a display
#
# SKBTRAIL and MAKE_RECORD: the program, and tests/bench/record.c. A picture of each page is left in
# PICTURES (build/pictures); with RECORD these are of the report of that record, and nothing else is
# done. Prints lines "TEST name ok|FAIL reason|SKIP reason"; exit code 1 if one
# failed.
set -u
cd "$(dirname "$0")/.." || exit 1

only=${1:-.}
SKBTRAIL=${SKBTRAIL:-build/skbtrail}
MAKE_RECORD=${MAKE_RECORD:-build/system/make-record}
PICTURES=${PICTURES:-build/pictures}
MOST_MS=2000 # to open a report of 100,000 events

T=$(mktemp -d) || exit 1
trap 'rm -rf "$T"' EXIT
trap 'exit 130' INT TERM HUP

bad() { [ -n "$why" ] || why=$*; }

run_case() {
	why=''
	[[ $1 =~ $only ]] || return
	"case_$1"
	if [ -n "$why" ]; then
		echo "TEST $1 FAIL $why"
		failed=1
	else
		echo "TEST $1 ok"
	fi
}

# Chromium's sandbox does not work for root.
browse() {
	timeout 120 chromium --headless --disable-gpu --no-first-run --hide-scrollbars \
		--user-data-dir="$T/profile" --enable-logging=stderr ${sandbox:+"$sandbox"} "$@" 2>"$T/log"
}
sandbox=
[ "$(id -u)" -ne 0 ] || sandbox=--no-sandbox

# report NAME RECORD [OPTION...]: $T/NAME.html
report() {
	"$SKBTRAIL" -r "$2" --report "$T/$1.html" "${@:3}" 2>"$T/err" || bad "no report: $(tail -n 1 "$T/err")"
}

# visit NAME PAGE: the elements are in $T/dom when its script has run, without a fault.
visit() {
	browse --dump-dom "file://$T/$1.html#$2" >"$T/dom"
	grep -q ' data-ready="' "$T/dom" || bad "$1#$2 is not ready: $(grep -m1 CONSOLE "$T/log")"
	! grep -q ' data-errors="' "$T/dom" || bad "$1#$2: $(sed -n 's/.* data-errors="//p' "$T/dom" | head -n 1)"
	! grep CONSOLE "$T/log" >"$T/console" || bad "$1#$2: $(head -n 1 "$T/console")"
}

has() { grep -q -- "$1" "$T/dom" || bad "${2:-$page} has no '$1'"; }

picture() { # picture NAME PAGE SIZE FILE [OPTION...]
	browse --virtual-time-budget=3000 --window-size="$3" --screenshot="$PICTURES/$4.png" "${@:5}" \
		"file://$T/$1.html#$2"
	[ -s "$PICTURES/$4.png" ] || bad "no picture of $2"
}

# is_narrow NAME PAGE SIZE: nothing is beyond the right edge of the window.
is_narrow() {
	sed -e '/http-equiv="Content-Security-Policy"/d' -e 's|</body>|<script>document.documentElement.dataset.wide =\
		document.documentElement.scrollWidth - innerWidth</script>&|' "$T/$1.html" >"$T/test.html"
	browse --window-size="$3" --dump-dom "file://$T/test.html#$2" >"$T/dom"
	grep -q ' data-wide="[-0]' "$T/dom" ||
		bad "$2 is wider than $3 by $(sed -nE 's/.* data-wide="([^"]*)".*/\1/p' "$T/dom" | head -n 1)"
}

# Of all pages of a report.
pictures() {
	for page in $pages; do
		picture "$1" "$page" 1100,900 "${page/\//-}"
	done
	for page in overview packets "$packet" latency; do
		picture "$1" "$page" 400,900 "narrow-${page/\//-}"
		picture "$1" "$page" 1100,900 "dark-${page/\//-}" --blink-settings=preferredColorScheme=0
	done
}

# Of a real record; its first dropped packet is the one that is shown.
case_pictures() {
	report real "$RECORD"
	packet=packets/$(sed -nE 's/^\[([0-9]+),(("[^"]*"|[^,"])*,){8}0,.*/\1/p' "$T/real.html" | head -n 1)
	pages="overview flows packets $packet latency rules machine"
	pictures real
}

packet=packets/1
pages="overview flows packets $packet latency rules machine"

case_pages() {
	"$MAKE_RECORD" 1000 >"$T/record"
	report some "$T/record" -v
	[ "$(stat -c %a "$T/some.html")" = 600 ] || bad "others can read the report"
	for page in $pages; do
		visit some "$page"
		case $page in
		overview)
			has 'class="stack"'
			has '<b>1,000</b>events'
			has 'What is missing' ;;
		flows) has '<tr class="row".*10\.0\.0\.1:4242' ;;
		packets)
			has 'id="search"'
			has '[0-9]* of [0-9]* packets' ;;
		packets/1)
			has '<svg [^>]*id="lanes"'
			has '<circle class="node"'
			has '>[0-9]* functions*<' ;;
		latency) has '<svg [^>]*aria-label="distribution"' ;;
		rules) has 'No verdict was recorded' ;;
		machine)
			has '<dd>box</dd>'
			has "$T/record" ;;
		esac
	done
	pictures some
	cmp -s "$PICTURES/overview.png" "$PICTURES/dark-overview.png" && bad "dark is as light"
	browse --print-to-pdf="$PICTURES/report.pdf" "file://$T/some.html"
	head -c 4 "$PICTURES/report.pdf" | grep -q %PDF || bad "it is not printed"
}

# All that a record can contain, and losses.
case_all_kinds() {
	"$MAKE_RECORD" all >"$T/record"
	report all "$T/record"
	for page in overview packets packets/1 machine; do visit all "$page"; done
}

# Names that try to run, in every place.
case_hostile() {
	"$MAKE_RECORD" hostile >"$T/record"
	cp "$T/record" "$T/<script>alert(1)<"
	report hostile "$T/<script>alert(1)<"
	for page in overview flows packets packets/1 packets/4 packets/6 latency rules machine; do
		visit hostile "$page"
		[ "$(grep -o '<script' "$T/dom" | wc -l)" -eq 2 ] || bad "$page has other scripts"
		! grep -q '<img' "$T/dom" || bad "$page has an image"
	done
	for page in overview packets packets/1 rules; do
		for size in 400,900 1100,900; do is_narrow hostile "$page" "$size"; done
	done
	visit hostile packets/1
	has '&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt;'
	visit hostile packets
	has 'a\\x0ab\\x0d\\x09\\x1b\[31m\\x01'
	has '\\xff\\xfe\\xc3(\\xe2\\x82'
	picture hostile packets 1100,900 hostile
	# what would be seen of a script that gets in
	sed 's|</body>|<script>alert(1)</script></body>|' "$T/hostile.html" >"$T/worse.html"
	browse --virtual-time-budget=1000 --dump-dom "file://$T/worse.html" >"$T/dom"
	has 'data-errors="blocked: script-src' 'a page with a foreign script'
	sed 's|</body>|<img src="http://127.0.0.1:9/x"></body>|' "$T/hostile.html" >"$T/worse.html"
	browse --virtual-time-budget=1000 --dump-dom "file://$T/worse.html" >"$T/dom"
	has 'data-errors="blocked: img-src\|data-errors="blocked: default-src' 'a page with a foreign image'
}

# A run that was killed: the page says so.
case_cut_off() {
	"$MAKE_RECORD" 1000 >"$T/record"
	report cut "$T/record"
	head -c 45000 "$T/cut.html" >"$T/half.html"
	browse --dump-dom "file://$T/half.html" >"$T/dom"
	has '<p id="broken" role="alert">Nothing to show'
}

# Keys, in a copy whose policy lets the test's script run.
case_keyboard() {
	"$MAKE_RECORD" 10000 >"$T/record"
	report keys "$T/record"
	sed -e '/http-equiv="Content-Security-Policy"/d' -e '/<\/body>/d' -e '/<\/html>/d' "$T/keys.html" >"$T/test.html"
	cat >>"$T/test.html" <<-'END'
		<script>
		(async () => {
			const root = document.documentElement.dataset, $ = (q) => document.querySelector(q);
			const press = async (key) => {
				(document.activeElement || document.body).dispatchEvent(
					new KeyboardEvent('keydown', {key, bubbles: true, cancelable: true}));
				await new Promise((go) => setTimeout(go, 50));
			};
			const expect = (what, is) => { if (!is) throw new Error(what); };
			try {
				await press('4');
				expect('4 is latency', location.hash === '#latency' && $('svg'));
				await press('/');
				expect('/ is search', document.activeElement.id === 'search');
				const all = document.querySelectorAll('tr.row').length;
				expect('200 rows at a time', all === 200);
				$('.more').click();
				expect('more rows', document.querySelectorAll('tr.row').length === 400);
				$('#search').value = '#7 CURL';
				$('#search').dispatchEvent(new Event('input'));
				expect('one is found', document.querySelectorAll('tr.row').length === 1);
				$('#search').value = 'no such thing';
				$('#search').dispatchEvent(new Event('input'));
				expect('none is found', !$('tr.row'));
				$('#search').value = 'eth0';
				$('#search').dispatchEvent(new Event('input'));
				await press('ArrowDown');
				expect('to the list', document.activeElement.matches('tr.row'));
				await press('ArrowDown');
				await press('Enter');
				expect('Enter opens', location.hash === '#packets/2' && $('#lanes'));
				await press('ArrowRight');
				expect('next', location.hash === '#packets/3');
				await press('ArrowLeft');
				await press('ArrowLeft');
				expect('previous', location.hash === '#packets/1');
				$('#all').click();
				expect('all stages', $('#all').checked);
				await press('Escape');
				expect('back at its row', location.hash === '#packets' &&
					document.activeElement.textContent.startsWith('#1'));
				$('select').value = '0';
				$('select').dispatchEvent(new Event('change'));
				expect('drops only', [...document.querySelectorAll('td:last-child')].every((e) =>
					e.textContent.includes('dropped')));
				$('th button').click();
				$('th button').click();
				await press('2');
				$('tr.row').click();
				await press('x');
				expect('a flow', location.hash === '#packets' && $('.tools button'));
				root.test = 'passed';
			} catch (e) {
				root.test = e.message;
			}
		})();
		</script>
	END
	browse --virtual-time-budget=20000 --dump-dom "file://$T/test.html" >"$T/dom"
	grep -q ' data-test="passed"' "$T/dom" ||
		bad "$(sed -nE 's/.* data-(errors|test)="([^"]*)".*/\2/p' "$T/dom" | head -n 1)"
	! grep -q ' data-errors="' "$T/dom" || bad "$(sed -n 's/.* data-errors="//p' "$T/dom" | head -n 1)"
}

case_opens_fast() {
	"$MAKE_RECORD" 100000 >"$T/record"
	report large "$T/record"
	visit large overview
	ms=$(sed -nE 's/.* data-ready="([0-9]+)".*/\1/p' "$T/dom" | head -n 1)
	echo "  100,000 events, $(stat -c %s "$T/large.html") bytes: $ms ms"
	[ "${ms:-$MOST_MS}" -lt "$MOST_MS" ] || bad "it opens in ${ms:-?} ms"
}

if ! command -v chromium >/dev/null; then
	echo "TEST all SKIP chromium is not installed (make deps-browser)"
	exit 0
fi
mkdir -p "$PICTURES"
failed=0
cases='pages all_kinds hostile cut_off keyboard opens_fast'
[ -z "${RECORD-}" ] || cases=pictures
for name in $cases; do
	run_case "$name"
done
exit $failed
