# SPDX-License-Identifier: BSD-2-Clause
#
# What is promised where something fails or there is too much of it: docs/reliability.md has the table.

bats_require_minimum_version 1.5.0
load lib

setup_file() {
  [ -z "${TEST_ALL-}" ] || export BATS_TEST_TIMEOUT=3600
}

setup() {
  cd "$BATS_TEST_TMPDIR" || return
  JOBS=() CGROUPS=()
  daemon_under_sanitizers
}

teardown() {
  capsieve_kill
  end_jobs
  for c in "${CGROUPS[@]}"; do rmdir "$c" 2>/dev/null || :; done
}

live() {
  host_only
  [ "$(id -u)" = 0 ] || skip "not root"
  [ -n "$(probes)" ] || skip "no probe works here"
}

# For what a preloaded library does, which sanitizers have to be first in.
preloaded() {
  host_only
  [ -z "${SANITIZE-}" ] || skip "sanitizers have their own allocations"
}

watch_start() {
  printf 'version: 1\ndefault: ignore\nrules: [{name: root, where: {comm: trip-*}, alert: sys_chroot}]\n' >rules.yaml
  printf 'version: 1\noutputs: {all: {type: stdout, format: json}}\n' >config.yaml
  "${AS[@]}" "${PROGRAM:-$CAPSIEVE}" watch --config config.yaml --rules rules.yaml --state state --run run >>alerts 2>err 3>&- &
  DAEMON=$!
  JOBS+=("$DAEMON")
  wait_for 60 grep -q 'watching by' err || { cat err; return 1; }
}

# elsewhere NAME WHY OPTION... -- COMMANDS: this test, of which NAME is a part, in a virtual machine of its own, after COMMANDS
elsewhere() {
  local name=$1 why=$2 options=() dir trip

  shift 2
  while [ "$1" != -- ]; do options+=("$1"); shift; done
  [ -n "${TEST_ALL-}" ] || skip "$why, and a virtual machine takes minutes: only in make test-all"
  command -v qemu-system-x86_64 >/dev/null || skip "$why, and there is no qemu"
  [ "$(uname -m)" = x86_64 ] || skip "$why, and the virtual machine is one for x86-64"
  cd "$E2E/../.." || return
  scripts/kernel get 6.12 >/dev/null || skip "$why, and there is no kernel for a virtual machine"
  dir=$(dirname "$(readlink -f "$CAPSIEVE")") trip=$(readlink -f "$TRIP")
  run -0 scripts/vm -k 6.12 "${options[@]}" -s "$dir" -s "$trip" -- "$2
    export E2E_WHOLE=1 FAULTS_GUEST=1 TEST_ALL=1 CAPSIEVE='$dir/capsieve' TRIP='$trip'
    bats --tap -f '$name' tests/e2e/faults.bats"
  grep '^# ' <<<"$output" >&3 || :
  echo "$output"
  [[ $output == *"ok 1 "*"$name"* && $output != *"# skip"* ]]
}

# said WORDS: beside the results
said() {
  echo "# $*" >&3
}

# The account is whole: every check that the kernel made is in one of its numbers.
whole() {
  [ "$(tail -n 1 "$1" | jq '.type == "stop" and .asked == .own + .outside + .hidden + .seen + (.counted // 0) + .unread + (.lost | add // 0)')" = true ]
}

@test "ENOMEM at each allocation: what is said is whole, or it is an error with a sentence" {
  preloaded
  local rec=$E2E/../replay/classes.rec most=20

  [ -z "${TEST_ALL-}" ] || most=400
  # of nobody by name: where there is no memory, the C library of Debian 12 crashes when it is asked for a user
  printf 'version: 1\nrules: [{name: a, where: {comm: a}, log: [chown, 13]}, {name: b, alert: $l}]\nlists: {l: [kill]}\n' >rules.yaml
  "$CAPSIEVE" profile -q --replay "$rec" -o p.json >/dev/null
  for command in "trace -q --replay $rec --json" "profile --replay $rec" "history --replay $rec" "report --replay $rec -o page" \
    "profile show p.json" "check rules.yaml" "explain cap_net_raw+eip" "trace -q --replay $rec --record again.rec" \
    "check rules.yaml --replay $rec" "profile diff p.json p.json"; do
    # shellcheck disable=SC2086 # words
    run -0 python3 "$E2E/faults.py" "$TRIP/fault.so" . "$most" once,memory "$CAPSIEVE" $command
    echo "$command: $output"
  done
}

