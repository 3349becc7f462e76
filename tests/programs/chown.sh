# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
about="gives files away"
program=(chown -R 41031:41031 "$D/tree")

prepare() {
	mkdir tree
	touch tree/file
}

judge() {
	[ "$(owner tree tree/file)" = "$FOREIGN:$FOREIGN 755"$'\n'"$FOREIGN:$FOREIGN 644" ]
}
