# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
about="mounts a file system"
program=(mount -t tmpfs -o size=64k tried "$D/mnt")

prepare() {
	mkdir mnt
}

judge() {
	grep -q "^tried $D/mnt tmpfs " /proc/self/mounts
}
