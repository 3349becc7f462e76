# SPDX-License-Identifier: BSD-2-Clause
#
# What system calls with checks returned: of granted ones too, counted by the kernel side.

bats_require_minimum_version 1.5.0
load lib

setup() {
  profile_works
  D=$(mktemp -d /tmp/capsieve-outcomes.XXXXXX)
  chmod 755 "$D"
  cd /
}

teardown() {
  [ -z "${WRITER-}" ] || kill "$WRITER" || true
  [ -z "${D-}" ] || rm -rf "$D"
}

# A fifo of nobody's, whose other end is opened half a second after $D/ready is there.
late_fifo() {
  mkfifo -m 0 "$D/fifo"
  chown nobody "$D/fifo"
  (for _ in $(seq 300); do [ ! -e "$D/ready" ] || break; sleep 0.1; done; sleep 0.5; exec sleep 300 >"$D/fifo") 3>&- &
  WRITER=$!
}

# acts OPTIONS -- CODE: the profile of a python program in $D/p
acts() {
  local options=()
  while [ "$1" != -- ]; do
    options+=("$1")
    shift
  done
  # On a machine that is busy a check may be lost, which is said: once more.
  for _ in 1 2 3; do
    run "$CAPSIEVE" profile --outcomes all -o "$D/p" "${options[@]}" -- /usr/bin/python3 -c "import ctypes, os, signal, socket
libc = ctypes.CDLL(None, use_errno=True)
$2"
    [ "$status" -eq 4 ] || break
  done
  [ "$status" -eq 0 ] || { echo "$output" && false; }
  jq -c '.asked[] | [.capability, .part, (.sites[] | [.syscall, .granted, .granted_failed, .granted_succeeded, .granted_error,
    .denied, .denied_failed, .denied_succeeded, .error])]' "$D/p"
}

# sums CAPABILITY CALL: granted, of these failed and succeeded; denied, of these failed and succeeded
sums() {
  jq -r --arg cap "$1" --arg call "$2" '[.asked[] | select(.capability == $cap).sites[] | select(.syscall | startswith($call))] |
    map([.granted, .granted_failed, .granted_succeeded, .denied, .denied_failed, .denied_succeeded]) | transpose | map(add) |
    join(" ")' "$D/p"
}

part() {
  jq -r --arg cap "$1" '.asked[] | select(.capability == $cap).part' "$D/p"
}

@test "what was granted in calls that all failed is soft: shown, with a remark, and not advised" {
  acts -- 'for i in range(40): libc.sethostname(ctypes.c_void_p(8), 8)'
  [ "$(sums CAP_SYS_ADMIN sethostname)" = "40 40 0 0 0 0" ]
  [ "$(part CAP_SYS_ADMIN)" = soft ]
  jq -e '.advice.capabilities == [] and ([.asked[].sites[].granted_error] | index("EFAULT"))' "$D/p"
  run -0 "$CAPSIEVE" profile show "$D/p"
  [[ $output = *"the calls failed all the same"*CAP_SYS_ADMIN*"all failed with"*EFAULT*"once such a call works"* ]]
}

@test "one call that works makes it needed, and then nobody asks any more" {
  acts -- 'import time
name = os.uname().nodename.encode()
for i in range(40): libc.sethostname(ctypes.c_void_p(8), 8)
libc.sethostname(name, len(name))
for i in range(400): libc.sethostname(name, len(name))'
  [ "$(part CAP_SYS_ADMIN)" = needed ]
  read -r granted failed worked rest <<<"$(sums CAP_SYS_ADMIN sethostname)"
  echo "$granted $failed $worked $rest"
  [ "$granted" -eq 441 ]
  [ "$failed" -eq 40 ]
  [ "$worked" -ge 1 ]
  # before 5.11 no check is counted by its site: each is sent, and told
  [ "$worked" -lt 100 ] || [[ $(uname -r) = 5.10.* ]]
}

@test "refusals are counted with their outcomes too" {
  acts --as nobody -- 'for i in range(300): libc.sethostname(b"x", 1)'
  [ "$(sums CAP_SYS_ADMIN sethostname)" = "0 0 0 300 300 0" ]
  [ "$(part CAP_SYS_ADMIN)" = denied ]
}

