# SPDX-License-Identifier: GPL-2.0-only
# Unit tests. tests/unit/ROOM_topic.c is a program linked with its room and all rooms below. ROOM is
# the last component of the room's name: attach for loader/attach.

UNIT_SRC := $(filter-out tests/unit/lib_%,$(wildcard tests/unit/*_*.c))
# Unit tests are linked with the system's libraries, like libcmocka. They are built in build/system;
# build/unit is a symbolic link.
ifeq ($(LIBC),musl)
unit: ## build the unit tests
	$(Q)$(MAKE) --no-print-directory LIBC=system unit
	@[ -L $(B)/unit ] || rm -rf $(B)/unit
	@ln -sfn system/unit $(B)/unit

$(B)/known-functions:
	$(Q)$(MAKE) --no-print-directory LIBC=system $(@:$(B)/%=$(B)/system/%)
	@ln -sf system/known-functions $@

# A record without a kernel, as a test of reports needs it.
make-record:
	$(Q)$(MAKE) --no-print-directory LIBC=system build/system/make-record

.PHONY: unit make-record
else

UNIT     := $(patsubst tests/unit/%.c,$(B)/unit/%,$(UNIT_SRC))

# $(call rooms_up_to,ROOM): the room and all rooms below it, for linking a unit test.
rooms_from = $(if $(2),$(if $(filter $(1) $(1)/% %/$(1),$(firstword $(2))),$(2),\
	$(call rooms_from,$(1),$(wordlist 2,$(words $(2)),$(2)))))
reverse = $(if $(1),$(call reverse,$(wordlist 2,$(words $(1)),$(1))) $(firstword $(1)))
ROOMS_DOWN = $(strip $(call reverse,$(ROOMS)))
rooms_up_to = $(call rooms_from,$(1),$(ROOMS_DOWN))

unit: $(UNIT)

# tests/unit/lib_*.c: helpers shared by tests (eBPF interpreter, BTF builder, ...).
UNIT_LIB := $(patsubst tests/unit/%.c,$(B)/tests/unit/%.o,$(wildcard tests/unit/lib_*.c))
$(B)/unit/lib.a: $(UNIT_LIB)
	$(call say,AR,$@)
	@mkdir -p $(@D)
	$(Q)rm -f $@ && ar rcsD $@ $^

UNIT_LDFLAGS = $(if $(SAN),$(LDFLAGS_ALL))
.SECONDEXPANSION:
$(B)/unit/%: $(B)/tests/unit/%.o $(B)/unit/lib.a \
		$$(foreach r,$$(call rooms_up_to,$$(firstword $$(subst _, ,$$*))),$$(call room_lib,$$(r)))
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(UNIT_LDFLAGS) -o $@ $< -Wl,--start-group $(filter %.a,$^) -Wl,--end-group \
		-lcmocka $(LIBS)

# ---- a record without a kernel, and the cost of a run ----

$(B)/make-record: $(B)/tests/bench/record.o $(B)/unit/lib.a \
		$$(foreach r,$$(call rooms_up_to,files),$$(call room_lib,$$(r)))
	$(call say,LINK,$@)
	$(Q)$(CC) -o $@ $< -Wl,--start-group $(filter %.a,$^) -Wl,--end-group

$(B)/measure: tests/bench/measure.c
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) -O2 -Wall -Wextra -static -o $@ $<

include tests/core.mk
include tests/object.mk
endif

include tests/vm.mk

.PRECIOUS: $(B)/%.o
.PHONY: unit
