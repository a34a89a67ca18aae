# SPDX-License-Identifier: GPL-2.0-only
# skbtrail - one non-recursive makefile; everything is built under build/.
#
#   V=1     show the commands
#   SAN=1   address and undefined-behaviour sanitizers, in build/san (unit tests)
#   ARCH=   arm64 or riscv64: cross-compile, in build/ARCH (first make deps-ARCH)
#   LIBC=   system: link with this system's libraries; LIBC=system STATIC= links dynamically

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

VERSION := 0.1.0
HOST    := $(shell uname -m | sed -e s/aarch64/arm64/)
ARCH    ?= $(HOST)
CC      := $(if $(filter default,$(origin CC)),gcc,$(CC))
AR      := $(if $(filter default,$(origin AR)),ar,$(AR))
CLANG   ?= clang
LLVM_OBJCOPY ?= llvm-objcopy
STRIP   ?= strip
Q       := $(if $(V),,@)
say      = $(if $(V),@:,@printf '  %-6s %s\n' $(1) $(2))

LIBC    ?= musl
STATIC  ?= 1

# Sanitizers need the system's libc.
ifdef SAN
override LIBC := system
endif
B       := build$(if $(filter-out $(HOST),$(ARCH)),/$(ARCH))
B       := $(B)$(if $(SAN),/san,$(if $(filter system,$(LIBC)),/system))
B       := $(B)$(if $(STATIC)$(SAN),,-dynamic)

# ---- cross-compilation: Debian's cross compilers, libraries from tests/sysroot.sh ----

CROSS   := arm64 riscv64
TRIPLET_arm64   := aarch64-linux-gnu
TRIPLET_riscv64 := riscv64-linux-gnu

ifneq ($(ARCH),$(HOST))
TRIPLET := $(or $(TRIPLET_$(ARCH)),$(error ARCH=$(ARCH): expected one of $(HOST) $(CROSS)))
SYSROOT := build/sysroot/$(ARCH)
CC      := $(TRIPLET)-gcc
AR      := $(TRIPLET)-ar
STRIP   := $(TRIPLET)-strip
# -B and -isystem take precedence over the libc that comes with the cross compiler.
CROSS_FLAGS := --sysroot=$(SYSROOT) -B$(SYSROOT)/usr/lib/$(TRIPLET)/ \
	   -isystem $(SYSROOT)/usr/include/$(TRIPLET) -isystem $(SYSROOT)/usr/include
LIBRARIES := $(SYSROOT)/packages
$(LIBRARIES):
	@echo "no libraries for $(ARCH) yet: make deps-$(ARCH)" >&2; exit 1
endif

include packaging/libc.mk
include tests/rules.mk

# ---- the program ----

# From the bottom up; tests/layers.sh defines which rooms may include which.
ROOMS   := base kern btf/core btf/discover btf/reduce btf/print btf output/ring output output/files \
	   filter filter/expr loader/object loader/attach loader types/measure types \
	   names netfilter routing explain story cli trace
CFLAGS  ?= -Os -g
# Reproducible: the same bytes in any build directory.
SAME_PATHS := -ffile-prefix-map=$(CURDIR)=.
WARN    := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla \
	   -Wno-unused-parameter -Wno-missing-field-initializers
ALL_CFLAGS := -std=gnu11 -I. -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 \
	   -DSKBTRAIL_VERSION='"$(VERSION)"' -ffunction-sections -fdata-sections \
	   -fno-asynchronous-unwind-tables $(SAME_PATHS) $(or $(LIBC_CFLAGS),$(CROSS_FLAGS)) $(WARN) $(CFLAGS)
ifdef SAN
ALL_CFLAGS += -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
LDFLAGS_ALL := -fsanitize=address,undefined
else
LDFLAGS_ALL := $(if $(STATIC),-static) -Wl,--gc-sections -Wl,-z,noseparate-code -Wl,-T,trace/no_unwind.ld
endif
LDFLAGS_ALL += $(if $(LIBC_DIR),,$(CROSS_FLAGS)) $(LDFLAGS)
LIBS    := -lpcap -lelf -lz

