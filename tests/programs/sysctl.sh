# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
about="changes a setting of the network"
program=(sysctl -w net.ipv4.ip_forward=1)

prepare() {
	echo 0 >/proc/sys/net/ipv4/ip_forward
}

judge() {
	[ "$(cat /proc/sys/net/ipv4/ip_forward)" = 1 ]
}
