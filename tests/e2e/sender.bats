# SPDX-License-Identifier: BSD-2-Clause
#
# The daemon's sender alone, told by tests/sender/feed.c what the collector would tell it: every output against the real
# thing, and every way in which that can fail.

bats_require_minimum_version 1.5.0
load lib

ALERT='{"v":1,"time":"2026-11-22T02:50:01.123456789Z","type":"alert","host":"web-01","message":"nginx[7] was denied CAP_BPF","rule":"no bpf","severity":"error","rule_at":{"file":"/etc/r.yaml","line":3},"decided_by":"alert","tags":["T1"],"cap":"CAP_BPF","verdict":"denied","pid":7,"comm":"nginx","count":3,"workload":"docker:web","container":{"id":"1550ea000000aaaa","name":"web","image":"reg:5000/demo/app:1.2"}}'

setup() {
  W=$BATS_TEST_TMPDIR
  HERE=$BATS_TEST_DIRNAME/../sender
  : "${TRIP:=$BATS_TEST_DIRNAME/../../build/tests}"
  [ -x "$TRIP/feed" ] || skip "no $TRIP/feed"
  STARTED=()
}

teardown() {
  local pid

  exec 7>&-
  for pid in "${STARTED[@]}"; do
    { kill "$pid" && wait "$pid"; } 2>/dev/null || :
  done
  ! mountpoint -q "$W/small" || umount -l "$W/small"
}

# config LINE...: of outputs and what else there is
config() {
  printf '%s\n' 'version: 1' "$@" >"$W/config.yaml"
}

# Commands on standard input; what it says is in $output
feed() {
  run --separate-stderr timeout 100 "$TRIP/feed" "$W/spool" "$W/config.yaml"
  # shellcheck disable=SC2154
  echo "$output"
  echo "$stderr"
  [ "$status" -eq 0 ]
}

# COMMAND...: until it succeeds
until_() {
  for _ in {1..300}; do
    "$@" >/dev/null 2>&1 && return
    sleep 0.1
  done
  echo "never: $*"
  return 1
}

# receiver [CERT KEY]: its port is in $PORT
receiver() {
  /usr/bin/python3 "$HERE/receiver.py" "$W" "$@" 3>&- &
  STARTED+=($!)
  until_ test -s "$W/port"
  PORT=$(cat "$W/port")
}

# got FILTER: of what was posted
got() {
  jq -s "$1" "$W/got"
}

@test "sender: text, JSON and hooks, each in its own time, and a test of each" {
  config "outputs:" "  screen: {type: stdout}" "  file: {type: file, path: $W/a.jsonl}" \
    "  hook: {type: exec, command: [$W/hook, '\$(touch $W/shell)', a b]}" \
    "  hangs: {type: exec, command: [/bin/sh, -c, 'sleep 1000.$$ & wait'], timeout: 1s}" \
    "  fails: {type: exec, command: [/bin/false]}" "  none: {type: exec, command: [/nonexistent/x]}"
  printf '%s\n' '#!/bin/bash' "printf '%s|' \"\$@\" >$W/args" "cat >$W/input" "env >$W/env" >"$W/hook"
  chmod 755 "$W/hook"
  feed <<END
alert 3 - key $ALERT
until file ok 1
until screen ok 1
until hook ok 1
until fails dropped 1
until none error 1
until hangs dropped 1
test screen
test fails
test nobody
sleep 1500
drain 100
END
  [[ $output == *"2026-11-22T02:50:01.123456789Z web-01 error no bpf: nginx[7] was denied CAP_BPF (/etc/r.yaml:3, alert)"* ]]
  [[ $output == *"tested screen ok"* && $output == *"tested fails not /bin/false ended with exit status 1"* ]]
  [[ $output == *"tested nobody not there is no such output"* && $output == *"done 1"* ]]
  [[ $output == *"status none queue=1"*"no command '/nonexistent/x'"* ]]
  [ "$(cat "$W/a.jsonl")" = "$ALERT" ]
  [ "$(stat -c %a "$W/a.jsonl")" = 640 ]
  [ "$(cat "$W/input")" = "$ALERT" ]
  [ "$(cat "$W/args")" = "\$(touch $W/shell)|a b|" ]
  [ ! -e "$W/shell" ]
  grep -qx 'CAPSIEVE_RULE=no bpf' "$W/env"
  grep -qx 'CAPSIEVE_CONTAINER=web' "$W/env"
  grep -qx 'CAPSIEVE_SEVERITY=error' "$W/env"
  ! pgrep -f "^sleep 1000\.$$\$" || false
}

@test "sender: an output that is not there is said once for each name, and again after a reload" {
  config "outputs:" "  file: {type: file, path: $W/a.jsonl}"
  feed <<END
many 50 4 pager,nosuch 100
alert 3 file,pager key $ALERT
until file ok 51
config $W/config.yaml
alert 3 pager key $ALERT
until file ok 52
drain 5000
END
  # shellcheck disable=SC2154
  [ "$(grep -c "there is no output 'pager'" <<<"$stderr")" = 2 ]
  [ "$(grep -c "there is no output 'nosuch'" <<<"$stderr")" = 1 ]
}

