# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
about="starts on a wired interface, and is told its state"
needs=wpa_cli
program=(wpa_supplicant -D wired -i v0 -c "$D/conf")

prepare() {
	with_peer
	mkdir -m 750 control
	printf '%s\n' "ctrl_interface=$D/control" ap_scan=0 'network={' ' key_mgmt=IEEE8021X' ' eap=MD5' ' identity="a"' \
		' password="b"' '}' >conf
}

ready() {
	[ -S control/v0 ]
}

judge() {
	within 10 running
}

running() {
	wpa_cli -p "$D/control" -i v0 status | grep -q '^Supplicant PAE state='
}
