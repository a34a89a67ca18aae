# SPDX-License-Identifier: GPL-2.0-only
# BPF programs that the CO-RE tests relocate and run, and the types to relocate them to.

CORE_BPF := $(patsubst %.c,$(B)/%.o,$(wildcard tests/unit/bpf/core_*.bpf.c))

$(B)/tests/unit/bpf/core_%.bpf.o: tests/unit/bpf/core_%.bpf.c Makefile
	$(call say,BPF,$<)
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) $(BPF_CPPFLAGS) -MMD -MP -c -o $@ $<

# Unit tests that read the objects at run time.
CORE_BPF_USERS := btf_core_bpf btf_core_fuzz
$(CORE_BPF_USERS:%=$(B)/tests/unit/%.o): ALL_CFLAGS += -DCORE_BPF_DIR='"$(abspath $(B))/tests/unit/bpf"'
$(CORE_BPF_USERS:%=$(B)/unit/%): | $(CORE_BPF)
