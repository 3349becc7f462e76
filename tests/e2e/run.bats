# SPDX-License-Identifier: BSD-2-Clause
#
# run: what a command really starts with, as /proc, capsh and getpcaps tell it; what is refused, and why; and
# rules, as nobody, through a file with capabilities.

bats_require_minimum_version 1.5.0
load lib

RULES=/etc/capsieve/run.d
NAME=capsieve-test-$$

setup_file() {
  # places that anybody can execute from, on a file system that takes file capabilities
  BIN=$(mktemp -d /var/tmp/capsieve-run.XXXXXX)
  chmod 755 "$BIN"
  cp "$CAPSIEVE" "$BIN/capsieve"
  cp "$CAPSIEVE" "$BIN/granted"
  chmod 755 "$BIN/capsieve" "$BIN/granted"
  cp "$(command -v sleep)" "$BIN/sleep"
  [ -d "$RULES" ] || export MADE_RULES=1
  mkdir -p "$RULES"
  export BIN
}

teardown_file() {
  rm -rf "$BIN"
  rm -f "$RULES"/capsieve-test-*.yaml
  [ -z "${MADE_RULES-}" ] || rmdir -p "$RULES" 2>/dev/null || :
}

setup() {
  JOBS=()
}

teardown() {
  end_jobs
}

R() {
  "$BIN/capsieve" run "$@"
}

# sets WORDS...: the five sets of a command that `run` started with these options, as "inh prm eff bnd amb"
sets() {
  R "$@" -- awk '/^Cap/ { printf "%s%s", sep, $2; sep = " " }' /proc/self/status
}

# refused STATUS WORDS OPTION...: with this exit status, one sentence that has these words
refused() {
  local want=$1 words=$2
  shift 2
  run --separate-stderr "$BIN/capsieve" run "$@"
  echo "$status: $stderr"
  [ "$status" -eq "$want" ]
  [ "${#stderr_lines[@]}" -eq 1 ]
  [[ $stderr == "capsieve run: "*"$words"* ]]
  [ -z "$output" ]
}

nobody() {
  setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all -- "$@"
}

can_filecap() {
  setcap "$1" "$2" 2>/dev/null || skip "this file system takes no file capabilities"
}

# rule NAME, from standard input
rule() {
  cat >"$RULES/$1.yaml"
  chmod 644 "$RULES/$1.yaml"
}

NONE=0000000000000000
RAW=0000000000002000

@test "root starts a command with exactly one capability" {
  [ "$(sets --caps net_raw)" = "$RAW $RAW $RAW $RAW $RAW" ]
  [ "$(sets)" = "$NONE $NONE $NONE $NONE $NONE" ]
  [ "$(sets --caps none)" = "$NONE $NONE $NONE $NONE $NONE" ]
  [ "$(sets --caps CAP_NET_RAW,13 --securebits noroot)" = "$RAW $RAW $RAW $RAW $RAW" ]
}

@test "a user keeps it over the change of the user" {
  [ "$(sets --as nobody --caps net_raw)" = "$RAW $RAW $RAW $RAW $RAW" ]
  run R --as nobody:daemon --groups daemon,7 --caps net_raw -- id
  [[ $output == "uid=65534(nobody) gid=1(daemon) groups=1(daemon),7"* ]]
  run R --as nobody --groups none -- grep Groups /proc/self/status
  [ "$(tr -d '[:space:]' <<<"$output")" = Groups: ]
  [ "$(R --as nobody -- sh -c 'echo "$USER $HOME"')" = "nobody $(getent passwd nobody | cut -d: -f6)" ]
}

@test "--keep-bounding and --inheritable" {
  own=$(awk '/^CapBnd/ { print $2 }' /proc/self/status)
  [ "$(sets --as nobody --caps net_raw --keep-bounding)" = "$RAW $RAW $RAW $own $RAW" ]
  [ "$(sets --as nobody --caps net_raw --inheritable)" = "$RAW $NONE $NONE $RAW $NONE" ]
}

@test "capsh and getpcaps see the same" {
  run R --as nobody --caps net_raw,kill -- capsh --current
  echo "$output"
  [ "${lines[0]}" = "Current: cap_kill,cap_net_raw=eip" ]
  "$BIN/capsieve" run --as nobody --caps net_raw -- "$BIN/sleep" 60 3>&- &
  pid=$!
  wait_for 10 is_named $pid sleep
  run getpcaps $pid
  kill $pid
  [ "$output" = "$pid: cap_net_raw=eip" ]
}

@test "--iab as libcap means it" {
  run R --as nobody --iab '!cap_chown,^cap_kill,%cap_fowner' -- capsh --print
  echo "$output"
  [[ $output == *"Current: cap_kill=eip cap_fowner+i"* ]]
  [[ $output == *"Ambient set =cap_kill"* ]]
  [[ $(grep 'Bounding set' <<<"$output") != *cap_chown* ]]
  [[ $(grep 'Bounding set' <<<"$output") == *cap_fowner* ]]
}

