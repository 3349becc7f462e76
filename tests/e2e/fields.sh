#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# What is said of the task that asks: threads, namespaces, credentials, system calls, programs, cgroups, and names that
# want to deceive. Prints TAP; tests/e2e/said.bash tells how.

# shellcheck disable=SC2016,SC2034,SC1003  # jq expands; said.bash reads
set -euo pipefail

# shellcheck source=tests/e2e/lib.bash
. "$(dirname "$0")/lib.bash"
# shellcheck source=tests/e2e/said.bash
. "$(dirname "$0")/said.bash"

SHORT=$(readlink -f "$TRIP/short") ODD=$(readlink -f "$TRIP/odd")
STRANGER=4242 # a user that has nothing

# as_stranger COMMAND...: in the place of the (sub)shell that it is called in
as_stranger() {
  exec setpriv --reuid $STRANGER --regid $STRANGER --clear-groups "$@"
}

# ---- threads and processes ----

do_thread() {
  fact "$("$TRIP/trip" --json thread)"
}

says do_thread "a thread: its own number, and its process's" \
  '.pid == $f.pid and .cap == "CAP_SYS_ADMIN"' \
  'length == 1 and .[0].tid == $f.tid and .[0].tid != .[0].pid and .[0].ns_pid == .[0].pid'

do_orphan() {
  fact "$("$ODD" orphan)"
}

says do_orphan "a thread whose leader has exited still has a program" \
  '.pid == $f.pid' 'length == 1 and .[0].tid == $f.tid and (.[0].exe | endswith("/odd"))'

do_texec() {
  fact "$("$ODD" thread-exec "$SHORT")"
}

says do_texec "an exec by a thread that is not the leader: the leader's number, another program" \
  '.pid == $f.pid' 'length == 3
    and (.[0] | .tid == .pid and (.exe | endswith("/odd")))
    and (.[1] | .tid == $f.tid and .tid != .pid and (.exe | endswith("/odd")))
    and (.[2] | .tid == .pid and (.exe | endswith("/short")) and .comm == "short")
    and .[0].exec_id == .[1].exec_id and .[1].exec_id != .[2].exec_id'

do_vfork() {
  fact "$("$TRIP/trip" --json vfork-exec)"
}

says do_vfork "a program that was started with vfork" \
  '.pid == $f.pid' 'length == 1 and .[0].comm == "short" and (.[0].exe | endswith("/short"))'

do_vchild() {
  child "$ODD" vfork
  fact "{\"parent\":$CHILD,\"child\":$OUT}"
}

says do_vchild "a child of vfork that has executed nothing: its own number, its parent's program" \
  '.pid == $f.child.pid' 'length == 1
    and (.[0] | .ppid == $f.parent and (.exe | endswith("/odd")) and (.exec_id | startswith("\($f.child.pid)/")))'

do_reparented() {
  local pid

  pid=$(sh -c '"$0" --wait chroot >/dev/null 2>&1 & echo $!' "$TRIP/trip")
  wait_for 10 is_named "$pid" trip-chroot
  fact "{\"pid\":$pid,\"ppid\":$(awk '/^PPid/ { print $2 }' "/proc/$pid/status")}"
  kill -USR1 "$pid"
  wait_for 10 has_ended "$pid"
}

has_ended() {
  ! kill -0 "$1" 2>/dev/null
}

says do_reparented "a process whose parent died has its new parent" \
  '.pid == $f.pid' 'length == 1 and .[0].ppid == $f.ppid'

# ---- namespaces ----

do_pidns() {
  child unshare -fp "$SHORT"
  fact "{\"parent\":$CHILD,\"inner\":$OUT}"
}

says do_pidns "in a pid namespace: the number inside, and the host's" \
  '.ppid == $f.parent' 'length == 1 and .[0].ns_pid == $f.inner and .[0].pid != $f.inner'

do_pidns_nested() {
  ln "$SHORT" nested
  unshare -fp unshare -fp ./nested >out
  fact "$(<out)"
}

