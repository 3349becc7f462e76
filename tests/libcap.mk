# SPDX-License-Identifier: BSD-2-Clause
#
# What libcap itself says of each row of docs/libcap.md, part of tests-helpers where libcap has all that there is a row
# for. It shares no code with capsieve.

LIBCAP_OBJ := $(patsubst tests/libcap/%.c,$(BUILD)/helpers/libcap/%.o,$(sort $(wildcard tests/libcap/*.c)))

tests-helpers: $(if $(shell $(PKG_CONFIG) --atleast-version=2.64 libcap && echo yes),$(BUILD)/tests/libcap)

$(BUILD)/tests/libcap: $(LIBCAP_OBJ)
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -o $@ $^ -lcap

$(BUILD)/helpers/libcap/%.o: tests/libcap/%.c
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(TRIP_CC) -c $< -o $@

-include $(LIBCAP_OBJ:.o=.d)
