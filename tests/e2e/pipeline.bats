# SPDX-License-Identifier: BSD-2-Clause
#
# profile diff, merge and show: what saved profiles say of each other; and --expect: what a run has that they have not.

bats_require_minimum_version 1.5.0
load lib

setup() {
  host_only
  D=$(mktemp -d /tmp/capsieve-pipeline.XXXXXX)
  cd "$D" || return
}

teardown() {
  [ -z "${D-}" ] || rm -rf "$D"
}

# made FILE KERNEL CAPS [FILTER]: a profile of a run that needed these, one place each; FILTER changes it
made() {
  jq -n --arg kernel "$2" --arg caps "$3" '
    ($caps | [splits(" +") | select(. != "")]) as $caps |
    {type: "profile", version: 1, status: "estimated", incomplete: false,
     advice: {capabilities: $caps, bounding: $caps, user: null, group: null, no_new_privs: true},
     made: "2026-11-22T10:00:00Z", command: "server", runs: 1, kernels: [$kernel], watched_ms: 1500, checks: 10, lost: 0,
     start_seen: true, sites_known: true,
     asked: [$caps[] | {capability: ., part: "needed", advised: true, sites: [{class: "needed", operation: "do it",
       condition: null, alternatives: [], site: ("site_" + . + "_" + $kernel), syscall: "call", own_credentials: true, setup: false,
       granted: 5, denied: 0, denied_failed: 0, denied_succeeded: 0, error: null, first: "2026-11-22T09:00:00Z",
       last: "2026-11-22T09:30:00Z", kernels: [$kernel], pid: 7, comm: "server", exe: "/srv/server"}]}],
     held_not_asked: ["CAP_SYS_BOOT"], executed: []}' | jq "${4-.}" >"$1"
}

DENIED='.asked += [{capability: "CAP_KILL", part: "denied", advised: false, sites: [.asked[0].sites[0] +
  {site: "check_kill_permission", granted: 0, denied: 2, denied_failed: 2, error: "EPERM"}]}]'

@test "diff: the same is 0, a difference is 3, with what was asked for" {
  made a 6.1 "CAP_CHOWN CAP_KILL"
  made b 6.1 "CAP_CHOWN CAP_MKNOD" '.asked[].sites[].granted = 900 | .made = "2026-11-23T10:00:00Z"'
  run -0 "$CAPSIEVE" profile diff a a
  [ "$output" = "a says the same as a" ]
  run -3 "$CAPSIEVE" profile diff a b
  [[ $output = *"b, compared to a:"*"+ CAP_MKNOD"*"do it: call (site_CAP_MKNOD_6.1), granted 900 times"*"- CAP_KILL"* ]]
  [[ $output != *CAP_CHOWN* ]]
  run -3 "$CAPSIEVE" profile diff --json a b
  jq -e '.type == "profile_difference" and .version == 1 and .differs and ([.changes[] | [.change, .added, .capability]] ==
    [["needed", true, "CAP_MKNOD"], ["needed", false, "CAP_KILL"]]) and .changes[0].site.site == "site_CAP_MKNOD_6.1"' <<<"$output"
  run -0 "$CAPSIEVE" profile diff --allow mknod,kill a b
  run -0 "$CAPSIEVE" profile diff --allow mknod --allow kill a b
  made c 6.1 CAP_CHOWN '.advice.user = "web"'
  made d 6.1 CAP_CHOWN
  run -3 "$CAPSIEVE" profile diff d c
  [[ $output = *"user"*"web, was not advised"* ]]
}