@test "ENOMEM at each allocation while it starts to listen and listens: each check is there, or it is an error with a sentence" {
  preloaded
  live
  local most=20 trace="trace -q --no-header --columns capability,verdict -C chown" commands

  commands=("$trace")
  [ -z "${TEST_ALL-}" ] || most=400 commands+=("$trace --lifecycle" "profile -q --format setcap")
  : >file
  for command in "${commands[@]}"; do
    # shellcheck disable=SC2086 # words
    run -0 python3 "$E2E/faults.py" "$TRIP/fault.so" . "$most" once,memory "$CAPSIEVE" $command -- chown nobody file
    echo "$command: $output"
  done
}

@test "a kernel that refuses one program, map or attachment, or all from one on: the next probe, or a sentence; nothing is left" {
  preloaded
  live
  local commands=("trace -q --no-header --columns capability,verdict -C chown") before

  before=$(find "$(cgroup2)" -type d 2>/dev/null | wc -l)
  [ -z "${TEST_ALL-}" ] || commands+=("profile -q --format setcap" "trace -q --lifecycle --no-header --columns capability,verdict -C chown")
  : >file
  for command in "${commands[@]}"; do
    for kinds in program,programs map,maps attach,attaches; do
      # shellcheck disable=SC2086 # words
      run -0 python3 "$E2E/faults.py" "$TRIP/fault_bpf.so" . 40 $kinds "$CAPSIEVE" $command -- chown nobody file
      echo "$command: $output"
    done
  done
  # where the best cannot be attached
  by() { "$@" "$CAPSIEVE" trace -q --json -C chown -- chown nobody file | jq -r 'select(.type == "start").probe'; }
  if [ "$(probes | wc -l)" -ge 2 ]; then
    by env >best
    by env FAULT=attach:2 LD_PRELOAD="$TRIP/fault_bpf.so" >next
    [ -s next ]
    [ "$(<next)" != "$(<best)" ]
  fi
  [ "$(find "$(cgroup2)" -type d 2>/dev/null | wc -l)" -le "$before" ]
  command -v bpftool >/dev/null || skip "the rest: there is no bpftool here"
  left_nothing() { ! bpftool prog show | grep -q 'name .*capsieve'; }
  wait_for 30 left_nothing
}

@test "storage refused to all tasks: each check is there, without its program, and that is said" {
  preloaded
  live
  : >file
  for probe in $(probes); do
    FAULT=storage LD_PRELOAD=$TRIP/fault_bpf.so "$CAPSIEVE" trace --attach "$probe" --json -C chown -- chown nobody file >seen.json 2>err
    cat seen.json err
    [ "$(checks seen '[.comm, .verdict, .exe]')" = '["chown","allowed",null]' ]
    grep -q "times a process could not be described: its checks stand without program" err
    whole seen.json
  done
}

@test "storage refused, and no room beside it: checks whose entry found no place are counted as lost" {
  preloaded
  local n

  if [[ $(probes) != *kprobe* ]]; then
    if in_guest; then skip "there are no kprobes here"; fi
    elsewhere "storage refused, and no room" "there are no kprobes here" -t 300 -- :
    return
  fi
  live

  : >file
  # Each that asks for call sites keeps its entry in storage, or in a table for those that have none: of these there is room for one.
  FAULT=storage,small:threads_hash:1 LD_PRELOAD=$TRIP/fault_bpf.so run -4 --separate-stderr "$CAPSIEVE" trace --attach kprobe --json -x -C chown -- \
    sh -c 'for i in 1 2 3 4 5 6; do chown nobody file; done'
  echo "$output" >seen.json
  tail -n 1 seen.json
  echo "$stderr"
  [[ $stderr == *"lost: the kernel gave no storage for a task"* ]]
  n=$(stop_line seen .lost.storage_refused)
  [ "$n" -ge 5 ]
  said "$n lost as storage_refused, $(checks seen .cap | wc -l) of 6 seen"
  whole seen.json
}

