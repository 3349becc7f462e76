# SPDX-License-Identifier: BSD-2-Clause
#
# The daemon, with its real processes: what it decides and tells, how it is asked, and what it survives.

bats_require_minimum_version 1.5.0
load lib

setup() {
  # In machines that are for the daemon; in others it takes too long.
  grep -qw vm.guard /proc/cmdline || host_only
  [ -n "$(probes)" ] || skip "no probe works here"
  W=$BATS_TEST_TMPDIR
  chmod 755 "$W"
  CGROUPS=() AS=()
  rules
  daemon_under_sanitizers
}

teardown() {
  # One that a test stopped goes on first.
  [ -z "$DAEMON" ] || { kill "$DAEMON" 2>/dev/null && kill -CONT "$DAEMON" && wait "$DAEMON"; } || :
  for c in "${CGROUPS[@]}"; do rmdir "$c" 2>/dev/null || :; done
}

rules() {
  cat >"$W/rules.yaml" <<-'END'
	version: 1
	default: ignore
	rules:
	  - name: a new root
	    where: {comm: short}
	    alert: sys_chroot
	    severity: warning
	END
}

# until COMMAND...: it succeeds, within a minute
until_() {
  for _ in {1..300}; do
    "$@" >/dev/null 2>&1 && return
    sleep 0.2
  done
  echo "never: $*"
  return 1
}

ask() {
  "$CAPSIEVE" watch "$@" --run "$W/run"
}

# status FILTER: jq over what the daemon says of itself
status() {
  ask status --json | jq -r "$1"
}

status_is() {
  [ "$(status "$1")" = "$2" ]
}

watching_or_ended() {
  grep -q 'watching by' "$W/err" || ! kill -0 "$DAEMON"
}

# OPTION...: comes back when it watches; AS: what starts it as somebody else
start_watch() {
  # what the one before said is not its word
  : >"$W/err"
  # what is started in the background ignores SIGINT
  env --default-signal=INT "${AS[@]}" "$CAPSIEVE" watch --rules "$W/rules.yaml" --state "$W/state" --run "$W/run" "$@" \
    >"$W/out" 2>"$W/err" 3>&- &
  DAEMON=$!
  until_ watching_or_ended || :
  grep -q 'watching by' "$W/err" || { cat "$W/err"; return 1; }
}

# Its exit code
stop_watch() {
  local code=0

  kill "$DAEMON"
  wait "$DAEMON" || code=$?
  DAEMON=
  return "$code"
}

