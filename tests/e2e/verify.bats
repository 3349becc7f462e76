# SPDX-License-Identifier: BSD-2-Clause
#
# profile --verify and --minimise: the command is run again, and what it comes to is told.

bats_require_minimum_version 1.5.0
load lib

setup() {
  profile_works
  D=$(mktemp -d /tmp/capsieve-verify.XXXXXX)
  chmod 755 "$D"
  JOBS=()
  cd /
}

teardown() {
  end_jobs
  [ -z "${D-}" ] || rm -rf "$D"
}

# prove OPTIONS -- COMMAND: the profile in $D/p, the page in $output, the rest in $stderr
prove() {
  run --separate-stderr timeout 300 "$CAPSIEVE" profile -o "$D/p" "$@"
}

advised() {
  jq -r '.advice.capabilities | join(" ")' "$D/p"
}

# of_run NR FILTER: jq over one run, counted from 0
of_run() {
  jq -r --argjson nr "$1" ".proof.runs[\$nr] | $2" "$D/p"
}

# shown: what went wrong, where a test wants to say it
shown() {
  echo "status $status: $output"
  echo "${stderr-}"
  jq -c .proof "$D/p" || :
}

# Fails with the last run.
expect_status() {
  [ "$status" = "$1" ] || { shown && false; }
}

@test "it says first that it runs the command again, and then does, with exactly what is advised" {
  cat >"$D/show" <<'END'
#!/bin/sh
chown 1:1 "$1" && grep -E '^(Cap|NoNewPrivs)' /proc/self/status >>"$1.status"
END
  chmod 755 "$D/show"
  touch "$D/file"
  prove --verify -- "$D/show" "$D/file"
  expect_status 0
  [[ $stderr = *"$D/show is run again with what is advised: whatever it does, it does that again"*"run 2: with CAP_CHOWN"* ]]
  [ "$(tail -n 6 "$D/file.status" | awk '{ print $2 }' | paste -sd' ')" = \
    "0000000000000001 0000000000000001 0000000000000001 0000000000000001 0000000000000001 1" ] || { cat "$D/file.status" && false; }
  [ "$(grep -c CapPrm "$D/file.status")" = 2 ]
  [ "$(of_run 1 '[.end, .exit_status, .holds, (.capabilities | join(" "))] | @csv')" = '"ended",0,true,"CAP_CHOWN"' ]
}

@test "no_new_privs is not set where a file brings something of its own" {
  host_only
  cp /bin/true "$D/setuid"
  chmod 4755 "$D/setuid"
  prove --verify -- sh -c "$D/setuid; grep NoNewPrivs /proc/self/status >>$D/got"
  expect_status 0
  [ "$(awk '{ print $2 }' "$D/got" | paste -sd' ')" = "0 0" ]
  jq -e '.advice.no_new_privs | not' "$D/p"
}

@test "the word verified stands on the page, in the profile, in JSON and in a recipe's remarks" {
  host_only
  touch "$D/file"
  prove --verify -- chown 1:1 "$D/file"
  expect_status 0
  [[ $output = *"chown needs CAP_CHOWN: verified, it ran again with exactly this"*"Proof:"*"run 2, with CAP_CHOWN: as before"* ]]
  [ "$(jq -r .status "$D/p")" = verified ]
  prove --verify --json -- chown 1:1 "$D/file"
  jq -e '.status == "verified" and .proof.verified and (.proof.minimised | not)' <<<"$output"
  prove --verify --format systemd -- chown 1:1 "$D/file"
  [[ $output = *CapabilityBoundingSet=CAP_CHOWN* && $output != *"not verified"* ]]
  prove --format systemd -- chown 1:1 "$D/file"
  [[ $output = *"Estimated, and not verified"* ]]
  prove --verify -- chown 1:1 "$D/file"
  run -0 "$CAPSIEVE" profile show "$D/p"
  [[ $output = *"verified, it ran again with exactly this"* ]]
}

