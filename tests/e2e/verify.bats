# SPDX-License-Identifier: BSD-2-Clause
#
# profile --verify and --minimise: the command is run again, and what it comes to is told.

bats_require_minimum_version 1.5.0
load lib

setup() {
  [ "$(id -u)" = 0 ] || skip "not root"
  [ -n "$(probes)" ] || skip "no probe works here"
  awk '$1 !~ /^0+$/ { found = 1; exit } END { exit !found }' /proc/kallsyms || skip "call sites cannot be named here"
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

@test "the word verified stands on the page, in the profile, in JSON and in a recipe's remarks" {
  touch "$D/file"
  prove --verify -- chown 1:1 "$D/file"
  expect_status 0
  [[ $output = *"chown needs CAP_CHOWN at most: verified, it ran again with exactly this"*"Proof:"*"run 2, with CAP_CHOWN: as before"* ]]
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

@test "ping as root: verified, and its one capability cannot go" {
  prove --minimise -- ping -c 1 127.0.0.1
  expect_status 0
  [ "$(advised)" = CAP_NET_RAW ]
  jq -e '.proof | .verified and .minimised' "$D/p"
  [ "$(of_run 2 '[.without, .result] | @csv')" = '"CAP_NET_RAW","differs"' ]
}

@test "a web server on a low port: ready, tested, told to end, proved" {
  command -v curl >/dev/null || skip "no curl"
  up='/usr/bin/python3 -c "import socket; socket.create_connection((\"127.0.0.1\", 83)).close()" 2>/dev/null'
  prove --minimise --ready "$up" --test 'curl -sf http://127.0.0.1:83/ >/dev/null' -- \
    /usr/bin/python3 -m http.server --bind 127.0.0.1 --directory "$D" 83
  expect_status 0
  [ "$(advised)" = CAP_NET_BIND_SERVICE ]
  jq -e '.proof.runs | length == 3 and all(.[:2][]; .server and .test == 0 and .end == "ended")' "$D/p"
  [ "$(of_run 2 '[.without, .end, .result] | @csv')" = '"CAP_NET_BIND_SERVICE","ended_early","differs"' ]
}

@test "mistakes on the command line" {
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
