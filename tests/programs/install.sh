# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
about="installs a program that is setgid for somebody else"
program=(install -o 41031 -g 41031 -m 2755 "$D/from" "$D/to")

prepare() {
	echo program >from
}

judge() {
	[ "$(cat status)" = 0 ]
	[ "$(owner to)" = "$FOREIGN:$FOREIGN 2755" ]
}
