# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
about="serves the time on port 123, and leaves the clock alone"
needs=chronyc
program=(chronyd -d -x -f "$D/chrony.conf")

prepare() {
	emptied /run
	mkdir state
	cat >chrony.conf <<-END
		local stratum 5
		allow 127.0.0.1
		driftfile $D/state/drift
		pidfile $D/state/pid
		bindcmdaddress /run/chrony/chronyd.sock
	END
}

ready() {
	listens 123 udp
}

judge() {
	python3 - <<-'END'
		import socket
		s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		s.settimeout(20)
		s.sendto(b"\x23" + bytes(47), ("127.0.0.1", 123))
		answer = s.recv(512)
		assert len(answer) == 48 and answer[1] == 5
	END
	chronyc -h /run/chrony/chronyd.sock -n tracking | grep -q '^Stratum *: 5$'
}