@test "diff: a refusal that failed is a difference; --strict has the places of other kernels" {
  made a 6.1 CAP_CHOWN
  made b 6.1 CAP_CHOWN "$DENIED"
  made c 7.0 CAP_CHOWN
  run -3 "$CAPSIEVE" profile diff a b
  [[ $output = *"Refused, and the call failed:"*"+ CAP_KILL"*"(2 failed with EPERM)"* ]]
  run -0 "$CAPSIEVE" profile diff a c
  run -3 "$CAPSIEVE" profile diff --strict a c
  [[ $output = *"Places in the kernel:"*"+ CAP_CHOWN (needed)"*site_CAP_CHOWN_7.0*"- CAP_CHOWN (needed)"*site_CAP_CHOWN_6.1* ]]
  jq '.asked[0].part = "quality" | .asked[0].sites[0].class = "quality"' a >d
  run -3 "$CAPSIEVE" profile diff --strict a d
  [[ $output = *"CAP_CHOWN: quality, was needed"* ]]
}

@test "merge: the union of needs, sums, the first and the last, kernels side by side" {
  made a 6.1 "CAP_CHOWN CAP_KILL"
  made b 7.0 "CAP_CHOWN CAP_MKNOD" '.asked[0].sites[0] += {first: "2026-11-20T09:00:00Z", site: "site_CAP_CHOWN_6.1", pid: 9}'
  run -0 "$CAPSIEVE" profile merge -o m a b
  [[ $output = *"server needs CAP_CHOWN,CAP_KILL,CAP_MKNOD"* ]]
  [ "$(stat -c %a m)" = 600 ]
  jq -e '.advice.capabilities == ["CAP_CHOWN", "CAP_KILL", "CAP_MKNOD"] and .runs == 2 and .kernels == ["6.1", "7.0"] and
    .watched_ms == 3000 and .checks == 20 and .start_seen and (.incomplete | not) and .command == "server"' m
  jq -e '.asked[0].sites == [.asked[0].sites[0]] and (.asked[0].sites[0] | .granted == 10 and .pid == 9 and
    .kernels == ["6.1", "7.0"] and .first == "2026-11-20T09:00:00.000000000Z" and .last == "2026-11-22T09:30:00.000000000Z")' m
  jq -e '[.asked[1:][].sites[0].kernels] == [["6.1"], ["7.0"]]' m
  # What was merged is one of many again, in any order.
  made c 6.1 CAP_SYS_TIME
  run -0 "$CAPSIEVE" profile merge --json m c
  jq 'del(.kernels, .asked)' <<<"$output" >one
  run -0 "$CAPSIEVE" profile merge --json c b a
  jq 'del(.kernels, .asked)' <<<"$output" >other
  cmp one other
  jq -e '.runs == 3 and .advice.capabilities == ["CAP_CHOWN", "CAP_KILL", "CAP_SYS_TIME", "CAP_MKNOD"]' one
}

@test "merge: who they were, each once, in whatever order they come; too many are not told" {
  local i

  made a 6.1 CAP_CHOWN '.command = "tar"'
  made b 6.1 CAP_KILL '.command = null | .workload = "nginx.service"'
  made c 6.1 CAP_KILL '.command = "install"'
  run -0 "$CAPSIEVE" profile merge -o m a b
  [[ $output = "nginx.service, tar need CAP_CHOWN,CAP_KILL"* ]] || { echo "$output" && false; }
  jq -e '.command == null and .workload == "nginx.service, tar"' m
  run -0 "$CAPSIEVE" profile merge --json c m a
  jq -e '.workload == "install, nginx.service, tar"' <<<"$output"
  run -0 "$CAPSIEVE" profile merge b b
  [[ $output = "nginx.service needs CAP_KILL"* ]]
  made d 6.1 CAP_KILL '.command = null | .workload = null'
  run -0 "$CAPSIEVE" profile merge b d
  [[ $output = "what was watched needs CAP_KILL"* ]]
  for i in {1..8}; do
    made "w$i" 6.1 CAP_KILL ".command = null | .workload = \"w$i\""
  done
  run -0 "$CAPSIEVE" profile merge w?
  [[ $output = "w1, w2, w3, w4, w5, w6, w7, w8 need CAP_KILL"* ]]
  run -0 "$CAPSIEVE" profile merge w? b
  [[ $output = "what was watched needs CAP_KILL"* ]]
}

