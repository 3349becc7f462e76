# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
about="writes the packets of a ping into a file"
needs=ping
program=(tcpdump -i lo -U -n -w "$D/packets" icmp)

ready() {
	grep -q 'listening on lo' err
}

judge() {
	ping -q -c 1 127.0.0.1
	within 10 some
}

some() {
	[ "$(tcpdump -r packets 2>/dev/null | grep -c 'ICMP echo')" = 2 ]
}
