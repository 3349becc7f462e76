# SPDX-License-Identifier: BSD-2-Clause
#
# -- COMMAND: what it is started with, whose checks are shown, when it is over, and what it ended with.

bats_require_minimum_version 1.5.0
load lib

setup() {
  cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
  capsieve_kill
  end_jobs
}

# ends STATUS COMMAND...
ends() {
  local expected=$1

  shift
  run "-$expected" --separate-stderr "$CAPSIEVE" trace -q --no-header -C sys_chroot -- "$@"
  echo "$* ended with $status: $stderr"
}

@test "the command's exit status is ours: 0, 7, 128 + N, 126, 127, and 125 for our own failure" {
  host_only
  ends 0 true
  ends 7 sh -c 'exit 7'
  ends 255 sh -c 'exit 255'
  for signal in 1 2 9 11 15; do
    ends $((128 + signal)) sh -c "ulimit -c 0; kill -$signal \$\$"
  done
  ends 126 /etc/passwd
  [ "$stderr" = "capsieve trace: cannot run '/etc/passwd': Permission denied" ]
  ends 126 /tmp
  ends 127 /no/such
  [ "$stderr" = "capsieve trace: no command '/no/such'" ]
  ends 127 no-such-command
  [ "$stderr" = "capsieve trace: no command 'no-such-command' in PATH" ]
  printf '#!/no/such\n' >script
  chmod 755 script
  ends 126 ./script
  [ "$stderr" = "capsieve trace: cannot run './script': it is there, but its interpreter is not" ]
  run "$CAPSIEVE" trace --ring 64K --btf /dev/null -- touch was-run
  [ "$status" -eq 125 ] || [ "$status" -eq 2 ]
  [ ! -e was-run ]
}

@test "a script without a first line is run by the shell, as shells do" {
  host_only
  echo "$TRIP/short -q; exit 3" >script
  chmod 755 script
  ends 3 ./script
  [ "${#lines[@]}" -eq 1 ]
}

# What a process was given by its parent.
GIVEN='
  for fd in /proc/self/fd/*; do echo "$fd $(readlink "$fd")"; done | grep -v "/proc/[0-9]*/fd$" | grep -v pipe:
  grep -E "^(Sig(Blk|Ign|Cgt)|Cap|NoNewPrivs|Groups|Uid|Gid|Seccomp)" /proc/self/status
  ulimit -a; umask; pwd; echo "$#" "$@"; cat; env | grep -v "^_=" | sort
  ps -o pgid=,sid=,tty= $$'

@test "the command has what it would have without capsieve: streams, limits, signals, privileges, environment" {
  host_only
  echo text >in
  sh -c "$GIVEN" sh a 'b c' '' <in 5>five >without 2>err
  "$CAPSIEVE" trace -q -o out -- sh -c "$GIVEN" sh a 'b c' '' <in 5>five >with 2>err
  diff without with
  (trap '' INT HUP TERM PIPE && sh -c "$GIVEN" sh <in >without 2>err)
  (trap '' INT HUP TERM PIPE && "$CAPSIEVE" trace -q -o out -- sh -c "$GIVEN" sh <in >with 2>err)
  diff without with
}

@test "capsieve holds nothing while its command has everything, but what passes its signals on" {
  run --separate-stderr "$CAPSIEVE" trace -q -o out -- sh -c 'grep CapPrm /proc/$PPID/status /proc/self/status'
  [ "$status" -eq 0 ]
  # CAP_KILL: a daemon that gives root up is another user's; CAP_BPF where the kernel has no answer from an open map without it
  [ "${lines[0]##*:}" = $'\t0000000000000020' ] ||
    { [[ $(uname -r) = 5.10.* ]] && [ "${lines[0]##*:}" = $'\t0000008000000020' ]; }
  [ "${lines[1]##*:}" = $'\t'"$(awk '/^CapPrm/ { print $2 }' /proc/self/status)" ]
}

# Who asks: itself, a child by fork, one by vfork, a thread, a child of that, after an exec, and a daemon.
KIN='
import os, sys, threading
short = sys.argv[1] + "/short"

def forked():
    pid = os.fork()
    if not pid:
        os.execv(short, [short, "-q"])
    os.waitpid(pid, 0)

def daemon():
    pid = os.fork()
    if not pid:
        os.setsid()
        if os.fork():
            os._exit(0)
        forked()
        os.write(w, b"x")
        os._exit(0)
    os.waitpid(pid, 0)

os.chroot("/")
forked()
os.waitpid(os.posix_spawn(short, [short, "-q"], os.environ), 0)
for target in forked, lambda: os.chroot("/"):
    t = threading.Thread(target=target)
    t.start()
    t.join()
r, w = os.pipe()
daemon()
os.read(r, 1)
os.execv(short, [short, "-q"])
'

others() {
  "$TRIP/load" -n 4000000000 -s mix >/dev/null 2>&1 3>&- &
  JOBS+=($!)
}

