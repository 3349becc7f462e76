# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
about="drops packets to a port"
needs=ping
program=(iptables -A INPUT -p tcp --dport 9 -j DROP)

judge() {
	[ "$(cat status)" = 0 ]
	iptables -S INPUT | grep -q -- '--dport 9 -j DROP'
}
