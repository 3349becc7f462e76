# SPDX-License-Identifier: BSD-2-Clause
#
#   make            build ./build/capsieve; installs nothing
#   make run        install what is missing, build, stream this host's checks
#   make test       install what the tests need, run the stages a person waits for
#   make help       every target
#
# V=1 shows the commands, SANITIZE=1 builds with ASan and UBSan into build-asan, COVERAGE=1 with counters of lines into
# build-coverage. For another architecture, against the libraries in DIR:
# make ARCH=arm64 CROSS=aarch64-linux-gnu- SYSROOT=DIR BUILD=build-arm64

SHELL   := bash
.SHELLFLAGS := -o pipefail -ec
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

VERSION := 0.1.0
SANITIZE ?= 0
COVERAGE ?= 0
BUILD   ?= build$(if $(filter 1,$(SANITIZE)),-asan)$(if $(filter 1,$(COVERAGE)),-coverage)
V       ?= 0
Q       := $(if $(filter 1,$(V)),,@)
say      = $(if $(filter 1,$(V)),,@printf '  %-8s %s\n' $(1) $(2))

CROSS   ?=
SYSROOT ?=
ifneq ($(CROSS),)
CC         := $(CROSS)gcc $(if $(SYSROOT),--sysroot=$(SYSROOT))
PKG_CONFIG := env PKG_CONFIG_SYSROOT_DIR=$(SYSROOT) PKG_CONFIG_LIBDIR=$(SYSROOT)/usr/lib/$(CROSS:-=)/pkgconfig pkg-config
endif

CC      ?= cc
CLANG   ?= clang
BPFTOOL ?= bpftool
LLVM_STRIP ?= $(firstword $(shell command -v llvm-strip llvm-strip-14 2>/dev/null) true)
PKG_CONFIG ?= pkg-config

MACHINE := $(shell uname -m)
ARCH    ?= $(patsubst aarch64,arm64,$(patsubst x86_64,x86,$(MACHINE)))

LIBS    := libbpf libcap libseccomp yaml-0.1 jansson libzstd zlib$(if $(STATIC), sqlite3)
# Only an existing target needs the libraries' flags; `make setup` runs before they are there.
CFLAGS_LIBS  = $(shell $(PKG_CONFIG) --cflags $(LIBS) 2>/dev/null)
LDLIBS  = $(shell $(PKG_CONFIG) --libs $(if $(STATIC),--static) $(LIBS) 2>/dev/null || echo -lbpf -lcap -lseccomp -lyaml -ljansson -lzstd -lz) -pthread

CFLAGS  ?= $(if $(filter 1,$(COVERAGE)),-O0,-O2) -g
WARN    := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wundef \
	   -Wformat=2 -Wvla -Werror=implicit-function-declaration -Werror=incompatible-pointer-types \
	   $(if $(WERROR),-Werror)
, := ,
# What distributions harden programs with, in whatever is built. FORTIFY_SOURCE wants an optimiser, and no sanitizer beside it.
HARDEN_x86 := -fcf-protection
HARDEN_arm64 := -mbranch-protection=standard
FORTIFY  = $(if $(filter 1,$(SANITIZE)),,$(if $(filter -O1 -O2 -O3 -Os,$(CFLAGS)),-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2))
HARDEN   = -fno-strict-aliasing -fstack-protector-strong -fstack-clash-protection -fPIE $(HARDEN_$(ARCH)) $(FORTIFY)
HARDEN_LD := $(if $(STATIC),-static-pie,-pie) -Wl,-z,relro,-z,now
SAN     := $(if $(filter 1,$(SANITIZE)),-fsanitize=address$(,)undefined -fno-omit-frame-pointer -fno-sanitize-recover=undefined) \
	   $(if $(filter 1,$(COVERAGE)),--coverage -fprofile-update=atomic)
CPP_ALL  = -D_GNU_SOURCE $(if $(STATIC),-DSTATIC) -DVERSION='"$(VERSION)"' -iquote . -iquote $(BUILD) $(CFLAGS_LIBS) -MMD -MP
CC_ALL   = $(ANYWHERE) -std=gnu11 $(CPP_ALL) $(WARN) $(HARDEN) $(SAN) $(CFLAGS)
# Where it is built is nobody's business: the same bytes come out everywhere. But it is where counters are written to.
ANYWHERE := $(if $(filter 1,$(COVERAGE)),,-ffile-prefix-map=$(CURDIR)=.)
BPF_ALL  = $(ANYWHERE) -target bpf -D__TARGET_ARCH_$(ARCH) -mcpu=v3 -std=gnu11 -g -O2 -iquote . -Wall -Wextra \
	   -Wno-unused-parameter -Wno-missing-declarations -Wno-address-of-packed-member \
	   $(if $(WERROR),-Werror) -MMD -MP

