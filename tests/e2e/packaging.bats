# SPDX-License-Identifier: BSD-2-Clause
#
# What is installed, and where; and the service, by systemd's own judgement. tests/e2e/service.bats runs it.

bats_require_minimum_version 1.5.0
load lib

ROOT=$E2E/../..

setup() {
  host_only
}

# What is built already: nothing else is made
installed() {
  make -s -C "$ROOT" BUILD="${BUILD:-build}" install DESTDIR="$BATS_TEST_TMPDIR/root" "$@"
}

@test "install: program, pages, service, rules and configuration; what is configured already stays" {
  local at=$BATS_TEST_TMPDIR/root

  mkdir -p "$at/etc/capsieve"
  echo "version: 1" >"$at/etc/capsieve/capsieve.yaml"
  installed PREFIX=/usr/local
  [ "$(<"$at/etc/capsieve/capsieve.yaml")" = "version: 1" ]
  [ -s "$at/usr/local/share/man/man1/capsieve-watch.1" ]
  [ -s "$at/etc/logrotate.d/capsieve" ]
  grep -q '^ExecStart=/usr/local/bin/capsieve watch$' "$at/usr/local/lib/systemd/system/capsieve.service"
  run -0 "$at/usr/local/bin/capsieve" check "$at/etc/capsieve" "$at/usr/local/share/capsieve/rules.d"
}

@test "uninstall: what was installed goes, what is configured stays" {
  local at=$BATS_TEST_TMPDIR/root

  installed
  make -s -C "$ROOT" BUILD="${BUILD:-build}" uninstall DESTDIR="$at"
  diff <(cd "$at" && find . -type f | sort) - <<-END
	./etc/capsieve/capsieve.yaml
	./etc/logrotate.d/capsieve
	END
  [ ! -e "$at/usr/share/capsieve" ] && [ ! -e "$at/usr/share/doc/capsieve" ]
}

@test "install: what is there to start with has no mistakes, and no warnings" {
  run -0 "$CAPSIEVE" check "$ROOT/packaging/capsieve.yaml" "$ROOT/docs/example-rules.yaml"
  [[ $output == *": 0 mistakes, 0 warnings" ]]
}

@test "service: systemd finds nothing wrong with it, and it is exposed less than 3.0" {
  command -v systemd-analyze >/dev/null || skip "there is no systemd-analyze here"
  local unit=$BATS_TEST_TMPDIR/capsieve.service out

  sed "s@/usr/bin/capsieve@$(realpath "$CAPSIEVE")@" "$ROOT/packaging/systemd/capsieve.service" >"$unit"
  run -0 systemd-analyze verify --man=no "$unit"
  echo "$output"
  [ -z "$output" ]
  out=$(systemd-analyze security --offline=true --threshold=30 "$unit")
  tail -n 1 <<<"$out"
}