@test "sender: outputs are told in the order of the configuration, whatever the spool's is" {
  for order in "b a c" "c b a"; do
    config "outputs:"
    for o in $order; do printf '  %s: {type: file, path: %s}\n' "$o" "$W/$o.jsonl" >>"$W/config.yaml"; done
    feed <<END
alert 3 - key $ALERT
until a ok 1
until b ok 1
until c ok 1
drain 5000
END
    # shellcheck disable=SC2154
    [ "$(sed -n 's/^status \([abc]\) .*/\1/p' <<<"$output" | tail -3 | xargs)" = "$order" ]
  done
}

@test "sender: files are rotated, opened again when they were moved, and lose nothing" {
  config "outputs:" "  file: {type: file, path: $W/a.jsonl, max_size: 64K, keep: 20}"
  feed <<END
many 200 4 - 1000
until file ok 200
drain 5000
END
  mv "$W/a.jsonl" "$W/moved.jsonl"
  feed <<END
many 10 4 - 1000
until file ok 10
reopen
drain 5000
END
  [ "$(cat "$W"/*.jsonl* | jq -s 'map(.seq_in_test) | length')" = 210 ]
  [ "$(stat -c %s "$W/a.jsonl.1")" -le 65536 ]
  [ "$(wc -l <"$W/a.jsonl")" = 10 ]
}

@test "sender: killed in the middle, everything arrives at least once" {
  config "outputs:" "  file: {type: file, path: $W/a.jsonl}" "  slow: {type: exec, command: [$W/hook]}"
  printf '%s\n' '#!/bin/bash' "jq -c .seq_in_test >>$W/hooked" >"$W/hook"
  chmod 755 "$W/hook"
  feed <<END
many 20 4 - 100
kill
start
many 20 4 - 100
stored
kill
start
many 10 4 - 100
until slow ok 1
kill
start
stored
until slow empty 0
until file empty 0
drain 20000
END
  [[ $output == *"done 0"* ]]
  [ "$(jq -s 'map(.seq_in_test) | unique | length' "$W/a.jsonl")" = 50 ]
  [ "$(sort -un "$W/hooked" | wc -l)" = 50 ]
}

@test "sender: killed in the middle, nothing that was stored is lost, and nothing is told more than twice" {
  config "outputs:" "  file: {type: file, path: $W/a.jsonl}" "  slow: {type: exec, command: [$W/hook]}"
  printf '%s\n' '#!/bin/bash' "jq -c .seq_in_test >>$W/hooked" >"$W/hook"
  chmod 755 "$W/hook"
  feed <<END
many 20 4 - 100
until slow ok 1
many 20 4 - 100
kill
start
stored
until slow empty 0
until file empty 0
drain 20000
END
  jq -s -e 'group_by(.seq_in_test) | map(length) | length == 40 and max <= 2' "$W/a.jsonl"
  [ "$(sort -n "$W/hooked" | uniq -c | awk '{ n++; if ($1 > 2) exit 1 } END { print n }')" = 40 ]
}

# The disk of a machine that loses its power is what was written to it by then: a copy of the image, taken when the sender
# says that the alerts are stored. What is only in the memory of its file system is not in there.
@test "sender: what it says is stored outlives a loss of power" {
  local loop

  [ "$(id -u)" = 0 ] || skip "needs a file system of its own"
  truncate -s 24M "$W/disk"
  mkfs.ext4 -q -O ^metadata_csum "$W/disk" || skip "no ext4 can be made here"
  mkdir "$W/small" "$W/after"
  loop=$(losetup -f --show "$W/disk") || skip "no loop device here"
  mount -o commit=300 "$loop" "$W/small" || { losetup -d "$loop"; skip "no ext4 can be mounted here"; }
  losetup -d "$loop"
  config "outputs:" "  none: {type: exec, command: [/nonexistent/x]}" "  hook: {type: exec, command: [/nonexistent/y]}"
  mkfifo "$W/commands"
  "$TRIP/feed" "$W/small/spool" "$W/config.yaml" <"$W/commands" >"$W/said" 2>&1 3>&- &
  STARTED+=($!)
  exec 7>"$W/commands"
  printf '%s\n' 'many 300 4 - 500' stored >&7
  until_ grep -qx stored "$W/said"
  # These are not said to be.
  printf '%s\n' 'many 5 4 - 500' >&7
  cp "$W/disk" "$W/image"
  echo kill >&7
  exec 7>&-
  wait "${STARTED[-1]}" || :
  until_ umount "$W/small"
  mount -o loop "$W/image" "$W/small"
  find "$W/small/spool" -type f -path '*-4' -printf '%f\n' | sort | uniq -c | awk '$1 == 2 { n++ } END { exit n < 300 }'
  [ "$(find "$W/small/spool/none" "$W/small/spool/hook" -type f -size 0 | wc -l)" -le 10 ]
  # Another machine, or the same again, delivers them.
  config "outputs:" "  none: {type: file, path: $W/after/a}" "  hook: {type: file, path: $W/after/b}"
  run --separate-stderr timeout 100 "$TRIP/feed" "$W/small/spool" "$W/config.yaml" <<END
until none ok 300
until hook ok 300
drain 5000
END
  echo "$output" "$stderr"
  jq -s -e '[.[].seq_in_test] | unique | length >= 300 and .[:300] == [range(1; 301)]' "$W/after/a"
}

