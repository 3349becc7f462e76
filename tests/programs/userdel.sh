# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
about="removes a user with the home"
program=(userdel -r tried)

prepare() {
	own /etc
	emptied /home
	useradd -m tried
}

judge() {
	[ "$(cat status)" = 0 ]
	! id tried
	[ ! -e /home/tried ]
}
