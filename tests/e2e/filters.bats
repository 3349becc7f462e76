# SPDX-License-Identifier: BSD-2-Clause
#
# Filters: what passes is seen to the last check, and what does not is never copied: the kernel's own counters say so.
# Every test makes an exactly known number of checks, by users that nobody else is.

bats_require_minimum_version 1.5.0
load lib

IN=41001 OUT=41002
EACH=200

setup() {
  P=$BATS_TEST_TMPDIR/seen
}

teardown() {
  capsieve_kill
  end_jobs
}

# made [LOAD-OPTION...]: makes EACH checks for sys_boot
made() {
  "$TRIP/load" -n $EACH -s reboot "$@" >/dev/null
}

# hold NAME [LOAD-OPTION...]: a load that waits for go; its pid in NAME
hold() {
  local name=$1

  shift
  "$TRIP/load" -w -n $EACH -s reboot "$@" >/dev/null 3>&- &
  printf -v "$name" %s $!
  JOBS+=($!)
  wait_for 20 is_named $! load-idle
}

# go PID...: lets them make their checks, and waits for their ends
go() {
  local pid

  kill -USR1 "$@"
  for pid; do
    wait "$pid"
  done
}

# seen FILTER: how many checks are so
seen() {
  checks "$P" "select($1)" | wc -l
}

# all_of N FILTER: N checks were shown, all of them are so; the kernel sent no more, and left out the others
all_of() {
  stop_line "$P" '{seen, unread, outside, lost}'
  checks "$P" '{pid, tid, uid, gid, comm, cap, verdict}' | sort | uniq -c | sort -rn | head -n 12
  [ "$(seen "$2")" -eq "$1" ]
  [ "$(stop_line "$P" '.seen + .unread')" -eq "$1" ]
}

# left_out N: at least so many were left out in the kernel
left_out() {
  [ "$(stop_line "$P" .outside)" -ge "$1" ]
}

@test "-p: a process with all its threads, and nobody else" {
  hold inside -j 4
  hold outside -j 4
  capsieve_start "$P" -p "$inside" -C sys_boot
  go "$inside" "$outside"
  capsieve_stop
  all_of $((4 * EACH)) ".pid == $inside"
  left_out $((4 * EACH))
  [ "$(checks "$P" .tid | sort -u | wc -l)" -eq 4 ]
}

@test "-p: twice or with a comma is or, with ! all others" {
  hold a -u $IN
  hold b -u $IN
  hold c -u $IN
  hold d -u $IN
  capsieve_start "$P" -p "$a,$b" -p "$c" -C sys_boot
  go "$a" "$b" "$c" "$d"
  capsieve_stop
  all_of $((3 * EACH)) ".pid == $a or .pid == $b or .pid == $c"
  left_out $EACH

  hold a -u $IN
  hold b -u $IN
  capsieve_start "$P" -p "!$a" -u $IN -C sys_boot
  go "$a" "$b"
  capsieve_stop
  all_of $EACH ".pid == $b"
  left_out $EACH
}

@test "-p and --tree: a process that is not there, a thread" {
  hold inside -j 2
  thread=$(ls "/proc/$inside/task" | grep -vx "$inside")
  for option in -p --tree; do
    run --separate-stderr "$CAPSIEVE" trace $option 4194303
    [ "$status" -eq 2 ]
    [ "$stderr" = "capsieve trace: $option: there is no process 4194303" ]
    run --separate-stderr "$CAPSIEVE" trace $option "$thread"
    [ "$status" -eq 2 ]
    [ "$stderr" = "capsieve trace: $option: $thread is a thread of process $inside; use $option $inside" ]
  done
}

@test "-p: a process that ends while it is watched" {
  hold inside
  capsieve_start "$P" -p "$inside" -C sys_boot
  go "$inside"
  capsieve_stop
  all_of $EACH ".pid == $inside"
}

# A tree: a child and a grandchild are there before; fork, vfork, a thread's fork and a daemon come when told.
TREE='
import os, signal, subprocess, sys, threading

