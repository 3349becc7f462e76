# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
about="copies somebody else's private files with all that is theirs"
program=(cp -a "$D/from" "$D/to")

prepare() {
	mkdir from
	echo private >from/file
	echo shared >from/setgid
	chmod 600 from/file
	chown -R "$FOREIGN:$FOREIGN" from
	chmod 2755 from/setgid
	touch -d 2001-02-03 from/file
}

judge() {
	[ "$(cat status)" = 0 ]
	[ "$(owner to to/file to/setgid)" = "$(owner from from/file from/setgid)" ]
	[ "$(stat -c %y to/file)" = "$(stat -c %y from/file)" ]
}
