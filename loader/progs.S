/* SPDX-License-Identifier: GPL-2.0-only */
/* The compiled BPF object, as the symbols trail_bpf_start and trail_bpf_end. */
	.section .rodata
	.balign 8
	.globl trail_bpf_start, trail_bpf_end
trail_bpf_start:
	.incbin "trail.bpf.o"
trail_bpf_end:
	.byte 0
	.section .note.GNU-stack, "", %progbits
