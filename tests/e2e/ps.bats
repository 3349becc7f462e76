# SPDX-License-Identifier: BSD-2-Clause
#
# capsieve ps: processes made with setpriv, unshare and setcap, against what the kernel and libcap's own tools say.

bats_require_minimum_version 1.5.0
load lib

ALL_BUT_NET_RAW=-all,+net_raw

setup_file() {
  # a place that anybody can execute from
  FOLDER=$(mktemp -d)
  chmod 755 "$FOLDER"
  cp "$CAPSIEVE" "$FOLDER/capsieve"
  cp "$(type -P sleep)" "$FOLDER/sleep"
  export FOLDER
}

setup() {
  JOBS=() PIDS=()
  cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
  end_jobs
}

teardown_file() {
  rm -rf "$FOLDER"
}

ps() {
  "$CAPSIEVE" ps -q "$@"
}

# json FILTER ARGUMENT...: jq over every process and thread
json() {
  local filter=$1
  shift
  ps --json "$@" | jq -cr "select(.type != \"summary\") | $filter"
}

executes() {
  [ "$(readlink "/proc/$1/exe")" = "$2" ]
}

# start COMMAND...: which ends up as our sleep; its pid in PID
start() {
  "$@" "$FOLDER/sleep" 900 </dev/null >/dev/null 2>&1 3>&- &
  PID=$!
  JOBS+=("$PID")
  wait_for 20 executes "$PID" "$FOLDER/sleep"
}

# hold HOW [WORD]: see tests/trip/holds.c; PID and TID of what is to be looked at
hold() {
  [ -n "${hold_fd-}" ] || exec {hold_fd}<> <(:)
  : >held
  "$TRIP/holds" "$@" <&"$hold_fd" >held 3>&- &
  JOBS+=($!)
  wait_for 20 has held '}'
  PID=$(jq .pid held) TID=$(jq .tid held)
}

status_of() {
  awk -v key="$2:" '$1 == key { print $2 }' "/proc/$1/status"
}

# One sentence on standard error that begins so, nothing on standard output, exit status 2.
mistake() {
  local begin=$1
  shift
  run --separate-stderr "$CAPSIEVE" ps "$@"
  echo "stderr: $stderr"
  [ "$status" -eq 2 ]
  [ -z "$output" ]
  [ "${#stderr_lines[@]}" -eq 1 ]
  [[ $stderr == "capsieve ps: $begin"* ]]
}

# The five sets of a process, as the kernel has them, in the words of --json
same_sets() {
  local pid=$1 row
  row=$(json '[.inheritable, .permitted, .effective, .bounding, .ambient] | map(join(",")) | join(" | ")' -p "$pid")
  for key in CapInh CapPrm CapEff CapBnd CapAmb; do
    "$CAPSIEVE" explain --json "0x$(status_of "$pid" "$key")" | jq -r '.set | join(",")'
  done | paste -sd'|' | sed 's/|/ | /g' >want
  echo "row  $row" && echo "want $(cat want)"
  [ "$row" = "$(cat want)" ]
}

