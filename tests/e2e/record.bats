# SPDX-License-Identifier: BSD-2-Clause
#
# Recordings: what is replayed is what was seen, to the byte, whatever the run showed and whatever the replay is to
# show; the file is private, whole or says that it is not, and replaces nothing before there is something to replace
# it with.

bats_require_minimum_version 1.5.0
load lib

WHO=41003
EACH=200

setup() {
  P=$BATS_TEST_TMPDIR/seen
  cd "$BATS_TEST_TMPDIR"
}

teardown() {
  capsieve_kill
  end_jobs
}

# replay FILE OPTION...: without any privilege
replay() {
  local file=$1

  shift
  "$CAPSIEVE" trace --replay "$file" "$@"
}

# mixed: checks of three users, allowed and denied, from several programs and threads
mixed() {
  "$TRIP/load" -n $EACH -s mix -j 2 -u $WHO >/dev/null
  "$TRIP/load" -n $EACH -s mix >/dev/null
  "$TRIP/load" -n 3 -s mix -u $((WHO + 1)) >/dev/null
  chown 0 "$BATS_TEST_TMPDIR"
  chroot / true
  "$TRIP/trip" userns >/dev/null || :
  "$TRIP/trip" --deny bind >/dev/null || :
}

@test "JSON and text of a recording are those of the run, under each probe" {
  local probe

  for probe in $(probes); do
    capsieve_start "$P" --attach "$probe" --args --record "$P.rec"
    mixed
    capsieve_stop || only_preempted
    replay "$P.rec" --args --json 2>again.err >again.json || [ $? -eq "$CAPSIEVE_STATUS" ]
    cmp "$P.json" again.json
    diff <(tail -n 1 "$P.err") <(tail -n 1 again.err)
    in_guest && continue
    "$CAPSIEVE" trace --attach "$probe" -q -x --args --utc -o live.txt --record text.rec -- sh -c "$TRIP/load -n 50 -s mix"
    replay text.rec -q -x --args --utc >again.txt
    cmp live.txt again.txt
    [ "$(wc -l <live.txt)" -ge 51 ]
  done
}

@test "a command: how it ended is in the recording too" {
  local command

  host_only
  for command in "exit 0" "exit 7" "kill -TERM \$\$"; do
    "$CAPSIEVE" trace -q --json -o live.json --record a.rec -- sh -c "$command" || :
    replay a.rec -q --json >again.json
    cmp live.json again.json
    [ "$(jq -c 'select(.type == "stop").command_status' again.json)" != null ]
  done
}

@test "alone it shows nothing; -o, -x, --json and --columns show it too" {
  host_only
  [ -z "$("$CAPSIEVE" trace -q --record a.rec -- "$TRIP/trip" setgroups | grep -v setgroups)" ]
  [ "$("$CAPSIEVE" trace -q --record b.rec --columns cap,comm -- "$TRIP/trip" setgroups | grep -c '^CAP_SETGID .*trip-setgroups')" -ge 1 ]
  "$CAPSIEVE" trace -q --record c.rec -o c.txt -- "$TRIP/trip" setgroups
  grep -q CAP_SETGID c.txt
  [ "$(replay c.rec -q)" = "$(cat c.txt)" ]
}

