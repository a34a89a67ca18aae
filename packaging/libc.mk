# SPDX-License-Identifier: GPL-2.0-only
# Which libraries the program is linked with. LIBC=musl (the default): statically with musl,
# libpcap, libelf and zlib, which packaging/libraries.sh builds from pinned sources in
# build/lib/ARCH. LIBC=system: with the system's libraries, in build/system; statically, or
# dynamically with STATIC=. Unit tests are always linked with the system's libraries.

ifeq ($(filter musl system,$(LIBC)),)
$(error LIBC=$(LIBC): expected musl or system)
endif

# Quiet: `make deps`, which installs the compilers, evaluates this, too.
ifeq ($(LIBC),musl)
LIBC_DIR  := build/lib/$(ARCH)
HEADERS   := $(if $(SYSROOT),$(SYSROOT)/usr/include $(SYSROOT)/usr/include/$(TRIPLET),\
	/usr/include /usr/include/$(shell $(CC) -print-multiarch 2>/dev/null))
LIBC_CFLAGS := -nostdinc -isystem $(LIBC_DIR)/include -isystem $(shell $(CC) -print-file-name=include 2>/dev/null)
# Link order: start files, program, libraries, end files.
gcc_file   = $(shell $(CC) -print-file-name=$(1) 2>/dev/null)
LIBC_START := -nostdlib -L$(LIBC_DIR)/lib $(LIBC_DIR)/lib/crt1.o $(LIBC_DIR)/lib/crti.o \
	$(call gcc_file,crtbeginT.o)
LIBC_END   := -Wl,--start-group -lc -lgcc -lgcc_eh -Wl,--end-group $(call gcc_file,crtend.o) \
	$(LIBC_DIR)/lib/crtn.o
STATIC     := 1

LIBRARIES_SYSTEM := $(LIBRARIES)
LIBRARIES  := $(LIBC_DIR)/packages
$(LIBRARIES): packaging/libraries packaging/libraries.sh $(LIBRARIES_SYSTEM)
	$(Q)packaging/libraries.sh $(ARCH) $(CC) $(AR) $(HEADERS)
	@touch $@
endif