@test "several checks in one call have its one outcome each" {
  mkdir -m 700 "$D/closed"
  acts --as nobody --grant dac_override -- "for i in range(30): libc.open(b'$D/closed/missing', 0)"
  [ "$(sums CAP_DAC_READ_SEARCH open)" = "0 0 0 30 30 0" ]
  [ "$(sums CAP_DAC_OVERRIDE open)" = "30 30 0 0 0 0" ]
  acts --as nobody --grant dac_override -- "for i in range(30): libc.chdir(b'$D/closed'); libc.chdir(b'/')"
  read -r denied failed worked <<<"$(sums CAP_DAC_READ_SEARCH chdir | cut -d' ' -f4-)"
  [ "$denied $failed $worked" = "30 0 30" ]
  [[ $("$CAPSIEVE" profile show "$D/p" | tr -s '\n ' ' ') = *"another way: CAP_DAC_OVERRIDE was granted there instead"* ]]
  # CAP_DAC_READ_SEARCH, which is asked for first, is enough for that, and is less
  [ "$(jq -c .advice.capabilities "$D/p")" = '["CAP_DAC_READ_SEARCH"]' ]
}

@test "what is interrupted, or to be tried again, has not failed" {
  mkfifo -m 0 "$D/fifo"
  chown nobody "$D/fifo"
  acts -- "signal.signal(signal.SIGALRM, lambda *a: 0)
for i in range(5):
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    assert libc.open(b'$D/fifo', 0) == -1"
  [ "$(sums CAP_DAC_OVERRIDE open | cut -d' ' -f1-3)" = "5 0 0" ] || [ "$(sums CAP_DAC_READ_SEARCH open | cut -d' ' -f1-3)" = "5 0 0" ]
  [ "$(jq '[.asked[] | select(.part == "soft")] | length' "$D/p")" -eq 0 ]

  /usr/bin/python3 -c "import os, socket, time
listener = socket.socket(socket.AF_UNIX); listener.bind('$D/full'); listener.listen(0); os.chmod('$D/full', 0)
os.chown('$D/full', 65534, -1)
kept = []
try:
    while True:
        kept.append(socket.socket(socket.AF_UNIX)); kept[-1].setblocking(False); kept[-1].connect('$D/full')
except BlockingIOError:
    open('$D/is-full', 'w')
time.sleep(300)" 3>&- &
  WRITER=$!
  wait_for 60 test -e "$D/is-full"
  acts -- "for i in range(5):
    s = socket.socket(socket.AF_UNIX); s.setblocking(False)
    try: s.connect('$D/full')
    except BlockingIOError: pass"
  [ "$(sums CAP_DAC_OVERRIDE connect | cut -d' ' -f1-3)" = "5 0 0" ]
  [ "$(part CAP_DAC_OVERRIDE)" != soft ]
}

@test "a call that begins anew after a signal is told by its last end" {
  late_fifo
  acts -- "signal.signal(signal.SIGALRM, lambda *a: 0)
signal.siginterrupt(signal.SIGALRM, False)
open('$D/ready', 'w')
signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
got = libc.open(b'$D/fifo', 0)
signal.setitimer(signal.ITIMER_REAL, 0)
assert got >= 0"
  read -r granted failed worked rest <<<"$(sums CAP_DAC_READ_SEARCH open)"
  [ -n "$granted" ] || read -r granted failed worked rest <<<"$(sums CAP_DAC_OVERRIDE open)"
  [ "${granted:-0}" -ge 1 ] && [ "$failed" -eq 0 ] && [ "$worked" -ge 1 ]
}

@test "an exec that works is told so, and a thread that ends inside a call has not failed" {
  mkdir -m 700 "$D/closed"
  cp /bin/true "$D/closed"
  chown nobody "$D/closed"
  acts -- "os.execv('$D/closed/true', ['true'])"
  sums CAP_DAC_READ_SEARCH execve
  read -r granted failed worked rest <<<"$(sums CAP_DAC_READ_SEARCH execve)"
  [ "$granted" -ge 1 ]
  [ "$failed" -eq 0 ]
  [ "$worked" -ge 1 ]
  mkfifo -m 0 "$D/fifo"
  chown nobody "$D/fifo"
  acts -- "if not os.fork():
    signal.setitimer(signal.ITIMER_REAL, 0.1)
    libc.open(b'$D/fifo', 0)
os.wait()"
  [ "$(jq '[.asked[].sites[] | select(.syscall | startswith("open")) | .granted_failed, .granted_succeeded] | add' "$D/p")" -eq 0 ]
  [ "$(jq '[.asked[] | select(.part == "soft")] | length' "$D/p")" -eq 0 ]
}

