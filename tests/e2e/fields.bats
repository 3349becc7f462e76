# SPDX-License-Identifier: BSD-2-Clause
#
# What is said of the task that asks. A scenario do_NAME performs something and notes its facts; all scenarios run
# under one capsieve for each probe, and then a test per statement looks at what was heard.

bats_require_minimum_version 1.5.0
load lib

STRANGER=4242 # a user that has nothing

setup_file() {
  local probe

  export WORK=$BATS_FILE_TMPDIR SHORT=$TRIP/short ODD=$TRIP/odd
  PROBES=$(probes)
  export PROBES
  chmod 755 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/file" "$WORK"
  for probe in $PROBES; do
    hear "$probe"
  done
  show_as_text
  jq -n '[inputs]' "$WORK"/*/all.json >"$WORK/all.json"
}

teardown_file() {
  capsieve_kill
  end_jobs
}

# hear PROBE: every scenario, into WORK/PROBE/all.json
hear() {
  local probe=$1 name

  W=$WORK/$1
  mkdir "$W"
  cd "$W"
  JOBS=()
  begin_early
  capsieve_start "$W/heard" --attach "$1" --tree $$
  for name in $(declare -F | sed -n 's/^declare -f do_//p'); do
    perform "$name"
  done
  capsieve_stop
  end_jobs
  jq -n --arg probe "$1" --slurpfile facts "$W/facts" \
    '{probe: $probe, facts: ($facts | add),
      checks: [inputs | select(.type == "check") | del(.id, .host, .host_id, .boot_id) |
        .effective |= join(" ") | .permitted |= join(" ")]}' "$W/heard.json" >"$W/all.json"
}

# perform NAME: one scenario, for itself. In the background, for a shell with "||" after it goes on after errors.
perform() {
  local status=0

  (trap - ERR && trap end_jobs EXIT && JOBS=() && set -e && "do_$1") >"$W/$1.log" 2>&1 3>&- &
  wait $! || status=$?
  echo $status >"$W/$1.status"
}

# Those scenarios again that try to deceive, with every column as text, into WORK/text/heard.
show_as_text() {
  local name

  W=$WORK/text
  mkdir "$W"
  cd "$W"
  "$CAPSIEVE" trace -x -o "$W/heard" --tree $$ >/dev/null 2>"$W/heard.err" 3>&- &
  CAPSIEVE_PID=$! CAPSIEVE_PATH=$W/heard
  wait_for 60 listens_or_ended "$W/heard"
  for name in own wild invalid names; do
    perform "$name"
  done
  capsieve_stop
}

# fact NAME JSON: what a scenario did
fact() {
  printf '{"%s":%s}\n' "$1" "$2" >>"$W/facts"
}

# quote TEXT: as JSON; without a process where nothing needs an escape
quote() {
  if [[ $1 =~ ^[][:alnum:]_./@%:,[-]*$ ]]; then
    printf '"%s"' "$1"
  else
    jq -Rsc . <<<"$1" | sed 's/\\n"$/"/'
  fi
}

cannot() {
  echo "$1"
  exit 77
}

# child COMMAND...: runs it, with its pid in CHILD and its output in OUT
child() {
  "$@" >out &
  CHILD=$!
  wait $CHILD
  OUT=$(<out)
}

# expect NAME WHICH WHAT: with each probe, is WHAT true of the array of checks of that scenario that WHICH selects?
# $f are its facts, $probe the probe.
expect() {
  local name=$1 probe status wrong

  for probe in $PROBES; do
    status=$(<"$WORK/$probe/$name.status")
    case $status in
    0) ;;
    77) skip "$(tail -n1 "$WORK/$probe/$name.log")" ;;
    *) echo "$probe: $name ended with $status" && cat "$WORK/$probe/$name.log" && return 1 ;;
    esac
  done
  wrong=$(jq -r --arg name "$name" "def sketch:
    (.effective, .permitted) |= if length > 400 then \"nearly all\" else . end | del(.v, .time, .mono_ns);
    .[] | .probe as \$probe | .facts[\$name] as \$f | [.checks[] | select($2)] |
    if $3 then empty else \$probe + \": not so, with \" + (\$f | tojson), (.[] | sketch | tojson), \"\" end" "$WORK/all.json")
  echo "$wrong"
  [ -z "$wrong" ]
}

# ---- threads and processes ----

do_thread() {
  fact thread "$("$TRIP/trip" --json thread)"
}

@test "a thread: its own number, and its process's" {
  expect thread '.pid == $f.pid and .cap == "CAP_SYS_ADMIN"' \
    'length == 1 and .[0].tid == $f.tid and .[0].tid != .[0].pid and .[0].ns_pid == .[0].pid'
}

do_orphan() {
  fact orphan "$("$ODD" orphan)"
}

@test "a thread whose leader has exited still has a program" {
  expect orphan '.pid == $f.pid' 'length == 1 and .[0].tid == $f.tid and (.[0].exe | endswith("/odd"))'
}

do_texec() {
  fact texec "$("$ODD" thread-exec "$SHORT")"
}

@test "an exec by a thread that is not the leader: the leader's number, another program" {
  expect texec '.pid == $f.pid' 'length == 3
    and (.[0] | .tid == .pid and (.exe | endswith("/odd")))
    and (.[1] | .tid == $f.tid and .tid != .pid and (.exe | endswith("/odd")))
    and (.[2] | .tid == .pid and (.exe | endswith("/short")) and .comm == "short")
    and .[0].exec_id == .[1].exec_id and .[1].exec_id != .[2].exec_id'
}

do_vfork() {
  fact vfork "$("$TRIP/trip" --json vfork-exec)"
}

@test "a program that was started with vfork" {
  expect vfork '.pid == $f.pid' 'length == 1 and .[0].comm == "short" and (.[0].exe | endswith("/short"))'
}

do_vchild() {
  child "$ODD" vfork
  fact vchild "{\"parent\":$CHILD,\"child\":$OUT}"
}

@test "a child of vfork that has executed nothing: its own number, its parent's program" {
  expect vchild '.pid == $f.child.pid' 'length == 1
    and (.[0] | .ppid == $f.parent and (.exe | endswith("/odd")) and (.exec_id | startswith("\($f.child.pid)/")))'
}

do_reparented() {
  local pid

  pid=$(sh -c '"$0" --wait chroot >/dev/null 2>&1 & echo $!' "$TRIP/trip")
  wait_for 10 is_named "$pid" trip-chroot
  fact reparented "{\"pid\":$pid,\"ppid\":$(awk '/^PPid/ { print $2 }' "/proc/$pid/status")}"
  kill -USR1 "$pid"
  wait_for 10 has_ended "$pid"
}

has_ended() {
  ! kill -0 "$1" 2>/dev/null
}

@test "a process whose parent died has its new parent" {
  expect reparented '.pid == $f.pid' 'length == 1 and .[0].ppid == $f.ppid'
}

# ---- namespaces ----

do_pidns() {
  child unshare -fp "$SHORT"
  fact pidns "{\"parent\":$CHILD,\"inner\":$OUT}"
}

@test "in a pid namespace: the number inside, and the host's" {
  expect pidns '.ppid == $f.parent' 'length == 1 and .[0].ns_pid == $f.inner and .[0].pid != $f.inner'
}

do_pidns_nested() {
  ln "$SHORT" nested
  unshare -fp unshare -fp ./nested >out
  fact pidns_nested "$(<out)"
}

@test "in a pid namespace within another: the innermost number" {
  expect pidns_nested '.exe | endswith("/nested")' 'length == 1 and .[0].ns_pid == $f and .[0].pid > 1'
}

do_userns() {
  child setpriv --reuid $STRANGER --regid $STRANGER --clear-groups \
    unshare -Ur sh -c 'stat -Lc %i /proc/self/ns/user; exec "$0" -q' "$SHORT" ||
    cannot "an ordinary user may not make a user namespace here"
  fact userns "{\"pid\":$CHILD,\"inode\":$OUT}"
}

@test "in a user namespace: it asks and is wanted there, and holds" {
  expect userns '.pid == $f.pid and .comm == "short"' 'length == 1 and (.[0] |
    .userns == {asker: $f.inode, target: $f.inode, granter: $f.inode} and .via == "held" and .verdict == "allowed"
    and .uid == '$STRANGER' and (.effective | contains("CAP_SYS_ADMIN")))'
}

do_userns_escape() {
  fact userns_escape "$("$TRIP/trip" --json --deny userns)"
}

@test "out of a user namespace: the initial one is the target, denied whatever is held" {
  expect userns_escape '.pid == $f.pid and .syscall == "sethostname"' 'length == 1 and (.[0] |
    .userns.target == 4026531837 and .userns.asker != 4026531837 and .userns.granter == null
    and .verdict == "denied" and .via == null
    and (.effective | contains("CAP_SYS_ADMIN")))'
}

# A stranger's user namespace, in SLEEPER.
strangers_namespace() {
  setpriv --reuid $STRANGER --regid $STRANGER --clear-groups unshare -U sleep 1000 &
  SLEEPER=$!
  JOBS+=($SLEEPER)
  wait_for 10 is_named $SLEEPER sleep || cannot "an ordinary user may not make a user namespace here"
  INODE=$(stat -Lc %i /proc/$SLEEPER/ns/user)
}

do_owner() {
  strangers_namespace
  child setpriv --reuid $STRANGER --regid $STRANGER --clear-groups nsenter --preserve-credentials -U -t $SLEEPER true
  fact owner "{\"pid\":$CHILD,\"inode\":$INODE}"
}

@test "the owner of a user namespace may, and holds nothing" {
  expect owner '.pid == $f.pid and .cap == "CAP_SYS_ADMIN" and .syscall == "setns"' 'length >= 1 and (.[0] |
    .verdict == "allowed" and .via == "owner" and .effective == ""
    and .userns == {asker: 4026531837, target: $f.inode, granter: 4026531837})'
}

do_from_above() {
  strangers_namespace
  child nsenter --preserve-credentials -U -t $SLEEPER true
  fact from_above "{\"pid\":$CHILD,\"inode\":$INODE}"
}

@test "root may in a user namespace that is not its own, for it holds" {
  expect from_above '.pid == $f.pid and .cap == "CAP_SYS_ADMIN" and .syscall == "setns"' 'length >= 1 and (.[0] |
    .verdict == "allowed" and .via == "held"
    and .userns == {asker: 4026531837, target: $f.inode, granter: 4026531837})'
}

# ---- credentials ----

do_overridden() {
  fact overridden "[$("$TRIP/trip" --json access-override),$("$TRIP/trip" --json --deny access-override)]"
}

@test "overridden credentials: said so, with their sets and the task's own user" {
  expect overridden '.cap == "CAP_DAC_OVERRIDE" and (.pid == $f[0].pid or .pid == $f[1].pid)' 'length == 2
    and (.[0] | .cred == "overridden" and .verdict == "allowed" and .uid == $f[0].uid and .euid == $f[0].euid
         and (.effective | contains("CAP_DAC_OVERRIDE")))
    and (.[1] | .cred == "overridden" and .verdict == "denied" and .uid == $f[1].uid and .effective == "")'
}

do_other() {
  local map

  strangers_namespace
  exec {map}>/proc/$SLEEPER/uid_map
  child bash -c "echo 0 $STRANGER 1 >&$map"
  exec {map}>&-
  fact other "{\"pid\":$CHILD,\"inode\":$INODE}"
}

@test "the credentials of who opened a file" {
  expect other '.pid == $f.pid and .syscall == "write" and .userns.target == $f.inode' \
    'length >= 1 and all(.cred == "other" and .verdict == "allowed")'
}

do_own() {
  fact own "$("$TRIP/trip" --json chroot)"
}

@test "the own credentials, held in the initial user namespace" {
  expect own '.pid == $f.pid' 'length == 1 and (.[0] |
    .cred == "own" and .via == "held"
    and .userns == {asker: 4026531837, target: 4026531837, granter: 4026531837})'
}

do_ambient() {
  child setpriv --reuid $STRANGER --regid $STRANGER --clear-groups \
    --inh-caps=+sys_chroot,+net_raw --ambient-caps=+sys_chroot,+net_raw "$SHORT" -q
  fact ambient "{\"pid\":$CHILD}"
}

@test "sets: what an exec with ambient capabilities leaves" {
  expect ambient '.pid == $f.pid and .comm == "short"' 'length == 1 and (.[0] |
    .verdict == "allowed" and .effective == "CAP_NET_RAW CAP_SYS_CHROOT" and .permitted == .effective
    and .uid == '$STRANGER' and .gid == '$STRANGER')'
}

do_permitted() {
  child setpriv --ruid 0 --euid $STRANGER "$SHORT" -q || :
  fact permitted "{\"pid\":$CHILD}"
}

@test "sets: permitted but not effective" {
  expect permitted '.pid == $f.pid and .comm == "short"' 'length == 1 and (.[0] |
    .verdict == "denied" and .uid == 0 and .euid == '$STRANGER' and .effective == ""
    and (.permitted | contains("CAP_SYS_CHROOT")))'
}

do_bounded() {
  child setpriv --bounding-set=-sys_chroot "$SHORT" -q || :
  fact bounded "{\"pid\":$CHILD}"
}

@test "sets: what the bounding set takes at an exec" {
  expect bounded '.pid == $f.pid and .comm == "short"' 'length == 1 and (.[0] |
    .verdict == "denied" and .uid == 0 and (.effective | contains("CAP_SYS_CHROOT") | not) and .permitted == .effective)'
}

do_setuid() {
  fact setuid "$("$ODD" setuid $STRANGER)"
}

@test "another user without an exec: the same program, the new ids and sets" {
  expect setuid '.pid == $f.pid and .cap == "CAP_SYS_CHROOT"' 'length == 2
    and (.[0] | .uid == 0 and .euid == 0 and .verdict == "allowed")
    and (.[1] | .uid == '$STRANGER' and .euid == '$STRANGER' and .verdict == "denied" and .effective == "")
    and .[0].exec_id == .[1].exec_id'
}

do_group() {
  child setpriv --regid 77 --clear-groups "$SHORT" -q
  fact group "{\"pid\":$CHILD}"
}

@test "the group" {
  expect group '.pid == $f.pid and .comm == "short"' 'length == 1 and .[0].gid == 77 and .[0].uid == 0'
}

do_login() {
  [ -e /proc/self/loginuid ] || cannot "this kernel knows no login users"
  child sh -c 'cat /proc/self/loginuid; exec "$0" -q' "$SHORT"
  local before=$CHILD unset=$OUT
  child sh -c 'echo 1234 >/proc/self/loginuid && exec "$0" -q' "$SHORT" || cannot "the login user may not be set here"
  fact login "{\"before\":$before,\"uid\":$unset,\"after\":$CHILD}"
}

@test "the user who logged in: none, or a number" {
  expect login '.comm == "short" and (.pid == $f.before or .pid == $f.after)' 'length == 2
    and (.[0] | has("loginuid") and .loginuid == (if $f.uid == 4294967295 then null else $f.uid end))
    and .[1].loginuid == 1234'
}

do_login_changes() {
  [ -e /proc/self/loginuid ] || cannot "this kernel knows no login users"
  child bash -c 'kill -0 $0; echo 4321 >/proc/self/loginuid; kill -0 $0' $EARLY_STRANGER || cannot "the login user may not be set here"
  fact login_changes "{\"pid\":$CHILD}"
}

@test "a login user that changes while a program runs" {
  expect login_changes '.pid == $f.pid and .cap == "CAP_KILL"' 'length == 2
    and .[0].loginuid != 4321 and .[1].loginuid == 4321 and .[0].exec_id == .[1].exec_id'
}

# ---- what the caller asked for ----

do_options() {
  fact options "[$("$TRIP/trip" --json insetid),$("$TRIP/trip" --json noaudit),$("$TRIP/trip" --json chroot)]"
}

@test "audit and insetid: known to fexit and kprobe, absent elsewhere" {
  expect options '.pid as $p | any($f[]; .pid == $p) and (.syscall | IN("setuid", "seccomp", "chroot"))' 'length == 3
    and if $probe == "fexit" or $probe == "kprobe" then
      (.[0] | .insetid == true and .audit == true)
      and (.[1] | .insetid == false and .audit == false)
      and (.[2] | .insetid == false and .audit == true)
    else all(has("audit") or has("insetid") | not) end'
}

# ---- system calls ----

do_trip32() {
  [ -x "$TRIP/trip32" ] || cannot "no 32-bit helper on this architecture"
  child "$TRIP/trip32" || cannot "this kernel runs no 32-bit programs"
  fact trip32 "{\"pid\":$CHILD}"
}

@test "a 32-bit program: its own table of system calls" {
  expect trip32 '.pid == $f.pid and .cap == "CAP_SYS_ADMIN"' \
    'length == 1 and (.[0] | .syscall == "sethostname" and .syscall_nr == 74 and .abi == "i386")'
}

do_int80() {
  fact int80 "$("$ODD" int80)"
}

@test "the 32-bit way into the kernel from a 64-bit program" {
  expect int80 '.pid == $f.pid and .cap == "CAP_SYS_ADMIN"' \
    'length == 1 and (.[0] | .syscall == "sethostname" and .syscall_nr == 74 and .abi == "i386")'
}

do_worker() {
  : >foreign
  chmod 600 foreign
  chown $STRANGER foreign
  local said
  said=$("$ODD" worker foreign) || cannot "$said"
  fact worker "$said"
}

@test "a worker of io_uring: no system call is named, for its registers hold a stale one" {
  expect worker '.pid == $f.pid and .cap == "CAP_DAC_READ_SEARCH"' 'length == 1 and (.[0] |
    .tid != .pid and (.comm | startswith("iou-wrk")) and (.syscall == null) and (has("syscall_nr") | not))'
}

# ---- programs ----

do_many() {
  mkdir many
  cd many
  "$ODD" many "$SHORT" >pids
  fact many "{\"dir\":$(quote "$PWD"),\"name\":$(<pids)}"
}

@test "200 programs that live 2 ms and are gone: each has its name" {
  expect many '$f.name[.pid | tostring] != null' 'length == 200 and all(
    $f.name[.pid | tostring] as $name | .exe == $f.dir + "/" + $name and .comm == $name)'
}

do_deleted() {
  local pid

  ln "$TRIP/trip" deleted
  ./deleted --json --wait chroot >out &
  pid=$!
  wait_for 10 is_named $pid trip-chroot
  rm deleted
  kill -USR1 $pid
  wait $pid
  fact deleted "{\"pid\":$pid,\"exe\":$(quote "$PWD/deleted")}"
}

@test "a program that was deleted while it runs" {
  expect deleted '.pid == $f.pid and .comm == "trip-chroot"' 'length == 1 and .[0].exe == $f.exe'
}

# Before capsieve: a program that is deleted before anybody looks, and a process that belongs to somebody else.
begin_early() {
  ln "$TRIP/trip" early
  ./early --json --wait chroot >early.out 3>&- &
  EARLY=$!
  setpriv --reuid $STRANGER --regid $STRANGER --clear-groups sleep 1000 3>&- &
  EARLY_STRANGER=$!
  JOBS+=($EARLY $EARLY_STRANGER)
  wait_for 10 is_named $EARLY trip-chroot
  wait_for 10 is_named $EARLY_STRANGER sleep
  rm early
}

do_early() {
  kill -USR1 $EARLY
  wait_for 10 test -s early.out
  fact early "{\"pid\":$EARLY,\"exe\":$(quote "$PWD/early"),\"parent\":$$}"
}

@test "a program that ran, and was deleted, before capsieve came" {
  expect early '.pid == $f.pid' 'length == 1 and (.[0] | .exe == $f.exe and .ppid == $f.parent)'
}

do_script() {
  printf '#!%s -q\n' "$SHORT" >script
  chmod +x script
  child ./script
  fact script "{\"pid\":$CHILD,\"exe\":$(quote "$SHORT")}"
}

@test "a script: its name, and its interpreter's path" {
  expect script '.pid == $f.pid and .cap == "CAP_SYS_CHROOT"' \
    'length == 1 and .[0].exe == $f.exe and .[0].comm == "script"'
}

@test "one process, two programs: another path and another exec_id" {
  expect ambient '.pid == $f.pid' 'map({exe: (.exe | sub(".*/"; "")), exec_id}) | unique |
    length == 2 and .[0].exe == "setpriv" and .[1].exe == "short" and .[0].exec_id != .[1].exec_id'
}

