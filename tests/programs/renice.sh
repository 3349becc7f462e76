# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
about="raises the priority of somebody else's process"
program=(sh -c "exec renice -n -5 -p \$(cat pid)")

prepare() {
	foreign sleep 600
}

judge() {
	[ "$(ps -o nice= -p "$(cat pid)")" -eq -5 ]
}