@test "what a saved profile's proof says is shown, merged and read again as it was" {
  host_only
  touch "$D/file"
  prove --minimise -- chown 1:1 "$D/file"
  expect_status 0
  [[ $output = *"Proof:"*"run 2, with CAP_CHOWN: as before"*"run 3, without CAP_CHOWN: "*"refused: CAP_CHOWN to change a file's owner"* ]]
  diff <("$CAPSIEVE" profile show "$D/p") - <<<"$output"
  "$CAPSIEVE" profile show --json "$D/p" | cmp - "$D/p"
  # A first run that is no measure, and one that differs.
  prove --verify -- false
  diff <("$CAPSIEVE" profile show "$D/p") - <<<"$output"
  [[ ${output//$'\n'/ } = *"estimated, not verified; the first run failed"* ]]
  prove --verify -- sh -c "[ ! -e '$D/once' ] || exit 5; touch '$D/once'"
  expect_status 3
  diff <("$CAPSIEVE" profile show "$D/p") - <<<"$output"
  run -0 "$CAPSIEVE" profile merge "$D/p" "$D/p"
  [[ $output != *Proof:* ]]
  run -0 "$CAPSIEVE" report "$D/p" -o "$D/page"
}

@test "ping as root: verified, and its one capability cannot go" {
  host_only
  prove --minimise -- ping -c 1 127.0.0.1
  expect_status 0
  [ "$(advised)" = CAP_NET_RAW ]
  jq -e '.proof | .verified and .minimised' "$D/p"
  [ "$(of_run 2 '[.without, .result] | @csv')" = '"CAP_NET_RAW","differs"' ]
  [[ ${output//$'\n'/ } = *"verified, it ran again with exactly this, and none of it can go"* ]]
}

@test "a web server on a low port: ready, tested, told to end, proved" {
  host_only
  command -v curl >/dev/null || skip "no curl"
  up='/usr/bin/python3 -c "import socket; socket.create_connection((\"127.0.0.1\", 83)).close()" 2>/dev/null'
  prove --minimise --ready "$up" --test 'curl -sf http://127.0.0.1:83/ >/dev/null' -- \
    /usr/bin/python3 -m http.server --bind 127.0.0.1 --directory "$D" 83
  expect_status 0
  [ "$(advised)" = CAP_NET_BIND_SERVICE ]
  jq -e '.proof.runs | length == 3 and all(.[:2][]; .server and .test == 0 and .end == "ended")' "$D/p"
  [ "$(of_run 2 '[.without, .end, .result] | @csv')" = '"CAP_NET_BIND_SERVICE","ended_early","differs"' ]
}

@test "a daemon that leaves its parent is ended too, so that the next run finds the port free" {
  host_only
  cat >"$D/daemon" <<END
#!/bin/sh
/usr/bin/python3 -m http.server --bind 127.0.0.1 --directory "$D" 84 >/dev/null 2>&1 &
END
  chmod 755 "$D/daemon"
  up='/usr/bin/python3 -c "import socket; socket.create_connection((\"127.0.0.1\", 84)).close()" 2>/dev/null'
  prove --verify --ready "$up" -- "$D/daemon"
  expect_status 0
  [ "$(advised)" = CAP_NET_BIND_SERVICE ]
  [ "$(jq -c '[.proof.runs[] | [.end, .server]]' "$D/p")" = '[["ended",true],["ended",true]]' ]
  run ! sh -c "$up"
}

@test "a set that is too small is told, what was refused is added, and proved" {
  host_only
  # Root with all capabilities looks at another process of root without a check; with fewer it is asked for one.
  sleep 1000 3>&- &
  JOBS+=($!)
  wait_for 60 is_named $! sleep
  prove --verify -- /usr/bin/python3 -c "import os; os.readlink('/proc/${JOBS[0]}/exe')"
  expect_status 0
  [ "$(advised)" = CAP_SYS_PTRACE ]
  [ "$(of_run 1 .holds)" = false ]
  [ "$(of_run 1 '[.differences[] | select(.matters) | [.kind, .capability]] | unique | tojson')" = \
    '[["denial","CAP_SYS_PTRACE"],["status",null]]' ]
  [ "$(of_run 2 .holds)" = true ]
  [[ $output = *"run 2, with no capability: it differs"*"exit status 1, and 0 in the first run"*"refused: CAP_SYS_PTRACE"* ]]
  [[ $output = *"added"*"cap_sys_ptrace"* ]]
}

@test "what most calls only do less without is tried where nothing else explains the difference" {
  prove --verify -- /usr/bin/python3 -c 'import socket; socket.socket().setsockopt(1, 33, 1 << 22)'
  expect_status 0
  [ "$(of_run 1 '[.exit_status, .holds] | @csv')" = "1,false" ]
  [ "$(advised)" = CAP_NET_ADMIN ]
  [ "$(jq -r '.proof.added | join(" ")' "$D/p")" = CAP_NET_ADMIN ]
}

@test "what differs and no capability mends is status 3, and stays estimated" {
  host_only
  prove --verify -- sh -c 'grep -q "CapEff:.*ffff" /proc/self/status'
  expect_status 3
  [ "$(jq -r .status "$D/p")" = estimated ]
  [[ ${output//$'\n'/ } = *"estimated, not verified; run with exactly this it differs"*"exit status 1, and 0 in the first run"* ]]
  prove --verify --format docker -- sh -c 'grep -q "CapEff:.*ffff" /proc/self/status'
  expect_status 3
  [[ $output = *"Estimated, and not verified"* ]]
}

@test "a command that is different the second time: what is new, and what is gone" {
  host_only
  touch "$D/file"
  prove --verify -- /usr/bin/python3 -c "
import os, sys
new = not os.path.exists('$D/was')
open('$D/was', 'w').close()
(os.chown if new else os.lchown)('$D/file', 1, 1)"
  expect_status 0
  [ "$(of_run 1 '[.differences[] | [.kind, .capability, .matters]] | sort | tojson')" = \
    '[["check","CAP_CHOWN",false],["gone","CAP_CHOWN",false]]' ]
  [[ $output = *"new: CAP_CHOWN to change a file's owner: lchown"*"not asked again: CAP_CHOWN"* ]]
}

@test "an exit status lies: tar and useradd keep what their work needs, unless the judge says so" {
  mkdir "$D/src" "$D/out"
  touch "$D/src/a"
  chown 1000:1001 "$D/src/a"
  chmod 2755 "$D/src/a"
  tar -C "$D" -cf "$D/t.tar" src
  prove --minimise --reset "rm -rf $D/out; mkdir $D/out" -- tar -xpf "$D/t.tar" -C "$D/out"
  expect_status 0
  [ "$(advised)" = "CAP_CHOWN CAP_FOWNER CAP_FSETID" ] || { shown && false; }
  # Without it the bit is gone, and the status is 0 all the same.
  jq -e '.proof.runs[] | select(.without == "CAP_FSETID") | .exit_status == 0 and .result == "differs"' "$D/p"
  ! in_guest || return 0
  prove --minimise --reset "rm -rf $D/out; mkdir $D/out" --test "test -e $D/out/src/a" -- tar -xpf "$D/t.tar" -C "$D/out"
  expect_status 0
  [[ $(advised) != *CAP_FSETID* ]]
}

@test "useradd that may not own the home directory ends with 0: it keeps what it needs" {
  host_only
  command -v useradd >/dev/null || skip "no useradd"
  mkdir -p "$D/was/etc" "$D/was/home" "$D/skel"
  touch "$D/skel/.rc" "$D/was/etc/passwd" "$D/was/etc/group" "$D/was/etc/shadow" "$D/was/etc/gshadow"
  printf 'UID_MIN 1000\nUID_MAX 60000\nGID_MIN 1000\nGID_MAX 60000\nUSERGROUPS_ENAB yes\n' >"$D/was/etc/login.defs"
  cp -a "$D/was" "$D/root"
  useradd -P "$D/root" -m -k "$D/skel" tester 2>/dev/null || skip "this useradd does not work here"
  rm -rf "$D/root" && cp -a "$D/was" "$D/root"
  prove --minimise --reset "rm -rf $D/root; cp -a $D/was $D/root" -- useradd -P "$D/root" -m -k "$D/skel" tester
  expect_status 0
  [[ " $(advised) " = *" CAP_CHOWN "* ]]
  jq -e '.proof.runs[] | select(.without == "CAP_CHOWN") | .exit_status == 0 and .result == "differs"' "$D/p"
}

@test "a program that tries another way keeps its capability, unless the judge accepts the other way" {
  host_only
  cat >"$D/retry.py" <<'END'
import socket
try:
    socket.create_server(("127.0.0.1", 85))
except PermissionError:
    socket.create_server(("127.0.0.1", 0))
END
  prove --minimise -- /usr/bin/python3 "$D/retry.py"
  expect_status 0
  [ "$(advised)" = CAP_NET_BIND_SERVICE ]
  [ "$(of_run 2 '[.exit_status, .result] | tojson')" = '[0,"differs"]' ]
  prove --minimise --test true -- /usr/bin/python3 "$D/retry.py"
  expect_status 0
  [ -z "$(advised)" ]
  [[ $output != *"can go"* ]]
  [[ ${output//$'\n'/ } = *"needs no capability: verified"*"Not advised: it was taken away, and the work was done without:"* ]]
  run -0 "$CAPSIEVE" run --profile "$D/p" -- /usr/bin/python3 "$D/retry.py"
}

@test "what was not asked for again stays, unless all is made as it was and judged" {
  host_only
  touch "$D/file"
  command=(sh -c "[ -e $D/done ] || chown 1:1 $D/file; touch $D/done")
  prove --minimise -- "${command[@]}"
  expect_status 0
  [ "$(advised)" = CAP_CHOWN ]
  [ "$(of_run 2 .result)" = unasked ]
  [[ ${output//$'\n'/ } = *"exactly this, and whether it can go is not known: it was not asked for again"* ]]
  rm -f "$D/done"
  chown 0:0 "$D/file"
  prove --minimise --reset "rm -f $D/done; chown 0:0 $D/file" --test "[ \$(stat -c %u $D/file) = 1 ]" -- "${command[@]}"
  expect_status 0
  [ "$(advised)" = CAP_CHOWN ]
  [ "$(of_run 2 .result)" = differs ]
}

@test "of two that would do the less dangerous one is proved" {
  host_only
  "$TRIP/trip" btf-load >/dev/null || skip "bpf() is not to be had here"
  prove --minimise -- "$TRIP/trip" btf-load
  expect_status 0
  [[ " $(advised) " = *" CAP_BPF "* && " $(advised) " != *" CAP_SYS_ADMIN "* ]]
}

@test "as another user: with exactly what is advised, as that user" {
  host_only
  prove --minimise --as nobody --grant all -- /usr/bin/python3 -c "import socket; socket.create_server(('127.0.0.1', 86))"
  expect_status 0
  [ "$(advised)" = CAP_NET_BIND_SERVICE ]
  jq -e '.advice.user == "nobody" and .proof.verified' "$D/p"
}

@test "a first run that fails is no measure; the judge can make it one" {
  host_only
  prove --verify -- sh -c 'exit 7'
  expect_status 1
  [[ $stderr = *"sh ended with status 7"* ]]
  [[ ${output//$'\n'/ } = *"not verified; the first run failed"* ]]
  [ "$(jq '.proof.runs | length' "$D/p")" = 1 ]
  [ "$(of_run 0 .exit_status)" = 7 ]
  prove --verify --test true -- sh -c 'exit 7'
  expect_status 1
  jq -e '.proof.verified' "$D/p"
  prove --verify --test false -- true
  expect_status 1
  [[ ${output//$'\n'/ } = *"--test did not accept the first run"* ]]
}

@test "--ready that never succeeds, --test and --reset that do not exist, a run that takes too long" {
  host_only
  prove --verify --ready false --timeout 2s -- sleep 1000
  expect_status 1
  [[ ${output//$'\n'/ } = *"the first run was not ready in time"* ]]
  [[ $stderr = *"--ready ended with status 1"* ]]
  prove --verify --ready true --test /no/such/test -- sleep 1000
  expect_status 1
  [[ $stderr = *"--test: the shell found no such command (status 127)"* ]]
  prove --verify --ready false -- true
  expect_status 1
  [[ ${output//$'\n'/ } = *"the first run ended before it was told to"* ]]
  prove --verify --timeout 1s -- sleep 1000
  expect_status 1
  [[ ${output//$'\n'/ } = *"the first run did not end in time; a server wants --ready CMD"* ]]
  prove --verify --timeout 1s --test "sleep 1000; touch $D/done" -- true
  expect_status 1
  [[ $stderr = *"--test did not end in time"* && ${output//$'\n'/ } = *"--test did not accept the first run"* ]]
  [ "$(of_run 0 .test)" = 124 ]
  [ ! -e "$D/done" ]
  prove --verify --reset /no/such/reset -- true
  expect_status 1
  [[ ${output//$'\n'/ } = *"not verified; the last run was not started: --reset failed"* ]]
  [[ $stderr = *"--reset: the shell found no such command (status 127)"* ]]
}

@test "the three commands have the caller's credentials, nothing to read, and write to standard error" {
  host_only
  # shellcheck disable=SC2016  # for the shell of --test
  prove --verify --test 'cat; echo "eff $(awk "/CapEff/ { print \$2 }" /proc/self/status)"; id -u; echo of the judge' -- true <<<"not for it"
  expect_status 0
  [[ $stderr = *"eff $(awk '/CapEff/ { print $2 }' /proc/self/status)"*of\ the\ judge* ]]
  [[ $output != *"of the judge"* && $stderr != *"not for it"* ]]
}

@test "standard input that is a file is read from its beginning each time, and only the first run writes to standard output" {
  host_only
  seq 3 >"$D/in"
  prove --verify -- sh -c "cat >>$D/got; echo written" <"$D/in"
  expect_status 0
  [ "$(paste -sd' ' "$D/got")" = "1 2 3 1 2 3" ]
  [ "$(grep -c written <<<"$output")" = 1 ]
  [ "$(grep -c written <<<"$stderr")" = 1 ]
}

@test "a signal ends the command, and what was proved until then is told" {
  host_only
  cat >"$D/slow" <<END
#!/bin/sh
chown 1:1 "$D/file" || exit 1
[ "\$(wc -l <"$D/runs")" != 2 ] || sleep 1000
echo >>"$D/runs"
END
  chmod 755 "$D/slow"
  touch "$D/file"
  : >"$D/runs"
  "$CAPSIEVE" profile --minimise -o "$D/p" -- "$D/slow" >"$D/out" 2>"$D/err" 3>&- &
  JOBS+=($!)
  wait_for 60 sh -c "grep -q 'run 3' $D/err && pgrep -f 'sleep 1000' >/dev/null" || { cat "$D/err" && false; }
  kill -TERM "${JOBS[0]}"
  status=0
  wait "${JOBS[0]}" || status=$?
  output=$(cat "$D/out")
  expect_status 0
  [[ ${output//$'\n'/ } = *"verified, it ran again with exactly this"*"interrupted"* ]]
  jq -e '.proof | .verified and .interrupted and (.minimised | not)' "$D/p"
  [ "$(advised)" = CAP_CHOWN ]
}

# As a supervisor does it, or a shell at the end of a pipeline: not only capsieve hears it, but all that it started.
@test "a signal to the whole group ends it in order, in the first run or a later one, and is no error" {
  host_only
  local sig runs
  cat >"$D/group.py" <<'END'
import os, signal, subprocess, sys, time
out, name, seen, runs = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
with open(out, "w") as f:
    p = subprocess.Popen(sys.argv[5:], stdin=subprocess.DEVNULL, stdout=f, stderr=f, start_new_session=True)
while len(open(seen).read().split()) < runs and p.poll() is None:
    time.sleep(0.05)
time.sleep(0.2)
os.killpg(p.pid, getattr(signal, name))
sys.exit(p.wait())
END
  for sig in SIGTERM SIGINT SIGHUP; do
    for runs in 1 2; do
      : >"$D/runs"
      run -1 timeout 60 /usr/bin/python3 "$D/group.py" "$D/out" "$sig" "$D/runs" "$runs" "$CAPSIEVE" profile --verify -o "$D/p" -- \
        sh -c "echo run >>$D/runs; sleep 3; [ \$(wc -l <$D/runs) = 1 ] || sleep 1000"
      ! grep -e error -e 'before it could say' "$D/out" || { cat "$D/out" && false; }
      grep -q interrupted "$D/out" || { cat "$D/out" && false; }
      jq -e '.status == "estimated" and .proof.interrupted' "$D/p"
    done
  done
}

@test "a second signal ends it at once, and nothing is left running" {
  host_only
  "$CAPSIEVE" profile --verify -- sh -c "trap '' TERM; touch $D/up; while :; do sleep 0.1; done" >"$D/out" 2>"$D/err" 3>&- &
  JOBS+=($!)
  wait_for 60 test -e "$D/up"
  worker=$(pgrep -P "$(pgrep -P "${JOBS[0]}" -x capsieve)" -x capsieve)
  command=$(pgrep -P "$worker" -x sh)
  kill -TERM "${JOBS[0]}"
  nap 0.3
  kill -TERM "${JOBS[0]}"
  status=0
  wait "${JOBS[0]}" || status=$?
  [ "$status" = 130 ]
  gone() { [ ! -e "/proc/$command" ] && [ ! -e "/proc/$worker" ]; }
  wait_for 60 gone || { ps -ef | grep -w -e "$command" -e "$worker" -e "${JOBS[0]}"; cat "$D/err"; false; }
}

@test "what failed in the first run with the lesser of two is nothing new where the greater one is refused" {
  mkdir -m 700 "$D/closed"
  cp "$(command -v setpriv)" "$D/setpriv"
  # what the first refused exec returned is known where each call is listened to from the start
  run env "PATH=$D/closed:$PATH" "$CAPSIEVE" profile -q --minimise --outcomes all -o "$D/p" -- \
    "$D/setpriv" --reuid=nobody --clear-groups id -u
  expect_status 0
  jq -e '.advice.capabilities == ["CAP_SETGID", "CAP_SETUID"] and .status == "verified"' "$D/p"
  jq -e '[.asked[] | select(.capability == "CAP_DAC_READ_SEARCH").part] == ["soft"]' "$D/p"
}

@test "what was added is needed, and the page says which run differed; without --test it says that one can tell" {
  printf '%s\n' '#!/bin/sh' '[ -e "$1" ] || chown 1:1 "$2" 2>/dev/null' 'rm -f "$1"' true >"$D/odd"
  chmod 755 "$D/odd"
  touch "$D/first" "$D/file"
  run "$CAPSIEVE" profile --verify -o "$D/p" -- "$D/odd" "$D/first" "$D/file"
  expect_status 0
  jq -e '.advice.capabilities == ["CAP_CHOWN"] and ([.asked[] | select(.capability == "CAP_CHOWN").part] - ["needed"] == [])' "$D/p"
  [[ $output = *"proved: without it run 2 differed"*"added "*"cap_chown: such calls failed without"*"--test CMD can tell"* ]] ||
    { shown && false; }
}

@test "only who starts runs keeps privileges while a command runs" {
  host_only
  "$CAPSIEVE" profile --verify --ready "test -e $D/go" -- sleep 1000 >"$D/out" 2>"$D/err" 3>&- &
  JOBS+=($!)
  wait_for 60 pgrep -P "$(wait_for 60 pgrep -P "${JOBS[0]}" >/dev/null; pgrep -P "${JOBS[0]}" -x capsieve)" -x capsieve >"$D/run"
  [ "$(awk '/CapPrm|CapEff|CapInh|CapAmb/ { print $2 }' "/proc/${JOBS[0]}/status" | sort -u)" = 0000000000000000 ]
  [ "$(awk '/NoNewPrivs/ { print $2 }' "/proc/${JOBS[0]}/status")" = 1 ]
  touch "$D/go"
  wait "${JOBS[0]}"
}

@test "mistakes on the command line" {
  host_only
  run -2 "$CAPSIEVE" profile --verify -p 1
  [[ $output = *"--verify needs a command to run again: -- COMMAND"* ]]
  run -2 "$CAPSIEVE" profile --verify -d 5 -- true
  [[ $output = *"-d and --verify exclude each other"* ]]
  run -2 "$CAPSIEVE" profile --ready true -- true
  [[ $output = *"--ready is about a run with --verify"* ]]
  run -2 "$CAPSIEVE" profile --test true -- true
  run -2 "$CAPSIEVE" profile --reset true -- true
  run -2 "$CAPSIEVE" profile --timeout 5 -- true
  run -2 "$CAPSIEVE" profile --verify --timeout soon -- true
  [[ $output = *"--timeout: 'soon' is no length of time"* ]]
  run -2 "$CAPSIEVE" profile --verify --test ' ' -- true
  [[ $output = *"--test: ' ' is no command"* ]]
  run -127 "$CAPSIEVE" profile --verify -- /no/such/program
}

@test "--ready: what ends by itself is no server; that one is waited for is said" {
  local up=true

  # with sanitizers, or emulated, it may take longer to start than the quarter of a second in which who ends is no server
  [ -z "${SANITIZE-}" ] || up="sleep 1"
  ! in_guest || up="sleep 30"
  run -1 "$CAPSIEVE" profile -q --minimise --ready "$up" -- true
  [[ $output = *"the first run ended before it"* && $output != *"exit status"* ]] || { echo "$output" && false; }
  run -0 --separate-stderr "$CAPSIEVE" profile --verify --ready "test -e $BATS_TEST_TMPDIR/up" -- \
    sh -c "sleep 6; touch $BATS_TEST_TMPDIR/up; exec sleep 100"
  [[ $stderr = *"not ready yet; that is waited for, 5"[0-9]" more seconds at most (--timeout)"* ]] || { echo "$stderr" && false; }
}
