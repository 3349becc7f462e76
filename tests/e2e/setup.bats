# SPDX-License-Identifier: BSD-2-Clause
#
# scripts/setup with package managers that only write down what they are asked: what is installed, by whom, and when
# nothing is.

bats_require_minimum_version 1.5.0
load lib

setup() {
  host_only
  BIN=$BATS_TEST_TMPDIR/bin
  MISSING=$BATS_TEST_TMPDIR/missing
  ASKED=$BATS_TEST_TMPDIR/asked
  mkdir "$BIN"
  chmod 755 "$BATS_TEST_TMPDIR" "$BATS_RUN_TMPDIR"
  touch "$ASKED"
  chmod 666 "$ASKED"
  # libyaml is missing as long as the file says so; everything else that pkg-config knows is there.
  echo yaml-0.1 >"$MISSING"
  chmod 666 "$MISSING"
  tool pkg-config 'case "$*" in *yaml-0.1*) ! grep -q yaml-0.1 '"$MISSING"' ;; esac'
  tool sudo 'echo "sudo $1 $2 $3" >>'"$ASKED"'; exec "$@"'
  tool apt-cache 'exit 0'
}

# tool NAME SCRIPT
tool() {
  printf '#!/bin/sh\n%s\n' "$2" >"$BIN/$1"
  chmod 755 "$BIN/$1"
}

# manager NAME: which writes down its words, and installs
manager() {
  tool "$1" 'echo "'"$1"' $*" >>'"$ASKED"'; case "$*" in *install*) : >'"$MISSING"' ;; esac'
}

# The tools that setup itself and its checks of what is there need, and no package manager.
only_ours() {
  local word

  for word in bash sh cat cc clang make grep cut paste sed sort head tail mktemp rm id env llvm-strip bpftool; do
    [ -e "$BIN/$word" ] || ln -s "$(command -v "$word")" "$BIN/$word"
  done
}

# as_nobody COMMAND...
as_nobody() {
  setpriv --reuid 65534 --regid 65534 --clear-groups -- "$@"
}

# All that building needs must be here but what the test takes away.
needs_all() {
  scripts/setup run >/dev/null 2>&1 </dev/null || skip "not all that building needs is here"
}

@test "setup: nothing is missing: nothing is asked, nothing is said" {
  needs_all
  : >"$MISSING"
  manager apt-get
  PATH=$BIN:$PATH run scripts/setup run
  [ "$status" -eq 0 ]
  [ -z "$output" ]
  [ ! -s "$ASKED" ]
}

@test "setup: what is missing comes from apt; root asks no sudo, anybody else does" {
  needs_all
  manager apt-get
  PATH=$BIN:$PATH run scripts/setup run
  echo "$output"
  [ "$status" -eq 0 ]
  [ "$output" = "setup: installing libyaml-dev" ]
  grep -qx 'apt-get .*install -y --no-install-recommends libyaml-dev' "$ASKED"
  ! grep -q sudo "$ASKED" || false

  : >"$ASKED"
  echo yaml-0.1 >"$MISSING"
  PATH=$BIN:$PATH run as_nobody scripts/setup run
  echo "$output"
  [ "$status" -eq 0 ]
  [ "$(grep -c '^sudo ' "$ASKED")" -eq 2 ]
}

@test "setup: without apt it comes from dnf" {
  needs_all
  manager dnf
  only_ours
  PATH=$BIN run scripts/setup run
  echo "$output"
  [ "$status" -eq 0 ]
  [ "$output" = "setup: installing libyaml-devel" ]
  [ "$(<"$ASKED")" = "dnf install -y --setopt=install_weak_deps=False libyaml-devel" ]
}

@test "setup: a manager that fails, none, nobody without sudo: a sentence that names what is missing" {
  needs_all
  tool apt-get 'echo broken; exit 100'
  PATH=$BIN:$PATH run scripts/setup run
  [ "$status" -eq 1 ]
  [[ $output == *"setup: could not install libyaml-dev" ]]

  rm "$BIN/apt-get" "$BIN/sudo"
  only_ours
  PATH=$BIN run scripts/setup run
  [ "$status" -eq 1 ]
  [ "$output" = "setup: this machine has neither apt nor dnf; install by other means: yaml-0.1" ]

  manager apt-get
  PATH=$BIN run "$(command -v setpriv)" --reuid 65534 --regid 65534 --clear-groups -- scripts/setup run
  echo "$output"
  [ "$status" -eq 1 ]
  [ "$output" = "setup: only root can install what is missing, and there is no sudo: yaml-0.1" ]
  [ ! -s "$ASKED" ]
}
