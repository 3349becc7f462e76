# SPDX-License-Identifier: BSD-2-Clause
#
# trace --lifecycle: what tasks do to their credentials and lives, by each way that there is, worked or failed; from real
# programs; filtered, recorded and lost like the rest; and no program is ever taken for another.

bats_require_minimum_version 1.5.0
load lib

setup() {
  P=$BATS_TEST_TMPDIR/seen
  cd "$BATS_TEST_TMPDIR"
  JOBS=()
}

teardown() {
  capsieve_kill
  end_jobs
}

# story COLUMNS COMMAND...: of a command, without the checks
story() {
  local columns=$1

  shift
  "$CAPSIEVE" trace -q --lifecycle --no-header --columns "event,$columns" -- "$@" 2>err | sed '/^check /d; s/ *$//'
}

# lives PATH FILTER: jq over each lifecycle event
lives() {
  jq -c "select(.type == \"lifecycle\") | $2" "$1.json"
}

# steady: as it comes out of story, less what is of this machine: numbers, and capabilities that it does not give us
steady() {
  sed -E 's/(process|userns) [0-9]+(->[0-9]+)?/\1 N/g; s/ [-+]sys_resource//g; s/bounding( |,|$)/bounding\1/
          s/, bounding, /, /'
}

@test "each call tells what it changed, and each that failed what it wanted" {
  story verdict,change "$TRIP/lives" calls | steady >got
  cat >want <<EOF
exec          ok      $TRIP/lives
capset        ok      effective -chown
capset        ok      effective,permitted -kill
capset        EPERM   wanted permitted +kill
capset        ok      inheritable +net_raw
ambient_raise ok      ambient +net_raw
ambient_raise EPERM   wanted ambient +sys_admin
ambient_lower ok      ambient -net_raw
ambient_raise ok      ambient +net_raw
ambient_clear ok      ambient -net_raw
bounding_drop ok      bounding -mknod
bounding_drop EINVAL  wanted bounding -63
keep_caps     ok      securebits none->keep_caps
keep_caps     ok      securebits keep_caps->none
securebits    ok      securebits none->noroot
setgroups     ok      groups 0->3
setregid      ok      egid,sgid,fsgid 0->7
setgid        ok      gid 0->8, egid,sgid,fsgid 7->8
setresgid     ok      gid 8->7, sgid 8->9
setfsgid      ok      fsgid 8->10
setreuid      ok      uid 0->11
setfsuid      ok      fsuid 0->12, effective -dac_override -dac_read_search -fowner -fsetid -linux_immutable -mknod -mac_override
setresuid     ok      uid 11->65534, euid,suid 0->65534, fsuid 12->65534, effective,permitted -all
setuid        EPERM   wanted uid 0
setresuid     EPERM   wanted euid 0
setfsuid      refused wanted fsuid 0
setgroups     EPERM   wanted groups 0
setns         EBADF   wanted a user namespace
exec          ENOENT  /does/not/exist
fork          ok      process N, effective,permitted +all, inheritable -net_raw, bounding +mknod, securebits noroot->none, userns N
exit          7       -
unshare       ok      effective,permitted +all, inheritable -net_raw, bounding +mknod, securebits noroot->none, userns N
no_new_privs  ok      no_new_privs off->on
no_new_privs  EINVAL  wanted off
exit          SIGTERM -
EOF
  diff want got
}

@test "32-bit calls are told by their own numbers and with their own ids" {
  run "$TRIP/lives" int80
  [ "$status" != 77 ] || skip "no 32-bit system calls here"
  "$CAPSIEVE" trace -q --lifecycle --json -o "$P.json" -- "$TRIP/lives" int80
  lives "$P" 'select(.abi == "i386") | [.event, .syscall, .result, (.asked | to_entries | sort_by(.key) | from_entries)]' >got
  cat >want <<'EOF'
["setgroups","setgroups","ok",{"groups":0}]
["bounding_drop","prctl","ok",{"cap":"CAP_MKNOD"}]
["setresuid","setresuid","ok",{"euid":300,"suid":null,"uid":null}]
["setresuid","setresuid32","EPERM",{"euid":100000,"suid":null,"uid":null}]
["setuid","setuid32","EPERM",{"uid":7}]
EOF
  diff want <(grep -v capset got)
  lives "$P" 'select(.event == "capset") | [.abi, .syscall, .result, .changed, (.asked.permitted == .before.permitted),
    (.before.effective - .after.effective)]' >got
  diff <(echo '["i386","capset","ok",["effective"],true,["CAP_CHOWN"]]') got
}

