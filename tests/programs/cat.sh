# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
about="reads somebody else's private file"
program=(cat "$D/file")

prepare() {
	echo "what it says" >file
	chown "$FOREIGN" file
	chmod 600 file
}

judge() {
	grep -q "what it says" out
}
