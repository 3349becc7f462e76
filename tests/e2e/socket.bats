# SPDX-License-Identifier: BSD-2-Clause
#
# --engine-socket: names that no file tells, asked of the engine. Docker and podman whose files are in another mount
# namespace, and sockets behind which somebody means ill.

bats_require_minimum_version 1.5.0
load lib
load engines

setup_file() {
  # A skip in here fails where bats is 1.8.
  ! in_guest && [ -n "$(probes)" ] || return 0
  engines_begin
  ! docker_begin || echo yes >"$BATS_FILE_TMPDIR/docker"
}

teardown_file() {
  [ -z "${ENGINES-}" ] || engines_end
}

setup() {
  host_only
  [ -n "$(probes)" ] || skip "no probe works here"
  P=$BATS_TEST_TMPDIR/p JOBS=()
}

teardown() {
  capsieve_kill
  end_jobs
}

# last FILTER: what was said last of a workload
last() {
  jq -c "select((.type == \"check\" or .type == \"resolve\") and ($1))" "$P.json" | tail -n1
}

has_last() {
  [ -n "$(last "$1")" ]
}

@test "docker: a name only where its socket was named, and then the engine confirms it" {
  [ -e "$BATS_FILE_TMPDIR/docker" ] || skip "no docker daemon runs here"
  dock import - demo/app:1 <"$ENGINES/box.tar" >/dev/null
  capsieve_start "$P" -C sys_chroot --comm chroot
  id=$(dock run -d --name quiet demo/app:1 sh -c 'chroot / true; sleep 300')
  wait_for 20 has_last ".type == \"resolve\" and .container.id == \"$id\""
  [ "$(last ".container.id == \"$id\"" | jq -c '[.workload, .container.name, .container.verified]')" = \
    "[\"docker:${id:0:12}?\",null,false]" ]
  capsieve_stop

  capsieve_start "$P" -v -C sys_chroot --comm chroot --engine-socket "$ENGINES/docker.sock"
  id=$(dock run -d --name loud --cap-drop all --cap-add sys_chroot --label com.docker.compose.project=shop demo/app:1 \
    sh -c 'chroot / true; sleep 300')
  wait_for 20 has_last ".container.id == \"$id\" and .container.name"
  last ".container.id == \"$id\"" | jq -c '[.workload, .container.image, .container.project, .container.verified, .granted]' | tee "$P.line"
  [ "$(<"$P.line")" = '["docker:loud","demo/app:1","shop",true,{"source":"engine","set":["CAP_SYS_CHROOT"],"bounding":["CAP_SYS_CHROOT"]}]' ]
  # A cgroup that is called like it is not it, whomever one asks.
  top=$(cgroup2) && mkdir -p "$top/evil/docker-$id.scope" || skip "no cgroup can be made here"
  # shellcheck disable=SC2016
  sh -c 'echo 0 >"$1/cgroup.procs" && exec chroot / true' sh "$top/evil/docker-$id.scope"
  wait_for 20 has_last '.type == "resolve" and (.cgroup // "" | startswith("/evil"))'
  rmdir "$top/evil/docker-$id.scope" "$top/evil"
  [ "$(last '.cgroup // "" | startswith("/evil")' | jq -c '[.workload, .container.name, .container.verified]')" = \
    "[\"docker:${id:0:12}?\",null,false]" ]
  capsieve_stop
  dock rm -f quiet loud >/dev/null
}

@test "podman answers the same questions" {
  pod import "$ENGINES/box.tar" toy:1 >/dev/null 2>&1 || skip "podman does not work here"
  engine podman --storage-driver overlay --cgroup-manager cgroupfs --events-backend file --runtime runc \
    system service -t 60 "unix://$ENGINES/podman.sock" >"$P.service" 2>&1 3>&- &
  JOBS+=($!)
  there() { [ -S "$ENGINES/podman.sock" ]; }
  wait_for 20 there
  capsieve_start "$P" -C sys_chroot --comm chroot --engine-socket "$ENGINES/podman.sock"
  pod run -d --name ptoy toy:1 sh -c 'sleep 1; chroot / true; sleep 300' >/dev/null
  wait_for 30 has_last '.container.engine == "podman" and .container.name'
  last '.container.name' | jq -c '[.workload, .container.image, .container.verified]' | tee "$P.line"
  [ "$(<"$P.line")" = '["podman:ptoy","localhost/toy:1",true]' ]
  capsieve_stop
  pod rm -f -t 0 ptoy >/dev/null 2>&1
}

