# SPDX-License-Identifier: BSD-2-Clause
#
# A libFuzzer program per tests/fuzz/fuzz_*.c, with the sources that it can reach built once for all of them.
# Build and run: tests/run fuzz, or $(BUILD)/fuzz/fuzz_NAME tests/fuzz/corpus/NAME by hand.

FUZZ_BIN = $(FUZZ_SRC:tests/%.c=$(BUILD)/%)
FUZZ_NOT = user/main.c user/flow.c user/flow/% user/cmd/% $(LIVE_PARTS)
FUZZ_OBJ = $(patsubst %.c,$(BUILD)/fuzz/%.o,$(filter-out $(FUZZ_NOT),$(USER_SRC)))
FUZZ_CC  = $(CLANG) -std=gnu11 $(CPP_ALL) -Wall -O1 -g -fno-omit-frame-pointer -fno-sanitize-recover=undefined \
	   -fsanitize=address,undefined

.PHONY: fuzzers
fuzzers: $(FUZZ_BIN)

$(FUZZ_OBJ): | $(SKEL) $(patsubst %,$(BUILD)/%.skel.h,lifecycle outcome outcome_call outcome_exit sending tasks)

$(BUILD)/fuzz/user/%.o: user/%.c
	$(call say,FUZZCC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(FUZZ_CC) -fsanitize=fuzzer-no-link -c $< -o $@

$(BUILD)/fuzz/libfuzzed.a: $(FUZZ_OBJ)
	$(call say,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^

$(FUZZ_BIN): $(BUILD)/fuzz/%: tests/fuzz/%.c $(BUILD)/fuzz/libfuzzed.a
	$(call say,FUZZ,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(FUZZ_CC) -MF $@.d -fsanitize=fuzzer -o $@ $< $(BUILD)/fuzz/libfuzzed.a $(LDLIBS)

# The same targets without a fuzzer, for the unit stage: every file of a corpus once.
AGAIN_BIN = $(FUZZ_SRC:tests/fuzz/fuzz_%.c=$(BUILD)/tests/fuzz/again_%)

.PHONY: corpora
corpora: $(AGAIN_BIN)

$(AGAIN_BIN): $(BUILD)/tests/fuzz/again_%: tests/fuzz/fuzz_%.c tests/fuzz/again.c $(BUILD)/libcapsieve.a
	$(call say,AGAIN,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(filter-out -MMD -MP,$(CC_ALL)) -o $@ $< tests/fuzz/again.c $(BUILD)/libcapsieve.a $(LDLIBS)

-include $(FUZZ_OBJ:.o=.d) $(FUZZ_BIN:=.d)
