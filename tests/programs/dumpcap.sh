# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
about="writes the packets of a ping into a file, for Wireshark"
needs=ping
program=(dumpcap -i lo -p -f icmp -c 2 -a duration:30 -w "$D/packets")

prepare() {
	{ until grep -q 'Capturing on' err; do sleep 0.05; done; sleep 0.2; ping -q -c 1 -w 20 127.0.0.1; } >/dev/null 2>&1 </dev/null &
	helper $!
}

judge() {
	grep -q 'Packets captured: 2' err
	[ -s packets ]
}