@test "sender: a full spool lets the oldest of the lowest severity go, and tells it" {
  config "outputs:" "  none: {type: exec, command: [/nonexistent/x]}" "spool: {max_size: 64K}"
  feed <<END
many 10 2 - 2000
many 100 6 - 2000
many 30 3 - 2000
sleep 1500
drain 100
END
  [[ $output == *"gap "*"the spool is full"* ]]
  # Of the most important none is gone, and of all there is as much as there is room for.
  [ "$(find "$W/spool/none" -name '*-2' | wc -l)" = 10 ]
  [ "$(find "$W/spool/none" -name '*-6' | wc -l)" = 0 ]
  [ "$(find "$W/spool/none" -type f | wc -l)" -ge 28 ]
  local lost
  lost=$(awk '$1 == "gap" { n += $2 } END { print n }' <<<"$output")
  [ $((lost + $(find "$W/spool/none" -type f | wc -l))) = 140 ]
}

@test "sender: on a full disk what there is room for in memory is kept, and the rest is counted" {
  [ "$(id -u)" = 0 ] || skip "needs a file system of its own"
  mkdir "$W/small"
  mount -t tmpfs -o size=256k tmpfs "$W/small"
  config "outputs:" "  none: {type: exec, command: [/nonexistent/x]}"
  run --separate-stderr timeout 100 "$TRIP/feed" "$W/small/spool" "$W/config.yaml" <<END
many 300 4 - 10000
sleep 1500
drain 100
END
  echo "$output"
  [ "$status" -eq 0 ]
  [[ $output == *"gap "*"the disk is full"* ]]
  local lost left
  lost=$(awk '$1 == "gap" { n += $2 } END { print n }' <<<"$output")
  left=$(awk '$1 == "done" { print $2 }' <<<"$output")
  [ $((lost + left)) = 300 ]
  # On the disk some, and a megabyte of them in memory.
  [ "$left" -gt 100 ]
}

# counts NAME: "ok error dropped queue", as the last status of an output has them
counts() {
  # shellcheck disable=SC2154
  awk -v name="$1" '$1 == "status" && $2 == name { gsub(/[a-z]+=/, ""); last = $5 " " $6 " " $7 " " $3 } END { print last }' \
    <<<"$output"
}

@test "sender: every way in which a receiver fails does what it should, and is counted" {
  local name failing=() lost=() wrong=0

  openssl req -x509 -newkey rsa:2048 -nodes -keyout "$W/k.pem" -out "$W/c.pem" -days 2 -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost 2>/dev/null
  receiver
  # answers NAME WORDS...: an output of that name whose receiver answers so
  answers() {
    outputs+=("  $1: {type: webhook, url: 'http://127.0.0.1:$PORT/$1', timeout: ${LIMIT:-40s}}")
    echo "${*:2}" >"$W/$1"
  }
  outputs=()
  for name in hang drip; do
    LIMIT=2s answers "t-$name" "$name" 200
  done
  for name in close reset cut garbage 429 429:2 429@2 500 502 503 599; do
    name=${name/:/-after-}
    answers "t-${name/@/-at-}" "${name/-after-/:}" 200
    failing+=("t-${name/@/-at-}")
  done
  for name in 400 401 403 404 410 413 301 302 307 308; do
    answers "t-$name" "$name"
    lost+=("t-$name")
  done
  answers t-204 204
  answers t-slow slow
  answers t-flood flood
  outputs+=("  t-refused: {type: webhook, url: 'http://127.0.0.1:1/x'}"
    "  t-unknown: {type: webhook, url: 'http://nowhere.invalid/x', timeout: 3s}"
    "  t-plain: {type: webhook, url: 'https://127.0.0.1:$PORT/plain', timeout: 3s}")
  config "outputs:" "${outputs[@]}"
  feed <<END
alert 3 - key $ALERT
$(printf 'until %s dropped 1\n' "${lost[@]}")
$(printf 'until %s error 1\n' t-refused t-unknown t-plain)
$(printf 'until %s ok 1\n' "${failing[@]}" t-204 t-slow t-flood t-hang t-drip)
sleep 1200
drain 100
END
  # Once more; not at all, and what waits is one; at once.
  is() {
    local is
    is=$(counts "$1")
    [[ $is == $2 ]] || { echo "$1: $is, and not $2"; wrong=1; }
  }
  for name in "${failing[@]}"; do is "$name" '1 1 0 0'; done
  for name in "${lost[@]}"; do is "$name" '0 1 1 0'; done
  # On a busy machine the second answer may be too late, too.
  for name in t-hang t-drip; do is "$name" '1 [1-9]* 0 0'; done
  for name in t-204 t-slow t-flood; do is "$name" '1 0 0 0'; done
  for name in t-refused t-unknown t-plain; do is "$name" '0 [1-9]* 0 1'; done
  [ "$wrong" = 0 ]
  # The receiver heard of each as often as is counted, and of no redirection's target.
  [ "$(got 'map(.path) | unique | length')" = 26 ]
  [ "$(got 'map(select(.path | test("^/t-(4|3)0[0-9]$"))) | length')" = 8 ]
  got 'map(select(.path == "/t-429-after-2")) | .[1].time - .[0].time' | awk '{ exit !($1 >= 2) }'
  # A date has whole seconds: it may be up to one of them earlier, but no earlier than without one.
  got 'map(select(.path == "/t-429-at-2")) | .[1].time - .[0].time' | awk '{ exit !($1 >= 1) }'
  [[ $stderr == *"output 't-302': it answered 302, and redirections are not followed; the alert is dropped"* ]]
  [[ $stderr == *"output 't-413': it answered 413; the alert is dropped"* ]]
  [[ $stderr == *"output 't-503': it answered 503; its alerts wait until it works again"* ]]
  [[ $stderr == *"output 't-refused': no answer: Couldn't connect to server; its alerts wait"* ]]
  [[ $stderr != *$'\e'* ]]
}