says do_pidns_nested "in a pid namespace within another: the innermost number" \
  '.exe | endswith("/nested")' 'length == 1 and .[0].ns_pid == $f and .[0].pid > 1'

do_userns() {
  child as_stranger unshare -Ur sh -c 'stat -Lc %i /proc/self/ns/user; exec "$0" -q' "$SHORT" ||
    cannot "an ordinary user may not make a user namespace here"
  fact "{\"pid\":$CHILD,\"inode\":$OUT}"
}

says do_userns "in a user namespace: it asks and is wanted there, and holds" \
  '.pid == $f.pid and .comm == "short"' 'length == 1 and (.[0] |
    .userns == {asker: $f.inode, target: $f.inode, granter: $f.inode} and .via == "held" and .verdict == "allowed"
    and .uid == '$STRANGER' and (.effective | index("CAP_SYS_ADMIN")) != null)'

do_userns_escape() {
  fact "$("$TRIP/trip" --json --deny userns)"
}

says do_userns_escape "out of a user namespace: the initial one is the target, denied whatever is held" \
  '.pid == $f.pid and .syscall == "sethostname"' 'length == 1 and (.[0] |
    .userns.target == 4026531837 and .userns.asker != 4026531837 and .userns.granter == null
    and .verdict == "denied" and .via == null and (.effective | index("CAP_SYS_ADMIN")) != null)'

# A stranger's user namespace, in SLEEPER.
strangers_namespace() {
  as_stranger unshare -U sleep 1000 &
  SLEEPER=$!
  JOBS+=("$SLEEPER")
  wait_for 10 is_named "$SLEEPER" sleep || cannot "an ordinary user may not make a user namespace here"
  INODE=$(stat -Lc %i "/proc/$SLEEPER/ns/user")
}

do_owner() {
  strangers_namespace
  child as_stranger nsenter --preserve-credentials -U -t "$SLEEPER" true
  fact "{\"pid\":$CHILD,\"inode\":$INODE}"
}

says do_owner "the owner of a user namespace may, and holds nothing" \
  '.pid == $f.pid and .cap == "CAP_SYS_ADMIN" and .syscall == "setns"' 'length >= 1 and (.[0] |
    .verdict == "allowed" and .via == "owner" and .effective == []
    and .userns == {asker: 4026531837, target: $f.inode, granter: 4026531837})'

do_from_above() {
  strangers_namespace
  child nsenter --preserve-credentials -U -t "$SLEEPER" true
  fact "{\"pid\":$CHILD,\"inode\":$INODE}"
}

says do_from_above "root may in a user namespace that is not its own, for it holds" \
  '.pid == $f.pid and .cap == "CAP_SYS_ADMIN" and .syscall == "setns"' 'length >= 1 and (.[0] |
    .verdict == "allowed" and .via == "held"
    and .userns == {asker: 4026531837, target: $f.inode, granter: 4026531837})'

# ---- credentials ----

do_overridden() {
  fact "[$("$TRIP/trip" --json access-override),$("$TRIP/trip" --json --deny access-override)]"
}

says do_overridden "overridden credentials: said so, with their sets and the task's own user" \
  '.cap == "CAP_DAC_OVERRIDE" and (.pid == $f[0].pid or .pid == $f[1].pid)' 'length == 2
    and (.[0] | .cred == "overridden" and .verdict == "allowed" and .uid == $f[0].uid and .euid == $f[0].euid
         and (.effective | index("CAP_DAC_OVERRIDE")) != null)
    and (.[1] | .cred == "overridden" and .verdict == "denied" and .uid == $f[1].uid and .effective == [])'

do_other() {
  local map

  strangers_namespace
  exec {map}>"/proc/$SLEEPER/uid_map"
  child bash -c "echo 0 $STRANGER 1 >&$map"
  exec {map}>&-
  fact "{\"pid\":$CHILD,\"inode\":$INODE}"
}

