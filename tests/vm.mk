# SPDX-License-Identifier: GPL-2.0-only
# Tests on running kernels: this machine's, and others in virtual machines.

SERIES := $(shell awk '/^[^\#]/ && !$$6 { print $$1 }' tests/vm/kernels)
FOREIGN := $(shell awk '/^[^\#]/ && $$6 { print $$1 }' tests/vm/kernels)

RUNGS  := $(shell awk '/^[^\#]/ { print $$1 }' tests/vm/rungs | uniq)

# Sends UDP datagrams.
$(B)/burst: tests/bench/burst.c
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CROSS_FLAGS) -O2 -Wall -Wextra -static -o $@ $<

# tc and XDP programs, the same for all architectures.
$(B)/traffic.bpf.o: tests/bpf/traffic.bpf.c Makefile
	$(call say,BPF,$<)
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) $(BPF_CPPFLAGS) -MMD -MP -c -o $@ $<
	$(Q)$(LLVM_OBJCOPY) --strip-debug $@

# Random rulesets and packets against the kernel of this machine.
$(B)/nf-random: $(patsubst %.c,$(B)/%.o,$(wildcard tests/netfilter/*.c)) \
		$(B)/libnetfilter.a $(B)/libkern.a $(B)/libbase.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $(LIBC_START) $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) \
		-Wl,--end-group $(LIBC_END)

$(B)/route-random: $(B)/tests/routing/random.o $(B)/librouting.a $(B)/libkern.a $(B)/libbase.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $(LIBC_START) $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) \
		-Wl,--end-group $(LIBC_END)

TRAFFIC := $(B)/burst $(B)/traffic.bpf.o

report-check: all make-record ## open reports in Chromium (make deps-browser), if there is one
	$(Q)tests/run.sh report

pictures: all make-record ## pictures of a report in build/pictures; RECORD=FILE: of that record
	$(Q)RECORD=$(RECORD) tests/report.sh 'pages|pictures'

test-programs: all unit make-record $(TRAFFIC) $(B)/nf-random $(B)/route-random

check: ## run every test: unit, native and in virtual machines
	$(Q)$(MAKE) --no-print-directory deps
	$(Q)$(MAKE) --no-print-directory test-programs
	$(Q)$(MAKE) --no-print-directory SAN=1 unit
	$(Q)for s in $(SERIES); do tests/vm/btf.sh $$s || :; done
	$(Q)tests/run.sh

native-check: all $(TRAFFIC) $(B)/nf-random $(B)/route-random ## run the tests on this machine's kernel (as root)
	$(Q)tests/run.sh native demo

vm-check: $(B)/skbtrail $(TRAFFIC) ## run the tests in virtual machines; vm-check-6.1: in one of them
	$(Q)tests/run.sh $(SERIES:%=vm-%) cross $(FOREIGN:%=vm-%)

vm-check-%: $(B)/skbtrail $(TRAFFIC)
	$(Q)tests/run.sh vm-$*

rungs-check: $(B)/skbtrail $(TRAFFIC) ## run all rungs (tests/vm/rungs); rungs-check-5.10: of one kernel
	$(Q)tests/run.sh $(RUNGS:%=rungs-%)

rungs-check-%: $(B)/skbtrail $(TRAFFIC)
	$(Q)tests/run.sh rungs-$*

kernels-page: ## write the last test run's results into docs/kernels.md
	$(Q)B=$(B) tests/kernels.sh update

vm-check-arm64-6.1: ## the same for another architecture; cross-builds first
$(FOREIGN:%=vm-check-%): vm-check-%:
	$(Q)tests/run.sh cross vm-$*

vm-shell-%: $(B)/skbtrail $(TRAFFIC) ## vm-shell-6.1: start a shell in a guest with skbtrail
	$(Q)VM_FILES='$(TRAFFIC)' SKBTRAIL=$(B)/skbtrail tests/vm/run.sh $*

bench-quick: $(B)/skbtrail $(B)/burst ## measure CPU, memory, loss and size, here and in a VM; results in build/bench
	@mkdir -p $(B)/bench
	$(Q)B=$(B) tests/bench/quick.sh >$(B)/bench/native; rc=$$?; cat $(B)/bench/native; exit $$rc
	$(Q)VM_NAME=bench VM_FILES=$(B)/burst SKBTRAIL=$(B)/skbtrail tests/vm/run.sh 6.12 \
		'sh tests/bench/quick.sh' >$(B)/bench/6.12; rc=$$?; cat $(B)/bench/6.12; exit $$rc

bench-rules: $(B)/skbtrail $(B)/burst ## measure what explaining drops by many rules costs, here
	$(Q)B=$(B) tests/bench/rules.sh

bench-libc: $(B)/skbtrail ## what musl costs, compared with this system's libc
	$(Q)$(MAKE) --no-print-directory LIBC=system all build/system/make-record build/system/measure
	$(Q)tests/bench/libc.sh $< build/system/skbtrail build/system/measure build/system/make-record

bench-replay: $(B)/skbtrail ## events of a record printed in a second; RECORD=FILE, OTHER=another skbtrail
	$(Q)$(MAKE) --no-print-directory LIBC=system build/system/make-record build/system/measure
	$(Q)[ -n '$(RECORD)' ] || build/system/make-record 500000 >$(B)/bench-record
	$(Q)tests/bench/replay.sh $< build/system/measure $(or $(RECORD),$(B)/bench-record) $(OTHER)

.PHONY: report-check pictures
.PHONY: bench-replay bench-rules bench-libc test-programs check native-check vm-check rungs-check kernels-page bench-quick
