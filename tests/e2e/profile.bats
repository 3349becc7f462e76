# SPDX-License-Identifier: BSD-2-Clause
#
# profile: what real programs need, of what they ask; and that a start with exactly this suffices.

bats_require_minimum_version 1.5.0
load lib

setup() {
  profile_works
  JOBS=()
  D=$(mktemp -d /tmp/capsieve-profile.XXXXXX)
  chmod 755 "$D"
  cd /
}

teardown() {
  end_jobs
  [ -z "${D-}" ] || rm -rf "$D"
}

# study OPTIONS -- COMMAND: the profile in $D/p, the page in $output
study() {
  run "$CAPSIEVE" profile -o "$D/p" "$@"
}

# The advised capabilities, "CAP_A CAP_B"
advised() {
  jq -r '.advice.capabilities | join(" ")' "$D/p"
}

# part CAPABILITY: "needed", ...
part() {
  jq -r --arg cap "$1" '.asked[] | select(.capability == $cap).part' "$D/p"
}

@test "programs that need nothing are told so, though root's checks are granted" {
  for command in true "ls /" "sh -c :" "sh -c (true;true)|cat" "cat /etc/passwd" "sleep 0.01"; do
    # shellcheck disable=SC2086  # words
    study -- $command
    [ "$status" = 0 ]
    [ -z "$(advised)" ] || { echo "$command: $(jq -c .asked "$D/p")" && false; }
  done
  [[ $output = *"needs no capability: estimated, not verified"* ]]
}

@test "what a command does with privilege is needed, by its call site" {
  touch "$D/file"
  study -- chown 1:1 "$D/file"
  [ "$(advised)" = CAP_CHOWN ]
  [[ $output = *"chown needs CAP_CHOWN"*"Needed: it fails without:"*CAP_CHOWN*"granted "* ]]
  jq -e '.asked[] | select(.capability == "CAP_CHOWN").sites[0] | .class == "needed" and .granted > 0 and
    (.operation | length) > 0 and (.site | length) > 0 and (.syscall | startswith("fchown"))' "$D/p"
  study -- mknod "$D/node" c 1 3
  [ "$(advised)" = CAP_MKNOD ]
  study -- chroot / true
  [ "$(advised)" = CAP_SYS_CHROOT ]
}

# The same checks over and over, some by another way; until the way to most was read, or its time is over.
@test "call sites that were read are those that are unwound, whatever the acts" {
  cat >"$D/acts.py" <<'END'
import ctypes, os, sys, time
libc, end = ctypes.CDLL(None), time.time() + float(sys.argv[2])
while time.time() < end:
    for i in range(50):
        libc.syscall(170 if os.uname().machine == "x86_64" else 161, b"", -1)
        os.chown(sys.argv[1], i % 3, 1)
        os.chmod(sys.argv[1], 0o2755)
        libc.setpriority(0, 0, -1)
        os.listdir("/proc/1/fd")
        try:
            os.stat("/root/none")
        except OSError:
            pass
END
  touch "$D/file"
  for probe in $(probes); do
    for way in verify read; do
      # -B: what the first of them compiled would be there for the second
      CAPSIEVE_SITES=$way run "$CAPSIEVE" profile -v --no-outcomes --attach "$probe" -o "$D/p.$way" -- \
        /usr/bin/python3 -B "$D/acts.py" "$D/file" 4
      [ "$status" -eq 0 ]
      [[ $output = *"had to be unwound for their call site"* ]]
      [[ $output != *"read otherwise"* ]]
    done
    for way in verify read; do
      # In which calls an overlay file system asks for its own attributes depends on what it has cached.
      jq '[.asked[] | {capability, sites: [.sites[] | select(.site != "xattr_permission") | {site, operation, class, syscall}] | unique} |
        select(.sites != [])]' "$D/p.$way" >"$D/$way"
    done
    diff "$D/verify" "$D/read"
  done
}

