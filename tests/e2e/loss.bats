# SPDX-License-Identifier: BSD-2-Clause
#
# Loss is data: of an exactly known number of checks each one is shown, hidden and counted, or counted as lost.

bats_require_minimum_version 1.5.0
load lib

LOADER=41020	# a user that nobody is, and without capabilities: its lines are short

setup() {
  cd "$BATS_TEST_TMPDIR" || return
  P=$BATS_TEST_TMPDIR/seen
}

teardown() {
  capsieve_kill
  end_jobs
  rm -f seen.json
}

# scaled N: as many on a real machine, a twentieth in an emulated one
scaled() {
  in_guest && echo $(($1 / 20)) || echo "$1"
}

# blast "TRACE-OPTIONS" LOAD-OPTIONS...: capsieve hears a load; its exit status in STATUS
blast() {
  local options=$1

  shift
  STATUS=0
  # shellcheck disable=SC2086  # options are words
  "$CAPSIEVE" trace --json -o "$P.json" -C sys_boot $options -- "$TRIP/load" -s reboot -u $LOADER "$@" \
    >/dev/null 2>"$P.err" || STATUS=$?
}

# lost CAUSE...: how many were lost by these, by the account
lost() {
  local cause total=0

  for cause; do
    total=$((total + $(tail -n1 "$P.json" | jq ".lost.$cause // 0")))
  done
  echo $total
}

# Every place that tells of losses tells the same, and the account adds up in itself.
agrees() {
  local told of_lines

  tail -n1 "$P.json" | jq -c 'del(.v, .time, .host, .host_id, .boot_id)'
  told=$(tail -n1 "$P.json" | jq '.lost | add // 0')
  of_lines=$(grep '"type":"lost"' "$P.json" | jq -s 'map(.count) | add // 0')
  [ "$of_lines" -eq "$told" ]
  tail -n1 "$P.json" | jq -e '.asked == .own + .outside + .hidden + .seen + .unread + (.lost | add // 0)'
  [ "$(sed -n 's/.* \([0-9,]*\) lost$/\1/p' "$P.err" | tail -n1 | tr -d ,)" -eq "$told" ]
}

# every N: all of N checks are accounted for. What a busy program missed is only known for the whole machine.
every() {
  local shown missed busy

  agrees
  shown=$(grep -c '"comm":"load"' "$P.json")
  busy=$(lost program_busy)
  missed=$(lost ring_full map_full return_missed storage_refused queue_full)
  echo "of $1: shown $shown, lost $missed, at most $busy more"
  [ "$shown" -eq "$(tail -n1 "$P.json" | jq '.seen + .unread')" ]
  if [ "$busy" -eq 0 ]; then
    [ $((shown + missed)) -eq "$1" ]
  else
    [ $((shown + missed)) -le "$1" ]
    [ $((shown + missed + busy)) -ge "$1" ]
  fi
}

# The exit status says whether something is missing.
status_is_right() {
  if [ $(($(lost program_busy) + $(lost ring_full map_full return_missed storage_refused queue_full))) -eq 0 ]; then
    [ "$STATUS" -eq 0 ]
  else
    [ "$STATUS" -eq 4 ]
  fi
}

@test "each check of one thread is shown or counted, with the default ring, by every probe" {
  n=$(scaled 200000)
  for probe in $(probes); do
    blast "--attach $probe" -n "$n"
    every "$n"
    status_is_right
  done
}

@test "each check is shown or counted with a ring of 64 KiB: eight threads, eight threads on one CPU, eight processes" {
  n=$(scaled 10000)
  for probe in $(probes); do
    for shape in "-j 8" "-j 8 -c 0" "-P 8"; do
      # shellcheck disable=SC2086
      blast "--attach $probe --ring 64K" -n "$n" $shape
      every $((8 * n))
      status_is_right
    done
  done
}

@test "eight threads with the default ring" {
  n=$(scaled 20000)
  for probe in $(probes); do
    blast "--attach $probe" -n "$n" -j 8
    every $((8 * n))
    status_is_right
  done
}

@test "more threads than the kernel keeps return probes for" {
  n=$(scaled 2000)
  for probe in $(probes); do
    blast "--attach $probe" -n "$n" -j 100 -c 0
    every $((100 * n))
    status_is_right
  done
}

