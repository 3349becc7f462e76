# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
about="runs a command with a host name and mounts of its own"
program=(unshare --uts --mount sh -c "hostname inside && hostname")

judge() {
	grep -q '^inside$' out
	[ "$(hostname)" != inside ]
}