@test "where each stack would be unwound few are of the host's checks that are alike, which is said; of a command's each is" {
  cat >"$D/acts.py" <<'END'
import os, sys
while not os.path.exists(sys.argv[1]):
    os.chroot("/")
for i in range(4000):
    os.chroot("/")
open(sys.argv[2], "w")
END
  for probe in $(probes); do
    rm -f "$D"/{begin,end}
    /usr/bin/python3 "$D/acts.py" "$D/begin" "$D/end" 3>&- &
    acts=$!
    CAPSIEVE_SITES=few "$CAPSIEVE" profile --host --no-outcomes --attach "$probe" --json >"$D/host" 2>"$D/said" 3>&- &
    host=$!
    wait_for 120 grep -q 'hearing capability checks' "$D/said"
    touch "$D/begin"
    wait_for 120 test -e "$D/end"
    sleep 1
    kill "$host"
    wait "$host" "$acts" || echo "status $?"
    cat "$D/said"
    jq -c '[.sites_taken, .checks, .lost]' "$D/host"
    if grep -q 'each check is sent with its call stack' "$D/said"; then
      [ "$(printf '%s\n' 5.12 "$(uname -r)" | sort -V | head -n1)" != 5.12 ]
      [ "$probe" = fexit ]
      jq -e '.sites_taken == 0 and .checks > 4000' "$D/host"
      continue
    fi
    grep -q 'of those that are alike the first 16 are, and one in 64 of the others' "$D/said"
    grep -Eq '[0-9]+ checks were not unwound for their call site, but counted where the last one like them was made' "$D/said"
    jq -c '.workloads[].asked[] | select(.capability == "CAP_SYS_CHROOT").sites[] | [.site, .syscall, .granted, .denied]' "$D/host"
    # what preempts another run of a program on its CPU is lost, and counted
    lost=$(jq .lost "$D/host")
    [ "$lost" = 0 ] || grep -q "$lost lost: BPF was already busy on that CPU" "$D/said"
    jq -e '.sites_taken > 2000 and .sites_taken < .checks' "$D/host"
    # each is counted, and none at a place that is not known
    jq -e --argjson lost "$lost" '[.workloads[].asked[] | select(.capability == "CAP_SYS_CHROOT").sites[] | select(.syscall == "chroot")] |
      (map(.granted) | add) + $lost >= 4000 and all(.[]; .operation == "change the root directory")' "$D/host"
  done
  touch "$D/begin"
  CAPSIEVE_SITES=few run -0 "$CAPSIEVE" profile -v --no-outcomes -o "$D/p" -- /usr/bin/python3 "$D/acts.py" "$D/begin" "$D/end"
  [[ $output != *"were not unwound"* ]]
  [[ $output =~ ([0-9]+)" counted checks had to be unwound" ]]
  [ "${BASH_REMATCH[1]}" -ge 3990 ] || [[ $output = *"each check is sent with its call stack"* ]]
}

@test "a start with exactly what is advised works, and with less it does not" {
  touch "$D/file"
  for row in "CAP_CHOWN|chown 1:1 $D/file" "CAP_MKNOD|mknod $D/node c 1 3" "CAP_SYS_CHROOT|chroot / true" \
    "CAP_NET_BIND_SERVICE|/usr/bin/python3 -c import socket;socket.create_server(('127.0.0.1',81))"; do
    rm -f "$D/node"
    if [ "${row%%|*}" = CAP_NET_BIND_SERVICE ]; then
      command=(/usr/bin/python3 -c "import socket; socket.create_server(('127.0.0.1', 81))")
    else
      read -ra command <<<"${row#*|}"
    fi
    study -- "${command[@]}"
    [ "$status" = 0 ]
    [ "$(advised)" = "${row%%|*}" ] || { echo "$row: $(jq -c .asked "$D/p")" && false; }
    rm -f "$D/node"
    chown 0:0 "$D/file"
    run -0 "$CAPSIEVE" run --profile "$D/p" -- "${command[@]}"
    jq '.advice.capabilities = [] | .advice.bounding = []' "$D/p" >"$D/less"
    rm -f "$D/node"
    chown 0:0 "$D/file"
    run "$CAPSIEVE" run --profile "$D/less" -- "${command[@]}"
    [ "$status" != 0 ] || { echo "$row: it works without" && false; }
  done
}