@test "the five sets are the kernel's, and the texts libcap's" {
  start setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps $ALL_BUT_NET_RAW,+chown --ambient-caps $ALL_BUT_NET_RAW \
    --bounding-set -sys_time,-sys_boot --no-new-privs
  PIDS+=("$PID")
  start setpriv --inh-caps +kill,+chown
  PIDS+=("$PID")
  start setpriv --reuid 65534 --clear-groups --bounding-set -all
  PIDS+=("$PID" $$)
  for pid in "${PIDS[@]}"; do
    same_sets "$pid"
    # getpcaps leaves out the text of an empty set where there is another, and an IAB text that says no more than it
    text=$(json '(.iab | test("[!^]")) as $more | "\(.pid):" + if $more and .text == "=" then "" else " \"\(.text)\"" end +
      if $more then " [\(.iab)]" else "" end' -p "$pid")
    echo "$text" && getpcaps --iab "$pid"
    [ "$text" = "$(getpcaps --iab "$pid" 2>&1)" ]
    [ "$(json .no_new_privs -p "$pid")" = "$([ "$(status_of "$pid" NoNewPrivs)" = 1 ] && echo true || echo false)" ]
  done
  run ps --no-header --columns nnp,uid,ambient,caps -p "${PIDS[0]}"
  [ "$output" = "yes  65534 CAP_NET_RAW cap_net_raw=eip cap_chown+i [cap_chown,^cap_net_raw]" ]
}

@test "who holds anything is there, and who holds nothing is not" {
  start setpriv --reuid 41000 --clear-groups
  [ -z "$(ps --no-header --columns pid -u 41000)" ]
  [ "$(ps --no-header --columns pid,caps -p "$PID" | xargs)" = "$PID =" ]
  [ "$(ps --no-header --columns pid -u 41000 --all | xargs)" = "$PID" ]
  run --separate-stderr "$CAPSIEVE" ps
  [ "$status" -eq 0 ] || [ "$status" -eq 4 ]
  [[ ${stderr_lines[0]} =~ ^"capsieve ps: "[0-9]+" of "[0-9]+" processes hold capabilities, "[0-9]+" as good as root's" ]]
}

# Who holds anything, as the kernel has it
holders() {
  for status in /proc/[0-9]*/status; do
    awk '/^State:/ { dead = $2 ~ /[ZX]/ } /^Pid:/ { pid = $2 } /^Kthread:/ { kernel = $2 } /^VmSize:/ { memory = 1 }
      /^Cap(Inh|Prm|Eff|Amb)/ && $2 !~ /^0+$/ { holds = 1 }
      END { if (holds && !dead && !kernel && memory) print pid }' "$status" 2>/dev/null || :
  done | sort
}

@test "every process of /proc that holds anything is shown, and no other" {
  host_only
  holders >theirs
  json 'select(.type == "process") | .pid' | sort >ours
  holders >theirs.later
  json 'select(.type == "process") | .pid' | sort >ours.later
  # who was there before and after was there in between
  [ "$(wc -l <theirs)" -ge 2 ]
  [ -z "$(comm -23 <(comm -12 theirs theirs.later) ours)" ]
  [ -z "$(comm -23 <(comm -12 ours ours.later) theirs.later)" ]
}

@test "a thread that differs from its process is marked, one that does not is not shown" {
  hold thread 0x2000
  run ps --no-header --columns pid,tid,comm,caps -p "$PID"
  echo "$output"
  [ "${#lines[@]}" -eq 2 ]
  [ "$(xargs <<<"${lines[1]}")" = "$PID *$TID other cap_net_raw=ep" ]
  [ "$(json 'select(.type == "thread") | .tid, .differs' -p "$PID" | xargs)" = "$TID [effective,permitted]" ]
  [ "$(json '.threads' -p "$PID" | sort -u)" = 3 ]
  run "$CAPSIEVE" ps -p "$PID"
  [[ $output == *"; 1 thread differs (*) from the process"* ]]
  # by its own name, and without its process
  [ "$(ps --no-header --columns tid --comm other | xargs)" = "*$TID" ]
}

@test "a process whose first thread has ended, and zombies" {
  hold leader
  [ "$(status_of "$PID" State)" = Z ]
  [ "$(json .pid -p "$PID" -C chown)" = "$PID" ]
  [ "$(json .pid --comm holds | sort -u)" = "$PID" ]
  hold zombie
  ! json .pid --comm holds | grep -qx "$PID" || false
  [ "$(json '[.pid, .state]' --comm holds --all | grep -x "\[$PID,\"Z\"\]")" ]
  run "$CAPSIEVE" ps --comm holds
  [[ $output == *"1 zombie"* ]]
}

@test "user namespaces" {
  start unshare -U --map-root-user
  ns=$(stat -Lc %i "/proc/$PID/ns/user")
  [ "$(json '[.userns.own, .userns.initial, .text]' -p "$PID")" = "[$ns,false,\"=ep\"]" ]
  [ "$(ps --no-header --columns userns -p "$PID" | xargs)" = "$ns" ]
  [ "$(ps --no-header --columns userns -p $$ | xargs)" = host ]
  [ "$(json .pid --userns "/proc/$PID/ns/user")" = "$PID" ]
  json .pid --userns own | grep -qx "$PID"
  ! json .pid --userns host | grep -qx "$PID" || false
  json .pid --userns '!own' | grep -qx $$
  # what is held there is not as good as root
  run "$CAPSIEVE" ps -p "$PID"
  [[ $output == *"1 holds capabilities, 0 as good as root's"* ]]
}

@test "what the executable carries" {
  cp "$FOLDER/sleep" "$FOLDER/raw"
  setcap cap_net_raw=ep "$FOLDER/raw"
  setpriv --reuid 65534 --clear-groups "$FOLDER/raw" 900 3>&- &
  PID=$!
  JOBS+=("$PID")
  wait_for 20 executes "$PID" "$FOLDER/raw"
  [ "$(json '[.file.capabilities.text, .file.setuid, .exe, .text]' -p "$PID")" = \
    "[\"cap_net_raw=ep\",false,\"$FOLDER/raw\",\"cap_net_raw=ep\"]" ]
  [ "$(ps --no-header --columns file -p "$PID" | xargs)" = cap_net_raw=ep ]
  [ "$(json .pid --exe '*/raw' -C net_raw)" = "$PID" ]
  rm "$FOLDER/raw"
  [ "$(json .exe -p "$PID")" = "$FOLDER/raw (deleted)" ]
  [ "$(json .file.capabilities -p $$)" = null ]
}

@test "filters: or within an option, and between them, a leading ! negates" {
  host_only
  start setpriv --reuid 41001 --regid 42001 --clear-groups --inh-caps $ALL_BUT_NET_RAW --ambient-caps $ALL_BUT_NET_RAW
  A=$PID
  start setpriv --reuid 41002 --regid 42001 --clear-groups --inh-caps -all,+chown --ambient-caps -all,+chown
  B=$PID
  pids() { json .pid "$@" | sort -n | xargs; }
  [ "$(pids -u 41001)" = "$A" ]
  [ "$(pids -u 41001 -u 41002)" = "$A $B" ]
  [ "$(pids -u 41001,41002 -C chown)" = "$B" ]
  [ "$(pids -g 42001 -C chown -C net_raw)" = "$A $B" ]
  [ "$(pids -g 42001 -C '!chown')" = "$A" ]
  [ "$(pids -g 42001 -u '!41001')" = "$B" ]
  [ "$(pids -g 42001 -p "!$B")" = "$A" ]
  [ "$(pids -g 42001 --comm 'sl*' --comm '!sleep')" = "" ]
  [ "$(pids -g 42001 --exe "$FOLDER/*")" = "$A $B" ]
  [ "$(pids -g 42001 --exe '!*/sleep')" = "" ]
  [ "$(pids -g 42001 -p "$A,$B" -p $$)" = "$A $B" ]
}

@test "trees: children below their parents, and who stands above them" {
  start setpriv --reuid 41003 --clear-groups --inh-caps $ALL_BUT_NET_RAW --ambient-caps $ALL_BUT_NET_RAW
  run ps --tree --no-header --columns pid,comm -u 41003
  echo "$output"
  [ "$(xargs <<<"${lines[-1]}")" = "$PID sleep" ]
  [ "$(xargs <<<"${lines[-2]}" | cut -d' ' -f1)" = $$ ] || [ "$(json .ppid -p "$PID")" = "$(xargs <<<"${lines[-2]}" | cut -d' ' -f1)" ]
  # each two columns further to the right
  parent=${lines[-2]#???????? } child=${lines[-1]#???????? }
  [ $(($(awk '{ match($0, /[^ ]/); print RSTART }' <<<"$child") - $(awk '{ match($0, /[^ ]/); print RSTART }' <<<"$parent"))) -eq 2 ]
  [ "$(ps --tree $$ --no-header --columns pid -u 41003 | grep -cx " *$PID")" -eq 1 ]
  [ "$(ps --tree "!$$" --no-header --columns pid | grep -cx " *$PID")" -eq 0 ]
}

@test "units and cgroups" {
  top=$(cgroup2) || skip "no hierarchy of version 2"
  mkdir "$top/capsieve-ps.slice" "$top/capsieve-ps.slice/odd.service" || skip "no cgroup can be made"
  start env
  echo "$PID" >"$top/capsieve-ps.slice/odd.service/cgroup.procs"
  got=$(json '[.pid, .workload, .slice, (.cgroup | endswith("/capsieve-ps.slice/odd.service"))]' --unit odd)
  more=$(json .pid --cgroup "$top/capsieve-ps.slice"; json .pid --unit 'o?d.*' --unit nothing)
  less=$(json .pid --cgroup "!$top/capsieve-ps.slice" --comm sleep)
  kill -KILL "$PID" && wait "$PID" || :
  rmdir "$top/capsieve-ps.slice/odd.service" "$top/capsieve-ps.slice"
  echo "$got / $more / $less"
  [ "$got" = "[$PID,\"unit:odd.service\",\"capsieve-ps.slice\",true]" ]
  [ "$(xargs <<<"$more")" = "$PID $PID" ]
  ! grep -qx "$PID" <<<"$less" || false
}

@test "names that are hostile to a terminal, a table or JSON" {
  host_only
  local name
  for name in $'\e[31mred' $'a\nb\\n' '"}{,' $'\xff\xfe'; do
    hold name "$name"
    [ "$(ps --no-header --columns comm -p "$PID" | wc -l)" -eq 1 ]
    ! ps --no-header --columns comm -p "$PID" | LC_ALL=C grep -q '[^ -~]' || false
    ps --json -p "$PID" | jq -se length >/dev/null
  done
  hold name $'a\nb\\n'
  [ "$(ps --json -p "$PID" | jq -r 'select(.comm).comm')" = $'a\nb\\n' ]
  [ "$(ps --no-header --columns comm -p "$PID")" = 'a\x0ab\\n' ]
}

@test "processes come and go meanwhile" {
  for _ in 1 2 3; do hold churn; done
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    ps --json --all >all.json || [ $? -eq 4 ]
    # each once, and each line whole
    [ "$(jq -s 'map(select(.tid).tid) | length == (unique | length)' all.json)" = true ]
    [ "$(tail -n1 all.json | jq -r .type)" = summary ]
  done
}

@test "another procfs: of a pid namespace, and one that hides" {
  # where nobody can look, too
  cd "$FOLDER" && mkdir proc
  unshare --pid --fork --kill-child sh -c 'mount -t proc proc proc && echo there && sleep 900' >"$BATS_TEST_TMPDIR/there" 3>&- &
  JOBS+=($!)
  wait_for 20 has "$BATS_TEST_TMPDIR/there" there
  [ "$(json '[.pid, .comm]' --proc "$PWD/proc" | head -n1)" = '[1,"sh"]' ]
  run "$CAPSIEVE" ps --proc "$PWD/proc" -p 1
  [[ $output == *"1 of 2 processes shown"* ]]
  # the kernel's iterator would tell them of the first process of this namespace, which is another one
  [ "$(json .securebits --proc "$PWD/proc" -p 1 | head -n1)" = null ]
  umount proc

  mount -t proc -o hidepid=2 proc proc 2>/dev/null || mount -t proc -o hidepid=invisible proc proc || skip "no hidepid"
  run --separate-stderr setpriv --reuid 65534 --regid 65534 --clear-groups "$FOLDER/capsieve" ps --all --proc "$PWD/proc"
  umount proc
  echo "$stderr"
  if [ "$status" -eq 0 ]; then
    skip "this kernel hides for all mounts of a namespace or for none"
  fi
  [ "$status" -eq 4 ]
  [[ $stderr == *"this procfs shows only our own processes (hidepid): there are more"* ]]
}

@test "what nobody may see of others is unknown, and never guessed" {
  start env
  nobody() { setpriv --reuid 65534 --regid 65534 --clear-groups "$FOLDER/capsieve" ps -q "$@"; }
  nobody --no-header --columns userns,exe,file,securebits,mode -p "$PID" | xargs | tee nobody
  [ "$(<nobody)" = "? ? ? ? ?" ]
  [ "$(nobody --json -p "$PID" | jq -c 'select(.pid) | [has("exe", "userns", "file", "securebits", "mode")]')" = \
    "[false,false,false,false,false]" ]
  [ "$(nobody --json -p "$PID" | jq -r 'select(.pid).text')" = "$(json .text -p "$PID")" ]
  # a filter that cannot be answered is not answered with silence
  run --separate-stderr nobody --exe '*/sleep' -p "$PID"
  [ "$status" -eq 4 ]
  [[ $stderr == *"1 processes or threads left out because what is asked for cannot be told of them"* ]]
  # our own is known
  [ "$(json '[.securebits, .mode]' --comm capsieve | head -n1)" = '[0,"HYBRID"]' ]
}

@test "mistakes are answered with the bad word and the near one" {
  host_only
  mistake "-p: 'x' is no process id" -p x
  mistake "-p: there is no process 4194304" -p 4194304
  mistake "-C: unknown capability 'net_rwa'; did you mean 'CAP_NET_RAW'?" -C net_rwa
  mistake "--columns: unknown column 'cmm'; did you mean 'comm'?" --columns pid,cmm
  mistake "--columns: an empty word" --columns pid,
  mistake "unknown option '--uid'; there is -u USER" --uid 0
  mistake "unknown option '--trea'; did you mean '--tree'?" --trea 5
  mistake "--cgroup '/tmp': not a directory of the cgroup v2 hierarchy" --cgroup /tmp
  mistake "--json and --columns exclude each other" --json --columns pid
  mistake "--exe: an empty word" --exe '!'
  mistake "unexpected" word
}

@test "an output that cannot be written" {
  host_only
  run --separate-stderr "$CAPSIEVE" ps -o /dev/full
  [ "$status" -eq 1 ]
  [[ $stderr == *"/dev/full: No space left on device"* ]]
  ps -o all.txt && [ "$(head -c 7 all.txt)" = "    PID" ]
  "$CAPSIEVE" ps --json 2>/dev/null | head -n1 >/dev/null
}

@test "5,000 processes in less than 200 ms, or what it takes to read the status of each and half as much" {
  local TIMEFORMAT='%R %U %S' floor least cpu

  host_only
  [ -z "${SANITIZE-}" ] || skip "sanitizers cost time of their own"
  [ "$(ulimit -u)" = unlimited ] || [ "$(ulimit -u)" -gt 8000 ] || skip "so many processes are not allowed"
  hold many 5000
  # the least of at least eight: what others do meanwhile only adds to it
  for n in {1..40}; do
    { time ps >many.txt 2>err; } 2>>took
    read -r least cpu < <(awk '{ c = $2 + $3 } NR == 1 || $1 < w { w = $1 } NR == 1 || c < m { m = c }
      END { print w * 1000, m * 1000 }' took)
    [ "$n" -lt 8 ] || [ "$least" -ge 200 ] || break
    # A slower machine: what anybody takes who reads one file of each.
    { time cat /proc/[0-9]*/status >/dev/null 2>&1 || :; } 2>>read
    floor=$(awk '{ c = $2 + $3 } NR == 1 || c < m { m = c } END { print m * 1000 }' read)
    [ "$n" -lt 16 ] || [ "$cpu" -ge $((floor * 3 / 2)) ] || break
  done
  [ "$(wc -l <many.txt)" -gt 5000 ]
  echo "# $(($(wc -l <many.txt) - 1)) lines in $least ms, of which it had a CPU for $cpu; to read their status alone takes $floor" >&3
  # On a busy machine what it takes of the CPUs says more than the time until it has them.
  [ "$least" -lt 200 ] || { busy && [ "$cpu" -lt 200 ]; } || [ "$cpu" -lt $((floor * 3 / 2)) ]
}

# Do others want the CPUs?
busy() {
  [ "$(awk -v cpus="$(nproc)" '{ print ($1 > cpus / 2) }' /proc/loadavg)" = 1 ]
}

@test "securebits and mode of others, where the kernel's iterator of tasks tells them; everything else as /proc has it" {
  local told

  start setpriv --securebits +noroot,+noroot_locked
  told=$(json '[.securebits, .mode]' -p "$PID")
  [ "$told" != '[null,null]' ] || skip "no iterator of tasks here"
  [ "$told" = '[3,"UNCERTAIN"]' ]
  start setpriv --reuid 41000 --regid 41001 --clear-groups --inh-caps -all,+net_raw --ambient-caps -all,+net_raw --no-new-privs
  [ "$(json '[.uid, .euid, .gid, .no_new_privs, .ambient, .permitted, .securebits, .userns.initial]' -p "$PID")" = \
    '[41000,41000,41001,true,["CAP_NET_RAW"],["CAP_NET_RAW"],0,true]' ]
}
