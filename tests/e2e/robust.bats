# SPDX-License-Identifier: BSD-2-Clause
#
# What can go wrong around capsieve, and what it then does: signals, outputs that stop taking, limits, namespaces.

bats_require_minimum_version 1.5.0
load lib

NOBODY=41010	# a user that nobody is
ATTACK=$'\e[31mred'

setup() {
  cd "$BATS_TEST_TMPDIR" || return
  P=$BATS_TEST_TMPDIR/seen
}

teardown() {
  capsieve_kill
  end_jobs
}

# start COMMAND...: in the background, with signals as a terminal's programs have them; its pid in PID, stderr in err
start() {
  env --default-signal=INT,TERM,HUP,QUIT "$@" 2>err 3>&- &
  PID=$!
  JOBS+=("$PID")
}

# listen OPTION...: capsieve trace, when it listens
listen() {
  : >err
  start "$CAPSIEVE" trace "$@" >out
  wait_for 60 has err "hearing capability checks"
}

# Ended, though nobody has waited for it yet?
gone() {
  local stat

  { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 0
  [[ $stat == *") Z "* ]]
}

# ended SECONDS: waits for PID, its exit status in STATUS
ended() {
  wait_for "$1" gone "$PID"
  STATUS=0
  wait "$PID" || STATUS=$?
}

# flood: checks without an end
flood() {
  "$TRIP/load" -n 4000000000 -j 2 -s reboot -u $NOBODY >/dev/null 2>&1 3>&- &
  JOBS+=($!)
}

# fails STATUS WORDS COMMAND...: nothing on stdout, one sentence beside what is lost at full blast
fails() {
  local status_wanted=$1 words=$2 said

  shift 2
  run --separate-stderr "$@"
  echo "$status: $output / $stderr"
  [ "$status" -eq "$status_wanted" ]
  said=$(grep -v -e "lost: the ring buffer was full" -e "could not be described" <<<"$stderr")
  [ "$(wc -l <<<"$said")" -eq 1 ]
  [[ $said == "capsieve trace: $words"* ]]
  [ -z "$output" ]
}

@test "SIGINT, SIGTERM and SIGHUP end in order: 0, a summary, a last line of JSON" {
  host_only
  for signal in INT TERM HUP; do
    listen --json -u $NOBODY
    "$TRIP/load" -n 20 -s reboot -u $NOBODY >/dev/null
    kill -$signal "$PID"
    ended 20
    [ "$STATUS" -eq 0 ]
    [[ $(tail -n1 err) == "capsieve trace: "*" lost" ]]
    [ "$(jq -c 'select(.type == "check") | .cap' out | grep -c SYS_BOOT)" -eq 20 ]
    [ "$(tail -n1 out | jq -r .type)" = stop ]
  done
}

@test "a flood does not keep it from ending: SIGINT, -d, -n" {
  host_only
  flood
  for option in "" "-d 300ms" "-n 1000"; do
    # The reader is slower than the checks come: the ring is never empty.
    # shellcheck disable=SC2086
    start "$CAPSIEVE" trace --json -u $NOBODY --ring 1M $option > >(awk '{ for (i = 0; i < 200; i++) x += i }')
    wait_for 60 has err "hearing capability checks"
    [ -n "$option" ] || kill -INT "$PID"
    ended 30
    [ "$STATUS" -eq 0 ] || [ "$STATUS" -eq 4 ]
    [[ $(tail -n1 err) == *" lost"* ]]
  done
}

@test "a second signal ends at once with 130, also while nobody reads its output" {
  host_only
  for signal in INT TERM; do
    rm -f pipe
    mkfifo pipe
    exec 9<>pipe
    : >err
    start "$CAPSIEVE" trace --json -u $NOBODY >pipe 9<&-
    wait_for 60 has err "hearing capability checks"
    # more than a pipe holds
    "$TRIP/load" -n 2000 -s reboot -u $NOBODY >/dev/null 9<&-
    wait_for 20 grep -q pipe_write "/proc/$PID/wchan" || nap 1
    kill -$signal "$PID"
    nap 0.5
    # It is still there, for what was heard is not written.
    ! gone "$PID" || false
    kill -$signal "$PID"
    ended 5
    [ "$STATUS" -eq 130 ]
  done
}

@test "what the caller ignores stays ignored: nohup" {
  host_only
  : >err
  nohup "$CAPSIEVE" trace -u $NOBODY >out 2>err 3>&- &
  PID=$!
  JOBS+=("$PID")
  wait_for 60 has err "hearing capability checks"
  kill -HUP "$PID"
  nap 0.3
  ! gone "$PID" || false
  kill -TERM "$PID"
  ended 20
  [ "$STATUS" -eq 0 ]
}

@test "what the caller only blocked still ends it" {
  host_only
  : >err
  python3 -c '
import os, signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
os.execv(sys.argv[1], sys.argv[1:])' "$CAPSIEVE" trace -u $NOBODY >out 2>err 3>&- &
  PID=$!
  JOBS+=("$PID")
  wait_for 60 has err "hearing capability checks"
  kill -TERM "$PID"
  ended 20
  [ "$STATUS" -eq 0 ]
}

@test "a word that attacks a terminal reaches none" {
  host_only
  for words in "trace -o /no/$ATTACK" "trace -- /no/$ATTACK" "trace --replay /no/$ATTACK" "$ATTACK" "explain $ATTACK" \
    "file show /no/$ATTACK" "run -- /no/$ATTACK" "doctor --$ATTACK" "ps -p $ATTACK"; do
    # shellcheck disable=SC2086
    run ! "$CAPSIEVE" $words
    echo "$output" | cat -v
    [[ $output = *'\x1b[31m'* ]]
    [[ $output != *$'\e'* ]]
  done
}

# quiet STATUS: 0, and nothing was said but what could not be heard at full blast; with a loss it is 4
quiet() {
  cat err
  run ! grep -v -e "lost: the ring buffer was full" -e "could not be described" err
  if grep -q "lost: the ring" err; then [ "$1" -eq 4 ]; else [ "$1" -eq 0 ]; fi
}

@test "a reader that leaves ends it, quietly and with 0" {
  host_only
  flood
  "$CAPSIEVE" trace -q -u $NOBODY 2>err | head -n 2 >out
  quiet "${PIPESTATUS[0]}"
  [ "$(wc -l <out)" -eq 2 ]
  "$CAPSIEVE" trace -q --json -u $NOBODY 2>err | head -n 1 >out
  quiet "${PIPESTATUS[0]}"
  [ "$(jq -r .type out)" = start ]
}

@test "an output that takes nothing: a sentence, 1, and no command is started for it" {
  host_only
  flood
  fails 1 "standard output: Bad file descriptor" bash -c '"$0" trace -q -u $1 >&-' "$CAPSIEVE" $NOBODY
  fails 1 "standard output: No space left on device" bash -c '"$0" trace -q -u $1 >/dev/full' "$CAPSIEVE" $NOBODY
  fails 1 "/dev/full: No space left on device" "$CAPSIEVE" trace -q --json -u $NOBODY -o /dev/full
  fails 125 "/dev/full: No space left on device" "$CAPSIEVE" trace -q -o /dev/full -- touch was-run
  fails 125 "/no/such/place: No such file or directory" "$CAPSIEVE" trace -o /no/such/place -- touch was-run
  [ ! -e was-run ]
}

@test "a disk that becomes full: a sentence, 1, and the lines before it are whole" {
  host_only
  mkdir disk
  unshare -m true 2>/dev/null || skip "no private mounts here"
  flood
  fails 1 "disk/out: No space left on device" unshare -m bash -c '
    mount -t tmpfs -o size=64k none disk && "$0" trace -q --json -u $1 -o disk/out
    status=$?; cp disk/out out; exit $status' "$CAPSIEVE" $NOBODY
  [ "$(head -n -1 out | jq -r .type | sort | uniq -c | awk '{ print $2 }' | paste -sd' ')" = "check start" ]
}

@test "a file that may not get larger is an error and not our end" {
  host_only
  flood
  fails 1 "out: File too large" bash -c 'ulimit -f 64; exec "$0" trace -q --json -u $1 -o out' "$CAPSIEVE" $NOBODY
}

@test "-d ends after that time, -n after so many lines" {
  host_only
  SECONDS=0
  run --separate-stderr "$CAPSIEVE" trace --no-header -u $NOBODY -d 1s
  [ "$status" -eq 0 ]
  [ -z "$output" ]
  [ $SECONDS -ge 1 ]
  flood
  run --separate-stderr "$CAPSIEVE" trace --no-header -u $NOBODY -n 7
  [ "$status" -eq 0 ] || [ "$status" -eq 4 ]
  [ "${#lines[@]}" -eq 7 ]
}

# on_terminal COMMAND...: what it prints on a terminal
on_terminal() {
  SHELL=/bin/sh script -qec "$*" /dev/null </dev/null
}

@test "colour only on a terminal, and as NO_COLOR, TERM and --color say" {
  host_only
  escape=$'\e['
  trace="$CAPSIEVE trace -q -- $TRIP/short -q"
  [[ $(on_terminal "TERM=xterm $trace") == *"$escape"* ]]
  [[ $(on_terminal "TERM=xterm NO_COLOR=1 $trace") != *"$escape"* ]]
  [[ $(on_terminal "TERM=xterm NO_COLOR= $trace") == *"$escape"* ]]
  [[ $(on_terminal "TERM=dumb $trace") != *"$escape"* ]]
  [[ $(on_terminal "TERM=xterm $CAPSIEVE trace -q --color never -- $TRIP/short -q") != *"$escape"* ]]
  run --separate-stderr env TERM=xterm "$CAPSIEVE" trace -q -- "$TRIP/short" -q
  [[ $output != *"$escape"* ]]
  run --separate-stderr env NO_COLOR=1 TERM=dumb "$CAPSIEVE" trace -q --color always -- "$TRIP/short" -q
  [[ $output == *"$escape"* ]]
}

@test "standard output carries what was asked for and nothing else: every line of --json is JSON" {
  host_only
  run --separate-stderr "$CAPSIEVE" trace --json -vv --all --args -- sh -c "exec $TRIP/load -n 50 -s mix >/dev/null"
  [ "$status" -eq 0 ]
  printf '%s\n' "${lines[@]}" >out
  [ "$(jq -c '.v' out | sort -u)" = 1 ]
  [ "$(jq -r '.type' out | sort -u | paste -sd' ')" = "check start stop" ]
  [ "$(head -n1 out | jq -r .type) $(tail -n1 out | jq -r .type)" = "start stop" ]
  # Numbers are consecutive, times go forward.
  jq -s -e '[.[] | select(.type == "check")] | [.[].seq] == [range(1; length + 1)]' out
}

@test "text: a header, and the columns that were asked for" {
  host_only
  fails 2 "--columns: unknown column 'capabilty'; did you mean 'capability'?" \
    "$CAPSIEVE" trace --columns comm,capabilty,verdict -- touch was-run
  [ ! -e was-run ]
  run --separate-stderr "$CAPSIEVE" trace --columns verdict,capability,comm -C sys_chroot -- "$TRIP/short" -q
  [ "$(awk '{ print $1, $2, $3 }' <<<"$output")" = $'VERDICT CAPABILITY COMM\nallowed CAP_SYS_CHROOT short' ]
  run --separate-stderr "$CAPSIEVE" trace --no-header --columns comm -C sys_chroot -- "$TRIP/short" -q
  [ "${output%% *}" = short ]
}

@test "closed standard streams harm nobody" {
  host_only
  for closed in '<&-' '2>&-' '<&- 2>&-' '<&- >&- 2>&-'; do
    rm -f out
    status=0
    bash -c "\"\$0\" trace --json -o out -C sys_chroot -- \"\$1/short\" -q $closed" "$CAPSIEVE" "$TRIP" || status=$?
    [ $status -eq 0 ]
    [ "$(jq -c 'select(.type == "check") | .cap' out)" = '"CAP_SYS_CHROOT"' ]
  done
}

@test "too few open files, too little memory: a sentence that names it" {
  fails 1 "needs room for 64 open files, and the limit is 20: ulimit -n 64" \
    bash -c 'ulimit -n 20; exec "$0" trace' "$CAPSIEVE"
  # a sanitizer's own memory is more than any limit
  [ -n "${SANITIZE-}" ] || fails 1 "the ring buffer cannot be mapped: Cannot allocate memory" \
    bash -c 'ulimit -v 400000; exec "$0" trace --ring 256M' "$CAPSIEVE"
  # Locked memory is what BPF was charged to before Linux 5.11.
  run bash -c 'ulimit -l 0; exec "$0" trace -q -d 100ms' "$CAPSIEVE"
  [ "$status" -eq 0 ]
}

@test "in a pid namespace the pids are the host's, and a filter by pid says that it cannot be" {
  unshare -pf true 2>/dev/null || skip "no pid namespace can be made here"
  run --separate-stderr unshare -pf --mount-proc bash -c '
    "$0" trace --json -C sys_chroot -o out -- "$1/short"; echo status $?' "$CAPSIEVE" "$TRIP"
  [ "${lines[1]}" = "status 0" ]
  inside=${lines[0]}
  [ "$(jq -c 'select(.type == "check") | [.ns_pid, .pid != .ns_pid, .exe]' out)" = "[$inside,true,\"$TRIP/short\"]" ]
  for option in -p --tree; do
    fails 2 "-p and --tree: the process ids of this pid namespace are not the host's" \
      unshare -pf --mount-proc "$CAPSIEVE" trace $option 1
  done
  # With the host's procfs the ids are the host's.
  run --separate-stderr unshare -pf "$CAPSIEVE" trace -p $$ -d 100ms
  [ "$status" -eq 0 ]
}

@test "in a user namespace: one sentence" {
  unshare -U true 2>/dev/null || skip "no user namespace can be made here"
  fails 1 "the kernel lets nobody in a user namespace load BPF programs" unshare -Ur "$CAPSIEVE" trace
}

@test "a --proc that is none" {
  host_only
  fails 2 "--proc: '/usr' is no procfs" "$CAPSIEVE" trace --proc /usr
  fails 2 "--proc: '/no/such' No such file or directory" "$CAPSIEVE" trace --proc /no/such
}

@test "stopped and continued it goes on; what did not fit meanwhile is counted" {
  capsieve_start "$P" --ring 64K -u $NOBODY -C sys_boot
  kill -STOP "$CAPSIEVE_PID"
  "$TRIP/load" -n 5000 -s reboot -u $NOBODY >/dev/null
  kill -CONT "$CAPSIEVE_PID"
  wait_for 20 has "$P.err" "checks lost"
  ! capsieve_stop || false
  [ "$CAPSIEVE_STATUS" -eq 4 ]
  [ "$(stop_line "$P" '.seen + .lost.ring_full')" -eq 5000 ]
  [ "$(stop_line "$P" '.seen')" -eq "$(checks "$P" .pid | wc -l)" ]
}

# Kernel objects of ours that no process holds: maps, programs and links live as long as a descriptor.
orphans() {
  comm -23 \
    <(bpftool -j prog show | jq -r '.[] | select((.name // "") | test("^(tp|fexit|kprobe|lsm|on|own)_")) | .id' | sort) \
    <(cat /proc/[0-9]*/fdinfo/* 2>/dev/null | awk '$1 == "prog_id:" { print $2 }' | sort)
}

no_orphans() {
  [ -z "$(orphans)" ]
}

@test "after kill -9 nothing is left: no program, no map, no mount" {
  command -v bpftool >/dev/null || skip "there is no bpftool here"
  mounts=$(</proc/self/mounts)
  listen --attach auto
  ids=$(awk '$1 == "prog_id:" || $1 == "map_id:" { print $1 $2 }' /proc/"$PID"/fdinfo/* | sort -u)
  [ -n "$ids" ]
  kill -KILL "$PID"
  ended 20
  here() {
    for id in $ids; do
      ! bpftool "${id%%_*}" show id "${id##*:}" >/dev/null 2>&1 || return
    done
    false
  }
  left_nothing() {
    ! here
  }
  wait_for 30 left_nothing
  [ "$mounts" = "$(</proc/self/mounts)" ]
}

@test "200 runs leave nothing behind" {
  host_only
  command -v bpftool >/dev/null || skip "there is no bpftool here"
  mounts=$(</proc/self/mounts)
  # many at a time, for an end waits for the kernel
  seq 200 | xargs -P 8 -I{} "$CAPSIEVE" trace -q -u $NOBODY --no-header -d 1ms
  wait_for 30 no_orphans
  [ "$mounts" = "$(</proc/self/mounts)" ]
}
