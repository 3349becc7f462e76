# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
about="runs a command in the network of a process that is root's and holds everything"
unseen="who holds everything may look into it without a check; who holds less is asked for SYS_PTRACE"
program=(sh -c "exec nsenter --net=/proc/\$(cat peer)/ns/net ip -o link")

prepare() {
	unshare --net sleep 600 >/dev/null 2>&1 </dev/null &
	echo $! >peer
	helper $!
	until [ "$(readlink "/proc/$!/ns/net")" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.02; done
	ip link add v0 type veth peer name v1 netns "$!"
}

judge() {
	grep -q ': v1' out
}
