# SPDX-License-Identifier: BSD-2-Clause
#
# The check of transition() against the kernel, part of tests-helpers: a program that makes execs, and the probe that
# it executes, which is static for the reasons of trip.mk.

EXEC_SRC := $(sort $(wildcard tests/exec/*.c))
EXEC_OBJ := $(patsubst %.c,$(BUILD)/%.o,$(filter-out tests/exec/probe.c,$(EXEC_SRC)))

tests-helpers: $(BUILD)/tests/transitions $(BUILD)/tests/probe

$(BUILD)/tests/transitions: $(EXEC_OBJ) $(BUILD)/libcapsieve.a
	$(call say,LD,$@)
	$(Q)$(CC) $(SAN) -o $@ $^ $(LDLIBS)

$(BUILD)/tests/probe: $(BUILD)/helpers/probe.o
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(TRIP_LD) -o $@ $^

$(BUILD)/helpers/probe.o: tests/exec/probe.c
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(TRIP_CC) -c $< -o $@

-include $(EXEC_OBJ:.o=.d)