@test "merge: the incomplete stays incomplete, and a start that was not seen is said" {
  made a 6.1 CAP_CHOWN
  made b 6.1 CAP_CHOWN '.incomplete = true | .lost = 4'
  made c 6.1 CAP_CHOWN '.start_seen = false'
  run -4 "$CAPSIEVE" profile merge -o m a b
  [[ $output = *"incomplete, checks were lost"* ]]
  jq -e '.incomplete and .lost == 4' m
  for format in $("$CAPSIEVE" profile merge --format help | awk '{ print $1 }'); do
    run -4 "$CAPSIEVE" profile merge a b --format "$format"
    [[ $output = *Incomplete:* ]] || { echo "$format: $output" && false; }
  done
  run -0 "$CAPSIEVE" profile merge -o m c a
  [[ $output = *"not seen"*"start-up not seen"* ]]
  jq -e '.start_seen | not' m
  run -0 "$CAPSIEVE" profile merge m
  [[ $output = *"not seen"*"start-up not seen"* ]]
}

@test "merge: alternatives are solved for all runs together, and what was decided by hand stays" {
  local either='.asked[0].part = "alternative" | .asked[0].sites[0] += {class: "alternative", alternatives: ["CAP_SYS_ADMIN"]}'

  made a 6.1 CAP_BPF "$either"
  made b 6.1 CAP_SYS_ADMIN
  run -0 "$CAPSIEVE" profile merge --format text a b
  [[ $output = *"cap_sys_admin=ep" ]]
  # Added by hand: no place says why. Taken away: one does, and nobody advises it.
  made c 6.1 CAP_CHOWN '.advice.capabilities += ["CAP_SYS_TIME"] | .advice.bounding += ["CAP_SYS_TIME"]'
  made d 6.1 "CAP_CHOWN CAP_AUDIT_WRITE" "$PROOF"' | .status = "verified" | .advice.capabilities = ["CAP_CHOWN"] | .advice.bounding = ["CAP_CHOWN"]'
  run -0 "$CAPSIEVE" profile merge --json c d
  jq -e '.advice.capabilities == ["CAP_CHOWN", "CAP_SYS_TIME"] and .status == "estimated"' <<<"$output"
  run -0 "$CAPSIEVE" profile merge --json d d
  jq -e '.advice.capabilities == ["CAP_CHOWN"] and .status == "verified"' <<<"$output"
  # What was written is read again, also what gives no reasons, and what is of one run, whose proof is left behind.
  for filter in '.runs = 1' 'del(.asked, .proof)'; do
    jq "$filter" d >one
    "$CAPSIEVE" profile merge --json one >again
    run -0 "$CAPSIEVE" profile show again
    "$CAPSIEVE" profile show --json one >again
    run -0 "$CAPSIEVE" profile show again
  done
}

@test "where the kernel hid its addresses the page says unclassified, and what that means" {
  made a 6.1 CAP_CHOWN '.sites_known = false | .asked[0].sites[0] += {class: "unclassified", site: null}'
  run -0 "$CAPSIEVE" profile show a
  [[ $(tr -s ' \n' ' ' <<<"$output") == *"where in the kernel it was asked: all is unclassified, and counts as needed"* ]]
  made a 6.1 CAP_CHOWN
  run -0 "$CAPSIEVE" profile show a
  [[ $output != *unclassified* ]]
}

@test "a profile without reasons is shown, compared and merged too" {
  made a 6.1 CAP_CHOWN
  jq '{type, version, status, incomplete, advice}' a >small
  run -0 "$CAPSIEVE" profile show small
  [[ $output = *CAP_CHOWN* ]]
  run -0 "$CAPSIEVE" profile diff a small
  run -0 "$CAPSIEVE" profile merge --json a small
  jq -e '.advice.capabilities == ["CAP_CHOWN"] and .runs == 2 and (.start_seen | not)' <<<"$output"
  run -0 "$CAPSIEVE" profile show --json a
  printf '%s\n' "$output" | "$CAPSIEVE" profile show --json /dev/stdin | cmp - <(printf '%s\n' "$output")
}