@test "each mode, as capsh names it" {
  for mode in pure1e:PURE1E nopriv:NOPRIV hybrid:HYBRID pure1e-init:PURE1E_INIT; do
    caps=net_raw
    [ "${mode%:*}" != nopriv ] || caps=none
    run R --mode "${mode%:*}" --caps $caps -- capsh --print
    echo "$output"
    [[ $output == *"Guessed mode: ${mode#*:} ("* ]]
    run R --mode "${mode%:*}" --caps $caps --as nobody -- capsh --print
    [[ $output == *"uid=65534(nobody)"* && $output == *"Guessed mode: ${mode#*:} ("* ]]
    ! unshare -Ur true 2>/dev/null || {
      run unshare -Ur "$BIN/capsieve" run --mode "${mode%:*}" --caps $caps -- capsh --print
      [[ $output == *"Guessed mode: ${mode#*:} ("* ]]
    }
  done
  # name: inheritable, permitted, effective, bounding, ambient
  [ "$(sets --mode pure1e --caps net_raw --as nobody)" = "$RAW $NONE $NONE $RAW $NONE" ]
  [ "$(sets --mode pure1e_init --caps net_raw --as nobody)" = "$NONE $NONE $NONE $RAW $NONE" ]
  [ "$(sets --mode nopriv --as nobody)" = "$NONE $NONE $NONE $NONE $NONE" ]
  [ "$(sets --mode hybrid --caps net_raw --as nobody)" = "$RAW $RAW $RAW $RAW $RAW" ]
  run R --mode nopriv -- capsh --print
  [[ $output == *"(no-new-privs=1)"* ]]
  run capsh --mode=PURE1E --print
  theirs=$(grep -A4 Securebits <<<"$output")
  run R --mode pure1e --caps net_raw -- capsh --print
  [ "$(grep -A4 Securebits <<<"$output")" = "$theirs" ]
}

@test "securebits and no_new_privs" {
  run R --caps setpcap --securebits noroot,noroot_locked --no-new-privs -- capsh --print
  [[ $output == *"Securebits: 03/0x3"*"(no-new-privs=1)"* ]]
}

# profile [JQ-FILTER]: a profile of something that needs CAP_NET_RAW, changed so
profile() {
  local file=$BIN/profile.json

  rm -f "$file"
  jq -n '{type: "profile", version: 1, made_by: "a test", status: "verified", incomplete: false,
    advice: {capabilities: ["CAP_NET_RAW"], bounding: ["CAP_NET_RAW"], user: "nobody", group: "daemon",
             no_new_privs: true}, needs: [{cap: "CAP_NET_RAW", sites: []}]} | '"${1-.}" >"$file"
  chmod 600 "$file"
  PROFILE=$file
}

@test "--profile starts it with what the profile advises" {
  profile
  [ "$(sets --profile "$PROFILE")" = "$RAW $RAW $RAW $RAW $RAW" ]
  run --separate-stderr R --profile "$PROFILE" -- sh -c 'id -u; id -g; grep NoNewPrivs /proc/self/status'
  [ "$output" = $'65534\n1\nNoNewPrivs:\t1' ]
  [ -z "$stderr" ]
  [ "$(R --profile "$PROFILE" --as daemon -- id -u)" = 1 ]
  profile '.advice.user = null | .advice.group = null | .advice.no_new_privs = false |
    .advice.bounding += ["CAP_KILL"] | .status = "estimated"'
  run --separate-stderr R --profile "$PROFILE" --as nobody -- \
    awk '/^Cap(Prm|Bnd)|^NoNew/ { printf "%s ", $2 }' /proc/self/status
  echo "$output $stderr"
  [ "$output" = "$RAW 0000000000002020 0 " ]
  [ "$stderr" = "capsieve run: $PROFILE: estimated, and not verified by a run with exactly this" ]
  # root would get more than it advises
  refused 126 "root gets at an exec" --profile <(jq '.status = "verified"' "$PROFILE") -- true
  profile '.advice.capabilities = []'
  [ "$(sets --profile "$PROFILE")" = "$NONE $NONE $NONE $RAW $NONE" ]
  profile
  run R --profile "$PROFILE" -- ping -c 1 -W 5 127.0.0.1
  [ "$status" -eq 0 ]
}

@test "--profile: an incomplete one only with --force" {
  host_only
  profile '.incomplete = true'
  refused 125 "$PROFILE: incomplete: not everything was seen" --profile "$PROFILE" -- true
  run --separate-stderr R --profile "$PROFILE" --force -- echo started
  [ "$status" -eq 0 ]
  [ "$output" = started ]
  [ "$stderr" = "capsieve run: $PROFILE: incomplete: capabilities may be missing" ]
}

