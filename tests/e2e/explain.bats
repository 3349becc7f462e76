# SPDX-License-Identifier: BSD-2-Clause
#
# capsieve explain: what it says of sets, files and processes, against libcap, setpriv and the kernel itself.

bats_require_minimum_version 1.5.0

load lib

setup_file() {
  # a place that anybody can execute from
  FOLDER=$(mktemp -d)
  chmod 755 "$FOLDER"
  cp "$CAPSIEVE" "$FOLDER/capsieve"
  cp "$(type -P true)" "$FOLDER/plain"
  export FOLDER
}

teardown_file() {
  rm -rf "$FOLDER"
}

# One sentence on standard error that begins so, nothing on standard output, exit status 2.
mistake() {
  local begin=$1
  shift
  run --separate-stderr "$CAPSIEVE" explain "$@"
  echo "stderr: $stderr"
  [ "$status" -eq 2 ]
  [ -z "$output" ]
  [ "${#stderr_lines[@]}" -eq 1 ]
  [[ $stderr == "capsieve explain: $begin"* ]]
}

# json FILTER ARGUMENT...
json() {
  local filter=$1
  shift
  "$CAPSIEVE" explain --json "$@" | jq -er "$filter"
}

@test "every exec that can be generated ends as the kernel ends it" {
  local count=2800 kind n

  # In an emulated machine an exec takes 50 ms.
  in_guest && count=400
  run --separate-stderr "$TRIP/transitions" "$TRIP/probe" $count
  echo "$output"
  [ "$status" -eq 0 ]
  [[ $output == *"different 0"* ]]
  [ $count = 400 ] && return
  [[ $output == *"combinations 2800"* ]]
  # setuid; an effective bit that is refused; ambient cancelled; NOROOT; no_new_privs, twice; a namespace's root id; a
  # cut bounding set; inheritable bits of the file alone
  for kind in ids_setuid file_refused ambient_by_caps root_disabled less_no_new_privs ids_no_new_privs file_foreign \
    file_cut file_not_inherited; do
    n=$(awk -v kind=$kind '$1 == kind { print $2 }' <<<"$output")
    echo "$kind: $n"
    [ "$n" -ge 100 ]
  done
}

@test "a capability in any spelling" {
  host_only
  local word

  for word in net_raw CAP_NET_RAW Net-Raw 13 cap_13; do
    [ "$(json .cap "$word")" = CAP_NET_RAW ]
  done
  run "$CAPSIEVE" explain sys_module
  [[ ${lines[0]} == CAP_SYS_MODULE ]]
  [[ $output == *"as good as root: reaches into the kernel, leaves a container"* ]]
  [[ $output == *"init_module"* ]]
}

@test "what +eip means, and how others write it" {
  host_only
  run "$CAPSIEVE" explain cap_net_raw,cap_net_admin,cap_dac_override+eip
  [ "$status" -eq 0 ]
  [[ $output == *"cap_dac_override,cap_net_admin,cap_net_raw=eip"* ]]
  [[ $output == *"--cap-drop=ALL --cap-add=DAC_OVERRIDE --cap-add=NET_ADMIN --cap-add=NET_RAW"* ]]
  [[ $output == *"0x3002"* ]]
  [[ $output == *"equals root"*"cap_dac_override"* ]]
}

@test "every notation comes to the same set" {
  host_only
  local text set want=CAP_NET_BIND_SERVICE,CAP_SYS_TIME

  for text in net_bind_service,sys_time "CAP_SYS_TIME NET_BIND_SERVICE" 10,25 0x2000400 0000000002000400 \
    "cap = net_bind_service,sys_time" "--cap net_bind_service,sys_time" \
    "--cap-drop=ALL --cap-add=NET_BIND_SERVICE --cap-add=SYS_TIME" \
    "CapabilityBoundingSet=CAP_NET_BIND_SERVICE CAP_SYS_TIME" '["NET_BIND_SERVICE","SYS_TIME"]'; do
    set=$(json '.set | join(",")' -- "$text")
    echo "$text: $set"
    [ "$set" = "$want" ]
  done
  [ "$(json '.permitted | join(",")' cap_net_bind_service=ep cap_sys_time=ep)" = "$want" ]
  [ "$(json '.ambient | join(",")' '^cap_net_bind_service,^cap_sys_time')" = "$want" ]
}