@test "a collector at its limit of memory, and twelve thousand tasks: the kernel refuses storage for some, and each check is there" {
  live
  [ -n "${TEST_ALL-}" ] || skip "twelve thousand processes: only in make test-all"
  [ -z "${SANITIZE-}" ] || skip "sanitizers take more memory than that"
  local memory limit=memory.max

  memory=$(awk '$3 == "cgroup" && $4 ~ /(^|,)memory(,|$)/ { print $2 "/"; exit }' /proc/self/mounts)
  [ -z "$memory" ] || limit=memory.limit_in_bytes
  mkdir "${memory:=$(cgroup2)/}capsieve-little" && CGROUPS+=("${memory}capsieve-little")
  memory+=capsieve-little
  [ -e "$memory/$limit" ] || skip "there is no memory controller here"
  echo 32M >"$memory/$limit"
  printf '#!/bin/sh\necho $$ >%s/cgroup.procs\nexec "$@"\n' "$memory" >limited
  printf '#!/bin/sh\nwhile :; do head -c 100M /dev/zero >%s/much; done\n' "$PWD" >hog
  chmod 755 limited hog
  setsid ./limited ./hog 3>&- &
  JOBS+=($!)
  ./limited "$CAPSIEVE" trace --json --comm many >seen.json 2>seen.err 3>&- &
  CAPSIEVE_PID=$! CAPSIEVE_PATH=seen
  wait_for 60 grep -q 'hearing' seen.err
  mkfifo go
  setsid "$TRIP/many" crowd 12000 <go >made 3>&- &
  JOBS+=($!)
  exec 8>go
  wait_for 60 test -s made
  [ "$(<made)" = 12000 ]
  exec 8>&-
  gone() { ! pgrep -x many >/dev/null; }
  wait_for 60 gone
  capsieve_stop
  cat seen.err
  [ "$(checks seen .pid | wc -l)" -ge 12000 ]
  whole seen.json
  grep "times a process could not be described: its checks stand without program" seen.err
  said "$(grep -o '[0-9,]* times a process could not be described' seen.err)"
}

@test "a table of followed processes that is full: what is not heard for that is counted, and said" {
  preloaded
  live
  FAULT=small:followed:1 LD_PRELOAD=$TRIP/fault_bpf.so run -4 --separate-stderr "$CAPSIEVE" trace --json -C chown -- \
    sh -c 'chown root . & chown root . & wait'
  echo "$output" | tee seen.json
  [[ $stderr == *"lost: a table in the kernel was full"* ]]
  [ "$(stop_line seen .lost.map_full)" -ge 1 ]
  whole seen.json
}

@test "a table of counts that is full: what has no room in it is sent instead" {
  preloaded
  live
  : >file
  FAULT=small:counts:1 LD_PRELOAD=$TRIP/fault_bpf.so "$CAPSIEVE" trace -v --count --json -C chown,sys_chroot -- \
    sh -c "for i in 1 2 3; do chown nobody file; $TRIP/trip chroot >/dev/null; done" >seen.json 2>err
  cat err
  grep -q "checks were sent one by one: the kernel's table had no room to count their kind" err
  [ "$(jq -s 'map(select(.type == "count" and .cap == "CAP_CHOWN").count) | add' seen.json)" = 3 ]
  whole seen.json
}

