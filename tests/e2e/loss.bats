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
  preempt_as_before
  rm -f seen.json
}

# scaled N: as many on a real machine, a twentieth in an emulated one
scaled() {
  in_guest && echo $(($1 / 20)) || echo "$1"
}

# somebody_waits: in an emulated machine, of `make test`: there of what is alike one is enough, `make test-kernels` has all
somebody_waits() {
  in_guest && [ -z "${TEST_ALL-}" ]
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

# The account: what the last line of the file says, in variables. BUSY is only known for the whole machine; LOST is
# everything else that was lost.
account() {
  # shellcheck disable=SC2034  # some are for some tests
  read -r ASKED OWN OUTSIDE HIDDEN SEEN UNREAD ALL_LOST BUSY BOUND < <(tail -n1 "$P.json" | jq -r '
    [.asked, .own, .outside, .hidden, .seen, .unread, (.lost | add // 0), .lost.program_busy // 0, .lost_is_bound] |
    map(tostring) | join(" ")')
  LOST=$((ALL_LOST - BUSY))
}

# Every place that tells of losses tells the same, and the account adds up in itself.
agrees() {
  local lines last

  account
  echo "asked $ASKED, own $OWN, outside $OUTSIDE, hidden $HIDDEN, seen $SEEN, unread $UNREAD, lost $LOST, busy $BUSY"
  lines=$(sed -n '/"type":"lost"/s/.*"count":\([0-9]*\).*/\1/p' "$P.json" | paste -sd+)
  [ $((${lines:-0})) -eq "$ALL_LOST" ]
  last=$(sed -n 's/.* \([0-9,]*\) lost$/\1/p' "$P.err")
  last=${last##*$'\n'}
  [ "${last//,/}" -eq "$ALL_LOST" ]
  [ "$ASKED" -eq $((OWN + OUTSIDE + HIDDEN + SEEN + UNREAD + ALL_LOST)) ]
}

# every N: all of N checks are accounted for, and the exit status says whether something is missing
every() {
  local shown

  agrees
  shown=$(grep -c '"comm":"load"' "$P.json")
  echo "shown $shown of $1, exit status $STATUS"
  [ "$shown" -eq "$SEEN" ]
  [ "$UNREAD" -eq 0 ]
  if [ "$BUSY" -eq 0 ]; then
    [ $((shown + LOST)) -eq "$1" ]
  else
    [ $((shown + LOST)) -le "$1" ]
    [ $((shown + LOST + BUSY)) -ge "$1" ]
  fi
  [ "$STATUS" -eq $((ALL_LOST ? 4 : 0)) ]
}

@test "each check of one thread is shown or counted, with the default ring, by every probe" {
  n=$(scaled 200000)
  for probe in $(probes); do
    blast "--attach $probe" -n "$n"
    every "$n"
  done
}

@test "each check is shown or counted with a ring of 64 KiB: eight threads, eight threads on one CPU, eight processes" {
  n=$(scaled 10000)
  for probe in $(probes); do
    for shape in "-j 8" "-j 8 -c 0" "-P 8"; do
      # A start takes seconds there, and more threads on one CPU come below.
      [ "$shape" = "-j 8" ] || ! in_guest || continue
      # shellcheck disable=SC2086
      blast "--attach $probe --ring 64K" -n "$n" $shape
      every $((8 * n))
      done
  done
}

@test "eight threads with the default ring" {
  host_only
  n=$(scaled 20000)
  for probe in $(probes); do
    blast "--attach $probe" -n "$n" -j 8
    every $((8 * n))
  done
}

@test "more threads than the kernel keeps return probes for" {
  n=$(scaled 1000)
  for probe in $(probes); do
    blast "--attach $probe" -n "$n" -j 100 -c 0
    every $((100 * n))
  done
}

@test "1,000,000 checks at full blast into a file of JSON: every one is accounted for" {
  n=$(scaled 1000000)
  begin=$EPOCHREALTIME
  blast "" -n "$n"
  seconds=$(awk -v a="$begin" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.2f", b - a }')
  every "$n"
  echo "# $n checks in $seconds s from start to end: $SEEN shown, $LOST lost" >&3
}

@test "exit status 0 when nothing was lost, 4 when something was" {
  host_only
  blast "" -n 100
  [ "$STATUS" -eq 0 ]
  account
  [ "$ALL_LOST" -eq 0 ]
  run ! grep -q 'lost:' "$P.err"
  blast "--ring 64K" -n "$(scaled 400000)" -j 2
  account
  [ "$LOST" -gt 0 ]
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
  ! capsieve_stop || false
  [ "$CAPSIEVE_STATUS" -eq 4 ]
  agrees
  [[ $(tail -n1 "$P.err") == *" lost: the ring buffer was full (--ring makes it larger)" ]]
  grep '"type":"lost"' "$P.json" | jq -c '[.cause, .count > 0, .since < .time]' | sort -u >causes
  [ "$(<causes)" = '["ring_full",true,true]' ]
}

@test "what is hidden is counted: with --all it is shown" {
  heard_at_trial "memory overcommit" || skip "this kernel lets nobody hear those that are hidden"
  for option in "" --all; do
    "$CAPSIEVE" trace --json -o "$P.json" -C sys_admin $option -- "$TRIP/load" -n 500 -s sethostname -u $LOADER \
      >/dev/null 2>"$P.err"
    [ "$(jq -c 'select(.type == "check" and .syscall == "sethostname")' "$P.json" | wc -l)" -eq 500 ]
    agrees
    [ -z "$option" ] || [ $((SEEN + HIDDEN)) -eq "$before" ]
    before=$((SEEN + HIDDEN))
  done
  [ "$HIDDEN" -eq 0 ]
}

@test "what is hidden is hidden from the first moment on" {
  local times=8 for=300ms

  # an emulated machine may start no program in so short a time
  in_guest && times=2 for=2s
  heard_at_trial "memory overcommit" || skip "this kernel lets nobody hear those that are hidden"
  (while :; do /bin/true; done) 3>&- &
  JOBS+=($!)
  for probe in $(probes); do
    for _ in $(seq $times); do
      "$CAPSIEVE" trace --attach "$probe" --json -o "$P.json" -C sys_admin -d $for 2>"$P.err" || [ $? -eq 4 ]
      agrees
      [ "$HIDDEN" -gt 0 ]
      [ "$(jq -c 'select(.type == "check" and .comm == "true" and (.syscall == "brk" or .syscall == "mmap"))' \
        "$P.json" | wc -l)" -eq 0 ]
    done
  done
  end_jobs
}

@test "without filters the whole machine is heard: seen + hidden + lost = asked" {
  n=$(scaled 20000)
  capsieve_start "$P"
  "$TRIP/load" -n "$n" -j 4 -s reboot -u $LOADER >/dev/null
  capsieve_stop || [ "$CAPSIEVE_STATUS" -eq 4 ]
  agrees
  shown=$(grep -c "\"cap\":\"CAP_SYS_BOOT\".*\"comm\":\"load\",\"uid\":$LOADER," "$P.json")
  echo "shown $shown of $((4 * n))"
  [ "$shown" -le $((4 * n)) ]
  [ $((shown + ALL_LOST)) -ge $((4 * n)) ]
  [ "$OUTSIDE $BOUND" = "0 false" ]
}

PREEMPT=/sys/kernel/debug/sched/preempt

# preempt HOW: may this kernel take the CPU from a task wherever it is? Then a guarded probe misses checks.
preempt() {
  in_guest || skip "only where nobody else lives is the kernel's way of preemption changed: shown in virtual machines"
  [ -d /sys/kernel/debug/sched ] || mount -t debugfs none /sys/kernel/debug 2>/dev/null || :
  [ -w $PREEMPT ] || skip "this kernel cannot be told to preempt (CONFIG_PREEMPT_DYNAMIC)"
  grep -qw "$1" $PREEMPT || skip "this kernel knows no preempt=$1, only $(<$PREEMPT)"
  PREEMPT_BEFORE=$(sed 's/.*(\(.*\)).*/\1/' $PREEMPT)
  echo "$1" >$PREEMPT
}

preempt_as_before() {
  [ -z "${PREEMPT_BEFORE-}" ] || echo "$PREEMPT_BEFORE" >$PREEMPT
  [ -z "${PARANOID_BEFORE-}" ] || echo "$PARANOID_BEFORE" >/proc/sys/kernel/perf_event_paranoid
}

guarded() {
  probes | grep -e fexit -e tp_btf
}

@test "preempt=full: what a guarded probe misses is counted, as an upper bound" {
  local missed=0

  preempt full
  n=$(scaled 40000)
  for probe in $(guarded); do
    blast "--attach $probe" -n "$n" -j 8 -c 0
    every $((8 * n))
    # Up to 6.18 what a tracepoint runs is not preempted.
    [ "$BUSY" -gt 0 ] || { [ "$probe" = tp_btf ] && continue; }
    missed=$((missed + BUSY))
    grep -q "at most .* lost: BPF was already busy on that CPU; counted for the whole machine" "$P.err"
    [ "$BOUND" = true ]
  done
  [ $missed -gt 0 ]
}

@test "preempt=full: kprobes lose returns, and each one is counted, also of threads that never ask again" {
  preempt full
  probes | grep -q kprobe || skip "no kprobes here"
  for shape in "-n 300 -j 100" "-n 300 -P 100" "-n 500 -j 100"; do
    # shellcheck disable=SC2086
    blast "--attach kprobe" $shape -c 0
    made=$(awk '{ print $2 * $4 }' <<<"$shape")
    if tells_skipped_kprobes; then
      every "$made"
    else
      agrees
      [ $((SEEN + ALL_LOST)) -le "$made" ]
      doctor '.items[] | select(.item == "kprobe").cannot_see' | grep "counted only since Linux 6.7"
    fi
    ! somebody_waits || break
  done
}

@test "preempt=full: with --lsm-verdict, which two programs must agree on, the account is the same" {
  preempt full
  n=$(scaled 40000)
  for probe in $(probes | grep -e fexit -e kprobe); do
    blast "--attach $probe --lsm-verdict" -n "$n" -j 8 -c 0
    every $((8 * n))
    # what one of the two missed is there without an answer, never with a wrong one
    grep '"type":"check"' "$P.json" | sed 's/.*"lsm_verdict":"\{0,1\}\([a-z]*\).*/\1/; t; s/.*/null/' | sort | uniq -c >verdicts
    cat verdicts
    [ "$(grep -vcw -e denied -e null -e unknown verdicts)" -eq 0 ]
    grep -qw denied verdicts
  done
}

# Does this kernel count when BPF was busy on the CPU and a kprobe's programs were not run? Since 6.7.
tells_skipped_kprobes() {
  [ "$(printf '%s\n' 6.7 "$(uname -r)" | sort -V | head -n 1)" = 6.7 ]
}

# Is a check that was made just now shown? Then whatever was in the ring before it has been read.
marker_is_shown() {
  local pid

  "$TRIP/load" -n 1 -s reboot -u $LOADER >marker.out
  pid=$(sed -n 's/.*pid=\([0-9]*\) .*/\1/p' marker.out)
  nap 0.2
  tail -n 2000 "$P.json" | grep -q "\"pid\":$pid,"
}

# after_all N: a load that is missed nowhere any more
after_all() {
  local shown pid

  wait_for 120 marker_is_shown
  "$TRIP/load" -n "$1" -j 8 -c 0 -s reboot -u $LOADER >load.out
  capsieve_stop || [ "$CAPSIEVE_STATUS" -eq 4 ]
  agrees
  pid=$(sed -n 's/.*pid=\([0-9]*\) .*/\1/p' load.out)
  shown=$(grep -c "\"pid\":$pid,.*\"comm\":\"load\"" "$P.json")
  echo "shown $shown of $((8 * $1))"
  [ "$shown" -eq $((8 * $1)) ]
}

@test "four threads on one CPU, under each way of preemption that the kernel has: what is missed is known and counted" {
  preempt full
  n=$(scaled 40000)
  for how in $(somebody_waits && echo full || tr -d '()' <$PREEMPT); do
    echo "$how" >$PREEMPT
    for probe in $(probes); do
      blast "--attach $probe" -n "$n" -j 4 -c 0
      echo "preempt=$how, $probe:"
      every $((4 * n))
      echo "# preempt=$how, $probe: $SEEN of $((4 * n)) seen, $LOST lost, $BUSY missed" >&3
      [ "$BUSY" -eq 0 ] || guarded | grep -qx "$probe"
    done
  done
}

@test "preempt=full: auto passes over a probe that misses, and says so; then nothing is missed" {
  preempt full
  [ -n "$(guarded)" ]
  capsieve_start "$P" -v --ring 16M -u $LOADER -C sys_boot
  cat "$P.err"
  grep "passed over: .*: heard .* of .* checks" "$P.err" || skip "nothing was missed at the trial"
  after_all "$(scaled 20000)"
  [ "$ALL_LOST" -eq 0 ]
}

@test "auto changes a probe that begins to miss, and says so; then nothing is missed" {
  preempt voluntary
  # Debian's 3 leaves perf events, and so kprobes, to CAP_SYS_ADMIN alone, which is not kept for that.
  PARANOID_BEFORE=$(</proc/sys/kernel/perf_event_paranoid)
  echo 2 >/proc/sys/kernel/perf_event_paranoid
  [ -n "$(guarded)" ]
  capsieve_start "$P" -v --ring 16M -u $LOADER -C sys_boot
  cat "$P.err"
  grep "in reserve: " "$P.err"
  echo full >$PREEMPT
  "$TRIP/load" -n 4000000000 -j 8 -c 0 -s reboot -u $LOADER >/dev/null 2>&1 3>&- &
  JOBS+=($!)
  wait_for 120 has "$P.err" "misses checks of preempted tasks: changed to"
  end_jobs
  after_all "$(scaled 20000)"
  [ "$BUSY" -gt 0 ]
}
