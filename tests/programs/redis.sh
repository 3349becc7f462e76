# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
about="keeps a value, as root"
needs=redis-cli
nothing=1
program=(redis-server --bind 127.0.0.1 --port 6379 --dir "$D" --save "")

ready() {
	[ "$(redis-cli ping)" = PONG ]
}

judge() {
	redis-cli set tried 42
	[ "$(redis-cli get tried)" = 42 ]
}
