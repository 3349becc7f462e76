# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
about="gives a user access to somebody else's file"
program=(setfacl -m u:nobody:r "$D/file")

prepare() {
	touch file
	chown "$FOREIGN" file
}

judge() {
	getfacl -n file 2>/dev/null | grep -q '^user:65534:r--'
}
