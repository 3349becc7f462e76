# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
about="answers a query; it refuses root"
needs=psql
nothing=1
as=postgres
bin=$(dirname "$(readlink -f "$(command -v postgres || ls /usr/lib/postgresql/*/bin/postgres 2>/dev/null)")")
program=("$bin/postgres" -D "$D/data" -k "$D/data" -c listen_addresses=127.0.0.1)

prepare() {
	install -d -o postgres -m 700 data
	setpriv --reuid postgres --regid postgres --clear-groups "$bin/initdb" -D data -A trust -U tried --no-sync
}

ready() {
	psql -h 127.0.0.1 -U tried -d postgres -c 'select 1'
}

judge() {
	[ "$(psql -h 127.0.0.1 -U tried -d postgres -At -c 'create table t (a int); insert into t values (42); select a from t' | tail -n1)" = 42 ]
}
