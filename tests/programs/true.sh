# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
about="does nothing, as root"
program=(/bin/true)
nothing=1

judge() {
	[ "$(cat status)" = 0 ]
}
