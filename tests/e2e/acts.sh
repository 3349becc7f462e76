#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Each act of `trip --list`, granted and denied, under each probe: is the check heard, and described as it was?
# One capsieve a probe hears all acts; then acts.py looks at what was heard and prints TAP. No bats: a test of its
# takes half a second in an emulated guest, and these are hundreds.

set -euo pipefail

# shellcheck source=tests/e2e/lib.bash
. "$(dirname "$0")/lib.bash"
work=$(mktemp -d)
trap 'capsieve_kill; rm -rf "$work"' EXIT

# Each act twice: its name, "denied" or nothing, trip's exit status, what trip said; tabs between.
perform() {
  local act deny said status

  while IFS=$'\t' read -r act _; do
    for deny in '' --deny; do
      status=0
      said=$("$TRIP/trip" --json ${deny:+"$deny"} "$act" 2>&1) || status=$?
      printf '%s\t%s\t%s\t%s\n' "$act" "${deny:+denied}" "$status" "$said"
    done
  done <"$work/list"
}

# hear PROBE
hear() {
  capsieve_start "$work/$1" --attach "$1" --all --class all -v --comm 'trip-*' --comm short >&2 || return
  perform >"$work/$1.acts"
  capsieve_stop >&2
}

"$TRIP/trip" --list >"$work/list"
mapfile -t probes < <(probes)
[ ${#probes[@]} -gt 0 ] || {
  echo "1..0 # skip no probe works here"
  exit
}
for probe in "${probes[@]}"; do
  undisturbed hear "$probe"
done
doctor . >"$work/doctor.json"
exec python3 "$E2E/acts.py" "$work" "${probes[@]}"
