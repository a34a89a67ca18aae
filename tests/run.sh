#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# usage: run.sh [STAGE...] - run tests; the last line is "N passed, N failed[, N skipped]"
#
# Stages: unit, san (unit tests with sanitizers), layers, native, demo, report (reports in a browser),
# cross (builds for other architectures), release, static (program size, name resolution), docs (pages, completion,
# packages), libraries (download of their sources), system (builds with LIBC=system), vm-SERIES for
# each of tests/vm/kernels, rungs-SERIES for each of tests/vm/rungs. Default: all. The complete output
# is in build/check/STAGE.log (B/check with B=DIR). JOBS guests run at the same time (default: the number
# of CPUs). With MAX_MINUTES no guest boots later than that after BEGAN (date +%s; default: now): those
# left are skipped. At the end the results are compared with docs/kernels.md.
set -u
cd "$(dirname "$0")/.." || exit 1

B=${B:-build}
out=$B/check
jobs=${JOBS:-$(nproc)}
began=${BEGAN:-$(date +%s)}

# The output of a stage has lines "TEST name ok|FAIL reason|SKIP reason", and for the table in
# docs/kernels.md lines "ROW guest|simulation KERNEL MACHINE TYPES BACKEND TRANSPORT ok|FAIL|none".
# "TOOK N s: name" is for those who want the run to be shorter: sort -k2n build/check/vm-*.log