# The proof of a profile, of two runs.
PROOF='.asked[0].sites[0] as $site | .proof = {verified: true, minimised: false, interrupted: false, unusable: null, added: [],
  removed: [], runs: ([{purpose: "first"}, {purpose: "verify", capabilities: ["CAP_CHOWN"], bounding: ["CAP_CHOWN"],
  holds: true, differences: [$site + {kind: "denial", matters: false, capability: "CAP_CHOWN"}], differences_left_out: 0}] |
  map(. + {end: "ended", exit_status: 0, server: false, test: null, incomplete: false}))}'

@test "profiles that are damaged, newer, huge or hostile are refused with the place" {
  made a 6.1 CAP_CHOWN "$PROOF"
  while IFS='|' read -r filter sentence; do
    jq "$filter" a >bad
    for command in show "diff a" "merge a"; do
      # shellcheck disable=SC2086  # words
      run -2 "$CAPSIEVE" profile $command bad
      [ "$output" = "capsieve profile: bad: $sentence" ] || { echo "$filter: $output" && false; }
    done
  done <<'END'
.version = 2|version: 2 is newer than this capsieve, which reads 1
.type = "event"|type: profile is expected, and not 'event'
del(.advice)|advice: is missing
.asked[0].sites[0].class = "neded"|asked[0].sites[0].class: unknown word 'neded'; did you mean 'needed'?
.asked[0].sites[0].granted = -1|asked[0].sites[0].granted: -1 is out of range
.asked[0].sites[0].first = "yesterday"|asked[0].sites[0].first: a time in UTC is expected, such as 2026-11-22T02:50:01.5Z
.asked[0].sites[0].error = "EFOO"|asked[0].sites[0].error: there is no such error
.asked[0].sites[0].kernels = ["5.4"]|asked[0].sites[0].kernels[0]: not one of the kernels of this file
.asked[0].sites[0].site = ("x" * 70)|asked[0].sites[0].site: longer than the 63 bytes that there are
.asked += [.asked[0]]|asked[1].capability: is there twice
.asked[0].capability = "CAP_CHWN"|asked[0].capability: there is no such capability
del(.executed)|executed: is missing
.proof = 1|proof: an object is expected, and not 1
.proof.runs = []|proof.runs: 1 to 1024 are expected
.proof.runs[1].end = "endet"|proof.runs[1].end: unknown word 'endet'; did you mean 'ended'?
.proof.runs[1].differences[0].denied = -2|proof.runs[1].differences[0].denied: -2 is out of range
.proof.runs[1].differences[0].capability = "CAP_X"|proof.runs[1].differences[0].capability: there is no such capability
.proof.runs[1].differences = [range(1025)]|proof.runs[1].differences: more than the 1024 that there may be
.kernels = ["k" * range(1; 66)]|kernels: more than the 64 that there may be
del(.proof) + {status: "verified"}|status: 'verified' is said, and no proof that it ran again and worked
. * {status: "verified", proof: {verified: false}}|status: 'verified' is said, and no proof that it ran again and worked
. + {lost: 7, incomplete: false}|incomplete: false is said, and that 7 checks are lost
.lost = 1.5|lost: a whole number is expected, and not 1.5
END
  head -c 300 a >bad
  run -2 "$CAPSIEVE" profile show bad
  [[ $output = "capsieve profile: bad:"[0-9]*:[0-9]*": "* ]]
  truncate -s 17M bad
  run -2 "$CAPSIEVE" profile show bad
  [ "$output" = "capsieve profile: bad: too large: at most 16 MiB are read" ]
  # Names of processes are the attacker's choice.
  jq '.asked[0].sites[0] += {comm: "\u001b[31mx", operation: "\u001b[2J"} | .command = "\u001b]0;"' a >hostile
  run -0 "$CAPSIEVE" profile show hostile
  [[ $output != *$'\033'* ]]
  made small 6.1 ""
  run -3 "$CAPSIEVE" profile diff hostile small
  [[ $output != *$'\033'* ]]
}