@test "sender: tries again after 1 s, 2 s, 4 s and somewhat more, and each output in its own time" {
  local steps='[1, 2]'

  [ "${TEST_ALL-}" != 1 ] || steps='[1, 2, 4, 8]'
  receiver
  config "outputs:" "  broken: {type: webhook, url: 'http://127.0.0.1:$PORT/broken'}" \
    "  bad: {type: webhook, url: 'http://127.0.0.1:$PORT/bad'}" "  fine: {type: webhook, url: 'http://127.0.0.1:$PORT/fine'}"
  echo 404 >"$W/bad"
  { jq -r 'map("500") | join(" ")' <<<"$steps" && echo 200; } | tr '\n' ' ' >"$W/broken"
  feed <<END
alert 3 - key $ALERT
alert 3 bad key $ALERT
until bad dropped 2
until fine ok 1
until broken ok 1
drain 1000
END
  [ "$(grep -c "output 'bad': it answered 404; the alert is dropped" <<<"$stderr")" = 1 ]
  got "map(select(.path == \"/broken\").time) | [.[1:], .[:-1]] | transpose | map(.[0] - .[1]) | [., $steps] | transpose |
    length == ($steps | length) and all(.[0] >= .[1])" | grep -qx true
  # The jitter is at most half of it; a machine that is busy takes longer.
  got 'map(select(.path == "/fine")) | length' | grep -qx 1
}

@test "sender: hooks run four at a time and no more, and one that prints without end is stopped" {
  config "outputs:" "  hook: {type: exec, command: [$W/hook]}" "  flood: {type: exec, command: [/usr/bin/yes], timeout: 60s}" \
    "  says: {type: exec, command: [/bin/sh, -c, 'echo its own words >&2; exit 3']}" \
    "  later: {type: exec, command: [/bin/sh, -c, 'test -e $W/later || { touch $W/later; exit 75; }']}" \
    "  left: {type: exec, command: [/bin/sh, -c, 'sleep 1000.$$ & exit 0']}"
  printf '%s\n' '#!/bin/bash' "mkdir $W/runs/\$\$" "ls $W/runs | wc -l >>$W/atonce" 'sleep 0.3' "rmdir $W/runs/\$\$" >"$W/hook"
  mkdir "$W/runs"
  chmod 755 "$W/hook"
  feed <<END
many 16 4 hook 10
until hook ok 16
alert 3 flood,says,later,left key $ALERT
until flood dropped 1
until says dropped 1
until later ok 1
until left ok 1
drain 1000
END
  sort -n "$W/atonce" | tail -1 | grep -qx 4
  [[ $stderr == *"output 'flood': /usr/bin/yes was ended by signal 13: y; the alert is dropped"* ]]
  [[ $stderr == *"output 'says': /bin/sh ended with exit status 3: its own words; the alert is dropped"* ]]
  [[ $output == *"done 0"* ]]
  pkill -f "^sleep 1000\.$$\$" || :
}

@test "sender: a spool that cannot be written any more, or from the start, is said; memory has what waits" {
  [ "$(id -u)" = 0 ] || skip "needs a file system of its own"
  mkdir -p "$W/small"
  mount -t tmpfs -o size=4m tmpfs "$W/small"
  mkdir "$W/small/spool"
  mount -o remount,ro "$W/small"
  config "outputs:" "  file: {type: file, path: $W/a.jsonl}" "  none: {type: exec, command: [/nonexistent/x]}"
  run --separate-stderr timeout 100 "$TRIP/feed" "$W/small/spool" "$W/config.yaml" <<END
many 5 4 - 1000
until file ok 5
many 2000 4 none 1000
sleep 1500
drain 100
END
  echo "$output" "$stderr"
  [ "$status" -eq 0 ]
  [[ $stderr == *"alerts cannot be put on disk, and 1024 KiB of them wait in memory: Read-only file system"* ]]
  local lost left
  lost=$(awk '$1 == "gap" { n += $2 } END { print n }' <<<"$output")
  left=$(awk '$1 == "done" { print $2 }' <<<"$output")
  [ "$left" -gt 500 ]
  [ $((lost + left)) = 2005 ]
  [ "$(wc -l <"$W/a.jsonl")" = 5 ]
  # It can be written again.
  mkfifo "$W/commands"
  "$TRIP/feed" "$W/small/spool" "$W/config.yaml" <"$W/commands" >"$W/said" 2>&1 3>&- &
  STARTED+=($!)
  exec 7>"$W/commands"
  echo 'many 1 4 none 1000' >&7
  until_ grep -q 'cannot be put on disk' "$W/said"
  mount -o remount,rw "$W/small"
  printf '%s\n' 'many 1 4 none 1000' >&7
  until_ grep -q 'alerts can be put on disk again' "$W/said"
  [ "$(find "$W/small/spool/none" -type f | wc -l)" = 1 ]
  echo kill >&7
}

