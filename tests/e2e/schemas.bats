# SPDX-License-Identifier: BSD-2-Clause
#
# What is printed as JSON is what `capsieve schema` says, with every member that it names, by a validator that is not ours.

bats_require_minimum_version 1.5.0
load lib

setup() {
  host_only
  python3 -c 'import jsonschema' 2>/dev/null || skip "no python3-jsonschema"
  cd "$BATS_TEST_TMPDIR"
  daemon_under_sanitizers
}

# fits NAME FILE...: says of which types its documents were, in $output
fits() {
  "$CAPSIEVE" schema "$1" >"$1.schema"
  run python3 "$E2E/schema.py" "$1.schema" "${@:2}"
  echo "$output"
  [ "$status" = 0 ]
}

# types WORD...: were there documents of all of these?
types() {
  local word

  for word; do [[ " $output" == *" $word:"* ]] || { echo "no $word"; return 1; }; done
}

@test "schema: the names, each schema as docs has it, and a word that is none" {
  local name names

  names=$("$CAPSIEVE" schema | cut -d' ' -f1)
  diff <(printf '%s\n' "$E2E"/../../docs/capsieve-*.schema.json | sed 's/.*capsieve-//; s/\..*//' | sort) <(sort <<<"$names")
  for name in $names; do
    diff <("$CAPSIEVE" schema "$name" | jq -S .) <(jq -S . "$E2E/../../docs/capsieve-$name.schema.json")
  done
  run -2 "$CAPSIEVE" schema traces
  [[ $output == "capsieve schema: unknown schema 'traces'; did you mean 'trace'?"* ]] || { echo "$output"; false; }
  run -2 "$CAPSIEVE" schema trace ps
}

@test "schema: a wrong and an unknown member are found" {
  "$CAPSIEVE" schema doctor >doctor.schema
  echo '{"v":1,"type":"doctor","items":[{"section":"s","item":"i","state":"maybe"}]}' >wrong
  run -1 python3 "$E2E/schema.py" doctor.schema wrong
  echo '{"v":1,"type":"doctor","items":[{"section":"s","item":"i","colour":"red"}]}' >unknown
  run -1 python3 "$E2E/schema.py" doctor.schema unknown
}

