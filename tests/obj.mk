# SPDX-License-Identifier: GPL-2.0-only
# Small BPF objects that the unit tests of loader/obj take in with .incbin.

OBJ_BPF_DIR := $(B)/tests/unit/bpf
OBJ_BPF     := $(patsubst tests/unit/bpf/%.c,$(OBJ_BPF_DIR)/%.o,$(wildcard tests/unit/bpf/obj_*.bpf.c))
OBJ_EMBED   := $(patsubst tests/unit/%.c,$(B)/tests/unit/%.o,$(wildcard tests/unit/obj_*.c))

$(OBJ_BPF_DIR)/obj_%.bpf.o: tests/unit/bpf/obj_%.bpf.c Makefile
	$(call say,BPF,$<)
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) $(BPF_CPPFLAGS) -MMD -MP -c -o $@ $<

$(OBJ_EMBED): $(OBJ_BPF)
$(OBJ_EMBED): ALL_CFLAGS += -Wa,-I$(OBJ_BPF_DIR)
