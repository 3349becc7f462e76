# SPDX-License-Identifier: BSD-2-Clause
#
# What bash and zsh complete, in real shells on a terminal; and the examples that --help shows.

bats_require_minimum_version 1.5.0
load lib

setup() {
  host_only
  cd "$BATS_TEST_TMPDIR" || return
  touch 'a profile.json' plain.rec
}

# begin SHELL: a file that makes such a shell complete our command lines, as an installed one would; in $REPLY
begin() {
  REPLY=$BATS_TEST_TMPDIR/begin
  case $1 in
  bash) "$CAPSIEVE" completion bash >"$REPLY" ;;
  zsh)
    mkdir -p functions
    "$CAPSIEVE" completion zsh >functions/_capsieve
    echo "fpath=($PWD/functions \$fpath); autoload -Uz compinit; compinit -D -u" >"$REPLY"
    ;;
  esac
}

# becomes SHELL 'LINE -> WORDS'...: where ^ in LINE is TAB
becomes() {
  local shell=$1 expected typed=() line

  shift
  begin "$shell"
  for line; do typed+=("$(tr '^' '\t' <<<"${line% -> *}")"); done
  expected=$(printf '%s\n' "$@")
  run -0 /usr/bin/python3 "$E2E/tab.py" "$shell" "$REPLY" "${typed[@]}"
  diff <(echo "$expected") <(echo "$output")
}

# In every shell the same
LINES_BOTH=(
  'capsieve trac^ -> <trace>'
  'capsieve trace -C net_raw,sys_ti^ -> <trace><-C><net_raw,sys_time>'
  'capsieve trace --attach=fe^ -> <trace><--attach=fexit>'
  'capsieve trace --denied --color ne^ -> <trace><--denied><--color><never>'
  'capsieve profile sh^a^ --format kub^ -> <profile><show><a profile.json><--format><kubernetes>'
  'capsieve profile --no-ou^ -> <profile><--no-outcomes>'
  'capsieve file sn^ -> <file><snapshot>'
  'capsieve watch rel^ -> <watch><reload>'
  'capsieve report pl^ -o out -> <report><plain.rec><-o><out>'
  'capsieve run --as nobo^ -> <run><--as><nobody>'
  'capsieve trace -q -- nolog^ -> <trace><-q><--><nologin>'
  'capsieve ps --columns pid,cap^ -> <ps><--columns><pid,caps>'
  'capsieve nothing^ -> <nothing^>'
)

@test "completion: bash, on a terminal" {
  becomes bash "${LINES_BOTH[@]:0:${#LINES_BOTH[@]}-1}" "capsieve trace -C '!net_r^ -> <trace><-C><!net_raw>" \
    'capsieve nothing^ -> <nothing>' 'capsieve trace --color=nev^ -> <trace><--color=never>' 'capsieve trace --nothing^ -> <trace><--nothing>'
}

@test "completion: zsh, on a terminal" {
  command -v zsh >/dev/null || skip "zsh is not installed here"
  becomes zsh "${LINES_BOTH[@]:0:${#LINES_BOTH[@]}-1}" 'capsieve nothing^ -> <nothing>'
}

# options_of COMMAND: as its --help shows them, each on a line
options_of() {
  # shellcheck disable=SC2086 # two words
  "$CAPSIEVE" $1 --help | sed '/^Examples:/,$d; /^WORD and/,$d; /^Columns:/,$d' |
    sed -nE 's/^  (-.)?(, |  +)?(--[a-z0-9-]+)?.*/\1\n\3/p' | grep '^-' | sort -u
}

@test "completion: every option of every command, and no other" {
  local command file
  file=$("$CAPSIEVE" completion zsh)
  # shellcheck disable=SC1090
  source <("$CAPSIEVE" completion bash)
  for command in $("$CAPSIEVE" --help | sed -nE 's/^  ([a-z]+) .*/\1/p') 'profile show' 'profile diff' 'profile merge'; do
    options=
    _capsieve_takes "$command"
    # shellcheck disable=SC2086
    diff <(options_of "$command") <(printf '%s\n' $options | sort -u)
    sed -n "/^_capsieve-${command/ /-}()/,/^}/p" <<<"$file" | sed -nE "s/^\t\t'\*(--?[a-zA-Z0-9-]+).*/\1/p" >zsh
    diff <(options_of "$command") <(sort -u zsh)
  done
}

@test "completion: a shell that is none, none, and two" {
  run -2 "$CAPSIEVE" completion fish
  [ "$output" = "capsieve completion: unknown shell 'fish'; there are bash, zsh" ]
  run -2 "$CAPSIEVE" completion
  run -2 "$CAPSIEVE" completion bash zsh
}
