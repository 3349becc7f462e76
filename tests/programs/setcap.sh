# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
about="gives a program a capability"
program=(setcap cap_net_raw=ep "$D/program")

prepare() {
	cp /bin/true program
}

judge() {
	setcap -v cap_net_raw=ep program
}