@test "the line of a uWSGI configuration, with a number among the names" {
  host_only
  [ "$(json '.set | join(",")' 'cap = net_bind_service,sys_time,42')" = CAP_NET_BIND_SERVICE,CAP_SYS_TIME,CAP_42 ]
  [ "$(json '.unknown | join(",")' net_bind_service,sys_time,42)" = CAP_42 ]
}

@test "libcap reads what explain writes, and the other way round" {
  host_only
  local text=cap_chown,cap_bpf=ep hex canonical

  command -v capsh >/dev/null || skip "there is no capsh"
  canonical=$(json .text.libcap cap_bpf=pe cap_chown=pe)
  [ "$canonical" = "$text" ]
  [[ $(capsh --decode="$(json .text.mask chown bpf | sed 's/^0x//')") == *"=cap_chown,cap_bpf" ]]
  hex=$("$CAPSIEVE" explain --external "$text")
  [[ $hex == 90c20151* ]]
  [ "$(json .text.libcap "$hex")" = "$text" ]
}

@test "the external form as bytes" {
  host_only
  "$CAPSIEVE" explain --external -o "$FOLDER/set" cap_kill=i
  [ "$(stat -c %s "$FOLDER/set")" = 29 ]
  [ "$(json .text.libcap --external "$FOLDER/set")" = cap_kill=i ]
  [ "$(json .text.libcap --external - <"$FOLDER/set")" = cap_kill=i ]
  head -c 28 "$FOLDER/set" >"$FOLDER/short"
  mistake "$FOLDER/short: not libcap's external form" --external "$FOLDER/short"
}

@test "--format: one line, and only that" {
  host_only
  local line

  while IFS='|' read -r name set line; do
    run "$CAPSIEVE" explain --format "$name" "$set"
    echo "$name: $output"
    [ "$status" -eq 0 ]
    [ "$output" = "$line" ]
  done <<'END'
libcap|cap_kill=eip-i|cap_kill=ep
IAB|kill,chown|^cap_chown,^cap_kill
mask|cap_kill=ep|0x20
list|["KILL","42"]|cap_kill,42
uwsgi|0x20|cap = kill
docker|kill|--cap-drop=ALL --cap-add=KILL
systemd|kill|CapabilityBoundingSet=CAP_KILL
kubernetes|kill|capabilities: {drop: ["ALL"], add: ["KILL"]}
external|cap_kill=p|90c2015108002000000000000000000000000000000000000000000000
END
  [ "$("$CAPSIEVE" explain --pid self --format mode)" = HYBRID ]
  [ "$("$CAPSIEVE" explain --format securebits exec --securebits noroot true)" = noroot ]
  [ "$("$CAPSIEVE" explain --format libcap exec --uid 65534 --iab ^cap_kill "$FOLDER/plain")" = cap_kill=eip ]
  mistake "--format: no such format: 'dokcer'; did you mean 'Docker'?" --format dokcer kill
  mistake "--format: its parts differ" --format mask cap_kill=e cap_chown=p
  mistake "--format: only a process has" --format mode kill
  mistake "--format: the kernel tells securebits" --format mode --pid 1
  mistake "--format: a process has several sets" --format mask --pid self
  mistake "--format, --has, --snippet and --json" --format mask --json kill
  mistake "--external with --format or --has reads a file" --external --format libcap kill
}

