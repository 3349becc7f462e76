# SPDX-License-Identifier: BSD-2-Clause
#
# The helpers that the e2e and kernels stages run: tests-helpers. They are static where libc.a is there, so that a
# virtual machine with nothing but an initramfs can run them, and never sanitized: what they ask must not change.

TRIP_OBJ := $(patsubst tests/trip/%.c,$(BUILD)/helpers/%.o, \
	    $(sort $(wildcard tests/trip/act_*.c)) tests/trip/caps.c tests/trip/trip.c tests/trip/world.c)
TRIP_BIN := $(addprefix $(BUILD)/tests/,trip load short odd holds hush lives swallow refuse crowd fitted many fault.so fault_bpf.so trip32)

# Every act has the same signature, whether it needs its argument or not.
TRIP_CC   = $(CC) -std=gnu11 -D_GNU_SOURCE -iquote . -MMD -MP $(WARN) -Wno-unused-parameter -O2 -g
TRIP_LD   = $(CC) $(if $(wildcard $(shell $(CC) -print-file-name=libc.a)),-static) -pthread

.PHONY: tests-helpers
tests-helpers: $(TRIP_BIN)

$(BUILD)/helpers/%.o: tests/trip/%.c
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(TRIP_CC) -c $< -o $@

$(BUILD)/tests/trip: $(TRIP_OBJ)
$(BUILD)/tests/load: $(BUILD)/helpers/load.o
$(BUILD)/tests/short: $(BUILD)/helpers/short.o
$(BUILD)/tests/odd: $(BUILD)/helpers/odd.o
$(BUILD)/tests/holds: $(BUILD)/helpers/holds.o
$(BUILD)/tests/hush: $(BUILD)/helpers/hush.o
$(BUILD)/tests/lives: $(BUILD)/helpers/lives.o
$(BUILD)/tests/swallow: $(BUILD)/helpers/swallow.o
$(BUILD)/tests/many: $(BUILD)/helpers/many.o
$(addprefix $(BUILD)/tests/,trip load short odd holds hush lives swallow many):
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(TRIP_LD) -o $@ $^

# Not static: for a whole machine, as capsieve is.
$(BUILD)/tests/refuse: $(BUILD)/helpers/refuse.o
$(BUILD)/tests/crowd: $(BUILD)/helpers/crowd.o
$(BUILD)/tests/refuse $(BUILD)/tests/crowd:
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -o $@ $^ -lbpf

$(BUILD)/tests/fault.so $(BUILD)/tests/fault_bpf.so: $(BUILD)/tests/%.so: tests/trip/%.c
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(TRIP_CC) -MF $(BUILD)/helpers/$*.d -fPIC -shared -pthread -o $@ $< -ldl

$(BUILD)/tests/fitted: tests/trip/fitted.c $(BUILD)/libcapsieve.a
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(filter-out -MMD -MP,$(CC_ALL)) -o $@ $^ $(LDLIBS)

# No 32-bit libc is needed, only a compiler that can emit i386; for ARM that is clang.
TRIP32_CC = $(if $(filter arm64,$(ARCH)),$(CLANG) --target=armv7-linux-gnueabi -fuse-ld=lld,$(CC) -m32)
$(BUILD)/tests/trip32: tests/trip/trip32.c
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(TRIP32_CC) -std=gnu11 -O2 -Wall -Wextra -ffreestanding -fno-pie -fno-stack-protector -nostdlib -static \
		-Wl,--build-id=none -o $@ $<

-include $(wildcard $(BUILD)/helpers/*.d)
