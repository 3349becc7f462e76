# SPDX-License-Identifier: BSD-2-Clause
#
# scripts/check-layers on small trees, each with one thing wrong.

setup() {
  TREE=$BATS_TEST_TMPDIR/tree
  mkdir -p "$TREE"/{bpf,user/{base,caps,model,host,source,rule,sink,sender,view,cmd}}
  touch "$TREE"/bpf/{event,config}.h "$TREE"/user/base/buf.h "$TREE"/user/sink/sink.h "$TREE"/user/view/page.h \
    "$TREE"/user/rule/{config,rules}.h
  file user/main.c '#include "user/base/buf.h"'
}

file() {
  printf '%s\n' "${@:2}" >"$TREE/$1"
}

check() {
  run scripts/check-layers "$TREE"
}

wrong() {
  check
  echo "$output"
  [ "$status" -eq 1 ]
  [ "${#lines[@]}" -eq 1 ]
  [[ ${lines[0]} == "$1"* ]]
}

@test "check-layers: a good tree passes" {
  file user/cmd/trace.c '#include "user/sink/sink.h"' '#include <fcntl.h>' 'int x = open("/proc/self", 0);'
  file user/host/launch.c '#include "user/base/buf.h"' 'void f(void) { fork(); }'
  file user/model/a.c '/* fork() and "user/cmd/x.h" in a comment, */' '// stderr in another' 'char s[] = "printf(";'
  check
  [ "$status" -eq 0 ]
}

@test "check-layers: an include upwards" {
  file user/base/buf.c '/* two' 'lines */' '#include "user/view/page.h"'
  wrong 'user/base/buf.c:3: user/base must not include "user/view/page.h"'
}

@test "check-layers: stages include each other" {
  file user/source/live.c '#include "user/sink/sink.h"'
  wrong 'user/source/live.c:1: user/source must not include "user/sink/sink.h"'
}

@test "check-layers: the sender knows the configuration, and no rules" {
  file user/sender/spool.c '#include "user/rule/config.h"' '#include "user/rule/rules.h"'
  wrong 'user/sender/spool.c:2: user/sender must not include "user/rule/rules.h"'
}

@test "check-layers: an include that is not from the root" {
  file user/base/buf.c '#include "buf.h"'
  wrong 'user/base/buf.c:1: "buf.h" is no file'
}

@test "check-layers: the contract's settings are the source's alone" {
  file user/sink/text.c '#include "bpf/config.h"'
  wrong 'user/sink/text.c:1: user/sink must not include "bpf/config.h"'
}

@test "check-layers: what is pure touches nothing" {
  file user/model/a.c '#include <fcntl.h>'
  wrong 'user/model/a.c:1: <fcntl.h> in user/model, which is pure'
  file user/model/a.c 'int f(void) { return open("x", 0); }'
  wrong 'user/model/a.c:1: open() in user/model, which is pure'
}

@test "check-layers: nothing prints below the commands" {
  file user/host/a.c 'void f(void) { fputs("x", stderr); }'
  wrong 'user/host/a.c:1: stderr in user/host'
  file user/host/a.c 'void f(void) { printf("x"); }'
  wrong 'user/host/a.c:1: printf() in user/host'
}

@test "check-layers: only the host reads /proc" {
  file user/source/a.c 'const char *p = "/proc/self/maps";'
  wrong 'user/source/a.c:1: user/source names /proc'
}

@test "check-layers: one file forks, one has the skeleton, one emits escapes" {
  for what in 'void f(void) { fork(); }' '#include "capsieve.skel.h"' 'char s[] = "\033[1m";'; do
    file user/host/a.c "$what"
    file user/host/b.c "$what"
    check
    [ "$status" -eq 1 ]
    [ "${#lines[@]}" -eq 2 ]
    [[ ${lines[1]} == *"user/host/a.c"*"one file may" ]]
  done
}

# docs_tree: a copy of what check-docs reads
docs_tree() {
  rm -rf "$TREE"
  mkdir -p "$TREE/scripts"
  cp scripts/check-docs "$TREE/scripts/"
  cp -r docs README.md CHANGELOG.md CONTRIBUTING.md Makefile "$TREE/"
  # What pages lead to, and count.
  ln -s "$PWD"/{bpf,packaging,tests} "$TREE/"
  [ "${1-}" = alone ] || ln -s "$PWD/user" "$TREE/"
}

