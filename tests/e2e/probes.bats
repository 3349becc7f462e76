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

@test "listeners that come and go hide no wish among overcommit, and show no overcommit as one" {
  heard_at_trial "memory overcommit" || skip "this kernel lets no overcommit check be heard"
  local n=20000

  ! in_guest || n=500
  for probe in $(probes); do
    "$CAPSIEVE" trace --json -o "$P.json" --attach "$probe" -C sys_admin -- /usr/bin/python3 "$E2E/mixed.py" $n 2>"$P.err" &
    traced=$!
    while kill -0 "$traced" 2>/dev/null; do
      timeout -s INT 0.3 "$CAPSIEVE" trace -q --attach "$probe" -C kill -o /dev/null || :
    done
    # A guarded probe may miss what a preempted task asks: then it is counted, and only that.
    CAPSIEVE_STATUS=0 CAPSIEVE_PATH=$P
    wait "$traced" || CAPSIEVE_STATUS=$?
    [ $CAPSIEVE_STATUS -eq 0 ] || only_preempted
    jq -r 'select(.type == "check").syscall' "$P.json" | sort | uniq -c >"$P.calls"
    lost=$(jq -s '.[-1].lost | add // 0' "$P.json")
    cat "$P.calls"
    echo "# $probe"; jq -c "select(.type == \"stop\")" "$P.json"; cat "$P.err"
    # What else asks for it here, such as an overlay for a file's hidden attributes, is no memory.
    grep -Ew 'mmap|munmap|mremap|mprotect|brk|clone|clone3|fork|vfork|execve|null' "$P.calls" && false
    seen=$(awk '$2 == "sethostname" { print $1 }' "$P.calls")
    [ "$seen" -ge $((n - lost)) ]
    [ "$seen" -le "$n" ]
    [ "$(jq -s '.[-1].hidden' "$P.json")" -gt "$((n / 2))" ] || [ "$lost" -gt 0 ]
  done
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
    capsieve_stop || only_preempted
    stop_line "$P" .
    [ "$(stop_line "$P" .seen)" -eq 0 ]
    [ "$(stop_line "$P" .hidden)" -gt 0 ]
  done
}

# Of a screen, as a terminal gets it.
screen_of() {
  TERM=xterm LC_ALL=C.UTF-8 timeout 60 script -qec "stty cols 150 rows 30; exec $*" /dev/null </dev/null
}

@test "top by kprobes, from whose stack no call site is read: few are unwound, it says so, and what is needed" {
  probes | grep -qx kprobe || skip "no kprobes here"
  command -v script >/dev/null || skip "no script(1) here"
  (while :; do "$TRIP/short" -q; sleep 0.1; done) 3>&- &
  loop=$!
  screen_of "$CAPSIEVE" top --attach kprobe --by program --comm short --interval 1s -d 6s >"$P.screen" || { cat -v "$P.screen"; kill "$loop"; false; }
  "$CAPSIEVE" top --attach kprobe --by program --comm short --batch --interval 1s -n 3 >"$P.out" 2>"$P.err" || :
  kill "$loop"
  cat "$P.out" "$P.err"
  grep -q "kprobe, few unwound" "$P.screen"
  grep -q "of those that are alike the first 16 are, and one in 64 of the others" "$P.err"
  # RATE/S TOTAL ALLOWED DENIED NEEDED: chroot is
  awk '/short$/ { found = 1; if ($5 != $3) wrong = 1 } END { exit !found || wrong }' "$P.out"
}
