# SPDX-License-Identifier: BSD-2-Clause
#
# Small pictures in text: on a terminal alone, by its locale, and in colours only where those may be.

setup_file() {
  export RECORDING=$BATS_TEST_DIRNAME/../replay/classes.rec TZ=UTC LC_ALL=C.UTF-8
  unset NO_COLOR
}

bats_require_minimum_version 1.5.0

setup() {
  load lib
  host_only
  P=$BATS_TEST_TMPDIR
}

# on_terminal ARGS: what capsieve profile prints on one
on_terminal() {
  script -qec "'$CAPSIEVE' profile $* --replay '$RECORDING'" /dev/null </dev/null | tr -d '\r'
}

@test "a terminal: how often as bars, and when as tracks; what is advised is marked" {
  TERM=xterm on_terminal >"$P.utf"
  grep -q "  asked for              times                    12:07:07              12:07:08" "$P.utf"
  grep -q $'^\033\[32m\* sys_admin                 32  ████████████████  ━' "$P.utf"
  grep -q $'^\033\[2m  fsetid                     8  ████              ·' "$P.utf"
  TERM=xterm LC_ALL=C on_terminal >"$P.ascii"
  grep -q $'^\033\[32m\* sys_admin                 32  ################  ==' "$P.ascii"
  run ! grep -q "█" "$P.ascii"
}

@test "colours by --color and NO_COLOR; the pictures stay" {
  NO_COLOR=1 TERM=xterm on_terminal >"$P.none"
  TERM=xterm on_terminal --color never >"$P.never"
  cmp "$P.none" "$P.never"
  run ! grep -q $'\033' "$P.never"
  grep -q "^\* sys_admin  *32  ████████████████  ━" "$P.never"
}

@test "a pipe and a dumb terminal: the text alone, the same in every locale" {
  "$CAPSIEVE" profile --replay "$RECORDING" >"$P.pipe"
  LC_ALL=C "$CAPSIEVE" profile --replay "$RECORDING" | cmp - "$P.pipe"
  TERM=dumb on_terminal 2>/dev/null | cmp - "$P.pipe"
  run ! grep -q "asked for  *times" "$P.pipe"
  "$CAPSIEVE" profile --replay "$RECORDING" --color always >"$P.always"
  grep -q $'^\033\[32m\* sys_admin  *32  █' "$P.always"
  # nothing but the pictures came to it
  TERM=xterm on_terminal --color never | sed '/^  asked for /,/^  \* advised$/d' | cat -s | cmp - <(cat -s "$P.pipe")
}

@test "a saved profile, and all workloads of a host, too" {
  "$CAPSIEVE" profile --replay "$RECORDING" -o "$P.json" >/dev/null
  TERM=xterm script -qec "'$CAPSIEVE' profile show '$P.json'" /dev/null </dev/null | grep -q "\* sys_admin  *32  █"
  TERM=xterm on_terminal --host | grep -q " [0-9]*  ████████ *?  "
}

@test "pictures are as wide as the page: the terminal, or COLUMNS; where there is no room for the time there are bars" {
  local columns widest

  for columns in 40 57 60 80 100 120; do
    COLUMNS=$columns "$CAPSIEVE" profile --replay "$RECORDING" --color always | sed 's/\x1b\[[0-9;]*m//g' >"$P.$columns"
    widest=$(sed -n '/^  asked for /,/^  \* advised$/p' "$P.$columns" | wc -L)
    echo "$columns: $widest"
    [ "$widest" -le "$columns" ]
    [ "$columns" -lt 57 ] || [ "$widest" -eq "$columns" ]
  done
  run ! grep -q "━" "$P.40"
  grep -q "^\* sys_admin  *32  ████████$" "$P.40"
  grep -q "━" "$P.57"
  COLUMNS=60 "$CAPSIEVE" profile -q --replay "$BATS_TEST_DIRNAME/../replay/targets.rec" --host --color always |
    sed 's/\x1b\[[0-9;]*m//g' >"$P.host"
  grep -A1 "^docker:web  *root" "$P.host" | grep -q "^    chown, sys_chroot$"
}