@test "as a user: what has to be granted, and what a denial comes to" {
  study --as nobody -- hostname x
  [ "$status" != 0 ]
  [ -z "$(advised)" ]
  [ "$(part CAP_SYS_ADMIN)" = denied ]
  [ "$(jq -r .advice.user "$D/p")" = nobody ]
  study --as nobody --grant all -- /usr/bin/python3 -c "import socket; socket.create_server(('127.0.0.1', 81))"
  [ "$status" = 0 ]
  [ "$(advised)" = CAP_NET_BIND_SERVICE ]
  run -0 "$CAPSIEVE" run --profile "$D/p" -- /usr/bin/python3 -c "import socket; socket.create_server(('127.0.0.1', 81))"
}

@test "a file with capabilities stays executable: they are in the bounding set" {
  cp /bin/true "$D/marked"
  setcap cap_net_raw=ep "$D/marked"
  study --as nobody -- sh -c "$D/marked; :"
  [ -z "$(advised)" ]
  jq -e '.advice | .bounding == ["CAP_NET_RAW"] and (.no_new_privs | not)' "$D/p"
  jq -e --arg path "$D/marked" '.executed == [{path: $path, capabilities: ["CAP_NET_RAW"], setid: false, refused: false}]' "$D/p"
  run -0 "$CAPSIEVE" run --profile "$D/p" -- sh -c "$D/marked; :"
  study --as nobody -- "$D/marked"
  [ "$(advised)" = CAP_NET_RAW ]
  run -0 "$CAPSIEVE" run --profile "$D/p" -- "$D/marked"
  # Root has at an exec all that is in there.
  study -- "$D/marked"
  [ "$(advised)" = CAP_NET_RAW ]
  run -0 "$CAPSIEVE" run --profile "$D/p" -- "$D/marked"
}

@test "a file whose capabilities the bounding set lacks is not executed, and named; a start with them works" {
  local as

  command -v capsh >/dev/null || skip "no capsh"
  cp /bin/true "$D/marked"
  setcap cap_net_raw+ep "$D/marked"
  for as in "" "--as nobody"; do
    run capsh --drop=cap_net_raw -- -c "'$CAPSIEVE' profile -o '$D/p' $as -- '$D/marked'"
    [ "$status" = 126 ]
    [[ $(tr -s ' \n' ' ' <<<"$output") == *"not executed $D/marked brings CAP_NET_RAW, and the bounding set lacked that"* ]] ||
      { echo "$output"; false; }
    [[ $output != *"no call failed for want"* ]]
    [ "$(advised)" = CAP_NET_RAW ]
    jq -e --arg file "$D/marked" '.advice.bounding == ["CAP_NET_RAW"] and .advice.no_new_privs == false and
      .executed == [{path: $file, capabilities: ["CAP_NET_RAW"], setid: false, refused: true}] and (.fails_otherwise | not)' "$D/p"
    diff <("$CAPSIEVE" profile show --json "$D/p") "$D/p"
    run -0 "$CAPSIEVE" run --profile "$D/p" -- "$D/marked"
  done
  # Refused for another reason it does not tell of the bounding set; and executed it is as before.
  run capsh --drop=cap_kill -- -c "'$CAPSIEVE' profile -q -o '$D/p' -- '$D/marked'"
  [ "$status" = 0 ]
  jq -e '.executed[0].refused == false' "$D/p"
}