says do_other "the credentials of who opened a file" \
  '.pid == $f.pid and .syscall == "write" and .userns.target == $f.inode' \
  'length >= 1 and all(.cred == "other" and .verdict == "allowed")'

do_own() {
  fact "$("$TRIP/trip" --json chroot)"
}

says do_own "the own credentials, held in the initial user namespace" \
  '.pid == $f.pid' 'length == 1 and (.[0] |
    .cred == "own" and .via == "held"
    and .userns == {asker: 4026531837, target: 4026531837, granter: 4026531837})'

do_ambient() {
  child as_stranger \
    --inh-caps=+sys_chroot,+net_raw --ambient-caps=+sys_chroot,+net_raw "$SHORT" -q
  fact "{\"pid\":$CHILD}"
}

says do_ambient "sets: what an exec with ambient capabilities leaves" \
  '.pid == $f.pid and .comm == "short"' 'length == 1 and (.[0] |
    .verdict == "allowed" and .effective == ["CAP_NET_RAW", "CAP_SYS_CHROOT"] and .permitted == .effective
    and .uid == '$STRANGER' and .gid == '$STRANGER')'

do_permitted() {
  child setpriv --ruid 0 --euid $STRANGER "$SHORT" -q || :
  fact "{\"pid\":$CHILD}"
}

says do_permitted "sets: permitted but not effective" \
  '.pid == $f.pid and .comm == "short"' 'length == 1 and (.[0] |
    .verdict == "denied" and .uid == 0 and .euid == '$STRANGER' and .effective == []
    and (.permitted | index("CAP_SYS_CHROOT")) != null)'

do_bounded() {
  child setpriv --bounding-set=-sys_chroot "$SHORT" -q || :
  fact "{\"pid\":$CHILD}"
}

says do_bounded "sets: what the bounding set takes at an exec" \
  '.pid == $f.pid and .comm == "short"' 'length == 1 and (.[0] |
    .verdict == "denied" and .uid == 0 and (.effective | index("CAP_SYS_CHROOT")) == null and .permitted == .effective)'

do_setuid() {
  fact "$("$ODD" setuid $STRANGER)"
}

says do_setuid "another user without an exec: the same program, the new ids and sets" \
  '.pid == $f.pid and .cap == "CAP_SYS_CHROOT"' 'length == 2
    and (.[0] | .uid == 0 and .euid == 0 and .verdict == "allowed")
    and (.[1] | .uid == '$STRANGER' and .euid == '$STRANGER' and .verdict == "denied" and .effective == [])
    and .[0].exec_id == .[1].exec_id'

do_group() {
  child setpriv --regid 77 --clear-groups "$SHORT" -q
  fact "{\"pid\":$CHILD}"
}

says do_group "the group" \
  '.pid == $f.pid and .comm == "short"' 'length == 1 and .[0].gid == 77 and .[0].uid == 0'

do_login() {
  [ -e /proc/self/loginuid ] || cannot "this kernel knows no login users"
  child sh -c 'cat /proc/self/loginuid; exec "$0" -q' "$SHORT"
  local before=$CHILD unset=$OUT
  child sh -c 'echo 1234 >/proc/self/loginuid && exec "$0" -q' "$SHORT" || cannot "the login user may not be set here"
  fact "{\"before\":$before,\"uid\":$unset,\"after\":$CHILD}"
}

says do_login "the user who logged in: none, or a number" \
  '.comm == "short" and (.pid == $f.before or .pid == $f.after)' 'length == 2
    and (.[0] | has("loginuid") and .loginuid == (if $f.uid == 4294967295 then null else $f.uid end))
    and .[1].loginuid == 1234'

do_login_changes() {
  [ -e /proc/self/loginuid ] || cannot "this kernel knows no login users"
  child bash -c 'kill -0 $0; echo 4321 >/proc/self/loginuid; kill -0 $0' "$STRANGER_PID" ||
    cannot "the login user may not be set here"
  fact "{\"pid\":$CHILD}"
}