@test "calls with the numbers of x32 say so, also where the kernel refuses them" {
  run "$TRIP/lives" x32
  [ "$status" != 77 ] || skip "only x86 has it"
  "$CAPSIEVE" trace -q --lifecycle --json -o "$P.json" -- "$TRIP/lives" x32
  diff <(printf '%s\n' '["keep_caps","prctl","x32"]' '["setuid","setuid","x32"]' '["exec","execve","x32"]') \
    <(lives "$P" 'select(.abi) | [.event, .syscall, .abi]')
}

# The one from the file, what it does with it, and the check between: a copy of ping, as somebody who has nothing.
@test "ping: gains it from its file, drops it, raises it, asks, drops it" {
  local ping
  ping=$(type -P ping) || skip "no ping here"
  cp "$ping" "$BATS_RUN_TMPDIR/ping" && chmod 755 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/ping"
  setcap cap_net_raw=ep "$BATS_RUN_TMPDIR/ping" || skip "no file capabilities on this file system"
  "$CAPSIEVE" trace -q --lifecycle --json -o "$P.json" --as nobody -- "$BATS_RUN_TMPDIR/ping" -c 1 127.0.0.1 >/dev/null || :
  jq -c 'select(.event == "exec" and .result == "ok") |
    [.file.capabilities.text, .before.permitted, .after.permitted, .after.effective, .changed]' "$P.json" >got
  cat got
  diff <(echo '["cap_net_raw=ep",[],["CAP_NET_RAW"],["CAP_NET_RAW"],["effective","permitted"]]') got
  jq -r 'if .event == "capset" then "capset \(.before.effective) \(.after.effective)"
    elif .cap == "CAP_NET_RAW" then "asked \(.verdict)" else empty end' "$P.json" | uniq >got
  cat got
  grep -A1 -Fx 'capset [] ["CAP_NET_RAW"]' got | grep -Fx 'asked allowed'
  grep -A9 -Fx 'asked allowed' got | grep -Fx 'capset ["CAP_NET_RAW"] []'
}

@test "su, setpriv, capsh, unshare: what they are told by is what they do" {
  setpriv --reuid 65534 --regid 65534 --clear-groups true || skip "no setpriv here"
  story change setpriv --reuid 65534 --regid 65534 --groups 5,6 --no-new-privs "$(type -P true)" | steady >got
  cat got
  grep -qx 'setresuid     uid,euid,suid,fsuid 0->65534.*' got
  grep -qx 'setresgid     gid,egid,sgid,fsgid 0->65534.*' got
  grep -qx 'setgroups     groups [0-9]*->2' got
  grep -qx 'no_new_privs  no_new_privs off->on' got
  grep -qx 'exec          .*/true, effective,permitted -all.*' got

  story verdict,change unshare -U true | steady >got
  cat got
  grep -q '^unshare       ok .*userns N$' got

  if command -v capsh >/dev/null; then
    story verdict,change capsh --drop=cap_mknod,cap_sys_admin --secbits=1 -- -c : | steady >got
    cat got
    grep -qx 'bounding_drop ok      bounding -mknod' got
    grep -qx 'bounding_drop ok      bounding -sys_admin' got
    grep -qx 'securebits    ok      securebits none->noroot' got
  fi
  in_guest && return
  story verdict,change su nobody -s /bin/sh -c true >got
  cat got
  grep -qx 'setuid        ok      uid,euid,suid,fsuid 0->65534, effective,permitted -all' got
}

