# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
about="sets the password of a user"
program=(passwd nobody)

prepare() {
	own /etc
	printf 'Tried-4-good\nTried-4-good\n' >in
	stat -c '%U:%G %a' /etc/shadow >shadow
}

judge() {
	[ "$(cat status)" = 0 ]
	grep -q '^nobody:\$' /etc/shadow
	[ "$(stat -c '%U:%G %a' /etc/shadow)" = "$(cat shadow)" ]
}