@test "what is typed wrong is told" {
  made a 6.1 CAP_CHOWN
  run -2 "$CAPSIEVE" profile diff a
  [ "$output" = "capsieve profile: something is missing: capsieve profile diff A B" ]
  run -2 "$CAPSIEVE" profile diff a a a
  [[ $output = *"two files are compared" ]]
  run -2 "$CAPSIEVE" profile diff --allow chwn a a
  [[ $output = *"unknown capability 'chwn'; did you mean 'CAP_CHOWN'?" ]]
  run -2 "$CAPSIEVE" profile merge
  [ "$output" = "capsieve profile: something is missing: capsieve profile merge A B ..." ]
  run -2 "$CAPSIEVE" profile merge --json --format text a
  run -2 "$CAPSIEVE" profile show --color allways a
  [[ $output = "capsieve profile: --color: unknown word 'allways'; did you mean 'always'?" ]]
  run -2 "$CAPSIEVE" profile merg a
  [[ $output = *"unknown word 'merg'; did you mean 'merge'?" ]]
  run -2 "$CAPSIEVE" profile merge a none
  [ "$output" = "capsieve profile: none: No such file or directory" ]
}

@test "what means the same everywhere is taken by show, diff and merge: -q, --color" {
  made a 6.1 CAP_CHOWN
  for words in "show -q --color never a" "merge -q --color never -o sum a a" "diff -q a a"; do
    # shellcheck disable=SC2086  # words
    run -0 --separate-stderr "$CAPSIEVE" profile $words
    [ -z "$stderr" ]
    [[ $output != *$'\e'* ]]
  done
  run -0 "$CAPSIEVE" profile show --color always a
  run -0 "$CAPSIEVE" profile merge --color=always a a
}

# ---- live

@test "--expect: 0 where the saved profile has it all, 3 where not, with the difference as text and JSON" {
  profile_works
  touch file
  "$CAPSIEVE" profile -q -o saved -- chown 1:1 file >page
  run -0 "$CAPSIEVE" profile -q --expect saved -- chown 1:1 file
  [ "$output" = "as saved expects: nothing that it does not have" ]
  run -3 "$CAPSIEVE" profile -q -o now --expect saved -- sh -c 'chown 1:1 file; mknod node c 1 3; rm node'
  [[ $output = *"not as saved expects:"*"Needed:"*"+ CAP_MKNOD"*"make a device: mknod"*"granted once; first 20"* ]]
  [[ $output != *CAP_CHOWN* ]]
  jq -e '.advice.capabilities == ["CAP_CHOWN", "CAP_MKNOD"]' now
  run -3 --separate-stderr "$CAPSIEVE" profile -q --json --expect saved -- sh -c 'mknod node c 1 3; rm node'
  jq -e '.type == "profile_difference" and .differs and .command_status == 0 and .was == "saved" and .now == null and
    ([.changes[] | [.change, .capability, .now]] == [["needed", "CAP_MKNOD", "needed"]])' <<<"$output"
  # What is no need is no finding, and what is not asked any more is none.
  run -0 "$CAPSIEVE" profile -q --expect saved -- true
}

