# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
about="runs a command with a higher priority"
program=(nice -n -5 nice)

judge() {
	grep -qx -- $(($(nice) - 5)) out
}
