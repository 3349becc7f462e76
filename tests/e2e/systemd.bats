# SPDX-License-Identifier: BSD-2-Clause
#
# A machine that systemd runs: services and a user's own unit by name, with what they are granted, seen by one capsieve;
# and what ps says of them. For the machine 6.12-systemd of the kernels stage.

bats_require_minimum_version 1.5.0
load lib

USER_ID=41077

by_systemd() {
  [ "$(</proc/1/comm)" = systemd ] && in_guest
}

setup() {
  by_systemd || skip "systemd is not process 1 of a virtual machine here"
  [ -n "$(probes)" ] || skip "no probe works here"
}

setup_file() {
  by_systemd && [ -n "$(probes)" ] || return 0
  export W=$BATS_FILE_TMPDIR
  make_units
  make_user
  systemctl daemon-reload
  capsieve_start "$W/seen" -v -C sys_chroot --record "$W/seen.rec"
  export CAPSIEVE_PID CAPSIEVE_PATH
}

teardown_file() {
  capsieve_kill
}

# A check, and then it is there to be looked at
LOOP="$TRIP/short -q; exec sleep 600"

make_units() {
  local dir=/etc/systemd/system

  cat >$dir/cs-web.service <<-END
	[Unit]
	DefaultDependencies=no
	[Service]
	ExecStart=/bin/sh -c '$LOOP'
	CapabilityBoundingSet=CAP_SYS_CHROOT CAP_CHOWN CAP_KILL
	Slice=cs-test.slice
	END
  mkdir -p $dir/cs-web.service.d
  printf '[Service]\nCapabilityBoundingSet=~CAP_KILL\n' >$dir/cs-web.service.d/less.conf
  cat >$dir/cs-low@.service <<-END
	[Unit]
	DefaultDependencies=no
	[Service]
	User=nobody
	AmbientCapabilities=CAP_SYS_CHROOT
	ExecStart=/bin/sh -c '$LOOP'
	END
  cat >$dir/cs-short@.service <<-END
	[Unit]
	DefaultDependencies=no
	CollectMode=inactive-or-failed
	[Service]
	Type=oneshot
	ExecStart=$TRIP/short -q
	CapabilityBoundingSet=CAP_SYS_CHROOT
	END
}

# A user whose systemd runs without logind and PAM, which this machine has not.
make_user() {
  local dir=/run/systemd/system

  echo "cs-user:x:$USER_ID:$USER_ID::/run/user/$USER_ID:/bin/sh" >>/etc/passwd
  mkdir -p "$dir/user-runtime-dir@.service.d" "$dir/user@.service.d" "/run/user/$USER_ID/systemd/user"
  cat >"$dir/user-runtime-dir@.service.d/own.conf" <<-END
	[Unit]
	DefaultDependencies=no
	Requires=
	After=
	[Service]
	ExecStart=
	ExecStart=/bin/true
	ExecStop=
	END
  cat >"$dir/user@.service.d/own.conf" <<-END
	[Unit]
	DefaultDependencies=no
	[Service]
	PAMName=
	Environment=XDG_RUNTIME_DIR=/run/user/%i SYSTEMD_UNIT_PATH=/run/user/%i/systemd/user
	END
  printf '[Unit]\nDescription=nothing\n' >"/run/user/$USER_ID/systemd/user/default.target"
  printf '[Unit]\nDescription=nothing\n' >"/run/user/$USER_ID/systemd/user/basic.target"
  cat >"/run/user/$USER_ID/systemd/user/cs-mine.service" <<-END
	[Unit]
	DefaultDependencies=no
	[Service]
	ExecStart=/bin/sh -c '$LOOP'
	END
  chown -R $USER_ID:$USER_ID "/run/user/$USER_ID"
}

of_user() {
  setpriv --reuid $USER_ID --regid $USER_ID --clear-groups env HOME="/run/user/$USER_ID" XDG_RUNTIME_DIR="/run/user/$USER_ID" "$@"
}

# seen FILTER: jq over checks and what was found later
seen() {
  jq -c "select(.type == \"check\" or .type == \"resolve\") | $1" "$W/seen.json"
}