@test "1,000,000 checks at full blast into a file of JSON: every one is accounted for" {
  n=$(scaled 1000000)
  begin=$EPOCHREALTIME
  blast "" -n "$n"
  seconds=$(awk -v a="$begin" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.2f", b - a }')
  every "$n"
  status_is_right
  echo "# $n checks in $seconds s from start to end: $(tail -n1 "$P.json" | jq .seen) shown," \
    "$(lost ring_full) lost" >&3
}

@test "exit status 0 when nothing was lost, 4 when something was" {
  blast "" -n 100
  [ "$STATUS" -eq 0 ]
  [ "$(lost ring_full)" -eq 0 ]
  run ! grep -q 'lost:' "$P.err"
  blast "--ring 64K" -n "$(scaled 400000)" -j 2
  [ "$(lost ring_full)" -gt 0 ]
  [ "$STATUS" -eq 4 ]
  # the command's own status has precedence
  STATUS=0
  "$CAPSIEVE" trace --json -o "$P.json" --ring 64K -C sys_boot -- \
    sh -c "$TRIP/load -s reboot -n $(scaled 400000) -j 2 >/dev/null; exit 7" 2>/dev/null || STATUS=$?
  [ "$STATUS" -eq 7 ]
}

@test "losses are said while it runs, and in the last line" {
  capsieve_start "$P" --ring 64K -u $LOADER -C sys_boot
  "$TRIP/load" -n 4000000000 -j 2 -s reboot -u $LOADER >/dev/null 2>&1 3>&- &
  JOBS+=($!)
  wait_for 60 has "$P.err" "checks lost: the ring buffer was full"
  # still running, still losing
  kill -0 "$CAPSIEVE_PID"
  kill -0 "${JOBS[0]}"
  more_than_one() {
    [ "$(grep -c "checks lost" "$P.err")" -gt 2 ]
  }
  wait_for 60 more_than_one
  grep -qm1 '"type":"lost"' "$P.json"
  end_jobs
  ! capsieve_stop
  [ "$CAPSIEVE_STATUS" -eq 4 ]
  agrees
  [[ $(tail -n1 "$P.err") == *" lost: the ring buffer was full (--ring makes it larger)" ]]
  grep '"type":"lost"' "$P.json" | jq -c '[.cause, .count > 0, .since < .time]' | sort -u >causes
  [ "$(<causes)" = '["ring_full",true,true]' ]
}

@test "what is hidden is counted: with --all it is shown" {
  for option in "" --all; do
    "$CAPSIEVE" trace --json -o "$P.json" -C sys_admin $option -- "$TRIP/load" -n 500 -s sethostname -u $LOADER >/dev/null 2>"$P.err"
    tail -n1 "$P.json" | jq '[.seen, .hidden]' -c
    [ "$(jq -c 'select(.type == "check" and .syscall == "sethostname")' "$P.json" | wc -l)" -eq 500 ]
    total=$(tail -n1 "$P.json" | jq '.seen + .hidden')
    [ -z "$option" ] || [ "$total" -eq "$before" ]
    before=$total
  done
  [ "$(tail -n1 "$P.json" | jq .hidden)" -eq 0 ]
}

@test "without filters the whole machine is heard: seen + hidden + lost = asked" {
  n=$(scaled 20000)
  capsieve_start "$P"
  "$TRIP/load" -n "$n" -j 4 -s reboot -u $LOADER >/dev/null
  capsieve_stop || [ "$CAPSIEVE_STATUS" -eq 4 ]
  agrees
  shown=$(grep -c "\"cap\":\"CAP_SYS_BOOT\".*\"comm\":\"load\",\"uid\":$LOADER," "$P.json")
  missed=$(tail -n1 "$P.json" | jq '.lost | add // 0')
  echo "shown $shown of $((4 * n)), lost $missed"
  [ "$shown" -le $((4 * n)) ]
  [ $((shown + missed)) -ge $((4 * n)) ]
  [ "$(tail -n1 "$P.json" | jq -c '[.outside, .lost_is_bound]')" = "[0,false]" ]
}

# Does this kernel take the CPU from a task wherever it is? Then a guarded probe misses checks.
preempts() {
  [ "$(doctor '.items[] | select(.item == "preemption").value')" = full ]
}

@test "preempt=full: what a guarded probe misses is counted, as an upper bound" {
  preempts || skip "this kernel was not booted with preempt=full: shown in a virtual machine that was"
  n=$(scaled 20000)
  for probe in $(probes | grep -e fexit -e tp_btf); do
    blast "--attach $probe" -n "$n" -j 8 -c 0
    every $((8 * n))
    [ "$(lost program_busy)" -gt 0 ]
    [ "$STATUS" -eq 4 ]
    grep -q "at most .* lost: the probe was already running on that CPU; counted for the whole machine" "$P.err"
    [ "$(tail -n1 "$P.json" | jq .lost_is_bound)" = true ]
  done
}

@test "preempt=full: auto passes over the probe that misses, or changes it, and says so; then nothing is missed" {
  preempts || skip "this kernel was not booted with preempt=full: shown in a virtual machine that was"
  n=$(scaled 20000)
  capsieve_start "$P" -v -u $LOADER -C sys_boot
  first=$(sed -n 's/.*probe: \([a-z_]*\) .*/\1/p' "$P.err")
  switched() {
    has "$P.err" "misses checks of preempted tasks: changed to"
  }
  case $first in
  fexit | tp_btf)
    "$TRIP/load" -n 4000000000 -j 8 -c 0 -s reboot -u $LOADER >/dev/null 2>&1 3>&- &
    JOBS+=($!)
    wait_for 60 switched
    end_jobs
    echo "# $first was changed while it ran" >&3
    ;;
  *)
    grep "passed over: .*: heard .* of .* checks" "$P.err"
    echo "# $(sed -n 's/.*\(passed over.*\)/\1/p' "$P.err" | tail -n1)" >&3
    ;;
  esac
  "$TRIP/load" -n "$n" -j 8 -c 0 -s reboot -u $LOADER >load.out
  capsieve_stop || [ "$CAPSIEVE_STATUS" -eq 4 ]
  agrees
  pid=$(sed -n 's/.*pid=\([0-9]*\) .*/\1/p' load.out)
  shown=$(grep -c "\"pid\":$pid,.*\"comm\":\"load\"" "$P.json")
  echo "shown $shown of $((8 * n))"
  [ $((shown + $(lost ring_full))) -ge $((8 * n)) ]
}
