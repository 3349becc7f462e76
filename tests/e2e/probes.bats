# SPDX-License-Identifier: BSD-2-Clause
#
# Two listeners on one hook: the stack below each is another one then, and call sites are found all the same.

bats_require_minimum_version 1.5.0
load lib

setup() {
  P=$BATS_TEST_TMPDIR/seen
}

teardown() {
  capsieve_kill
}

@test "a second listener on the same hook changes the stack, and overcommit stays hidden" {
  heard_at_trial "memory overcommit" || skip "this kernel lets no overcommit check be heard"
  for probe in $(probes); do
    capsieve_start "$P" --attach "$probe" --comm short -C sys_admin
    "$CAPSIEVE" trace -q --attach "$probe" -C sys_admin --comm short -o "$P.second" -d 3s &
    second=$!
    for _ in 1 2 3 4 5 6 7 8 9 10; do
      "$TRIP/short" -q
      nap 0.1
    done
    wait "$second"
    "$TRIP/short" -q
    capsieve_stop
    stop_line "$P" .
    [ "$(stop_line "$P" .seen)" -eq 0 ]
    [ "$(stop_line "$P" .hidden)" -gt 0 ]
  done
}