# Execs that fail so are heard at a function of the kernel, where it lets functions be hooked.
@test "a file whose capabilities the bounding set lacks is named too where another program was to execute it" {
  command -v capsh >/dev/null || skip "no capsh"
  run "$CAPSIEVE" profile -v -- true
  [[ $output != *"unheard on this kernel: who is not allowed to execute"* ]] || skip "fexit is refused here: shown on other kernels"
  cp /bin/true "$D/marked"
  setcap cap_net_raw+ep "$D/marked"
  printf '#!%s\n' "$D/marked" >"$D/script"
  chmod +x "$D/script"
  run -0 capsh --drop=cap_net_raw -- -c "'$CAPSIEVE' profile -o '$D/p' -- sh -c 'cd / && $D/script; true'"
  [[ $(tr -s ' \n' ' ' <<<"$output") == *"not executed $D/marked brings CAP_NET_RAW, and the bounding set lacked that"* ]] ||
    { echo "$output"; false; }
  jq -e --arg file "$D/marked" '.advice.bounding == ["CAP_NET_RAW"] and .advice.no_new_privs == false and
    .executed == [{path: $file, capabilities: ["CAP_NET_RAW"], setid: false, refused: true}]' "$D/p"
  run -0 "$CAPSIEVE" run --profile "$D/p" -- sh -c "$D/script"
  # By a path that leads nowhere from here it is named, and what it brings is not guessed.
  run -0 capsh --drop=cap_net_raw -- -c "cd / && '$CAPSIEVE' profile -o '$D/p' -- sh -c 'cd $D && ./marked; true'"
  [[ $(tr -s ' \n' ' ' <<<"$output") == *"not executed ./marked brings capabilities that the bounding set lacked"* ]]
  jq -e '.executed == [{path: "./marked", capabilities: [], setid: false, refused: true}] and .advice.bounding == [] and
    .advice.no_new_privs == false' "$D/p"
  diff <("$CAPSIEVE" profile show --json "$D/p") "$D/p"
  # What is permitted and not effective is executed without.
  setcap cap_net_raw+p "$D/marked"
  run -0 capsh --drop=cap_net_raw -- -c "'$CAPSIEVE' profile -q -o '$D/p' -- sh -c '$D/marked; true'"
  jq -e '.executed[0].refused == false' "$D/p"
}

@test "what the command's own exec asks for is told of the command, and not of capsieve, whose file it is not" {
  local file exe='[.asked[].sites[] | select(.syscall == "execve").exe] | unique'

  mkdir -m 700 "$D/dir"
  cp /bin/true "$D/dir/true"
  chown nobody "$D/dir"
  cp "$CAPSIEVE" "$D/capsieve"
  setcap cap_chown+ep "$D/capsieve"
  "$CAPSIEVE" trace -q -x -o /dev/null --record "$D/rec" -- "$D/dir/true"
  "$D/capsieve" profile -q -o "$D/p" -- "$D/dir/true"
  "$D/capsieve" profile -q --no-outcomes -o "$D/early" -- "$D/dir/true"
  "$CAPSIEVE" profile -q --replay "$D/rec" -o "$D/replayed"
  for file in p early replayed; do
    jq -ce --arg file "$D/dir/true" "$exe == [\$file]" "$D/$file"
    jq -e '.executed == [] and (.advice.capabilities | index("CAP_CHOWN") | not)' "$D/$file"
  done
  # A shell's child that executes something is the shell until it has.
  "$CAPSIEVE" profile -q -o "$D/p" -- sh -c "'$D/dir/true'; :"
  jq -e --arg shell "$(readlink -f "$(command -v sh)")" "$exe == [\$shell]" "$D/p"
}

@test "a process that runs already: what it asks for, and that its start was not seen" {
  /usr/bin/python3 -c 'import os, sys, time
f = sys.argv[1]
open(f, "w").close()
while True:
    os.chown(f, 1, 1); time.sleep(0.05)' "$D/file" 3>&- &
  pid=$!
  wait_for 10 test -e "$D/file"
  study -d 1s -p $pid
  kill $pid
  [ "$status" = 0 ]
  [ "$(advised)" = CAP_CHOWN ]
  jq -e '.start_seen | not' "$D/p"
  [[ $output = *"not seen"*"start-up not seen"* ]]
}