# by_call: only where single calls' returns are listened to
by_call() {
  jq -e '.items[] | select(.item == "--outcomes") | .value // "" | contains("functions of the calls")' "$DOCTOR" >/dev/null ||
    skip "this kernel has task work, which tells it of every call"
}

@test "--outcomes all says what it costs every call of the machine where it looks at each, and is as auto elsewhere" {
  run -0 "$CAPSIEVE" profile -v --outcomes all -o "$D/p" -- true
  echo "$output"
  if jq -e '.items[] | select(.item == "--outcomes") | .value // "" | contains("task work")' "$DOCTOR" >/dev/null; then
    [[ $output = *"outcomes: by task work, of the system calls in which a check was made"* ]]
    [[ $output != *"end of every system call"* ]]
  else
    [[ $output =~ "outcomes: at the end of every system call of this machine, each of which takes "[0-9]+" ns longer" ]]
    # Nobody asked for more than errors and losses.
    run -0 "$CAPSIEVE" profile -q --outcomes all -o "$D/p" -- true
    [[ $output != *"ns longer"* ]]
  fi
}

@test "without task work: of a usual call the first refusal's outcome is known" {
  by_call
  mkdir -m 700 "$D/closed"
  run -0 "$CAPSIEVE" profile -v -o "$D/p" --as nobody -- /usr/bin/python3 -c "import os
try: os.open('$D/closed/x', 0)
except PermissionError: pass"
  [[ $output = *"outcomes: at the returns of "[1-9]*"system calls"* ]]
  [ "$(sums CAP_DAC_OVERRIDE openat)" = "0 0 0 1 1 0" ]
  [ "$(sums CAP_DAC_READ_SEARCH openat)" = "0 0 0 1 1 0" ]
}

@test "without task work: another call's outcomes are known after the first, which is said" {
  by_call
  run -0 "$CAPSIEVE" profile -o "$D/p" --as nobody -- /usr/bin/python3 -c "import ctypes, os, time
libc = ctypes.CDLL(None)
for i in range(40):
    libc.acct(b'/')
    time.sleep(0.25)"
  if [[ $output = *"only CAP_SYS_ADMIN could listen to that later on this kernel"* ]]; then
    [[ $output = *"not seen      what the calls returned in which "[4-9][0-9]" checks were refused"* ]]
    return
  fi
  [[ $output = *"what "*" system call"*" returned is known since the first check"* ]]
  read -r granted failed worked denied denied_failed denied_worked <<<"$(sums CAP_SYS_PACCT acct)"
  echo "$denied $denied_failed $denied_worked"
  [ "$denied" -eq 40 ] && [ "$denied_failed" -ge 1 ] && [ "$denied_failed" -lt 40 ] && [ "$denied_worked" -eq 0 ]
}

@test "without task work: of two calls in turn each has its own outcome" {
  by_call
  run -0 "$CAPSIEVE" profile -o "$D/p" --as nobody -- /usr/bin/python3 -c "import ctypes, os, time
libc = ctypes.CDLL(None)
for i in range(40):
    libc.chroot(b'/')
    libc.chdir(b'/')
    time.sleep(0.1)"
  read -r granted failed worked denied denied_failed denied_worked <<<"$(sums CAP_SYS_CHROOT chroot)"
  echo "$denied $denied_failed $denied_worked"
  [ "$denied" -eq 40 ] && [ "$denied_worked" -eq 0 ]
}