@test "--profile: files that are none, with the place" {
  host_only
  refused 2 "/no/such: No such file or directory" --profile /no/such -- true
  refused 2 "/etc: Is a directory" --profile /etc -- true
  refused 2 "/dev/null:1:1: '[' or '{' expected" --profile /dev/null -- true
  refused 2 "/dev/zero: too large: at most 16 MiB are read" --profile /dev/zero -- true
  profile
  head -c 100 "$PROFILE" >"$BIN/cut.json"
  refused 2 "$BIN/cut.json:6:" --profile "$BIN/cut.json" -- true
  profile '.version = 2'
  refused 2 "$PROFILE: version: 2 is newer than this capsieve, which reads 1" --profile "$PROFILE" -- true
  profile '.advice.capabilities[3] = "CAP_NET_RWA"'
  refused 2 "advice.capabilities[1]: a text is expected, and not null" --profile "$PROFILE" -- true
  profile '.advice.capabilities[1] = "CAP_NET_RWA"'
  refused 2 "capabilities[1]: unknown capability 'CAP_NET_RWA'; did you mean 'CAP_NET_RAW'?" --profile "$PROFILE" -- true
  profile '.advice.capabilities += ["CAP_63"] | .advice.bounding += ["CAP_63"]'
  refused 2 "does not have CAP_63" --profile "$PROFILE" -- true
  profile '.advice.user = "no-such-user"'
  refused 2 "no user 'no-such-user'" --profile "$PROFILE" -- true
  awk 'BEGIN { for (i = 0; i < 200000; i++) printf "[" }' >"$BIN/deep.json"
  refused 2 "deep.json:1:33: nested too deep" --profile "$BIN/deep.json" -- true
  profile
  chmod 602 "$PROFILE"
  refused 125 "$PROFILE: not trusted: everyone can write it" --profile "$PROFILE" -- true
  profile
  refused 2 "--profile excludes --caps" --profile "$PROFILE" --caps kill -- true
  run --separate-stderr nobody "$BIN/capsieve" run --profile "$PROFILE" -- true
  [ "$status" -eq 125 ] && [[ $stderr == *"profile.json: Permission denied" ]]
}

# of prctl: 24 cuts the bounding set, 47:2 makes ambient, 28 sets securebits, 38 no_new_privs, 8 keeps capabilities over
# the change of the user
@test "everything is read back just before the exec: no step may fail unseen" {
  host_only
  [ -x /usr/bin/python3 ] || skip "no /usr/bin/python3"
  lied() {
    run --separate-stderr /usr/bin/python3 "$E2E/lie.py" "$1" "$BIN/capsieve" run --as nobody --caps net_raw \
      --securebits noroot --no-new-privs -- echo started
    echo "$1: $status: $output $stderr"
    [ "$status" -ne 0 ] && [ -z "$output" ] && [[ $stderr == "capsieve run: "*"$2"* ]]
  }
  lied prctl:24 "the bounding set is not as asked for, so nothing was started: too much: CAP_CHOWN"
  lied prctl:47:2 "the ambient set is not as asked for, so nothing was started: too little: CAP_NET_RAW"
  lied setresuid "user or groups are not as asked for, so nothing was started"
  lied setresgid "user or groups are not as asked for, so nothing was started"
  lied setgroups "user or groups are not as asked for, so nothing was started"
  lied prctl:28 "securebits or no_new_privs are not as asked for, so nothing was started"
  lied prctl:38 "securebits or no_new_privs are not as asked for, so nothing was started"
  lied prctl:8 "could not set the ambient capabilities: Operation not permitted"
  lied capset "could not set the ambient capabilities: Operation not permitted"
}

@test "what cannot work is refused, with the reason" {
  refused 2 "does not have CAP_41; its last one is " --caps 41 -- true
  refused 2 "--caps: unknown capability 'net_rw'; did you mean 'CAP_NET_RAW'?" --caps net_rw -- true
  refused 2 "--caps and --iab exclude each other" --caps kill --iab ^cap_kill -- true
  refused 2 "has nothing ambient" --mode pure1e --ambient --caps kill -- true
  refused 2 "leaves no capability" --mode nopriv --caps kill -- true
  refused 2 "no such mode 'pure'" --mode pure -- true
  refused 2 "no such securebit 'norot'; did you mean 'noroot'?" --securebits norot -- true
  refused 2 "no user 'nobdy'; did you mean 'nobody'?" --as nobdy -- true
  refused 2 "no group" --groups no-such-group -- true
  refused 2 "there is --as USER" --user nobody -- true
  refused 2 "no command" --caps kill
  refused 126 "root gets at an exec all that the bounding set allows" --caps kill --keep-bounding -- true
  run -127 R -- no-such-command
  [[ $output == "capsieve run: no command 'no-such-command' in PATH" ]]
  refused 126 "Is a directory" -- /
  [ -u "$(command -v su)" ] || skip "su is not setuid here"
  refused 126 "is setuid: it would run as user 0" --as nobody -- su
  R --as nobody --no-new-privs -- "$(command -v su)" --help >/dev/null
}

