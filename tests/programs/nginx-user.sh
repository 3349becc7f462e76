# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC1091,SC2034
. "$HERE/nginx.sh"

about="serves a page on port 80, and was never root"
as=www-data grant=all
program=(nginx -c "$D/nginx.conf" -g "daemon off;")

eval "$(declare -f prepare | sed '1s/prepare/prepare_root/')"

prepare() {
	prepare_root
	sed -i '/^user /d' nginx.conf
	chown www-data: state
}
