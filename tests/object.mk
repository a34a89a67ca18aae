# SPDX-License-Identifier: GPL-2.0-only
# Small BPF objects that the unit tests of loader/object embed with .incbin.

OBJECT_BPF_DIR := $(B)/tests/unit/bpf
OBJECT_BPF     := $(patsubst tests/unit/bpf/%.c,$(OBJECT_BPF_DIR)/%.o,$(wildcard tests/unit/bpf/object_*.bpf.c))
OBJECT_EMBED   := $(patsubst tests/unit/%.c,$(B)/tests/unit/%.o,$(wildcard tests/unit/object_*.c))

$(OBJECT_BPF_DIR)/object_%.bpf.o: tests/unit/bpf/object_%.bpf.c Makefile
	$(call say,BPF,$<)
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) $(BPF_CPPFLAGS) -MMD -MP -c -o $@ $<

$(OBJECT_EMBED): $(OBJECT_BPF)
$(OBJECT_EMBED): ALL_CFLAGS += -Wa,-I$(OBJECT_BPF_DIR)