@test "a file with capabilities that cancel ambient ones, or wants more" {
  cp "$(command -v sleep)" "$BIN/capped"
  can_filecap cap_kill=ep "$BIN/capped"
  refused 126 "empties the ambient set, here of CAP_NET_RAW" --as nobody --caps net_raw,kill -- "$BIN/capped" 0
  refused 126 "cut from the bounding set are CAP_KILL" --as nobody -- "$BIN/capped" 0
  R --as nobody --caps kill -- "$BIN/capped" 0
  # nor does it get what was not asked for
  refused 126 "would get also CAP_KILL" --as nobody --keep-bounding -- "$BIN/capped" 0
  refused 126 "would get also CAP_KILL" --as nobody --keep-bounding --inheritable --caps net_raw -- "$BIN/capped" 0
  refused 126 "would get also CAP_KILL" --keep-bounding --securebits noroot -- "$BIN/capped" 0
  R --as nobody --keep-bounding --no-new-privs -- "$BIN/capped" 0
  printf '#!%s\n0\n' "$BIN/capped" >"$BIN/script"
  chmod 755 "$BIN/script"
  refused 126 "empties the ambient set" --as nobody --caps net_raw,kill -- "$BIN/script"
}

@test "scripts: bits that do nothing, and texts without #!" {
  printf 'echo hello\n' >"$BIN/text"
  chmod 755 "$BIN/text"
  refused 126 "a text without a #! line" -- "$BIN/text"
  printf '#!/bin/sh\necho hello\n' >"$BIN/text"
  [ "$(R --as nobody -- "$BIN/text")" = hello ]
  chmod 4755 "$BIN/text"
  refused 126 "is a script: the kernel ignores the setuid" -- "$BIN/text"
}

@test "what the caller does not have is refused" {
  run --separate-stderr nobody "$BIN/capsieve" run --caps net_raw -- true
  [ "$status" -eq 125 ]
  [[ $stderr == "capsieve run: cannot give CAP_NET_RAW: you do not have it to give"* ]]
  run --separate-stderr nobody "$BIN/capsieve" run --keep-bounding -- echo fine
  [ "$status" -eq 0 ]
  run --separate-stderr nobody "$BIN/capsieve" run -- true
  [[ $stderr == *"--keep-bounding leaves it"* ]]
  run --separate-stderr nobody "$BIN/capsieve" run --caps net_bind_service -- true
  [[ $stderr == *"ip_unprivileged_port_start"* ]]
}

@test "in a user namespace" {
  unshare -Ur true || skip "no user namespaces here"
  own=$(unshare -Ur "$BIN/capsieve" run --caps net_admin -- awk '/^Cap/ { printf "%s ", $2 }' /proc/self/status)
  [ "$own" = "0000000000001000 0000000000001000 0000000000001000 0000000000001000 0000000000001000 " ]
  run nobody unshare -Urn "$BIN/capsieve" run --caps net_admin -- ip link set lo up
  echo "$output"
  [ "$status" -eq 0 ]
  run nobody unshare -Urn "$BIN/capsieve" run --caps net_raw -- ip link set lo up
  [ "$status" -ne 0 ]
  # a setuid bit of somebody who does not exist there counts for nothing
  install -m 4755 -o 1 "$(command -v id)" "$BIN/theirs"
  run nobody unshare -Ur "$BIN/capsieve" run --caps kill -- "$BIN/theirs" -u
  echo "$output"
  [ "$status" -eq 0 ]
  [ "$output" = 0 ]
  run nobody unshare -Ur "$BIN/capsieve" explain --json exec "$BIN/theirs"
  [ "$(jq -c '[(.steps[] | select(.rule == "ids_unmapped").rule), .after.euid]' <<<"$output")" = '["ids_unmapped",0]' ]
}

@test "the command's status, its signals, its place" {
  run R -- sh -c 'exit 7'
  [ "$status" -eq 7 ]
  run R -- sh -c 'kill -TERM $$'
  [ "$status" -eq 143 ]
  "$BIN/capsieve" run --as nobody -- "$BIN/sleep" 60 3>&- &
  pid=$!
  wait_for 10 is_named $pid sleep
  kill -TERM $pid
  wait $pid || [ $? -eq 143 ]
  root=$(mktemp -d "$BIN/root.XXXXXX")
  cp "$(command -v busybox)" "$root/busybox" || skip "no busybox"
  chmod 755 "$root"
  run R --as nobody --chroot "$root" --caps net_raw -- /busybox pwd
  [ "$output" = / ]
  # looked at there too, where there is no /proc; without one the leak check of a sanitizer ends the child that refuses
  [ -z "${SANITIZE-}" ] || return 0
  setcap cap_kill=ep "$root/busybox" || skip "this file system takes no file capabilities"
  refused 126 "empties the ambient set" --as nobody --chroot "$root" --caps net_raw,kill -- /busybox pwd
  refused 126 "cut from the bounding set are CAP_KILL" --as nobody --chroot "$root" -- /busybox pwd
}

@test "--watch passes the status and signals on" {
  [ -n "$(probes)" ] || skip "no probe works here"
  run R --watch -- sh -c 'kill -KILL $$'
  [ "$status" -eq 137 ]
  run -127 R --watch -- no-such-command
  for sig in TERM HUP; do
    : >"$BIN/heard"
    "$BIN/capsieve" run --as nobody --watch -- sh -c 'trap "echo heard; exit 5" TERM HUP; echo ready; while :; do sleep 0.1; done' \
      >"$BIN/heard" 2>&1 3>&- &
    JOBS=($!)
    wait_for 30 has "$BIN/heard" ready
    kill -$sig "${JOBS[0]}"
    status=0
    wait "${JOBS[0]}" || status=$?
    JOBS=()
    cat "$BIN/heard"
    [ "$status" -eq 5 ]
    has "$BIN/heard" heard
  done
}

