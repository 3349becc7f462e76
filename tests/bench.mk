# SPDX-License-Identifier: BSD-2-Clause
#
# What capsieve costs: tests/bench. Its helpers, the workload and the floors, are bench-helpers; not sanitized, for what
# they cost is what is asked.

BENCH_BIN := $(BUILD)/bench/work $(BUILD)/bench/floor

# Peers are measured where they are installed: that one cannot be is said in the results, and no reason to stop.
.PHONY: bench bench-attribution bench-gate bench-update bench-helpers bench-start
bench: ## what capsieve costs, beside the least that it could and beside other tools; and all of it as JSON
	$(Q)scripts/setup bench || :
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) all bench-helpers
	$(Q)$(SUDO) env BUILD=$(BUILD) tests/bench/bench all $(BUILD)/bench.json

bench-gate: ## fail where a check takes 5 % more instructions than is committed (GATE=all: on Linux 6.18 too)
	+$(Q)$(if $(GATE),TEST_ALL=1) BUILD=$(BUILD) MAKE="$(MAKE)" tests/run bench

bench-attribution: all bench-helpers ## what a check pays for being told whose it is: fail where that is more than ten instructions
	+$(Q)BUILD=$(BUILD) MAKE="$(MAKE)" tests/bench/attribution

bench-update: bench ## measure, and commit the results to docs/performance.md and tests/bench/insns.json
	$(Q)BUILD=$(BUILD) tests/bench/bench document $(BUILD)/bench.json docs/performance.md
	$(Q)BUILD=$(BUILD) tests/bench/bench commit

BENCH_STARTS ?= 30
bench-start: all tests-helpers $(BUILD)/tests/calls.so ## how long a start takes, and the kernel's part of it
	$(Q)$(SUDO) tests/bench/start.py $(BENCH_STARTS) $(BUILD)/tests/calls.so $(BUILD)/tests/short $(BUILD)/capsieve

bench-helpers: $(BENCH_BIN)

# What speed.bats counts of a start.
tests-helpers: $(BUILD)/tests/calls.so

$(BUILD)/tests/calls.so: tests/bench/calls.c
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -D_GNU_SOURCE $(WARN) -O2 -g -fPIC -shared -o $@ $< -ldl

$(BUILD)/bench/floor.bpf.o: tests/bench/floor.bpf.c
	$(call say,BPF,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_ALL) -c $< -o $@
	$(Q)$(LLVM_STRIP) -g $@

$(BUILD)/bench/floor.skel.h: $(BUILD)/bench/floor.bpf.o
	$(call say,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name floor_bpf > $@

$(BUILD)/bench/work: tests/bench/work.c
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(TRIP_LD) -std=gnu11 -D_GNU_SOURCE $(WARN) -O2 -g -MMD -MP -o $@ $<

$(BUILD)/bench/floor: tests/bench/floor.c $(BUILD)/bench/floor.skel.h
	$(call say,CC,$@)
	$(Q)$(CC) -std=gnu11 -D_GNU_SOURCE -iquote . -iquote $(BUILD)/bench $(WARN) -O2 -g -MMD -MP -o $@ $< -lbpf

-include $(wildcard $(BUILD)/bench/*.d)