@test "--has says whether all of these are there, with exit status 3 where not" {
  host_only
  run "$CAPSIEVE" explain --has permitted=kill,chown cap_kill=p
  [ "$status" -eq 3 ]
  [ "$output" = "permitted lacks cap_chown" ]
  [ "$("$CAPSIEVE" explain --has i=kill '^cap_kill')" = "inheritable has cap_kill" ]
  [ "$(json .lacks[0] --has set=chown,kill kill || :)" = CAP_CHOWN ]
  run setpriv --bounding-set=-kill "$CAPSIEVE" explain --pid self --has blocked=5
  [ "$status" -eq 0 ]
  run setpriv --bounding-set=-kill "$CAPSIEVE" explain --pid self --has bounding=5
  [ "$status" -eq 3 ]
  mistake "--has: no such part here: 'b' in column 1 of 'b=kill'" --pid self --has b=kill
  mistake "--has: no such part here: 'permited' in column 1 of 'permited=kill'; did you mean 'permitted'?" \
    --has permited=kill cap_kill=p
  mistake "--has: '=' and capabilities are missing in column 10 of 'permitted'" --has permitted cap_kill=p
  mistake "--has: no such capability: 'kil' in column 11 of 'permitted=kil'; did you mean 'CAP_KILL'?" \
    --has permitted=kil cap_kill=p
}

@test "--fill: one part filled from a flag" {
  host_only
  [ "$("$CAPSIEVE" explain --fill e=p --format libcap cap_kill=p)" = cap_kill=ep ]
  [ "$("$CAPSIEVE" explain --fill e=p --fill p=i:0x1 --format libcap cap_kill=p)" = cap_kill=e ]
  [ "$("$CAPSIEVE" explain --fill ambient=permitted:kill --format IAB '!cap_chown,^cap_fowner')" = \
    '!cap_chown,cap_fowner,^cap_kill' ]
  mistake "--fill: no such flag: 'x' in column 1 of 'x=p'" --fill x=p cap_kill=p
  mistake "--fill: a list has no parts" --fill e=p kill
  mistake "--snippet, --external and --fill take a set" --fill e=p --pid self
}

@test "--external --flag-bytes: the short form, which libcap's reader takes" {
  host_only
  [ "$("$CAPSIEVE" explain --external --flag-bytes 0 cap_kill=p)" = 90c2015101002000 ]
  [ "$("$CAPSIEVE" explain --format libcap 90c2015101002000)" = cap_kill=p ]
  "$CAPSIEVE" explain --external --flag-bytes 2 -o "$FOLDER/set" cap_kill=p
  [ "$(stat -c %s "$FOLDER/set")" = 11 ]
  [ "$("$CAPSIEVE" explain --format libcap --external "$FOLDER/set")" = cap_kill=p ]
  mistake "--flag-bytes: '256' is no number from 0 to 255" --external --flag-bytes 256 cap_kill=p
  mistake "--flag-bytes belongs to --external" --flag-bytes 1 cap_kill=p
}

@test "--compare says how two differ, with exit status 3" {
  host_only
  run "$CAPSIEVE" explain --compare cap_kill=ep cap_kill,cap_chown=p
  [ "$status" -eq 3 ]
  [[ $output == *"effective"*"only first"*"cap_kill"*"permitted"*"only second"*"cap_chown"*"inheritable: the same"* ]]
  run "$CAPSIEVE" explain --compare kill,chown 0x21
  [ "$status" -eq 0 ]
  [ "$output" = "set: the same" ]
  run "$CAPSIEVE" explain --compare --json ^cap_kill kill
  [ "$status" -eq 0 ]
  jq -e .same <<<"$output"
}