@test "--watch says what was refused" {
  [ -n "$(probes)" ] || skip "no probe works here"
  run --separate-stderr R --as nobody --caps net_raw --watch -- \
    sh -c 'chown 0 /etc/passwd 2>/dev/null; hostname x; exit 9'
  echo "$stderr"
  [ "$status" -eq 9 ]
  [[ $stderr == *"capsieve run: refused CAP_CHOWN: fchownat (change a file's owner) failed with EPERM, once"* ]]
  [[ $stderr == *"capsieve run: refused CAP_SYS_ADMIN: sethostname (set the host name) failed with EPERM, once"* ]]
  [[ $stderr != *CAP_NET_RAW* ]]
}

# denied CAPS ACT...: what --watch says of these acts, of nobody with these capabilities, without its first words
denied() {
  local caps=$1

  [ -n "$(probes)" ] || skip "no probe works here"
  [ -x /usr/bin/python3 ] || skip "no /usr/bin/python3"
  shift
  mkdir -p "$BIN/mine" "$BIN/shut"
  chown 65534 "$BIN/mine"
  [ -p "$BIN/shut/pipe" ] || mkfifo -m 666 "$BIN/shut/pipe"
  cp "$(type -P true)" "$BIN/shut/true"
  cp "$(type -P true)" "$BIN/secret"
  chmod 700 "$BIN/shut" "$BIN/secret"
  run --separate-stderr R --as nobody --caps "$caps" --watch -- \
    /usr/bin/python3 -B -I -S "$E2E/denied.py" "$BIN" "$@"
  echo "$status: $output$stderr"
  [ "$status" -eq 0 ]
  SAID=$(sed 's/^capsieve run: refused //' <<<"$stderr")
}

said() {
  grep -qxF -- "$1" <<<"$SAID"
}

# The system call of os.chown(): arm64 has only the one that takes a directory
chown_call() {
  case $(uname -m) in
  aarch64) echo fchownat ;;
  *) echo chown ;;
  esac
}

@test "--watch: denied and failed, with its errno; denied and worked all the same" {
  denied none chown chown bind write execute
  said "CAP_CHOWN: $(chown_call) (change a file's owner) failed with EPERM, 2 times"
  said "CAP_NET_BIND_SERVICE: bind (bind a port below 1024) failed with EACCES, once"
  said "CAP_FSETID: write (keep the setuid and setgid bits of a file that is written) succeeded all the same, once"
  said "CAP_DAC_OVERRIDE: execve (execute what the mode of a file or directory forbids) failed with EACCES, once"
}

@test "--watch: two denials in one system call have one outcome" {
  denied none look
  said "CAP_DAC_READ_SEARCH: openat (read or search what the mode of a file or directory forbids) failed with EACCES, once"
  said "CAP_DAC_OVERRIDE: openat (use what the mode of a file or directory forbids) failed with EACCES, once"
}

@test "--watch: 200 short processes" {
  denied none short
  said "CAP_CHOWN: $(chown_call) (change a file's owner) failed with EPERM, 200 times"
}

@test "--watch: a call that a signal interrupts has no outcome, and one when it began anew" {
  WORDS="openat (read or search what the mode of a file or directory forbids)"
  # also that of who writes into the pipe
  denied dac_override restart
  said "CAP_DAC_READ_SEARCH: $WORDS interrupted by a signal, outcome unknown, once; $WORDS succeeded all the same, \
2 times"
}

@test "--watch: a process that is killed in the call, one that is still in it, and an exec that works" {
  WORDS="openat (read or search what the mode of a file or directory forbids)"
  denied dac_override killed
  said "CAP_DAC_READ_SEARCH: $WORDS interrupted by a signal, outcome unknown, once"
  denied dac_override asleep
  kill -KILL "$output"
  said "CAP_DAC_READ_SEARCH: $WORDS outcome unknown, once"
  denied dac_override execute_good
  said "CAP_DAC_READ_SEARCH: execve succeeded all the same, once"
}

# Other probes on the same hook move the stack, from which the memory-overcommit checks are told.
@test "--watch: the same each time, while others come and go and the machine is busy" {
  [ -n "$(probes)" ] || skip "no probe works here"
  host_only
  for _ in 1 2; do
    while :; do "$BIN/capsieve" trace -d 100ms; done >/dev/null 2>&1 3>&- &
    JOBS+=($!)
    while :; do :; done 3>&- &
    JOBS+=($!)
  done
  bad=0
  for _ in {1..20}; do
    run --separate-stderr R --as nobody --caps net_raw --watch -- sh -c '/bin/chown 0 /etc/passwd 2>&1; exit 9'
    [ "$status" -eq 9 ] && [ "$stderr" = "capsieve run: refused CAP_CHOWN: fchownat (change a file's owner) failed with \
EPERM, once" ] && continue
    bad=$((bad + 1))
    echo "$status: $stderr"
  done
  [ $bad = 0 ]
}

