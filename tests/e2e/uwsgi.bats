# SPDX-License-Identifier: BSD-2-Clause
#
# uWSGI itself, started as root with `cap`, `uid` and `gid`: what its workers then have, as the kernel, ps, trace
# and explain tell it.

load lib

setup_file() {
  D=$(mktemp -d /var/tmp/capsieve-uwsgi.XXXXXX)
  chmod 755 "$D"
  export D
}

setup() {
  host_only
  UWSGI=$(command -v uwsgi-core) || UWSGI=$(command -v uwsgi) || skip "no uWSGI"
  JOBS=()
}

teardown() {
  end_jobs
  [ ! -e "$D/log" ] || end_uwsgi
  rm -f "$D/log"
}

teardown_file() {
  [ -z "${D-}" ] || rm -rf "$D"
}

# configure LIST: two workers as nobody that keep these. Each asks for CAP_FSETID once, whatever comes of it.
configure() {
  : >"$D/asks"
  chown 65534:0 "$D/asks"
  cat >"$D/app.ini" <<INI
[uwsgi]
socket = 127.0.0.1:0
master = true
processes = 2
no-orphans = true
uid = 65534
gid = 65534
cap = $1
hook-post-fork = chmod:$D/asks 2755
INI
}

# Both are there, and past their hook
spawned() {
  [ "$(grep -Ec '^spawned uWSGI worker|\(post-fork\)' "$D/log")" = 4 ]
}

# The pids of the two workers, of a uWSGI that is started with what stands before it
start_uwsgi() {
  "$@" "$UWSGI" --ini "$D/app.ini" >"$D/log" 2>&1 </dev/null 3>&- &
  JOBS+=($!)
  wait_for 20 spawned || { cat "$D/log" && return 1; }
  mapfile -t WORKERS < <(sed -n 's/^spawned uWSGI worker .*(pid: \([0-9]*\),.*/\1/p' "$D/log")
  [ ${#WORKERS[@]} = 2 ]
}

# Not by its leave: a worker that has just started misses what its master sends, and the master waits for it.
end_uwsgi() {
  local pid

  for pid in $(sed -n 's/^spawned uWSGI .*(pid: \([0-9]*\)[,)].*/\1/p' "$D/log"); do
    kill -KILL "$pid" 2>/dev/null || :
  done
}

stop_uwsgi() {
  end_uwsgi
  wait "${JOBS[0]}" || :
  JOBS=()
  rm "$D/log"
}

# three PID: inheritable, permitted and effective set
three() {
  awk '/^Cap(Inh|Prm|Eff)/ { printf "%s%s", sep, $2; sep = " " }' "/proc/$1/status"
}

line() {
  sed -n '/^cap /p' "$D/app.ini"
}

# The line that stands in its configuration, as explain reads it
mask() {
  "$CAPSIEVE" explain --json "$(line)" | jq -r .text.mask
}

set_of() {
  "$CAPSIEVE" explain --json "$(line)" | jq -r '.set | join(",")'
}

@test "ps and trace show exactly these sets in uWSGI's workers, a number among them" {
  [ -n "$(probes)" ] || skip "no probe works here"
  [ "$(cat /proc/sys/kernel/cap_last_cap)" -ge 36 ] || skip "this kernel has no capability 36"
  want=CAP_BLOCK_SUSPEND,CAP_NET_BIND_SERVICE,CAP_SYS_TIME
  configure net_bind_service,sys_time,36
  start_uwsgi "$CAPSIEVE" trace --json -o "$D/trace.json" --
  for pid in "${WORKERS[@]}"; do
    [ "$(three "$pid")" = "0000001002000400 0000001002000400 0000001002000400" ]
    [ "$(getpcaps "$pid")" = "$pid: cap_net_bind_service,cap_sys_time,cap_block_suspend=eip" ]
    got=$("$CAPSIEVE" ps -q -p "$pid" --json | jq -r 'select(.pid) | [.type, .uid, .text, (.ambient | length)] | join(" ")')
    echo "$got"
    [ "$got" = "process 65534 cap_net_bind_service,cap_sys_time,cap_block_suspend=eip 0" ]
  done
  # uWSGI 2.0 names a capability that it has no name for by its number only
  has "$D/log" "setting capability 36 [36]"
  stop_uwsgi
  for pid in "${WORKERS[@]}"; do
    got=$(jq -c "select(.type == \"check\" and .pid == $pid and .uid == 65534) |
      [.cap, .verdict, .user, (.exe | sub(\".*/\"; \"\")), (.effective | sort | join(\",\")),
       (.permitted | sort | join(\",\"))]" "$D/trace.json" | sort -u)
    echo "$got"
    [ "$got" = "[\"CAP_FSETID\",\"denied\",\"nobody\",\"$(basename "$(readlink -f "$UWSGI")")\",\"$want\",\"$want\"]" ]
  done
}

@test "explain reads the line of its configuration as uWSGI does" {
  configure net_bind_service,sys_time,36
  [ "$(line)" = "cap = net_bind_service,sys_time,36" ]
  [ "$(mask)" = 0x1002000400 ]
  start_uwsgi env
  for pid in "${WORKERS[@]}"; do
    bits=$(printf '%016x' "$(mask)")
    [ "$(three "$pid")" = "$bits $bits $bits" ]
    [ "$("$CAPSIEVE" explain --json --pid "$pid" | jq -r '.is.permitted | join(",")')" = "$(set_of)" ]
  done
  stop_uwsgi
}

@test "a number that this kernel does not have: uWSGI says nothing, explain does" {
  [ "$(cat /proc/sys/kernel/cap_last_cap)" -lt 42 ] || skip "this kernel has a capability 42"
  configure net_bind_service,sys_time,42
  start_uwsgi env
  has "$D/log" "setting capability 42 [42]"
  for pid in "${WORKERS[@]}"; do
    [ "$(three "$pid")" = "0000000002000400 0000000002000400 0000000002000400" ]
  done
  stop_uwsgi
  run "$CAPSIEVE" explain "$(line)"
  echo "$output"
  [[ $output == *"read as uWSGI"* ]]
  [[ $output == *"unknown"*42* ]]
  [[ $output == *"this kernel has no such capability"* ]]
}
