# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
about="answers a name on port 53"
needs=python3
program=(dnsmasq --keep-in-foreground --conf-file=/dev/null --no-resolv --no-hosts --listen-address=127.0.0.1
	--bind-interfaces --address=/tried.example/192.0.2.7 --user=nobody --group=nogroup --pid-file="$D/pid")

ready() {
	listens 53 udp
}

judge() {
	python3 - <<-'END'
		import socket
		name = b"\5tried\7example\0"
		s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		s.settimeout(20)
		s.sendto(b"\1\2\1\0\0\1\0\0\0\0\0\0" + name + b"\0\1\0\1", ("127.0.0.1", 53))
		assert s.recv(512).endswith(bytes([192, 0, 2, 7]))
	END
	[ "$(ps -o user= -p "$(cat pid)")" = nobody ]
	[ "$(stat -c %U pid)" = nobody ]
}
