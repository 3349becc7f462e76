# SPDX-License-Identifier: BSD-2-Clause
#
# What capsieve needs, what it says when that is missing, what it gives up, and that it never shows itself.

bats_require_minimum_version 1.5.0
load lib

setup_file() {
  # a place that anybody can execute from
  BIN=$(mktemp -d)
  chmod 755 "$BIN"
  cp "$CAPSIEVE" "$BIN/capsieve"
  export BIN
}

teardown_file() {
  rm -rf "$BIN"
}

setup() {
  P=$BATS_TEST_TMPDIR/seen
}

teardown() {
  capsieve_kill
  end_jobs
}

# user CAPS COMMAND...: as uid 65534 with just these (+x,+y), which an exec keeps
user() {
  local caps=-all${1:+,$1}

  shift
  # before Linux 5.11 maps count as locked memory
  ulimit -l unlimited 2>/dev/null || :
  setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps="$caps" --ambient-caps="$caps" -- "$@"
}

# needs WORDS CAPS: that sentence and nothing else, exit status 1
needs() {
  run --separate-stderr user "$2" "$BIN/capsieve" trace
  echo "$status: $output $stderr"
  [ "$status" -eq 1 ]
  [ -z "$output" ]
  [ "$stderr" = "capsieve trace: needs $1: run with sudo, or grant it" ]
}

@test "without privilege: one sentence that names it, exit status 1" {
  needs "CAP_BPF and CAP_PERFMON" ""
  needs CAP_PERFMON +bpf
  needs CAP_BPF +perfmon
  run --separate-stderr setpriv --bounding-set=-bpf,-sys_admin -- "$BIN/capsieve" trace
  [ "$status" -eq 1 ]
  [ "$stderr" = "capsieve trace: needs CAP_BPF: run with sudo, or grant it" ]
  run --separate-stderr user "" "$BIN/capsieve" trace -- true
  [ "$status" -eq 125 ]
}

@test "where perf events are left to CAP_SYS_ADMIN alone, doctor has no kprobe for who lacks it, and --attach kprobe says why" {
  local words="kernel.perf_event_paranoid leaves perf events to CAP_SYS_ADMIN here"

  [[ " $(probes | xargs) " = *" kprobe "* ]] || skip "no kprobes here"
  [ "$(</proc/sys/kernel/perf_event_paranoid)" -gt 2 ] || skip "kernel.perf_event_paranoid is not above 2"
  run user +bpf,+perfmon "$BIN/capsieve" doctor --json
  jq -se --arg words "$words" '.[].items[] | select(.section == "probes" and .item == "kprobe") |
    .state == "no" and (tostring | contains($words))' <<<"$output"
  run -1 --separate-stderr user +bpf,+perfmon "$BIN/capsieve" trace --attach kprobe -d 100ms
  [[ $stderr = *"--attach kprobe: $words; try: sysctl kernel.perf_event_paranoid=2, or grant CAP_SYS_ADMIN"* ]]
  user +bpf,+perfmon,+sys_admin "$BIN/capsieve" trace --attach kprobe -d 100ms >"$P.out"
}

@test "doctor says the same, and exit status 1" {
  run --separate-stderr user +bpf "$BIN/capsieve" doctor --json
  [ "$status" -eq 1 ]
  [ "$(jq -r '.items[] | select(.item == "CAP_PERFMON").state' <<<"$output")" = no ]
  [ "$(jq -r '.items[] | select(.item == "CAP_BPF").state' <<<"$output")" = yes ]
}

@test "CAP_BPF and CAP_PERFMON are enough, for anybody" {
  [ "$(probes)" != kprobe ] || [ "$(</proc/sys/kernel/perf_event_paranoid)" -le 2 ] ||
    skip "only kprobes work here, and kernel.perf_event_paranoid keeps them to CAP_SYS_ADMIN"
  chmod 777 "$BATS_TEST_TMPDIR"
  cd "$BATS_TEST_TMPDIR" || return
  cp "$TRIP/load" "$BIN/load"
  user +bpf,+perfmon "$BIN/capsieve" trace -v --json -o out -C sys_boot -- "$BIN/load" -n 30 -s reboot >/dev/null
  [ "$(jq -c 'select(.type == "check") | [.uid, .cap, .verdict]' out | sort | uniq -c | awk '{ print $1, $2 }')" = \
    '30 [65534,"CAP_SYS_BOOT","denied"]' ]
}

