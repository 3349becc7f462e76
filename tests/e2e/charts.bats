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
