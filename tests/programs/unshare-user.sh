# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
about="makes itself root of a user namespace"
program=(unshare --user --map-root-user id -u)

judge() {
	[ "$(cat status)" = 0 ]
	grep -q '^0$' out
}
