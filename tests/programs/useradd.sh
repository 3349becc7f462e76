# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
about="makes a user with a home"
program=(useradd -m -s /bin/sh -G cdrom tried)

prepare() {
	own /etc
	emptied /home
	stat -c '%U:%G %a' /etc/shadow >shadow
}

judge() {
	local id

	[ "$(cat status)" = 0 ]
	id=$(id -u tried)
	id -Gn tried | grep -qw cdrom
	[ "$(owner /home/tried /home/tried/.profile)" = "$id:$id 755"$'\n'"$id:$id 644" ] ||
		[ "$(owner /home/tried /home/tried/.profile)" = "$id:$id 700"$'\n'"$id:$id 644" ]
	grep -q '^tried:!:' /etc/shadow
	[ "$(stat -c '%U:%G %a' /etc/shadow)" = "$(cat shadow)" ]
}