@test "sender: a webhook is signed, in the format that is asked for" {
  receiver
  printf 'secret\n' >"$W/key"
  config "outputs:" "  generic: {type: webhook, url: 'http://127.0.0.1:$PORT/generic', secret_file: $W/key}" \
    "  falco: {type: webhook, format: falco, url: 'http://127.0.0.1:$PORT/falco'}" \
    "  slack: {type: webhook, format: slack, url: 'http://127.0.0.1:$PORT/slack'}" \
    "  am: {type: webhook, format: alertmanager, url: 'http://127.0.0.1:$PORT/am', resolve_after: 3s}"
  feed <<END
alert 3 - key $ALERT
until generic ok 1
until falco ok 1
until slack ok 1
until am ok 1
alert 3 falco two ${ALERT%\}},"ancestors":["sh","systemd"]}
until falco ok 2
alert 3 falco three ${ALERT%\}},"ancestors":[]}
until falco ok 3
sleep 2500
drain 100
END
  local body signature
  body=$(got 'map(select(.path == "/generic"))[0].body' | jq -r .)
  [ "$body" = "$ALERT" ]
  signature=$(printf %s "$body" | openssl dgst -sha256 -hmac secret | sed 's/.* //')
  [ "$(got 'map(select(.path == "/generic"))[0].headers["X-Capsieve-Signature"]')" = "\"sha256=$signature\"" ]
  body=$(got 'map(select(.path == "/falco"))[0].body' | jq -r .)
  jq -e '.priority == "Error" and .rule == "no bpf" and .hostname == "web-01" and .tags == ["T1"]
    and .output_fields["container.image.repository"] == "reg:5000/demo/app"
    and .output_fields["container.image.tag"] == "1.2" and .output_fields["proc.pid"] == 7
    and .output_fields["capsieve.rule_line"] == 3' <<<"$body"
  # the parent's name, and nothing where it is not known
  got 'map(select(.path == "/falco").body | fromjson | .output_fields) | map([has("proc.pname"), .["proc.pname"]])' |
    jq -e '. == [[false, null], [true, "sh"], [false, null]]'
  body=$(got 'map(select(.path == "/slack"))[0].body' | jq -r .)
  jq -e '.attachments[0].color == "#ff5400" and (.text | startswith("web-01: no bpf: "))' <<<"$body"
  body=$(got 'map(select(.path == "/am"))[0].body' | jq -r .)
  jq -e '.[0].labels.severity == "warning" and .[0].labels.rule == "no bpf" and (.[0].labels | has("pid") | not)
    and (.[0].annotations.description | startswith("web-01: no bpf: "))
    and (.[0].endsAt > .[0].startsAt)' <<<"$body"
  # It is told again until it ends, with the same beginning.
  [ "$(got 'map(select(.path == "/am") | .body | fromjson | .[0].startsAt) | [length >= 2, (unique | length)] | @csv')" = '"true,1"' ]
}

# journald: one of our own, in a mount namespace in which /run is its; IN goes in there
journald() {
  local at

  at=$(compgen -G '/*lib/systemd/systemd-journald' | head -1) || skip "no systemd-journald"
  [ "$(id -u)" = 0 ] || skip "a journal needs root"
  # shellcheck disable=SC2016
  unshare -m --propagation private sh -c 'mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/journal /run/log/journal &&
    mkdir -p /run/systemd/journald.conf.d && printf "[Journal]\nStorage=volatile\nReadKMsg=no\n" >/run/systemd/journald.conf.d/a.conf &&
    exec "$0"' "$at" >"$W/journald.log" 2>&1 3>&- 7>&- &
  STARTED+=($!)
  IN=(nsenter -m -t "${STARTED[-1]}")
  until_ "${IN[@]}" test -S /run/systemd/journal/socket || { cat "$W/journald.log"; skip "systemd-journald does not run here"; }
}

