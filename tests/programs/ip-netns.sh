# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
about="makes a named network and runs a command in it"
program=(sh -c "ip netns add tried && ip netns exec tried ip -o link")

prepare() {
	mkdir -p /run/netns
	mount -t tmpfs tried /run/netns
	mount --make-shared /run/netns
}

judge() {
	[ "$(cat status)" = 0 ]
	grep -q ': lo:' out
}
