#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# usage: run.sh SERIES 'COMMAND' - boot a kernel and run a shell command in the guest
#        run.sh SERIES           - boot a kernel with a shell on the serial console
#
# The command runs in a copy of tests/ and of the man page, with $SKBTRAIL (build/skbtrail) and $VM_FILES. For a guest of
# another architecture, FILE is replaced by ARCH/FILE in the same directory if that exists. Prints
# the output of the command and returns its exit code; otherwise 125: the guest crashed (prints the
# last lines of the console), 124: it took more than VM_TIMEOUT seconds, 77: no such kernel, no
# emulator, or no skbtrail. The console log is build/vm/log/SERIES-NAME.console (VM_NAME, default
# "run"). With VM_ICOUNT=1 the guest's clock advances by 1 ns an instruction.
set -u
cd "$(dirname "$0")/../.." || exit 1

series=$1
payload=${2-}
vm=$PWD/${VM_DIR:-build/vm}
dir=$vm/$series
name=$series-${VM_NAME:-run}
log=$vm/log/$name
arch=$(tests/vm/arch.sh "$series") || exit
foreign=$(tests/vm/arch.sh -d "$series")

# built FILE: the file for the guest's architecture.
built() {
	other=$(dirname "$1")/$foreign$(basename "$1")
	if [ -e "$other" ]; then echo "$other"; else echo "$1"; fi
}

skbtrail=$(built "${SKBTRAIL:-build/skbtrail}")
case $foreign$skbtrail in
"$skbtrail" | *"/${foreign}skbtrail") ;;
*) echo "kernel $series: no skbtrail for it, make ARCH=$arch" >&2; exit 77 ;;
esac

mkdir -p "$vm/log"
exec 9>"$vm/log/$series.lock"
flock 9 # guests of a series share these files
tests/vm/fetch.sh "$series" || exit
tests/vm/image.sh "$series" || exit
exec 9>&-
stage=$(mktemp -d) || exit 1
trap 'rm -rf "$stage"' EXIT
trap 'exit 130' INT TERM

overlay() {
	mkdir -p "$stage/skbtrail/build/tests"
	cp -a tests "$stage/skbtrail/"
	install -D -m 644 docs/skbtrail.8 "$stage/skbtrail/docs/skbtrail.8"
	for f in "$skbtrail" ${VM_FILES:-}; do
		f=$(built "$f")
		[ ! -e "$f" ] || cp -a "$f" "$stage/skbtrail/build/"
	done
	echo "line=$line" >"$stage/payload"
	printf '%s\n' "$payload" | sed "s/'/'\\\\''/g; 1s/^/payload='/; \$s/\$/'/" >>"$stage/payload"
	(cd "$stage" && find skbtrail payload | cpio -o -H newc -R 0:0 --quiet) | gzip -1
}

# Multi-threaded emulation breaks kernels that modify their own code (kprobes).
accel=${VM_ACCEL:-tcg,thread=single}
cpus=2
# The el7 kernel supports only one CPU.
[ "$series" != el7 ] || cpus=1
# Where CPUs are emulated in turn, one would count the other's instructions, and 5.10 does not boot.
[ -z "${VM_ICOUNT:-}" ] || cpus=1
# The console, and the serial line for the command's output with its device.
case $arch in
amd64)
	# Linux 6.12 panics sometimes after an emulated cmpxchg16b.
	set -- qemu-system-x86_64 -cpu "${VM_CPU:-Nehalem,-cx16}"
	console=ttyS0 line=ttyS1 device=isa-serial
	;;
arm64)
	# -cpu max boots four times slower because of pointer authentication.
	set -- qemu-system-aarch64 -M virt -cpu "${VM_CPU:-cortex-a72}"
	console=ttyAMA0 line=ttyS0 device=pci-serial
	;;
riscv64)
	# One CPU: code patching waits for all CPUs, which are emulated in turn, so with two of them
	# loading modules takes a minute. And the kernel treats kprobes as NMIs, in which it only
	# tries to lock the ring buffer: two emulated CPUs would lose events.
	cpus=1
	set -- qemu-system-riscv64 -M virt -cpu "${VM_CPU:-rv64}"
	console=ttyS0 line=ttyS1 device=pci-serial
	;;
esac
command -v "$1" >/dev/null || { echo "kernel $series: no $1 on this machine" >&2; exit 77; }

{ cat "$dir/base.cpio.gz"; overlay; } >"$stage/initrd"
set -- "$@" -accel "$accel" -smp $cpus -m "${VM_MEM:-768}" \
	-nodefaults -display none -no-reboot -kernel "$dir/vmlinuz" -initrd "$stage/initrd"
# Without no_timer_check a guest panics where the host is too busy to deliver a timer interrupt in time.
[ -z "${VM_ICOUNT:-}" ] || set -- "$@" -icount shift=0,align=off,sleep=off
append="console=$console panic=-1 mitigations=off audit=0 no_timer_check"
if [ -z "$payload" ]; then
	"$@" -serial mon:stdio -append "$append quiet"
	exit
fi
timeout --foreground "${VM_TIMEOUT:-1500}" "$@" -serial "file:$log.console" \
	-chardev stdio,id=line,signal=off -device "$device,chardev=line" \
	-append "$append" </dev/null 2>"$log.qemu" | tee "$log.out" | grep -v --line-buffered '^VM-END '
rc=$(sed -n 's/^VM-END //p' "$log.out")
[ -z "$rc" ] || exit "$rc"

tail -n 20 "$log.console"
cat "$log.qemu"
if grep -q 'Kernel panic' "$log.console"; then
	echo "kernel $series: the kernel panicked" >&2
	exit 125
fi
echo "kernel $series: no result within ${VM_TIMEOUT:-1500} s" >&2
exit 124
