# SPDX-License-Identifier: BSD-2-Clause
#
# What monitoring makes of the daemon's sender: Prometheus, Alertmanager and rsyslog as the distribution has them.

bats_require_minimum_version 1.5.0
load lib

ALERT='{"v":1,"time":"2026-11-22T02:50:01.123456789Z","type":"alert","host":"web-01","message":"nginx[7] was denied CAP_BPF","rule":"no bpf","severity":"error","cap":"CAP_BPF","verdict":"denied","pid":7,"workload":"docker:web"}'

setup() {
  W=$BATS_TEST_TMPDIR
  ROOT=$BATS_TEST_DIRNAME/../..
  : "${TRIP:=$ROOT/build/tests}"
  [ -x "$TRIP/feed" ] || skip "no $TRIP/feed"
  STARTED=()
  CGROUPS=()
  MOUNTED=
}

teardown() {
  local pid

  exec 7>&-
  for pid in "${STARTED[@]}"; do
    { kill "$pid" && wait "$pid"; } 2>/dev/null || :
  done
  for pid in "${CGROUPS[@]}"; do rmdir "$pid" 2>/dev/null || :; done
  [ -z "$MOUNTED" ] || umount "$MOUNTED"
}

needs() {
  command -v "$1" >/dev/null || skip "no $1"
}

config() {
  printf '%s\n' 'version: 1' "$@" >"$W/config.yaml"
}