@test "a probe that somebody detaches: it is told within seconds, and the run ends with 4" {
  preloaded
  live
  local status

  for probe in $(probes); do
    rm -f now
    FAULT=detach:$PWD/now LD_PRELOAD=$TRIP/fault_bpf.so capsieve_start "$PWD/seen" --attach "$probe" --comm nobody-has-it
    touch now
    ended() { ! kill -0 "$CAPSIEVE_PID" 2>/dev/null; }
    wait_for 20 ended
    status=0
    capsieve_stop || status=$CAPSIEVE_STATUS
    [ "$status" = 4 ]
    grep -q "^capsieve trace: $probe does not even hear checks of our own any more" seen.err
    whole seen.json
  done
}

@test "the daemon's probe is detached: an alert, a gap in the history, and it ends with 1, to be started anew" {
  preloaded
  live
  local status=0

  FAULT=detach:$PWD/now LD_PRELOAD=$TRIP/fault_bpf.so watch_start
  touch now
  wait "$DAEMON" || status=$?
  cat err alerts
  [ "$status" = 1 ]
  jq -se 'any(.event == "unheard" and .severity == "critical")' alerts
  "$CAPSIEVE" history --db state/history.db --json >history
  jq -se 'any(.. | objects; .reason? == "probe_not_heard")' history
}