# docs_lack SED FILE WORDS: after that change of FILE check-docs says WORDS
docs_lack() {
  docs_tree
  sed -i "$1" "$TREE/$2"
  ! cmp -s "$2" "$TREE/$2" || false
  BUILD=$(dirname "$(readlink -f "${CAPSIEVE:-build/capsieve}")") run "$TREE/scripts/check-docs"
  echo "$output"
  [ "$status" -eq 1 ]
  [[ $output == *"$3"* ]]
}

@test "check-docs: an option, its value or a version that only one place has" {
  docs_tree
  BUILD=$(dirname "$(readlink -f "${CAPSIEVE:-build/capsieve}")") run "$TREE/scripts/check-docs"
  echo "$output"
  [ "$status" -eq 0 ]
  docs_lack '/^| `--allowed`/d' README.md "README.md: lacks '--allowed'"
  docs_lack 's/^| `--ring SIZE`/| `--ring BYTES`/' README.md "README.md: has '--ring BYTES'"
  docs_lack '/^\.It Fl -utc/d' docs/capsieve-trace.1 "docs/capsieve-trace.1: lacks '--utc'"
  docs_lack '/<!-- options: doctor -->/d' README.md "README.md: has no table behind '<!-- options: doctor -->'"
  docs_lack 's/^VERSION := .*/VERSION := 99.0.0/' Makefile "Makefile: says version 99.0.0"
}

@test "check-docs: a program that is older than its sources is not asked" {
  docs_tree alone
  mkdir "$TREE/user" "$TREE/build"
  cp "${CAPSIEVE:-build/capsieve}" "$TREE/build/capsieve"
  touch "$TREE/user/later.c"
  touch -d '1 hour ago' "$TREE/build/capsieve"
  run env -u BUILD "$TREE/scripts/check-docs"
  echo "$output"
  [ "$status" -eq 2 ]
  [[ $output == *"build/capsieve is older than user/later.c; 'make' builds it" ]]
}

# vacuous LINE...: of a test, what check-tests says of it
vacuous() {
  printf '%s\n' '@test "x" {' "$@" '  true' '}' >"$TREE/x.bats"
  run scripts/check-tests "$TREE/x.bats"
}

@test "check-tests: what cannot fail is no claim" {
  local line

  for line in '! grep -q x y' '[ a ] && [ b ]' '[[ a && b ]] && [ c ]' 'grep x y && cmp a b' 'grep x y &&'$'\n''[ a ]' \
    '[ "$a" = "x || y" ] && [ b ]' '[ a ] ||'$'\n''! has x'; do
    vacuous "  $line"
    [ "$status" -eq 1 ] || { echo "$line" && false; }
    [[ $output == *"x.bats:2: "* ]]
  done
  for line in '! grep -q x y || false' 'run ! grep x y' '[[ a && b ]]' '[ "$a" = "x && y" ]' '[ a ] && [ b ] || false' \
    'grep x y && return' 'f() {'$'\n''! has x'$'\n''}' 'cat <<END'$'\n''! grep x'$'\n''END' '[ "$(a && b)" = c ]'; do
    vacuous "  $line"
    [ "$status" -eq 0 ] || { echo "$line: $output" && false; }
  done
}

# wrong_licence: files of the repository without the line that is theirs
wrong_licence() {
  local file licence

  git ls-files -- bpf vmlinux user tests scripts docs Makefile .ci ':!tests/fuzz/corpus' | while read -r file; do
    licence='SPDX-License-Identifier: BSD-2-Clause'
    case $file in
    bpf/* | vmlinux/* | *.bpf.c | tests/bench/floor.h) licence='SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause' ;;
    *.md | *.yaml | *.txt | *.json | *.expected | tests/libcap/*-names | tests/replay/expected/* | *.metrics | tests/e2e/top/* | *.rec | *.png | *.db) continue ;;
    esac
    head -n 2 "$file" | sed -E 's@ *(\*/|-->)$@@' | grep -qE "(^|[^-A-Za-z])$licence\$" || echo "$file"
  done
}

@test "every file says its licence: the kernel side both, everything else BSD" {
  git rev-parse --is-inside-work-tree >/dev/null 2>&1 || skip "this is no repository"
  run wrong_licence
  echo "$output"
  [ -z "$output" ]
}