free_port() {
  /usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# COMMAND...: until it succeeds
until_() {
  for _ in {1..600}; do
    "$@" >/dev/null 2>&1 && return
    sleep 0.1
  done
  echo "never: $*"
  return 1
}

# A sender that goes on: its commands are written to descriptor 7
start_feed() {
  mkfifo "$W/commands"
  "$TRIP/feed" "$W/spool" "$W/config.yaml" <"$W/commands" >"$W/said" 2>&1 3>&- &
  STARTED+=($!)
  exec 7>"$W/commands"
  until_ grep -q '^configured' "$W/said"
}

# finds URL FILTER: what is there says so (of nothing at all `jq -e` takes any filter)
finds() {
  curl -fs "$1" | jq -es "length == 1 and (.[0] | $2)"
}

# series QUERY VALUE: Prometheus has it
series() {
  finds "http://127.0.0.1:$SERVER/api/v1/query?query=$1" ".data.result[0].value[1] == \"$2\""
}

get() {
  curl -fsS "http://127.0.0.1:$PORT$1"
}

# Of series their names and those of their labels
kinds() {
  sed -E 's/="([^"\\]|\\.)*"//g; s/, */,/g; s/\{\}//' | sort -u
}

# two_rules RULE: what the web server's profile has is allowed, and RULE
two_rules() {
  printf '%s\n' '{"type":"profile","version":1,"status":"verified","incomplete":false,"advice":{"capabilities":["CAP_CHOWN"],"bounding":["CAP_CHOWN"],"user":null,"group":null,"no_new_privs":true}}' >"$W/web.json"
  cat >"$W/rules.yaml" <<END
version: 1
default: ignore
rules:
  - {name: web, where: {unit: capsieve-web}, allow_profile: web.json, otherwise: log}
  - $1
END
}

@test "metrics: promtool has nothing to say, over HTTP and in the file; nothing else is answered" {
  needs promtool
  PORT=$(free_port)
  config "outputs: {file: {type: file, path: $W/a.jsonl}}" "metrics: {listen: '127.0.0.1:$PORT', textfile: $W/capsieve.prom}"
  start_feed
  echo "metrics $ROOT/tests/sender/all.metrics" >&7
  echo "alert 3 - key $ALERT" >&7
  until_ test -s "$W/capsieve.prom"
  until_ eval 'get /metrics | grep -q "capsieve_output_records_total.*file.*ok.* 1$"'
  get /metrics >"$W/metrics"
  promtool check metrics <"$W/metrics"
  promtool check metrics <"$W/capsieve.prom"
  grep -qF 'capsieve_workload_capability_checks_total{workload="docker:\"web\"\\",capability="CAP_BPF",verdict="denied"} 3' "$W/metrics"
  grep -qx 'capsieve_capability_checks_total{capability="CAP_SYS_ADMIN",verdict="allowed"} 123456789012' "$W/metrics"
  [ "$(stat -c %a "$W/capsieve.prom")" = 644 ]
  [ "$(get /healthz)" = ok ]
  [ "$(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$PORT/")" = 404 ]
  [ "$(curl -s -o /dev/null -w '%{http_code}' -d x "http://127.0.0.1:$PORT/metrics")" = 405 ]
  curl -sI "http://127.0.0.1:$PORT/metrics" | grep -q '^HTTP/1.1 200'
  # Every metric of the rules and of the dashboard is one of ours.
  comm -13 <(sed -n 's/^# TYPE \([^ ]*\) .*/\1/p' "$W/metrics" | sort -u) \
    <(jq -r '.panels[].targets[].expr' "$ROOT/packaging/grafana/capsieve.json" |
      cat - <(grep expr: "$ROOT/packaging/prometheus/capsieve.rules.yaml") |
      grep -oE '\b(capsieve|process)_[a-z_]+' | sort -u) >"$W/unknown"
  cat "$W/unknown"
  [ ! -s "$W/unknown" ]
  # And every series of their test is one of these, with its very labels: what fires there fires here.
  comm -13 <(sed -n '/^[a-z]/s/ [^ ]*$//p' "$W/metrics" | kinds) \
    <(grep -o "capsieve_[a-z_]*{[^}]*}" "$ROOT/packaging/prometheus/capsieve.test.yaml" | sed 's/job="[^"]*", instance="[^"]*"\(, \)*//' | kinds) \
    >"$W/unknown"
  cat "$W/unknown"
  [ ! -s "$W/unknown" ]
}

# times COUNT WORDS: this often, the sender said so
times() {
  [ "$(grep -cF "$2" "$W/said")" = "$1" ]
}

@test "metrics: a textfile that has no room or no directory any more is told once, and told when it is written again" {
  [ "$(id -u)" = 0 ] || skip "not root"
  mkdir "$W/text"
  mount -t tmpfs -o size=64k,mode=755 none "$W/text" || skip "no mounts here"
  MOUNTED=$W/text
  config "metrics: {textfile: $W/text/capsieve.prom}"
  start_feed
  echo "capsieve_workloads 3" >"$W/three"
  echo "capsieve_workloads 4" >"$W/four"
  echo "metrics $W/three" >&7
  until_ grep -q '^capsieve_workloads 3' "$W/text/capsieve.prom"
  # full: the old one stays, whole, and no beginning of a new one beside it
  dd if=/dev/zero of="$W/text/ballast" bs=4k 2>/dev/null || :
  echo "metrics $W/four" >&7
  until_ times 1 "says: metrics: the textfile cannot be written by user 0: No space left on device"
  grep -q '^capsieve_workloads 3' "$W/text/capsieve.prom"
  [ "$(ls "$W/text")" = "ballast
capsieve.prom" ]
  until_ grep -q '^metrics metrics: the textfile cannot be written by user 0: No space left on device' "$W/said"
  rm "$W/text/ballast"
  until_ times 1 "says: metrics: the textfile is written again"
  grep -q '^capsieve_workloads 4' "$W/text/capsieve.prom"
  # gone
  umount "$W/text"
  MOUNTED=
  rmdir "$W/text"
  until_ times 1 "says: metrics: the textfile cannot be written by user 0: No such file or directory"
  mkdir "$W/text"
  until_ times 2 "says: metrics: the textfile is written again"
  grep -q '^capsieve_workloads 4' "$W/text/capsieve.prom"
  times 1 "says: metrics: the textfile cannot be written by user 0: No space left on device"
}

@test "metrics: a port that is taken is told, and tried again until it is free" {
  PORT=$(free_port)
  /usr/bin/python3 -c "import socket, time
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(('127.0.0.1', $PORT)); s.listen()
open('$W/taken', 'w').close(); time.sleep(100)" 3>&- &
  local taker=$!
  STARTED+=($taker)
  until_ test -e "$W/taken"
  config "outputs: {file: {type: file, path: $W/a.jsonl}}" "metrics: {listen: '127.0.0.1:$PORT'}"
  start_feed
  grep -q '^configured ok' "$W/said"
  grep -qx "says: metrics: cannot listen on 127.0.0.1:$PORT: Address already in use; it is tried again every 10 s" "$W/said"
  until_ grep -qx "metrics metrics: cannot listen on 127.0.0.1:$PORT: Address already in use" "$W/said"
  kill "$taker"
  until_ grep -qx 'says: metrics: it listens now' "$W/said"
  [ "$(get /healthz)" = ok ]
}

@test "metrics: the rules for Prometheus are good, and fire when they should" {
  needs promtool
  promtool check rules "$ROOT/packaging/prometheus/capsieve.rules.yaml"
  (cd "$ROOT/packaging/prometheus" && promtool test rules capsieve.test.yaml)
  # each of them is silent there where all is well, and fires where nothing is
  for alert in $(sed -n 's/^ *- alert: //p' "$ROOT/packaging/prometheus/capsieve.rules.yaml"); do
    grep -qF "{eval_time: 50m, alertname: $alert}" "$ROOT/packaging/prometheus/capsieve.test.yaml"
    grep -qF "{labels: '{alertname=\"$alert\"}', value: 1}" "$ROOT/packaging/prometheus/capsieve.test.yaml"
  done
}

# start_prometheus [RULES]: of what listens at $PORT; its own is $SERVER
start_prometheus() {
  SERVER=$(free_port)
  cat >"$W/prometheus.yml" <<END
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [$(realpath "${1:-$ROOT/packaging/prometheus/capsieve.rules.yaml}")]
scrape_configs:
  - {job_name: capsieve, static_configs: [{targets: ['127.0.0.1:$PORT']}]}
END
  prometheus --config.file="$W/prometheus.yml" --storage.tsdb.path="$W/tsdb" --web.listen-address="127.0.0.1:$SERVER" \
    >"$W/prometheus.log" 2>&1 3>&- 7>&- &
  STARTED+=($!)
}

# fires ALERT FILTER: of its labels
fires() {
  finds "http://127.0.0.1:$SERVER/api/v1/alerts" \
    "any(.data.alerts[]; .labels.alertname == \"$1\" and .state == \"firing\" and (.labels | $2))"
}

# told SERIES: there is one, and it is not 0
told() {
  get /metrics | grep -F "$1" | grep -qv ' 0$'
}

@test "metrics: Prometheus scrapes, and fires for rules that were refused" {
  needs prometheus
  PORT=$(free_port)
  config "metrics: {listen: '127.0.0.1:$PORT'}"
  start_feed
  echo "metrics $ROOT/tests/sender/all.metrics" >&7
  start_prometheus
  until_ fires CapsieveRulesRejected true
  # A scrape that was late takes all of it away, until the next.
  until_ series capsieve_events_received_total 6
}

@test "metrics: the daemon's own, by workload; Prometheus fires for a rule's first alert and for what no profile has" {
  local web db

  needs prometheus
  host_only
  [ -n "$(probes)" ] || skip "no probe works here"
  place capsieve-web.service && web=$REPLY
  place capsieve-db.service && db=$REPLY
  PORT=$(free_port)
  chmod 755 "$W"
  two_rules '{name: "db'"'"'s root", where: {unit: capsieve-db}, alert: sys_chroot, severity: critical}'
  config "metrics: {listen: '127.0.0.1:$PORT', workloads: 1}" "outputs: {file: {type: file, path: $W/alerts}}"
  ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:detect_leaks=0:handle_segv=0} \
    "$CAPSIEVE" watch --rules "$W/rules.yaml" --config "$W/config.yaml" --state "$W/state" --run "$W/run" \
    >"$W/said" 2>&1 3>&- 7>&- &
  STARTED+=($!)
  until_ grep -q 'watching by' "$W/said" || { cat "$W/said" && false; }
  until_ eval 'get /metrics >"$W/metrics" && grep -q capsieve_workloads "$W/metrics"'
  grep -qxF 'capsieve_alerts_total{rule="db'"'"'s root",severity="critical"} 0' "$W/metrics"
  start_prometheus
  until_ series capsieve_alerts_total 0
  for _ in 1 2 3; do in_place "$web" "$TRIP/trip" fchown; done
  in_place "$web" "$TRIP/trip" mlock
  in_place "$db" "$TRIP/trip" chroot
  until_ told 'capsieve_profile_violations_total{workload="unit:capsieve-web.service",capability="CAP_IPC_LOCK"}' ||
    { get /metrics; cat "$W/said"; false; }
  # The second has no series of its own.
  until_ told 'capsieve_workload_capability_checks_total{workload="other",capability="CAP_SYS_CHROOT",verdict="allowed"}'
  until_ told 'capsieve_workload_capability_checks_total{workload="unit:capsieve-web.service",capability="CAP_CHOWN",verdict="allowed"}'
  get /metrics | tee "$W/metrics" | promtool check metrics
  ! grep 'capsieve-db' "$W/metrics" || false
  [ "$(awk '$1 == "capsieve_workloads" { print $2 }' "$W/metrics")" -ge 2 ]
  # What the kernel does not count is absent, and not 0.
  [ "$(</proc/sys/kernel/bpf_stats_enabled)" = 1 ] || run ! grep '^capsieve_bpf_run' "$W/metrics"
  until_ fires CapsieveOutsideProfile '.workload == "unit:capsieve-web.service" and .capability == "CAP_IPC_LOCK"'
  until_ fires CapsieveUnexpectedUse '.rule == "db'"'"'s root"'
}

# fires_of_one_more ALERT FILTER: or else there is one container more, which no engine has
fires_of_one_more() {
  local id

  fires "$@" && return
  id=$(head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n')
  place "docker-$id.scope"
  in_place "$REPLY" "$TRIP/trip" chroot
  return 1
}

@test "metrics: with shorter times each rule for Prometheus fires for the real daemon, and none before" {
  local web db refuse collector

  needs prometheus
  host_only
  [ -n "$(probes)" ] || skip "no probe works here"
  place capsieve-web.service && web=$REPLY
  place capsieve-db.service && db=$REPLY
  chmod 755 "$W"
  /usr/bin/python3 "$ROOT/tests/sender/receiver.py" "$W" >/dev/null 2>&1 3>&- 7>&- &
  STARTED+=($!)
  echo 404 >"$W/refuse"
  echo 503 >"$W/stuck"
  until_ test -s "$W/port"
  refuse=$(<"$W/port")
  PORT=$(free_port)
  two_rules '{name: db, where: {unit: capsieve-db}, alert: sys_chroot, outputs: [refuse, stuck]}'
  config "metrics: {listen: '127.0.0.1:$PORT', workloads: 2}" "outputs:" \
    "  refuse: {type: webhook, url: 'http://127.0.0.1:$refuse/refuse'}" \
    "  stuck: {type: webhook, url: 'http://127.0.0.1:$refuse/stuck'}"
  daemon_under_sanitizers
  ASAN_OPTIONS=${ASAN_OPTIONS-} "$CAPSIEVE" watch --rules "$W/rules.yaml" --config "$W/config.yaml" --state "$W/state" --run "$W/run" \
    --ring 512K >"$W/said" 2>&1 3>&- 7>&- &
  collector=$!
  STARTED+=($collector)
  until_ grep -q 'watching by' "$W/said" || { cat "$W/said" && false; }
  sed -E 's/for: (5|15)m/for: 1s/; s/\[(5|10|15)m\]/[20s]/g; s/offset 10m/offset 20s/; s/> 900 /> 20 /' \
    "$ROOT/packaging/prometheus/capsieve.rules.yaml" >"$W/short.yaml"
  [ "$(grep -cE '[0-9]m\b|900' "$W/short.yaml")" = 0 ]
  start_prometheus "$W/short.yaml"
  until_ series 'capsieve_alerts_total%7Brule="db"%7D' 0
  # long enough for what is absent or silent at the start
  until_ finds "http://127.0.0.1:$SERVER/api/v1/query?query=count_over_time(capsieve_build_info%5B20s%5D)" \
    '.data.result[0].value[1] | tonumber > 11'
  # What else this machine does may be lost, which the outputs have to tell then, or be in containers.
  finds "http://127.0.0.1:$SERVER/api/v1/alerts" '[.data.alerts[].labels | select((.rule // "db") == "db") | .alertname] -
    ["CapsieveLosing", "CapsieveOutputStuck", "CapsieveAlertsLost", "CapsieveContainersUnknown"] == []'
  in_place "$web" "$TRIP/trip" mlock
  in_place "$db" "$TRIP/trip" chroot
  until_ fires CapsieveOutsideProfile '.workload == "unit:capsieve-web.service" and .capability == "CAP_IPC_LOCK"'
  until_ fires CapsieveUnexpectedUse '.rule == "db" and .severity == "warning"'
  until_ fires CapsieveAlertsLost '.output == "refuse"'
  until_ fires CapsieveOutputStuck '.output == "stuck"'
  until_ fires_of_one_more CapsieveContainersUnknown '.engine == "docker"'
  printf 'rules: [\n' >>"$W/rules.yaml"
  kill -HUP $collector
  until_ fires CapsieveRulesRejected true
  kill -STOP $collector
  "$TRIP/hush" short 5000
  until_ fires CapsieveBlind true
  kill -CONT $collector
  until_ fires CapsieveLosing '.cause == "ring_full"'
  kill $collector
  wait $collector || :
  until_ fires CapsieveAbsent true
}

@test "metrics: node_exporter reads the file, and has them as they are" {
  local port

  needs prometheus-node-exporter
  mkdir "$W/text"
  config "metrics: {textfile: $W/text/capsieve.prom}"
  start_feed
  echo "metrics $ROOT/tests/sender/all.metrics" >&7
  until_ test -s "$W/text/capsieve.prom"
  port=$(free_port)
  prometheus-node-exporter --collector.disable-defaults --collector.textfile --collector.textfile.directory="$W/text" \
    --web.listen-address="127.0.0.1:$port" >"$W/node.log" 2>&1 3>&- 7>&- &
  STARTED+=($!)
  until_ eval 'curl -fsS "http://127.0.0.1:'"$port"'/metrics" >"$W/node" && grep -q ^node_textfile_mtime "$W/node"'
  grep -qx 'node_textfile_scrape_error 0' "$W/node"
  # Every one of them, with its labels; of the numbers it has another notation.
  diff <(grep '^[a-z]' "$W/text/capsieve.prom" | sed 's/ [^ ]*$//' | grep ^capsieve | sort) \
    <(grep ^capsieve_ "$W/node" | sed 's/ [^ ]*$//' |
      /usr/bin/python3 -c '
import re, sys
order = {}
for line in open(sys.argv[1]):
    if line[0] != "#":
        order[line.split("{")[0].split(" ")[0]] = re.findall(r"(\w+)=\"", line)
for line in sys.stdin:
    name, _, labels = line.strip().partition("{")
    found = dict(re.findall(r"(\w+)=(\"(?:[^\"\\]|\\.)*\")", labels))
    print(name + ("{" + ",".join(f"{k}={found[k]}" for k in order[name]) + "}" if found else ""))
' "$W/text/capsieve.prom" | sort)
  grep -q '^capsieve_capability_checks_total{capability="CAP_SYS_ADMIN",verdict="allowed"} 1.23456789012e+11$' "$W/node"
  grep -q '^capsieve_profile_violations_total{capability="CAP_BPF",workload="docker:web"} 2$' "$W/node"
}

@test "metrics: Alertmanager has the alert with its labels, and it ends by itself" {
  local server

  needs prometheus-alertmanager
  server=$(free_port)
  printf '%s\n' 'route: {receiver: none}' 'receivers: [{name: none}]' >"$W/am.yml"
  prometheus-alertmanager --config.file="$W/am.yml" --storage.path="$W/am" --cluster.listen-address= \
    --web.listen-address="127.0.0.1:$server" >"$W/am.log" 2>&1 3>&- &
  STARTED+=($!)
  until_ curl -fs "http://127.0.0.1:$server/-/ready"
  config "outputs:" "  am: {type: webhook, format: alertmanager, resolve_after: 6s," \
    "       url: 'http://127.0.0.1:$server/api/v2/alerts'}"
  start_feed
  echo "alert 2 - key $ALERT" >&7
  until_ finds "http://127.0.0.1:$server/api/v2/alerts" '
    .[0].labels == {alertname: "CapsieveRule", source: "capsieve", severity: "critical", rule: "no bpf",
      host: "web-01", workload: "docker:web", capability: "CAP_BPF", verdict: "denied"}
    and .[0].status.state == "active"'
  until_ finds "http://127.0.0.1:$server/api/v2/alerts" 'length == 0'
}

@test "metrics: rsyslog reads what is sent over UDP, TCP and its socket" {
  local udp tcp

  needs rsyslogd
  udp=$(free_port)
  tcp=$(free_port)
  cat >"$W/rsyslog.conf" <<END
module(load="imudp")
module(load="imtcp")
module(load="imuxsock" SysSock.Use="off")
input(type="imudp" address="127.0.0.1" port="$udp")
input(type="imtcp" address="127.0.0.1" port="$tcp")
input(type="imuxsock" Socket="$W/log" UseSpecialParser="off")
template(name="all" type="list") { property(name="jsonmesg") constant(value="\n") }
action(type="omfile" file="$W/logged" template="all")
END
  rsyslogd -n -f "$W/rsyslog.conf" -i "$W/rsyslog.pid" >"$W/rsyslog.log" 2>&1 3>&- &
  STARTED+=($!)
  until_ test -S "$W/log"
  until_ eval "exec 9<>/dev/tcp/127.0.0.1/$tcp"
  config "outputs:" "  udp: {type: syslog, address: 'udp://127.0.0.1:$udp'}" \
    "  tcp: {type: syslog, address: 'tcp://127.0.0.1:$tcp', facility: local3, format: json}" \
    "  local: {type: syslog, address: $W/log}"
  start_feed
  echo "alert 2 - key $ALERT" >&7
  until_ eval '[ "$(grep -c "was denied CAP_BPF" "$W/logged")" = 3 ]' || { cat "$W/said" "$W/rsyslog.log" "$W/logged"; false; }
  cat "$W/logged"
  jq -s -e 'map(select(."app-name" == "capsieve" and .hostname == "test-host" and .programname == "capsieve")) | length == 3' "$W/logged"
  jq -s -e 'map(select(.syslogfacility == "19" and (.msg | contains("@cee:")))) | length == 1' "$W/logged"
  jq -s -e 'map(select(.syslogseverity == "2")) | length == 3' "$W/logged"
}