# holds_unasked LIST OPTION...: of who asks for nothing
holds_unasked() {
  local list=$1

  shift
  study -d 500ms "$@"
  [ "$status" = 0 ]
  [ "$(jq -c .held_not_asked "$D/p")" = "$list" ] || { echo "$*: $output" && false; }
}

@test "what is held is told of who asks for nothing too, and where it is not known that is said" {
  local idle tree

  setpriv --bounding-set=-all,+chown,+kill --inh-caps=-all sleep 300 3>&- &
  idle=$!
  # The shell holds one, its child another.
  setpriv --bounding-set=-all,+chown,+setpcap,+net_raw --inh-caps=-all sh -c \
    'setpriv --bounding-set=-all,+net_raw sleep 300 & exec setpriv --bounding-set=-all,+chown sleep 300' 3>&- &
  tree=$!
  wait_for 60 is_named $idle sleep
  wait_for 60 is_named $tree sleep
  wait_for 60 pgrep -P $tree -x sleep
  JOBS=("$idle" "$tree" "$(pgrep -P $tree -x sleep)")
  holds_unasked '["CAP_CHOWN","CAP_KILL"]' -p $idle
  holds_unasked '["CAP_CHOWN"]' -p $tree
  holds_unasked '["CAP_CHOWN","CAP_NET_RAW"]' --tree $tree
  [[ $output = *"held, not asked cap_chown, cap_net_raw"* ]]
  "$CAPSIEVE" trace -q -x -d 100ms --record "$D/rec" -o /dev/null
  study --replay "$D/rec" -p $idle
  [ "$status" = 0 ]
  [[ $output = *"held, not asked unknown"* ]]
  jq -e '.held_not_asked == null' "$D/p"
  run "$CAPSIEVE" profile show "$D/p"
  [[ $output = *"held, not asked unknown"* ]]
  # Of all it is known only where it is of each.
  "$CAPSIEVE" profile merge -o "$D/sum" "$D/p" "$D/p" >/dev/null
  jq -e '.held_not_asked == null' "$D/sum"
  # the other architecture's guests have no more than Python itself
  { in_guest && ! /usr/bin/python3 -c "import jsonschema" 2>/dev/null; } ||
    /usr/bin/python3 "$E2E/schema.py" "$E2E/../../docs/capsieve-profile.schema.json" "$D/p" "$D/sum"
}

@test "descendants that have ended and whom nobody reaps are not waited for" {
  /usr/bin/python3 -c '
import ctypes, subprocess, sys
ctypes.CDLL(None).prctl(36, 1)  # PR_SET_CHILD_SUBREAPER: orphans become ours, and we never wait for them
sys.exit(subprocess.Popen(sys.argv[1:]).wait(60))' \
    "$CAPSIEVE" profile -q -o "$D/p" -- sh -c 'setsid sh -c "sleep 1; chroot / true" & exit 0' >/dev/null 3>&-
  [ "$(advised)" = CAP_SYS_CHROOT ]
}

@test "a command that gave root up is told to end, and its profile is written" {
  "$CAPSIEVE" profile -q -o "$D/p" -- /usr/bin/python3 -c 'import os, sys, time
os.setgid(1)
os.setuid(1)
os.write(1, b"given up\n")
time.sleep(600)' >"$D/out" 3>&- &
  pid=$!
  wait_for 30 has "$D/out" "given up"
  kill -TERM $pid
  wait_for 30 test -s "$D/p" || { kill -KILL $pid && false; }
  wait $pid || :
  [ "$(advised)" = "CAP_SETGID CAP_SETUID" ]
}

