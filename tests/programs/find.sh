# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
about="searches somebody else's private directories"
program=(find "$D/dir" -name hidden)

prepare() {
	mkdir -p dir/inner
	touch dir/inner/hidden
	chown -R "$FOREIGN" dir
	chmod -R 700 dir
}

judge() {
	grep -q "^$D/dir/inner/hidden$" out
}
