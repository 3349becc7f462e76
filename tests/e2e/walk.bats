# SPDX-License-Identifier: BSD-2-Clause
#
# The walk-throughs in docs/ run as written.

load lib

setup() {
  host_only
  [ "$(id -u)" = 0 ] || skip "not root"
}

# walk FILE: in a network and with directories of its own, where nothing is in the way and nothing stays
walk() {
  [ -x /usr/bin/python3 ] || skip "no /usr/bin/python3"
  python=$(basename "$(readlink -f /usr/bin/python3)")
  export CAPSIEVE python
  run unshare -nm bash -c 'set -e
    ip link set lo up
    exec 9<"$1"
    mount -t tmpfs -o mode=755 none /usr/local/bin
    install -m 755 "$CAPSIEVE" /usr/local/bin/capsieve
    cat >/usr/local/bin/sudo <<\SH
#!/bin/bash
[ "$1" != -u ] || exec setpriv --reuid "$2" --regid "$(id -g "$2")" --init-groups --inh-caps=-all -- "${@:3}"
exec "$@"
SH
    chmod 755 /usr/local/bin/sudo
    sed "s/python3\.11/$python/g" "$2" >/usr/local/bin/walk.md
    mount -t tmpfs -o mode=1777 none /tmp
    cd /
    PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin exec /usr/bin/python3 - /usr/local/bin/walk.md <&9' \
    x "$E2E/walk.py" "$1"
  echo "$output"
  [ "$status" -eq 0 ]
}

@test "docs/low-port.md" {
  walk "$E2E/../../docs/low-port.md"
}

@test "docs/tutorial.md" {
  profile_works
  command -v nginx >/dev/null || skip "no nginx"
  command -v curl >/dev/null || skip "no curl"
  walk "$E2E/../../docs/tutorial.md"
}