do_memfd() {
  local said

  said=$("$ODD" memfd "$SHORT") || cannot "$said"
  fact memfd "$said"
}

@test "a program that is in no file system" {
  expect memfd '.pid == $f.pid' 'length == 1 and .[0].exe == "/memfd:in memory"'
}

do_chrooted() {
  mkdir chrooted
  ln "$SHORT" chrooted/short
  child chroot chrooted /short -q
  fact chrooted "{\"pid\":$CHILD,\"exe\":$(quote "$PWD/chrooted/short")}"
}

@test "a program in a chroot: its path on the host" {
  expect chrooted '.pid == $f.pid and .comm == "short"' 'length == 1 and .[0].exe == $f.exe'
}

do_mounted() {
  mkdir mounted
  child unshare -m sh -c 'mount -t tmpfs tmpfs mounted && cp "$0" mounted && exec mounted/short -q' "$SHORT"
  fact mounted "{\"pid\":$CHILD,\"exe\":$(quote "$PWD/mounted/short")}"
}

@test "a program on a file system that only its mount namespace has" {
  expect mounted '.pid == $f.pid and .comm == "short"' 'length == 1 and .[0].exe == $f.exe'
}

do_pivoted() {
  mkdir pivoted
  child unshare -m sh -c 'mount -t tmpfs tmpfs pivoted && cp "$0" pivoted && mkdir pivoted/old && cd pivoted &&
    pivot_root . old && exec /short -q' "$SHORT"
  fact pivoted "{\"pid\":$CHILD}"
}

