# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
about="makes a file immutable"
program=(chattr +i "$D/file")

prepare() {
	touch file
}

# Before the directory can be removed again.
judge() {
	local said

	said=$(lsattr file)
	chattr -i file
	[[ $said = ????i* ]]
}
