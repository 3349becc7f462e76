# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2016,SC2034
about="forks, pipes and writes, as root"
program=(bash -c 'for i in 1 2 3; do (echo $i; sh -c "echo x$i | tr x y") | cat; done >"$0/made"' "$D")
nothing=1

judge() {
	[ "$(sort made | tr -d '\n')" = 123y1y2y3 ]
}
