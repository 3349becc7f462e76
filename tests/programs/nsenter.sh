# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
about="runs a command in another process's network"
program=(sh -c "exec nsenter --net=/proc/\$(cat peer)/ns/net ip -o address")

prepare() {
	with_peer
}

judge() {
	grep -q 'v1 .*192.0.2.2/24' out
}
