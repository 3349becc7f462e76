# SPDX-License-Identifier: BSD-2-Clause
#
# `capsieve file` on real files: attributes of every format, as the kernel and libcap have them.

bats_require_minimum_version 1.5.0
load lib

setup() {
  # /usr/local: no directory above it belongs to others, as some do where tests run
  D=$(mktemp -d /usr/local/capsieve-file.XXXXXX)
  chmod 755 "$D"
  install -m 755 /usr/bin/id "$D/tool"
}

teardown() {
  mountpoint -q "$D/mnt" && umount "$D/mnt"
  mountpoint -q "$D/merged" && umount "$D/merged"
  rm -rf "$D"
}

file() {
  run --separate-stderr "$CAPSIEVE" file "$@"
  echo "status $status"
  echo "$output"
  echo "$stderr"
}

as_nobody() {
  setpriv --reuid 65534 --regid 65534 --clear-groups -- "$@"
}

# A place that nobody can execute from, with the program in it.
for_nobody() {
  install -m 755 "$CAPSIEVE" "$D/capsieve"
}

# raw FILE HEX: the attribute as these bytes
raw() {
  python3 -c 'import os, sys; os.setxattr(sys.argv[1], "security.capability", bytes.fromhex(sys.argv[2]))' "$1" "$2"
}

hex() {
  python3 -c 'import os, sys; print(os.getxattr(sys.argv[1], "security.capability").hex())' "$1"
}

