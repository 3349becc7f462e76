# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
about="finds the way to a neighbour by echos"
program=(traceroute -n -I -w 5 -q 1 192.0.2.2)

prepare() {
	with_peer
}

judge() {
	grep -q '^ 1  192.0.2.2 .*ms' out
}
