# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
about="changes the mode of somebody else's file"
program=(chmod 640 "$D/file")

prepare() {
	touch file
	chown "$FOREIGN" file
}

judge() {
	[ "$(owner file)" = "$FOREIGN:0 640" ]
}
