# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
about="deletes a file of one user from a sticky directory of another"
program=(rm "$D/dir/file")

prepare() {
	mkdir dir
	touch dir/file
	chown 41032 dir/file
	chown "$FOREIGN" dir
	chmod 1777 dir
}

judge() {
	[ ! -e dir/file ]
}
