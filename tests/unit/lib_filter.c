/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/unit/lib_filter.h"

#include <stdlib.h>
#include <string.h>

#define KADDR 0xffff888012345602ULL

/* What is in memory, in a block of exactly that size, so that a sanitizer sees overruns. */
static uint8_t *make_kmem(const uint8_t *data, size_t caplen, enum filter_run_mode mode, size_t *sz)
{
	uint8_t *kmem = malloc(caplen + 1);

	if (!kmem)
		abort();
	if (mode == RUN_HIDDEN_TAG && caplen >= 16) {
		memcpy(kmem, data, 12);
		memcpy(kmem + 12, data + 16, caplen - 16);
		*sz = caplen - 4;
	} else {
		memcpy(kmem, data, caplen);
		*sz = caplen;
	}
	if (mode == RUN_NOWHERE || mode == RUN_UNREADABLE)
		*sz = 0;
	return kmem;
}

int filter_run(struct interp *vm, const struct insn_buf *code, uint32_t window_sz,
	       const uint8_t *data, size_t caplen, size_t len, enum filter_run_mode mode)
{
	uint8_t *window = vm->stack + sizeof(vm->stack) + FILTER_FRAME_OFF, *kmem;
	uint64_t r0;
	bool ok;

	*vm = (struct interp){.kaddr = KADDR, .reg_init = 0x3e};
	memset(window, 0xa5, window_sz);
	memset(vm->stack_init + (window - vm->stack), true, window_sz);
	memcpy(window, data, caplen < window_sz ? caplen : window_sz);
	kmem = make_kmem(data, caplen, mode, &vm->kmem_sz);
	vm->kmem = kmem;
	vm->reg[1] = (uintptr_t)window;
	vm->reg[2] = mode == RUN_NOWHERE ? 0 : KADDR;
	vm->reg[3] = caplen;
	vm->reg[4] = len;
	vm->reg[5] = mode == RUN_HIDDEN_TAG;
	ok = interp_run(vm, code->insns, code->nr, &r0);
	free(kmem);
	vm->kmem = NULL;
	return ok ? r0 != 0 : -1;
}