os.setpgrp()
told = os.fdopen(os.dup(1), "w")
os.dup2(os.open("/dev/null", os.O_WRONLY), 1)
load = [sys.argv[1] + "/load", "-n", sys.argv[2], "-s", "reboot", "-u", sys.argv[3]]

def forked(argv):
    pid = os.fork()
    if not pid:
        os.execv(argv[0], argv)
    os.waitpid(pid, 0)

def daemon(argv):
    pid = os.fork()
    if not pid:
        os.setsid()
        if os.fork():
            os._exit(0)
        forked(argv)
        print("daemon", file=told, flush=True)
        os._exit(0)
    os.waitpid(pid, 0)

old = os.fork()
if not old:
    older = os.fork()
    signal.signal(signal.SIGUSR1, lambda *_: forked(load))
    print("ready", file=told, flush=True)
    signal.pause()
    if older:
        os.kill(older, signal.SIGUSR1)
        os.waitpid(older, 0)
    os._exit(0)
sys.stdin.readline()
forked(load)
pid = os.posix_spawn(load[0], load, os.environ)
os.waitpid(pid, 0)
t = threading.Thread(target=forked, args=(load,))
t.start()
t.join()
daemon(load)
os.kill(old, signal.SIGUSR1)
os.waitpid(old, 0)
'

# plant: starts the tree; its pid in ROOT
plant() {
  coproc ROOTS { exec python3 -c "$TREE" "$TRIP" $EACH $IN 3>&-; }
  ROOT=$ROOTS_PID
  JOBS+=("$ROOT")
  read -r _ <&"${ROOTS[0]}"
  read -r _ <&"${ROOTS[0]}"
}

grow() {
  echo >&"${ROOTS[1]}"
  read -r word <&"${ROOTS[0]}"
  [ "$word" = daemon ]
  wait "$ROOT"
}

@test "--tree: who was there before, and who is born: fork, vfork, from a thread, a daemon" {
  plant
  capsieve_start "$P" --tree "$ROOT" -C sys_boot -u $IN
  made -u $IN
  grow
  capsieve_stop
  # itself by fork, by vfork, from a thread, as a daemon; the child; the grandchild
  all_of $((6 * EACH)) ".uid == $IN"
  left_out $EACH
  [ "$(checks "$P" .pid | sort -u | wc -l)" -eq 6 ]
}

@test "--tree with !: all but the tree" {
  plant
  capsieve_start "$P" --tree "!$ROOT" -C sys_boot -u $IN
  made -u $IN
  grow
  capsieve_stop
  all_of $EACH ".uid == $IN"
  left_out $((6 * EACH))
}

@test "-u: by number and by name, or, and not" {
  capsieve_start "$P" -u nobody -u $IN -C sys_boot --comm load
  made -u "$(id -u nobody)"
  made -u $IN
  made -u $OUT
  capsieve_stop
  [ "$(seen '.user == "nobody"')" -ge $EACH ]
  [ "$(seen ".uid == $IN")" -eq $EACH ]
  [ "$(seen ".uid == $OUT")" -eq 0 ]
  left_out $EACH

  hold a -u $IN
  hold b -u $OUT
  capsieve_start "$P" -u "!$IN,nobody" -p "$a,$b" -C sys_boot
  go "$a" "$b"
  capsieve_stop
  all_of $EACH ".uid == $OUT"
  left_out $EACH
}

@test "-g: by number and by name, and not" {
  group=$(getent group | awk -F: '$3 > 0 && $3 < 1000 { print $1; exit }')
  number=$(getent group "$group" | cut -d: -f3)
  hold a -u "$number"
  hold b -u $OUT
  capsieve_start "$P" -g "$group" -p "$a,$b" -C sys_boot
  go "$a" "$b"
  capsieve_stop
  all_of $EACH ".gid == $number"
  left_out $EACH

  hold a -u $IN
  hold b -u $OUT
  capsieve_start "$P" -g "!$IN" -p "$a,$b" -C sys_boot
  go "$a" "$b"
  capsieve_stop
  all_of $EACH ".gid == $OUT"
}