# What a run seldom needs is an object of its own, so that no other run pays for what it asks of the kernel's types.
BPF_APART := bpf/outcome.bpf.c bpf/outcome_exit.bpf.c bpf/outcome_call.bpf.c bpf/lifecycle.bpf.c bpf/tasks.bpf.c
BPF_SRC  := $(filter-out $(BPF_APART),$(sort $(wildcard bpf/*.bpf.c)))
USER_SRC := $(sort $(wildcard user/*.c user/*/*.c))
UNIT_SRC := $(sort $(wildcard tests/unit/test_*.c))
FUZZ_SRC := $(sort $(wildcard tests/fuzz/fuzz_*.c))

BPF_OBJ  := $(BPF_SRC:%.c=$(BUILD)/%.o)
BPF_APART_OBJ := $(BPF_APART:%.c=$(BUILD)/%.o)
USER_OBJ := $(USER_SRC:%.c=$(BUILD)/%.o)
LIB_OBJ  := $(filter-out $(BUILD)/user/main.o,$(USER_OBJ)) $(if $(filter 1,$(COVERAGE)),$(BUILD)/tests/counters.o)
SKEL     := $(BUILD)/capsieve.skel.h
UNIT_BIN := $(UNIT_SRC:%.c=$(BUILD)/%)

.PHONY: all
all: $(BUILD)/capsieve

$(BUILD)/bpf/%.bpf.o: bpf/%.bpf.c
	$(call say,BPF,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_ALL) -c $< -o $@
	$(Q)$(LLVM_STRIP) -g $@

$(BUILD)/capsieve.bpf.o: $(BPF_OBJ)
	$(call say,LINK,$@)
	$(Q)$(BPFTOOL) gen object $@ $^

# In the order in which they are in the whole, so that maps and globals are where they are there.
$(BUILD)/sending.bpf.o: $(BUILD)/bpf/life.bpf.o $(BUILD)/bpf/maps.bpf.o $(BUILD)/bpf/sends.bpf.o
	$(call say,LINK,$@)
	$(Q)$(BPFTOOL) gen object $@ $^

$(BUILD)/sending.skel.h: $(BUILD)/sending.bpf.o
	$(call say,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name sending_bpf > $@

$(SKEL): $(BUILD)/capsieve.bpf.o
	$(call say,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name capsieve_bpf > $@

$(BUILD)/%.skel.h: $(BUILD)/bpf/%.bpf.o
	$(call say,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name $*_bpf > $@

# The files that are parts of a live source: user/source/live_state.h.
LIVE_PARTS := $(shell grep -l '"user/source/live_state.h"' user/source/*.c)
$(LIVE_PARTS:%.c=$(BUILD)/%.o): $(SKEL)
$(BUILD)/user/source/sending.o: $(BUILD)/sending.skel.h
$(BUILD)/user/source/outcomes.o: $(BUILD)/outcome.skel.h $(BUILD)/outcome_exit.skel.h
$(BUILD)/user/source/returns.o: $(BUILD)/outcome_call.skel.h
$(BUILD)/user/source/lives.o: $(BUILD)/lifecycle.skel.h
$(BUILD)/user/source/tasks.o: $(BUILD)/tasks.skel.h

$(BUILD)/report_page.h: scripts/embed user/view/report.css user/view/report.js
	$(call say,EMBED,$@)
	$(Q)mkdir -p $(@D)
	$(Q)scripts/embed REPORT CSS=user/view/report.css JS=user/view/report.js > $@

$(BUILD)/completion_text.h: scripts/embed user/cmd/completion.bash user/cmd/completion.zsh
	$(call say,EMBED,$@)
	$(Q)mkdir -p $(@D)
	$(Q)scripts/embed COMPLETION BASH=user/cmd/completion.bash ZSH=user/cmd/completion.zsh > $@

# Those of what is printed; of what is read they are made from the tables that read it.
SCHEMAS := $(patsubst docs/capsieve-%.schema.json,%,$(filter-out %-rules.schema.json %-config.schema.json,\
	   $(sort $(wildcard docs/*.schema.json))))
$(BUILD)/schema_text.h: scripts/embed $(SCHEMAS:%=docs/capsieve-%.schema.json)
	$(call say,EMBED,$@)
	$(Q)mkdir -p $(@D)
	$(Q)scripts/embed -w SCHEMA $(foreach s,$(SCHEMAS),$(shell echo $(s) | tr a-z A-Z)=docs/capsieve-$(s).schema.json) > $@

$(BUILD)/user/cmd/schema.o: $(BUILD)/schema_text.h
$(BUILD)/user/cmd/completion_bash.o $(BUILD)/user/cmd/completion_zsh.o: $(BUILD)/completion_text.h
$(BUILD)/user/view/report.o $(BUILD)/fuzz/user/view/report.o: $(BUILD)/report_page.h

# The flags stand here.
$(USER_OBJ): Makefile

$(BUILD)/%.o: %.c
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CC_ALL) -c $< -o $@

$(BUILD)/libcapsieve.a: $(LIB_OBJ)
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^

# Where these find no memory, that is known at the end: user/base/memory_wrap.c
WRAPPED := malloc calloc realloc reallocarray strdup strndup asprintf vasprintf

$(BUILD)/capsieve: $(BUILD)/user/main.o $(BUILD)/libcapsieve.a
	$(call say,LD,$@)
	$(Q)$(CC) $(SAN) $(HARDEN_LD) $(WRAPPED:%=-Wl,--wrap=%) $(LDFLAGS) -o $@ $^ $(LDLIBS)

include $(wildcard scripts/*.mk tests/*.mk)

.PHONY: clean
clean:
	rm -rf build build-asan build-coverage build-arm64

DEPS := $(BPF_OBJ:.o=.d) $(BPF_APART_OBJ:.o=.d) $(USER_OBJ:.o=.d)
-include $(DEPS)