# $(call room_src,ROOM): its C files. main.c is not part of a library; it is linked separately.
room_src = $(filter-out trace/main.c,$(wildcard $(1)/*.c))
room_lib = $(B)/lib$(subst /,-,$(1)).a
embedding_loader := $(B)/loader/progs.o
embedding_types/measure := $(B)/types/measure/embedded.o
embedding_btf/discover := $(B)/btf/discover/known_functions.o
embedding_story := $(B)/story/page.o
room_obj = $(patsubst %.c,$(B)/%.o,$(call room_src,$(1))) $(embedding_$(1))

all: $(B)/skbtrail ## build the program (default); ARCH=arm64, ARCH=riscv64: cross build, in build/ARCH

# The stubs must come before libpcap and libelf. The linker's warnings about getaddrinfo in static
# programs go to the log (Debian 13's ld writes some to stdout); --no-warnings would also silence
# undefined symbols, and link them as 0.
MAIN_OBJ := $(B)/trace/main.o $(B)/filter/capture_stubs.o $(B)/btf/elf_stubs.o
$(B)/skbtrail: $(MAIN_OBJ) trace/no_unwind.ld $(if $(LIBC_DIR),$(LIBRARIES)) $(foreach r,$(ROOMS),$(call room_lib,$(r)))
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $(LIBC_START) $(MAIN_OBJ) -Wl,--start-group $(filter %.a,$^) \
		-Wl,--end-group $(LIBS) $(LIBC_END) >$@.log 2>&1 || { cat $@.log >&2; exit 1; }

define room_rule
$(call room_lib,$(1)): $(call room_obj,$(1))
	$$(call say,AR,$$@)
	$$(Q)rm -f $$@ && $(AR) rcsD $$@ $$^
endef
$(foreach r,$(ROOMS),$(eval $(call room_rule,$(r))))

# What every event passes: half as much again of them in a second, for 4 KB.
FAST := base/textbuf output/decode output/format output/outbuf output/same output/tracker output/tuple \
	output/files/nametab
$(FAST:%=$(B)/%.o): ALL_CFLAGS := $(ALL_CFLAGS:-Os=-O2)

$(B)/%.o: %.c Makefile | $(LIBRARIES)
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# ---- BPF programs ----

BPF_CFLAGS := --target=bpf -mcpu=v1 -O2 -g -std=gnu11 -ffreestanding $(SAME_PATHS)
BPF_CPPFLAGS := -nostdinc -isystem $(shell $(CLANG) -print-resource-dir 2>/dev/null)/include \
	   -idirafter progs/include -I. -D__TARGET_$(subst -,_,$(ARCH))

# First a pass for warnings, with source locations. BTF contains the text of each source line with
# code, which is not needed; compiling from a pipe avoids it. Labels and the relocations of .BTF.ext,
# which adjust line numbers, are not needed either.
$(B)/progs/%.bpf.o: progs/%.bpf.c Makefile
	$(call say,BPF,$<)
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) $(BPF_CPPFLAGS) -fsyntax-only -Wall -Wextra -Wno-unused-parameter $<
	$(Q)$(CLANG) $(BPF_CFLAGS) $(BPF_CPPFLAGS) -E -P -MMD -MP -MF $(@:.o=.d) -MT $@ -o $(@:.o=.i) $<
	$(Q)$(CLANG) $(BPF_CFLAGS) -x cpp-output -c -o $@ - <$(@:.o=.i)
	$(Q)$(LLVM_OBJCOPY) --strip-debug --strip-unneeded --remove-section=.rel.BTF.ext $@

# ---- embedded files (base/embedded.h) ----

$(B)/%.gz: $(B)/%
	$(Q)gzip -9nc $< >$@

$(B)/%.gz: %
	@mkdir -p $(@D)
	$(Q)gzip -9nc $< >$@

# The page of --report, from its parts.
$(B)/story/page.html: $(addprefix story/,page.sh report.html report.css report.js)
	@mkdir -p $(@D)
	$(Q)story/page.sh >$@

.PRECIOUS: $(B)/%.gz $(B)/progs/%.bpf.o $(B)/story/page.html

$(B)/loader/progs.o: $(B)/progs/trail.bpf.o.gz
$(B)/types/measure/embedded.o: $(B)/progs/sample.bpf.o.gz
$(B)/btf/discover/known_functions.o: $(B)/btf/discover/known_functions.txt.gz
$(B)/story/page.o: $(B)/story/page.html.gz

$(B)/%.o: %.S base/embedded.h Makefile
	$(call say,AS,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) -I. -Wa,-I$(B)/progs -Wa,-I$(B)/btf/discover -Wa,-I$(B)/story -c -o $@ $<

-include $(shell find $(addprefix $(B)/,$(sort $(foreach r,$(ROOMS),$(firstword $(subst /, ,$(r))))) \
	progs tests) -name '*.d' 2>/dev/null)

ifneq ($(LIBC),musl)
$(B)/known-functions: tests/known/make.c $(foreach r,$(filter base btf%,$(ROOMS)),$(call room_lib,$(r)))
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $< -Wl,--start-group $(filter %.a,$^) -Wl,--end-group -lelf
endif

known-functions: $(B)/known-functions ## regenerate btf/discover/known_functions.txt from Debian's kernels
	$(Q)tests/known/fetch.sh
	$(Q)$< tests/known/changes $$(dirname $$(ls build/known/*/package | sort -V)) >$(B)/known.txt
	$(Q)mv $(B)/known.txt btf/discover/known_functions.txt