@test "every filter gives of a recording the lines that it is about" {
  local row filter want

  host_only
  # The whole machine is heard: what else it does may be more than even a large ring takes.
  capsieve_start "$P" --ring 64M --record "$P.rec"
  mixed
  capsieve_stop || [ "$CAPSIEVE_STATUS" -eq 4 ]
  for row in \
    "-u $WHO|.uid == $WHO" \
    "-u root|.uid == 0" \
    "-u !root,$WHO|.uid != 0 and .uid != $WHO" \
    "-g $WHO|.gid == $WHO" \
    "-C sys_boot,setgid|.cap == \"CAP_SYS_BOOT\" or .cap == \"CAP_SETGID\"" \
    "-C !sys_boot|.cap != \"CAP_SYS_BOOT\"" \
    "--allowed|.verdict == \"allowed\"" \
    "--denied -u root|.verdict == \"denied\" and .uid == 0" \
    "--comm l?ad|.comm == \"load\"" \
    "--comm !l* --comm !trip*|(.comm | startswith(\"l\") or startswith(\"trip\")) | not" \
    "--userns host|.userns.asker == 4026531837" \
    "--userns own|.userns.asker != 4026531837" \
    "-p $(jq -r 'select(.comm == "load").pid' "$P.json" | head -n 1)|.pid == $(jq -r 'select(.comm == "load").pid' "$P.json" | head -n 1)"; do
    filter=${row%%|*} want=${row#*|}
    # shellcheck disable=SC2086 # words
    replay "$P.rec" --json $filter 2>/dev/null | grep '"type":"check"' >got || :
    grep '"type":"check"' "$P.json" | paste - <(checks "$P" "$want") | sed -n 's/\ttrue$//p' >wanted
    cmp wanted got || { echo "$filter" && return 1; }
    # Not every kernel lets this one be heard.
    [ -s got ] || [ "$filter" = "--userns own" ] || { echo "none: $filter" && return 1; }
  done
}

@test "a tree is found by its programs; names of users are the recording's" {
  local pid

  host_only
  capsieve_start "$P" --ring 64M --record "$P.rec"
  sh -c "sh -c '$TRIP/load -n $EACH -s reboot >/dev/null; :'; :" 3>&- &
  pid=$!
  wait $pid
  "$TRIP/load" -n $EACH -s reboot >/dev/null
  capsieve_stop
  [ "$(replay "$P.rec" -q --no-header --tree $pid -C sys_boot | wc -l)" -eq $EACH ]
  [ "$(replay "$P.rec" -q --no-header -C sys_boot -u root | wc -l)" -ge $((2 * EACH)) ]
  run -0 --separate-stderr replay "$P.rec" -u nobody-has-this-name
  [[ $stderr == *"nobody in this recording is called 'nobody-has-this-name'"* ]]
}

@test "the file is its owner's, takes its name when listening begins, and leaves no other" {
  host_only
  umask 0
  echo precious >old.rec
  run -1 "$CAPSIEVE" trace --record old.rec --btf /sys/kernel/btf/vmlinux --attach kprobe --proc /proc -d 10ms
  [ "$(cat old.rec)" = precious ] || skip "this kernel has kprobes"
  "$CAPSIEVE" trace -q --record old.rec -d 10ms
  replay old.rec -q
  [ "$(stat -c %a old.rec)" = 600 ]
  [ "$(echo old.rec*)" = old.rec ]
  mkdir theirs && chown $WHO theirs && chmod 755 theirs
  "$CAPSIEVE" trace -q --record theirs/x.rec -d 10ms
  replay theirs/x.rec -q
}

@test "what is no regular file is written to as it is" {
  host_only
  "$CAPSIEVE" trace -q --record /dev/null -- true
  [ -c /dev/null ]
  "$CAPSIEVE" trace -q --record /dev/stdout -- sh -c "$TRIP/load -n $EACH -s reboot >/dev/null" | cat >piped
  [ "$(replay - -q --no-header -C sys_boot <piped | wc -l)" -eq $EACH ]
  run -1 "$CAPSIEVE" trace --record /nowhere/x.rec -d 10ms
  [[ $output == *"/nowhere/x.rec: No such file or directory"* ]]
  mkdir full && mount -t tmpfs -o size=64k tmpfs full
  run "$CAPSIEVE" trace -q --record full/x.rec -d 5s -- "$TRIP/load" -n 400000 -s mix
  umount full
  [ "$status" -eq 125 ]
  [[ $output == *"full/x.rec: No space left on device"* ]]
}

@test "killed at once, all but the last ten seconds are there, and it says so" {
  host_only
  capsieve_start "$P" --record "$P.rec"
  "$TRIP/load" -n $EACH -s reboot >/dev/null
  nap 11
  capsieve_kill
  run -4 --separate-stderr replay "$P.rec" --no-header -C sys_boot
  [ "${#lines[@]}" -ge $EACH ]
  [[ $stderr == *"was not ended in order"* ]]
}

@test "a recording is closed where the text beside it is cut off, and where a count ends it" {
  host_only
  "$CAPSIEVE" trace -q --record a.rec -o - -- "$TRIP/load" -n 20000 -s mix 2>/dev/null | head -n 1 >/dev/null
  replay a.rec -q >/dev/null
  "$CAPSIEVE" trace -q --record b.rec -n 7 -- "$TRIP/load" -n $EACH -s mix >/dev/null
  [ "$(replay b.rec -q --no-header | wc -l)" -eq 7 ]
}

@test "a part of a recording is a recording" {
  host_only
  "$CAPSIEVE" trace -q --record a.rec -- sh -c "$TRIP/load -n $EACH -s mix >/dev/null"
  replay a.rec -q -C sys_boot --record b.rec
  [ "$(replay b.rec -q --no-header | wc -l)" -eq $((EACH / 4)) ]
  cmp <(replay a.rec -q -C sys_boot --json) <(replay b.rec -q --json | sed 's/"lost_is_bound":[a-z]*/"lost_is_bound":true/')
}

@test "--realtime takes as long as it took, and ends in order on Ctrl-C" {
  local start pid status=0

  host_only
  "$CAPSIEVE" trace -q --record a.rec -- sh -c "$TRIP/trip setgroups; sleep 3; $TRIP/trip setgroups" >/dev/null
  start=${EPOCHREALTIME/./}
  replay a.rec -q --realtime -o out
  [ $((${EPOCHREALTIME/./} - start)) -gt 3000000 ]
  [ "$(replay a.rec -q)" = "$(cat out)" ]
  env --default-signal=INT "$CAPSIEVE" trace --replay a.rec -q --realtime --json >out.json 3>&- &
  pid=$!
  JOBS+=($pid)
  wait_for 10 has out.json '"check"'
  kill -INT $pid
  wait $pid || status=$?
  [ $status -eq 0 ]
  [ "$(jq -r .type out.json | tail -n 1)" = stop ]
}

@test "anybody can replay what he can read" {
  host_only
  "$CAPSIEVE" trace -q --record "$BATS_TEST_TMPDIR/a.rec" -- "$TRIP/trip" setgroups >/dev/null
  run -2 setpriv --reuid $WHO --clear-groups --inh-caps=-all --bounding-set=-all "$CAPSIEVE" trace --replay "$BATS_TEST_TMPDIR/a.rec"
  [[ $output == *"Permission denied"* ]]
  setpriv --reuid $WHO --clear-groups --inh-caps=-all --bounding-set=-all "$CAPSIEVE" trace --replay - <a.rec | grep -q CAP_SETGID
}

# user_ms COMMAND...: milliseconds of CPU outside the kernel: what a busy neighbour does not change
user_ms() {
  local t TIMEFORMAT=%U

  t=$({ time "$@" >/dev/null 2>&1; } 2>&1)
  echo $((10#${t/./}))
}

@test "a million checks: some bytes each, read in half a second, exported in one" {
  local n=1000000 size ms

  host_only
  [ -z "${SANITIZE-}" ] || skip "a sanitizer takes its own time"
  "$CAPSIEVE" trace --ring 64M --record m.rec -- "$TRIP/load" -n $n -s mix >/dev/null
  size=$(stat -c %s m.rec)
  echo "$((100 * size / n)) hundredths of a byte a check"
  [ "$size" -lt $((12 * n)) ]
  ms=$(user_ms replay m.rec --comm nobody-has-this)
  echo "read: $ms ms" && [ "$ms" -lt 500 ]
  ms=$(user_ms replay m.rec --json -o /dev/null)
  echo "as JSON: $ms ms" && [ "$ms" -lt 1000 ]
}
