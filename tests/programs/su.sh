# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
about="runs a command as a user"
program=(su -s /bin/sh nobody -c "id -un; id -Gn; pwd")

judge() {
	[ "$(cat status)" = 0 ]
	grep -q '^nobody$' out
	grep -q '^nogroup$' out
}
