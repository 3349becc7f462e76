#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Each row of docs/libcap.md: its command is run, and prints what the table says and what libcap itself says of the
# same thing (tests/libcap). And nothing is missing: every name of the Go package, every function of the C header.

set -uo pipefail

# shellcheck source=tests/e2e/lib.bash
. "$(dirname "$0")/lib.bash"
DOC=$E2E/../../docs/libcap.md
NAMES=$E2E/../libcap/go-names
# shellcheck disable=SC2016 # code in a cell
SPAN='`[^`]*`'

skip_all() {
  echo "1..0 # skip $1"
  exit
}

in_guest && skip_all "the same on every kernel: shown on the host"
[ "$(id -u)" = 0 ] || skip_all "only root can do what libcap does"
for tool in jq capsh getcap setpriv; do
  command -v $tool >/dev/null || skip_all "there is no $tool"
done
[ -x "$TRIP/libcap" ] || skip_all "this libcap is older than 2.64, and lacks functions that the rows are compared with"
# On a file system that takes file capabilities.
work=$(mktemp -d /var/tmp/capsieve-libcap.XXXXXX)
trap 'kill "${PID-}" 2>/dev/null; rm -rf "$work"' EXIT
chmod 755 "$work"
cp "$CAPSIEVE" "$work/capsieve"
export PATH=$work:$PATH
(mkdir "$work/try" && cd "$work/try" && "$TRIP/libcap" prepare) 2>/dev/null ||
  skip_all "no capabilities with a root id on files here"
setpriv --reuid 65534 --regid 65534 --clear-groups --bounding-set=-chown --inh-caps=-all,+kill,+fowner \
  --ambient-caps=-all,+kill sleep 600 3>&- &
export PID=$!
wait_for 10 is_named $PID sleep

# The rows of all tables, their cells between unit separators.
rows() {
  awk -v FS='[|]' -v OFS='\037' '
    /^\| `/ {
      gsub(/\\\|/, "\036")
      for (i = 2; i <= 5; i++) { gsub(/^ +| +$/, "", $i); gsub(/\036/, "|", $i) }
      print $2, $3, $4, $5
    }' "$DOC"
}

# spans CELL: what stands as code in it, a line each
spans() {
  grep -o "$SPAN" <<<"$1" | tr -d '`'
}

n=0

# result NAME WHY: a test has passed where there is no WHY
result() {
  n=$((n + 1))
  [ -n "$2" ] && printf 'not '
  printf 'ok %d - %s\n' $n "$1"
  [ -z "$2" ] || printf '%s\n' "$2" | sed 's/^/# /'
}

# judge WANTED SAID STATUS LIBCAP: why a row is wrong. WANTED is the last cell.
judge() {
  local wanted=$1 said=$2 status=$3 libcap=$4 exit=0

  [[ $wanted =~ ,\ exit\ ([0-9]+) ]] && exit=${BASH_REMATCH[1]}
  [ "$status" = "$exit" ] || echo "exit status $status and not $exit"
  if [[ $wanted == '`'* ]]; then
    # All that begins the cell as code: each span is a line.
    wanted=$(grep -oE "^($SPAN ?)+" <<<"$wanted")
    wanted=$(spans "$wanted")
    [ "$said" = "$wanted" ] || printf 'the table:\n%s\n' "$wanted"
  fi
  case $libcap in
  "error "*) [ "$status" != 0 ] || echo "libcap refuses it: $libcap" ;;
  *) [ "$said" = "$libcap" ] || printf 'libcap:\n%s\n' "$libcap" ;;
  esac
}

# fresh: an empty directory with the files of the examples
fresh() {
  rm -rf "$work/try"
  mkdir "$work/try"
  cd "$work/try" && "$TRIP/libcap" prepare
}

# try_row NAME COMMAND PRINTS
try_row() {
  local said status libcap why

  fresh
  said=$(set +o pipefail && eval "$2" 2>&1 3>&-)
  status=$?
  fresh
  libcap=$("$TRIP/libcap" "$1" 2>&1)
  why=$(judge "$3" "$said" $status "$libcap")
  [ -z "$why" ] || why=$(printf '%s\n%s\nstatus %d: %s\n' "$2" "$why" $status "$said")
  result "$1" "$why"
}

none=0
while IFS=$'\037' read -r go _ command prints; do
  name=$(spans "$go" | head -n1)
  if [ "$command" = none ]; then
    none=$((none + 1))
    result "$name has no command, and says why" "$([ -n "$prints" ] || echo "it does not")"
  else
    command=${command#\`}
    try_row "$name" "${command%\`}" "$prints"
  fi
done < <(rows)
cd / || exit

grep -q "^$none rows have no command" "$DOC" && why='' || why="there are $none"
result "$none rows have no command, as the page says" "$why"
while IFS=$'\037' read -r go _; do spans "$go"; done < <(rows) | sort >"$work/has"
sort "$NAMES" >"$work/wanted"
result "every name of the Go package has a row, and only one" "$(comm -13 "$work/has" "$work/wanted"; uniq -d "$work/has")"
header() {
  echo '#include <sys/capability.h>' | cc -E - 2>/dev/null
}
if command -v cc >/dev/null && header >"$work/header.i"; then
  # capget and capset are system calls, which libcap only passes on.
  functions=$(grep -oE '\bcap[a-z_]*[a-z] *\(' "$work/header.i" | tr -d '( ' | grep -vxE 'capget|capset' | sort -u)
  result "every function of libcap's C header has a row" "$(for f in $functions; do
    grep -qE "^[|].*\`${f}(\`|[(])" "$DOC" || echo "$f"
  done)"
else
  echo "ok $((n += 1)) - every function of libcap's C header has a row # skip there is no compiler, or no header"
fi
echo "1..$n"