says do_login_changes "a login user that changes while a program runs" \
  '.pid == $f.pid and .cap == "CAP_KILL"' 'length == 2
    and .[0].loginuid != 4321 and .[1].loginuid == 4321 and .[0].exec_id == .[1].exec_id'

# ---- what the caller asked for ----

do_options() {
  fact "[$("$TRIP/trip" --json insetid),$("$TRIP/trip" --json noaudit),$("$TRIP/trip" --json chroot)]"
}

says do_options "audit and insetid: known to fexit and kprobe, absent elsewhere" \
  '.pid as $p | any($f[]; .pid == $p) and (.syscall | IN("setuid", "seccomp", "chroot"))' 'length == 3
    and if $probe == "fexit" or $probe == "kprobe" then
      (.[0] | .insetid == true and .audit == true)
      and (.[1] | .insetid == false and .audit == false)
      and (.[2] | .insetid == false and .audit == true)
    else all(has("audit") or has("insetid") | not) end'

# ---- system calls ----

do_trip32() {
  [ -x "$TRIP/trip32" ] || cannot "no 32-bit helper on this architecture"
  child "$TRIP/trip32" || cannot "this kernel runs no 32-bit programs"
  fact "{\"pid\":$CHILD}"
}

says do_trip32 "a 32-bit program: its own table of system calls" \
  '.pid == $f.pid and .cap == "CAP_SYS_ADMIN"' \
  'length == 1 and (.[0] | .syscall == "sethostname" and .syscall_nr == 74 and (.abi | IN("i386", "arm")))'

do_int80() {
  local said

  said=$("$ODD" int80) || cannot "$said"
  fact "$said"
}

says do_int80 "the 32-bit way into the kernel from a 64-bit program" \
  '.pid == $f.pid and .cap == "CAP_SYS_ADMIN"' \
  'length == 1 and (.[0] | .syscall == "sethostname" and .syscall_nr == 74 and .abi == "i386")'

do_worker() {
  : >foreign
  chmod 600 foreign
  chown $STRANGER foreign
  local said
  said=$("$ODD" worker foreign) || cannot "$said"
  fact "$said"
}

says do_worker "a worker of io_uring: no system call is named, for its registers hold a stale one" \
  '.pid == $f.pid and .cap == "CAP_DAC_READ_SEARCH"' 'length == 1 and (.[0] |
    .tid != .pid and (.comm | startswith("iou-wrk")) and (.syscall == null) and (has("syscall_nr") | not))'

# ---- programs ----

do_many() {
  mkdir many
  cd many
  "$ODD" many "$SHORT" >pids
  fact "$(<pids)"
}

says do_many "200 programs that live 2 ms and are gone: each has its name" \
  '$f[.pid | tostring] != null' 'length == 200 and all(
    $f[.pid | tostring] as $name | .exe == $dir + "/many/" + $name and .comm == $name)'

do_deleted() {
  local pid

  ln "$TRIP/trip" deleted
  ./deleted --json --wait chroot >out &
  pid=$!
  wait_for 10 is_named $pid trip-chroot
  rm deleted
  kill -USR1 $pid
  wait $pid
  fact "{\"pid\":$pid}"
}

says do_deleted "a program that was deleted while it runs" \
  '.pid == $f.pid and .comm == "trip-chroot"' 'length == 1 and .[0].exe == $dir + "/deleted"'

# Before capsieve: a program that is deleted before anybody looks, and a process that belongs to somebody else.
before_do() {
  ln "$TRIP/trip" early
  ./early --json --wait chroot >early.out &
  EARLY=$!
  as_stranger sleep 1000 &
  STRANGER_PID=$!
  JOBS+=("$EARLY" "$STRANGER_PID")
  wait_for 10 is_named "$EARLY" trip-chroot
  wait_for 10 is_named "$STRANGER_PID" sleep
  rm early
}

do_early() {
  kill -USR1 "$EARLY"
  wait_for 10 test -s early.out
  fact "{\"pid\":$EARLY,\"parent\":$$}"
}