@test "a program under another root, as containers have it: its path there" {
  expect pivoted '.pid == $f.pid and .comm == "short"' 'length == 1 and .[0].exe == "/short"'
}

# path_of LENGTH NAME: makes directories, so that the path of NAME has that length
path_of() {
  local dir=$PWD/$2.d rest

  while rest=$(($1 - ${#dir} - ${#2} - 2)) && [ $rest -gt 0 ]; do
    [ $rest -lt 50 ] || rest=49
    dir+=/$(printf "%${rest}s" | tr ' ' d)
  done
  mkdir -p "$dir"
  echo "$dir/$2"
}

# run_at NAME PATH: short, there
run_at() {
  ln "$SHORT" "$2"
  child "$2" -q
  fact "$1" "{\"pid\":$CHILD,\"exe\":$(quote "$2")}"
}

do_path200() {
  run_at path200 "$(path_of 200 path200)"
}

@test "a path of 200 bytes: whole" {
  expect path200 '.pid == $f.pid' 'length == 1 and .[0].exe == $f.exe'
}

do_path600() {
  run_at path600 "$(path_of 600 path600)"
}

@test "a path of 600 bytes: its end, and that it is one" {
  expect path600 '.pid == $f.pid' 'length == 1 and (.[0].exe | . as $exe |
    startswith(".../") and length > 200 and ($f.exe | endswith($exe[3:])))'
}

do_deep() {
  local dir

  dir=$PWD/$(printf 'deep/%.0s' {1..40})
  mkdir -p "$dir"
  run_at deep "${dir}deep"
}

@test "a path of 40 directories: its end, and that it is one" {
  expect deep '.pid == $f.pid' 'length == 1 and (.[0].exe | . as $exe |
    startswith(".../") and length > 50 and ($f.exe | endswith($exe[3:])))'
}

do_name255() {
  run_at name255 "$PWD/$(printf %255s | tr ' ' n)"
}

@test "a file name of 255 bytes" {
  expect name255 '.pid == $f.pid' \
    '($f.exe | sub(".*/"; "")) as $name | length == 1 and (.[0] | (.exe | endswith("/" + $name)) and .comm == $name[:15])'
}

# ---- names that attack ----

WILD=$'a\nb\tc\e[31md\x7f"e\\f\r\u202eg'

do_wild() {
  mkdir wild
  run_at wild "$PWD/wild/$WILD"
}

@test "a path with control bytes: the same in JSON, and never raw" {
  expect wild '.pid == $f.pid' 'length == 1 and .[0].exe == $f.exe'
  LC_ALL=C.UTF-8 run grep -alP '[\p{Cc}\p{Cf}]' "$WORK"/*/heard.json
  [ -z "$output" ]
}

do_invalid() {
  ln "$SHORT" $'x\xff\xfey\xc3'
  child $'./x\xff\xfey\xc3' -q
  fact invalid "{\"pid\":$CHILD}"
}

@test "names that are no UTF-8: valid JSON, a mark for each bad byte" {
  expect invalid '.pid == $f.pid' \
    'length == 1 and (.[0] | (.exe | endswith("/x\ufffd\ufffdy\ufffd")) and .comm == "x\ufffd\ufffdy\ufffd")'
  iconv -f UTF-8 -t UTF-8 "$WORK"/*/heard.json >/dev/null
}

NAMES=('fifteen-bytes-x' 'sixteen-bytes-xy' '' ' two words ' $'\e]0;owned\a' $'a\nb' '"\' $'caf\u00e9')

do_names() {
  local name said=''

  for name in "${NAMES[@]}"; do
    said+="{\"name\":$(quote "$name"),\"pid\":$("$ODD" name "$name" | jq .pid)},"
  done
  fact names "[${said%,}]"
}

@test "thread names: 15 bytes of them, whatever they are" {
  expect names '.pid as $p | any($f[]; .pid == $p)' \
    'length == '${#NAMES[@]}' and ([.[] | {name: .comm, pid}] == [$f[] | {name: .name[:15], pid}])'
}

@test "as text: a line for each check, and no byte that a terminal obeys" {
  lines=$(wc -l <"$WORK/text/heard")
  [ "$lines" -eq $((1 + 3 + ${#NAMES[@]})) ]
  LC_ALL=C.UTF-8 run grep -anP '[\p{Cc}\p{Cf}]' "$WORK/text/heard"
  [ -z "$output" ]
  iconv -f UTF-8 -t UTF-8 "$WORK/text/heard" >/dev/null
  grep -F 'wild/a\x0ab\x09c\x1b[31md\x7f"e\\f\x0d\xe2\x80\xaeg ' "$WORK/text/heard"
}

# ---- cgroups ----

# in_cgroup NAME: makes it below the one that we are in; its directory in CGROUP, its path in CGROUP_PATH
in_cgroup() {
  local top here

  top=$(cgroup2) || cannot "cgroups of version 2 are not mounted"
  here=$(sed -n 's/^0:://p' /proc/self/cgroup)
  CGROUP=$top${here%/}/$1 CGROUP_PATH=${here%/}/$1
  mkdir -p "$CGROUP" || cannot "no cgroup may be made here"
}

# leave_cgroup DIR...: the innermost first
leave_cgroup() {
  wait_for 10 rmdir "$@" 2>/dev/null
}

do_cgroup() {
  in_cgroup "e2e-$BASHPID"
  child sh -c 'echo 0 >"$1/cgroup.procs"; exec "$0" -q' "$SHORT" "$CGROUP"
  fact cgroup "{\"pid\":$CHILD,\"path\":$(quote "$CGROUP_PATH"),\"inode\":$(stat -c %i "$CGROUP")}"
  leave_cgroup "$CGROUP"
}

@test "the cgroup: its path, and its id, which is its inode" {
  expect cgroup '.pid == $f.pid and .comm == "short"' 'length == 1 and (.[0] |
    .cgroup == $f.path and .cgroup_id == $f.inode and .unit == null and .workload == $f.path)'
}

do_moved() {
  local from to inode pid

  in_cgroup "e2e-$BASHPID-from"
  from=$CGROUP
  in_cgroup "e2e-$BASHPID-to"
  to=$CGROUP
  bash -c 'echo 0 >"$1/cgroup.procs"; kill -0 $3; echo 0 >"$2/cgroup.procs"; kill -0 $3' - "$from" "$to" $EARLY_STRANGER &
  pid=$!
  wait $pid
  fact moved "{\"pid\":$pid,\"inodes\":[$(stat -c %i "$from"),$(stat -c %i "$to")],\"to\":$(quote "$CGROUP_PATH")}"
  leave_cgroup "$from" "$to"
}

@test "a process that is moved to another cgroup while it runs" {
  expect moved '.pid == $f.pid and .cap == "CAP_KILL"' 'length == 2 and ([.[].cgroup_id] == $f.inodes)
    and .[1].cgroup == $f.to and .[0].exec_id == .[1].exec_id'
}

do_unit() {
  in_cgroup "e2e.slice/e2e-$BASHPID.service"
  child sh -c 'echo 0 >"$1/cgroup.procs"; exec "$0" -q' "$SHORT" "$CGROUP"
  fact unit "{\"pid\":$CHILD,\"path\":$(quote "$CGROUP_PATH"),\"unit\":\"e2e-$BASHPID.service\"}"
  leave_cgroup "$CGROUP"
  rmdir "${CGROUP%/*}" || :
}

@test "a cgroup that is a unit of systemd" {
  expect unit '.pid == $f.pid and .comm == "short"' \
    'length == 1 and (.[0] | .cgroup == $f.path and .unit == $f.unit and .workload == $f.unit)'
}

do_wild_cgroup() {
  in_cgroup $'e2e-\e[31m\t'"$BASHPID"
  child sh -c 'echo 0 >"$1/cgroup.procs"; exec "$0" -q' "$SHORT" "$CGROUP"
  fact wild_cgroup "{\"pid\":$CHILD,\"path\":$(quote "$CGROUP_PATH")}"
  leave_cgroup "$CGROUP"
}

@test "a cgroup whose name attacks" {
  expect wild_cgroup '.pid == $f.pid and .comm == "short"' 'length == 1 and .[0].cgroup == $f.path'
}

do_deep_cgroup() {
  local dir

  in_cgroup "e2e-$BASHPID$(printf '/%.0sd' {1..20})"
  child sh -c 'echo 0 >"$1/cgroup.procs"; exec "$0" -q' "$SHORT" "$CGROUP"
  fact deep_cgroup "{\"pid\":$CHILD,\"path\":$(quote "$CGROUP_PATH"),\"inode\":$(stat -c %i "$CGROUP")}"
  for dir in {1..21}; do
    leave_cgroup "$CGROUP"
    CGROUP=${CGROUP%/*}
  done
}

@test "a cgroup 21 levels deep: the end of its path, its id, and no unit made of it" {
  expect deep_cgroup '.pid == $f.pid and .comm == "short"' 'length == 1 and (.[0].cgroup as $cgroup | .[0] |
    .cgroup_id == $f.inode and ($cgroup | startswith(".../d/d")) and ($f.path | endswith($cgroup[3:])))'
}

# ---- what holds for every line ----

@test "every check has what every check has" {
  expect own true 'length > 300 and all(.v == 1 and (.time | test("^20[0-9-]+T[0-9:]+\\.[0-9]{9}Z$")) and .mono_ns > 0
    and .probe == $probe and (.verdict | IN("allowed", "denied")) and .pid > 0 and .tid > 0 and .ppid > 0
    and (.exec_id | test("^[0-9]+/[0-9]+$")) and (.exec_id | split("/")[0] | tonumber) == .pid
    and (.uid | type) == "number" and (.euid | type) == "number" and (.gid | type) == "number"
    and ((.effective / " ") - (.permitted / " ")) == [] and .exe != "" and .exe != null and .cgroup_id > 0)'
  expect own true '[.[].seq] == [range(1; length + 1)]'
  expect own true '[.[].mono_ns] | . == sort'
}