# What is behind a socket, by name
SERVER='
import socket, sys, time
how, path = sys.argv[1:]
s = socket.socket(socket.AF_UNIX)
s.bind(path)
s.listen(8)
head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
while True:
    c, _ = s.accept()
    asked = c.recv(65536)
    print(asked.split(b"\r\n")[0].decode(), flush=True)
    try:
        if how == "silent":
            time.sleep(60)
        elif how == "slow":
            c.sendall(head + b"\r\n")
            while True:
                c.sendall(b"{")
                time.sleep(0.05)
        elif how == "huge":
            c.sendall(head + b"\r\n{")
            while True:
                c.sendall(b" " * 65536)
        elif how == "deep":
            c.sendall(head + b"\r\n" + b"[" * 1000000)
        elif how == "elsewhere":
            c.sendall(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")
        elif how == "odd":
            c.sendall(head + b"\r\n{\"Id\":1,\"Config\":[],\"State\":{\"Pid\":-1}}")
        elif how == "liar":
            c.sendall(head + b"\r\n{\"Id\":\"x\",\"Name\":\"/victim\",\"Config\":{\"Image\":\"v\"},\"State\":{\"Running\":true,\"Pid\":1}}")
    except OSError:
        pass
    c.close()
'

@test "a socket that is silent, slow, endless or lies: one warning, no name, and nobody waits" {
  top=$(cgroup2) && mkdir -p "$top/cs-sock" 2>/dev/null || skip "no cgroup can be made here"
  for how in silent slow huge deep elsewhere odd liar; do
    python3 -c "$SERVER" "$how" "$BATS_TEST_TMPDIR/$how.sock" >"$P.asked" 3>&- &
    JOBS+=($!)
    there() { [ -S "$BATS_TEST_TMPDIR/$how.sock" ]; }
    wait_for 20 there
    capsieve_start "$P" -C sys_chroot --comm short --engine-socket "$BATS_TEST_TMPDIR/$how.sock"
    for i in 1 2 3; do
      dir=$top/cs-sock/docker-$(printf '%064x' "$i").scope
      mkdir "$dir"
      # shellcheck disable=SC2016
      sh -c 'echo 0 >"$1/cgroup.procs" && exec "$2" -q' sh "$dir" "$TRIP/short"
      wait_for 10 rmdir "$dir"
    done
    three() { [ "$(checks "$P" .container.id | sort -u | wc -l)" -eq 3 ]; }
    wait_for 30 three || { echo "$how:" && cat "$P.err" "$P.json" "$P.asked" && false; }
    wait_for 10 has "$P.asked" "GET /containers/0000"
    [ "$how" = liar ] || wait_for 10 has "$P.err" "a container's name may be missing: $BATS_TEST_TMPDIR/$how.sock: "
    capsieve_stop
    end_jobs
    echo "$how: $(grep -c . "$P.asked") asked; $(grep missing "$P.err" || :)"
    [ "$(grep -c "may be missing" "$P.err")" = "$([ "$how" = liar ] && echo 0 || echo 1)" ]
    [ "$(jq -c 'select(.container) | [.container.name, .container.verified]' "$P.json" | sort -u)" = '[null,false]' ]
    [ "$(stop_line "$P" '.lost')" = '{}' ]
  done
  rmdir "$top/cs-sock"
}

@test "what is no socket is a mistake, and no engine is asked unless it was" {
  run --separate-stderr "$CAPSIEVE" trace --engine-socket /etc/passwd
  [ "$status" -eq 2 ]
  [ "$stderr" = "capsieve trace: --engine-socket: '/etc/passwd' is no socket" ] || { echo "$stderr" && false; }
  run --separate-stderr "$CAPSIEVE" trace --engine-socket /nowhere/docker.sock
  [ "$status" -eq 2 ]
  ! ldd "$CAPSIEVE" | grep -i curl || false
}