@test "--help has a row for each word and three examples" {
  host_only
  file --help
  [ "$status" -eq 0 ]
  for word in show find check verify snapshot drift set remove apply; do
    [[ $output == *$'\n'"  $word "* ]]
  done
  [ "$(grep -c 'capsieve file' <<<"${output#*Examples:}")" -ge 3 ]
}

@test "mistakes on the command line are told with the nearest word" {
  host_only
  file fidn
  [ "$status" -eq 2 ]
  [ "$stderr" = "capsieve file: unknown word 'fidn'; did you mean 'find'?" ]
  file
  [ "$status" -eq 2 ]
  [[ $stderr == *"what is to be done?"* ]]
  file set cap_net_raw=ep
  [ "$status" -eq 2 ]
  [[ $stderr == *"something is missing: capsieve file set SPEC FILE..."* ]]
  file drift a b
  [ "$status" -eq 2 ]
  [[ $stderr == *"unexpected word 'b'"* ]]
  file show --write x
  [ "$status" -eq 2 ]
  [[ $stderr == *"'file show' does not take --write"* ]]
  file set --rootid root cap_net_raw=ep x
  [ "$status" -eq 2 ] && [[ $stderr == *"'root' is no user id"* ]]
}

@test "malformed capabilities are told with their place, and nothing is written" {
  host_only
  file set cap_chown,cap_net_rwa=ep "$D/tool"
  [ "$status" -eq 2 ]
  [[ ${stderr,,} == *"at character 11"*"cap_net_rwa"*"did you mean 'cap_net_raw'?" ]]
  file set "cap_chown=p cap_kill=ep" "$D/tool"
  [ "$status" -eq 2 ]
  [[ $stderr == *"one effective bit"* ]]
  run setcap "cap_chown=p cap_kill=ep" "$D/tool"
  [ "$status" -ne 0 ]
  file set "" "$D/tool"
  [ "$status" -eq 2 ]
  [ -z "$(getcap "$D/tool")" ]
}

@test "what setcap takes and refuses, set takes and refuses, and writes the same bytes" {
  for spec in cap_net_raw=ep CAP_NET_RAW+ep cap_chown,cap_kill=eip =eip =p = 40=ep cap_bpf=ei \
    "cap_chown=ip cap_kill=p" "cap_chown=i cap_kill=ip" all=ep; do
    setcap "$spec" "$D/tool"
    want=$(hex "$D/tool")
    shown=$(getcap "$D/tool")
    setcap -r "$D/tool"
    file set "$spec" "$D/tool"
    [ "$status" -eq 0 ]
    [ "$(hex "$D/tool")" = "$want" ]
    file show "$D/tool"
    [ "${lines[0]}" = "$shown" ]
    file verify "$spec" "$D/tool"
    [ "$status" -eq 0 ]
    [ "$output" = "$D/tool: OK" ]
    setcap -v "$spec" "$D/tool"
    file remove "$D/tool"
    [ "$status" -eq 0 ]
    [ -z "$(getcap "$D/tool")" ]
  done
}

@test "verify says how it differs, as setcap -v does" {
  host_only
  setcap cap_net_raw=p "$D/tool"
  file verify cap_net_raw=ep "$D/tool"
  [ "$status" -eq 3 ]
  [ "$output" = "$D/tool differs in [e]: it has cap_net_raw=p" ]
  file verify cap_bpf=ep "$D/tool"
  [ "$status" -eq 3 ]
  [[ $output == "$D/tool differs in [pe]: "* ]]
  run setcap -v cap_bpf=ep "$D/tool"
  [ "$status" -ne 0 ]
  [[ $output == *"differs in [pe]"* ]]
  file verify --rootid 5 cap_net_raw=p "$D/tool"
  [ "$status" -eq 3 ]
  [[ $output == *"root id, 0 and not 5"* ]]
  setcap -r "$D/tool"
  file verify cap_net_raw=ep "$D/tool"
  [ "$status" -eq 3 ]
  [ "$output" = "$D/tool differs: it has nothing" ]
  file verify = "$D/tool"
  [ "$status" -eq 3 ]
  file verify = "$D/none"
  [ "$status" -eq 1 ]
}

@test "words say where a root id counts, and give nobody a number without a name" {
  file set --rootid 1000 cap_net_raw=ep "$D/tool"
  file show "$D/tool"
  [[ $output == *"where they count, whoever executes it has CAP_NET_RAW, without being root"* ]]
  [[ $output == *"where they count, ambient capabilities are lost"* ]]
  # CAP_NET_RAW and 60, permitted and effective
  raw "$D/tool" 0100000200200000000000000000001000000000
  file show "$D/tool"
  [[ $output == *"means         whoever executes it has CAP_NET_RAW, without being root"* ]]
  [[ $output == *"no capability that has a name, so that a kernel without it passes over it: CAP_60"* ]]
}

@test "format 2 and 3, raw and with the root id" {
  raw "$D/tool" 0100000200200000000000008000000000000000
  file show "$D/tool"
  [ "${lines[0]}" = "$D/tool cap_net_raw,cap_bpf=ep" ]
  [[ $output == *"0000008000002000 CAP_NET_RAW,CAP_BPF"* ]]
  [[ $output == *"format        2"* ]]
  file set --rootid 1000 cap_net_raw=ep "$D/tool"
  [ "$status" -eq 0 ]
  [ "$(hex "$D/tool")" = 0100000300200000000000000000000000000000e8030000 ]
  file show "$D/tool"
  [ "${lines[0]}" = "$D/tool cap_net_raw=ep [rootid=1000]" ]
  [ "${lines[0]}" = "$(getcap -n "$D/tool")" ]
  [[ $output == *"format        3"* ]]
  file show --json "$D/tool"
  jq -e '.files[0].caps | .rootid == 1000 and .format == 3 and .effective and
    .permitted == ["CAP_NET_RAW"] and .permitted_mask == "0000000000002000"' <<<"$output"
}

@test "format 3 made in a user namespace" {
  chown 1234:1234 "$D/tool"
  unshare -U true 2>/dev/null || skip "no user namespaces here"
  chmod 777 "$D"
  setpriv --reuid 1234 --regid 1234 --clear-groups unshare -Ur setcap cap_net_raw=ep "$D/tool" ||
    skip "setcap does not work in a user namespace here"
  chmod 755 "$D"
  file show "$D/tool"
  [ "${lines[0]}" = "$D/tool cap_net_raw=ep [rootid=1234]" ]
  # inside, it is the namespace's own and has no root id; in another it does not count
  run --separate-stderr setpriv --reuid 1234 --regid 1234 --clear-groups \
    unshare -Ur "$CAPSIEVE" file show "$D/tool"
  [ "${lines[0]}" = "$D/tool cap_net_raw=ep" ]
  run --separate-stderr as_nobody unshare -Ur "$CAPSIEVE" file show "$D/tool"
  [[ ${lines[0]} == *"capabilities that are not shown" ]]
  [[ $output == *"root has no number here"* ]]
}

@test "format 1, which kernels obey and do not show" {
  command -v debugfs mkfs.ext4 >/dev/null || skip "no e2fsprogs"
  truncate -s 8M "$D/disk"
  mkfs.ext4 -q "$D/disk"
  printf '\001\000\000\001\000\040\000\000\000\000\000\000' >"$D/v1"
  debugfs -w -f - "$D/disk" <<<"write /usr/bin/id id
    sif id mode 0100755
    ea_set -f $D/v1 id security.capability" >/dev/null 2>&1
  mkdir "$D/mnt"
  mount -o loop "$D/disk" "$D/mnt" 2>/dev/null || skip "no loop mounts here"
  file find "$D/mnt"
  [ "$status" -eq 0 ]
  [[ $output == *"$D/mnt/id"* ]]
  if getcap "$D/mnt/id" | grep -q cap_net_raw; then
    [[ $output == *cap_net_raw=ep* ]]
  else
    [[ $output == *"not shown"* ]]
    file check "$D/mnt"
    [ "$status" -eq 3 ]
    [[ $output == *"of format 1"* ]]
    # nor does explain guess, nor run start it
    run "$CAPSIEVE" explain exec "$D/mnt/id"
    echo "$output"
    [ "$status" -eq 1 ]
    [[ $output == *"does not show its capabilities: they are of format 1, which it obeys"* ]]
    run "$CAPSIEVE" run --as nobody --keep-bounding -- "$D/mnt/id"
    echo "$output"
    [ "$status" -eq 126 ]
    [[ $output == *"does not show, of format 1 or damaged, so what it would get cannot be told"* ]]
  fi
  file remove "$D/mnt/id"
  [ "$status" -eq 0 ]
  file find "$D/mnt"
  [ -z "$output" ]
}

@test "the low-port walk-through, with a copied interpreter" {
  host_only
  [ "$(cat /proc/sys/net/ipv4/ip_unprivileged_port_start)" -gt 80 ] || skip "low ports are open to everyone here"
  python=$D/python-web
  [ -x /usr/bin/python3 ] || skip "no /usr/bin/python3"
  install -o root -g root -m 0755 /usr/bin/python3 "$python"
  cat >"$D/bind-low-port.py" <<'PY'
import socket
import sys

sock = socket.socket()
sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
try:
    sock.bind(("127.0.0.1", 80))
except PermissionError as exc:
    print(f"bind failed: {exc}")
    sys.exit(1)
print("bound 127.0.0.1:80")
PY
  probe() { run as_nobody "$python" -I "$D/bind-low-port.py"; }
  refused="bind failed: [Errno 13] Permission denied"
  probe
  [ "$status" -eq 1 ]
  [ "$output" = "$refused" ]
  # as libcap's tools do it
  setcap cap_net_bind_service=+ep "$python"
  [ "$(getcap "$python")" = "$python cap_net_bind_service=ep" ]
  setcap -r "$python"
  # an interpreter is refused, under whatever name it goes
  file set cap_net_bind_service=+ep "$python"
  [ "$status" -eq 1 ]
  [[ $stderr == *"refused: it is the same as "*"/python3"*"--force"* ]]
  [ -z "$(getcap "$python")" ]
  file set --force cap_net_bind_service=+ep "$python"
  [ "$status" -eq 0 ]
  [ "$output" = "$python: set: nothing -> cap_net_bind_service=ep" ]
  file show "$python"
  [ "${lines[0]}" = "$(getcap "$python")" ]
  [ "${lines[0]}" = "$python cap_net_bind_service=ep" ]
  probe
  [ "$status" -eq 0 ]
  [ "$output" = "bound 127.0.0.1:80" ]
  file verify cap_net_bind_service=+ep "$python"
  [ "$status" -eq 0 ]
  [ "$output" = "$(setcap -v cap_net_bind_service=+ep "$python")" ]
  file remove "$python"
  [ "$status" -eq 0 ]
  [ -z "$(getcap "$python")" ]
  file show "$python"
  [ "$status" -eq 0 ]
  [ -z "$output" ]
  [[ $stderr == *"carries no privileges" ]]
  probe
  [ "$status" -eq 1 ] && [ "$output" = "$refused" ]
}

@test "set refuses what check finds, and says each reason" {
  chmod 777 "$D/tool"
  file set cap_net_raw=ep "$D/tool"
  [ "$status" -eq 1 ]
  [[ $stderr == *"everyone can write to it"* ]]
  chmod 755 "$D/tool"
  chown 65534 "$D/tool"
  file set cap_net_raw=ep "$D/tool"
  [ "$status" -eq 1 ]
  [[ $stderr == *"user nobody can write to it"* ]]
  chown root "$D/tool"
  chmod 777 "$D"
  file set cap_net_raw=ep "$D/tool"
  [ "$status" -eq 1 ]
  [[ $stderr == *"everyone can replace it: $D"* ]]
  chmod 1777 "$D"
  file set cap_net_raw=ep "$D/tool"
  [ "$status" -eq 0 ]
  file remove "$D/tool"
  chmod 755 "$D"
  ln "$D/tool" "$D/other"
  file set cap_net_raw=ep "$D/tool"
  [ "$status" -eq 1 ]
  [[ $stderr == *"it has 2 names"* ]]
  rm "$D/other"
  printf '#!/bin/true\n' >"$D/script" && chmod 755 "$D/script"
  file set cap_net_raw=ep "$D/script"
  [ "$status" -eq 1 ]
  [[ $stderr == *"it is a script"* ]]
  ln -s tool "$D/link"
  file set --force cap_net_raw=ep "$D/link"
  [ "$status" -eq 1 ]
  [[ $stderr == *"symbolic link: name what it points to, tool"* ]]
  file set --force cap_net_raw=ep "$D"
  [ "$status" -eq 1 ]
  [[ $stderr == *"only regular files"* ]]
  [ -z "$(getcap -r "$D")" ]
  mkdir "$D/mnt"
  mount -t tmpfs -o nosuid,mode=755 none "$D/mnt" || skip "no mounts here"
  cp "$D/tool" "$D/mnt/tool"
  file set cap_net_raw=ep "$D/mnt/tool"
  [ "$status" -eq 1 ] && [[ $stderr == *"mounted nosuid: they do nothing"* ]]
}

@test "set and remove look at the file afterwards" {
  host_only
  lied() {
    run --separate-stderr /usr/bin/python3 "$E2E/lie.py" "$1" "$CAPSIEVE" file "${@:2}"
    echo "$status: $output $stderr"
    [ "$status" -eq 1 ]
    [ -z "$output" ]
    [[ $stderr == "capsieve file: $D/tool: failed: what the file has afterwards is not what was asked for" ]]
  }
  [ -x /usr/bin/python3 ] || skip "no /usr/bin/python3"
  lied fsetxattr set cap_net_raw=ep "$D/tool"
  file set cap_net_raw=ep "$D/tool"
  [ "$status" -eq 0 ]
  lied fremovexattr remove "$D/tool"
}

@test "--json for every word: one object with what it is about" {
  host_only
  # said WORD KEY ARGUMENT...
  said() {
    "$CAPSIEVE" file "$1" --json "${@:3}" >"$D/json" || [ $? = 3 ]
    cat "$D/json"
    jq -es --arg type "$1" --arg key "$2" 'length == 1 and .[0].v == 1 and (.[0].type | test("file|" + $type)) and
      (.[0] | has($key))' "$D/json"
  }
  said set files cap_net_raw=ep "$D/tool"
  said show files "$D/tool"
  said find files "$D"
  said check files "$D"
  said verify files cap_net_raw=ep "$D/tool"
  said verify files cap_kill=ep "$D/tool"
  said snapshot files "$D"
  "$CAPSIEVE" file snapshot "$D" >"$D/M"
  said drift changes "$D/M"
  said apply files "$D/M"
  said remove files "$D/tool"
}

# A million in 30 s of our own CPU is what is promised: it is a fifth of that here.
@test "200,000 files in less than 6 s of CPU, with progress on a terminal that is over-written and cleared" {
  host_only
  [ -x /usr/bin/python3 ] || skip "no /usr/bin/python3"
  mkdir "$D/mnt"
  mount -t tmpfs -o mode=755,nr_inodes=300000 none "$D/mnt" || skip "no mounts here"
  run /usr/bin/python3 - "$CAPSIEVE" "$D/mnt" <<'PY'
import os, pty, resource, signal, sys, time
program, root = sys.argv[1:]
for d in range(200):
    os.mkdir(f"{root}/{d}")
    for f in range(1000):
        os.mknod(f"{root}/{d}/{f}")
pid, terminal = pty.fork()
if not pid:
    os.execv(program, [program, "file", "find", root])
# nothing is said in the first second
time.sleep(0.1)
os.kill(pid, signal.SIGSTOP)
time.sleep(1.1)
os.kill(pid, signal.SIGCONT)
shown = b""
while True:
    try:
        piece = os.read(terminal, 4096)
    except OSError:
        break
    if not piece:
        break
    shown += piece
os.waitpid(pid, 0)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
lines = shown.decode().split("\r")
print("cpu", used.ru_utime + used.ru_stime < 6, used.ru_utime + used.ru_stime)
print("progress", len(lines) > 2 and all(" files, 0 found: " in line for line in lines[1:-2]))
print("cleared", not lines[-1].strip() and not lines[-2].strip())
PY
  echo "$output"
  [[ ${lines[0]} == "cpu True"* && ${lines[1]} == "progress True" && ${lines[2]} == "cleared True" ]]
}

@test "check names every flaw, exit 3; nothing where all is well" {
  host_only
  setcap cap_net_raw=ep "$D/tool"
  file check "$D"
  [ "$status" -eq 0 ]
  [ -z "$output" ]
  install -m 4755 "$(readlink -f /bin/sh)" "$D/shell"
  install -m 4777 /usr/bin/id "$D/open"
  ln "$D/tool" "$D/second"
  file check "$D"
  [ "$status" -eq 3 ]
  [[ $output == *"$D/shell: setuid root: it is the same as "* ]]
  [[ $output == *"$D/open: setuid root: everyone can write to it"* ]]
  [[ $output == *"$D/second: cap_net_raw=ep: it has 2 names"* ]]
  file check --json "$D"
  [ "$status" -eq 3 ]
  jq -e '[.files[].flaws[].flaw] | sort == ["interpreter", "linked", "writable"]' <<<"$output"
  # named alone, too
  file check "$D/open"
  [ "$status" -eq 3 ]
}

@test "find sorts by risk and shows the names of one file once" {
  host_only
  setcap cap_wake_alarm=ep "$D/tool"
  ln "$D/tool" "$D/zweit"
  install -m 4755 /usr/bin/id "$D/suid"
  install -m 2755 -g 42 /usr/bin/id "$D/sgid"
  install -m 755 /usr/bin/id "$D/admin"
  setcap cap_sys_admin=ep "$D/admin"
  ln -s . "$D/loop"
  mkdir "$D/d"
  ln -s .. "$D/d/up"
  file find --no-header "$D"
  [ "$status" -eq 0 ]
  [[ ${lines[0]} == root*"$D/admin" && ${lines[1]} == root*"$D/suid" && ${lines[2]} == medium*"$D/sgid" ]]
  [[ ${lines[3]} == *"$D/tool" && ${lines[4]} == *"= $D/zweit" ]]
  [ "${#lines[@]}" -eq 5 ]
  file find --json "$D"
  jq -e '(.files | length) == 4 and .files[3].also == [.files[3].path | sub("tool$"; "zweit")]
    and .looked_at.unreadable == 0' <<<"$output"
  # the same files as getcap and find have
  [ "$(getcap -r "$D" | cut -d' ' -f1 | sort)" = "$(printf '%s\n' "$D/admin" "$D/tool" "$D/zweit")" ]
}

@test "hostile names are safe on a terminal, and come back from a manifest" {
  host_only
  name=$D/$'a \e[31m\n\\x41\xff'
  cp "$D/tool" "$name"
  setcap cap_net_raw=ep "$name"
  file find "$D"
  [[ $output != *$'\e'* ]]
  [[ $output == *'a \x1b[31m\x0a\\x41\xff'* ]]
  "$CAPSIEVE" file snapshot "$D" >"$D/manifest"
  grep -F '/a\x20\x1b[31m\x0a\\x41\xff mode=0755 uid=0 gid=0 caps=cap_net_raw=ep' "$D/manifest"
  setcap -r "$name"
  file apply --write "$D/manifest"
  [ "$status" -eq 0 ]
  [ -n "$(getcap "$name")" ]
  file drift "$D/manifest"
  [ "$status" -eq 0 ] && [ -z "$output" ]
}

@test "directories that nobody may read are counted, and the exit status is 4" {
  host_only
  for_nobody
  setcap cap_net_raw=ep "$D/tool"
  mkdir -m 700 "$D/closed" "$D/closed/below"
  cp "$D/tool" "$D/closed/tool"
  run --separate-stderr as_nobody "$D/capsieve" file find --no-header "$D"
  [ "$status" -eq 4 ]
  [ "${#lines[@]}" -eq 1 ]
  [[ $output == *"$D/tool" ]]
  [ "$stderr" = "capsieve file: $D/closed: Permission denied" ]
  run --separate-stderr as_nobody "$D/capsieve" file find --json -q "$D"
  [ "$(jq .looked_at.unreadable <<<"$output")" = 1 ]
  [ "$stderr" = "capsieve file: 1 directories could not be read" ]
  # nobody can set nothing
  run --separate-stderr as_nobody "$D/capsieve" file set cap_net_raw=p "$D/tool"
  [ "$status" -eq 1 ] && [[ $stderr == *"CAP_SETFCAP"* ]]
}

@test "files and directories that vanish meanwhile do no harm" {
  host_only
  mkdir "$D/busy"
  (
    while :; do
      mkdir -p "$D"/busy/{1,2,3,4,5}/{a,b,c}/deep
      cp "$D/tool" "$D/busy/1/a/tool"
      setcap cap_net_raw=ep "$D/busy/1/a/tool"
      mv "$D/busy/1" "$D/busy/2/a/moved"
      rm -rf "$D/busy"/*
    done
  ) >/dev/null 2>&1 &
  busy=$!
  rounds=150
  in_guest && rounds=20
  for ((i = 0; i < rounds; i++)); do
    "$CAPSIEVE" file find -q "$D/busy" >"$D/out" 2>"$D/err" || {
      echo "status $?" >>"$D/err"
      break
    }
  done
  kill $busy
  wait $busy || true
  cat "$D/err"
  [ ! -s "$D/err" ]
}

@test "one file system unless told; bind mounts and overlays are shown once" {
  mkdir "$D/mnt" "$D/low" "$D/up" "$D/work" "$D/merged"
  mount -t tmpfs -o mode=755 none "$D/mnt" || skip "no mounts here"
  cp "$D/tool" "$D/mnt/tool" && setcap cap_net_raw=ep "$D/mnt/tool"
  file find --no-header "$D"
  [ -z "$output" ]
  file find --no-header --all-filesystems "$D"
  [[ $output == *"$D/mnt/tool" ]]
  [ "${#lines[@]}" -eq 1 ]
  umount "$D/mnt"
  cp "$D/tool" "$D/low/tool" && setcap cap_net_raw=ep "$D/low/tool"
  mount --bind "$D/low" "$D/mnt"
  file find --no-header "$D"
  [ "${#lines[@]}" -eq 1 ]
  umount "$D/mnt"
  mkdir "$D/mnt/layers" && mount -t tmpfs -o mode=755 none "$D/mnt/layers"
  mkdir "$D"/mnt/layers/{up,work}
  if mount -t overlay -o "lowerdir=$D/low,upperdir=$D/mnt/layers/up,workdir=$D/mnt/layers/work" none "$D/merged"; then
    [ -n "$(getcap "$D/merged/tool")" ]
    file find --no-header --all-filesystems "$D"
    echo "$output"
    [ "${#lines[@]}" -eq 1 ]
    [[ $output == *"$D/low/tool" ]]
    # what is only in the overlay's own layer is met there
    cp "$D/tool" "$D/merged/new" && setcap cap_chown=ep "$D/merged/new"
    file find --no-header --all-filesystems "$D"
    umount "$D/merged"
    [ "${#lines[@]}" -eq 2 ]
    [[ $output == *"layers/up/new"* ]]
  fi
  umount "$D/mnt/layers"
}

@test "drift says what appeared, vanished and changed, exit 3" {
  host_only
  for name in a b c d; do
    cp "$D/tool" "$D/$name" && setcap cap_net_raw=ep "$D/$name"
  done
  "$CAPSIEVE" file snapshot "$D" >"$D/M"
  [ "$(head -n 1 "$D/M")" = "capsieve-files 1" ]
  "$CAPSIEVE" file snapshot "$D" | cmp - "$D/M"
  file drift "$D/M"
  [ "$status" -eq 0 ]
  [ -z "$output" ]
  rm "$D/a"
  setcap -r "$D/b"
  chmod 4755 "$D/c"
  setcap cap_net_raw,cap_bpf=ep "$D/d"
  chmod 2755 "$D/tool"
  file drift "$D/M"
  [ "$status" -eq 3 ]
  [ "${lines[0]}" = "vanished $D/a: cap_net_raw=ep" ]
  [ "${lines[1]}" = "changed  $D/b: cap_net_raw=ep -> nothing" ]
  [ "${lines[2]}" = "changed  $D/c: cap_net_raw=ep (mode 0755, uid 0, gid 0) -> setuid root cap_net_raw=ep (mode 4755, uid 0, gid 0)" ]
  [ "${lines[3]}" = "changed  $D/d: cap_net_raw=ep -> cap_net_raw,cap_bpf=ep" ]
  [ "${lines[4]}" = "appeared $D/tool: setgid root" ]
  file drift --json "$D/M"
  [ "$status" -eq 3 ]
  jq -e '[.changes[].change] == ["vanished", "changed", "changed", "changed", "appeared"]' <<<"$output"
}

@test "apply says what it would do, does it with --write, and refuses what check finds" {
  host_only
  cp "$D/tool" "$D/second"
  setcap cap_net_raw=ep "$D/tool"
  "$CAPSIEVE" file snapshot "$D" >"$D/M"
  printf '%s caps=cap_bpf=p\n' "$D/second" >>"$D/M"
  setcap cap_chown=ep "$D/tool"
  file apply "$D/M"
  [ "$status" -eq 3 ]
  [ "${lines[0]}" = "$D/second: would set: nothing -> cap_bpf=p" ]
  [ "${lines[1]}" = "$D/tool: would set: cap_chown=ep -> cap_net_raw=ep" ]
  [ "$(getcap "$D/tool")" = "$D/tool cap_chown=ep" ]
  chmod 777 "$D/second"
  file apply --write "$D/M"
  [ "$status" -eq 1 ]
  [[ $stderr == *"$D/second: refused: everyone can write to it"* ]]
  [ "$(getcap "$D/tool")" = "$D/tool cap_net_raw=ep" ]
  [ -z "$(getcap "$D/second")" ]
  chmod 755 "$D/second"
  file apply --write --json "$D/M"
  [ "$status" -eq 0 ]
  jq -e '[.files[].state] == ["set", "unchanged"]' <<<"$output"
  file apply "$D/M"
  [ "$status" -eq 0 ] && [ -z "$output" ]
}

@test "mistakes in a manifest stand with file, line and column" {
  host_only
  printf 'capsieve-files 1\n%s modes=0755\ntre /\n' "$D/tool" >"$D/M"
  file drift "$D/M"
  [ "$status" -eq 2 ]
  [ "${stderr_lines[0]}" = "capsieve file: $D/M:2:$((${#D} + 7)): unknown key 'modes'; did you mean 'mode'?" ]
  [ "${stderr_lines[1]}" = "capsieve file: $D/M:3:1: unknown word 'tre'; did you mean 'tree'?" ]
  file apply "$D/none"
  [ "$status" -eq 2 ]
  file drift - <<<"nothing"
  [ "$status" -eq 2 ]
  [[ $stderr == *"-:1:1: no manifest"* ]]
  file drift /dev/zero
  [ "$status" -eq 2 ] && [ "$stderr" = "capsieve file: /dev/zero: File too large" ]
}

# The package that a program is of, whichever of /bin and /usr/bin its list has
package_of() {
  local found

  for path in "$1" "${1#/usr}" "/usr$1"; do
    found=$(dpkg -S "$path" 2>/dev/null) && echo "${found%%:*}" && return
  done
}

@test "an upgrade that drops the capabilities of ping is one line" {
  host_only
  command -v apt-get >/dev/null || skip "no apt-get here"
  command -v ping >/dev/null || skip "there is no ping here"
  ping=$(readlink -f "$(command -v ping)")
  package=$(package_of "$ping")
  [ -n "$package" ] || skip "ping is of no package"
  export DEBIAN_FRONTEND=noninteractive
  mkdir -p "$D/cache/partial"
  apt=(apt-get -qq -o "Dir::Cache::archives=$D/cache" -o DPkg::Lock::Timeout=60 install -y --reinstall)
  timeout 100 "${apt[@]}" --download-only "$package" >/dev/null 2>&1 </dev/null ||
    skip "$package cannot be fetched: no network"
  # as it should be: the package's own script gives the capability
  "${apt[@]}" "$package" >/dev/null 2>&1 </dev/null
  [[ $(getcap "$ping") == *cap_net_raw* ]] || skip "this distribution's ping has no capabilities"
  "$CAPSIEVE" file snapshot "${ping%/*}" >"$D/M"
  file drift "$D/M"
  [ "$status" -eq 0 ]
  [ -z "$output" ]
  # unpacked again and its script not run yet, as after an upgrade that failed half-way
  dpkg --unpack "$D"/cache/"$package"_*.deb >/dev/null 2>&1
  file drift "$D/M"
  echo "unpacked: $output"
  [ "$status" -eq 3 ]
  [ "$output" = "changed  $ping: cap_net_raw=ep -> nothing" ]
  dpkg --configure "$package" >/dev/null 2>&1
  file drift "$D/M"
  [ "$status" -eq 0 ] && [ -z "$output" ]
}