@test "--snippet compiles, and shrinks a program to just that" {
  host_only
  command -v cc >/dev/null || skip "there is no compiler"
  echo '#include <sys/capability.h>' | cc -E - >/dev/null 2>&1 || skip "there are no headers of libcap"
  {
    "$CAPSIEVE" explain --snippet net_bind_service,kill
    printf '#include <stdio.h>\n#include <unistd.h>\nint main(void)\n{\n\tif (shrink())\n\t\treturn 1;\n'
    printf '\texeclp("grep", "grep", "-E", "^Cap|NoNew", "/proc/self/status", NULL);\n\treturn 2;\n}\n'
  } >"$FOLDER/shrink.c"
  cc -Wall -Wextra -Werror -o "$FOLDER/shrink" "$FOLDER/shrink.c" -lcap
  run "$FOLDER/shrink"
  echo "$output"
  [ "$status" -eq 0 ]
  # root gets back only what is left in the bounding set
  [[ $output == *"CapPrm:	0000000000000420"* ]]
  [[ $output == *"CapEff:	0000000000000420"* ]]
  [[ $output == *"CapBnd:	0000000000000420"* ]]
  [[ $output == *"NoNewPrivs:	1"* ]]
  for set in cap_chown=p cap_chown=eip '!cap_chown,^cap_kill' =; do
    { "$CAPSIEVE" explain --snippet "$set"; echo 'int main(void) { return shrink(); }'; } >"$FOLDER/shrink.c"
    cc -Wall -Wextra -Werror -o "$FOLDER/shrink" "$FOLDER/shrink.c" -lcap
    "$FOLDER/shrink"
  done
}

@test "--pid: the sets of a process as /proc has them" {
  setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all,+kill --ambient-caps=-all,+kill sleep 3600 3>&- &
  pid=$!
  until is_named $pid sleep; do sleep 0.05; done
  [ "$(json '.is.ambient | join(",")' --pid $pid)" = CAP_KILL ]
  [ "$(json '.is.effective | join(",")' --pid $pid)" = CAP_KILL ]
  [ "$(json .is.uid --pid $pid)" = 65534 ]
  [ "$(json .comm --pid $pid)" = sleep ]
  # what it could gain is the rest of the bounding set, by a setuid-root file
  [ "$(json '.could_gain | index("CAP_CHOWN") != null' --pid $pid)" = true ]
  kill $pid
  run --separate-stderr "$CAPSIEVE" explain --pid 2147483647
  [ "$status" -eq 1 ]
  [ "$stderr" = "capsieve explain: there is no process 2147483647" ]
}

@test "--pid: in words what it could gain and lose" {
  host_only
  # root, which has more than its bounding set: an exec keeps only that
  run setpriv --bounding-set=-kill sh -c '"$1" explain --pid $$ && "$1" explain --json --pid $$' x "$CAPSIEVE"
  echo "$output"
  [ "$status" -eq 0 ]
  [[ $output == *"what it could gain"*"by an exec"*"what it could lose"*"by setuid()"* ]]
  json='{"v":1'
  jq -e 'has("could_raise") and has("could_gain") and .is.uid == 0 and (.is.bounding | index("CAP_KILL") == null)' \
    <<<"$json${output##*"$json"}"
}

@test "--json: one object with what it is about, for each thing that is explained" {
  host_only
  local what words

  while IFS='|' read -r what words; do
    # shellcheck disable=SC2086
    run --separate-stderr "$CAPSIEVE" explain --json $words
    echo "$words: $status: $output $stderr"
    [ "$status" -eq 0 ] || [ "$status" -eq 3 ]
    jq -es --arg what "$what" 'length == 1 and (.[0] | .v == 1 and .type == "explain" and .what == $what)' <<<"$output"
  done <<END
capability|net_raw
set|cap_kill=ep
set|^cap_kill,!cap_chown
set|0x2000
set|--fill e=p cap_kill=p
process|--pid self
process|--pid $$
file|$FOLDER/plain
exec|exec $FOLDER/plain
exec|exec --pid $$ $FOLDER/plain
compare|--compare kill chown
has|--has set=kill chown
securebits|--securebits noroot
mode|--mode nopriv
END
}

