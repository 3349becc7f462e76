# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
about="asks a neighbour for its address"
program=(arping -c 1 -w 10 -I v0 192.0.2.2)

prepare() {
	with_peer
}

judge() {
	grep -q 'reply from 192.0.2.2' out
}
