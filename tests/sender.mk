# SPDX-License-Identifier: BSD-2-Clause
#
# The daemon's sender without a daemon: what tests/e2e/sender.bats talks to.

tests-helpers: $(BUILD)/tests/feed

$(BUILD)/tests/feed: tests/sender/feed.c $(BUILD)/libcapsieve.a
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CC_ALL) -MF $@.d -o $@ $< $(BUILD)/libcapsieve.a $(LDLIBS) -lm

-include $(BUILD)/tests/feed.d