has_seen() {
  [ -n "$(seen "select($1) | 1")" ]
}

@test "a service: unit, slice, cgroup id as systemd has it, and what it is granted" {
  systemctl start cs-web.service
  wait_for 20 has_seen '.type == "resolve" and .granted and .workload == "unit:cs-web.service"'
  seen 'select(.workload == "unit:cs-web.service")'
  [ "$(checks "$W/seen" 'select(.unit == "cs-web.service") | [.workload, .slice, .cgroup, .cgroup_id]' | sort -u)" = \
    "[\"unit:cs-web.service\",\"cs-test.slice\",\"/cs.slice/cs-test.slice/cs-web.service\",$(systemctl show cs-web -p ControlGroupId --value)]" ]
  [ "$(seen 'select(.type == "resolve" and .workload == "unit:cs-web.service") | .granted | [.source, .set, .bounding]' | tail -n1)" = \
    '["unit",["CAP_CHOWN","CAP_SYS_CHROOT"],["CAP_CHOWN","CAP_SYS_CHROOT"]]' ]
  # what is granted is what the process has
  [ "$("$CAPSIEVE" ps -q --json --unit cs-web --comm sleep | jq -c 'select(.comm) | [.unit, .slice, .granted.source, .granted.workload == .permitted, .permitted]')" = \
    '["cs-web.service","cs-test.slice","unit",true,["CAP_CHOWN","CAP_SYS_CHROOT"]]' ]
}

@test "an instance of a template, for another user, with an ambient capability" {
  systemctl start cs-low@one.service
  wait_for 20 has_seen '.type == "resolve" and .granted and .workload == "unit:cs-low@one.service"'
  [ "$(seen 'select(.type == "resolve" and .workload == "unit:cs-low@one.service") | .granted | [.source, .set]' | tail -n1)" = \
    '["unit",["CAP_SYS_CHROOT"]]' ]
  [ "$(checks "$W/seen" 'select(.unit == "cs-low@one.service") | [.user, .verdict]' | sort -u)" = '["nobody","allowed"]' ]
}

@test "services that are over before anybody looks have their names" {
  for i in 1 2 3 4 5; do
    systemctl start "cs-short@$i.service"
  done
  five() { [ "$(checks "$W/seen" 'select(.comm == "short") | .unit' | grep -c 'cs-short@')" -eq 5 ]; }
  wait_for 20 five
  checks "$W/seen" 'select(.comm == "short") | .unit' | grep 'cs-short@' | sort | uniq -c | tr -s ' ' | tee "$W/line"
  [ "$(<"$W/line")" = "$(for i in 1 2 3 4 5; do echo " 1 \"cs-short@$i.service\""; done)" ]
}

@test "a user's own unit, of that user's systemd" {
  timeout 60 systemctl start "user@$USER_ID.service" || {
    systemctl status "user@$USER_ID.service" --no-pager
    false
  }
  wait_for 20 of_user systemctl --user start cs-mine.service
  wait_for 20 has_seen "(.cgroup // \"\") | endswith(\"/user@$USER_ID.service/app.slice/cs-mine.service\")"
  checks "$W/seen" 'select(.user == "cs-user" and (.cgroup | endswith("cs-mine.service"))) | [.workload, .unit, .verdict, .slice]' | sort -u | tee "$W/line"
  [[ $(<"$W/line") == *"\"user:$USER_ID:cs-mine.service\""*'"denied"'* ]]
  "$CAPSIEVE" ps -q --all --json -u cs-user | jq -c 'select(.comm == "sleep") | [.workload, .unit, .slice, .cgroup]' | tee "$W/line"
  [[ $(<"$W/line") == *'cs-mine.service'* ]]
}

@test "a filter waits for a service that is not there yet, and hears nobody else" {
  local pid

  "$CAPSIEVE" trace --json --unit cs-low@two -C sys_chroot -d 300 -n 1 >"$W/wait.json" 2>"$W/wait.err" 3>&- &
  pid=$!
  wait_for 20 has "$W/wait.err" hearing
  has "$W/wait.err" "waiting for a unit named 'cs-low@two.service'"
  systemctl start cs-short@8.service cs-low@two.service
  wait "$pid"
  [ "$(jq -c 'select(.type == "check").unit' "$W/wait.json")" = '"cs-low@two.service"' ]
}

