# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
about="runs a job of a user at its start"
program=(cron -f)

prepare() {
	own /etc
	emptied /run /var/spool/cron
	rm -rf /etc/cron.d/* /etc/crontab
	install -d -m 777 made
	echo "@reboot nobody touch $D/made/it" >/etc/cron.d/tried
	chmod 644 /etc/cron.d/tried
}

ready() {
	[ -e /run/crond.pid ]
}

judge() {
	within 10 test -e made/it
	[ "$(stat -c %U made/it)" = nobody ]
}
