# SPDX-License-Identifier: BSD-2-Clause
#
# How exact the advice is: tests/programs, and docs/accuracy.md.

.PHONY: accuracy

accuracy: ## try the advice on real programs, some minutes; the table goes to docs/accuracy.md
	$(Q)scripts/setup programs
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) WERROR=1 all
	$(Q)rm -rf $(BUILD)/programs
	+$(Q)TEST_ALL=1 BUILD=$(BUILD) MAKE="$(MAKE) WERROR=1" tests/run programs
	$(Q)python3 tests/programs/report.py $(BUILD)/programs > $(BUILD)/accuracy.md
	$(Q)cp $(BUILD)/accuracy.md docs/accuracy.md
