# SPDX-License-Identifier: BSD-2-Clause
#
# The command line, without any privilege: what is said, where, and with which exit status.

bats_require_minimum_version 1.5.0

setup_file() {
  # a place that anybody can execute from
  BIN=$(mktemp -d)
  chmod 755 "$BIN"
  cp "$CAPSIEVE" "$BIN/capsieve"
  export BIN
}

teardown_file() {
  rm -rf "$BIN"
}

# With no capability, whoever runs the tests.
unprivileged() {
  if [ "$(id -u)" = 0 ]; then
    setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all --bounding-set=-all -- "$@"
  else
    "$@"
  fi
}

# One sentence on standard error that begins so, nothing on standard output, exit status 2.
mistake() {
  local begin=$1
  shift
  run --separate-stderr "$CAPSIEVE" "$@"
  echo "stderr: $stderr"
  [ "$status" -eq 2 ]
  [ -z "$output" ]
  [ "${#stderr_lines[@]}" -eq 1 ]
  [[ $stderr == "$begin"* ]]
}

@test "without a word it lists the commands" {
  run --separate-stderr "$CAPSIEVE"
  [ "$status" -eq 0 ]
  [[ $output == "Usage: capsieve COMMAND"* ]]
  [[ $output == *"  trace "* ]]
  [[ $output == *"  doctor "* ]]
  [ -z "$stderr" ]
  alone=$output
  run "$CAPSIEVE" --help
  [ "$status" -eq 0 ]
  [ "$output" = "$alone" ]
}

@test "--version" {
  run "$CAPSIEVE" --version
  [ "$status" -eq 0 ]
  [[ $output =~ ^"capsieve "[0-9]+\.[0-9]+\.[0-9]+$ ]]
}

@test "an unknown command is answered with the nearest one" {
  mistake "capsieve: unknown command 'trcae'; did you mean 'trace'?" trcae
  mistake "capsieve: unknown option '--vesion'; did you mean '--version'?" --vesion
  mistake "capsieve: unknown command ''" ""
  mistake "capsieve: unknown command '\\x1b[2J'" $'\e[2J'
}

@test "mistakes are one sentence with the bad word and the nearest good one" {
  mistake "capsieve trace: unknown option '--alowed'; did you mean '--allowed'?" trace --alowed
  mistake "capsieve trace: unknown option '--namespace'; there is --k8s-namespace GLOB" trace --namespace web
  mistake "capsieve trace: '--co' may be " trace --co
  mistake "capsieve trace: '-p' needs a value: -p PID" trace -p
  mistake "capsieve trace: --json takes no value, and 'yes' was given" trace --json=yes
  mistake "capsieve trace: unexpected word 'ls'; a command to start stands behind --" trace ls
  mistake "capsieve trace: -C: unknown capability 'net_rw'; did you mean 'CAP_NET_RAW'?" trace -C net_rw
  mistake "capsieve trace: --attach: unknown probe 'fexti'; did you mean 'fexit'?" trace --attach fexti
  mistake "capsieve trace: --columns: unknown column 'comn'; did you mean 'comm'?" trace --columns pid,comn
  mistake "capsieve trace: -p: there is no process 4194303" trace -p 4194303
  mistake "capsieve trace: --json and --columns exclude each other" trace --json --columns pid
  mistake "capsieve trace: --grant needs --as USER" trace --grant chown -- true
  mistake "capsieve doctor: unknown option '--jsno'; did you mean '--json'?" doctor --jsno
  mistake "capsieve doctor: takes no command" doctor -- true
}

@test "a hundred thousand pids: a clear limit" {
  seq -s, 1 20000 >"$BATS_TEST_TMPDIR/pids"
  pids=$(cat "$BATS_TEST_TMPDIR/pids")
  mistake "capsieve trace: -p: too many values: a filter holds at most 4096" \
    trace -p "$pids" -p "$pids" -p "$pids" -p "$pids" -p "$pids"
}

