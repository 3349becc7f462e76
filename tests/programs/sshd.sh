# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
about="lets a user log in on port 22, with a terminal"
needs=ssh
program=(/usr/sbin/sshd -D -e -f "$D/sshd_config")

prepare() {
	own /etc
	emptied /run /home
	install -d -m 755 /run/sshd
	useradd -m -s /bin/sh tried
	usermod -p '*' tried
	ssh-keygen -q -t ed25519 -N '' -f host
	ssh-keygen -q -t ed25519 -N '' -f key
	install -d -o tried -g tried -m 700 /home/tried/.ssh
	install -o tried -g tried -m 600 key.pub /home/tried/.ssh/authorized_keys
	cat >sshd_config <<-END
		ListenAddress 127.0.0.1
		HostKey $D/host
		PidFile $D/pid
		UsePAM yes
		PasswordAuthentication no
	END
}

ready() {
	listens 22
}

judge() {
	ssh -F none -tt -i key -o BatchMode=yes -o ConnectTimeout=20 -o UserKnownHostsFile="$D/known" -o StrictHostKeyChecking=no \
		tried@127.0.0.1 'id -un; tty; touch here' </dev/null >login
	grep -q '^tried' login
	grep -q '^/dev/pts/' login
	[ "$(stat -c %U /home/tried/here)" = tried ]
}