# globs WORD...: in a guest, where a start takes seconds, two of them
globs() {
  in_guest && set -- "$1" "$4"
  printf '%s\n' "$@"
}

@test "--comm: globs, or, and not" {
  set -f
  for filter in $(globs load 'l*' '*d' 'l?ad' '[k-m]oad' 'l[!x]ad'); do
    capsieve_start "$P" --comm "$filter" --comm nobody-has-this -u $IN -C sys_boot
    made -u $IN
    capsieve_stop
    all_of $EACH '.comm == "load"'
  done
  for filter in $(globs '!l*' 'loa' 'L*' '[!l]oad' 'load?'); do
    capsieve_start "$P" --comm "$filter" -u $IN -C sys_boot
    made -u $IN
    capsieve_stop
    all_of 0 .
    left_out $EACH
  done
}

@test "-C: names, numbers, lists and not" {
  for filter in sys_boot,setgid CAP_SYS_BOOT,6 'Sys_Boot setgid'; do
    capsieve_start "$P" -C "$filter" -u $IN
    "$TRIP/load" -n $EACH -s mix -u $IN >/dev/null
    capsieve_stop
    all_of $((EACH / 2)) '.cap == "CAP_SYS_BOOT" or .cap == "CAP_SETGID"'
    left_out $((EACH / 2))
  done
  capsieve_start "$P" -C all -C '!sys_boot,setgid' --comm load -u $IN
  "$TRIP/load" -n $EACH -s mix -u $IN >/dev/null
  capsieve_stop
  all_of $((EACH / 2)) '.cap == "CAP_SYS_ADMIN" or .cap == "CAP_SETPCAP"'
}

@test "--allowed and --denied" {
  for verdict in allowed denied; do
    hold a
    hold b -u $IN
    capsieve_start "$P" --$verdict -p "$a,$b" -C sys_boot
    go "$a" "$b"
    capsieve_stop
    all_of $EACH ".verdict == \"$verdict\""
    left_out $EACH
  done
  hold a
  hold b -u $IN
  capsieve_start "$P" --allowed --denied -p "$a,$b" -C sys_boot
  go "$a" "$b"
  capsieve_stop
  all_of $((2 * EACH)) .
}

# in_cgroup DIR COMMAND...
in_cgroup() {
  bash -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$@"
}

@test "--cgroup: a directory with what is below it, and not" {
  top=$(cgroup2) || skip "no cgroup of version 2 is mounted here"
  mkdir -p "$top/capsieve-$$/inner" || skip "no cgroup can be made here"
  for filter in "$top/capsieve-$$" "!$top/capsieve-$$" "$top/capsieve-$$/inner"; do
    capsieve_start "$P" --cgroup "$filter" -u $IN -C sys_boot
    made -u $IN
    in_cgroup "$top/capsieve-$$" "$TRIP/load" -n 30 -s reboot -u $IN >/dev/null
    in_cgroup "$top/capsieve-$$/inner" "$TRIP/load" -n 7 -s reboot -u $IN >/dev/null
    capsieve_stop
    case $filter in
    '!'*) all_of $EACH '.cgroup | contains("capsieve-") | not' && left_out 37 ;;
    */inner) all_of 7 '.cgroup | endswith("/inner")' && left_out $((EACH + 30)) ;;
    *) all_of 37 '.cgroup | contains("capsieve-")' && left_out $EACH ;;
    esac
  done
  rmdir "$top/capsieve-$$/inner" "$top/capsieve-$$"
}

@test "--cgroup: a directory that is no cgroup, one of version 1, one that is not there" {
  run --separate-stderr "$CAPSIEVE" trace --cgroup /usr
  [ "$status" -eq 2 ]
  [ "$stderr" = "capsieve trace: --cgroup '/usr': not a directory of the cgroup v2 hierarchy" ]
  run --separate-stderr "$CAPSIEVE" trace --cgroup /no/such
  [ "$status" -eq 2 ]
  [ "$stderr" = "capsieve trace: --cgroup: '/no/such' No such file or directory" ]
  v1=$(awk '$3 == "cgroup" { print $2; exit }' /proc/self/mounts)
  [ -z "$v1" ] || {
    run --separate-stderr "$CAPSIEVE" trace --cgroup "$v1"
    [ "$status" -eq 2 ]
    [ "$stderr" = "capsieve trace: --cgroup '$v1': not a directory of the cgroup v2 hierarchy" ]
  }
}