# apart WORDS...: in a network of its own, whose only way is the loop, and where only CAP_NET_RAW may ping
apart() {
  timeout 60 unshare -n bash -c 'ip link set lo up && echo "1 0" >/proc/sys/net/ipv4/ping_group_range && "$@"' x "$@"
}

# as_nobody WORDS...: through run, with what stands in CAPS
as_nobody() {
  apart "$BIN/capsieve" run --as nobody --caps "$CAPS" -- "$@"
}

@test "ping, as nobody with one capability" {
  # a copy: the distribution's has capabilities of its own
  cp "$(command -v ping)" "$BIN/ping"
  CAPS=none
  run as_nobody "$BIN/ping" -c 1 -W 5 127.0.0.1
  echo "$output"
  [ "$status" -ne 0 ]
  CAPS=net_raw
  run as_nobody "$BIN/ping" -c 1 -W 5 127.0.0.1
  echo "$output"
  [ "$status" -eq 0 ]
  [[ $output == *" 0% packet loss"* ]]
}

@test "a web server on port 80, as nobody with one capability" {
  [ -x /usr/bin/python3 ] || skip "no /usr/bin/python3"
  mkdir -p "$BIN/www"
  echo hello >"$BIN/www/page"
  chmod -R a+rX "$BIN/www"
  serve='from urllib.request import urlopen
import os, subprocess, sys, time
server = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
for _ in range(200):
    if server.poll() is not None:
        sys.exit(server.stderr.read())
    try:
        text = urlopen("http://127.0.0.1:80/page").read().decode()
        break
    except OSError:
        time.sleep(0.05)
status = open(f"/proc/{server.pid}/status").read()
print(text, *[line for line in status.splitlines() if line.startswith(("Uid", "CapEff"))], sep="")
server.kill()'
  for caps in none net_bind_service; do
    run apart /usr/bin/python3 -c "$serve" "$BIN/capsieve" run --as nobody --caps $caps -- \
      /usr/bin/python3 -m http.server --bind 127.0.0.1 --directory "$BIN/www" 80
    echo "$status: $output"
    if [ $caps = none ]; then
      [ "$status" -eq 1 ]
      [[ $output == *"PermissionError: [Errno 13] Permission denied"* ]]
    else
      [ "$output" = $'hello\nUid:\t65534\t65534\t65534\t65534CapEff:\t0000000000000400' ]
    fi
  done
}

@test "tcpdump, as nobody with one capability" {
  command -v tcpdump >/dev/null || skip "no tcpdump"
  CAPS=none
  run as_nobody tcpdump -ni lo -c 1 icmp
  echo "$output"
  [ "$status" -ne 0 ]
  [[ $output == *"permi"* ]]
  capture='(sleep 2; ping -c 2 -i 0.5 127.0.0.1 >/dev/null) & exec "$@"'
  run --separate-stderr apart bash -c "$capture" x "$BIN/capsieve" run --as nobody --caps net_raw -- \
    tcpdump -ni lo -c 1 icmp
  echo "$output $stderr"
  [ "$status" -eq 0 ]
  [[ $output == *"ICMP echo request"* ]]
}

# ---- by a rule, as nobody, through a file with capabilities ----

granted() {
  can_filecap cap_setpcap,cap_setuid,cap_setgid,cap_net_raw=p "$BIN/granted"
}

@test "a rule: exactly this command with exactly these capabilities" {
  granted
  rule "$NAME" <<'YAML'
version: 1
users: [nobody]
command: [/usr/bin/cat, /proc/self/status]
capabilities: [net_raw]
YAML
  run nobody "$BIN/granted" run --rule "$NAME"
  echo "$output"
  [ "$status" -eq 0 ]
  [ "$(grep -c "^Cap.*$RAW" <<<"$output")" -eq 5 ]
  [[ $output == *$'\nUid:\t65534\t65534\t65534\t65534\n'* ]]
  [[ $output == *"NoNewPrivs:"*1* ]]
  run nobody "$BIN/granted" run --rule "$NAME" -- /usr/bin/cat /proc/self/status
  [ "$status" -eq 0 ]
  for words in "/usr/bin/cat" "/usr/bin/cat /proc/self/status /etc/shadow" "/bin/sh" "cat /proc/self/status"; do
    # shellcheck disable=SC2086
    run nobody "$BIN/granted" run --rule "$NAME" -- $words
    [ "$status" -eq 125 ]
    [[ $output == *"is for another command: /usr/bin/cat /proc/self/status"* ]]
  done
  run setpriv --reuid 1 --regid 1 --clear-groups -- "$BIN/granted" run --rule "$NAME"
  [ "$status" -eq 125 ]
  [[ $output == *"is not for you"* ]]
  run nobody "$BIN/granted" run --rule "$NAME" --caps net_raw
  [ "$status" -eq 2 ]
}

