# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
about="unpacks an archive of somebody else's files, over such files"
program=(tar -xpf "$D/archive" -C "$D/to")

# In a directory that its owner alone may write to.
prepare() {
	mkdir from to
	mkdir from/dir
	echo new >from/dir/file
	echo shared >from/dir/setgid
	chmod 600 from/dir/file
	chown -R "$FOREIGN:$FOREIGN" from/dir
	chmod 2755 from/dir/setgid
	chmod 750 from/dir
	tar -C from -cpf archive dir
	mkdir to/dir
	echo old >to/dir/file
	chown -R "$FOREIGN:$FOREIGN" to/dir
	chmod 700 to/dir
}

judge() {
	[ "$(cat status)" = 0 ]
	[ "$(cat to/dir/file)" = new ]
	[ "$(owner to/dir to/dir/file to/dir/setgid)" = "$(owner from/dir from/dir/file from/dir/setgid)" ]
}