# A shell in a user namespace of its own, as coproc; its pid in INNER
user_namespace() {
  coproc INNERS {
    exec setpriv --reuid $IN --clear-groups unshare -U -- \
      bash -c 'echo ready; read; "$0/load" -n "$1" -s reboot' "$TRIP" $EACH 3>&-
  }
  INNER=$INNERS_PID
  JOBS+=("$INNER")
  read -r word <&"${INNERS[0]}"
  [ "$word" = ready ]
}

@test "--userns: host, own, and the one at a path, and not" {
  for filter in host own path '!path' '!own'; do
    user_namespace
    case $filter in
    path) word=/proc/$INNER/ns/user ;;
    '!path') word=!/proc/$INNER/ns/user ;;
    *) word=$filter ;;
    esac
    capsieve_start "$P" --userns "$word" -u $IN -C sys_boot
    made -u $IN
    made -u $IN
    echo >&"${INNERS[1]}"
    wait "$INNER"
    capsieve_stop
    case $filter in
    host | '!path' | '!own') all_of $((2 * EACH)) '.userns.asker == .userns.target' && left_out $EACH ;;
    *) all_of $EACH '.userns.asker != .userns.target' && left_out $((2 * EACH)) ;;
    esac
  done
}

@test "different filters are and, the same one is or" {
  hold a -u $IN -s mix
  hold b -u $OUT -s mix
  hold c -s mix
  capsieve_start "$P" -u $IN -u $OUT --denied -C sys_boot -C setgid -p "$a,$b,$c" -p '!1' --comm 'lo*' --comm x \
    --userns host
  go "$a" "$b" "$c"
  capsieve_stop
  # of each, sys_boot and setgid are a half
  all_of $EACH ".uid == $IN or .uid == $OUT"
  left_out $((2 * EACH))

  hold a -u $IN
  capsieve_start "$P" -p "$a" -u "!$IN"
  go "$a"
  capsieve_stop
  all_of 0 .
  left_out $EACH
}

@test "a filter holds 4096 values, and says so to more" {
  host_only
  capsieve_start "$P" -u "$(seq -s, $((IN - 4095)) $IN)" -C sys_boot
  made -u $IN
  made -u $OUT
  capsieve_stop
  all_of $EACH ".uid == $IN"
  for option in -u -g; do
    run --separate-stderr "$CAPSIEVE" trace $option "$(seq -s, 4097)"
    [ "$status" -eq 2 ]
    [ "$stderr" = "capsieve trace: $option: too many values: a filter holds at most 4096" ]
  done
  for option in -p --tree; do
    SECONDS=0
    run --separate-stderr "$CAPSIEVE" trace $option "$(seq -s, 10000)" $option "!$(seq -s, 10001 25000)"
    [ "$status" -eq 2 ]
    [ "$stderr" = "capsieve trace: $option: too many values: a filter holds at most 4096" ]
    [ $SECONDS -le 5 ]
  done
  run --separate-stderr "$CAPSIEVE" trace --comm a{1,2,3,4,5,6,7,8,9}
  [ "$status" -eq 2 ]
}

@test "-n counts what is shown, and what is outside still costs nothing" {
  hold a -u $IN
  hold b -u $OUT
  capsieve_start "$P" -n 50 -p "$a,$b" -u $IN -C sys_boot
  go "$b"
  go "$a"
  wait "$CAPSIEVE_PID"
  [ "$(seen ".uid == $IN")" -eq 50 ]
  [ "$(stop_line "$P" '.seen')" -eq 50 ]
  # sent = shown + not read any more
  [ "$(stop_line "$P" '.unread')" -le $((EACH - 50)) ]
  left_out $EACH
  CAPSIEVE_PID=
}