@test "CAP_SYS_ADMIN stands in for both, as the kernel has it" {
  run --separate-stderr user +sys_admin "$BIN/capsieve" trace -q -d 100ms
  echo "$stderr"
  [ "$status" -eq 0 ]
}

# held FIELD: of each of its threads but the one that looks for names
held() {
  awk -v f="$1:" '$1 == "Name:" { name = $2 } $1 == f && name != "names" { print $2 }' \
    "/proc/$CAPSIEVE_PID/task/"*/status | sort -u
}

# held_for_names FIELD: of that one
held_for_names() {
  awk -v f="$1:" '$1 == "Name:" { name = $2 } $1 == f && name == "names" { print $2 }' "/proc/$CAPSIEVE_PID/task/"*/status
}

# Capabilities that it says it keeps, as a mask
said() {
  local mask=0

  case $(sed -n 's/.*capabilities kept: //p' "$P.err") in
  none) ;;
  CAP_PERFMON) mask=$((1 << 38)) ;;
  CAP_BPF) mask=$((1 << 39)) ;;
  *CAP_*CAP_*) mask=$(((1 << 38) | (1 << 39))) ;;
  *) return 1 ;;
  esac
  printf '%016x\n' $mask
}

@test "when it listens it holds nothing that it does not need any more, and -v says what that is" {
  for probe in auto $(probes); do
    capsieve_start "$P" -v --attach "$probe"
    kept=$(said)
    echo "$probe keeps $kept: $(grep kept "$P.err")"
    # A probe that was chosen for good needs nothing; only one that auto may have to change needs CAP_PERFMON.
    [ "$probe" = auto ] || ! has_free_maps || [ "$kept" = 0000000000000000 ]
    for set in CapPrm CapEff CapBnd; do
      [ "$(held $set)" = "$kept" ]
    done
    [ "$(held CapInh) $(held CapAmb)" = "0000000000000000 0000000000000000" ]
    [ "$(held NoNewPrivs) $(held_for_names NoNewPrivs)" = "1 1" ]
    # What engines keep is others' to read only with these two, which nothing else has use for.
    grep -q "by the thread that looks for containers' names alone: CAP_DAC_READ_SEARCH,CAP_SYS_PTRACE" "$P.err"
    for set in CapPrm CapEff CapBnd; do
      [ "$(held_for_names $set)" = "$(printf '%016x' $((1 << 2 | 1 << 19)))" ]
    done
    [ "$(held_for_names CapInh) $(held_for_names CapAmb)" = "0000000000000000 0000000000000000" ]
    # It can still read its maps and end in order.
    capsieve_stop
  done
}

@test "nor for a filter by name: who is there already is looked at before it listens, who comes is looked at by that thread" {
  capsieve_start "$P" -v --container 'nobody*' --where 'image=x pod=y'
  kept=$(said)
  for set in CapPrm CapEff CapBnd; do
    echo "$set: $(held $set)"
    [ "$(held $set)" = "$kept" ]
    [ "$(held_for_names $set)" = "$(printf '%016x' $((1 << 2 | 1 << 19)))" ]
  done
  capsieve_stop
}

# Does this kernel let anybody read maps that are open (5.19, c8644cd0efe7)? Where not, CAP_BPF stays.
has_free_maps() {
  local major minor

  IFS=.- read -r major minor _ < <(uname -r)
  [ "$major" -gt 5 ] || { [ "$major" -eq 5 ] && [ "$minor" -ge 19 ]; }
}

@test "its own checks are counted and never shown, also those of another capsieve's filters" {
  capsieve_start "$P" --all -u 0
  pid=$CAPSIEVE_PID
  "$TRIP/load" -n 300 -s sethostname >/dev/null
  capsieve_stop
  checks "$P" "select(.pid == $pid or .ppid == $pid)"
  [ "$(checks "$P" "select(.pid == $pid or .ppid == $pid)" | wc -l)" -eq 0 ]
  [ "$(checks "$P" 'select(.comm == "load" and .syscall == "sethostname")' | wc -l)" -eq 300 ]
  [ "$(stop_line "$P" .own)" -gt 0 ]
  in_guest && return
  # Who asks for it gets nothing either.
  capsieve_start "$P" --all --comm 'capsieve*'
  pid=$CAPSIEVE_PID
  nap 0.5
  capsieve_stop
  [ "$(checks "$P" "select(.pid == $pid)" | wc -l)" -eq 0 ]
}
