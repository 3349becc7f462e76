# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
about="runs a command as a user, without a password"
program=(runuser -u nobody -- id -u)

judge() {
	grep -q '^65534$' out
}
