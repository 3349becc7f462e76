# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
about="ends somebody else's process"
program=(sh -c "exec /bin/kill -KILL \$(cat pid)")

prepare() {
	foreign sleep 600
}

judge() {
	within 10 gone
}

gone() {
	[ ! -d "/proc/$(cat pid)" ] || grep -q '^State:.*[ZX]' "/proc/$(cat pid)/status"
}