@test "exec --pid: by another process, with what it has, and as it ends" {
  local uid=65534 pid after

  cp "$FOLDER/plain" "$FOLDER/ping"
  setcap cap_net_raw,cap_kill=p "$FOLDER/ping" || skip "no capabilities on files here"
  setpriv --reuid $uid --regid $uid --clear-groups --bounding-set=-net_raw --inh-caps=-all,+kill \
    --ambient-caps=-all,+kill sleep 3600 3>&- &
  pid=$!
  until is_named $pid sleep; do sleep 0.05; done
  [ "$(json '.before | [.ambient, .permitted] | map(join(",")) | join(" ")' exec --pid $pid "$FOLDER/ping")" = "CAP_KILL CAP_KILL" ]
  after=$(json '.after | [.permitted, .effective, .ambient] | map(join(",")) | join("/")' exec --pid $pid "$FOLDER/ping")
  kill $pid
  [ "$after" = CAP_KILL// ]
  # the kernel does the same
  install -m 755 "$(type -P grep)" "$FOLDER/grep"
  setcap cap_net_raw,cap_kill=p "$FOLDER/grep"
  run setpriv --reuid $uid --regid $uid --clear-groups --bounding-set=-net_raw --inh-caps=-all,+kill \
    --ambient-caps=-all,+kill "$FOLDER/grep" -E '^Cap(Prm|Eff|Amb)' /proc/self/status
  rm "$FOLDER/ping" "$FOLDER/grep"
  echo "$output"
  [ "$(awk '{ print $2 }' <<<"$output" | paste -sd' ')" = "0000000000000020 0000000000000000 0000000000000000" ]
  run --separate-stderr "$CAPSIEVE" explain exec --pid 2147483647 true
  [ "$status" -eq 1 ]
}

@test "a file: its capabilities, its setuid bit, its interpreter" {
  cp "$FOLDER/plain" "$FOLDER/file"
  setcap cap_net_raw,cap_kill=ei "$FOLDER/file" || skip "no capabilities on files here"
  [ "$(json .capabilities.text "$FOLDER/file")" = "cap_kill,cap_net_raw=ei" ]
  [ "$(json .capabilities.version "$FOLDER/file")" = 2 ]
  setcap -n 100000 cap_net_raw=ep "$FOLDER/file"
  [ "$(json .capabilities.rootid "$FOLDER/file")" = 100000 ]
  [ "$(json .capabilities.foreign "$FOLDER/file")" = true ]
  chmod 4755 "$FOLDER/file"
  printf '#!%s\n' "$FOLDER/file" >"$FOLDER/script"
  chmod 6755 "$FOLDER/script"
  [ "$(json .interpreter "$FOLDER/script")" = "$FOLDER/file" ]
  run "$CAPSIEVE" explain "$FOLDER/script"
  [[ $output == *"its own bits and capabilities do not count"* ]]
  run "$CAPSIEVE" explain --compare "$FOLDER/file" cap_net_raw=p
  [ "$status" -eq 3 ]
  rm "$FOLDER/file" "$FOLDER/script"
}

# sets: E P I A B of a process, as explain says that they will be after the exec
foretold() {
  json '.after | [.effective, .permitted, .inheritable, .ambient, .bounding] | map(join(",")) | join(" ")' exec "$@"
}

@test "exec: what is foretold is what happens" {
  local uid=65534 want

  cp "$FOLDER/plain" "$FOLDER/ping"
  setcap cap_net_raw=ep "$FOLDER/ping" || skip "no capabilities on files here"
  # Without the ambient set a file without capabilities gives a user nothing; with it, it keeps what is there.
  [ "$(json '.after.permitted | length' exec --uid $uid "$FOLDER/plain")" = 0 ]
  [ "$(json '.after.permitted[0]' exec --uid $uid --iab ^cap_kill "$FOLDER/plain")" = CAP_KILL ]
  # The file's own take its place.
  [ "$(json '.after.permitted | join(",")' exec --uid $uid --iab ^cap_kill "$FOLDER/ping")" = CAP_NET_RAW ]
  [ "$(json '.steps[] | select(.rule == "ambient_by_caps").caps[0]' exec --uid $uid --iab ^cap_kill "$FOLDER/ping")" = CAP_KILL ]
  # A cut bounding set, and the effective bit: nothing starts.
  [ "$(json .error exec --uid $uid --iab '!cap_net_raw' "$FOLDER/ping")" = EPERM ]
  run setpriv --reuid $uid --regid $uid --clear-groups --bounding-set=-net_raw "$FOLDER/ping"
  [ "$status" -eq 126 ] || [ "$status" -eq 127 ]
  [ "$(json '.after.permitted | length' exec --uid $uid --no-new-privs "$FOLDER/ping")" = 0 ]
  # As if the file had other ones.
  [ "$(json '.after.permitted | join(",")' exec --uid $uid --file-caps cap_kill=p "$FOLDER/plain")" = CAP_KILL ]
  [ "$(json '.after.effective | length' exec --uid $uid --file-caps cap_kill=p "$FOLDER/plain")" = 0 ]
  rm "$FOLDER/ping"
}

@test "exec by the caller, in each of libcap's modes" {
  local mode

  command -v capsh >/dev/null || skip "there is no capsh"
  for mode in NOPRIV PURE1E_INIT PURE1E HYBRID; do
    # of PURE1E the inheritable set is what tells it from its beginning
    run capsh $([ $mode != PURE1E ] || echo --inh=cap_kill) --mode=$mode --shell="$FOLDER/capsieve" -- explain --json exec "$FOLDER/plain"
    echo "$mode: $output"
    [ "$(jq -r .before.mode <<<"$output")" = $mode ]
  done
  [ "$(json .after.mode exec --mode pure1e "$FOLDER/plain")" = PURE1E_INIT ]
  [ "$(json '.after.permitted | length' exec --mode noPriv "$FOLDER/plain")" = 0 ]
  [ "$(json .securebits --mode PURE1E)" = 239 ]
  [ "$(json .names --securebits 0x3)" = noroot,noroot_locked ]
}

@test "mistakes: the place, and the nearest good word" {
  host_only
  mistake "no such capability: 'sys_tme' in column 18 of 'net_bind_service,sys_tme'; did you mean 'CAP_SYS_TIME'?" \
    net_bind_service,sys_tme
  mistake "libcap wants the whole name here: 'net_raw' in column 1 of 'net_raw+ep'; did you mean 'CAP_NET_RAW'?" net_raw+ep
  mistake "no such flag: 'E' in column 13 of 'cap_net_raw=EP'; did you mean 'e'?" cap_net_raw=EP
  mistake "this kernel has no such capability, and libcap would take it for nothing: '63' in column 2 of '^63'" ^63
  mistake "a capability is missing in column 1 of ''" ""
  # characters, whatever the caller's locale makes of bytes
  local LC_ALL=C.UTF-8
  long=$(printf 'é%.0s' $(seq 50000))
  mistake "no such capability: '${long:0:30}...' in column 1 of '${long:0:100}...'" "$long"
  mistake "--pid: one process at a time" --pid 1 --pid 2
  mistake "--securebits: no such securebit: 'no_root' in column 1 of 'no_root'; did you mean 'noroot'?" \
    --securebits no_root
  mistake "--mode: no such mode: 'PURE' in column 1" --mode PURE
  mistake "--uid: no user 'nobdy'" exec --uid nobdy true
  mistake "--compare takes two" --compare kill
  mistake "unknown option '--comapre'; did you mean '--compare'?" --comapre kill chown
  mistake "no process can be so: ambient and not both permitted and inheritable: CAP_KILL" \
    exec --caps cap_chown=p --iab ^cap_kill true
  mistake "what is to be explained?"
  mistake "'exec' takes one file" exec
}

@test "names from outside are safe on a terminal" {
  host_only
  local name=$'x\e[31m'

  cp "$FOLDER/plain" "$FOLDER/$name"
  run "$CAPSIEVE" explain "$FOLDER/$name"
  [[ $output != *$'\e'* ]]
  [[ $output == *'x\x1b[31m'* ]]
  mistake 'no such capability: '\''\x1b[31m'\' $'\e[31m'
}
