# SPDX-License-Identifier: BSD-2-Clause
#
# Rules in the kernel: what they are silent about is decided there, and nothing that they alert on slips through between a
# change and its decision. One capsieve for each probe hears all that build/tests/hush does; the tests look at its alerts.

load lib
bats_require_minimum_version 1.5.0

rules() {
  cat <<END
version: 1
default: ignore
rules:
  - {name: short, where: {exe: $D/short}, allow: sys_admin, otherwise: alert}
  - {name: a, where: {exe: $D/a}, allow: all}
  - {name: b, where: {exe: $D/b}, alert: sys_admin}
  - {name: root, where: {exe: $D/user, user: root}, allow: all}
  - {name: other, where: {exe: $D/user}, alert: sys_admin}
  - {name: moved, where: {exe: $D/move, cgroup: "*/capsieve-hush-$$*"}, alert: sys_admin}
  - {name: at home, where: {exe: $D/move}, allow: all}
  - {name: fork, where: {exe: $D/fork}, allow: sys_admin, otherwise: alert}
  - {name: runc, where: {exe: $D/own/runc}, allow: all}
  - {name: not the host's, where: {exe: $D/own/*}, alert: sys_admin}
END
}

# acts: all that hush does
acts() {
  "$D/short" short "$SHORT"
  "$D/a" exec "$CHANGES" "$D/b"
  "$D/a" thread "$CHANGES" "$D/b"
  "$D/user" user
  [ -z "$PLACE" ] || "$D/move" move "$PLACE"
  "$D/fork" fork "$FORKS"
  "$D/own/runc" once
  "$D/a" own "$D/own/runc"
}

setup_file() {
  local name probe

  D=$(mktemp -d /var/tmp/capsieve-silence.XXXXXX)
  chmod 755 "$D"
  SHORT=1000 CHANGES=100 FORKS=100
  [ -z "${TEST_ALL-}" ] || SHORT=10000 CHANGES=1000
  ! in_guest || SHORT=300 CHANGES=50
  PLACE=
  [ -z "$(cgroup2)" ] || PLACE=$(cgroup2)/capsieve-hush-$$
  [ -z "$PLACE" ] || mkdir "$PLACE" 2>/dev/null || PLACE=
  mkdir "$D/own"
  for name in short a b user move fork own/runc; do
    cp "$TRIP/hush" "$D/$name"
  done
  rules >"$D/rules.yaml"
  export D SHORT CHANGES FORKS PLACE
  for probe in $(probes); do
    # What preempts another run of a program on its CPU is lost and counted, which is not what is shown here: once more, then.
    for _ in 1 2 3 4 5; do
      capsieve_start "$D/$probe" --attach "$probe" --rules "$D/rules.yaml" --hide-allowed
      acts >"$D/$probe.acts" 2>&1
      ! capsieve_stop || break
      [ "$CAPSIEVE_STATUS" -eq 4 ]
      grep -q ' lost: BPF was already busy on that CPU' "$D/$probe.err"
    done
    [ "$CAPSIEVE_STATUS" -eq 0 ]
  done
}

teardown_file() {
  capsieve_kill
  [ -z "${PLACE-}" ] || rmdir "$PLACE"
  [ -z "${D-}" ] || rm -rf "$D"
}

setup() {
  [ "$(id -u)" = 0 ] || skip "not root"
  [ -n "$(probes)" ] || skip "no probe works here"
}

# alerts RULE: how many, by each probe
alerts() {
  local probe

  for probe in $(probes); do
    [ ! -s "$D/$probe.acts" ] || { cat "$D/$probe.acts" && return 1; }
    echo "$probe $(jq -c --arg rule "$1" 'select(.type == "check" and .action == "alert" and .rule == $rule)' "$D/$probe.json" | wc -l)"
  done
}

# every PROBE of them: so many
all_are() {
  local probe n

  while read -r probe n; do
    [ "$n" = "$1" ] || { echo "$probe: $n, and not $1" && return 1; }
  done
}

@test "no alert of many short programs is missed" {
  alerts short | all_are "$SHORT"
}

@test "who executes another program is decided about anew, also from a thread" {
  alerts b | all_are $((2 * CHANGES))
}

@test "who becomes another user is decided about anew" {
  alerts other | all_are 5
}

@test "who is moved to another cgroup is decided about anew" {
  [ -n "$PLACE" ] || skip "no cgroup of version 2 can be made here"
  alerts moved | all_are 5
}

@test "a fork that executes nothing inherits what is silent, and nothing else" {
  alerts fork | all_are "$FORKS"
}

@test "a path in another mount namespace is not the host's" {
  alerts "not the host's" | all_are 1
}

@test "what is silent is counted, and makes no event" {
  local probe stop

  for probe in $(probes); do
    stop=$(jq -c 'select(.type == "stop")' "$D/$probe.json")
    jq -e '.seen + .counted + .own + .outside + .hidden + .unread == .asked and .lost == {}' <<<"$stop" || {
      echo "$probe: $stop"
      return 1
    }
    # How many depends on how soon it is decided.
    jq -e '.counted > 0' <<<"$stop" || {
      echo "$probe: $stop"
      return 1
    }
    ! jq -e 'select(.type == "check" and .action == "allow")' "$D/$probe.json" || return 1
  done
}

# Everybody else is told of, and so what is counted is that program's: each asks 1,000 times before it changes.
@test "before these changes the kernel is silent about who is about to change" {
  local act name probe

  ! in_guest || skip "in an emulated machine it takes longer to decide than these programs live"
  once_is_enough
  sed 's/^default: ignore/default: log/' "$D/rules.yaml" >"$D/loud.yaml"
  for probe in $(probes); do
    for act in "user user" "fork fork 0" "own/runc fork 0" ${PLACE:+"move move $PLACE"}; do
      name=${act%% *}
      capsieve_start "$D/before" --attach "$probe" --rules "$D/loud.yaml" --hide-allowed --comm "${name#*/}"
      # shellcheck disable=SC2086
      "$D/"$act
      capsieve_stop
      jq -e 'select(.type == "stop") | .counted > 250' "$D/before.json" || {
        echo "$probe: $act: $(jq -c 'select(.type == "stop")' "$D/before.json")"
        return 1
      }
    done
  done
}
