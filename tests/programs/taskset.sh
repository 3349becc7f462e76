# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
about="moves somebody else's process to one processor"
program=(sh -c "exec taskset -p 1 \$(cat pid)")

prepare() {
	foreign sleep 600
}

judge() {
	[ "$(awk '/^Cpus_allowed_list/ { print $2 }' "/proc/$(cat pid)/status")" = 0 ]
}
