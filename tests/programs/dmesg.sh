# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
about="reads the kernel's log"
program=(dmesg)

prepare() {
	[ "$(cat /proc/sys/kernel/dmesg_restrict)" = 1 ]
}

judge() {
	[ "$(cat status)" = 0 ]
	grep -q 'Linux version' out
}
