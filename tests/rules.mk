# SPDX-License-Identifier: GPL-2.0-only
# Tests. A unit test tests/unit/ROOM_topic.c is a program linked with its room and the rooms
# below it; - in ROOM stands for / (kern, obj, attach, measure: those of loader/).

UNIT_SRC := $(filter-out tests/unit/lib_%,$(wildcard tests/unit/*_*.c))
UNIT     := $(patsubst tests/unit/%.c,$(B)/unit/%,$(UNIT_SRC))

# Rooms that a room may use, itself first (the table of "Rooms" in README.md).
rooms_base   := base
rooms_btf    := btf base
rooms_filter := filter btf base
rooms_kern   := loader/kern base
rooms_obj    := loader/obj loader/kern btf base
rooms_attach := loader/attach loader/kern btf base
rooms_measure := loader/measure loader/attach loader/obj loader/kern btf base
rooms_output := output loader/kern base
rooms_loader := loader loader/measure loader/attach loader/obj output loader/kern filter btf base

unit: $(UNIT) ## build the unit tests

# tests/unit/lib_*.c: helpers of several tests (the eBPF interpreter, BTF builder).
UNIT_LIB := $(patsubst tests/unit/%.c,$(B)/tests/unit/%.o,$(wildcard tests/unit/lib_*.c))
$(B)/unit/lib.a: $(UNIT_LIB)
	$(call say,AR,$@)
	@mkdir -p $(@D)
	$(Q)rm -f $@ && ar rcsD $@ $^

UNIT_LDFLAGS = $(if $(SAN),$(LDFLAGS_ALL))
.SECONDEXPANSION:
$(B)/unit/%: $(B)/tests/unit/%.o $(B)/unit/lib.a \
		$$(foreach r,$$(rooms_$$(firstword $$(subst _, ,$$*))),$$(call room_lib,$$(r)))
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(UNIT_LDFLAGS) -o $@ $< -Wl,--start-group $(filter %.a,$^) -Wl,--end-group \
		-lcmocka $(LIBS)

include tests/core.mk
include tests/obj.mk
include tests/vm.mk

.PRECIOUS: $(B)/%.o
.PHONY: unit
