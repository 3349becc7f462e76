# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
about="has echos faster than users may, with a mark, over one interface"
program=(ping -q -c 20 -i 0.001 -m 7 -I v0 192.0.2.2)

prepare() {
	with_peer
	there tcpdump -l -i v1 icmp >/dev/null 2>&1 &
	helper $!
}

judge() {
	grep -q ' 20 received' out
	! grep -qi 'warning\|cannot' err
}