@test "sender: the journal has the fields by which its entries are found" {
  local alert

  IN=()
  [ -S /run/systemd/journal/socket ] || journald
  config "outputs: {local: {type: journal}}"
  alert=${ALERT/no bpf\",/no bpf $$\",\"exe\":\"\/usr\/sbin\/ng\\u0007inx\",\"unit\":\"nginx.service\",}
  # It is there until journald has looked who it is.
  mkfifo "$W/commands"
  "${IN[@]}" "$TRIP/feed" "$W/spool" "$W/config.yaml" <"$W/commands" >"$W/said" 2>&1 3>&- &
  STARTED+=($!)
  exec 7>"$W/commands"
  printf '%s\n' "alert 2 - key $alert" 'until local ok 1' >&7
  found() {
    "${IN[@]}" journalctl -o json "CAPSIEVE_RULE=no bpf $$" CONTAINER_NAME=web MESSAGE_ID=0f3c5d1c9a5e4b0b8d6f0b6b7a1e52c7 >"$W/entries" &&
      [ -s "$W/entries" ]
  }
  until_ found || { cat "$W/said" && false; }
  echo 'drain 1000' >&7
  jq . "$W/entries"
  [ "$(wc -l <"$W/entries")" = 1 ]
  jq -e '.PRIORITY == "2" and .CAPSIEVE_CAPABILITY == "CAP_BPF" and .CAPSIEVE_VERDICT == "denied" and .OBJECT_PID == "7" and
    .SYSLOG_IDENTIFIER == "capsieve" and .CAPSIEVE_UNIT == "nginx.service" and .CONTAINER_ID == "1550ea000000" and
    .CONTAINER_ID_FULL == "1550ea000000aaaa" and .IMAGE_NAME == "reg:5000/demo/app:1.2" and ._CAP_EFFECTIVE == "0" and
    (.MESSAGE | contains("nginx[7] was denied CAP_BPF"))' "$W/entries"
  # What is no text comes as bytes, and not as an escape of the terminal.
  jq -e '.CAPSIEVE_EXE | if type == "array" then implode else . end | . == "/usr/sbin/ng\u0007inx" or contains("\\x07")' "$W/entries"
}

@test "sender: where there is no journal, its alerts wait" {
  [ ! -e /run/systemd/journal/socket ] || skip "there is a journal here"
  config "outputs: {local: {type: journal}}"
  feed <<END
alert 3 - key $ALERT
until local error 1
drain 100
END
  [[ $output == *"there is no journal"*"done 1"* ]]
}

# certificate NAME OPTION...: for localhost, by itself
certificate() {
  openssl req -x509 -newkey rsa:2048 -nodes -keyout "$W/$1.key" -out "$W/$1.pem" -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost "${@:2}" 2>/dev/null
}

# end_certificate NAME: it is over since 2020
end_certificate() {
  mkdir "$W/ca"
  : >"$W/ca/index"
  echo 01 >"$W/ca/serial"
  printf '%s\n' '[ca]' 'default_ca=a' '[a]' "database=$W/ca/index" "serial=$W/ca/serial" "new_certs_dir=$W/ca" \
    'policy=p' 'default_md=sha256' 'x509_extensions=x' '[p]' 'commonName=supplied' '[x]' \
    'subjectAltName=DNS:localhost' 'basicConstraints=CA:true' >"$W/ca/config"
  openssl req -new -key "$W/$1.key" -subj /CN=localhost -out "$W/ca/request" 2>/dev/null
  openssl ca -batch -notext -selfsign -config "$W/ca/config" -keyfile "$W/$1.key" -in "$W/ca/request" -out "$W/$1.pem" \
    -startdate 20200101000000Z -enddate 20200102000000Z 2>/dev/null
}

@test "sender: a certificate that nobody vouches for, of another name, or that is over gets no alert" {
  certificate fresh -days 2
  certificate old -days 2
  end_certificate old
  receiver "$W/fresh.pem" "$W/fresh.key"
  local fresh=$PORT

  mkdir "$W/second"
  W=$W/second receiver "$W/old.pem" "$W/old.key"
  config "outputs:" "  unknown: {type: webhook, url: 'https://localhost:$fresh/x'}" \
    "  known: {type: webhook, url: 'https://localhost:$fresh/y', ca_file: $W/fresh.pem}" \
    "  other: {type: webhook, url: 'https://127.0.0.1:$fresh/z', ca_file: $W/fresh.pem}" \
    "  over: {type: webhook, url: 'https://localhost:$PORT/x', ca_file: $W/old.pem}" \
    "  none: {type: webhook, url: 'https://localhost:$fresh/z', ca_file: $W/nothing.pem}"
  feed <<END
alert 3 - key $ALERT
until known ok 1
until unknown error 1
until other error 1
until over error 1
until none error 1
drain 100
END
  [[ $output == *"done 4"* ]]
  [ "$(got 'map(.path) | unique | @csv')" = '"\"/y\""' ]
  [ ! -e "$W/second/got" ]
  for name in unknown other over none; do [ "$(counts "$name" | cut -d' ' -f1,3,4)" = "0 0 1" ]; done
  [[ $stderr == *"output 'unknown': no answer: "*"certificate"*"self-signed certificate"*"; its alerts wait"* ]]
  [[ $stderr == *"output 'other': no answer: "*"127.0.0.1"*"; its alerts wait"* ]]
  [[ $stderr == *"output 'over': no answer: "*"certificate has expired; its alerts wait"* ]]
  [[ $stderr == *"output 'none': the certificates $W/nothing.pem can be read neither by user $(id -u) nor"* ]]
}

@test "sender: it has neither capabilities nor a way back, and no call that loads or looks" {
  [ "$(id -u)" = 0 ] || skip "needs root, to become somebody else"
  W=$(mktemp -d)
  chmod 755 "$W"
  mkdir "$W/seen"
  chown 65534 "$W/seen"
  config "outputs:" "  hook: {type: exec, command: [/bin/sh, -c, 'cat /proc/\$PPID/status >$W/seen/status; id -u >$W/seen/id; unshare -U true 2>$W/seen/unshare || :']}"
  run --separate-stderr timeout 60 "$TRIP/feed" "$W/spool" "$W/config.yaml" 65534 65534 <<END
alert 3 - key $ALERT
until hook ok 1
drain 1000
END
  echo "$output" "$stderr"
  [ "$status" -eq 0 ]
  [ "$(cat "$W/seen/id")" = 65534 ]
  ! grep -E '^Cap(Inh|Prm|Eff|Amb):.*[1-9a-f]' "$W/seen/status" || false
  grep -qE '^NoNewPrivs:\s1$' "$W/seen/status"
  grep -qE '^Seccomp:\s2$' "$W/seen/status"
  grep -q 'Operation not permitted' "$W/seen/unshare"
  rm -rf "$W"
}

# said WORDS: by the daemon
said() {
  grep -F "$1" "$W/said"
}

signed() {
  got 'map(select(.path == "/signed"))[-1] | .headers["X-Capsieve-Signature"], .body' | {
    read -r signature
    signature=${signature//\"/}
    [ "$signature" = "sha256=$(jq -rj . | openssl dgst -sha256 -hmac "$1" | sed 's/.* //')" ]
  }
}

@test "sender: as nobody it has root's keys and certificates from the collector, at a reload too, and says what it cannot write" {
  host_only
  [ -n "$(probes)" ] || skip "no probe works here"
  local first second

  W=$(mktemp -d)
  chmod 755 "$W"
  openssl req -x509 -newkey rsa:2048 -nodes -keyout "$W/k.pem" -out "$W/c.pem" -days 2 -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost 2>/dev/null
  chmod 600 "$W/c.pem" "$W/k.pem"
  printf 'one\n' >"$W/key"
  chmod 600 "$W/key"
  mkdir "$W/theirs"
  chown 65534 "$W/theirs"
  touch "$W/fixed"
  chown 65534 "$W/fixed"
  receiver "$W/c.pem" "$W/k.pem"
  mkdir "$W/second"
  openssl req -x509 -newkey rsa:2048 -nodes -keyout "$W/second/k.pem" -out "$W/second/c.pem" -days 2 -subj /CN=localhost \
    -addext subjectAltName=DNS:localhost 2>/dev/null
  cp -p "$W/c.pem" "$W/rotated.pem"
  first=$PORT
  W=$W/second receiver "$W/second/c.pem" "$W/second/k.pem"
  second=$PORT PORT=$first
  printf '%s\n' 'version: 1' 'default: ignore' 'rules: []' >"$W/rules.yaml"
  config "metrics: {textfile: $W/m.prom}" "outputs:" \
    "  signed: {type: webhook, url: 'https://localhost:$PORT/signed', secret_file: $W/key, ca_file: $W/c.pem}" \
    "  keyless: {type: webhook, url: 'https://localhost:$PORT/keyless', secret_file: $W/none, ca_file: $W/c.pem}" \
    "  theirs: {type: file, path: $W/theirs/a.jsonl, max_size: 64K}" "  roots: {type: file, path: $W/a.jsonl}" \
    "  fixed: {type: file, path: $W/fixed, max_size: 64K}" "  hook: {type: exec, command: $W/key}"
  ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:detect_leaks=0:handle_segv=0} \
    "$CAPSIEVE" watch --rules "$W/rules.yaml" --config "$W/config.yaml" --state "$W/state" --run "$W/run" \
    >"$W/said" 2>&1 3>&- &
  STARTED+=($!)
  until_ said 'watching by' || { cat "$W/said" && false; }
  # At once, and not with the first alert.
  until_ said "output 'keyless': the key $W/none can be read neither by user 65534 nor, as root's, by the collector: No such file"
  until_ said "output 'roots': $W/a.jsonl cannot be written by user 65534, who needs to write in $W: Permission denied"
  until_ said "output 'fixed': $W/fixed cannot be rotated by user 65534, who needs to write in $W: Permission denied"
  until_ said "output 'hook': $W/key cannot be run by user 65534: Permission denied"
  until_ said 'metrics: the textfile cannot be written by user 65534, who needs to write in its directory: Permission denied'
  ! grep -E "output '(signed|theirs)'" "$W/said" || false
  "$CAPSIEVE" watch status --json --run "$W/run" | jq -es '.[0].outputs | map(select(.name == "roots"))[0].last_error |
    contains("cannot be written by user 65534")'
  "$CAPSIEVE" watch test-output signed --run "$W/run"
  signed one
  "$CAPSIEVE" watch test-output theirs --run "$W/run"
  run ! "$CAPSIEVE" watch test-output roots --run "$W/run"
  run ! "$CAPSIEVE" watch test-output keyless --run "$W/run"
  # Another key, and one that was missing; the certificate is another's by now.
  printf 'two' >"$W/key"
  printf 'three' >"$W/none"
  config "metrics: {textfile: $W/theirs/m.prom}" "outputs:" \
    "  signed: {type: webhook, url: 'https://localhost:$PORT/signed', secret_file: $W/key, ca_file: $W/c.pem}" \
    "  keyless: {type: webhook, url: 'https://localhost:$PORT/keyless', secret_file: $W/none, ca_file: $W/c.pem}" \
    "  rotated: {type: webhook, url: 'https://localhost:$second/rotated', ca_file: $W/rotated.pem}"
  "$CAPSIEVE" watch reload --run "$W/run"
  until_ test -s "$W/theirs/m.prom"
  "$CAPSIEVE" watch test-output keyless --run "$W/run"
  "$CAPSIEVE" watch test-output signed --run "$W/run"
  signed two
  # The same configuration, and other files: a key that was renewed, and a certificate that the server has by now.
  "$CAPSIEVE" watch reload --run "$W/run"
  run ! "$CAPSIEVE" watch test-output rotated --run "$W/run"
  [[ $output == *certificate* ]]
  printf 'four' >"$W/key"
  cat "$W/second/c.pem" >"$W/rotated.pem"
  "$CAPSIEVE" watch reload --run "$W/run"
  "$CAPSIEVE" watch test-output signed --run "$W/run"
  signed four
  "$CAPSIEVE" watch test-output rotated --run "$W/run"
  [ "$(jq -rs 'map(.path) | unique | @csv' "$W/second/got")" = '"/rotated"' ]
  # A sender that dies is followed by one that has all of that again.
  kill -9 "$("$CAPSIEVE" watch status --json --run "$W/run" | jq .sender.pid)"
  until_ said 'the sender died of signal 9'
  printf 'nobody reads this' >"$W/key"
  until_ "$CAPSIEVE" watch test-output signed --run "$W/run"
  signed four
  kill "${STARTED[-1]}"
  wait "${STARTED[-1]}" || :
  rm -rf "$W"
}

# collector_of_syslog: what arrives, a line each: "udp TEXT", "tcp TEXT" (of a frame with its length in front), "dgram TEXT" and
# "stream TEXT" (of a line) in $W/said; its ports in $W/ports. A TCP connection is closed after two frames.
collector_of_syslog() {
  cat >"$W/syslog.py" <<'END'
import os, socket, sys, threading
w = sys.argv[1]
lock, out = threading.Lock(), open(w + "/said", "w", buffering=1)
def say(how, data):
    with lock:
        out.write(how + " " + data.decode().replace("\n", "LINE") + "\n")
def datagrams(s, how):
    while True:
        say(how, s.recv(65536))
def frames(s):
    while True:
        c, n, data = s.accept()[0], 0, b""
        while n < 2:
            got = c.recv(65536)
            if not got:
                break
            data += got
            while b" " in data:
                size, _, rest = data.partition(b" ")
                if len(rest) < int(size):
                    break
                say("tcp", rest[:int(size)])
                data, n = rest[int(size):], n + 1
        if data:
            say("tcp", b"left over: " + data)
        c.close()
def lines(s):
    while True:
        with s.accept()[0].makefile("rb") as f:
            for line in f:
                say("stream", line.rstrip(b"\n"))
def bound(family, kind, to, listens):
    s = socket.socket(family, kind)
    s.bind(to)
    if listens:
        s.listen()
    return s
udp = bound(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0), False)
tcp = bound(socket.AF_INET6, socket.SOCK_STREAM, ("::1", 0), True)
dgram = bound(socket.AF_UNIX, socket.SOCK_DGRAM, w + "/dgram", False)
stream = bound(socket.AF_UNIX, socket.SOCK_STREAM, w + "/stream", True)
for run, args in ((datagrams, (udp, "udp")), (datagrams, (dgram, "dgram")), (frames, (tcp,)), (lines, (stream,))):
    threading.Thread(target=run, args=args, daemon=True).start()
with open(w + "/ports.new", "w") as f:
    print(udp.getsockname()[1], tcp.getsockname()[1], file=f)
os.rename(w + "/ports.new", w + "/ports")
threading.Event().wait()
END
  /usr/bin/python3 "$W/syslog.py" "$W" 3>&- &
  STARTED+=($!)
  until_ test -s "$W/ports"
  read -r UDP TCP <"$W/ports"
}

