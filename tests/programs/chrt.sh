# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
about="runs a command in real time"
program=(chrt -f 10 chrt -p 0)

judge() {
	grep -q 'SCHED_FIFO' out
}
