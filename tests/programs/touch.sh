# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
about="sets the times of somebody else's file"
program=(touch -d 2001-02-03 "$D/file")

prepare() {
	touch file
	chown "$FOREIGN" file
	chmod 666 file
}

judge() {
	[ "$(date -r file +%F)" = 2001-02-03 ]
}
