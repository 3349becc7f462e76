# SPDX-License-Identifier: BSD-2-Clause
#
# The daemon as systemd runs it: start, reload, watchdog, crash of either process, stop. For the machine 6.12-systemd of
# the kernels stage.

bats_require_minimum_version 1.5.0
load lib

ROOT=$E2E/../..

by_systemd() {
  [ "$(</proc/1/comm)" = systemd ] && in_guest
}

setup() {
  by_systemd || skip "systemd is not process 1 of a virtual machine here"
  [ -n "$(probes)" ] || skip "no probe works here"
}

setup_file() {
  local at=/run/systemd/system

  by_systemd || return 0
  # Without what an emulated machine has no time for; all that confines it is as it is installed.
  cp "$CAPSIEVE" /usr/bin/capsieve
  sed "/^ConditionCapability/d; s@^WatchdogSec=.*@WatchdogSec=20@" "$ROOT/packaging/systemd/capsieve.service" >$at/capsieve.service
  mkdir -p $at/capsieve.service.d /etc/capsieve/rules.d
  printf '[Unit]\nDefaultDependencies=no\nAfter=\n[Service]\nTimeoutStartSec=600\n' >$at/capsieve.service.d/test.conf
  cp "$ROOT/packaging/capsieve.yaml" /etc/capsieve/capsieve.yaml
  rules
  systemctl daemon-reload
}

teardown_file() {
  ! by_systemd || systemctl stop capsieve || :
}

rules() {
  cat >/etc/capsieve/rules.d/10-test.yaml <<-'END'
	version: 1
	default: ignore
	rules:
	  - name: a new root
	    where: {comm: short}
	    alert: sys_chroot
	END
}

unit() {
  systemctl show capsieve -p "$1" --value
}

unit_is() {
  [ "$(unit "$1")" = "$2" ]
}

status() {
  "$CAPSIEVE" watch status --json | jq -r "$1"
}

status_is() {
  [ "$(status "$1")" = "$2" ]
}

# another PID: systemd has started it again, and it is ready
another() {
  unit_is ActiveState active && [ "$(unit MainPID)" != "$1" ] && [ "$(unit MainPID)" != 0 ]
}

restarted() {
  wait_for 90 another "$1" || { systemctl status capsieve; journalctl -u capsieve -n 40; return 1; }
}

@test "service: it starts as a user of its own, and is ready when it watches" {
  systemctl start capsieve || { systemctl status capsieve; journalctl -u capsieve -n 30; false; }
  unit_is ActiveState active
  [[ $(unit StatusText) == "watching by "* ]]
  [ "$(stat -c %U /proc/"$(unit MainPID)")" != root ] || [ "$(awk '/^Uid/ { print $2 }' /proc/"$(unit MainPID)"/status)" != 0 ]
  "$TRIP/short" -q
  wait_for 60 status_is .alerts.told 1
}

@test "service: it is reloaded, and says so where that is refused" {
  systemctl reload capsieve
  [ "$(status .rules.generation)" = 2 ]
  sed -i 's/sys_chroot/sys_croot/' /etc/capsieve/rules.d/10-test.yaml
  run ! systemctl reload capsieve
  unit_is ActiveState active
  [ "$(status .rules.refused)" = 1 ]
  rules
  systemctl reload capsieve
  [ "$(status .rules.generation)" = 3 ]
}

@test "service: the sender, who has the collector's user, and what it starts change nothing but its spool" {
  printf '%s\n' '#!/bin/sh' 'cat >/dev/null' 'cd /var/lib/capsieve || exit' \
    '{ for f in history.db last-rules.json new; do echo x >>$f && echo "wrote $f"; done; echo done; } >/var/log/capsieve/hooked 2>&1' \
    >/usr/local/bin/capsieve-hook
  chmod 755 /usr/local/bin/capsieve-hook
  printf 'version: 1\noutputs:\n  hook: {type: exec, command: [/usr/local/bin/capsieve-hook]}\n' >/etc/capsieve/capsieve.yaml
  systemctl reload capsieve
  "$TRIP/short" -q
  wait_for 60 grep -q done /var/log/capsieve/hooked
  cat /var/log/capsieve/hooked
  run ! grep -q wrote /var/log/capsieve/hooked
  [ "$(grep -c 'Permission denied' /var/log/capsieve/hooked)" = 3 ]
  cp "$ROOT/packaging/capsieve.yaml" /etc/capsieve/capsieve.yaml
  systemctl reload capsieve
}

@test "service: a collector that is stuck is started anew" {
  local pid

  pid=$(unit MainPID)
  kill -STOP "$pid"
  restarted "$pid"
  [ "$(unit NRestarts)" -ge 1 ]
}

@test "service: a collector that dies is started anew, and its sender with it" {
  local pid sender

  pid=$(unit MainPID)
  sender=$(status .sender.pid)
  kill -SEGV "$pid"
  restarted "$pid"
  [ ! -e "/proc/$sender" ]
}

@test "service: a sender that dies is started anew by the collector" {
  local pid

  pid=$(unit MainPID)
  wait_for 60 status_is '.sender.pid | type' number
  kill -KILL "$(status .sender.pid)"
  wait_for 60 status_is '[.sender.deaths, (.sender.pid | type)] | @csv' '1,"number"'
  unit_is MainPID "$pid"
}

@test "service: it is stopped in order" {
  systemctl stop capsieve
  unit_is ActiveState inactive
  unit_is Result success
}
