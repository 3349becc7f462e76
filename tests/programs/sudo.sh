# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
about="runs a command as a user, by its rules"
program=(sudo -n -u nobody -- sh -c "id -un; id -Gn")

prepare() {
	own /etc
	emptied /run
	echo 'root ALL=(ALL:ALL) NOPASSWD: ALL' >/etc/sudoers
	rm -f /etc/sudoers.d/*
}

judge() {
	[ "$(cat status)" = 0 ]
	grep -q '^nobody$' out
	grep -q '^nogroup$' out
}