@test "watch: status says why metrics cannot be read; a directory without rules, and alerts that travel readable, are told" {
  mkdir "$W/empty"
  printf '%s\n' "metrics: {listen: '192.0.2.1:9435', textfile: $W/nowhere/capsieve.prom}" \
    'outputs: {far: {type: webhook, url: "http://192.0.2.1/"}, near: {type: webhook, url: "http://127.0.0.1:1/"}}' >"$W/c.yaml"
  start_watch --config "$W/c.yaml" --rules "$W/empty"
  [ "$(grep -c 'without TLS alerts' "$W/err")" = 1 ]
  grep -qF "$W/c.yaml:2:37: without TLS alerts, and what the header says, can be read on their way to another machine" "$W/err"
  grep -q "$W/empty: nothing is read here: of a directory only \*.yaml is" "$W/err"
  ! grep -q 'does not take the configuration' "$W/err" || false
  until_ status_is .metrics.error 'metrics: cannot listen on 192.0.2.1:9435: Cannot assign requested address'
  run -0 ask status
  [[ $output == *"
metrics     metrics: cannot listen on 192.0.2.1:9435: Cannot assign requested address"* ]]
  sed -i "s/listen: [^,]*, //" "$W/c.yaml"
  run -0 ask reload
  until_ eval 'status .metrics.error | grep -q "the textfile cannot be written by user"'
  stop_watch
}

@test "watch: an alert of a rule, a recording of it, and an end in order" {
  start_watch
  "$TRIP/short" -q
  until_ status_is .alerts.told 1
  until_ status_is .alerts.waiting 0
  run ask status
  echo "$output"
  [[ $output == *"1 alerts"* && $output == *"lost        nothing"* && $output == *"rules.yaml"* ]]
  stop_watch
  run -0 "$CAPSIEVE" trace --replay "$W"/state/recordings/*.rec --json
  [ "$(jq -r 'select(.type == "check") | .cap' <<<"${lines[*]}" | sort -u)" = CAP_SYS_CHROOT ]
}

@test "watch: rules are changed in one step, and those in force stay where there is a mistake" {
  start_watch
  [ "$(status .rules.generation)" = 1 ]
  sed -i 's/sys_chroot/sys_croot/' "$W/rules.yaml"
  run -1 ask reload
  echo "$output"
  [[ $output == *"rules.yaml:6:"*"sys_croot"*"SYS_CHROOT"* ]]
  [[ $output != *"out of memory"* ]]
  [ "$(status '.rules | [.generation, .refused, (.error | length > 0)] | @csv')" = '1,1,true' ]
  "$TRIP/short" -q
  until_ status_is .decided.alert 1
  sed -i 's/alert: sys_croot/ignore: all/' "$W/rules.yaml"
  run -0 ask reload
  [ "$(status '.rules | [.generation, .error] | @csv')" = '2,' ]
  sed -i 's/ignore: all/alert: sys_chroot/' "$W/rules.yaml"
  kill -HUP "$DAEMON"
  until_ status_is .rules.generation 3
  stop_watch
}

@test "watch: for what a hook does itself no hook is run, whatever the rules alert on, and other outputs have it" {
  [ "$(id -u)" = 0 ] || skip "only root has another user for the sender"
  # Where the sender, who is nobody, can get to.
  hooks=$(mktemp -d -p /tmp)
  chown nobody "$hooks"
  cp "$(command -v cat)" "$hooks/knock"
  printf '%s\n' '#!/bin/sh' "echo run >>$hooks/runs" 'cat >/dev/null' "$hooks/knock /etc/shadow" "sh -c '$hooks/knock /etc/gshadow; exit 0'" \
    'exit 0' >"$hooks/hook"
  chmod 755 "$hooks/hook"
  cat >"$W/rules.yaml" <<-END
	version: 1
	default: ignore
	rules:
	  - {name: first, where: {comm: short}, alert: sys_chroot, once_per: 1h}
	  - {name: loop, where: {exe: $hooks/knock}, alert: all, verdict: denied}
	END
  cat >"$W/config.yaml" <<-END
	outputs:
	  hook: {type: exec, command: [$hooks/hook]}
	  file: {type: file, path: $hooks/alerts}
	END
  start_watch --config "$W/config.yaml" --sender-user nobody
  "$TRIP/short" -q
  until_ status_is '.outputs[] | select(.name == "hook") | .ok' 1
  until_ grep -q CAP_DAC_OVERRIDE "$hooks/alerts"
  # as long as many more of them would take
  sleep 3
  until_ status_is .alerts.waiting 0
  echo "$(status .alerts) $(status .outputs)"
  [ "$(wc -l <"$hooks/runs")" = 1 ]
  [ "$(status '.outputs[] | select(.name == "hook") | .dropped')" -ge 2 ]
  [ "$(status '.outputs[] | select(.name == "file") | .dropped')" = 0 ]
  grep -q "it is about what a hook did" "$W/err"
  stop_watch
  rm -r "$hooks"
}

@test "watch: a sender of the collector's user, and its hooks, change nothing in the state directory but the spool" {
  local tried=$W/told/tried

  [ "$(id -u)" = 0 ] || skip "only root may say who the sender is"
  mkdir "$W/told"
  printf '%s\n' '#!/bin/sh' 'cat >/dev/null' "exec >$W/told/all 2>&1" "echo x >>$W/state/history.db && echo wrote" \
    "rm $W/state/last-rules.json && echo removed" "echo x >$W/run/new && echo made" "mv $W/state $W/moved && echo moved" \
    "ln $W/state/history.db $W/told/linked && echo linked" "truncate -s 0 $W/state/history.db && echo emptied" \
    "touch $W/told/mine && echo mine; mv $W/told/all $tried" >"$W/hook"
  chmod 755 "$W/hook"
  printf 'version: 1\noutputs:\n  hook: {type: exec, command: [%s]}\n' "$W/hook" >"$W/capsieve.yaml"
  start_watch --config "$W/capsieve.yaml" --sender-user root
  "$TRIP/short" -q
  until_ [ -e "$tried" ]
  cat "$tried" "$W/err"
  run ! grep -q 'has no Landlock' "$W/err"
  [ "$(grep -xE '[a-z]+' "$tried")" = mine ]
  until_ status_is '.outputs[0].ok' 1
  stop_watch
}

@test "watch: what is logged goes to the outputs that the configuration names for it, and is no alert" {
  cp "$TRIP/short" "$W/mine"
  printf 'version: 1\ndefault: ignore\nrules: [{name: worth it, where: {exe: %s/mine}, log: sys_chroot}]\n' "$W" >"$W/rules.yaml"
  printf 'version: 1\noutputs: {all: {type: stdout, format: json}}\nlog: all\n' >"$W/c.yaml"
  start_watch --config "$W/c.yaml"
  "$W/mine" -q
  until_ grep -q CAP_SYS_CHROOT "$W/out"
  "$W/mine" -q
  until_ status_is .decided.log 2
  [ "$(jq -rc '[.type, .severity, .rule, .cap, .count, (.host | length > 0)]' "$W/out")" = '["log","info","worth it","CAP_SYS_CHROOT",1,true]' ]
  [ "$(status '[.decided.alert, .alerts.told] | @csv')" = 0,0 ]
  # without an output for it, it is counted
  sed -i '/^log/d' "$W/c.yaml"
  run -0 ask reload
  "$W/mine" -q
  until_ status_is .decided.log 1
  stop_watch
  [ "$(wc -l <"$W/out")" = 1 ]
  [ "$(sqlite3 "$W/state/history.db" "SELECT sum(n) FROM usage JOIN exe ON id = exe_id WHERE cap = 18 AND path = '$W/mine'")" = 3 ]
  # an output that is not there is a mistake
  echo 'log: [journal, pager]' >>"$W/c.yaml"
  run -2 "$CAPSIEVE" check "$W/c.yaml"
  [[ $output == *"c.yaml:3:1: no output is called 'pager'"* ]]
}

# held_is N ALERTS: so many alerts were held back, and so many told
held_is() {
  [ "$(status '[.alerts.held, .alerts.told] | @csv')" = "$1,$2" ]
}

@test "watch: what once_per and more_than know of a rule outlives a reload that leaves it as it is" {
  cat >"$W/rules.yaml" <<-'END'
	version: 1
	default: ignore
	rules:
	  - {name: once, where: {comm: short}, alert: sys_chroot, once_per: 1h}
	  - {name: many, where: {comm: "trip*"}, alert: chown, more_than: 2 in 1h}
	END
  start_watch
  "$TRIP/short" -q
  "$TRIP/trip" fchown && "$TRIP/trip" fchown
  until_ held_is 2 1
  # another rule comes before it
  sed -i 's/^rules:/&\n  - {name: new, where: {user: nobody}, ignore: bpf}/' "$W/rules.yaml"
  ask reload
  "$TRIP/short" -q
  "$TRIP/trip" fchown
  # since the start
  until_ held_is 3 2
  grep -q '"many"\|many' "$W/out"
  sed -i 's/once_per: 1h/once_per: 2h/' "$W/rules.yaml"
  kill -HUP "$DAEMON"
  until_ status_is .rules.generation 3
  "$TRIP/short" -q
  until_ held_is 3 3
  until_ grep -q "1 alert was held back by once_per since the last that was told: 1 of .once" "$W/out"
  "$TRIP/short" -q && "$TRIP/short" -q
  until_ held_is 5 3
  stop_watch
  # What no later alert can tell is told at the end.
  grep -q "2 alerts were held back by once_per since the last that was told: 2 of .once" "$W/out"
  grep -q "3 alerts were told, and held back 3 by once_per, 2 by more_than, 0 by max_per_minute" "$W/err"
}

is_stopped() {
  [ "$(awk '/^State:/ { print $2 }' "/proc/$1/status")" = T ]
}

# changes_to_alert WORD: what was that before is an alert from the change of the rules on, all five times
changes_to_alert() {
  local pid before

  cp "$TRIP/hush" "$W/hush"
  printf 'version: 1\ndefault: ignore\nrules: [{name: hush, where: {exe: %s/hush}, %s: sys_admin}]\n' "$W" "$1" >"$W/rules.yaml"
  start_watch
  "$W/hush" signal 3>&- &
  pid=$!
  until_ is_stopped "$pid"
  sed -i "s/$1: sys_admin/alert: sys_admin/" "$W/rules.yaml"
  run -0 ask reload
  before=$(status .decided.alert)
  # what was only counted in the kernel until then was decided by the former rules
  [ "$before" = 0 ]
  kill -CONT "$pid"
  wait "$pid"
  until_ status_is .decided.alert $((before + 5))
  until_ status_is '.checks.counted > 0' true
  stop_watch
}

@test "watch: what the kernel was silent about is an alert from the change of the rules on" {
  changes_to_alert allow
}

@test "watch: what was counted by rules that are not silent is an alert from the change of the rules on" {
  changes_to_alert log
}

# start_telling RULE: what it alerts on is in $told/alerts.jsonl, where the sender, who is nobody, can get to
start_telling() {
  told=$(mktemp -d)
  chown nobody "$told"
  printf 'version: 1\noutputs: {own: {type: file, path: %s/alerts.jsonl, format: json}}\n' "$told" >"$W/capsieve.yaml"
  printf 'version: 1\ndefault: ignore\nrules: [%s]\n' "$1" >"$W/rules.yaml"
  start_watch --config "$W/capsieve.yaml"
}

@test "watch: what was counted when the rules change was decided by those in force, and is in their alerts" {
  local told round

  cp "$TRIP/load" "$W/hush"
  start_telling "{name: hush, where: {exe: $W/hush}, alert: sys_boot, outputs: [own]}"
  # of each round up to a second is only counted when the rules change
  for round in 1 2 3; do
    sed -i 's/ignore: sys_boot/alert: sys_boot/' "$W/rules.yaml"
    ask reload
    "$W/hush" -n 2000 -s reboot
    sed -i 's/alert: sys_boot/ignore: sys_boot/' "$W/rules.yaml"
    [ "$round" = 3 ] && kill -HUP "$DAEMON" || ask reload
    "$W/hush" -n 100 -s reboot
  done
  stop_watch
  jq -c '[.count, .message]' "$told/alerts.jsonl"
  jq -s '[.[] | select(.rule == "hush") | .count // 1] | add' "$told/alerts.jsonl"
  # SIGHUP may come in force a moment later
  [ "$(jq -s '[.[] | select(.rule == "hush") | .count // 1] | add | . >= 6000 and . <= 6100' "$told/alerts.jsonl")" = true ]
  # and the history has it under the same name
  "$CAPSIEVE" history --db "$W/state/history.db" --json | jq -r 'select(.type == "history") | .workload' >"$W/past"
  jq -r 'select(.rule == "hush") | .workload' "$told/alerts.jsonl" | sort -u | tee "$W/alerted"
  [ "$(grep -cxFf "$W/alerted" "$W/past")" = 1 ]
  rm -r "$told"
}

@test "watch: an alert has the command line and who started it, however short the program lived; recordings have no command line" {
  local told long i

  start_telling "{name: new root, where: {comm: chroot}, alert: sys_chroot, outputs: [own]}"
  for i in {1..100}; do
    chroot / true "word $i"
  done
  long=$(printf 'x%.0s' {1..2000})
  chroot / true "$long"
  until_ status_is .decided.alert 101
  stop_watch
  jq -r 'select(.rule == "new root") | .args // "unknown"' "$told/alerts.jsonl" | sort >"$W/args"
  sort -u "$W/args" | head -n3
  { for i in {1..100}; do echo "chroot / true word $i"; done; long="chroot / true $long"; echo "${long:0:1024}..."; } | sort | diff "$W/args" -
  [ "$(jq -r 'select(.rule == "new root") | .ancestors[0]' "$told/alerts.jsonl" | sort -u)" = "$(cat "/proc/$BASHPID/comm")" ]
  ! grep -qr 'word 50' "$W"/state/recordings || false
  [ "$("$CAPSIEVE" trace -q --json --replay "$W"/state/recordings/*.rec | jq -r 'select(.type == "check") | .args // "unknown"' | sort -u)" = unknown ]
  rm -r "$told"
}

@test "watch: of what repeats each check is in an alert, the first at once" {
  local told

  cp "$TRIP/load" "$W/hush"
  start_telling "{name: hush, where: {exe: $W/hush}, alert: sys_boot, outputs: [own]}"
  "$W/hush" -n 20000 -s reboot
  until_ status_is .decided.alert 20000
  stop_watch
  jq -c 'select(.rule == "hush") | [.count, .message]' "$told/alerts.jsonl"
  [ "$(jq -s 'map(select(.rule == "hush") | .count // 1) | add' "$told/alerts.jsonl")" = 20000 ]
  # One, and those of each second.
  [ "$(jq -s 'map(select(.rule == "hush") | .count // 1) | .[0] == 1 and length < 40' "$told/alerts.jsonl")" = true ]
  rm -r "$told"
}

@test "watch: status has where each check went, and the end says what waits for who does not answer" {
  local numbers

  printf 'outputs: {dead: {type: webhook, url: "http://127.0.0.1:9/"}, dumb: {type: webhook, url: "http://127.0.0.1:9/"}}\n' \
    >"$W/capsieve.yaml"
  start_watch --config "$W/capsieve.yaml"
  "$TRIP/short" -q
  until_ status_is '[.outputs[].queue] | @csv' 1,1
  run -1 ask test-output daed
  [ "$output" = "capsieve watch: there is no such output; did you mean 'dead'?" ]
  run -1 ask test-output nosuch
  [ "$output" = "capsieve watch: there is no such output; there are dead, dumb" ]
  run -0 ask status
  echo "$output"
  # asked, a second; then what became of them, all but what is lost
  [[ $output == *"lost        nothing"* ]]
  mapfile -t numbers < <(sed -n 's/^checks *//; s/,//g; /asked/s/[^0-9 ]//gp' <<<"$output" | xargs -n1)
  echo "${numbers[@]}"
  [ "${#numbers[@]}" = 6 ]
  [ "${numbers[0]}" = $((numbers[2] + numbers[3] + numbers[4] + numbers[5])) ]
  [ "$(</proc/sys/kernel/bpf_stats_enabled)" = 1 ] || [[ $output == *"in the kernel unknown"* ]]
  stop_watch
  cat "$W/err"
  # of one alert, for each output
  grep -q "2 deliveries wait on disk for the next start" "$W/err"
  ! grep -q "not known to be" "$W/err" || false
}

@test "watch: what is installed is broken at the start: the last usable rules are taken, or it does not start" {
  sed -i 's/version: 1/version: 9/' "$W/rules.yaml"
  run -2 timeout 60 "$CAPSIEVE" watch --rules "$W/rules.yaml" --state "$W/state" --run "$W/run"
  [[ $output == *"rules.yaml:1:10:"*"no earlier set"* ]]
  rules
  start_watch
  stop_watch
  sed -i 's/version: 1/version: 9/' "$W/rules.yaml"
  start_watch
  until_ status_is '.rules | [.last_usable, .count] | @csv' true,1
  "$TRIP/short" -q
  until_ status_is .decided.alert 1
  stop_watch
  grep -q "by the last usable rules" "$W/err"
}

all_counted() {
  [ "$(status '.checks.seen + .checks.counted + ([.lost[]] | add) >= 1000000')" = true ]
}

@test "watch: what rules allow is counted in the kernel, and in the history" {
  local ended

  cat >"$W/rules.yaml" <<-'END'
	version: 1
	default: ignore
	rules:
	  - name: what load does
	    where: {user: "*"}
	    allow: sys_admin
	END
  start_watch
  # until it is decided, which takes some milliseconds, each is sent, faster than the ring can be read: that is counted as lost
  "$TRIP/load" -n 1000000 -s sethostname
  ended=$(date +%s)
  until_ all_counted
  # who only hears counts is not blind: the seconds of the load are no silence
  [ "$(date -d "$(status .checks.last)" +%s)" -ge $((ended - 2)) ]
  run status '[.checks.counted > 700000, .decided.allow > 700000, .alerts.told == 0] | @csv'
  echo "$output"
  [ "$output" = true,true,true ]
  stop_watch
  [ "$(sqlite3 "$W/state/history.db" 'SELECT sum(n) > 700000 FROM usage WHERE cap = 21')" = 1 ]
}

@test "watch: checks that are lost are an alert of its own, with how many and why" {
  start_watch --ring 64K
  kill -STOP "$DAEMON"
  "$TRIP/hush" short 300
  kill -CONT "$DAEMON"
  until_ status_is '.lost.ring_full > 0' true
  until_ grep -q "checks are lost, and no rule decided on them; .*: the ring buffer was full" "$W/out"
  # the next ones not before ten minutes
  [ "$(grep -c "checks are lost" "$W/out")" = 1 ]
  stop_watch
}

@test "watch: what is told together bears no time before what was told first" {
  sed -i 's/short/load/; s/sys_chroot/sys_boot/' "$W/rules.yaml"
  start_watch
  for _ in {1..20}; do "$TRIP/load" -n 4 -s reboot >/dev/null; done
  until_ grep -q "in reboot, [234] times" "$W/out"
  stop_watch
  awk 'match($0, /load\[[0-9]+\]/) {
    who = substr($0, RSTART, RLENGTH)
    if ($1 < last[who]) { print last[who], "before", $0; wrong = 1 }
    last[who] = $1
  } END { exit wrong }' "$W/out"
}

@test "watch: two at once are told of one another" {
  start_watch
  run -1 timeout 60 "$CAPSIEVE" watch --rules "$W/rules.yaml" --state "$W/state" --run "$W/run"
  [[ $output == *"another capsieve watch runs already, process $DAEMON: $W/state/lock is locked"* ]]
  [ "$(status .pid)" = "$DAEMON" ]
  # also where each has a state of its own: it would take the socket away
  run -1 timeout 60 "$CAPSIEVE" watch --rules "$W/rules.yaml" --state "$W/other" --run "$W/run"
  [[ $output == *"another capsieve watch runs already, process $DAEMON: $W/run/control.lock is locked"* ]]
  [ "$(status .pid)" = "$DAEMON" ]
  stop_watch
  start_watch --state "$W/both" --run "$W/both"
  stop_watch
}

@test "watch: the sender dies, and another one is told what was not safe" {
  start_watch
  kill -SEGV "$(status .sender.pid)"
  until_ status_is .sender.deaths 1
  "$TRIP/short" -q
  until_ status_is '[.alerts.told, .alerts.waiting] | @csv' 1,0
  [ "$(status .sender.pid)" != null ]
  stop_watch
  grep -q 'the sender died of signal 11' "$W/err"
}

@test "watch: the collector dies: the sender says so, and ends" {
  local sender told

  # Where the sender, who is nobody, can get to.
  told=$(mktemp -d)
  chown nobody "$told"
  printf 'version: 1\noutputs:\n  own: {type: file, path: %s/alerts.jsonl, format: json}\n' "$told" >"$W/capsieve.yaml"
  sed -i 's/severity: warning/severity: warning\n    outputs: [own]/' "$W/rules.yaml"
  start_watch --config "$W/capsieve.yaml"
  "$TRIP/short" -q
  until_ grep -q CAP_SYS_CHROOT "$told/alerts.jsonl"
  sender=$(status .sender.pid)
  kill -SEGV "$DAEMON"
  wait "$DAEMON" || :
  DAEMON=
  until_ grep -q '"event":"collector-died"' "$told/alerts.jsonl"
  until_ [ ! -e "/proc/$sender" ]
  # The next one finds nothing in its way.
  start_watch --config "$W/capsieve.yaml"
  stop_watch
  rm -r "$told"
}

@test "watch: told twice to end, it ends at once, which is no death to be told" {
  local code=0 sender told

  told=$(mktemp -d)
  chown nobody "$told"
  printf 'version: 1\noutputs:\n  own: {type: file, path: %s/alerts.jsonl, format: json}\n' "$told" >"$W/capsieve.yaml"
  sed -i 's/severity: warning/severity: warning\n    outputs: [own]/' "$W/rules.yaml"
  start_watch --config "$W/capsieve.yaml"
  "$TRIP/short" -q
  until_ grep -q CAP_SYS_CHROOT "$told/alerts.jsonl"
  sender=$(status .sender.pid)
  # both wait when it goes on: there is no time to end in order between them
  kill -STOP "$DAEMON"
  kill -TERM "$DAEMON"
  kill -INT "$DAEMON"
  kill -CONT "$DAEMON"
  wait "$DAEMON" || code=$?
  DAEMON=
  [ "$code" = 130 ]
  until_ [ ! -e "/proc/$sender" ]
  run ! grep collector-died "$told/alerts.jsonl"
  grep -q 'told to end at once' "$W/err"
  rm -r "$told"
}

# learned FILTER: jq over all that is learned
learned() {
  "$CAPSIEVE" watch learned --state "$W/state" --json | jq -rs "$1"
}

# lets a workload of its own, whose cgroup is $web, be learned as the rules say, and starts another daemon
learn_web() {
  start_watch
  in_place "$web" "$TRIP/trip" fchown
  stop_watch
  # two seconds from its first check on, which was in the start of that program
  sleep 2
  start_watch
}

@test "watch: learn in a rule learns whom it may be about, and learned reset forgets it" {
  local key web

  place "capsieve-l$$.service" && web=$REPLY
  key=unit:${web##*/}
  cat >"$W/rules.yaml" <<-END
	version: 1
	default: ignore
	rules:
	  - name: outside
	    where: {unit: "${web##*/}"}
	    allow_profile: learned
	    learn: 2s
	    otherwise: alert
	END
  learn_web
  # nobody else is learned
  [ "$(learned 'map(.workload)[]')" = "$key" ]
  [ "$(learned '.[0].capabilities | index("CAP_CHOWN") | type')" = number ]
  in_place "$web" "$TRIP/trip" fchown
  in_place "$web" "$TRIP/trip" mlock
  until_ status_is .alerts.told 1
  until_ grep -q "CAP_IPC_LOCK in mlock, outside of what was learned of this workload" "$W/out"
  # so that it is not learned at once
  sed -i 's/learn: 2s/learn: 1h/' "$W/rules.yaml"
  ask reload
  run -0 ask learned reset "$key"
  [ "$output" = "$key: forgotten, and learned anew from now on" ]
  # until then it is not known what belongs to it
  in_place "$web" "$TRIP/trip" mlock
  until_ status_is '.decided.log > 0' true
  status_is .alerts.told 1
  [ "$(learned '.[0].until')" = null ]
  run -1 ask learned reset unit:nobody.service
  [[ $output == *"nothing is learned of that"* ]]
  sed -i '/learn:/d' "$W/rules.yaml"
  ask reload
  run -0 ask learned reset
  [[ $output == "what was learned: forgotten; nothing learns it again"* ]]
  stop_watch
}

@test "watch: what is learned is in force when its time is over, and not only when the history is next written" {
  local web began

  place "capsieve-f$$.service" && web=$REPLY
  printf '%s\n' 'version: 1' 'default: ignore' 'rules:' \
    "  - {name: outside, where: {unit: ${web##*/}}, allow_profile: learned, learn: 3s, otherwise: alert}" >"$W/rules.yaml"
  start_watch
  began=$SECONDS
  in_place "$web" "$TRIP/trip" fchown
  until_ grep -q "1 baseline is learned now" "$W/err"
  # the history is written every minute otherwise
  [ $((SECONDS - began)) -lt 45 ]
  [ "$(learned 'map(.workload)[]')" = "unit:${web##*/}" ]
  in_place "$web" "$TRIP/trip" fchown
  in_place "$web" "$TRIP/trip" mlock
  until_ grep -q "CAP_IPC_LOCK in mlock, outside of what was learned of this workload" "$W/out"
  status_is .alerts.told 1
  stop_watch
}

# What starts the daemon from now on: with capabilities, and as nobody of note. Kprobes are only CAP_SYS_ADMIN's where Debian
# has it so.
as_the_service_does() {
  local caps=+bpf,+perfmon,+syslog,+sys_ptrace,+dac_read_search

  ! in_guest || sysctl -qw kernel.perf_event_paranoid=2
  AS=(setpriv --reuid nobody --regid nogroup --clear-groups --inh-caps "$caps" --ambient-caps "$caps")
}

# reload_says TEXT: it is refused so, and what was in force stays
reload_says() {
  run -1 ask reload
  echo "$output"
  [[ $output == *"$1"* ]]
  [ "$(status .rules.generation)" = 1 ]
}

@test "watch: rules that others can write are refused, whoever it runs as" {
  start_watch
  chmod 666 "$W/rules.yaml"
  reload_says "$W/rules.yaml: not trusted: others than root can write it"
  chmod 644 "$W/rules.yaml" && chown nobody "$W/rules.yaml"
  reload_says "$W/rules.yaml: not trusted: it is not root's"
  stop_watch
  # as the service does, with capabilities and as nobody of note: root's files are right, and so are his own
  # what is on the way to the files is closed to him
  chmod 755 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test" "$BATS_RUN_TMPDIR/test"/*
  as_the_service_does
  rm -r "$W/state" "$W/run"
  install -d -o nobody "$W/state" "$W/run"
  start_watch
  chown 1234 "$W/rules.yaml"
  reload_says "$W/rules.yaml: not trusted: it is neither root's nor of user $(id -u nobody), who reads it"
  chown root "$W/rules.yaml" && chmod 664 "$W/rules.yaml"
  reload_says "$W/rules.yaml: not trusted: others than its owner can write it"
  chmod 600 "$W/rules.yaml"
  reload_says "$W/rules.yaml: Permission denied; the daemon reads it without privileges"
  chmod 644 "$W/rules.yaml" && mkdir -m 777 "$W/dir" && printf 'version: 1\n' >"$W/dir/x.yaml"
  ask reload
  [ "$(status .rules.generation)" = 2 ]
  stop_watch
  run -2 "${AS[@]}" timeout 60 "$CAPSIEVE" watch --rules "$W/dir" --state "$W/run/other" --run "$W/run"
  [[ $output == *"$W/dir/x.yaml: not trusted: others than its owner can write a directory on the way"* ]]
}

@test "watch: what it says of itself has its priority where that goes to the journal, and nothing is left unsaid" {
  mkdir "$W/state" && echo "no database" >"$W/state/history.db"
  : >"$W/err"
  # as systemd tells a service where its standard error leads
  AS=(env "JOURNAL_STREAM=$(stat -c %d:%i "$W/err")")
  start_watch
  grep -q '^<4>capsieve watch: history: .*history.db: damaged, or no history; it is kept' "$W/err"
  ask reload
  sed -i 's/sys_chroot/sys_croot/' "$W/rules.yaml"
  run -1 ask reload
  kill -SEGV "$(status .sender.pid)"
  until_ grep -q '^<4>capsieve watch: the sender died of signal 11' "$W/err"
  until_ grep -q '^<5>capsieve watch: the sender is process' "$W/err"
  # a recording that cannot be written, and can again
  mv "$W/state/recordings" "$W/aside"
  "$TRIP/short" -q
  until_ grep -q '^<4>.*cannot be recorded: No such file' "$W/err"
  mv "$W/aside" "$W/state/recordings"
  until_ recorded_again
  stop_watch
  cat "$W/err"
  grep -q '^<5>capsieve watch: watching by [a-z_]*, 1 rule; version ' "$W/err"
  grep -q '^<5>capsieve watch: 1 rule is in force, generation 2' "$W/err"
  grep -q "^<3>$W/rules.yaml:6:" "$W/err"
  grep -q '^<3>  *6 | ' "$W/err"
  grep -q '^<3>capsieve watch: rules are refused, those in force stay' "$W/err"
  grep -q '^<5>capsieve watch: it ends: [0-9]* checks were asked for, [0-9]* are lost; [0-9]* alerts' "$W/err"
  run ! grep -v '^<[3-7]>' "$W/err"
}

recorded_again() {
  "$TRIP/short" -q
  grep -q '^<5>.*: recorded again' "$W/err"
}

# field FILE NAME: a line of /proc/PID/status
field() {
  awk -v name="$2:" '$1 == name { print $2 }' "/proc/$1/status"
}

@test "watch: a history that is damaged or of a newer version is moved aside and told, and recordings stay below 64 MiB" {
  local i

  mkdir -p -m 700 "$W/state/recordings"
  head -c 100000 /dev/urandom >"$W/state/history.db"
  for i in 1 2 3 4 5 6 7; do truncate -s 10M "$W/state/recordings/0000000000000000000$i.rec"; done
  start_watch
  grep -q "history.db: damaged, or no history; it is kept with the suffix .damaged, and a new history begins" "$W/err"
  [ "$(stat -c %s "$W/state/history.db.damaged")" = 100000 ]
  "$TRIP/short" -q
  until_ status_is .alerts.told 1
  stop_watch
  [ "$(stat -c %s "$W"/state/recordings/*.rec | awk '{ n += $1 } END { print n }')" -le 67108864 ]
  [ ! -e "$W/state/recordings/00000000000000000001.rec" ]
  [ -e "$W/state/recordings/00000000000000000007.rec" ]
  # On a busy machine checks of others may be missing.
  run "$CAPSIEVE" history --db "$W/state/history.db" -C sys_chroot --exe '*/short'
  [ "$status" = 0 ] || [ "$status" = 4 ]
  [[ $output == *sys_chroot* ]]
  command -v sqlite3 >/dev/null || skip "there is no sqlite3 here"
  sqlite3 "$W/state/history.db" 'PRAGMA user_version=99'
  start_watch
  grep -q "history.db: made by a newer version of capsieve; it is kept with the suffix .newer" "$W/err"
  stop_watch
  [ -s "$W/state/history.db.newer" ]
}

# listening PID...: addresses at which these listen
listening() {
  local inode pid

  for pid; do
    find "/proc/$pid/fd" -lname 'socket:*' -printf '%l\n' | tr -dc '0-9\n' | while read -r inode; do
      awk -v inode="$inode" '$10 == inode && $4 == "0A" { print $2 }' /proc/net/tcp /proc/net/tcp6
    done
  done
}

@test "watch: where nothing is configured nobody listens, no library that talks is loaded, and the sender has no history" {
  local port

  start_watch
  [ -n "$(find "/proc/$DAEMON/fd" -lname '*history.db*')" ]
  port=$(status .sender.pid)
  [ -z "$(find "/proc/$port/fd" -lname '*history.db*' -o -lname '*recordings*')" ]
  [ -z "$(listening "$DAEMON" "$port")" ]
  ! grep -E 'libcurl|libmicrohttpd|libssl|libgnutls' "/proc/$DAEMON/maps" "/proc/$port/maps" || false
  stop_watch
  # The collector has none of that in any case.
  port=$(/usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  printf '%s\n' 'version: 1' "metrics: {listen: 'localhost:$port'}" "outputs: {a: {type: webhook, url: 'https://localhost:1/x'}}" >"$W/config.yaml"
  start_watch --config "$W/config.yaml"
  until_ curl -fs "http://127.0.0.1:$port/healthz"
  [ -z "$(listening "$DAEMON")" ]
  [ "$(listening "$(status .sender.pid)" | sort -u)" = "$(printf '0100007F:%04X' "$port")" ]
  ! grep -E 'libcurl|libmicrohttpd|libssl|libgnutls' "/proc/$DAEMON/maps" || false
  stop_watch
}

# resident PID...: KiB of all of them, as the kernel counts them: what they share counts for each, the ring twice
resident() {
  cat "${@/%//status}" | awk '$1 == "VmRSS:" { kib += $2 } END { print kib }'
}

# both_have KIB: at most so much is resident of collector and sender together
both_have() {
  local both kib

  both=$(status '.pid, .sender.pid')
  # shellcheck disable=SC2086
  kib=$(cd /proc && resident $both)
  echo "# $kib KiB resident" >&3
  [ "$kib" -gt 8000 ] && [ "$kib" -le "$1" ]
}

@test "watch: collector and sender together take less than 25 MB of memory, ring and history included" {
  [ -z "${SANITIZE-}" ] || skip "sanitizers take memory of their own"
  theirs=$(mktemp -d)
  printf '%s\n' 'version: 1' "outputs: {file: {type: file, path: $theirs/a.jsonl}}" "metrics: {textfile: $theirs/m.prom}" >"$W/config.yaml"
  chown 65534 "$theirs"
  start_watch --config "$W/config.yaml"
  for _ in {1..300}; do "$TRIP/short" -q; done
  "$TRIP/load" -n 200000 -s reboot -u 65534 >/dev/null
  until_ test -s "$theirs/a.jsonl"
  both_have 24414
  rm -r "$theirs"
  stop_watch
}

@test "watch: with 1,000 rules and 500 workloads collector and sender together take less than 30 MB of memory" {
  local theirs i

  host_only
  [ -z "${SANITIZE-}" ] || skip "sanitizers take memory of their own"
  theirs=$(mktemp -d)
  printf '%s\n' 'version: 1' "outputs: {file: {type: file, path: $theirs/a.jsonl}}" "metrics: {textfile: $theirs/m.prom, workloads: 50}" >"$W/config.yaml"
  chown 65534 "$theirs"
  {
    printf '%s\n' 'version: 1' 'default: log' 'rules:'
    for i in {1..1000}; do
      echo "  - {name: r$i, where: {unit: [cs-many$((i % 500)).service, \"other*.$i\"], user: \"!anna\"}," \
        "except: {exe: /none/$i}, $([ "$i" -lt 500 ] && echo allow || echo alert): [chown, sys_chroot], otherwise: log, once_per: 1h}"
    done
  } >"$W/rules.yaml"
  start_watch --config "$W/config.yaml"
  for i in {0..499}; do
    place "cs-many$i.service"
    in_place "$REPLY" "$TRIP/short" -q
  done
  [ "$(status .rules.count)" = 1000 ]
  until_ test -s "$theirs/a.jsonl"
  until_ eval 'awk "\$1 == \"capsieve_workloads\" { print \$2; exit \$2 < 500 }" "$theirs/m.prom"' || { cat "$theirs/m.prom"; false; }
  both_have 29296
  rm -r "$theirs"
  stop_watch
}

@test "watch: the collector has no network and no capabilities that it does not need, the sender none at all" {
  start_watch
  local sender nurse pid

  sender=$(status .sender.pid)
  nurse=$(awk '{ print $4 }' "/proc/$sender/stat")
  for pid in "$sender" "$nurse"; do
    [ "$(field "$pid" CapEff)$(field "$pid" CapPrm)$(field "$pid" CapAmb)" = "$(printf '%048d' 0)" ]
    # also what no exec could bring, as root may give that up
    [ "$(field "$pid" CapBnd)$(field "$pid" CapInh)" = "$(printf '%032d' 0)" ]
    [ "$(field "$pid" NoNewPrivs)" = 1 ]
    [ "$(field "$pid" Uid)" = "$(id -u nobody)" ]
  done
  [ "$(field "$DAEMON" Seccomp)" = 2 ]
  [ "$(field "$DAEMON" NoNewPrivs)" = 1 ]
  # What only the start needs is gone: of BPF, PERFMON, SYSLOG, SYS_ADMIN nothing but what this kernel wants for its maps
  [ $((0x$(field "$DAEMON" CapEff) & (1 << 34 | 1 << 21 | 1 << 12 | 1 << 1))) = 0 ]
  stop_watch
}

# N FILE, now: or what they are about, as FILE has it
alerts_are() {
  until_ ask status
  status_is .decided.alert "$1" && return
  status .decided
  cat "$2"
  return 1
}

tried() {
  [ "$(status "[.outputs[] | select(.name == \"f\" and .errors >= $1)] | length")" = 1 ]
}

@test "watch: what its sender is asked is capsieve's own and no alert, and what a hook of it is asked is the hook's" {
  local heard sender theirs

  theirs=$(mktemp -d)
  chmod 755 "$theirs"
  mkdir -m 700 "$W/closed"
  mkdir "$theirs/bin"
  install -d -o nobody "$theirs/told"
  cp "$TRIP/short" "$theirs/first" && cp "$(command -v chown)" "$theirs/bin/chown"
  touch "$theirs/own" && chown nobody "$theirs/own"
  printf '%s\n' '#!/bin/sh' 'cat >/dev/null' "$theirs/bin/chown root $theirs/own 2>/dev/null" true >"$theirs/hook"
  chmod 755 "$theirs/hook"
  cat >"$W/rules.yaml" <<-END
	version: 1
	default: ignore
	rules:
	  - {name: first, where: {user: nobody, exe: "$theirs/first"}, alert: all, verdict: denied, outputs: [f, hook, told]}
	  - {name: anybody, where: {user: nobody, exe: ["$theirs/bin/*", "$CAPSIEVE"]}, alert: all, verdict: denied, outputs: [f, told]}
	END
  # What it tries to open in root's directory it is refused, each time it tries.
  printf '%s\n' 'version: 1' "outputs: {f: {type: file, path: $W/closed/a.jsonl}, hook: {type: exec, command: $theirs/hook}," \
    "  told: {type: file, path: $theirs/told/alerts.jsonl, format: json}}" >"$W/config.yaml"
  start_watch --config "$W/config.yaml"
  sender=$(status .sender.pid)
  setpriv --reuid nobody --regid nogroup --clear-groups "$theirs/first" -q || :
  until_ status_is .decided.alert 2
  until_ tried 3
  alerts_are 2 "$theirs/told/alerts.jsonl"
  # A new sender is told of what waits, and tries. What was not known to be safe would be done again: at least once.
  until_ status_is '.outputs[] | select(.name == "hook") | .ok' 1
  until_ status_is .alerts.waiting 0
  kill -SEGV "$sender"
  until_ status_is .sender.deaths 1
  # That it died is told to the hook too, of which chown is the hook's again.
  until_ status_is .decided.alert 3
  until_ tried 3
  alerts_are 3 "$theirs/told/alerts.jsonl"
  [ "$(jq -r 'select(.cap == "CAP_CHOWN") | .comm' "$theirs/told/alerts.jsonl" | sort | uniq -c | xargs)" = "2 chown" ]
  stop_watch
  rm -r "$theirs"
  heard=$("$CAPSIEVE" trace --replay "$W"/state/recordings/*.rec --json | jq -r 'select(.type == "check") | .comm' | sort -u)
  echo "$heard"
  [ "$heard" = $'chown\nfirst' ]
}

@test "watch: only root and the daemon's user may ask" {
  start_watch
  run -1 setpriv --reuid 65534 --clear-groups "$CAPSIEVE" watch status --run "$W/run"
  [[ $output == *"only root"* ]]
  chmod 666 "$W/run/control"
  run -1 setpriv --reuid 65534 --clear-groups "$CAPSIEVE" watch status --run "$W/run"
  [[ $output == *"only root"* ]]
  stop_watch
  run -1 "$CAPSIEVE" watch status --run "$W/run"
  [[ $output == *"no daemon runs"* ]]
}

@test "watch: who the daemon runs as, as its sender may, makes it forget nothing: that is root's" {
  chmod 755 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test" "$BATS_RUN_TMPDIR/test"/*
  as_the_service_does
  install -d -o nobody "$W/state" "$W/run"
  start_watch
  run -0 setpriv --reuid nobody --regid nogroup --clear-groups "$CAPSIEVE" watch status --run "$W/run"
  run -1 setpriv --reuid nobody --regid nogroup --clear-groups "$CAPSIEVE" watch learned reset --run "$W/run"
  [[ $output == *"only root may have forgotten what was learned"* ]]
  run -0 ask learned reset
  stop_watch
}

@test "watch: whoever says nonsense, or nothing, keeps nobody from asking" {
  start_watch
  run -0 /usr/bin/python3 - "$W/run/control" <<-'END'
	import socket, sys
	def talk(data):
	    s = socket.socket(socket.AF_UNIX)
	    s.connect(sys.argv[1])
	    s.sendall(data)
	    return s
	held = [talk(b'{"do":') for _ in range(4)]
	for data in b"x\n", b"{}\n", b'{"do":"statu"}\n', b"[" * 4000 + b"\n", b"a" * 5000:
	    answer = talk(data).makefile().readline()
	    assert '"ok":false' in answer and '"error"' in answer, answer
	END
  echo "$output"
  [ "$(status .ok)" = true ]
  stop_watch
}

@test "watch: who asks a daemon that is stopped is told so after seconds, and with a status of 1" {
  local began=$SECONDS asking=() word

  start_watch
  kill -STOP "$DAEMON"
  # The last are more than are let in.
  for word in status reload 'test-output nowhere' 'learned reset' status{,,,,,,,,,,}; do
    # shellcheck disable=SC2086
    { ! ask $word 2>>"$W/asked" && echo "$word failed" >>"$W/failed"; } 3>&- &
    asking+=($!)
  done
  wait "${asking[@]}"
  cat "$W/asked" "$W/failed"
  [ "$(sort -u "$W/asked")" = "capsieve watch: the daemon does not answer: nothing came from $W/run/control in 5 seconds; it is stopped, stuck or still starting" ]
  [ "$(wc -l <"$W/asked")" = 15 ]
  [ "$(wc -l <"$W/failed")" = 15 ]
  # fifteen programs at once, where one takes seconds to start
  [ $((SECONDS - began)) -le 20 ] || in_guest
  kill -CONT "$DAEMON"
  run -0 ask status
  run -0 ask reload
  stop_watch
}

@test "watch: a mistaken word, and one option too many" {
  run -2 "$CAPSIEVE" watch statsu
  [[ $output == *"did you mean 'status'?"* ]]
  run -2 "$CAPSIEVE" watch --learn 400d
  [[ $output == *"--learn: '400d' is too long: 365d at most"* ]]
  run -2 "$CAPSIEVE" watch status --rules x
  run -2 "$CAPSIEVE" watch test-output
  [[ $output == *"which output"* ]]
}
