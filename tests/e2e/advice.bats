# SPDX-License-Identifier: BSD-2-Clause
#
# profile: when a capability is asked for, what for, and what nothing asks for.

bats_require_minimum_version 1.5.0
load lib

setup() {
  profile_works
  D=$(mktemp -d /tmp/capsieve-advice.XXXXXX)
  chmod 755 "$D"
  cd "$D" || return
}

teardown() {
  [ -z "${D-}" ] || rm -rf "$D"
}

study() {
  run timeout 60 "$CAPSIEVE" profile -q -o p "$@"
}

# of CAPABILITY MEMBER
of() {
  jq -r --arg cap "$1" --arg member "$2" '.asked[] | select(.capability == $cap)[$member]' p
}

DROP='import os, sys, time
os.setgroups([]); os.setgid(33); os.setuid(33); time.sleep(float(sys.argv[1]))'

@test "what is only to drop privilege is told, with the user to start it as" {
  study -- /usr/bin/python3 -c "$DROP" 0
  [ "$status" = 0 ]
  jq -e '.advice.capabilities == ["CAP_SETGID", "CAP_SETUID"] and .drops_to == [33]' p
  [ "$(of CAP_SETUID only_to_drop)" = true ]
  [ "$(of CAP_SETGID only_to_drop)" = true ]
  [[ ${output//$'\n'/ } = *"only to drop"*"cap_setgid, cap_setuid: start it as user 33 instead"* ]]
  # Started so it needs none.
  run -0 timeout 60 "$CAPSIEVE" run --as 33:33 -- /usr/bin/python3 -c 'import time'
  run -0 "$CAPSIEVE" profile show p --format setpriv
  [[ ${output//$'\n'/ } = *"Only to give up privilege at the start: SETGID, SETUID."* ]]
}

# Its flags are in the program's memory, where the kernel side does not look.
@test "openat2: what is read needs no more than CAP_DAC_READ_SEARCH, by what the kernel asks for first; what is written does" {
  local code='import ctypes, os, struct, sys
libc = ctypes.CDLL(None, use_errno=True)
def open2(path, flags):
    fd = libc.syscall(437, -100, path.encode(), struct.pack("QQQ", flags, 0o600 if flags & os.O_CREAT else 0, 0), 24)
    assert fd >= 0, os.strerror(ctypes.get_errno())
for arg in sys.argv[1:]:
    open2(arg[2:], {"r": os.O_RDONLY, "w": os.O_WRONLY, "c": os.O_CREAT | os.O_WRONLY, "d": os.O_DIRECTORY}[arg[0]])'

  mkdir closed shut
  touch secret other shut/in
  chmod 600 secret other
  chmod 700 closed shut
  for words in "r:secret READ_SEARCH" "r:secret,d:closed,r:shut/in READ_SEARCH" "w:secret OVERRIDE" "r:secret,w:other OVERRIDE" \
    "c:closed/new OVERRIDE"; do
    # shellcheck disable=SC2086  # words
    study --as nobody --grant dac_override -- /usr/bin/python3 -B -c "$code" $(tr , ' ' <<<"${words% *}")
    [ "$status" = 0 ] || { echo "$words: $output" && false; }
    [ "$(jq -r '.advice.capabilities | join(" ")' p)" = "CAP_DAC_${words#* }" ] || { echo "$words: $output" && false; }
    rm -f closed/new
  done
  # It suffices.
  study --verify --as nobody --grant dac_override -- /usr/bin/python3 -c "$code" r:secret d:closed r:shut/in
  [ "$status" = 0 ]
  jq -e '.status == "verified" and .advice.capabilities == ["CAP_DAC_READ_SEARCH"]' p
}

@test "who works on files as somebody else needs what lets him: without it no error is told" {
  study -- /usr/bin/python3 -c 'import ctypes
c = ctypes.CDLL(None)
c.setfsgid(1000); c.setfsuid(1000)
assert c.setfsgid(-1) == c.setfsuid(-1) == 1000'
  [ "$status" = 0 ]
  jq -e '.advice.capabilities == ["CAP_SETGID", "CAP_SETUID"]' p
}

# setuid and setgid ask before they look. What the last act is about is told apart: a count never mixes the two.
@test "the user and group that it is already are no need, whatever the kernel asks; others are" {
  local same='import os
for i in range(20):
    os.setgid(0); os.setuid(0)
    os.setresgid(-1, 0, 0); os.setresuid(0, 0, -1)' code cap

  study -- /usr/bin/python3 -c "$same"
  [ "$status" = 0 ]
  jq -e '.advice.capabilities == []' p
  for cap in CAP_SETUID CAP_SETGID; do
    [ "$(of "$cap" part)" = advisory ]
    jq -e --arg cap "$cap" '[.asked[] | select(.capability == $cap).sites[].granted] | add >= 20' p
  done
  [[ ${output//$'\n'/ } = *"be the user that it is already: setuid"*"granted 20 times"*"who lacks it may set these ids too"* ]]
  # It suffices, and nothing was taken away for it.
  study --verify -- /usr/bin/python3 -c "$same"
  [ "$status" = 0 ]
  jq -e '.status == "verified" and .advice.capabilities == [] and .proof.runs[1].capabilities == []' p
  # Where another id is the saved one it would stay a way back.
  for code in 'os.setuid(33)' 'os.setresuid(0, 0, 33); os.setuid(0)' 'os.setgid(33)' 'os.setresgid(0, 0, 33); os.setgid(0)'; do
    study -- /usr/bin/python3 -c "$same"$'\n'"$code"
    [ "$status" = 0 ]
    cap=CAP_SETUID
    [[ $code = *uid* ]] || cap=CAP_SETGID
    jq -e --arg cap "$cap" '.advice.capabilities == [$cap]' p || { echo "$code: $output" && false; }
  done
}

# There the same user has another id.
@test "the same ids in a user namespace, of its own ranges" {
  unshare -Ur true 2>/dev/null || skip "no user namespaces here"
  run -0 timeout 60 "$CAPSIEVE" trace -q --json -x -C setuid,setgid -- /usr/bin/python3 -c 'import ctypes, os
r, w = os.pipe()
r2, w2 = os.pipe()
child = os.fork()
if not child:
    assert not ctypes.CDLL(None).unshare(0x10000000)
    os.write(w, b"x")
    os.read(r2, 1)
    for act, wanted in (os.setgid, 12), (os.setuid, 12), (os.setgid, 12), (os.setuid, 12), (os.setuid, 3), (os.setgid, 21):
        try:
            act(wanted)
        except OSError:
            pass
    os._exit(0)
os.read(r, 1)
for ids in "uid_map", "gid_map":
    with open(f"/proc/{child}/{ids}", "w") as f:
        f.write("0 100000 10\n12 200012 1\n20 300000 5\n")
os.write(w2, b"x")
os.waitpid(child, 0)'
  [ "$(jq -r 'select(.syscall == "setuid" or .syscall == "setgid") | .syscall + " " + .verdict + " " + .class' <<<"$output")" = \
    "setgid allowed conditional
setuid allowed conditional
setgid allowed advisory
setuid allowed advisory
setuid allowed conditional
setgid allowed conditional" ] || { jq -c '[.syscall, .verdict, .class]' <<<"$output" && false; }
}

@test "start-up and afterwards are told apart" {
  study -- /usr/bin/python3 -c "$DROP" 10.5
  jq -e '.past_start_up' p
  [ "$(of CAP_SETUID phase)" = start-up ]
  [ "$(of CAP_SETUID only_to_drop)" = true ]
  [[ $output = *"CAP_SETUID (at the start-up only)"* ]]
  # A process that has changed its user is past its start-up, whatever the time: here it keeps what it has (NO_SETUID_FIXUP).
  touch file
  study -- /usr/bin/python3 -c 'import ctypes, os
ctypes.CDLL(None).prctl(28, 4, 0, 0, 0); os.setuid(33); os.chown("file", 1, 1)'
  [ "$status" = 0 ]
  [ "$(of CAP_CHOWN phase)" = steady ]
  [ "$(of CAP_SETUID phase)" = start-up ]
  [ "$(of CAP_CHOWN only_to_drop)" = false ]
}

@test "who goes to several users is there to do that" {
  study -- /usr/bin/python3 -c 'import os
for user in (33, 34):
    if not os.fork():
        os.setuid(user); os._exit(0)
    os.wait()'
  [ "$status" = 0 ]
  jq -e '(.drops_to | length) == 2' p
  [ "$(of CAP_SETUID only_to_drop)" = false ]
  study -- /usr/bin/python3 -c 'import os; os.seteuid(33); os.seteuid(0); os.setuid(0)'
  [ "$(of CAP_SETUID only_to_drop)" != true ]
}

@test "root that maps itself into a user namespace needs SETFCAP, for which nothing asks" {
  unshare -Ur true 2>/dev/null || skip "no user namespaces here"
  study -- unshare -Ur true
  [ "$status" = 0 ]
  jq -e '.advice.capabilities == ["CAP_SETFCAP"]' p
  run -0 "$CAPSIEVE" run --profile p -- unshare -Ur true
  jq '.advice.capabilities = [] | .advice.bounding = []' p >less
  run "$CAPSIEVE" run --profile less -- unshare -Ur true
  [ "$status" != 0 ] || [ "$(uname -r | cut -d. -f1-2)" = 5.10 ]
  # What is done with the capabilities of the new namespace is no need outside of it.
  study -- unshare -Ur hostname x
  study -- unshare -Uru hostname x
  [ "$status" = 0 ]
  jq -e '.advice.capabilities == ["CAP_SETFCAP"]' p
}

@test "SETUID stays in a setuid program" {
  cp /usr/bin/python3 python && chmod 4755 python
  study --as nobody -- ./python -c 'import os; os.setuid(os.getuid()); print(os.geteuid())'
  [ "$status" = 0 ]
  jq -e '.executed[0].setid and (.advice.no_new_privs | not)' p
  jq -e '.advice.bounding | index("CAP_SETUID")' p
  [[ $output = *"to be kept: a setuid program can return to root"* ]]
  [ "$(of CAP_SETUID only_to_drop)" = false ]
}

@test "for how long it was watched, when it was first asked, and what to do instead" {
  study -- /usr/bin/python3 -c 'import socket; socket.create_server(("127.0.0.1", 81))'
  [ "$status" = 0 ]
  [[ ${output//$'\n'/ } = *"bind a port below 1024"*"ip_unprivileged_port_start; first"*20[0-9][0-9]-[0-9][0-9]-*" by "*python3*/usr/bin/python3*"instead:"* ]]
  [[ ${output//$'\n'/ } = *"watched "*" s, "[0-9]*" check"*"held, not asked"* ]]
  jq -e '.watched_ms > 0 and .checks > 0' p
  [ "$(of CAP_NET_BIND_SERVICE instead)" != null ]
}

@test "what to do instead of CAP_SYS_ADMIN is told for each thing that it is wanted for" {
  study -- unshare --uts hostname other
  [ "$status" = 0 ]
  of CAP_SYS_ADMIN instead | grep -q "to make a namespace: a user namespace first"
  of CAP_SYS_ADMIN instead | grep -q "to set the host name: ask systemd-hostnamed"
  [[ $output = *"instead: to "* ]]
  study -- unshare --uts hostname
  [[ $output = *"instead: a user namespace first"* ]]
  [[ $output != *"the narrow one"* ]]
  [ "$(of CAP_SYS_ADMIN instead)" = "a user namespace first, in which it may make the others (unshare -U); or PrivateTmp=, \
PrivateNetwork= and their kin in systemd" ]
  # Read again it is the same.
  run -0 "$CAPSIEVE" profile show p
  [[ $output = *"instead: a user namespace first"* ]]
}

@test "a trusted attribute that is read is needed; one that is not there is none, and to list them is quality" {
  touch file
  /usr/bin/python3 -c 'import os; os.setxattr("file", "trusted.capsieve", b"x")' 2>/dev/null ||
    skip "no trusted attributes on this file system"
  study -- /usr/bin/python3 -c 'import os; os.getxattr("file", "trusted.capsieve")'
  [ "$(of CAP_SYS_ADMIN part)" = needed ]
  study --outcomes all -- /usr/bin/python3 -c 'import os; os.getxattr("file", "trusted.other")'
  [ "$(of CAP_SYS_ADMIN part)" = soft ]
  study -- /usr/bin/python3 -c 'import os; assert os.listxattr("file") == ["trusted.capsieve"]'
  [ "$(of CAP_SYS_ADMIN part)" = quality ]
  run -0 timeout 60 "$CAPSIEVE" run --caps none -- /usr/bin/python3 -c 'import os; assert os.listxattr("file") == []'
}

# The kernel asks for CAP_PERFMON in both places, and goes on without.
@test "to make a BPF map or load a plain filter does not need CAP_PERFMON; a program that looks into the kernel does" {
  local code='import ctypes, os, struct, sys
libc = ctypes.CDLL(None, use_errno=True)
def bpf(cmd, *words):
    attr = ctypes.create_string_buffer(struct.pack("<" + words[0], *words[1:]).ljust(144, b"\0"), 144)
    nr = {"x86_64": 321, "aarch64": 280}[os.uname().machine]
    assert libc.syscall(nr, cmd, attr, 120) >= 0, os.strerror(ctypes.get_errno())
insns = ctypes.create_string_buffer(struct.pack("<BBhiBBhi", 0xb7, 0, 0, 0, 0x95, 0, 0, 0))
gpl = ctypes.create_string_buffer(b"GPL")
for arg in sys.argv[1:]:
    if arg == "map":
        bpf(0, "IIII", 2, 4, 4, 1)
    else:
        bpf(5, "IIQQ", {"filter": 1, "tracepoint": 5}[arg], 2, ctypes.addressof(insns), ctypes.addressof(gpl))' words

  # Before 5.11 maps are locked memory, of which capsieve's own are its user's too.
  [[ $(uname -r) != 5.10.* ]] || ulimit -l unlimited
  for words in map filter "map filter"; do
    # shellcheck disable=SC2086  # words
    study -- /usr/bin/python3 -c "$code" $words
    [ "$status" = 0 ]
    jq -e '.advice.capabilities | index("CAP_PERFMON", "CAP_SYS_ADMIN") == null' p || { echo "$words: $output" && false; }
    # who has switched the guards off is not asked on newer kernels
    [ "$(of CAP_PERFMON part)" = quality ] || grep -qw mitigations=off /proc/cmdline || { echo "$words: $output" && false; }
  done
  [[ ${output//$'\n'/ } = *"guards against speculation"* ]]
  for words in tracepoint "map filter tracepoint"; do
    # shellcheck disable=SC2086  # words
    study -- /usr/bin/python3 -c "$code" $words
    [ "$status" = 0 ]
    jq -e '.advice.capabilities | index("CAP_PERFMON")' p || { echo "$words: $output" && false; }
  done
  # It suffices, as somebody else's tool applies it.
  setpriv --bounding-set -all,+bpf true 2>/dev/null || skip "this setpriv does not know CAP_BPF"
  setpriv --inh-caps=-all --bounding-set=-all,+bpf /usr/bin/python3 -c "$code" map filter
  run setpriv --inh-caps=-all --bounding-set=-all,+bpf /usr/bin/python3 -c "$code" tracepoint
  [ "$status" != 0 ]
}

# A journalled file system in img, that can be mounted on the directory on.
journalled() {
  command -v mkfs.ext4 >/dev/null || skip "no mkfs.ext4 here"
  truncate -s 16M img
  mkfs.ext4 -q img
  mkdir on
  unshare -m mount -o loop img on 2>/dev/null || skip "no ext4 or loop device here"
}

# For its journal the kernel sets a priority, and does not look whether it could.
@test "to mount a journalled file system does not need CAP_SYS_NICE" {
  journalled
  study -- unshare -m mount -o loop img on
  [ "$status" = 0 ]
  jq -e '.advice.capabilities == ["CAP_SYS_ADMIN"]' p || { echo "$output" && false; }
  setpriv --inh-caps=-all --bounding-set=-all,+sys_admin unshare -m mount -o loop img on
}

# Each was told by the name of a function alone before.
@test "ioctls of a file system and of the random numbers have their words, and their capability is needed" {
  journalled
  cat >asks.py <<'END'
import fcntl, os, struct, subprocess, sys
subprocess.run(["mount", "-o", "loop", "img", "on"], check=True)
with open("on/file", "w") as f:
    f.write("x" * 8192)
ACTS = {"FIBMAP": ("on/file", 1, struct.pack("I", 0)), "FITRIM": ("on", 0xc0185879, struct.pack("QQQ", 0, 1 << 40, 0)),
        "RNDRESEEDCRNG": ("/dev/random", 0x5207, b"")}
path, request, words = ACTS[sys.argv[1]]
fd = os.open(path, os.O_RDONLY)
try:
    fcntl.ioctl(fd, request, bytearray(words) if words else 0)
except OSError as error:
    print(sys.argv[1], error.strerror, file=sys.stderr)
END
  while read -r act cap words; do
    study -- unshare -m /usr/bin/python3 asks.py "$act"
    [ "$status" = 0 ] || { echo "$act: $output" && false; }
    jq -e --arg cap "$cap" --arg words "$words" '[.asked[] | select(.capability == $cap).sites[] | select(.operation == $words)] |
      length == 1 and .[0].class == "needed" and .[0].granted > 0' p || { echo "$act: $output" && jq -c .asked p && false; }
    jq -e '[.asked[].sites[] | select(.class == "unclassified")] == []' p
  done <<'END'
FIBMAP CAP_SYS_RAWIO ask where on a disk a file lies
FITRIM CAP_SYS_ADMIN trim, label or shut down a file system
RNDRESEEDCRNG CAP_SYS_ADMIN feed or reseed the kernel's random numbers
END
}

@test "conditional: the condition and what is better than granting it; of files an owner, group or ACL" {
  study -- /usr/bin/python3 -c 'import ctypes, mmap, resource
resource.setrlimit(resource.RLIMIT_MEMLOCK, (0, 0))
m = mmap.mmap(-1, 1 << 20)
assert not ctypes.CDLL(None).mlock(ctypes.byref(ctypes.c_char.from_buffer(m)), 1 << 20)'
  [ "$(of CAP_IPC_LOCK part)" = conditional ]
  [[ ${output//$'\n'/ } = *"needed only where the condition holds"*CAP_IPC_LOCK*LimitMEMLOCK=* ]]
  jq -e '[.asked[] | select(.capability == "CAP_IPC_LOCK").sites[].condition] | all(contains("LimitMEMLOCK="))' p
  touch secret
  chown 1:1 secret
  chmod 600 secret
  study -- sh -c 'echo x >>secret'
  [ "$(jq -c .advice.capabilities p)" = '["CAP_DAC_OVERRIDE"]' ]
  of CAP_DAC_OVERRIDE instead | grep -q group
  jq -e '[.asked[] | select(.capability == "CAP_DAC_OVERRIDE").sites[].condition] | all(contains("does without: --minimise"))' p
}

@test "AUDIT_WRITE stays, with the remark that most go on without it; --minimise takes it where that is so" {
  cat >audit.py <<'END'
import socket, struct
s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 9)
text = b"op=capsieve\0"
s.sendto(struct.pack("=IHHII", 16 + len(text), 1107, 5, 1, 0) + text, (0, 0))
END
  /usr/bin/python3 audit.py || skip "no audit here"
  study -- /usr/bin/python3 audit.py
  [ -n "$(of CAP_AUDIT_WRITE part)" ] || skip "this kernel has no audit"
  [ "$(of CAP_AUDIT_WRITE part)" = kept ]
  [ "$(jq -c .advice.capabilities p)" = '["CAP_AUDIT_WRITE"]' ]
  [[ $output = *"Advised, though most programs go on without it:"*CAP_AUDIT_WRITE* ]]
  run -0 "$CAPSIEVE" profile show p --format docker
  [[ $output = *"#"*AUDIT_WRITE*--cap-add=AUDIT_WRITE* ]] || { echo "$output" && false; }
  study --minimise --test true -- /usr/bin/python3 audit.py
  [ "$status" = 0 ]
  jq -e '.advice.capabilities == [] and .status == "verified"' p
}

@test "signals: to the same user none; to go on in the own session is conditional" {
  study -- sh -c 'sleep 60 & kill -0 $! && kill $!'
  jq -e '.advice.capabilities == [] and all(.asked[]; .capability != "CAP_KILL")' p
  # shellcheck disable=SC2016
  study -- sh -c 'setpriv --reuid 33 --clear-groups sleep 60 & while [ "$(stat -c %u /proc/$!)" != 33 ]; do sleep 0.1; done
    kill -STOP $!; kill -CONT $!; kill -0 $!; kill $!'
  jq -e '.advice.capabilities | index("CAP_KILL")' p
  jq -e '[.asked[] | select(.capability == "CAP_KILL").sites[] | .class + " " + .operation] | sort == [
    "conditional let somebody else\u0027s process go on (SIGCONT)", "needed ask whether somebody else\u0027s process is there",
    "needed send a signal to somebody else\u0027s process"]' p || { cat p && false; }
}

@test "what is asked only of who has not set no_new_privs is no need where that is advised" {
  cat >filter.py <<'END'
import ctypes, sys
class Rule(ctypes.Structure): _fields_ = [("code", ctypes.c_ushort), ("jt", ctypes.c_ubyte), ("jf", ctypes.c_ubyte), ("k", ctypes.c_uint)]
class Program(ctypes.Structure): _fields_ = [("len", ctypes.c_ushort), ("rules", ctypes.POINTER(Rule))]
rule = Rule(6, 0, 0, 0x7fff0000)
program = Program(1, ctypes.pointer(rule))
sys.exit(ctypes.CDLL(None).prctl(22, 2, ctypes.byref(program)) != 0)
END
  study -- /usr/bin/python3 filter.py
  [ "$status" = 0 ]
  [[ $output = *"set a seccomp filter: prctl"*"no_new_privs: set that instead"* ]]
  jq -e '.advice | .capabilities == [] and .no_new_privs' p
  run -0 "$CAPSIEVE" run --profile p -- /usr/bin/python3 filter.py
  jq '.advice.no_new_privs = false' p >unlocked
  run ! "$CAPSIEVE" run --profile unlocked -- /usr/bin/python3 filter.py
  run -0 "$CAPSIEVE" profile show p --format setcap
  [[ ${output//$'\n'# / } = *"without it the program needs SYS_ADMIN too"* ]]
  run -0 "$CAPSIEVE" profile show p --format systemd
  [[ $output = *"NoNewPrivileges=yes"* ]] && [[ $output != *"needs SYS_ADMIN too"* ]]
}