@test "what is attached by tracepoints and functions nobody else can detach: the kernel refuses it for each" {
  live
  command -v bpftool >/dev/null || skip "there is no bpftool here"
  local ids id types=''

  for probe in $(probes); do
    capsieve_start "$PWD/seen" --attach "$probe" --lifecycle -x --comm 'trip-*'
    ids=$(cat /proc/"$CAPSIEVE_PID"/fdinfo/* 2>/dev/null | sed -n 's/^link_id:[[:space:]]*//p')
    [ "$(wc -w <<<"$ids")" -ge 4 ]
    for id in $ids; do
      types+=" $(bpftool link show id "$id" -j | jq -r .type)"
      run ! bpftool link detach id "$id"
    done
    # what a call returns is known from the second check on that is seen in one like it
    has_result() { "$TRIP/trip" chroot >/dev/null && nap 0.5 && checks seen .result | grep -qx '"ok"'; }
    wait_for 20 has_result
    capsieve_stop
    cat seen.err
    [ "$(jq -s 'map(select(.type == "lifecycle")) | length' seen.json)" -ge 1 ]
  done
  said "$(tr ' ' '\n' <<<"$types" | grep . | sort | uniq -c | awk '{ print $1 " of type " $2 }' | paste -sd, | sed 's/,/, /g') refused"
}

@test "kprobes or the tracing of functions are switched off: the probe that stands on them is not heard, and that is told" {
  local how

  if ! in_guest; then
    elsewhere "switched off" "it is about the whole machine" -t 600 -- :
    return
  fi
  # the other tests of a guest would find no tracing any more
  [ -n "${FAULTS_GUEST-}" ] || skip "switches something off for the whole machine: only in one of its own"

  write() { echo "$2" >"$1"; }
  # the latter last: a kernel whose tracing was once switched off under a listener may have none any more
  for probe in kprobe fexit; do
    probes | grep -qx $probe || continue
    how="sysctl -q kernel.ftrace_enabled="
    [ $probe = fexit ] || how="write /sys/kernel/debug/kprobes/enabled "
    capsieve_start "$PWD/seen" --attach "$probe" --comm nobody-has-it
    # this kernel may not allow it while somebody listens
    if ! ${how}0; then
      ${how}1 || :
      capsieve_stop
      echo "# $probe: it cannot be switched off" >&3
      continue
    fi
    "$TRIP/trip" chroot >/dev/null
    ended() { ! kill -0 "$CAPSIEVE_PID" 2>/dev/null; }
    # what is not switched off by that goes on
    nap 5
    "$TRIP/trip" chroot >/dev/null
    wait_for 4 ended || echo "# $probe: hears on" >&3
    ${how}1
    capsieve_stop || [ "$CAPSIEVE_STATUS" = 4 ]
    cat seen.err
    [ "$CAPSIEVE_STATUS" = 0 ] || grep -q "$probe does not even hear" seen.err
  done
}

@test "short and interrupted writes: the same bytes arrive" {
  preloaded
  local rec=$E2E/../replay/classes.rec

  for command in "trace -q --replay $rec --json" "trace -q --replay $rec" "history --replay $rec" "profile --replay $rec --format systemd"; do
    # shellcheck disable=SC2086 # words
    cmp <("$CAPSIEVE" $command) <(FAULT=short LD_PRELOAD=$TRIP/fault.so "$CAPSIEVE" $command)
  done
  FAULT=short LD_PRELOAD=$TRIP/fault.so "$CAPSIEVE" trace -q --replay "$rec" --record short.rec
  cmp <("$CAPSIEVE" trace -q --replay "$rec" --json) <("$CAPSIEVE" trace -q --replay short.rec --json)
}

# in_mounts SCRIPT WORDS...: in a mount namespace of its own
in_mounts() {
  unshare -m --propagation private true 2>/dev/null || skip "there are no mount namespaces here"
  unshare -m --propagation private bash -euc "$@"
}

@test "a file system that is read-only: a sentence that names the file, and nothing is started; what is kept there is read" {
  live
  mkdir root
  # shellcheck disable=SC2016 # the other shell's
  run -0 in_mounts '
    mount -t tmpfs none root
    cp "$2" root/good.rec
    "$1" watch --state root/state --run run --rules "$3" 2>watch.err & daemon=$!
    for i in $(seq 300); do ! grep -q "watching by" watch.err || break; sleep 0.1; done
    kill $daemon && wait $daemon
    mount -o remount,ro root
    try() { status=0; "$1" "${@:3}" >out 2>err || status=$?; cat err; [ $status = $2 ]; grep -q "Read-only file system" err; }
    try "$1" 125 trace -q --record root/c.rec -- touch "$PWD/started"
    try "$1" 125 trace -q -o root/c.txt -- touch "$PWD/started"
    try "$1" 125 profile -q -o root/c.json -- touch "$PWD/started"
    try "$1" 1 profile --replay root/good.rec -o root/c.json
    try "$1" 1 report root/good.rec -o root/page.html
    try "$1" 1 watch --state root/other --run run --rules "$3"
    try "$1" 1 watch --state root/state --run run --rules "$3"
    [ ! -e started ]
    "$1" trace -q --replay root/good.rec --json | tail -n 1 | grep -q "\"type\":\"stop\""
    "$1" history --db root/state/history.db --json >out' \
    - "$CAPSIEVE" "$E2E/../replay/classes.rec" "$E2E/../../docs/example-rules.yaml"
  echo "$output"
}

@test "/proc and the cgroups are unmounted while it reads them: each check is there, with the names that can be had" {
  live
  # shellcheck disable=SC2016 # the other shell's
  run -0 in_mounts '
    mkdir -p proc run
    mount --bind /proc proc
    "$1" trace --proc proc --json -x -C sys_chroot --exe "$2" >seen.json 2>seen.err & trace=$!
    for i in $(seq 300); do ! grep -q hearing seen.err || break; sleep 0.1; done
    "$2" chroot
    umount -l proc
    for at in $(awk "\$3 ~ /^cgroup/ { print \$2 }" /proc/self/mounts); do umount -l "$at"; done
    "$2" chroot
    "$2" chroot
    sleep 1
    kill $trace && wait $trace
    status=0; "$1" ps --proc proc 2>err || status=$?
    [ $status = 2 ]
    grep -q "is no procfs" err' - "$CAPSIEVE" "$(readlink -f "$TRIP/trip")"
  echo "$output"
  cat seen.err
  [ "$(checks seen '[.verdict, .exe]' | sort -u)" = "[\"allowed\",\"$(readlink -f "$TRIP/trip")\"]" ]
  [ "$(checks seen .pid | wc -l)" -ge 3 ]
  whole seen.json
}

@test "SIGKILL at a hundred random moments: recordings and the history are readable, and no program, cgroup or lock is left" {
  live
  local i status before kept=0 runs=70 daemons=30 rate=()

  # sanitizers take their time for each, and for each of its checks
  [ -z "${SANITIZE-}" ] || runs=10 daemons=4 rate=(-r 100000)
  before=$(find "$(cgroup2)" -type d 2>/dev/null | wc -l)
  "$TRIP/load" -n 4000000000 -j 1 "${rate[@]}" -s reboot -u 41010 >/dev/null 2>&1 3>&- &
  JOBS+=($!)
  for ((i = 1; i <= runs; i++)); do
    rm -f k.rec
    "$CAPSIEVE" trace -q -u 41010 --record k.rec >/dev/null 2>&1 3>&- &
    nap "0.$((RANDOM % 4))$((RANDOM % 10))"
    { kill -KILL $! && wait $!; } 2>/dev/null || :
    [ -e k.rec ] || continue
    status=0
    "$CAPSIEVE" trace -q --replay k.rec --json >/dev/null 2>said || status=$?
    # before its first block there is nothing in it, and that is said
    [ $status = 0 ] || [ $status = 4 ] || [[ $status/$(<said) == "2/"*"is empty: no recording" ]] ||
      { echo "run $i: $status"; cat said; false; }
    kept=$((kept + 1))
  done
  for ((i = 1; i <= daemons; i++)); do
    watch_start
    "$TRIP/trip" chroot >/dev/null
    nap "0.$((RANDOM % 5))$((RANDOM % 10))"
    kill -KILL "$DAEMON" && wait "$DAEMON" 2>/dev/null || :
  done
  echo "$kept recordings were there"
  run -0 "$CAPSIEVE" history --db state/history.db
  watch_start
  kill "$DAEMON" && wait "$DAEMON"
  # each alert that was safe on disk was told, some of them twice
  [ "$(jq -r 'select(.rule == "root").id' alerts | sort -u | wc -l)" -gt 0 ]
  command -v bpftool >/dev/null || skip "the rest: there is no bpftool here"
  left_nothing() { ! bpftool prog show | grep -q 'name .*capsieve'; }
  wait_for 30 left_nothing
  [ "$(find "$(cgroup2)" -type d 2>/dev/null | wc -l)" -le "$before" ]
}

@test "a process that gives itself another name 100,000 times a second: each check has one that it had, and the account is whole" {
  live
  capsieve_start "$PWD/seen" --comm 'name-*'
  "$TRIP/many" rename 2 >made
  capsieve_stop || [ "$CAPSIEVE_STATUS" = 4 ]
  cat made
  [ "$(jq '.renames / 2 > 100000' made)" = true ]
  whole seen.json
  # the tenth of ten has none, so that no name that ends otherwise may be seen; and none is of two names
  [ "$(checks seen 'select(.cap == "CAP_SYS_ADMIN" and .syscall == "sethostname") | .comm | test("^name-[0-9a-f]{8}$")' | sort -u)" = true ]
  [ "$(jq -s '(map(select(.type == "check" and .syscall == "sethostname")) | length) + (map(select(.type == "stop").lost | add // 0) | add)' seen.json)" -ge \
    "$(jq .checks made)" ]
}

@test "32,768 processes at once: each check is seen, counted or lost, and ps counts them" {
  live
  [ -n "${TEST_ALL-}" ] || skip "takes memory and minutes: only in make test-all"
  local max

  max=$(</proc/sys/kernel/pid_max)
  if [ "$max" -le 40000 ]; then
    ! in_guest || skip "kernel.pid_max is $max here"
    elsewhere "32,768 processes" "kernel.pid_max is $max here" -m 4096 -t 3400 -- \
      "echo 65536 >/proc/sys/kernel/pid_max; echo 100000 >/proc/sys/kernel/threads-max"
    return
  fi
  mkfifo go
  capsieve_start "$PWD/seen" --comm many
  setsid "$TRIP/many" crowd 32768 <go >made 3>&- &
  JOBS+=($!)
  exec 8>go
  wait_for 300 test -s made
  [ "$(<made)" = 32768 ]
  said "made in $SECONDS s"
  "$CAPSIEVE" ps -q --comm many --json >ps.json
  said "listed in $SECONDS s"
  [ "$(grep -c '"type":"process"' ps.json)" -ge 32768 ]
  exec 8>&-
  capsieve_stop || [ "$CAPSIEVE_STATUS" = 4 ]
  said "$(tail -n 1 seen.json)"
  whole seen.json
}

@test "a fork bomb in a cgroup with a limit of 200: the account is whole, and memory is bounded" {
  live
  local pids peak

  pids=$(awk '$3 == "cgroup" && $4 ~ /pids/ { print $2; exit }' /proc/self/mounts)
  [ -n "$pids" ] || pids=$(cgroup2)
  mkdir "$pids/capsieve-bomb" && CGROUPS+=("$pids/capsieve-bomb")
  [ -e "$pids/capsieve-bomb/pids.max" ] || skip "there is no pids controller here"
  echo 200 >"$pids/capsieve-bomb/pids.max"
  capsieve_start "$PWD/seen" --comm many
  in_place "$pids/capsieve-bomb" "$TRIP/many" bomb 2 >made
  peak=$(awk '/^VmHWM/ { print $2 }' "/proc/$CAPSIEVE_PID/status")
  capsieve_stop || [ "$CAPSIEVE_STATUS" = 4 ]
  cat made
  echo "$peak kB at most"
  [ "$(jq .refused made)" -gt 0 ]
  whole seen.json
  [ -n "${SANITIZE-}" ] || [ "$peak" -lt 65536 ]
}

@test "two at once hear the same, and neither hears the other" {
  live
  "$CAPSIEVE" trace -q --json --comm 'trip-*' -o one 2>one.err 3>&- &
  JOBS+=($!)
  one=$!
  capsieve_start "$PWD/two" --comm 'trip-*'
  wait_for 30 test -s one
  for _ in 1 2 3 4 5; do "$TRIP/trip" chroot >/dev/null; done
  capsieve_stop
  kill "$one" && wait "$one"
  diff <(jq -c 'select(.type == "check") | [.cap, .pid, .syscall]' one) <(checks two '[.cap, .pid, .syscall]')
  [ "$(checks two .pid | wc -l)" -ge 5 ]
}

@test "upgraded while it runs: the daemon goes on, answers, and its sender is replaced from what runs" {
  live
  local sender

  mkdir bin
  cp "$CAPSIEVE" bin/capsieve
  PROGRAM=$PWD/bin/capsieve watch_start
  cp "$CAPSIEVE" bin/new
  printf 'another version' >>bin/new
  mv bin/new bin/capsieve
  run -0 bin/capsieve watch status --run run
  sender=$(bin/capsieve watch status --json --run run | jq .sender.pid)
  kill -KILL "$sender"
  another() { [ "$("$CAPSIEVE" watch status --json --run run | jq .sender.pid)" -gt "$sender" ]; }
  wait_for 20 another
  "$TRIP/trip" chroot >/dev/null
  wait_for 20 grep -q '"rule":"root"' alerts
  run -0 bin/capsieve watch reload --run run
  kill "$DAEMON" && wait "$DAEMON"
}

@test "the daemon with 48 MiB of memory and a fifth of a CPU: it goes on, and what it could not take is counted" {
  live
  [ -z "${SANITIZE-}" ] || skip "sanitizers take more memory than that"
  local memory cpu place

  memory=$(awk '$3 == "cgroup" && $4 ~ /(^|,)memory(,|$)/ { print $2; exit }' /proc/self/mounts)
  cpu=$(awk '$3 == "cgroup" && $4 ~ /(^|,)cpu(,|$)/ { print $2; exit }' /proc/self/mounts)
  [ -n "$memory" ] && [ -n "$cpu" ] || skip "the controllers of version 1 are not mounted here"
  for place in "$memory" "$cpu"; do
    mkdir "$place/capsieve-limits" && CGROUPS+=("$place/capsieve-limits")
  done
  echo 48M >"$memory/capsieve-limits/memory.limit_in_bytes"
  echo 20000 >"$cpu/capsieve-limits/cpu.cfs_quota_us"
  printf '#!/bin/sh\nfor d in %s %s; do echo $$ >$d/capsieve-limits/cgroup.procs; done\nexec "$@"\n' "$memory" "$cpu" >limited
  chmod 755 limited
  AS=(./limited)
  watch_start
  "$TRIP/load" -n 200000 -j 2 -s reboot -u 41010 >/dev/null
  "$TRIP/trip" chroot >/dev/null
  wait_for 60 grep -q '"rule":"root"' alerts
  "$CAPSIEVE" watch status --json --run run | jq -c '{asked, lost}'
  [ "$(cat "$memory/capsieve-limits/memory.oom_control" | awk '$1 == "oom_kill" { print $2 }')" = 0 ]
  kill "$DAEMON" && wait "$DAEMON"
}

@test "clock jumps: an hour back, a day forward; what lasts goes by another clock, and all is readable" {
  in_guest || skip "sets the clock: only in a virtual machine"
  local start=$SECONDS

  capsieve_start "$PWD/seen" --record seen.rec --comm 'trip-*' -d 6s
  "$TRIP/trip" chroot >/dev/null
  date -s '-1 hour' >/dev/null
  "$TRIP/trip" chroot >/dev/null
  date -s '+1 day' >/dev/null
  "$TRIP/trip" chroot >/dev/null
  wait "$CAPSIEVE_PID"
  CAPSIEVE_PID=
  [ "$(checks seen .seq | wc -l)" -ge 3 ]
  [ "$(checks seen .mono_ns | sort -n | paste -sd' ')" = "$(checks seen .mono_ns | paste -sd' ')" ]
  [ "$("$CAPSIEVE" trace -q --replay seen.rec --json | jq -c 'select(.type == "check").seq' | wc -l)" = "$(checks seen .seq | wc -l)" ]
}

@test "clocks as after a suspend of an hour: what lasts goes by the one that slept, times are the new ones, and all is readable" {
  preloaded
  live
  local i

  capsieve_suspended() { FAULT=suspend:$PWD/slept LD_PRELOAD=$TRIP/fault.so capsieve_start "$@"; }
  capsieve_suspended "$PWD/seen" --record seen.rec --comm 'trip-*' -d 10s
  for i in 1 2 3; do "$TRIP/trip" chroot >/dev/null; done
  wait_for 8 grep -q '"check"' seen.json
  : >slept
  # the wall clock is looked at anew once a second
  nap 2
  for i in 1 2 3; do "$TRIP/trip" chroot >/dev/null; done
  kill -0 "$CAPSIEVE_PID"
  wait "$CAPSIEVE_PID"
  CAPSIEVE_PID=
  [ "$(checks seen .seq | wc -l)" -ge 6 ]
  [ "$(checks seen .mono_ns | sort -n)" = "$(checks seen .mono_ns)" ]
  # what came after it has a time that is an hour later against the clock that slept, what came before has not
  checks seen '[.mono_ns, .time]' | python3 -c '
import calendar, json, sys, time
offsets = []
for line in sys.stdin:
    mono, wall = json.loads(line)
    offsets.append(calendar.timegm(time.strptime(wall[:19], "%Y-%m-%dT%H:%M:%S")) - mono / 1e9)
hours = [round((o - offsets[0]) / 3600, 2) for o in offsets]
print(hours)
assert hours[0] == 0 and hours[-1] == 1 and hours == sorted(hours) and set(hours) == {0, 1}'
  [ "$("$CAPSIEVE" trace -q --replay seen.rec --json | jq -c 'select(.type == "check").seq' | wc -l)" = "$(checks seen .seq | wc -l)" ]
  whole seen.json
}