says do_early "a program that ran, and was deleted, before capsieve came" \
  '.pid == $f.pid' 'length == 1 and (.[0] | .exe == $dir + "/early" and .ppid == $f.parent)'

do_script() {
  printf '#!%s -q\n' "$SHORT" >script
  chmod +x script
  child ./script
  fact "{\"pid\":$CHILD}"
}

says do_script "a script: its name, and its interpreter's path" \
  '.pid == $f.pid and .cap == "CAP_SYS_CHROOT"' \
  'length == 1 and .[0].exe == $short and .[0].comm == "script"'

says do_ambient "one process, two programs: another path and another exec_id" \
  '.pid == $f.pid' 'map({exe: (.exe | sub(".*/"; "")), exec_id}) | unique |
    length == 2 and .[0].exe == "setpriv" and .[1].exe == "short" and .[0].exec_id != .[1].exec_id'

do_memfd() {
  local said

  said=$("$ODD" memfd "$SHORT") || cannot "$said"
  fact "$said"
}

says do_memfd "a program that is in no file system" \
  '.pid == $f.pid' 'length == 1 and .[0].exe == "/memfd:in memory"'

do_chrooted() {
  mkdir chrooted
  ln "$SHORT" chrooted/short
  child chroot chrooted /short -q
  fact "{\"pid\":$CHILD}"
}

says do_chrooted "a program in a chroot: its path on the host" \
  '.pid == $f.pid and .comm == "short"' 'length == 1 and .[0].exe == $dir + "/chrooted/short"'

do_mounted() {
  mkdir mounted
  child unshare -m sh -c 'mount -t tmpfs tmpfs mounted && cp "$0" mounted && exec mounted/short -q' "$SHORT"
  fact "{\"pid\":$CHILD}"
}

says do_mounted "a program on a file system that only its mount namespace has" \
  '.pid == $f.pid and .comm == "short"' 'length == 1 and .[0].exe == $dir + "/mounted/short"'

do_pivoted() {
  mkdir pivoted
  child unshare -m sh -c 'mount -t tmpfs tmpfs pivoted && cp "$0" pivoted && mkdir pivoted/old && cd pivoted &&
    pivot_root . old && exec /short -q' "$SHORT"
  fact "{\"pid\":$CHILD}"
}

says do_pivoted "a program under another root, as containers have it: its path there" \
  '.pid == $f.pid and .comm == "short"' 'length == 1 and .[0].exe == "/short"'

# run_at PATH: short, there
run_at() {
  mkdir -p "${1%/*}"
  ln "$SHORT" "$1"
  child "$1" -q
  fact "{\"pid\":$CHILD,\"exe\":\"$PWD/$1\"}"
}

# repeat N TEXT
repeat() {
  printf "%.0s$2" $(seq "$1")
}

do_long() {
  run_at "$(repeat 12 long/)long"
}

says do_long "a path that is long, but not too long: whole" \
  '.pid == $f.pid' 'length == 1 and .[0].exe == $f.exe'

do_longer() {
  run_at "$(repeat 12 a-directory-with-a-name-of-fifty-bytes-all-together/)longer"
}

says do_longer "a path of 600 bytes: its end, and that it is one" \
  '.pid == $f.pid' 'length == 1 and (.[0].exe | . as $exe |
    startswith(".../") and length > 200 and ($f.exe | endswith($exe[3:])))'

do_deep() {
  run_at "$(repeat 40 deep/)deep"
}

says do_deep "a path of 40 directories: its end, and that it is one" \
  '.pid == $f.pid' 'length == 1 and (.[0].exe | . as $exe |
    startswith(".../") and length > 50 and ($f.exe | endswith($exe[3:])))'

do_name255() {
  run_at "./$(repeat 255 n)"
}

says do_name255 "a file name of 255 bytes" \
  '.pid == $f.pid' '("n" * 255) as $name |
    length == 1 and (.[0] | (.exe | endswith("/" + $name)) and .comm == $name[:15])'

# ---- names that attack ----

