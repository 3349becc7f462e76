# SPDX-License-Identifier: BSD-2-Clause
#
# trace --count: counted in the kernel, exactly, by every probe; seen + counted + lost = asked.

bats_require_minimum_version 1.5.0
load lib

COUNTED=$((20000 + $$ % 40000))	# a user that nobody is, and no other run of these tests

setup() {
  cd "$BATS_TEST_TMPDIR" || return
  P=$BATS_TEST_TMPDIR/seen
}

teardown() {
  capsieve_kill
  end_jobs
}

scaled() {
  in_guest && echo $(($1 / 20)) || echo "$1"
}

# counts PATH FILTER: jq over each row
counts() {
  jq -c "select(.type == \"count\") | $2" "$1.json"
}

# sum PATH FILTER: of the counts that FILTER lets through
sum() {
  jq -s "[.[] | select(.type == \"count\") | select($2) | .count] | add // 0" "$1.json"
}

# The account adds up, and the rows hold all of it.
adds_up() {
  tail -n1 "$P.json"
  [ "$(stop_line "$P" '.asked == .own + .outside + .hidden + .seen + .counted + .unread + (.lost | add // 0)')" = true ]
  [ "$(sum "$P" true)" -eq "$(stop_line "$P" '.seen + .counted')" ]
}

# counted N LOAD-OPTIONS...: with $PROBE, a load of N checks in all, each counted or admitted to be lost
counted() {
  local n=$1 busy lost

  shift
  "$CAPSIEVE" trace --count --json -o "$P.json" --attach "$PROBE" -C sys_boot -- \
    "$TRIP/load" -s reboot -u $COUNTED "$@" >/dev/null 2>"$P.err" || [ $? -eq 4 ]
  adds_up
  busy=$(stop_line "$P" '.lost.program_busy // 0')
  lost=$(stop_line "$P" '(.lost | add // 0)')
  echo "$PROBE $*: $(sum "$P" '.comm == "load"') counted, $lost lost of $n"
  [ "$(sum "$P" '.comm == "load"')" -le "$n" ]
  [ $(($(sum "$P" '.comm == "load"') + lost)) -ge "$n" ]
  [ "$busy" -gt 0 ] || [ $(($(sum "$P" '.comm == "load"') + lost)) -eq "$n" ]
}

@test "a load of known size is one row, by every probe: one thread, eight threads, eight processes" {
  n=$(scaled 20000)
  for PROBE in $(probes); do
    counted "$n" -n "$n"
    [ "$(counts "$P" '[.cap, .verdict, .syscall, .uid, .comm]')" = \
      "[\"CAP_SYS_BOOT\",\"denied\",\"reboot\",$COUNTED,\"load\"]" ]
    [ "$(stop_line "$P" .seen)" -eq 1 ]
    [ "$(counts "$P" '.first <= .time')" = true ]
    counted $((8 * n)) -n "$n" -j 8
    [ "$(counts "$P" .pid | wc -l)" -eq 1 ]
    counted $((8 * n)) -n "$n" -P 8
    # of a process that another one's program kept busy all the time there may be none
    processes=$(counts "$P" .pid | wc -l)
    [ "$processes" -eq 8 ] || { [ "$processes" -lt 8 ] && [ "$(stop_line "$P" '.lost.program_busy // 0')" -gt 0 ]; }
  done
}

@test "capabilities, verdicts and system calls are rows of their own" {
  "$CAPSIEVE" trace --count --json -o "$P.json" -C sys_boot,setgid,setpcap,sys_admin -- \
    "$TRIP/load" -n 4000 -s mix -u $COUNTED >/dev/null 2>"$P.err"
  adds_up
  counts "$P" "select(.uid == $COUNTED) | [.cap, .verdict, .syscall, .count]" | sort >rows
  cat rows
  [ "$(grep -c 1000 rows)" -eq 4 ]
  grep -qF '["CAP_SYS_BOOT","denied","reboot",1000]' rows
  grep -qF '["CAP_SYS_ADMIN","denied","sethostname",1000]' rows
  grep -qF '["CAP_SETGID","denied","setgroups",1000]' rows
  grep -qF '["CAP_SETPCAP","denied","prctl",1000]' rows
}

