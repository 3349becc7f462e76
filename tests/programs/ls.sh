# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
about="lists a directory, as root"
program=(ls -la /etc)
nothing=1

judge() {
	grep -q passwd out
}