@test "--slice: a service in it that starts later, and none of another slice; !SLICE: all others" {
  "$CAPSIEVE" trace --json --slice cs-test -C sys_chroot -o "$W/slice.json" </dev/null 2>"$W/slice.err" 3>&- &
  CS_SLICE=$!
  "$CAPSIEVE" trace --json --slice '!cs-test' --unit 'cs-*' -C sys_chroot -o "$W/other.json" </dev/null 2>"$W/other.err" 3>&- &
  CS_OTHER=$!
  wait_for 40 has "$W/slice.err" hearing
  wait_for 40 has "$W/other.err" hearing
  systemctl start cs-short@31.service
  systemctl restart cs-web.service
  systemctl start cs-short@32.service
  sees() { [ "$(checks "$W/$1" 1 2>/dev/null | wc -l)" -ge "$2" ]; }
  wait_for 20 sees slice 1
  wait_for 20 sees other 2
  kill -TERM $CS_SLICE $CS_OTHER
  wait $CS_SLICE || { cat "$W/slice.err" && false; }
  wait $CS_OTHER || { cat "$W/other.err" && false; }
  [ "$(checks "$W/slice" 'select(.comm == "short") | [.slice, .unit]' | sort -u)" = '["cs-test.slice","cs-web.service"]' ]
  [ "$(checks "$W/slice" 'select(.slice != "cs-test.slice") | .')" = "" ]
  [ "$(checks "$W/other" 'select(.comm == "short") | .unit' | sort -u | paste -sd ' ')" = \
    '"cs-short@31.service" "cs-short@32.service"' ]
}

@test "ps --granted has what systemd has loaded, and tells what runs" {
  # It has ten seconds to answer, which a busy emulated machine may not have.
  asked() { "$CAPSIEVE" ps -q --granted --json --unit 'cs-*' >"$W/audit" 2>"$W/audit.err" && ! has "$W/audit.err" "does not answer"; }
  wait_for 20 asked || { cat "$W/audit.err" && false; }
  <"$W/audit" jq -c 'select(.name) | [.name, .state, .granted]' | sort | tee "$W/granted"
  grep -Fx '["cs-web.service","running",["CAP_CHOWN","CAP_SYS_CHROOT"]]' "$W/granted"
  grep -F '["cs-low@' "$W/granted"
}

# study OPTION...: profile in the background, its profile in $W/p.json; comes back when it listens
study() {
  : >"$W/p.err"
  rm -f "$W/p.json"
  "$CAPSIEVE" profile -o "$W/p.json" "$@" </dev/null >"$W/p.out" 2>"$W/p.err" 3>&- &
  STUDY_PID=$!
  wait_for 60 has "$W/p.err" "hearing capability checks"
}

@test "profile: a service's next start, without what systemd asks for it, and what its unit grants" {
  systemctl start cs-web.service
  study --wait --unit cs-web -d 60
  systemctl restart cs-web.service
  has_slept() { grep -qx sleep "/proc/$(systemctl show cs-web -p MainPID --value)/comm"; }
  wait_for 20 has_slept
  # Until it ends
  systemctl stop cs-web.service
  wait "$STUDY_PID" || { cat "$W/p.err" "$W/p.out" && false; }
  cat "$W/p.out" "$W/p.err"
  jq -e '.workload == "cs-web.service" and .start_seen and .advice.capabilities == ["CAP_SYS_CHROOT"] and
    .granted == {source: "unit", set: ["CAP_CHOWN", "CAP_SYS_CHROOT"], bounding: ["CAP_CHOWN", "CAP_SYS_CHROOT"]} and
    .granted_not_asked == ["CAP_CHOWN"]' "$W/p.json"
  jq -e '[.asked[].sites[] | select(.setup).exe] | length > 0 and all(test("systemd(-executor)?$"))' "$W/p.json"
  # Its recipe, and with it the service works; what it was granted beyond is gone.
  mkdir -p /etc/systemd/system/cs-web.service.d
  "$CAPSIEVE" profile show "$W/p.json" --format systemd >/etc/systemd/system/cs-web.service.d/zz-capabilities.conf
  systemctl daemon-reload
  systemctl start cs-web.service
  wait_for 20 has_slept
  [ "$(systemctl show cs-web -p CapabilityBoundingSet --value)" = cap_sys_chroot ]
  mv "$W/p.json" "$W/saved.json"
  study --unit cs-web -d 1
  wait "$STUDY_PID"
  jq -e '.start_seen | not' "$W/p.json"
  # Its proof: from start to end with the recipe, nothing is asked for that the profile does not have.
  study --wait --unit cs-web -d 60 --expect "$W/saved.json"
  systemctl restart cs-web.service
  wait_for 20 has_slept
  systemctl stop cs-web.service
  wait "$STUDY_PID" || { cat "$W/p.err" "$W/p.out" && false; }
  jq -e '.start_seen and .advice.capabilities == ["CAP_SYS_CHROOT"]' "$W/p.json"
  rm /etc/systemd/system/cs-web.service.d/zz-capabilities.conf
  systemctl daemon-reload
}

