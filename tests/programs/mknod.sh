# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
about="makes a device"
program=(mknod "$D/null" c 1 3)

judge() {
	[ "$(stat -c '%F %t %T' null)" = "character special file 1 3" ]
}
