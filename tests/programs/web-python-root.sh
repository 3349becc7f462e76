# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
about="serves a page on port 80, as root"
needs=curl
program=(/usr/bin/python3 -m http.server 80 --bind 127.0.0.1)

prepare() {
	echo "a page" >page
}

ready() {
	listens 80
}

judge() {
	[ "$(page http://127.0.0.1/page)" = "a page" ]
}