# came_by HOW: the texts that came so
came_by() {
  sed -n "s/^$1 //p" "$W/said"
}

@test "sender: syslog by UDP, TCP and both kinds of local sockets: each alert is one message, which nothing in it can end" {
  local how head='^<[0-9]+>1 2026-11-22T02:50:01\.123456Z test-host capsieve [0-9]+ no_bpf - '

  collector_of_syslog
  config "outputs:" "  udp: {type: syslog, address: \"udp://127.0.0.1:$UDP\"}" \
    "  tcp: {type: syslog, address: \"tcp://[::1]:$TCP\", facility: local3, format: json}" \
    "  dgram: {type: syslog, address: $W/dgram, facility: daemon}" "  stream: {type: syslog, address: $W/stream}" \
    "  none: {type: syslog, address: $W/nobody}"
  feed <<END
alert 3 - one $ALERT
alert 3 - two ${ALERT/was denied/\\n<0>1 - forged \\u001b[31m was denied}
alert 5 - three ${ALERT/no bpf/a rule with a name that is longer than there is room for}
until udp ok 3
until tcp ok 3
until dgram ok 3
until stream ok 3
until none error 1
drain 100
END
  cat "$W/said"
  [[ $output == *"status none queue=3"*"$W/nobody: No such file or directory"* ]]
  for how in udp tcp dgram stream; do
    [ "$(came_by $how | wc -l)" = 3 ]
    # nothing that ends a line, or is for a terminal
    run ! grep -E 'LINE|[[:cntrl:]]' <(came_by $how | sed 's/@cee:.*//')
  done
  for how in udp dgram stream; do
    came_by $how | sed -n 1p | grep -qE "${head}no bpf: nginx\[7\] was denied CAP_BPF \(/etc/r.yaml:3, alert\)\$"
    came_by $how | sed -n 2p | grep -qE "${head}no bpf: nginx\[7\] .n<0>1 - forged .x1b\[31m was denied"
  done
  # severity 5; 32 characters of the rule, without blanks
  came_by udp | sed -n 1p | grep -q '^<83>1 '
  came_by udp | sed -n 3p | grep -qE '^<85>1 .* capsieve [0-9]+ a_rule_with_a_name_that_is_longe - '
  came_by dgram | head -n 1 | grep -qE '^<27>1 '
  came_by tcp | head -n 1 | grep -qE '^<155>1 .* - @cee: \{'
  came_by tcp | sed 's/.*@cee: //' | jq -e -s 'length == 3 and all(.rule_at.line == 3)'
}
