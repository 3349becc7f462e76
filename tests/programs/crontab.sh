# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
about="gives a user a table of jobs"
program=(crontab -u nobody "$D/table")

prepare() {
	emptied /var/spool/cron
	install -d -m 1730 -g crontab /var/spool/cron/crontabs
	echo '0 0 * * * true' >table
}

judge() {
	[ "$(stat -c '%U %a' /var/spool/cron/crontabs/nobody)" = "nobody 600" ]
}