WILD=$'a\nb\tc\e[31md\x7f"e\\f\r\xe2\x80\xaeg'

do_wild() {
  ln "$SHORT" "$WILD"
  child "./$WILD" -q
  fact "{\"pid\":$CHILD}"
}

says do_wild "a path with control bytes: the same in JSON" \
  '.pid == $f.pid' 'length == 1 and .[0].exe == $dir + "/" + $wild'

do_invalid() {
  ln "$SHORT" $'x\xff\xfey\xc3'
  child $'./x\xff\xfey\xc3' -q
  fact "{\"pid\":$CHILD}"
}

says do_invalid "names that are no UTF-8: valid JSON, a mark for each bad byte" \
  '.pid == $f.pid' \
  'length == 1 and (.[0] | (.exe | endswith("/x\ufffd\ufffdy\ufffd")) and .comm == "x\ufffd\ufffdy\ufffd")'

NAMES=('fifteen-bytes-x' 'sixteen-bytes-xy' '' ' two words ' $'\e]0;owned\a' $'a\nb' '"\' $'caf\xc3\xa9')

do_names() {
  local name said=''

  for name in "${NAMES[@]}"; do
    said+=$("$ODD" name "$name"),
  done
  fact "[${said%,}]"
}

says do_names "thread names: 15 bytes of them, whatever they are" \
  '.pid as $p | any($f[]; .pid == $p)' \
  '[.[] | {pid, comm}] == [range(0; $f | length) | {pid: $f[.].pid, comm: $names[.][:15]}]'

# ---- cgroups ----

# The cgroup that we are in, which the hierarchy's root is not: "" there; where its directory is.
HERE=$(sed -n 's/^0:://p' /proc/self/cgroup)
HERE=${HERE%/}
CGROUPS=$(cgroup2)$HERE || CGROUPS=

# in_cgroup NAME: runs short there, below our own
in_cgroup() {
  cd "${CGROUPS:-/nowhere}" 2>/dev/null || cannot "cgroups of version 2 are not mounted"
  mkdir -p "$1" || cannot "no cgroup may be made here"
  sh -c 'echo 0 >"$1/cgroup.procs"; exec "$0" -q' "$SHORT" "$1" &
  CHILD=$!
  wait $CHILD
  fact "{\"pid\":$CHILD,\"id\":$BASHPID,\"inode\":$(stat -c %i "$1")}"
  wait_for 10 rmdir -p "$1" 2>/dev/null
}

do_cgroup() {
  in_cgroup "e2e-$BASHPID"
}

says do_cgroup "the cgroup: its path, and its id, which is its inode" \
  '.pid == $f.pid and .comm == "short"' 'length == 1 and (.[0] |
    .cgroup == "\($here)/e2e-\($f.id)" and .cgroup_id == $f.inode and .unit == null and .workload == "cgroup:\(.cgroup)")'

do_unit() {
  in_cgroup "e2e.slice/e2e-$BASHPID.service"
}

says do_unit "a cgroup that is a unit of systemd" \
  '.pid == $f.pid and .comm == "short"' 'length == 1 and (.[0] |
    .cgroup == "\($here)/e2e.slice/\(.unit)" and .unit == "e2e-\($f.id).service" and .workload == "unit:\(.unit)")'

do_wild_cgroup() {
  in_cgroup $'\e[31m\t'"$BASHPID"
}

says do_wild_cgroup "a cgroup whose name attacks" \
  '.pid == $f.pid and .comm == "short"' 'length == 1 and .[0].cgroup == "\($here)/\u001b[31m\t\($f.id)"'

do_deep_cgroup() {
  in_cgroup "e2e-$BASHPID/$(repeat 20 d/)d"
}

says do_deep_cgroup "a cgroup 22 levels deep: the end of its path, its id, and no unit made of it" \
  '.pid == $f.pid and .comm == "short"' 'length == 1 and (.[0] | .cgroup_id == $f.inode
    and (has("unit") | not) and (.cgroup | test("^[.]{3}(/d){10,}$")))'

