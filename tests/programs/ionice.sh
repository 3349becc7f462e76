# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
about="runs a command with real-time access to disks"
program=(ionice -c 1 -n 3 ionice)

judge() {
	grep -q 'realtime: prio 3' out
}