@test "profile: a service that never starts, and all that run here" {
  study --wait --unit cs-none -d 1
  status=0
  wait "$STUDY_PID" || status=$?
  [ "$status" = 1 ]
  has "$W/p.err" "nothing was started: waited in vain for a unit named 'cs-none.service'"
  study --host -d 60
  systemctl start cs-short@21.service
  kill -TERM "$STUDY_PID"
  wait "$STUDY_PID"
  jq -e '.workload == "cs-short@21.service" and .start_seen' "$W/p.json/cs-short@21.service.json"
}

@test "what was recorded shows the same again" {
  kill -TERM "$CAPSIEVE_PID"
  wait_for 20 has "$W/seen.err" "checks:"
  "$CAPSIEVE" trace --json -o "$W/again.json" --replay "$W/seen.rec"
  diff <(grep -v '"type":"st' "$W/seen.json") <(grep -v '"type":"st' "$W/again.json")
  grep "workloads:" "$W/seen.err"
}

# started LESS: does the service start with the drop-in of a profile, without these?
started() {
  local dir=/etc/systemd/system/cs-tried.service.d

  mkdir -p $dir
  jq --argjson less "$1" '.advice.capabilities -= $less | .advice.bounding -= $less' "$W/p" >"$W/less"
  "$CAPSIEVE" profile show "$W/less" --format systemd >$dir/50-capabilities.conf
  systemctl daemon-reload
  systemctl reset-failed cs-tried.service 2>/dev/null || :
  systemctl start cs-tried.service
}

# tried EXPECTED [PROFILE OPTIONS] -- COMMAND: profiled, and started by systemd with what is advised, and without it
tried() {
  local expected=$1 command

  shift
  "$CAPSIEVE" profile -q -o "$W/p" "$@" >/dev/null
  [ "$(jq -c .advice.capabilities "$W/p")" = "$expected" ]
  while [ "$1" != -- ]; do shift; done
  shift
  printf -v command '"%s" ' "$@"
  printf '[Unit]\nDefaultDependencies=no\n[Service]\nType=oneshot\nExecStart=%s\n' "$command" >/etc/systemd/system/cs-tried.service
  started '[]' || { systemctl status cs-tried.service --no-pager; systemctl cat cs-tried.service && false; }
  ! started "$expected" || false
}

@test "the recipe as a drop-in: a program of root's starts with it, and not without" {
  touch "$W/file"
  tried '["CAP_CHOWN"]' -- /bin/chown 1:1 "$W/file"
  [ "$(stat -c %u:%g "$W/file")" = 1:1 ]
}

@test "the recipe as a drop-in: a port below 1024 for nobody, and not without" {
  tried '["CAP_NET_BIND_SERVICE"]' --as nobody --grant all -- \
    /usr/bin/python3 -c "import socket; socket.create_server(('0.0.0.0', 80))"
  grep -x User=nobody /etc/systemd/system/cs-tried.service.d/50-capabilities.conf
}