@test "--expect: a refusal that failed is a finding, unless the saved profile has it or --allow names it" {
  profile_works
  "$CAPSIEVE" profile -q -o saved -- true >page
  run -3 --separate-stderr "$CAPSIEVE" profile -q --expect saved --as nobody -- hostname x
  [[ $output = *"Refused, and the call failed:"*"+ CAP_SYS_ADMIN"*"denied once"* ]]
  [[ $stderr = *"the command ended with status 1"* ]]
  run -1 "$CAPSIEVE" profile -q --expect saved --allow sys_admin --as nobody -- hostname x
  run "$CAPSIEVE" profile -q -o saved --as nobody -- hostname x
  run -1 --separate-stderr "$CAPSIEVE" profile -q --expect saved --json --as nobody -- hostname x
  jq -e '(.differs | not) and .command_status == 1 and .changes == []' <<<"$output"
}

@test "--expect: another capability that serves is enough" {
  profile_works
  /usr/bin/python3 -c 'import ctypes, sys; sys.exit(ctypes.CDLL(None).sched_setscheduler is None)' || skip "no ctypes"
  # Reading what is root's: DAC_READ_SEARCH or DAC_OVERRIDE.
  touch secret && chmod 000 secret && chown 1:1 secret
  "$CAPSIEVE" profile -q -o saved -- cat secret >page
  chosen=$(jq -r '.asked[] | select(.part == "alternative").capability' saved)
  [ -n "$chosen" ] || skip "no alternative was met"
  other=$(jq -r '[.asked[] | select(.part == "alternative").sites[].alternatives[]] | .[0]' saved)
  jq --arg other "$other" '.advice.capabilities = [$other] | .advice.bounding = [$other] | .asked = []' saved >served
  run -0 "$CAPSIEVE" profile -q --expect served -- cat secret
  jq '.advice.capabilities = [] | .advice.bounding = [] | .asked = []' saved >none
  run -3 "$CAPSIEVE" profile -q --expect none -- cat secret
}

@test "--expect --strict: the same capability in another place is a finding" {
  profile_works
  touch file
  "$CAPSIEVE" profile -q -o saved -- chown 1:1 file >page
  jq '.asked[].sites[].site |= "older_name"' saved >older
  run -0 "$CAPSIEVE" profile -q --expect older -- chown 1:1 file
  run -3 "$CAPSIEVE" profile -q --expect older --strict -- chown 1:1 file
  [[ $output = *"Places in the kernel:"*"+ CAP_CHOWN (needed)"* ]]
  run -0 "$CAPSIEVE" profile -q --expect older --strict --allow chown -- chown 1:1 file
}

@test "--update rewrites the file at once and whole, and never with less than was seen" {
  profile_works
  touch file
  run -0 --separate-stderr "$CAPSIEVE" profile --expect fresh --update -- chown 1:1 file
  [[ $output = "fresh is new, and expects from now on:"* && $stderr = *"fresh is made"* ]]
  run -0 --separate-stderr "$CAPSIEVE" profile --expect fresh --update -- chown 1:1 file
  [[ $output = "as fresh expects:"* && $stderr = *"fresh is rewritten"* ]]
  run -0 "$CAPSIEVE" profile -q --expect saved --update -- chown 1:1 file
  [ "$(stat -c %a saved)" = 600 ]
  jq -e '.advice.capabilities == ["CAP_CHOWN"]' saved
  inode=$(stat -c %i saved)
  run -0 "$CAPSIEVE" profile -q --expect saved --update -- sh -c 'chown 1:1 file; mknod node c 1 3; rm node'
  [[ $output = *"+ CAP_MKNOD"* ]]
  jq -e '.advice.capabilities == ["CAP_CHOWN", "CAP_MKNOD"]' saved
  [ "$(stat -c %i saved)" != "$inode" ]
  cp saved before
  run -1 "$CAPSIEVE" profile -q --expect saved --update -- sh -c 'exit 9'
  [[ $output = *"saved is not rewritten: the command failed"* ]]
  cmp saved before
  run -2 "$CAPSIEVE" profile -q --expect nothing -- true
  [[ $output = *"nothing: No such file or directory" ]]
  echo '{"type": "profile", "version": 2}' >newer
  run -2 "$CAPSIEVE" profile -q --expect newer --update -- touch ran
  [[ $output = *"is newer than this capsieve"* ]]
  [ ! -e ran ]
}