@test "a thread's id is not a process's" {
  tid=
  for status in /proc/[0-9]*/task/[0-9]*/status; do
    tgid=${status#/proc/}
    tgid=${tgid%%/*}
    this=${status%/status}
    this=${this##*/}
    [ "$this" = "$tgid" ] || { tid=$this && break; }
  done
  [ -n "$tid" ] || skip "no process with a second thread runs here"
  mistake "capsieve trace: -p: $tid is a thread of process $tgid; use -p $tgid" trace -p "$tid"
}

@test "every command's --help ends with three examples" {
  for command in trace doctor explain file run ps; do
    run --separate-stderr "$CAPSIEVE" "$command" --help
    [ "$status" -eq 0 ]
    [ -z "$stderr" ]
    [[ $output == "Usage: capsieve $command"* ]]
    examples=${output##*Examples:}
    [ "$(grep -cE '^  (sudo )?capsieve ' <<<"$examples")" -eq 3 ]
  done
}

@test "no line of help is wider than 80 columns" {
  run bash -c 'for c in "" doctor trace run; do "$CAPSIEVE" $c --help; done'
  [ "$(awk 'length > 80' <<<"$output")" = "" ]
}

@test "a full disk and a closed output are said, a reader that left is not" {
  [ -e /dev/full ] || skip "there is no /dev/full"
  run --separate-stderr bash -c '"$CAPSIEVE" --help >/dev/full'
  [ "$status" -eq 1 ]
  [ "$stderr" = "capsieve: standard output: No space left on device" ]
  for command in trace doctor file explain; do
    run --separate-stderr bash -c '"$CAPSIEVE" "$0" --help >/dev/full' $command
    [ "$status" -eq 1 ]
    [ "$stderr" = "capsieve $command: standard output: No space left on device" ]
  done
  run --separate-stderr bash -c '"$CAPSIEVE" explain net_raw >/dev/full'
  [ "$status" -eq 1 ]
  [ "$stderr" = "capsieve explain: standard output: No space left on device" ]
  run --separate-stderr bash -c '"$CAPSIEVE" trace --help >&-'
  [ "$status" -eq 1 ]
  [ "$stderr" = "capsieve trace: standard output: Bad file descriptor" ]
  run --separate-stderr bash -c '"$CAPSIEVE" trace --help | true; exit "${PIPESTATUS[0]}"'
  [ "$status" -eq 0 ]
  [ -z "$stderr" ]
}

@test "a closed descriptor is not taken by a file that is opened later" {
  run --separate-stderr bash -c '"$CAPSIEVE" doctor >&-'
  [ "$status" -eq 1 ]
  [ "$stderr" = "capsieve doctor: standard output: Bad file descriptor" ]
  run --separate-stderr bash -c '"$CAPSIEVE" trace --json >&- -d 100ms'
  [ "$status" -eq 1 ]
  [ "$stderr" = "capsieve trace: standard output: Bad file descriptor" ]
  # What is said on standard error, also why it may not listen, is in no file: with any of the three closed.
  for closed in '2>&-' '<&- 2>&-' '<&- >&- 2>&-'; do
    run bash -c '"$CAPSIEVE" trace -v --json -o "$0" -d 100ms '"$closed" "$BATS_TEST_TMPDIR/out.json"
    [ -e "$BATS_TEST_TMPDIR/out.json" ]
    ! grep -v '^{"v":1,.*}$' "$BATS_TEST_TMPDIR/out.json" || false
  done
}

@test "a missing privilege is one sentence with the way out" {
  run --separate-stderr unprivileged "$BIN/capsieve" trace -d 1
  [ "$status" -eq 1 ]
  [ -z "$output" ]
  [ "${#stderr_lines[@]}" -eq 1 ]
  [[ $stderr == "capsieve trace: "*CAP_BPF*sudo* ]]
}

@test "with a command, our own failure is 125" {
  run --separate-stderr unprivileged "$BIN/capsieve" trace -- true
  [ "$status" -eq 125 ]
  [ "${#stderr_lines[@]}" -eq 1 ]
}

@test "a file that cannot be made is named" {
  run --separate-stderr "$CAPSIEVE" trace -o /nowhere/file
  [ "$status" -eq 1 ]
  [ "$stderr" = "capsieve trace: /nowhere/file: No such file or directory" ]
}

@test "doctor tells without privilege what it can" {
  run --separate-stderr unprivileged "$BIN/capsieve" doctor
  [ "$status" -eq 1 ]
  [ -z "$stderr" ]
  [[ $output == *"release  "*"$(uname -r)"* ]]
  [[ $output == *"CAP_BPF  "*" no "* ]]
  [[ $output == *"fexit  "*" unknown  "* ]]
}

@test "doctor --json is JSON with every item" {
  command -v jq >/dev/null || skip "jq is not installed"
  run --separate-stderr unprivileged "$BIN/capsieve" doctor --json
  [ "$status" -eq 1 ]
  [ "$(jq -r .type <<<"$output")" = doctor ]
  [ "$(jq -r '[.items[] | select(.section == "probes").item] | join(" ")' <<<"$output")" = \
    "fexit tp_btf tp kprobe chosen --lsm-verdict --outcomes" ]
  setting='.items[] | select(.item == "kernel.kptr_restrict")'
  [ "$(jq -r "$setting"' | has("value") or has("reason")' <<<"$output")" = true ]
}
