# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
about="makes an interface, gives it an address and takes it up"
program=(ip -batch "$D/commands")

prepare() {
	printf '%s\n' 'link add tried type veth peer name other' 'address add 192.0.2.9/24 dev tried' 'link set tried up' 'link set other up' >commands
}

judge() {
	[ "$(cat status)" = 0 ]
	ip -br address show tried | grep -q '192.0.2.9/24'
	ip route get 192.0.2.77 | grep -q 'dev tried'
}
