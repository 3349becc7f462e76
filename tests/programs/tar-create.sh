# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
about="packs somebody else's private files"
program=(tar -cf "$D/archive" -C "$D/from" .)

prepare() {
	mkdir -p from/dir
	echo private >from/dir/file
	chown -R "$FOREIGN:$FOREIGN" from/dir
	chmod -R go= from/dir
}

judge() {
	[ "$(cat status)" = 0 ]
	[ "$(tar -xOf archive ./dir/file)" = private ]
}