@test "a setgid program is run again as it was" {
  cp /bin/true "$D/setgid"
  chgrp 1 "$D/setgid"
  chmod 2755 "$D/setgid"
  for user in "" "--as nobody"; do
    # shellcheck disable=SC2086  # words
    study --verify $user -- "$D/setgid"
    [ "$status" = 0 ]
    jq -e '.status == "verified" and (.advice.no_new_privs | not)' "$D/p"
    run -0 "$CAPSIEVE" run --profile "$D/p" -- "$D/setgid"
  done
}

@test "a recording gives the same needs, and one without call sites is refused" {
  touch "$D/file"
  "$CAPSIEVE" trace -q -x -o /dev/null --record "$D/rec" -- chown 1:1 "$D/file"
  study --replay "$D/rec"
  [ "$status" = 0 ]
  [ "$(advised)" = CAP_CHOWN ]
  "$CAPSIEVE" trace -q --record "$D/plain" -- chown 1:1 "$D/file"
  run -2 "$CAPSIEVE" profile --replay "$D/plain"
  [[ $output = *"without call sites"* ]]
}

@test "the file is for nobody else, whole, and says what was seen" {
  umask 022
  touch "$D/file" "$D/p"
  study -- chown 1:1 "$D/file"
  [ "$(stat -c %a "$D/p")" = 600 ]
  jq -e '.type == "profile" and .version == 1 and .status == "estimated" and (.incomplete | not) and .lost == 0 and
    .command == "chown" and .start_seen and .sites_known and (.held_not_asked | index("CAP_CHOWN") | not)' "$D/p"
  run -0 "$CAPSIEVE" profile show "$D/p"
  [[ $output = *CAP_CHOWN* ]]
  run -0 "$CAPSIEVE" profile -q --format mask -- chown 1:1 "$D/file"
  [[ $output = *0x1* ]]
  run -0 "$CAPSIEVE" profile -q --json -- chown 1:1 "$D/file"
  jq -e '.advice.capabilities == ["CAP_CHOWN"]' <<<"$output"
}

@test "what a symbolic link points to is replaced, and the link stays" {
  mkdir "$D/dir"
  echo '{}' >"$D/dir/real"
  ln -s dir/real "$D/p"
  study -- true
  [ "$status" = 0 ]
  [ -L "$D/p" ]
  jq -e '.type == "profile" and .advice.capabilities == []' "$D/dir/real"
  touch "$D/file"
  run -0 "$CAPSIEVE" profile -q --expect "$D/p" --update -- chown 1:1 "$D/file"
  [ -L "$D/p" ]
  jq -e '.advice.capabilities == ["CAP_CHOWN"]' "$D/dir/real"
  [ "$(ls "$D/dir")" = real ]
  # So is /dev/stdout a link, also where that is a file.
  "$CAPSIEVE" profile -q -o /dev/stdout -- true >"$D/out"
  [ -L /dev/stdout ]
  jq -e '.type == "profile"' "$D/out"
  "$CAPSIEVE" profile -q -o >(cat >"$D/read") -- true
  wait_for 10 jq -e '.type == "profile"' "$D/read"
}