@test "sudo: from somebody to root, by the bit of its file" {
  host_only
  sudo -n true 2>/dev/null || skip "no sudo here"
  story verdict,change setpriv --reuid 65534 --regid 65534 --clear-groups sh -c 'sudo -n true; :' >got || :
  cat got
  grep -q '^exec          ok      .*sudo, euid,suid,fsuid 65534->0, effective,permitted +' got
}

@test "filters hold for them, by who it was before or is after" {
  story pid,uid true >all
  [ "$(grep -c . all)" = 2 ]
  "$CAPSIEVE" trace -q --lifecycle --no-header --columns event,uid --comm lives -u 65534 -- "$TRIP/lives" calls |
    sed '/^check /d' >got
  cat got
  [ "$(head -n 1 got | tr -s ' ')" = "setresuid 65534" ]
  ! grep -q '^capset' got || false
  "$CAPSIEVE" trace -q --lifecycle --no-header --columns event,uid --comm nobody-has-this -- "$TRIP/lives" int80 >got || :
  [ ! -s got ]
  "$CAPSIEVE" trace -q --lifecycle --no-header --columns event --userns own -- "$TRIP/lives" calls | sed '/^check /d; s/ *$//' >got
  diff <(printf '%s\n' fork exit unshare no_new_privs no_new_privs exit) got
}