do_moved() {
  local from=e2e-$BASHPID-from to=e2e-$BASHPID-to

  cd "${CGROUPS:-/nowhere}" 2>/dev/null || cannot "cgroups of version 2 are not mounted"
  mkdir "$from" "$to" || cannot "no cgroup may be made here"
  bash -c 'echo 0 >"$0/cgroup.procs"; kill -0 $2; echo 0 >"$1/cgroup.procs"; kill -0 $2' "$from" "$to" "$STRANGER_PID" &
  CHILD=$!
  wait $CHILD
  fact "{\"pid\":$CHILD,\"inodes\":[$(stat -c %i "$from"),$(stat -c %i "$to")]}"
  wait_for 10 rmdir "$from" "$to" 2>/dev/null
}

says do_moved "a process that is moved to another cgroup while it runs" \
  '.pid == $f.pid and .cap == "CAP_KILL"' 'length == 2 and [.[].cgroup_id] == $f.inodes
    and (.[1].cgroup | endswith("-to")) and .[0].exec_id == .[1].exec_id'

# ---- what holds for every line ----

says do_own "every check has what every check has" true \
  'length > 300 and all(.v == 1 and (.time | test("^20[0-9-]+T[0-9:]+[.][0-9]{9}Z$")) and .mono_ns > 0
    and .probe == $probe and (.verdict | IN("allowed", "denied")) and .pid > 0 and .tid > 0 and .ppid > 0
    and (.exec_id | test("^[0-9]+/[0-9]+$")) and (.exec_id | split("/")[0] | tonumber) == .pid
    and (.uid | type) == "number" and (.euid | type) == "number" and (.gid | type) == "number"
    and (.effective - .permitted) == [] and .exe != "" and .exe != null and .cgroup_id > 0)'
says do_own "seq counts from 1" true '[.[].seq] == [range(1; length + 1)]'
says do_own "times do not go back" true '[.[].mono_ns] | . == sort'
says do_own "the account is the number of lines, and nothing is lost" true \
  'length == $all.stop.seen and $all.stop.unread == 0 and ($all.stop.lost | del(.program_busy)) == {}'
says do_own "memory overcommit is hidden, and counted" \
  '.cap == "CAP_SYS_ADMIN" and .cred == "own" and (.syscall | IN("brk", "mmap", "munmap", "mprotect", "clone", "execve", null))' \
  'length == 0 and if $overcommit then $all.stop.hidden > 1000 else $all.stop.hidden == 0 end'

# ---- memory overcommit, shown ----

all_exec() {
  child "$SHORT" -q
  fact "{\"pid\":$CHILD}"
}

says all_exec "--all: what an exec itself asks belongs to one run of the program" \
  '.pid == $f.pid and .exe == $short' \
  'any(.syscall == "execve") and any(.syscall == "chroot") and ([.[].exec_id] | unique | length) == 1'

all_stack() {
  fact "$("$ODD" stack)"
}

says all_stack "--all: a page fault that lets the stack grow is in no system call" \
  '.pid == $f.pid and has("syscall") and .syscall == null' 'length >= 1 and all(.cap == "CAP_SYS_ADMIN")'

# ---- what all security modules say ----

lsm_allowed() {
  fact "$("$TRIP/trip" --json chroot)"
}

says lsm_allowed "--lsm-verdict: allowed by all" '.pid == $f.pid' \
  'length == 1 and .[0].verdict == "allowed" and .[0].lsm_verdict == "allowed"'

lsm_denied() {
  fact "$("$TRIP/trip" --json --deny chroot)"
}

says lsm_denied "--lsm-verdict: denied by the capability module, and so by all" \
  '.pid == $f.pid and .cap == "CAP_SYS_CHROOT"' \
  'length == 1 and .[0].verdict == "denied" and .[0].lsm_verdict == "denied"'

lsm_refused() {
  local said

  [ -x "$TRIP/refuse" ] || cannot "there is no helper that refuses"
  said=$("$TRIP/refuse") || cannot "$said"
  fact "$said"
}

