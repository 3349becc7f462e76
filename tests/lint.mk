# SPDX-License-Identifier: BSD-2-Clause
#
# What analysers say: tests/stage/lint, and .clang-tidy, bpf/.clang-tidy and tests/lint for what they are not asked and why.
#
# A stamp $(BUILD)/lint/FILE.TOOL is a file that a tool has nothing to say of; what it did say stands in FILE.TOOL.said. So
# only what changed since is looked at again.

CLANG_TIDY ?= clang-tidy
CPPCHECK   ?= cppcheck

LINT_USER   = $(USER_SRC) $(UNIT_SRC) $(FUZZ_SRC)
LINT_BPF    = $(BPF_SRC) $(BPF_APART)
# A test may end as it likes where it has no memory, and that cmocka's asserts end it gcc does not see.
LINT_GCC    = $(USER_SRC:%=$(BUILD)/lint/%.gcc)
LINT_TIDY   = $(LINT_USER:%=$(BUILD)/lint/%.tidy) $(LINT_BPF:%=$(BUILD)/lint/%.tidy)
LINT_MADE   = $(SKEL) $(patsubst %,$(BUILD)/%.skel.h,lifecycle outcome outcome_call outcome_exit sending tasks) \
	      $(BUILD)/report_page.h $(BUILD)/completion_text.h $(BUILD)/schema_text.h

.PHONY: lint-gcc lint-tidy lint-cppcheck
lint-gcc: $(LINT_GCC)
lint-tidy: $(LINT_TIDY)
lint-cppcheck: $(BUILD)/lint/cppcheck

# It also finds out what a file is made of, for the others. Of leaks gcc 12 tells where pointers go into arrays, none of which
# was one; the sanitizers' runs and the other two look for these.
$(BUILD)/lint/%.c.gcc: %.c tests/lint/uthash.h | $(LINT_MADE)
	$(call say,ANALYZE,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -include tests/lint/uthash.h $(CPP_ALL) -MT $@ -MT $(@:.gcc=.tidy) -MF $@.d -O2 -fanalyzer \
		-Wno-analyzer-malloc-leak -Werror -S -o /dev/null $< > $@.said 2>&1
	$(Q)touch $@

$(BUILD)/lint/%.c.tidy: %.c .clang-tidy tests/lint/uthash.h | $(LINT_MADE)
	$(call say,TIDY,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG_TIDY) --quiet --warnings-as-errors='*' --header-filter='(user|bpf|tests)/' $< -- -std=gnu11 -include tests/lint/uthash.h \
		$(filter-out -MMD -MP,$(CPP_ALL)) > $@.said 2> $@.noise
	$(Q)touch $@

$(BUILD)/lint/%.bpf.c.tidy: %.bpf.c bpf/.clang-tidy $(wildcard bpf/*.h vmlinux/*.h)
	$(call say,TIDY,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG_TIDY) --quiet --warnings-as-errors='*' --header-filter='(bpf|vmlinux)/' $< -- $(filter-out -MMD -MP,$(BPF_ALL)) \
		> $@.said 2> $@.noise
	$(Q)touch $@

# All in one go: it keeps by itself what it knows of a file that did not change. `not` it takes for the one of C++.
CPPCHECK_ALL = -j2 --quiet --language=c --std=c11 --enable=warning,performance,portability --inline-suppr --error-exitcode=1 \
	       --library=tests/lint/cppcheck.cfg --suppressions-list=tests/lint/cppcheck.suppressions \
	       --cppcheck-build-dir=$(BUILD)/lint/kept -D_GNU_SOURCE -D__linux__ -D__x86_64__ -Dnot=is_not -I. \
	       --template='{file}:{line}: {severity}: {message} [{id}]'
$(BUILD)/lint/cppcheck: $(LINT_USER) $(wildcard user/*.h user/*/*.h bpf/event.h bpf/pattern.h bpf/config.h tests/lint/*)
	$(call say,CPPCHECK,user tests/unit tests/fuzz)
	$(Q)mkdir -p $(BUILD)/lint/kept
	$(Q)$(CPPCHECK) $(CPPCHECK_ALL) user tests/unit tests/fuzz > $@.said 2>&1
	$(Q)touch $@

-include $(LINT_GCC:=.d)