# ---- installing and packaging ----

RELEASE := build/release
RELEASE_ARCHS ?= $(sort $(HOST) $(CROSS))

$(RELEASE)/skbtrail-$(VERSION)-$(ARCH): $(B)/skbtrail
	$(call say,STRIP,$@)
	@mkdir -p $(@D)
	$(Q)$(STRIP) -o $@ $<

DOCS := CHANGELOG.md LICENSE docs/architecture.md docs/json.md docs/kernels.md docs/pcapng.md \
	docs/pwru.md docs/report.md docs/route.md docs/story.md docs/summary.md docs/why.md
PREFIX ?= /usr/local
# Not sbin, which is not in PATH for other users: they replay records, and use completion.
BINDIR  := $(PREFIX)/bin
MANDIR  := $(PREFIX)/share/man/man8
COMPDIR := $(PREFIX)/share/bash-completion/completions
DOCDIR  := $(PREFIX)/share/doc/skbtrail

install: $(B)/skbtrail ## install program, man page, completion, docs in PREFIX (/usr/local); DESTDIR
	$(call say,TO,$(DESTDIR)$(PREFIX))
	$(Q)install -d $(addprefix $(DESTDIR),$(BINDIR) $(MANDIR) $(COMPDIR) $(DOCDIR))
	$(Q)install -s --strip-program=$(STRIP) -m 755 $< $(DESTDIR)$(BINDIR)/skbtrail
	$(Q)install -m 644 docs/skbtrail.8 $(DESTDIR)$(MANDIR)/skbtrail.8
	$(Q)install -m 644 docs/skbtrail.bash $(DESTDIR)$(COMPDIR)/skbtrail
	$(Q)install -m 644 $(DOCS) $(DESTDIR)$(DOCDIR)

uninstall: ## remove the installed files
	$(Q)rm -f $(addprefix $(DESTDIR),$(BINDIR)/skbtrail $(MANDIR)/skbtrail.8 $(COMPDIR)/skbtrail \
		$(addprefix $(DOCDIR)/,$(notdir $(DOCS))))
	$(Q)[ ! -d $(DESTDIR)$(DOCDIR) ] || rmdir $(DESTDIR)$(DOCDIR)

