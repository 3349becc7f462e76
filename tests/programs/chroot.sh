# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
about="runs a command in another root, as another user"
needs=busybox
program=(chroot --userspec=41031:41031 "$D/root" /busybox id -u)

prepare() {
	mkdir root
	cp "$(command -v busybox)" root/busybox
}

judge() {
	grep -q '^41031$' out
}