@test "by return probes: of a usual call the first refusal's outcome is known" {
  jq -e '.items[] | select(.item == "kprobe" and .state == "yes")' "$DOCTOR" >/dev/null || skip "this kernel has no kprobes"
  mkdir -m 700 "$D/closed"
  # where perf_event_open wants CAP_SYS_ADMIN, which is not kept, no other call's can be added
  CAPSIEVE_OUTCOMES=kretprobe run -0 "$CAPSIEVE" profile -v -o "$D/p" --as nobody -- sh -c "cat $D/closed/x; chroot /; exit 0"
  [[ $output = *"outcomes: at the returns of "[1-9]*"system calls"* ]]
  [ "$(sums CAP_DAC_READ_SEARCH openat)" = "0 0 0 1 1 0" ]
  [ "$(sums CAP_SYS_CHROOT chroot | cut -d' ' -f4-)" = "1 0 0" ]
}

# returning OPTIONS -- CODE: as acts, where the returns of single calls are listened to; WAY is kretprobe, or nothing
returning() {
  local options=()
  while [ "$1" != -- ]; do
    options+=("$1")
    shift
  done
  CAPSIEVE_OUTCOMES=$WAY run -0 "$CAPSIEVE" profile -v -o "$D/p" "${options[@]}" -- /usr/bin/python3 -c "import ctypes, os, signal
libc = ctypes.CDLL(None, use_errno=True)
$2"
  [[ $output = *"outcomes: at the returns of "[1-9]*"system calls"* ]]
  [ "$(jq .lost "$D/p")" -eq 0 ] || skip "checks were lost"
  jq -c '.asked[] | [.capability, (.sites[] | [.syscall, .granted, .granted_failed, .granted_succeeded, .denied, .denied_failed,
    .denied_succeeded])]' "$D/p"
}

# of_single_calls WAY: several checks in one call, one that begins anew, exec, and a task that ends inside its call
of_single_calls() {
  local WAY=$1 granted failed worked rest

  mkdir -m 700 "$D/closed"
  touch "$D/closed/file"
  returning --as nobody --grant dac_override -- "for i in range(20): os.close(os.open('$D/closed/file', 0))
for i in range(20):
    try: os.open('$D/closed/missing', 0)
    except FileNotFoundError: pass"
  [ "$(sums CAP_DAC_READ_SEARCH openat)" = "0 0 0 40 20 20" ]
  read -r granted failed worked rest <<<"$(sums CAP_DAC_OVERRIDE openat)"
  [ "$granted" -eq 40 ]
  [ "$failed" -le 20 ]
  [ "$worked" -ge 1 ]

  late_fifo
  returning -- "signal.signal(signal.SIGALRM, lambda *a: 0)
signal.siginterrupt(signal.SIGALRM, False)
open('$D/ready', 'w')
signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
got = libc.openat(-100, b'$D/fifo', 0)
signal.setitimer(signal.ITIMER_REAL, 0)
assert got >= 0"
  [ "$(jq '[.asked[].sites[] | select(.syscall == "openat") | .granted_failed] | add' "$D/p")" -eq 0 ]
  [ "$(jq '[.asked[].sites[] | select(.syscall == "openat") | .granted_succeeded] | add' "$D/p")" -ge 1 ]
  kill "$WRITER"

  cp /bin/true "$D/closed"
  chown nobody "$D/closed"
  returning -- "import time
for i in range(12):
    if not os.fork(): os.execv('$D/closed/true', ['true'])
    os.wait()
    time.sleep(0.1)"
  [ "$(jq '[.asked[].sites[] | select(.syscall | startswith("execve")) | .granted] | add' "$D/p")" -ge 12 ]
  [ "$(jq '[.asked[].sites[] | select(.syscall | startswith("execve")) | .granted_failed] | add' "$D/p")" -eq 0 ]

  mkfifo -m 0 "$D/alone"
  chown nobody "$D/alone"
  returning -- "if not os.fork():
    signal.setitimer(signal.ITIMER_REAL, 0.1)
    libc.openat(-100, b'$D/alone', 0)
os.wait()"
  [ "$(jq '[.asked[].sites[] | select(.syscall == "openat") | .granted_failed, .granted_succeeded] | add' "$D/p")" -eq 0 ]
}

@test "at the returns of single calls: several checks in one, one that begins anew, exec, and an end inside" {
  by_call
  of_single_calls ""
}

@test "by return probes: several checks in one call, one that begins anew, exec, and an end inside" {
  jq -e '.items[] | select(.item == "kprobe" and .state == "yes")' "$DOCTOR" >/dev/null || skip "this kernel has no kprobes"
  of_single_calls kretprobe
}

