# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
about="unmounts a file system"
program=(umount "$D/mnt")

prepare() {
	mkdir mnt
	mount -t tmpfs tried mnt
}

judge() {
	! grep -q "$D/mnt" /proc/self/mounts
}