# exactly OPTIONS: eight programs at once, of four kinds of 1000 checks each, are all there, whatever the kernel had room for
exactly() {
  # Which check of eight programs at once preempts another's on its CPU, and is lost, is chance: where one always is, it is
  # among those that are told to be lost.
  for _ in {1..5}; do
    study -v --outcomes none "$@" -- "$TRIP/load" -s mix -n 4000 -P 8 -u 41000
    [ "$status" = 4 ] && [[ $output = *"lost: BPF was already busy on that CPU"* ]] || break
  done
  jq -c '.lost, (.asked[].sites[] | [.site, .syscall, .granted, .denied])' "$D/p"
  if [ "$status" = 4 ]; then
    jq -e '([.asked[].sites[] | select(.syscall | IN("reboot", "sethostname", "setgroups", "prctl")) | .denied] | add) +
      .lost >= 32000 and .incomplete' "$D/p"
    return
  fi
  [ "$status" = 0 ]
  for call in reboot sethostname setgroups prctl; do
    [ "$(jq "[.asked[].sites[] | select(.syscall == \"$call\") | .denied] | add" "$D/p")" -eq 8000 ]
  done
}

@test "what cannot be written is told before anything is started, and nothing is left of the trial" {
  mkdir "$D/dir"
  touch "$D/file"
  for where in "-o $D/dir" "-o $D/none/p" "--verify -o $D/dir" "-o /proc/p" "--update --expect $D/none/p" "--update --expect $D/dir"; do
    # shellcheck disable=SC2086  # words
    run "$CAPSIEVE" profile $where -- touch "$D/ran"
    [ "$status" = 125 ] || { echo "$where: $status $output" && false; }
    [ ! -e "$D/ran" ]
  done
  [[ $output = "capsieve profile: $D/dir: Is a directory" ]]
  # Who opens one waits for who reads it.
  mkfifo "$D/pipe"
  for where in "-o $D/pipe" "--update --expect $D/pipe"; do
    # shellcheck disable=SC2086  # words
    run timeout 20 "$CAPSIEVE" profile $where -- touch "$D/ran"
    [ "$status" = 125 ] && [[ $output = *"$D/pipe: a pipe, "* ]] || { echo "$where: $status $output" && false; }
    [ ! -e "$D/ran" ]
  done
  rm "$D/pipe"
  run -2 "$CAPSIEVE" profile --host -o "$D/file" -d 5m
  run -1 "$CAPSIEVE" profile --host -o "$D/none/dir" -d 5m
  [[ $output = *"$D/none/dir: No such file or directory" ]]
  study -- true
  [ "$(ls "$D")" = $'dir\nfile\np' ]
}

@test "a profile is written where the directory is somebody else's, as under sudo, and only then is a privilege kept for it" {
  study -v -- true
  [ "$status" = 0 ]
  [[ $output = *"capabilities kept: none"* || $output != *DAC_OVERRIDE* ]]
  mkdir "$D/home"
  chown nobody "$D/home"
  chmod 700 "$D/home"
  for how in "" --verify; do
    # shellcheck disable=SC2086  # words
    run -0 "$CAPSIEVE" profile -v $how -o "$D/home/p$how" -- true
    jq -e '.advice.capabilities == []' "$D/home/p$how"
    [ "$(stat -c '%a %U' "$D/home/p$how")" = "600 root" ]
    [ -n "$how" ] || [[ $output = *"capabilities kept: CAP_DAC_OVERRIDE,CAP_FOWNER"* ]]
  done
  run -0 "$CAPSIEVE" profile -q --host -d 300ms -o "$D/home/host"
  [ -d "$D/home/host" ]
}

@test "each check is counted, by its call site, also where the kernel has no room for another kind" {
  for probe in $(probes); do
    exactly --attach "$probe"
    [[ $output != *"one by one"* ]]
    [[ $output != *"each check is sent with its call stack"* ]] || continue
    # so small a table may have room for a few more
    exactly --attach "$probe" --kinds 16 --ring 64M
    # and what is lost needs no room
    [ "$status" = 4 ] || [[ $output =~ ([0-9]+)" checks were sent one by one" ]]
    echo "$probe: ${BASH_REMATCH[1]-} sent"
  done
}

@test "what was refused is told with what its call returned, each time" {
  study --outcomes all -- "$TRIP/load" -s mix -n 400 -u 41000
  [ "$status" = 0 ] || [ "$status" = 4 ]
  [ "$(jq .lost "$D/p")" -eq 0 ] || skip "checks were lost"
  jq -c '.asked[].sites[] | [.syscall, .denied, .denied_failed]' "$D/p"
  [ "$(jq '[.asked[].sites[] | select(.syscall == "reboot") | .denied_failed] | add' "$D/p")" -eq 100 ]
}

@test "what decides on a class tells counts apart: arguments, callers" {
  study -- /usr/bin/python3 -c 'import os, socket
s = socket.socket()
for i in range(50):
    s.setsockopt(socket.SOL_SOCKET, 33, 65536)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_PRIORITY, 7)'
  [ "$status" = 0 ]
  jq -c '.asked[].sites[] | select(.syscall == "setsockopt") | [.operation, .class, .granted]' "$D/p" | sort >"$D/rows"
  cat "$D/rows"
  [ "$(grep -c ',50]' "$D/rows")" -eq 2 ]
}

@test "who, from which of the kernel's functions and with what: in the file, as it is read again, and on the page" {
  local act='import socket
s = socket.socket()
for i in range(9):
    s.setsockopt(socket.SOL_SOCKET, 33, 65536)
socket.socket(socket.AF_PACKET, socket.SOCK_RAW) # and SOCK_CLOEXEC' file

  study --as nobody --grant net_raw,net_admin -- /usr/bin/python3 -c "$act"
  [ "$status" = 0 ]
  [[ $(tr -s ' \n' ' ' <<<"$output") == *"by python3 ("*", user nobody), /"* ]] || { echo "$output"; false; }
  "$CAPSIEVE" trace -q -x -o /dev/null --record "$D/rec" --as nobody --grant net_raw,net_admin -- /usr/bin/python3 -c "$act"
  "$CAPSIEVE" profile -q -o "$D/replayed" --replay "$D/rec"
  "$CAPSIEVE" profile merge -o "$D/merged" "$D/p" "$D/replayed"
  for file in p replayed merged; do
    jq -c '.asked[].sites[] | [.helpers, .callers, .site, .arguments, .uid, .user, .euid]' "$D/$file"
    jq -e --argjson uid "$(id -u nobody)" '[.asked[].sites[] | select(.uid != $uid or .user != "nobody" or .euid != $uid)] == []' "$D/$file"
    jq -e '.asked[] | select(.capability == "CAP_NET_ADMIN").sites[] | select(.syscall == "setsockopt") |
      .arguments == [1, 33] and .helpers == ["audited"] and (.callers | length) == 1' "$D/$file"
    jq -e '.asked[] | select(.capability == "CAP_NET_RAW").sites[] | select(.site | startswith("packet_create")) |
      .arguments == [17, 524291] and .helpers == ["audited"] and (.callers | length) == 1' "$D/$file"
  done
  jq -e '.asked[] | select(.capability == "CAP_NET_ADMIN").sites[] | select(.syscall == "setsockopt").granted == 18' "$D/merged"
  diff <("$CAPSIEVE" profile show --json "$D/p") "$D/p"
}

@test "losses make it incomplete: exit status 4, and told in every form" {
  # More kinds than the table has room for, each check in a ring for a few hundred, and nobody reads.
  # shellcheck disable=SC2016  # its own
  study --kinds 16 --ring 64K -- sh -c 'kill -STOP $PPID; "$0" -s mix -n 1000 -P 8; kill -CONT $PPID' "$TRIP/load"
  [ "$(jq .lost "$D/p")" -gt 0 ]
  [ "$status" = 4 ]
  jq -e .incomplete "$D/p"
  [[ ${output//$'\n'/ } = *"incomplete, checks were lost"* ]]
}

@test "the command's status is passed on, and mistakes are told" {
  study -- sh -c 'exit 7'
  [ "$status" = 7 ]
  run -127 "$CAPSIEVE" profile -o "$D/none" -- /no/such/program
  [ ! -e "$D/none" ]
  run -2 "$CAPSIEVE" profile
  [[ $output = *"what is to be watched? -- COMMAND"* ]]
  run -2 "$CAPSIEVE" profile --format dockr -- true
  [[ $output = *"did you mean 'docker'?"* ]]
  run -125 "$CAPSIEVE" profile -o /no/such/dir/p -- touch "$D/was-run"
  [ ! -e "$D/was-run" ]
  [[ $output = *"/no/such/dir/p: No such file or directory"* ]]
}
