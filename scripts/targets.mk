# SPDX-License-Identifier: BSD-2-Clause
#
# What people type. A target that is followed by "##" is listed by `make help`.

SUDO    = $(if $(filter 0,$(shell id -u)),,sudo)
JOBS    = $(shell nproc)
STAGES ?=
ARGS   ?=

.PHONY: coverage fuzz lint run test test-kernels test-all update-expected setup help compile_commands.json

run: ## install what is missing, build, show this host's capability checks (ARGS="--json" and so on)
	$(Q)scripts/setup run
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) all
	$(Q)exec $(SUDO) $(BUILD)/capsieve trace $(ARGS)

test: ## install what the tests need, build, run the stages a person waits for (STAGES="unit e2e": only these)
	$(Q)scripts/setup test
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) WERROR=1 all
	+$(Q)BUILD=$(BUILD) MAKE="$(MAKE) WERROR=1" tests/run $(STAGES)

test-kernels: ## every machine of the matrix of kernels, with all tests; MACHINES="6.1 6.12-arm64": only these
	$(Q)scripts/setup all
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) WERROR=1 all
	+$(Q)TEST_ALL=1 BUILD=$(BUILD) MAKE="$(MAKE) WERROR=1" tests/run kernels
	$(Q)[ -n "$(MACHINES)" ] || BUILD=$(BUILD) scripts/kernels-table

test-all: ## every kernel, longer fuzzing; the result with its date goes to docs/test-results.txt (STAGES=e2e E2E_TESTS=soak.bats: only this)
	$(Q)scripts/setup all
	$(Q)scripts/setup programs
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) WERROR=1 all
	+$(Q)status=0; TEST_ALL=1 BUILD=$(BUILD) MAKE="$(MAKE) WERROR=1" tests/run $(STAGES) || status=1; \
		BUILD=$(BUILD) scripts/kernels-table; BUILD=$(BUILD) scripts/test-results || status=1; exit $$status

update-expected: ## write anew what the replay stage and the screens of top expect; read the difference before it is committed
	+$(Q)UPDATE=1 BUILD=$(BUILD) MAKE="$(MAKE) WERROR=1" tests/run replay
	+$(Q)UPDATE_SCREENS=1 CAPSIEVE=$(CURDIR)/$(BUILD)/capsieve tests/e2e/run tests/e2e/top.bats

fuzz: ## every parser against its fuzzer, FUZZ_SECONDS=300 each; what is found new stays in the build folder
	$(Q)scripts/setup test
	+$(Q)BUILD=$(BUILD) MAKE="$(MAKE)" FUZZ_SECONDS=$(or $(FUZZ_SECONDS),300) tests/run fuzz

lint: ## what gcc's analyser, clang-tidy and cppcheck say, of what changed since they had nothing to say (LINT="gcc": only that one)
	$(Q)scripts/setup all
	+$(Q)LINT="$(or $(LINT),cppcheck gcc tidy)" BUILD=$(BUILD) MAKE="$(MAKE)" tests/run lint

coverage: ## how many lines the tests run, in a table; fails under the limits (COVERAGE_OF="unit replay": without root)
	$(Q)scripts/setup all
	+$(Q)MAKE="$(MAKE)" scripts/coverage $(COVERAGE_OF)

setup: ## install what building, running and testing need
	$(Q)scripts/setup test

# One object per compiler call that a build of everything would make.
AS_JSON = [inputs | {directory: env.PWD, command: ., file: capture(" -c (?<f>[^ ]+) -o ").f}]
compile_commands.json: ## for editors and clang tools
	$(Q)$(MAKE) -nB V=1 all | grep -E ' -c [^ ]+\.c -o ' | jq -nR '$(AS_JSON)' > $@

help: ## this
	@echo 'make                       build $(BUILD)/capsieve; installs nothing'
	@echo 'make clean                 remove what was built'
	@sed -nE 's/^([a-z_.-]+): ## (.*)/\1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r target text; do \
		printf 'make %-21s %s\n' "$$target" "$$text"; done
	@echo 'V=1 shows the commands, WERROR=1 makes warnings errors, SANITIZE=1 builds with ASan and UBSan,'
	@echo 'BUILD=DIR builds elsewhere, STATIC=1 links statically'