@test "--no-outcomes: nothing is asked, and nothing is soft" {
  run -0 "$CAPSIEVE" profile -v --no-outcomes -o "$D/p" -- /usr/bin/python3 -c 'import ctypes
for i in range(5): ctypes.CDLL(None).sethostname(ctypes.c_void_p(8), 8)'
  [[ $output != *"outcomes:"* ]]
  jq -e '.advice.capabilities == ["CAP_SYS_ADMIN"] and ([.asked[].sites[] | .granted_failed, .granted_succeeded] | add) == 0' "$D/p"
}

@test "trace tells the result of what was granted, in text and JSON" {
  "$CAPSIEVE" trace -q --outcomes all --columns capability,verdict,syscall,result -- "$TRIP/trip" fchown >"$D/text" || true
  cat "$D/text"
  grep -Eq 'CAP_CHOWN +allowed +f?chown[a-z0-9]* +ok' "$D/text"
  "$CAPSIEVE" trace -q --outcomes all --json -o "$D/json" -- "$TRIP/trip" fchown
  jq -es 'any(.[]; .cap == "CAP_CHOWN" and .verdict == "allowed" and .result == "ok")' "$D/json"
}

@test "a failure without any refusal is told, with what filters its calls" {
  run "$CAPSIEVE" profile -o "$D/p" -- sh -c "exit 3"
  [ "$status" -eq 3 ]
  jq -e '.status_of_command == 3 and .fails_otherwise and .seccomp.mode != null and .seccomp.filter == null' "$D/p"
  run "$CAPSIEVE" profile -- sh -c "exit 3"
  [[ $output = *"failed"*"with status 3"*"seccomp filter"*"AppArmor"*modes* ]]
  # refused, and failed for that: nothing else is to blame
  run "$CAPSIEVE" profile --outcomes all -o "$D/p" --as nobody -- sh -c 'chroot / true; exit 1'
  jq -e '.status_of_command == 1 and (.fails_otherwise | not)' "$D/p"
  run "$CAPSIEVE" profile -o "$D/p" -- true
  jq -e '.status_of_command == 0 and (.fails_otherwise | not)' "$D/p"
  "$CAPSIEVE" profile show --json "$D/p" | jq -e '.seccomp.mode != null'
}

@test "a process with filters is told to have them" {
  python=$(command -v /usr/bin/python3)
  "$python" -c "import ctypes, os, struct
libc = ctypes.CDLL(None)
code = ctypes.create_string_buffer(struct.pack('HBBI', 6, 0, 0, 0x7fff0000))
prog = ctypes.create_string_buffer(struct.pack('HxxxxxxQ', 1, ctypes.addressof(code)))
libc.prctl(38, 1, 0, 0, 0)
assert libc.prctl(22, 2, prog) == 0
open('$D/filtered', 'w')
import time
while True: os.chroot('/'); time.sleep(0.01)" 3>&- &
  WRITER=$!
  wait_for 60 test -e "$D/filtered"
  run -0 "$CAPSIEVE" profile -p "$WRITER" -d 1 -o "$D/p"
  jq -e '.seccomp.mode == "filters"' "$D/p"
  "$CAPSIEVE" profile show "$D/p" | grep -q '^  seccomp  *filters'
}

@test "of what calls it is not known what they returned is said: of all, and of some" {
  local as=(profile -q --as nobody)

  run "$CAPSIEVE" "${as[@]}" --no-outcomes -o "$D/unheard" -- chroot / true
  echo "$output"
  [[ $output == *"denied once; first"* && $output == *"what the calls returned in which 1 check was refused"* ]]
  run "$CAPSIEVE" "${as[@]}" --outcomes all -o "$D/heard" -- chroot / true
  echo "$output"
  [[ $(tr -s ' \n' ' ' <<<"$output") == *"denied once (1 failed with EPERM)"* ]]
  [[ $output != *"what the calls returned"* ]]
  run -0 "$CAPSIEVE" profile merge "$D/unheard" "$D/heard"
  echo "$output"
  output=$(tr -s ' \n' ' ' <<<"$output")
  [[ $output == *"denied 2 times (1 failed with EPERM) (of 1 it is not known)"* ]]
  [[ $output == *"not seen what the calls returned in which 1 check was refused"* ]]
}