@test "--expect: what does not fit together is told" {
  run -2 "$CAPSIEVE" profile --strict -- true
  [ "$output" = "capsieve profile: --strict is about what --expect FILE has" ]
  run -2 "$CAPSIEVE" profile --update -- true
  run -2 "$CAPSIEVE" profile --allow chown -- true
  run -2 "$CAPSIEVE" profile --expect a --format docker -- true
  [[ $output = *"one at a time" ]]
  run -2 "$CAPSIEVE" profile --json --format docker -- true
}

@test "JSON is what its committed schema says, with every member that it names, by a validator that is not ours" {
  python3 -c 'import jsonschema' 2>/dev/null || skip "no python3-jsonschema"
  schema=$E2E/../../docs/capsieve-profile.schema.json
  made a 6.1 CAP_CHOWN "$DENIED"
  made b 7.0 CAP_MKNOD '.incomplete = true'
  "$CAPSIEVE" profile merge -o m a b >page || [ $? = 4 ]
  "$CAPSIEVE" profile diff --strict --json a b >d || [ $? = 3 ]
  run -0 python3 "$E2E/schema.py" "$schema" m d
  jq '.more = 1' m >more
  run ! python3 "$E2E/schema.py" "$schema" more
  jq '.asked[0].sites[0].class = "neded"' m >wrong
  run ! python3 "$E2E/schema.py" "$schema" wrong
  profile_works
  touch file
  "$CAPSIEVE" profile -q -o now -- sh -c 'chown 1:1 file; sleep 0.1 & wait' >page
  "$CAPSIEVE" profile -q -o verified --as nobody --verify -- true >page
  "$CAPSIEVE" profile -q --json --strict --expect a -- chown 1:1 file >expected || [ $? = 3 ]
  run -0 python3 "$E2E/schema.py" "$schema" now verified expected
}

@test "a profile made with loss is marked so in every format, with exit status 4" {
  profile_works
  touch file
  "$CAPSIEVE" trace -q -x -o /dev/null --record whole -- sh -c 'chown 1:1 file; mknod node c 1 3; rm node'
  run -0 "$CAPSIEVE" profile -q --replay whole --format text
  [[ $output != *Incomplete* ]]
  head -c "$(($(stat -c %s whole) - 20))" whole >cut
  run -4 "$CAPSIEVE" profile -q -o p --replay cut
  [[ ${output//$'\n'/ } = *"incomplete, checks were lost"* ]]
  jq -e .incomplete p
  run -4 --separate-stderr "$CAPSIEVE" profile -q --json --replay cut
  jq -e .incomplete <<<"$output"
  for format in $("$CAPSIEVE" profile --format help | awk '{ print $1 }'); do
    run -4 "$CAPSIEVE" profile -q --replay cut --format "$format"
    [[ $output = *Incomplete:* ]] || { echo "$format: $output" && false; }
    run -4 "$CAPSIEVE" profile show p --format "$format"
    [[ $output = *Incomplete:* ]] || { echo "show $format: $output" && false; }
  done
  # What was found counts more; what was not found may be missing, and is not written over what is known.
  jq '.incomplete = false | .lost = 0' p >known
  cp known before
  run -4 "$CAPSIEVE" profile -q --expect known --replay cut
  [[ $output = *"checks were lost: more may differ"* ]]
  run -4 "$CAPSIEVE" profile -q --expect known --update --replay cut
  cmp known before
  jq '.advice.capabilities = [] | .advice.bounding = [] | .asked = []' known >less
  run -3 "$CAPSIEVE" profile -q --expect less --replay cut
  run -125 "$CAPSIEVE" run --profile p -- true
}
