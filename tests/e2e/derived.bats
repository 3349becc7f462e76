# SPDX-License-Identifier: BSD-2-Clause
#
# The checks that compilers put into their callers: capset, securebits, mappings below vm.mmap_min_addr. Whether a probe
# hears them or they are derived, they are the same: those that are made, and no others.

bats_require_minimum_version 1.5.0
load lib

setup() {
  [ -n "$(probes)" ] || skip "no probe works here"
  P=$BATS_TEST_TMPDIR/seen
}

# unheard PATH: are there sites that this probe does not hear here? Some it does then not hear at all.
unheard() {
  has "$1.err" " unheard on this kernel: capset" || has "$1.err" " unheard on this kernel: prctl" ||
    has "$1.err" " unheard on this kernel: mmap below"
}

# same WHO: with $probe
same() {
  local status=0

  "$CAPSIEVE" trace -v --json -o "$P.json" --attach "$probe" -C setpcap,sys_rawio --comm swallow -- \
    "$TRIP/swallow" "$1" >"$P.expected" 2>"$P.err" || status=$?
  [ $status != 77 ] || return 0
  cat "$P.err"
  [ $status -eq 0 ]
  ! unheard "$P" || return 0
  checks "$P" '[.cap, .verdict, .syscall, .userns.asker == .userns.target]' | jq -sc . | tee "$P.is"
  [ "$(<"$P.is")" = "$(jq -c . "$P.expected")" ]
  [ "$(checks "$P" '.cred' | sort -u)" = '"own"' ]
  # the tracepoint has no options
  [[ $probe == tp* ]] || [ "$(checks "$P" '[.audit, .insetid]' | sort -u)" = '[true,false]' ]
  [ "$(checks "$P" '(.via == "held") == (.verdict == "allowed")' | sort -u)" = true ]
}

@test "the checks that are made and no others, for root, for nobody, in a user namespace of one's own" {
  for probe in $(probes); do
    undisturbed same root
    undisturbed same nobody
    undisturbed same nested
  done
}

@test "a derived check is counted, filtered and recorded as all others" {
  for probe in $(probes); do
    "$CAPSIEVE" trace -q --json -o "$P.json" --attach "$probe" -C sys_rawio --comm swallow --denied -- \
      "$TRIP/swallow" root >"$P.out"
    [ "$(checks "$P" . | wc -l)" -eq 0 ]
    "$CAPSIEVE" trace -v --count --json -o "$P.json" --attach "$probe" -C setpcap --comm swallow -- \
      "$TRIP/swallow" root >"$P.out" 2>"$P.err"
    jq -c 'select(.type == "count") | [.cap, .syscall, .count]' "$P.json" | sort | tee "$P.is"
    unheard "$P" || [ "$(<"$P.is")" = $'["CAP_SETPCAP","capset",1]\n["CAP_SETPCAP","prctl",2]' ]
    "$CAPSIEVE" trace -q --record "$P.rec" --attach "$probe" -C setpcap --comm swallow -- "$TRIP/swallow" root >"$P.out"
    "$CAPSIEVE" trace --replay "$P.rec" --json -o "$P.json"
    has "$P.err" " derived on this kernel: capset" && derived=true || derived=null
    unheard "$P" || [ "$(checks "$P" 'select(.syscall == "capset").derived')" = $derived ]
  done
}

@test "who does not ask for these capabilities does not pay for them, and is told" {
  "$CAPSIEVE" trace -v -C sys_chroot -d 10ms 2>"$P.err"
  cat "$P.err"
  ! grep -q "derived on this kernel" "$P.err" || false
  doctor '.items[] | select(.item == "capset").value' | grep -q derived || skip "nothing is derived here"
  grep -Fx "capsieve trace: unheard on this kernel: capset: not listened to, for nobody asked for it" "$P.err"
}

@test "a function that cannot be hooked: its checks are unheard, and why is said" {
  probes | grep -qx fexit || skip "only for fexit there is an end to how many can be attached"
  "$CAPSIEVE" trace -v --attach fexit -d 10ms 2>"$P.err"
  has "$P.err" " derived on this kernel: capset: heard at cap_capset" || skip "nothing is derived here"
  words="cap_capset cannot be hooked: Argument list too long"
  status=0
  "$TRIP/crowd" cap_capset "$CAPSIEVE" trace -v --attach fexit -d 10ms 2>"$P.err" || status=$?
  cat "$P.err"
  [ $status -ne 77 ] || skip "the function takes any number"
  [ $status -eq 0 ]
  grep -Fx "capsieve trace: unheard on this kernel: capset: $words" "$P.err"
  grep -Fx "capsieve trace: derived on this kernel: mmap below vm.mmap_min_addr: heard at cap_mmap_addr" "$P.err"
  [ "$(doctor '.items[] | select(.item == "chosen").value')" = fexit ] || return 0
  "$TRIP/crowd" cap_capset "$CAPSIEVE" doctor --json >"$P.json"
  [ "$(jq -r '.items[] | select(.item == "capset") | "\(.state): \(.reason)"' "$P.json")" = \
    "no: the compiler inlined cap_capable there, and $words" ]
}