@test "schema trace: every recording, as checks and as counts" {
  local rec

  for rec in "$E2E"/../replay/*.rec; do
    "$CAPSIEVE" trace -q --replay "$rec" --json --args --ancestors >>checks || :
    "$CAPSIEVE" trace -q --replay "$rec" --json --lifecycle >>lives || :
    "$CAPSIEVE" trace -q --replay "$rec" --json --count >>counts || :
  done
  fits trace checks lives counts
  types start check count lifecycle resolve lost stop
}

@test "schema trace: live, with rules, command lines and lifecycle events" {
  [ "$(id -u)" = 0 ] || skip "not root"
  [ -n "$(probes)" ] || skip "no probe works here"
  cat >rules.yaml <<-'END'
	version: 1
	default: log
	rules:
	  - name: a new root
	    where: {comm: python3*}
	    alert: sys_chroot
	    tags: [T1611]
	END
  # It lives until its command line is read.
  run -0 --separate-stderr "$CAPSIEVE" trace -q --json --rules rules.yaml --args --ancestors --lifecycle -o live -- \
    /usr/bin/python3 -c 'import os, time; os.chroot("/"); time.sleep(1)'
  fits trace live
  types start check lifecycle stop
  jq -es 'any(.[]; .action == "alert" and .rule == "a new root" and .args and .ancestors)' live
  run -0 --separate-stderr "$CAPSIEVE" trace -q --count --json -o counted -- "$TRIP/trip" chroot
  fits trace counted
}

@test "schema alert: of checks, of the daemon itself, and of a test" {
  [ "$(id -u)" = 0 ] || skip "not root"
  [ -n "$(probes)" ] || skip "no probe works here"
  cat >rules.yaml <<-'END'
	version: 1
	default: ignore
	rules:
	  - name: a new root
	    where: {comm: trip-*}
	    alert: sys_chroot
	    severity: warning
	END
  printf 'version: 1\noutputs: {all: {type: stdout, format: json}}\nalerts: {max_per_minute: 2}\n' >config.yaml
  "$CAPSIEVE" watch --config config.yaml --rules rules.yaml --state state --run run >alerts 2>err 3>&- &
  DAEMON=$!
  wait_for 30 grep -q 'watching by' err
  for _ in 1 2 3 4; do "$TRIP/trip" chroot >/dev/null; done
  wait_for 30 "$CAPSIEVE" watch test-output all --run run
  wait_for 30 grep -q '"event":"test"' alerts
  kill "$DAEMON"
  wait "$DAEMON"
  cat err
  fits alert alerts
  jq -es 'any(.[]; .rule == "a new root") and any(.[]; .event == "suppressed") and any(.[]; .event == "test")' alerts
}

@test "schema profile: a run, and what differs" {
  profile_works
  "$CAPSIEVE" profile -q -o one.json -- true
  "$CAPSIEVE" profile -q -o two.json -- chown 1:1 one.json
  "$CAPSIEVE" profile -q -o three.json -- ionice -c 1 true
  jq -e '.asked[] | select(.capability == "CAP_SYS_NICE") | .serves[0].capability == "CAP_SYS_ADMIN"' three.json
  run -3 --separate-stderr "$CAPSIEVE" profile diff --json one.json two.json
  printf '%s\n' "$output" >difference
  fits profile one.json two.json three.json difference
  types profile profile_difference
}

@test "schema profile: every workload of a host, live and of a recording" {
  "$CAPSIEVE" profile -q --replay "$E2E/../replay/targets.rec" --host --json >replayed
  jq -e '.type == "profiles" and (.workloads | length) > 1' replayed
  fits profile replayed
  types profiles
  profile_works
  "$CAPSIEVE" profile -q -d 2s --host --json >live
  jq -e '.sites_taken >= 0 and .watched_ms >= 1000' live
  fits profile live
  types profiles
}

@test "schema ps: processes, threads, and what units and containers are granted" {
  "$CAPSIEVE" ps -q --all --json >processes
  "$CAPSIEVE" ps -q --granted --json >granted
  fits ps processes granted
  types process summary
}

@test "schema file: each word, of files with and without capabilities" {
  [ "$(id -u)" = 0 ] || skip "not root"
  cp /bin/true plain && cp /bin/true bad && cp /bin/true one && ln one other
  setcap cap_net_raw=ep one 2>/dev/null || skip "no capabilities may be given to files here"
  chmod 4777 bad
  "$CAPSIEVE" file snapshot . >manifest
  for word in "show one plain" "find ." "check ." "snapshot ." "verify cap_net_raw=ep one" "verify cap_kill=i one" \
    "set cap_net_raw=ep one" "set cap_kill=ep bad" "set cap_kill=i plain" "drift manifest" "remove one" "apply --force manifest" "remove plain" \
    "remove plain" "remove nothing" "apply --write manifest"; do
    # shellcheck disable=SC2086 # words
    "$CAPSIEVE" file $word --json >>said 2>err || :
  done
  fits file said
  types file_show file_find file_check file_snapshot file_verify_same file_verify_differs file_set file_drift file_apply file_remove
  for state in set removed unchanged refused failed "would set"; do
    jq -es --arg s "$state" 'any(.[].files[]?; .state == $s)' said || { echo "none is $state"; false; }
  done
  jq -es 'any(.[].files[]?; .also) and any(.[].files[]?; .flaws? != []) and any(.[].changes[]?; .change == "appeared")' said
}

@test "schema explain: all that it explains" {
  cp /bin/true file
  local args

  while read -r args; do
    # shellcheck disable=SC2086 # words
    "$CAPSIEVE" explain --json $args >>said 2>err || [ $? = 3 ]
  done <<-'END'
	net_raw
	63
	cap_net_raw+eip
	^cap_chown,!cap_kill
	chown,kill,63
	--has set=chown,kill kill
	--compare ^cap_kill kill
	--compare cap_kill=e cap_chown=p
	--securebits 0x2f
	--mode NOPRIV
	--pid self
	./file
	exec ./file
	exec --uid nobody --iab ^cap_kill /bin/true
	exec --uid nobody --file-caps cap_kill=ep --iab !cap_kill /bin/true
	END
  fits explain said
  [ "$(jq -r .what said | sort -u | xargs)" = "capability compare exec file has mode process securebits set" ]
  jq -es 'any(.[]; .error == "EPERM")' said
}

@test "schema check: mistakes, warnings, what rules would do, and why" {
  printf 'version: 1\nrules: [{name: a, where: {unit: none.such}, alert: kil}, {name: a, where: {comm: x}, alert: kill}]\n' >bad.yaml
  printf 'version: 1\nrules: [{name: a, where: {comm: x}, except: [{uid: 3}], alert: kill}, {name: b, where: {comm: "*"}, log: all}]\n' >good.yaml
  sed -i 's/uid: 3/user: root/' good.yaml
  run ! "$CAPSIEVE" check --json bad.yaml
  echo "$output" >said
  "$CAPSIEVE" check --json good.yaml --explain 'comm=x user=nobody' -C kill >>said
  "$CAPSIEVE" check --json good.yaml --explain 'user=nobody' -C kill >>said
  "$CAPSIEVE" check --json good.yaml --replay "$E2E/../replay/classes.rec" >replayed
  # what of the recording is shown is the schema of trace's
  jq -c 'select(.type | IN("mistake", "warning", "checked", "rule", "explained"))' replayed >>said
  jq -c 'select(.type | IN("mistake", "warning", "checked", "rule", "explained") | not)' replayed >shown
  fits check said
  types mistake checked rule explained
  fits trace shown
}

@test "schema watch: how a daemon is, what it did, what it would not, and what it learned" {
  [ "$(id -u)" = 0 ] || skip "not root"
  [ -n "$(probes)" ] || skip "no probe works here"
  printf 'version: 1\nrules: [{name: all, where: {comm: trip-*}, allow_profile: learned, learn: 1s}]\n' >rules.yaml
  printf 'version: 1\noutputs: {all: {type: stdout, format: json}}\n' >config.yaml
  "$CAPSIEVE" watch --config config.yaml --rules rules.yaml --state state --run run >alerts 2>err 3>&- &
  DAEMON=$!
  wait_for 30 grep -q 'watching by' err
  "$TRIP/trip" chroot >/dev/null
  ask() { "$CAPSIEVE" watch "$@" --run run --state state --json >>said || :; }
  ask test-output none
  ask reopen
  ask test-output all
  ask reload
  learned() { "$CAPSIEVE" watch learned --run run --state state --json | jq -es 'any(.[]; .until)'; }
  wait_for 30 learned
  ask learned
  ask learned reset
  ask status
  kill "$DAEMON"
  wait "$DAEMON"
  cat said err
  fits watch said
  types learned
  jq -es 'any(.[]; .probe) and any(.[]; .ok == false) and any(.[]; .said)' said
}

@test "schema doctor" {
  "$CAPSIEVE" doctor --json >items
  fits doctor items
}
