# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
about="starts a tunnel with a key, and becomes nobody"
program=(openvpn --dev tun --dev-type tun --ifconfig 198.51.100.1 198.51.100.2 --secret "$D/key" --cipher AES-256-CBC
	--local 127.0.0.1 --lport 1194 --user nobody --group nogroup --persist-tun --persist-key
	--writepid "$D/pid")

prepare() {
	openvpn --genkey secret key
}

ready() {
	listens 1194 udp && ip address show dev tun0 | grep -q 198.51.100.1
}

judge() {
	within 10 test "$(ps -o user= -p "$(cat pid)")" = nobody
	ip route get 198.51.100.2 | grep -q 'dev tun0'
}