# Run one cmocka program. If it crashes, the test that was running gets no verdict from cmocka.
unit_program() {
	local name=${1##*/} rc log
	log=$(timeout 900 "$1" 2>&1)
	rc=$?
	awk -v prog="$name" -v rc=$rc '
		/test\(s\) run\.$/ { whole = 1; exit }
		/^\[ RUN      \]/ { running = $4; said = ""; next }
		/^\[       OK \]/ { print "TEST " prog "/" $4 " ok"; running = "" }
		/^\[  SKIPPED \]/ { print "TEST " prog "/" $4 " SKIP " said; running = "" }
		/^\[  FAILED  \]/ { print "TEST " prog "/" $4 " FAIL " said; failed = 1; running = "" }
		/\[   LINE   \] ---/ { sub(/.*--- /, ""); said = $0 " " said; next }
		/\[  ERROR   \] ---/ { sub(/.*--- /, ""); said = $0; next }
		/^ROW / { print; next }
		running { said = $0 }
		END {
			if (!whole)
				print "TEST " prog "/" running " FAIL the program exited with code " rc
			else if (rc && !failed)
				print "TEST " prog " FAIL the program exited with code " rc
		}' <<<"$log"
	[ $rc -eq 0 ] || sed 's/^/  | /' <<<"$log"
}

# Wait until fewer than $jobs run in the background.
wait_for_slot() {
	while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do
		wait -n
	done
}

unit_programs() {
	local p results=$out/programs
	rm -rf "$results"
	mkdir -p "$results"
	for p in "$1"/unit/*_*; do
		[ -x "$p" ] && [ -e "tests/unit/${p##*/}.c" ] || continue
		wait_for_slot
		unit_program "$p" >"$results/${p##*/}" &
	done
	wait
	cat "$results"/*_* || echo "TEST programs FAIL no unit tests in $1/unit"
}

stage_unit() { unit_programs "$B"; }
stage_san() { unit_programs "$B/san"; }

stage_layers() {
	if tests/layers.sh; then echo "TEST layers ok"; else echo "TEST layers FAIL"; fi
}

as_root() {
	[ "$(id -u)" -eq 0 ] || { echo "TEST all SKIP not root"; return 1; }
}

stage_native() {
	as_root && SKBTRAIL=$B/skbtrail BURST=$B/burst NF_RANDOM=$B/nf-random ROUTE_RANDOM=$B/route-random \
		LAB_BPF=$B/traffic.bpf.o tests/cases.sh
}

stage_demo() {
	as_root || return
	if tests/demo.sh "$B/skbtrail" 2>&1; then echo "TEST demo ok"; else echo "TEST demo FAIL"; fi
}

stage_cross() { tests/cross.sh; }
stage_release() { tests/release.sh; }
stage_static() { tests/static.sh "$B/skbtrail" "$(make -s print-SIZE_LIMIT)"; }
stage_libraries() { tests/libraries.sh; }
stage_system() { tests/system.sh "$B/skbtrail"; }
stage_report() { SKBTRAIL=$B/skbtrail tests/report.sh; }
stage_docs() { SKBTRAIL=$B/skbtrail tests/docs.sh; }

# Last: the other stages' results against docs/kernels.md. A different result must be reported.
stage_kernels() {
	local other=$out/other
	B=$B tests/kernels.sh check
	mkdir -p "$other/check"
	echo 'ROW simulation 4.4 x86_64 file kprobe-events perf FAIL' >"$other/check/unit.log"
	if B=$other tests/kernels.sh check | grep -q '^  found: .* perf fails '; then
		echo "TEST kernels_differ ok"
	else
		echo "TEST kernels_differ FAIL a failed row was not reported as a difference"
	fi
}

out_of_time() {
	[ -n "${MAX_MINUTES-}" ] && [ $(($(date +%s) - began)) -ge $((MAX_MINUTES * 60)) ]
}

# stage_vm STAGE SERIES [VARIABLE=VALUE]: run the cases in a guest.
stage_vm() {
	local stage=$1 series=$2 backends reasons rc
	if out_of_time; then
		echo "TEST all SKIP not begun within $MAX_MINUTES minutes"
		return
	fi
	read -r backends reasons < <(awk -v s="$series" '$1 == s { print $4, $5 }' tests/vm/kernels)
	# A processor with LA57 and all: where a read of a non-canonical address would warn.
	[ "$stage" != vm-5.10 ] || local -x VM_CPU=${VM_CPU:-max}
	VM_NAME=$stage VM_FILES="$B/burst $B/traffic.bpf.o" SKBTRAIL=$B/skbtrail tests/vm/run.sh "$series" \
		"SERIES=$series BACKENDS=$backends REASONS=$reasons MUST_HAVE=1 RETRY=${RETRY-} ${3-} tests/cases.sh" \
		2>"$out/$stage.err"
	rc=$?
	case $rc in
	0 | 1) ;;
	77) echo "TEST all SKIP $(tail -n 1 "$out/$stage.err")" ;;
	*) echo "TEST guest FAIL $(tail -n 1 "$out/$stage.err")" ;;
	esac
	cat "$out/$stage.err" >&2
}

run_stage() {
	local start=$SECONDS
	case $1 in
	vm-*) stage_vm "$1" "${1#vm-}" ;;
	rungs-*) stage_vm "$1" "${1#rungs-}" RUNGS=yes ;;
	*) "stage_$1" ;;
	esac >"$out/$1.log" 2>&1
	grep -q '^TEST ' "$out/$1.log" || echo "TEST all FAIL no test ran" >>"$out/$1.log"
	awk -v stage="$1" -v took=$((SECONDS - start)) '
		$1 == "TEST" { nr[$3]++ }
		END { printf "%-12s %3d passed, %d failed, %d skipped in %d s\n", stage, nr["ok"],
		      nr["FAIL"], nr["SKIP"], took }' "$out/$1.log"
	# What failed at first, and failures, each with the lines below it.
	awk -v stage="$1" '
		$1 == "TEST" { show = 0 }
		$1 == "AGAIN" { print "second attempt: " stage "/" substr($0, 7); show = 12; next }
		$1 == "TEST" && $3 == "FAIL" { print "FAILED " stage "/" substr($0, 6); show = 12; next }
		$1 == "TEST" && $3 == "SKIP" { print "skipped " stage "/" substr($0, 6); next }
		show-- > 0' "$out/$1.log"
}

stages=("$@")
[ $# -gt 0 ] || mapfile -t stages < <(
	printf '%s\n' unit san layers native demo report cross release static docs libraries system
	# What takes longest first: several backends, and other architectures.
	awk '/^[^#]/ && $4 != "-" { print split($4, backends, ",") + ($6 ? 0.5 : 0), "vm-" $1 }' \
		tests/vm/kernels | sort -rn -s -k 1,1 | cut -d ' ' -f 2
	awk '/^[^#]/ { print "rungs-" $1 }' tests/vm/rungs | uniq
)
mkdir -p "$out"
rm -f "$out"/*.log "$out"/*.err
trap 'kill $(jobs -p) 2>/dev/null; exit 130' INT TERM

for s in "${stages[@]}"; do
	if [[ $s == vm-* || $s == rungs-* ]]; then
		wait_for_slot
		run_stage "$s" &
	elif declare -F "stage_$s" >/dev/null; then
		run_stage "$s"
	else
		echo "run.sh: unknown stage '$s'" >&2
		exit 2
	fi
done
wait
! grep -q '^ROW ' "$out"/*.log || run_stage kernels

cat "$out"/*.log | awk '
	$1 == "TEST" { nr[$3]++ }
	END {
		printf "%d passed, %d failed", nr["ok"], nr["FAIL"]
		if (nr["SKIP"])
			printf ", %d skipped", nr["SKIP"]
		print ""
		exit nr["FAIL"] > 0
	}'