@test "the whole machine, one process, one tree: by -p and --tree" {
  local shell

  mkfifo go
  sh -c 'read -r go; "$0" calls; setpriv --reuid 1 true; true' "$TRIP/lives" <go &
  shell=$!
  JOBS+=("$shell")
  exec 8>go
  capsieve_start "$P" --lifecycle --tree $shell
  echo >&8
  exec 8>&-
  wait $shell || :
  capsieve_stop
  [ "$(lives "$P" 'select(.event == "capset" and .comm == "lives") | .seq' | wc -l)" = 4 ]
  [ "$(lives "$P" "select(.event == \"exit\" and .pid == $shell) | .exit_code")" = 0 ]
  [ "$(lives "$P" 'select(.event == "exit") | .exit_signal // empty')" = '"SIGTERM"' ]
}

@test "a recording holds them where they stood: the same JSON, the same text, the same filters" {
  "$CAPSIEVE" trace -q --lifecycle --json -o live.json --record r.rec -- "$TRIP/lives" calls || :
  "$CAPSIEVE" trace -q --lifecycle --json --replay r.rec >again.json
  cmp live.json again.json
  "$CAPSIEVE" trace -q --lifecycle -x --utc -o live.txt --record t.rec -- "$TRIP/lives" calls || :
  "$CAPSIEVE" trace -q --lifecycle -x --utc --replay t.rec >again.txt
  cmp live.txt again.txt
  "$CAPSIEVE" trace -q --lifecycle --replay r.rec --record part.rec --json -u 65534 >part.json
  "$CAPSIEVE" trace -q --lifecycle --replay part.rec --json >again.json
  cmp part.json again.json
  [ "$(jq -r .event part.json | grep -c .)" -gt 5 ]
  "$CAPSIEVE" trace -q --replay r.rec --json >none.json
  ! grep -q lifecycle none.json || false
  "$CAPSIEVE" trace -q --record plain.rec -- true
  run "$CAPSIEVE" trace --lifecycle --replay plain.rec
  [ "$status" = 2 ] && [[ $output == *"--lifecycle: the recording was made without it"* ]]
}

@test "a ring that is full is counted, told and in the exit status" {
  host_only
  cat >burst <<'EOF'
import ctypes
prctl = ctypes.CDLL(None).prctl
for i in range(60000):
    prctl(8, i & 1, 0, 0, 0)
EOF
  { "$CAPSIEVE" trace --ring 64K --lifecycle --json -o - -- python3 burst 2>err || echo $? >status; } | { sleep 3; cat >lost.json; }
  cat err
  [ "$(cat status)" = 4 ]
  grep -q 'lifecycle events lost: the ring buffer or a table was full' err
  jq -es 'map(select(.type == "lost" and .cause == "lifecycle").count) | add > 0' lost.json
  # Every one of them is there or lost.
  [ "$(jq -s '[(.[] | select(.event == "keep_caps") | 1)] + [.[-1].lost.lifecycle] | add' lost.json)" -ge 60000 ]
}

# ---- no program is taken for another -----------------------------------------------------------------------------------

# Every check and event of an id is of one executable, also those that an exec itself asks. Before its first exec, the
# command is a copy of capsieve.
one_executable_each() {
  jq -c 'select(.exec_id) | [.exec_id, .exe]' "$P.json" | sort -u >pairs
  cat pairs
  [ "$(jq -r '.[0]' pairs | sort | uniq -d)" = "" ]
}

@test "an exec behind an exec: each image has an id of its own, and its own executable" {
  cp "$(type -P true)" a && cp "$(type -P sh)" b
  "$CAPSIEVE" trace -q --lifecycle --all --json -o "$P.json" -- ./b -c 'exec ./b -c "exec ./b -c \"exec ./a\""'
  lives "$P" 'select(.event == "exec") | [.exec_id, .exe]' | sort -u >execs
  cat execs
  [ "$(wc -l <execs)" = 4 ]
  [ "$(lives "$P" .pid | sort -u | wc -l)" = 1 ]
  one_executable_each
  [ "$(lives "$P" 'select(.event == "exit") | .exe | sub(".*/"; "")')" = '"a"' ]
}

@test "an exec by a thread that is not the leader: the process goes on under its number, with an id of its own" {
  "$CAPSIEVE" trace -q --lifecycle --all --json -o "$P.json" -- "$TRIP/odd" thread-exec "$(type -P true)" >said
  cat said
  lives "$P" 'select(.event == "exec" and .result == "ok") | [.pid == .tid, .exec_id, (.exe | sub(".*/"; "")), (.before | type)]' >execs
  cat execs
  [ "$(wc -l <execs)" = 2 ]
  [ "$(jq -r '.[1]' execs | sort -u | wc -l)" = 2 ]
  [ "$(jq -c '[.[0], .[2], .[3]]' execs | tail -n 1)" = '[true,"true","object"]' ]
  one_executable_each
  [ "$(lives "$P" 'select(.event == "exit") | [.pid, .exit_code]' | wc -l)" = 1 ]
}

# reuse DIR PROGRAM: each under the same number of a process
reuse() {
  local i

  for i in 1 2 3; do
    echo "$2" >/proc/sys/kernel/ns_last_pid
    "$1/$i"
  done
}

@test "a number that is used again: three programs, three ids" {
  local i number=4000

  for i in 1 2 3; do
    cp "$(type -P true)" "$i"
  done
  export -f reuse
  if in_guest; then
    # Nobody else is here: the kernel's own number is used again.
    number=20000
    "$CAPSIEVE" trace -q --lifecycle --all --json -o "$P.json" -- bash -c "reuse $PWD $number"
    [ "$(lives "$P" 'select(.event == "exec" and (.comm | length) == 1) | .pid' | sort -u | wc -l)" = 1 ]
  else
    unshare -pf --mount-proc true || skip "no pid namespaces here"
    "$CAPSIEVE" trace -q --lifecycle --all --json -o "$P.json" -- unshare -pf --mount-proc bash -c "reuse $PWD $number"
  fi
  lives "$P" 'select(.event == "exec" and (.comm | length) == 1) | [.exec_id, .comm, .ns_pid]' >execs
  cat execs
  [ "$(wc -l <execs)" = 3 ]
  [ "$(jq -r '.[0]' execs | sort -u | wc -l)" = 3 ]
  [ "$(jq -r '.[2]' execs | sort -u)" = $((number + 1)) ]
  one_executable_each
  for i in 1 2 3; do
    [ "$(jq -r "select(.exe == \"$PWD/$i\").exec_id" "$P.json" | sort -u | wc -l)" = 1 ]
    [ "$(jq -r "select(.comm == \"$i\" and .event != \"fork\").exe" "$P.json" | sort -u)" = "$PWD/$i" ]
  done
}
