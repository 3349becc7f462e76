#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Every example that a --help shows is run, as it stands there: in a mount namespace of its own whose /etc, /run, /var/lib and
# /usr/local/bin take what is written, with the files, the service and the daemon that the examples speak of. Only lengths of time
# are shorter, and what would go on until Ctrl-C is told to end once it says something.

set -uo pipefail

# shellcheck source=tests/e2e/lib.bash
. "$(dirname "$0")/lib.bash"

skip_all() {
  echo "1..0 # skip $1"
  exit
}

in_guest && skip_all "the same on every kernel: shown on the host"
[ "$(id -u)" = 0 ] || skip_all "only root can run them all"
[ -n "$(probes)" ] || skip_all "no probe works here"
if [ -z "${EXAMPLES_INSIDE-}" ]; then
  unshare -m --propagation private true 2>/dev/null || skip_all "there are no mount namespaces here"
  export EXAMPLES_INSIDE=1
  exec unshare -m --propagation private "$(readlink -f "$0")"
fi

work=$(mktemp -d)
cgroup=$(cgroup2)/system.slice/capsieve-example.service
DAEMON='' SERVICE=''
trap '{ kill -KILL $DAEMON $SERVICE; wait; } 2>/dev/null; rmdir "$cgroup" 2>/dev/null; cd / && umount -q "$work/layers"; rm -rf "$work"' EXIT
n=0

# result NAME WHY: a test has passed where there is no WHY
result() {
  n=$((n + 1))
  [ -n "$2" ] && printf 'not '
  printf 'ok %d - %s\n' $n "$1"
  [ -z "$2" ] || printf '%s\n' "$2" | sed 's/^/# /'
}

# layer DIR: takes what is written to it from now on, and is itself left alone
layer() {
  local to
  to=$work/layers/${1//\//_}
  mkdir -p "$to"/{upper,work}
  mount -t overlay overlay -o "lowerdir=$1,upperdir=$to/upper,workdir=$to/work" "$1"
}

# program NAME LINE...: what the examples start
program() {
  printf '%s\n' '#!/bin/sh' "${@:2}" >"$work/bin/$1"
  chmod 755 "$work/bin/$1"
}

# Everything that an example takes for given.
world() {
  local dir

  chmod 755 "$work"
  mkdir -p "$work"/{bin,layers,try,home/.local/share/bash-completion/completions,home/.zfunc}
  mount -t tmpfs tmpfs "$work/layers" && mount -t tmpfs tmpfs /run || return
  for dir in /etc /var/lib /usr/local/bin; do layer "$dir" || return; done
  cp "$CAPSIEVE" "$work/bin/capsieve"
  chmod 755 "$work/bin/capsieve"
  # shellcheck disable=SC2016 # the program's own
  program sudo 'exec "$@"'
  program server 'true'
  program apt-get 'true'
  program make 'true'
  cp "$CAPSIEVE" /usr/local/bin/web
  export PATH=$work/bin:$PATH HOME=$work/home
  mkdir -p /etc/capsieve/{rules.d,run.d}
  install -d -o nobody /var/lib/pager
  sed 's@^outputs:@&\n  pager: {type: file, path: /var/lib/pager/alerts.jsonl}@; /journal/d' "$E2E/../../packaging/capsieve.yaml" \
    >/etc/capsieve/capsieve.yaml
  cp "$E2E/../../docs/example-rules.yaml" /etc/capsieve/rules.d/50-start.yaml
  printf 'version: 1\ncommand: [/bin/true]\nusers: [root]\ncapabilities: [net_raw]\n' >/etc/capsieve/run.d/capture.yaml
  mkdir -p "$cgroup" && in_place "$cgroup" sleep 1000 3>&- &
  SERVICE=$!
  cd "$work/try" || return
  mkdir profiles
  cp "$E2E/../../docs/pictures/host.rec" day.rec
  cp day.rec week.rec
  cp "$E2E/../../docs/example-rules.yaml" rules.yaml
  cp rules.yaml r.yaml
  for dir in server web ping yesterday today a b monday tuesday host-1 host-2 base new profiles/one profiles/two; do
    capsieve profile -q -o $dir.json -- true >/dev/null 2>&1 || return
  done
}

# shorter LINE: what it says, in no time, and of a service that is surely there
shorter() {
  local all=
  [ -n "${TEST_ALL-}" ] || all='s@(find|snapshot) /( |$)@\1 /usr/bin\2@'
  sed -E "s/-d (5|10)m/-d 1s/; s/--interval 10s/--interval 1s/; s/--unit nginx/--unit capsieve-example/; $all" <<<"$1"
}

# The one of which the examples speak.
daemon_begin() {
  (daemon_under_sanitizers && exec capsieve watch) >daemon 2>&1 3>&- &
  DAEMON=$!
  wait_for 60 capsieve watch status >/dev/null 2>&1 || { cat daemon && exit 1; }
}

daemon_end() {
  kill -TERM "$DAEMON" && wait "$DAEMON"
  DAEMON=
}

# said FILE: something
said() {
  [ -s "$1" ]
}

# until_told LINE: it goes on until it is told to end, and then ends well
until_told() {
  local pid

  : >out
  [[ $1 != *"capsieve watch"* ]] || daemon_under_sanitizers
  # shellcheck disable=SC2086
  eval "exec ${1#sudo }" </dev/null >out 2>&1 3>&- &
  pid=$!
  wait_for 60 said out || { kill -KILL $pid && echo "it says nothing" && return; }
  kill -TERM $pid
  wait $pid || { echo "status $?:" && cat out; }
}

# at_once LINE: it ends by itself, and well
at_once() {
  local status

  timeout 100 bash -c "$1" </dev/null >out 2>&1 3>&-
  status=$?
  case $1:$status in
  # what they are about to find is found
  *'check rules.yaml --replay'*:3 | *'profile diff'*:3 | *'profile --expect'*:3 | *'file drift'*:3 | *:0) ;;
  *) echo "status $status:" && tail -n 20 out ;;
  esac
}

try() {
  local line

  line=$(shorter "$1")
  case $1 in
  'capsieve watch')
    daemon_end
    result "$1" "$(until_told "$line")"
    daemon_begin
    ;;
  'capsieve trace --denied' | 'sudo capsieve top' | 'sudo capsieve top --by'* | 'capsieve watch --rules'*)
    result "$1" "$(until_told "$line")"
    ;;
  *) result "$1" "$(at_once "$line")" ;;
  esac
}

# examples COMMAND: as its --help has them
examples() {
  # shellcheck disable=SC2086 # two words
  capsieve $1 --help | sed '1,/^Examples:/d' | sed -n 's/^  \([^ ]\)/\1/p'
}

world >"$work/log" 2>&1 || skip_all "this machine has not what the examples speak of: $(tail -n1 "$work/log")"
daemon_begin
mapfile -t commands < <(capsieve --help | sed -nE 's/^  ([a-z]+) .*/\1/p')
for command in "${commands[@]}" 'profile show' 'profile diff' 'profile merge'; do
  mapfile -t lines < <(examples "$command")
  [ ${#lines[@]} -ge 3 ] && why='' || why="${#lines[@]}"
  result "$command --help has three examples" "$why"
  for line in "${lines[@]}"; do try "$line"; done
done
echo "1..$n"