@test "it is followed through fork, vfork, threads, exec and daemons; nobody else is shown" {
  in_guest || others
  run --separate-stderr "$CAPSIEVE" trace --json -o out -C sys_chroot,sys_boot -- python3 -c "$KIN" "$TRIP"
  echo "$stderr"
  [ "$status" -eq 0 ]
  end_jobs
  jq -c 'select(.type == "check") | {cap, pid, tid, comm, exe}' out
  [ "$(jq -c 'select(.type == "check") | .cap' out | sort -u)" = '"CAP_SYS_CHROOT"' ]
  # itself twice, then as short; three children and the daemon's
  [ "$(jq -c 'select(.type == "check") | .comm' out | grep -c python)" -eq 2 ]
  [ "$(jq -c 'select(.type == "check") | .comm' out | grep -c '"short"')" -eq 5 ]
  [ "$(jq -c 'select(.type == "check") | .pid' out | sort -u | wc -l)" -eq 5 ]
  [ "$(jq -c 'select(.comm == "short") | .exe' out | sort -u)" = "\"$TRIP/short\"" ]
  [ "$(jq -c 'select(.type == "check" and .pid != .tid)' out | wc -l)" -eq 1 ]
}

@test "nothing of the launcher is shown: the first that is heard is the command's own exec" {
  run --separate-stderr "$CAPSIEVE" trace --json --all -o out -- "$TRIP/short"
  [ "$status" -eq 0 ]
  pid=$output
  jq -c 'select(.type == "check") | {cap, pid, comm, exe, syscall}' out
  [ "$(jq -c 'select(.type == "check") | [.pid, .comm]' out | sort -u)" = "[$pid,\"short\"]" ]
  # Until the kernel has changed the image it is still the launcher's, and only in the exec.
  [ -z "$(jq -c 'select(.type == "check" and .exe != "'"$TRIP/short"'" and .syscall != "execve")' out)" ]
  [ "$(jq -c 'select(.cap == "CAP_SYS_CHROOT") | .exe' out)" = "\"$TRIP/short\"" ]
}

@test "--args keeps the command line, in a file for nobody else; without it there is none" {
  host_only
  words=(python3 -c 'import os, time; time.sleep(1); os.chroot("/")' 'two words')
  run --separate-stderr "$CAPSIEVE" trace --json -o out -C sys_chroot --args -- "${words[@]}"
  [ "$status" -eq 0 ]
  jq -c 'select(.type == "check") | [.args, .ppid]' out
  [[ $(jq -r 'select(.type == "check") | .args' out) == *"import os, time"*"two words"* ]]
  [ "$(stat -c %a out)" = 600 ]
  run --separate-stderr "$CAPSIEVE" trace --json -o out2 -C sys_chroot -- "${words[@]}"
  [ "$(jq -c 'select(.type == "check") | .cap' out2)" = '"CAP_SYS_CHROOT"' ]
  run ! grep -q words out2
}

# lane N TIMES: a lane of runs; each must end with short's status and show its one check
lane() {
  local i out

  for ((i = 0; i < $2; i++)); do
    out=$("$CAPSIEVE" trace -q --no-header --columns pid,capability -C sys_chroot -- "$TRIP/short" -q) &&
      [[ $out =~ ^\ *[0-9]+\ CAP_SYS_CHROOT\ *$ ]] && echo shown
  done >"lane$1"
}

@test "the last check of a command that is over at once is there, 300 times" {
  local times=50

  host_only
  # with sanitizers a start takes ten times as long: 60 of them
  [ -z "${SANITIZE-}" ] || times=10
  for n in 1 2 3 4 5 6; do
    lane $n $times 3>&- &
    JOBS+=($!)
  done
  wait "${JOBS[@]}"
  JOBS=()
  [ "$(cat lane? | grep -c shown)" -eq $((6 * times)) ]
}

@test "a thousand children, each with a check of its own, are each there with their name" {
  host_only
  run --separate-stderr "$CAPSIEVE" trace --json -o out -C sys_chroot -- python3 -c '
import os, sys
short = sys.argv[1]
for n in range(1000):
    os.posix_spawn(short, [short, "-q"], os.environ)
for n in range(1000):
    os.wait()
' "$TRIP/short"
  echo "$stderr"
  [ "$status" -eq 0 ]
  [ "$(jq -c 'select(.type == "check") | .pid' out | sort -u | wc -l)" -eq 1000 ]
  [ "$(jq -c 'select(.type == "check") | [.cap, .comm, .exe]' out | sort | uniq -c | awk '{ print $1, $2 }')" = \
    "1000 [\"CAP_SYS_CHROOT\",\"short\",\"$TRIP/short\"]" ]
}

@test "it ends with the command, also where children live on" {
  host_only
  SECONDS=0
  ends 0 sh -c 'sleep 100 >/dev/null 2>&1 3>&- & echo $! >sleeper'
  [ $SECONDS -lt 50 ]
  kill "$(<sleeper)"
}