DEB_ARCH := $(subst x86_64,amd64,$(ARCH))
DEB      := $(B)/skbtrail_$(VERSION)_$(DEB_ARCH).deb

# The stripped program of x86_64 is at most this large; tests/static.sh checks it.
SIZE_LIMIT := 1040000

readme-figures: $(B)/skbtrail ## write the program's size, and what bench-quick measured, into README.md
	$(Q)$(STRIP) -o $(B)/stripped $<
	$(Q)tests/bench/readme.sh $(B)/stripped $(B)/bench/native $(B)/bench/6.12
	$(Q)rm -f $(B)/stripped

print-%:
	@echo '$($*)'

deb: $(B)/skbtrail ## build a Debian package in build/; MAINTAINER='Name <address>', or git's user
	$(Q)rm -rf $(B)/deb
	$(Q)$(MAKE) --no-print-directory install PREFIX=/usr DESTDIR=$(B)/deb
	$(call say,DEB,$(DEB))
	$(Q)SYSROOT=$(SYSROOT) LIBRARIES=$(if $(LIBC_DIR),$(LIBC_DIR)/packages) \
		packaging/deb.sh $(B)/deb $(VERSION) $(DEB_ARCH) $(DEB) >$(DEB).log
	$(Q)rm -rf $(B)/deb

release: ## build stripped programs for all architectures, with SHA256SUMS, in build/release
	$(Q)rm -rf $(RELEASE)
	$(Q)for a in $(RELEASE_ARCHS); do \
		$(MAKE) --no-print-directory ARCH=$$a $(RELEASE)/skbtrail-$(VERSION)-$$a || exit; done
	$(Q)cd $(RELEASE) && sha256sum skbtrail-* >SHA256SUMS

# ---- dependencies ----

DEPS := gcc make clang llvm binutils flex bison bzip2 xz-utils linux-libc-dev libc6-dev libelf-dev \
	libpcap-dev zlib1g-dev
DEPS_arm64 := gcc-aarch64-linux-gnu qemu-system-arm
DEPS_riscv64 := gcc-riscv64-linux-gnu qemu-system-misc
DEPS_RUN := iproute2 iptables nftables busybox-static procps
DEPS_CHECK := arptables ebtables ipset libcmocka-dev qemu-system-x86 cpio kmod lz4 zstd python3 file \
	groff-base tcpdump tshark

deps: ## install missing Debian packages (DEPS in the Makefile)
	$(Q)tests/deps.sh $(DEPS) $(DEPS_RUN) $(DEPS_CHECK)

deps-build: ## install only those needed to build
	$(Q)tests/deps.sh $(DEPS)

deps-arm64: ## install what a cross build and its tests need; deps-riscv64
$(CROSS:%=deps-%): deps-%:
	$(Q)tests/deps.sh $(DEPS) $(DEPS_$*)
	$(Q)tests/sysroot.sh $*

deps-browser: ## install Chromium, for the tests of reports (some 100 MB)
	$(Q)tests/deps.sh chromium

deps-demo:
	$(Q)tests/deps.sh $(DEPS) $(DEPS_RUN)

demo: ## install, build, and trace two HTTP requests: one passes, one is dropped
	$(Q)$(MAKE) --no-print-directory deps-demo
	$(Q)$(MAKE) --no-print-directory all
	$(Q)tests/demo.sh $(B)/skbtrail

check-layers: ## check the folders' levels (docs/architecture.md); headers compile alone
	$(Q)tests/layers.sh

clean: ## remove build/
	rm -rf build

help: ## show this list
	@grep -hE '^[a-z0-9.%-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

.PHONY: all install uninstall deb release known-functions check-layers deps deps-build deps-browser
.PHONY: deps-demo demo
.PHONY: clean help
.PHONY: $(CROSS:%=deps-%)
