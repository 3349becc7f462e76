# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
about="sets the host name"
program=(hostname tried)

prepare() {
	hostname before
}

judge() {
	[ "$(hostname)" = tried ]
}
