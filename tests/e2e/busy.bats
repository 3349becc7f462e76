# SPDX-License-Identifier: BSD-2-Clause
#
# What a recording of a busy host takes, and how fast it is read: packages that are installed, shells that fork, a database
# and a web server, a million checks in all. Minutes: only in `make test-all`.

bats_require_minimum_version 1.5.0
load lib

MILLION=${BUSY_CHECKS:-1000000}
LIMIT=900

# In setup it would be too late: bats looks at it before.
setup_file() {
  export BATS_TEST_TIMEOUT=$((LIMIT + 120))
}

setup() {
  host_only
  [ -n "${TEST_ALL-}" ] || skip "takes minutes: make test-all"
  [ -z "${SANITIZE-}" ] || skip "a sanitizer takes its own time"
  cd "$BATS_TEST_TMPDIR"
  chmod 755 .
}

teardown() {
  capsieve_kill
  end_jobs
  [ -z "${DB-}" ] || rm -rf "$DB"
}

# again COMMAND...: over and over, in a process group of its own, which end_jobs ends
again() {
  setsid bash -c "while :; do $*; done" >/dev/null 2>&1 3>&- &
  JOBS+=($!)
}

make_package() {
  mkdir -p package/DEBIAN package/usr/share/many root/var/lib/dpkg/info root/var/lib/dpkg/updates
  printf 'Package: many\nVersion: 1\nArchitecture: all\nMaintainer: nobody <nobody@example>\nDescription: files\n' >package/DEBIAN/control
  printf '#!/bin/sh\nfor i in 1 2 3; do chown root /usr/share/many; done\n' >package/DEBIAN/postinst
  chmod 755 package/DEBIAN/postinst
  for i in {1..300}; do echo "$i" >package/usr/share/many/$i; done
  : >root/var/lib/dpkg/status
  : >root/var/lib/dpkg/available
  dpkg-deb --root-owner-group -b package many.deb >/dev/null
}

packages() {
  command -v dpkg-deb >/dev/null || { echo "no dpkg here" && return; }
  make_package
  again "dpkg --root=$PWD/root --force-all --force-script-chrootless -i $PWD/many.deb"
}

shells() {
  again "sh -c 'ls / | wc -l; id -u; cat /etc/passwd | grep root'; setpriv --reuid 65534 --clear-groups sh -c 'cat /etc/shadow; kill -0 1'"
}

database() {
  local bin

  bin=$(printf '%s\n' /usr/lib/postgresql/*/bin | tail -n 1)
  if [ -x "$bin/initdb" ]; then
    DB=$(mktemp -d) && chown 65534 "$DB"
    (cd / && setpriv --reuid 65534 --clear-groups "$bin/initdb" -D "$DB/pg" -A trust >/dev/null)
    setsid setpriv --reuid 65534 --clear-groups "$bin/postgres" -D "$DB/pg" -k "$DB" -c listen_addresses= >/dev/null 2>&1 3>&- &
    JOBS+=($!)
    again "psql -h $DB -U nobody postgres -qc 'create temp table t as select i, md5(i::text) from generate_series(1, 500) i; select count(*) from t'"
  elif command -v sqlite3 >/dev/null; then
    again "sqlite3 $PWD/db 'create table if not exists t(a); insert into t values(random()); select count(*) from t'"
  else
    echo "no database here"
  fi
}

web() {
  setsid python3 -m http.server 18099 --bind 127.0.0.1 --directory "$BATS_TEST_DIRNAME" >/dev/null 2>&1 3>&- &
  JOBS+=($!)
  again "python3 -c 'import urllib.request as u; [u.urlopen(\"http://127.0.0.1:18099/lib.bash\").read() for i in range(50)]'"
}

# user_ms COMMAND...: milliseconds of CPU outside the kernel
user_ms() {
  local t TIMEFORMAT=%U

  t=$({ time "$@" >/dev/null 2>&1; } 2>&1)
  echo $((10#${t/./}))
}

@test "a million checks of a busy host: under 12 bytes each, two million a second read, one million as JSON" {
  local all shown size

  packages
  shells
  shells
  database
  web
  "$CAPSIEVE" trace -q --all --record all.rec -n "$MILLION" -d ${LIMIT}s || [ $? -eq 4 ]
  end_jobs
  "$CAPSIEVE" trace --replay all.rec --record shown.rec 2>said || [ $? -eq 4 ]
  all=$("$CAPSIEVE" trace --replay all.rec --all -q --no-header --columns pid | wc -l)
  shown=$("$CAPSIEVE" trace --replay shown.rec -q --no-header --columns pid | wc -l)
  [ "$all" -ge "$MILLION" ] || skip "$all checks only were made in $LIMIT seconds"
  for size in "all $all" "shown $shown"; do
    echo "# ${size% *}.rec: ${size#* } checks, $(($(stat -c %s "${size% *}.rec") * 100 / ${size#* })) hundredths of a byte each" | tee -a figures >&3
    [ "$(stat -c %s "${size% *}.rec")" -lt $((12 * ${size#* })) ]
  done
  size=$(user_ms "$CAPSIEVE" trace --replay all.rec --all --comm nobody-has-this)
  echo "# read: $((all / (size + 1))) checks a millisecond" >&3
  size=$(user_ms "$CAPSIEVE" trace --replay all.rec --all --count -o /dev/null)
  echo "# into counts: $((all / (size + 1))) checks a millisecond" >&3
  [ $((all / (size + 1))) -gt 2000 ]
  size=$(user_ms "$CAPSIEVE" trace --replay all.rec --all --json -o /dev/null)
  echo "# as JSON: $((all / (size + 1))) checks a millisecond" >&3
  [ $((all / (size + 1))) -gt 1000 ]
}
