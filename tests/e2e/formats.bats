# SPDX-License-Identifier: BSD-2-Clause
#
# What each version in CHANGELOG.md wrote is read by this one: tests/formats/VERSION. A version gets its folder when it is released,
# and nothing in a folder is ever written again.

bats_require_minimum_version 1.5.0
load lib

FORMATS=$E2E/../formats

setup() {
  host_only
  cp -r "$FORMATS" "$BATS_TEST_TMPDIR/formats"
  cd "$BATS_TEST_TMPDIR/formats"
}

@test "formats: every version in CHANGELOG.md has samples, and each kind of file is among them" {
  local version

  for version in $(sed -nE 's/^## \[([0-9][^]]*)\].*/\1/p' "$E2E/../../CHANGELOG.md"); do
    for file in recording.rec profile.json rules.yaml config.yaml history.db; do
      [ -s "$version/$file" ] || { echo "tests/formats/$version/$file is missing"; false; }
    done
  done
}

@test "formats: recordings, profiles, rules, configuration and histories of every version are read" {
  local dir

  for dir in */; do
    run -0 --separate-stderr "$CAPSIEVE" trace -q --replay "$dir/recording.rec" --json
    [ "$(jq -s 'map(select(.type == "check")) | length' <<<"$output")" -gt 0 ]
    run -0 "$CAPSIEVE" profile show "$dir/profile.json" --format systemd
    [[ $output == *"CapabilityBoundingSet="* ]]
    run -0 "$CAPSIEVE" check "$dir/rules.yaml" "$dir/config.yaml"
    run -0 --separate-stderr "$CAPSIEVE" check -q "$dir/rules.yaml" --replay "$dir/recording.rec"
    run -0 "$CAPSIEVE" history --db "$dir/history.db"
    [[ $output == *"sys_chroot"* ]]
  done
}