@test "a rule: nothing of an attacker's comes through" {
  granted
  rule "$NAME" <<'YAML'
version: 1
groups: nogroup
command: /usr/bin/env
arguments: any
capabilities: none
user: daemon
YAML
  cd /tmp
  run nobody env LD_PRELOAD=/tmp/x.so LD_LIBRARY_PATH=/tmp BASH_ENV=/tmp/y PATH=/tmp:. HOME=/evil IFS=x \
    TERM=../../x LANG=C.UTF-8 PYTHONPATH=/tmp LIBBPF_X=1 "$BIN/granted" run --rule "$NAME"
  echo "$output"
  [ "$status" -eq 0 ]
  [ "$(sort <<<"$output" | cut -d= -f1 | paste -sd' ')" = "HOME LANG LOGNAME PATH SHELL USER" ]
  [[ $output != *evil* && $output != */tmp* ]]
  run nobody "$BIN/granted" run --rule "$NAME" -- /usr/bin/env sh -c \
    'pwd; umask; echo /proc/self/fd/*; trap; id -u; id -G' 7</etc/passwd 9>/dev/null 200</etc/group
  echo "$output"
  [ "${lines[0]}" = / ]
  [ "${lines[1]}" = 0022 ]
  [ "${lines[2]}" = "/proc/self/fd/0 /proc/self/fd/1 /proc/self/fd/2 /proc/self/fd/3" ]
  [ "${lines[3]}" = 1 ]
  [ "${lines[4]}" = 1 ]
  # closed streams do not become files that are opened later
  run nobody bash -c '"$@" <&- 2>&-' x "$BIN/granted" run --rule "$NAME" -- /usr/bin/env readlink /proc/self/fd/0
  [[ $output == /dev/* ]]
}

@test "a rule: no signal, timer or directory of an attacker's comes through" {
  granted
  rule "$NAME" <<'YAML'
version: 1
users: ["*"]
command: [/usr/bin/sh, -c, "sleep 1; pwd; grep -E '^Sig(Blk|Ign)' /proc/self/status"]
capabilities: none
YAML
  want=$'/\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000000000'
  # the shell has some of its own, so it is the bare program that is asked
  run nobody env --ignore-signal --block-signal "$BIN/granted" run --rule "$NAME"
  echo "$output"
  [ "$output" = "$want" ]
  mkdir -p "$BIN/own/gone" "$BIN/own/shut"
  chown -R 65534 "$BIN/own"
  run nobody bash -c 'cd "$1" && rmdir "$1" && shift && exec "$@"' x "$BIN/own/gone" "$BIN/granted" run --rule "$NAME"
  echo "$output"
  [ "$output" = "$want" ]
  run nobody bash -c 'cd "$1" && chmod 0 . && shift && exec "$@"' x "$BIN/own/shut" "$BIN/granted" run --rule "$NAME"
  echo "$output"
  [ "$output" = "$want" ]
  [ -x /usr/bin/python3 ] || return 0
  run nobody /usr/bin/python3 -c 'import os, signal, sys
signal.setitimer(signal.ITIMER_REAL, 0.8, 0.1)
os.execv(sys.argv[1], sys.argv[1:])' "$BIN/granted" run --rule "$NAME"
  echo "$output"
  [ "$output" = "$want" ]
}

@test "a rule: limits make it fail or leave it as it is" {
  granted
  rule "$NAME" <<'YAML'
version: 1
users: ["*"]
command: [/usr/bin/grep, Cap, /proc/self/status]
capabilities: [net_raw]
YAML
  want=$(nobody "$BIN/granted" run --rule "$NAME")
  [ -n "$want" ]
  for limit in "-n 6" "-f 0" "-t 1" "-u 0" "-v 4000" "-v 20000" "-s 8" "-l 0" "-d 0"; do
    # 127 where not even its libraries fit, which bats would warn of
    run --separate-stderr nobody bash -c "ulimit $limit || exit 99; \"\$@\" || exit 1" x "$BIN/granted" run --rule "$NAME"
    echo "$limit: $status: $output $stderr"
    [ "$output" = "$want" ] || { [ "$status" -ne 0 ] && [ -z "$output" ]; }
  done
}

@test "a rule that others could have written is not obeyed" {
  granted
  rule "$NAME" <<'YAML'
version: 1
users: nobody
command: /usr/bin/id
capabilities: none
YAML
  by_rule() {
    run --separate-stderr nobody "$BIN/granted" run --rule "$NAME"
    echo "$status: $output $stderr"
  }
  by_rule
  [ "$status" -eq 0 ]
  chmod 664 "$RULES/$NAME.yaml"
  by_rule
  [ "$status" -eq 125 ]
  [[ $stderr == *"$NAME.yaml: not trusted: others than root can write it" ]]
  chmod 644 "$RULES/$NAME.yaml"
  chown 65534 "$RULES/$NAME.yaml"
  by_rule
  [ "$status" -eq 125 ]
  [[ $stderr == *"it is not root's" ]]
  rm "$RULES/$NAME.yaml"
  ln -s "$BIN/rule.yaml" "$RULES/$NAME.yaml"
  by_rule
  [ "$status" -eq 125 ]
  rm "$RULES/$NAME.yaml"
  by_rule
  [ "$status" -eq 125 ]
  rule "$NAME" <<YAML
version: 1
users: nobody
command: $BIN/sleep
capabilities: none
YAML
  by_rule
  [[ $stderr == *"$BIN/sleep: not trusted"* ]]
  # nor what interprets a script
  script=/usr/local/bin/$NAME
  printf '#!%s\n0\n' "$BIN/sleep" >"$script"
  chmod 755 "$script"
  rule "$NAME" <<YAML
version: 1
users: nobody
command: $script
capabilities: none
YAML
  by_rule
  rm "$script"
  [ "$status" -eq 125 ]
  [[ $stderr == *"$BIN/sleep: not trusted"* ]]
}

@test "mistakes in a rule are all told, with their place" {
  host_only
  granted
  printf '%s\n' 'versio: 1' 'users: [nobdy]' 'command: ls -l' 'capabilities: [net_rw]' 'arguments: some' \
    'users: x' | rule "$NAME"
  run nobody "$BIN/granted" run --rule "$NAME"
  echo "$output"
  [ "$status" -eq 2 ]
  [[ $output == *"$NAME.yaml:1:1: unknown key 'versio'; did you mean 'version'?"* ]]
  [[ $output == *"$NAME.yaml:2:9: no user 'nobdy'"* ]]
  [[ $output == *"$NAME.yaml:3:10: a command is a path from the root, and not 'ls -l'"* ]]
  [[ $output == *"$NAME.yaml:4:16: unknown capability 'net_rw'; did you mean 'CAP_NET_RAW'?"* ]]
  [[ $output == *"$NAME.yaml:5:12: unknown word 'some'; there are exact, any"* ]]
  [[ $output == *"$NAME.yaml:6:1: 'users' stands here twice"* ]]
  [[ $output == *"'version' is missing"* ]]
}

@test "without a rule a file with capabilities starts nothing, and opens as its caller" {
  granted
  run --separate-stderr nobody "$BIN/granted" run --caps net_raw -- true
  [ "$status" -eq 125 ]
  [[ $stderr == *"--rule NAME"* ]]
  setcap cap_dac_override,cap_bpf,cap_perfmon,cap_setuid=ep "$BIN/granted"
  run --separate-stderr nobody "$BIN/granted" trace -o "/root/$NAME" -d 1
  [ "$status" -eq 1 ]
  [ ! -e "/root/$NAME" ]
  run --separate-stderr nobody "$BIN/granted" trace -d 1
  [ "$status" -eq 1 ]
  echo secret >"$BIN/secret"
  chmod 600 "$BIN/secret"
  run --separate-stderr nobody "$BIN/granted" trace --btf "$BIN/secret" -d 1
  echo "$stderr"
  [ "$status" -eq 2 ]
  [[ $stderr == *"$BIN/secret"*"Permission denied"* ]]
  if "$BIN/capsieve" trace --help | grep -q -- --replay; then
    run --separate-stderr nobody "$BIN/granted" trace --replay "$BIN/secret"
    echo "$stderr"
    [ "$status" -ne 0 ]
    [[ $stderr == *"$BIN/secret"*"Permission denied"* ]]
  fi
  for words in "file drift" "file apply" "explain --external" "run --profile"; do
    # shellcheck disable=SC2086
    run --separate-stderr nobody "$BIN/granted" $words "$BIN/secret"
    echo "$words: $status: $stderr"
    [ "$status" -ne 0 ]
    [[ $stderr == *"$BIN/secret"*"Permission denied"* || $stderr == *"--rule NAME"* ]]
  done
  run --separate-stderr nobody "$BIN/granted" trace -- grep Cap /proc/self/status
  [ "$status" -eq 125 ]
  [ -z "$output" ]
}

@test "what its file gives reaches no command but a rule's" {
  granted
  cp "$(type -P true)" "$BIN/own-true"
  chown 65534 "$BIN/own-true"
  setcap cap_setfcap,cap_dac_override,cap_chown,cap_sys_ptrace,cap_sys_admin=ep "$BIN/granted"
  run --separate-stderr nobody "$BIN/granted" file set --force cap_net_raw=ep "$BIN/own-true"
  echo "$stderr"
  [ "$status" -eq 1 ]
  [ -z "$(getcap "$BIN/own-true")" ]
  run --separate-stderr nobody "$BIN/granted" explain --json --pid self
  [ "$(jq -c '[.is.permitted, .is.effective, .is.ambient]' <<<"$output")" = "[[],[],[]]" ]
}

@test "setuid, or setgid, it does nothing but say so" {
  cp "$CAPSIEVE" "$BIN/setuid"
  for mode in "4755 0:0" "2755 0:42" "4755 1:0"; do
    chown "${mode#* }" "$BIN/setuid"
    chmod "${mode% *}" "$BIN/setuid"
    for words in "trace" "doctor" "explain kill" "run -- id" "run --rule $NAME"; do
      # shellcheck disable=SC2086
      run --separate-stderr nobody "$BIN/setuid" $words
      [ "$status" -ne 0 ]
      [ -z "$output" ]
      [[ $stderr == *"never meant to be"* ]]
    done
  done
}