@test "-d and -n let the command go on, and say so" {
  host_only
  run --separate-stderr "$CAPSIEVE" trace -n 1 --no-header -C sys_chroot -- \
    sh -c "echo \$\$ >pid; $TRIP/short -q; exec sleep 100 >/dev/null 2>&1 3>&-"
  [ "$status" -eq 0 ]
  [ "${#lines[@]}" -eq 1 ]
  [[ $stderr == *"the command goes on by itself, process $(<pid)"* ]]
  kill "$(<pid)"
}

@test "--as: another user, with its groups and no privilege" {
  host_only
  getent passwd nobody >/dev/null || skip "there is no user nobody here"
  run --separate-stderr "$CAPSIEVE" trace -q -o /dev/null --as nobody -- sh -c 'id -u; id -g; id -G; echo $HOME $USER
    grep -E "^Cap(Prm|Eff|Inh|Amb)" /proc/self/status'
  [ "$status" -eq 0 ]
  home=$(getent passwd nobody | cut -d: -f6)
  [ "${lines[0]} ${lines[1]}" = "$(id -u nobody) $(id -g nobody)" ]
  [ "${lines[2]}" = "$(id -G nobody)" ]
  [ "${lines[3]}" = "$home nobody" ]
  [ "$(printf '%s\n' "${lines[@]:4}" | awk '{ print $2 }' | sort -u)" = 0000000000000000 ]
}

@test "--as with --grant: a check is denied without, and granted with" {
  getent passwd nobody >/dev/null || skip "there is no user nobody here"
  # nobody can execute it wherever the build is
  cp "$TRIP/trip" "$BATS_RUN_TMPDIR/trip"
  chmod 755 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/trip"
  trip=$BATS_RUN_TMPDIR/trip
  cd /
  heard() {
    "$CAPSIEVE" trace -q --no-header --columns user,capability,verdict -C net_raw --as nobody "$@" |
      awk '/NET_RAW/ { print $1, $2, $3 }' | sort -u
  }
  [ "$(heard -- "$trip" --deny raw-socket)" = "nobody CAP_NET_RAW denied" ]
  [ "$(heard --grant net_raw -- "$trip" raw-socket)" = "nobody CAP_NET_RAW allowed" ]
  [ "$(heard --grant all -- "$trip" raw-socket)" = "nobody CAP_NET_RAW allowed" ]
  run --separate-stderr "$CAPSIEVE" trace -q --grant net_raw -- true
  [ "$status" -eq 2 ]
}

# A terminal of its own with COMMAND on it, which prints "ready"; then Ctrl-C. The exit status is the command's.
TERMINAL='
import os, pty, sys
pid, fd = pty.fork()
if not pid:
    os.execvp(sys.argv[1], sys.argv[1:])
seen = b""
pressed = 0
while True:
    try:
        data = os.read(fd, 4096)
    except OSError:
        break
    if not data:
        break
    seen += data
    if seen.count(b"ready") > pressed:
        pressed += 1
        os.write(fd, b"\x03")
sys.stdout.buffer.write(seen)
sys.stdout.flush()
status = os.waitpid(pid, 0)[1]
sys.exit(128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status))
'

@test "Ctrl-C goes to the command, once, and the run ends with it" {
  host_only
  run python3 -c "$TERMINAL" "$CAPSIEVE" trace -C sys_chroot -- \
    bash -c 'trap "echo caught; exit 5" INT; echo ready; while :; do read -rt 1 || :; done'
  echo "$output"
  [ "$status" -eq 5 ]
  [ "$(grep -c caught <<<"$output")" -eq 1 ]
  [[ $output == *" lost"* ]]
  # a command that lives on, as a shell does, lives on with its tracer
  run python3 -c "$TERMINAL" "$CAPSIEVE" trace -q -C sys_chroot -- \
    bash -c 'n=0 said=-1; trap "n=\$((said + 1))" INT
      while [ $n -lt 3 ]; do [ $n = $said ] || { said=$n; echo ready; }; read -rt 0.1 || :; done; exit 6'
  echo "$output"
  [ "$status" -eq 6 ]
}

# running COMMAND...: capsieve with a command that has said "ready"; its pid in PID
running() {
  rm -f ready
  env --default-signal=INT,TERM,HUP "$CAPSIEVE" trace -q -o out "$@" >/dev/null 2>err 3>&- &
  PID=$!
  JOBS+=("$PID")
  wait_for 60 test -e ready
}

@test "SIGTERM, SIGHUP and a SIGINT that was sent are passed on" {
  host_only
  for signal in TERM HUP INT; do
    running -- bash -c "trap 'exit 9' $signal; touch ready; while :; do read -rt 1 < <(:) || sleep 0.05; done"
    kill -$signal "$PID"
    status=0
    wait "$PID" || status=$?
    [ $status -eq 9 ]
  done
  running -- sh -c 'touch ready; exec sleep 100'
  kill -TERM "$PID"
  status=0
  wait "$PID" || status=$?
  [ $status -eq 143 ]
}

@test "a signal reaches a command of another user too" {
  host_only
  chmod 777 .
  running --as nobody -- sh -c 'touch ready; exec sleep 100'
  kill -TERM "$PID"
  status=0
  wait "$PID" || status=$?
  [ $status -eq 143 ]
}
