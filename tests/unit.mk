# SPDX-License-Identifier: BSD-2-Clause
#
# A program per tests/unit/test_*.c. A test that was written and is not called does not compile.

.PHONY: unit-tests
unit-tests: $(UNIT_BIN)

# It asks the database itself too.
$(BUILD)/tests/unit/test_history: UNIT_LIBS := -lsqlite3

$(UNIT_BIN): $(BUILD)/%: %.c $(BUILD)/libcapsieve.a
	$(call say,TEST,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CC_ALL) -MF $@.d -Werror=unused-function -o $@ $< $(BUILD)/libcapsieve.a -lcmocka $(LDLIBS) $(UNIT_LIBS)

-include $(UNIT_BIN:=.d)
