# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
about="makes a device of a file"
nothing=1
program=(losetup --find --show "$D/image")

prepare() {
	truncate -s 1M image
}

judge() {
	local dev

	dev=$(grep -o '^/dev/loop[0-9]*$' out)
	losetup "$dev" | grep -q "$D/image"
	losetup -d "$dev"
}