@test "filters apply: what is outside them is in no row" {
  capsieve_start "$P" --count -u $COUNTED -C sys_boot,setgid
  "$TRIP/load" -n 500 -s mix -u $COUNTED >/dev/null
  "$TRIP/load" -n 500 -s reboot -u $((COUNTED + 1)) >/dev/null
  capsieve_stop
  adds_up
  [ "$(sum "$P" "(.uid != $COUNTED) or (.cap != \"CAP_SYS_BOOT\" and .cap != \"CAP_SETGID\")")" -eq 0 ]
  [ "$(sum "$P" true)" -eq 250 ]
  [ "$(stop_line "$P" .outside)" -ge 750 ]
}

@test "--interval: each table begins anew, and together they hold every check" {
  capsieve_start "$P" --count --interval 300ms -u $COUNTED -C sys_boot
  "$TRIP/load" -w -n "$(scaled 3000000)" -s reboot -u $COUNTED >/dev/null 3>&- &
  JOBS+=($!)
  wait_for 20 is_named $! load-idle
  kill -USR1 $!
  wait $!
  capsieve_stop || [ "$CAPSIEVE_STATUS" -eq 4 ]
  adds_up
  counts "$P" '[.count, .first, .time]'
  [ $(($(sum "$P" true) + $(stop_line "$P" '.lost | add // 0'))) -eq "$(scaled 3000000)" ]
  [ "$(counts "$P" .pid | wc -l)" -gt 1 ]
}

# As many programs as it takes to fill the table, 250 at a time, each of which makes three checks of each of three kinds
fill() {
  for ((programs = 0; programs < $1; programs += 250)); do
    "$TRIP/load" -n 12 -P 250 -s mix -u "$COUNTED" >/dev/null
  done
}

@test "more kinds than the table holds: it is emptied in time, and nothing is lost" {
  host_only
  capsieve_start "$P" --count -u $COUNTED -C sys_boot,sys_admin,setgid
  fill 7000
  capsieve_stop || [ "$CAPSIEVE_STATUS" -eq 4 ]
  tail -n1 "$P.json"
  cat "$P.err"
  [ "$CAPSIEVE_STATUS" -eq 4 ]
  [ "$(stop_line "$P" .in_no_row)" -eq "$(sed -n 's/.*: \([0-9]*\) checks are in no row.*/\1/p' "$P.err")" ]
  # 7000 processes with 3 kinds of 3 checks; the table of the kernel holds 16384 kinds, and so does the one that is shown
  [ "$(stop_line "$P" '.seen + .counted + (.lost | add // 0)')" -eq 63000 ]
  [ "$(sum "$P" true)" -eq $((63000 - $(sed -n 's/.*: \([0-9]*\) checks are in no row.*/\1/p' "$P.err") - \
    $(stop_line "$P" '.lost | add // 0'))) ]
}

@test "the table full: what has no room in it is sent instead, and counted all the same" {
  host_only
  capsieve_start "$P" --count --ring 64M -u $COUNTED -C sys_boot,sys_admin,setgid
  kill -STOP "$CAPSIEVE_PID"
  fill 6000
  kill -CONT "$CAPSIEVE_PID"
  capsieve_stop || [ "$CAPSIEVE_STATUS" -eq 4 ]
  tail -n1 "$P.json"
  [ "$(stop_line "$P" '.seen + .counted + (.lost | add // 0)')" -eq 54000 ]
  # the first of each of 16384 kinds, and all three of each that came later
  [ $(($(stop_line "$P" '.seen + (.lost | add // 0)'))) -eq $((16384 + 3 * (18000 - 16384))) ]
}

@test "as text: the greatest count first, with the first and the last time" {
  run -0 --separate-stderr "$CAPSIEVE" trace --count -q -C sys_boot,setgid -- \
    sh -c "$TRIP/load -n 70 -s reboot -u $COUNTED >/dev/null; $TRIP/load -n 300 -s setgroups -u $COUNTED >/dev/null"
  echo "$output"
  [[ ${lines[0]} =~ ^\ +COUNT\ FIRST\ +TIME\ +PID\ +UID\ COMM ]]
  grep -E "^ +300 .* $COUNTED load +CAP_SETGID +denied +setgroups" <<<"${lines[1]}"
  grep -E "^ +70 .* $COUNTED load +CAP_SYS_BOOT +denied +reboot" <<<"$output"
  [ "$("$CAPSIEVE" trace --count -q --no-header --columns count,capability -C sys_boot -- \
    "$TRIP/load" -n 12 -s reboot -u $COUNTED | grep -v load)" = "        12 CAP_SYS_BOOT" ]
}

@test "a recording counts as what it recorded would have" {
  "$CAPSIEVE" trace --record seen.rec -q -C sys_boot -- "$TRIP/load" -n 500 -s reboot -u $COUNTED >/dev/null
  "$CAPSIEVE" trace --replay seen.rec --count --json -o "$P.json"
  [ "$(counts "$P" '[.count, .cap, .comm]')" = '[500,"CAP_SYS_BOOT","load"]' ]
}

@test "what does not go together" {
  run -2 "$CAPSIEVE" trace --interval 1s
  [[ $output == *"--interval needs something to count: --count" ]]
  run -2 "$CAPSIEVE" trace --count -n 5
  [[ $output == *"--count and -n exclude each other"* ]]
  run -2 "$CAPSIEVE" trace --count --record x
  [[ $output == *"--count and --record exclude each other"* ]]
  run -2 "$CAPSIEVE" trace --count --lsm-verdict
  [[ $output == *"--count and --lsm-verdict exclude each other"* ]]
}