says lsm_refused "--lsm-verdict: allowed by the capability module, denied by another" \
  '.pid == $f.pid and .cap == "CAP_SYS_CHROOT"' \
  'length == 1 and .[0].verdict == "allowed" and .[0].lsm_verdict == "denied"'

# ---- kernel threads ----

# New devices get their nodes from the thread kdevtmpfs.
kernel_thread() {
  modprobe -q loop || cannot "this kernel has no module for loop devices"
  modprobe -r loop
  modprobe loop
  fact "$(pgrep -x kdevtmpfs)"
}

says kernel_thread "a kernel thread: no program, no system call" '.pid == $f and .cap == "CAP_MKNOD"' \
  'length >= 1 and all(.exe == null and has("exe") and .syscall == null and has("syscall")
    and .comm == "kdevtmpfs" and .via == "held" and .cred == "own")'

# ---- as text ----

# Those scenarios again that try to deceive, with every column.
text() {
  local name

  enter text
  cd "$W"
  "$CAPSIEVE" trace -x -o "$W/heard" --tree $$ >/dev/null 2>"$W/heard.err" &
  CAPSIEVE_PID=$! CAPSIEVE_PATH=$W/heard
  wait_for 60 listens_or_ended "$W/heard"
  for name in do_own do_wild do_invalid do_names; do
    perform $name
  done
  capsieve_stop >&2
  cd "$E2E"
  shows "as text: a line for each check, and one of names" [ "$(wc -l <"$W/heard")" = $((1 + 3 + ${#NAMES[@]})) ]
  shows "as text: nothing that a terminal obeys" no_controls "$W/heard"
  shows "as text: valid UTF-8" iconv -f UTF-8 -t UTF-8 -o /dev/null "$W/heard"
  shows "as text: what was changed can be read" \
    grep -qF "$W"'/a\x0ab\x09c\x1b[31md\x7f"e\\f\x0d\xe2\x80\xaeg ' "$W/heard"
}

# no_controls FILE: neither control bytes nor what is invisible or turns the direction
no_controls() {
  ! LC_ALL=C.UTF-8 grep -anP '[\p{Cc}\p{Cf}]' "$1"
}

has_lsm_verdict() {
  [ "$(doctor '.items[] | select(.item == "--lsm-verdict").state')" = yes ] && [[ $1 = fexit || $1 = kprobe ]]
}

refuses_lsm_verdict() {
  local out status=0

  out=$("$CAPSIEVE" trace --lsm-verdict -d 1ms 2>&1) || status=$?
  echo "$status: $out"
  [ $status = 1 ] && [[ $out = "capsieve trace: --lsm-verdict needs fexit or kprobes"* ]]
}

main() {
  local probe overcommit=false

  ! heard_at_trial "memory overcommit" || overcommit=true
  JQ_ARGS=(--arg short "$SHORT" --arg wild "$WILD" --arg here "$HERE" --argjson overcommit $overcommit
    --argjson names "$(jq -nc '$ARGS.positional' --args "${NAMES[@]}")")
  for probe in $(probes); do
    hear "do" "$probe" --tree $$
    shows "$probe: JSON with nothing that a terminal obeys, and valid UTF-8" \
      eval 'no_controls "$W/heard.json" && iconv -f UTF-8 -t UTF-8 -o /dev/null "$W/heard.json"'
    [ $overcommit = false ] || hear all "$probe" --all --tree $$
    ! in_guest || hear kernel "$probe" --comm kdevtmpfs
    ! has_lsm_verdict "$probe" || hear lsm "$probe" --lsm-verdict --tree $$
  done
  [ -n "${probe-}" ] || {
    echo "1..0 # skip no probe works here"
    exit
  }
  [ "$(doctor '.items[] | select(.item == "--lsm-verdict").state')" = yes ] ||
    shows "--lsm-verdict where there is no way to it: one sentence, exit status 1" refuses_lsm_verdict
  text
  end
}

main
