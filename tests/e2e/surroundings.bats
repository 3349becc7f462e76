# SPDX-License-Identifier: BSD-2-Clause
#
# What JSON says around a check: its name, where its process belongs, which command line it has.

bats_require_minimum_version 1.5.0

setup() {
  load lib
  [ "$(id -u)" = 0 ] || skip "needs root"
  [ -n "$(probes)" ] || skip "no probe works here"
  OUT=$BATS_TEST_TMPDIR/out
}

# traced OPTION... -- COMMAND...: into OUT.json
traced() {
  "$CAPSIEVE" trace -q --json -o "$OUT.json" -C sys_chroot "$@"
}

@test "no two checks have the same id, in one run or in two" {
  for _ in 1 2; do
    traced -- sh -c 'chroot / true; chroot / true'
    checks "$OUT" '.id' >>"$OUT.ids"
    [ "$(checks "$OUT" 'select(.count != 1)')" = "" ]
    [ "$(checks "$OUT" 'select((.id | split("-") | last | tonumber) != .seq)')" = "" ]
    [ "$(checks "$OUT" 'select(.userns.granter != .userns.asker)')" = "" ]
  done
  [ "$(wc -l <"$OUT.ids")" -eq 4 ]
  [ "$(sort -u "$OUT.ids" | wc -l)" -eq 4 ]
}

@test "who is at the root of a hierarchy that is not mounted is in an unknown cgroup" {
  unshare -m true 2>/dev/null || skip "no mount namespace can be made here"
  # shellcheck disable=SC2016
  unshare -m sh -c 'awk "\$3 == \"cgroup2\" { print \$2 }" /proc/self/mounts | while read -r at; do umount -l "$at"; done
    exec "$@"' sh "$CAPSIEVE" trace -q --json -o "$OUT.json" -C sys_chroot -- chroot / true
  [ "$(checks "$OUT" '1')" = 1 ]
  [ "$(checks "$OUT" 'select(.cgroup == "/" or .workload == "cgroup:/" or .cgroup_id == 1)')" = "" ]
}

@test "--args: a command line is never the next program's" {
  for _ in 1 2 3 4 5; do
    traced --args -- chroot / sleep 0.1
    [ "$(checks "$OUT" 'select(.args and (.args | startswith("chroot / ") | not))')" = "" ]
    [ "$(checks "$OUT" '1')" = 1 ]
  done
}
