# SPDX-License-Identifier: BSD-2-Clause
#
# Where a task belongs, however cgroups are mounted: version 2, version 1, or both (hybrid). What is said is that of
# version 2; where a task is at the root of that, or there is none, that of the hierarchy of version 1 in which systemd or
# the engines put their names, and never of another one.

bats_require_minimum_version 1.5.0
load lib

setup() {
  [ -n "$(probes)" ] || skip "no probe works here"
  P=$BATS_TEST_TMPDIR/seen
  NAME=cs-$BATS_TEST_NUMBER-$$
  MADE=()
}

teardown() {
  capsieve_kill
  for dir in "${MADE[@]}"; do
    wait_for 10 rmdir "$dir" 2>/dev/null
  done
}

# The directories of version 1, one a hierarchy
cgroup1() {
  awk '$3 == "cgroup" { print $2 }' /proc/self/mounts
}

# layout: as doctor words it
layout() {
  local two one

  two=$(cgroup2) || :
  one=$(cgroup1)
  case ${two:+2}${one:+1} in
  21) echo hybrid ;;
  2) echo v2 ;;
  1) echo v1 ;;
  *) echo none ;;
  esac
}

# make DIR...: cgroups that go at the end, the last first
make() {
  local dir

  for dir; do
    mkdir "$dir" || skip "no cgroup can be made here"
    MADE=("$dir" "${MADE[@]}")
  done
}

# in_cgroups OUTPUT-OPTIONS... -- DIR...: `short` runs in these, heard into $P.json by the probe $probe
in_cgroups() {
  local options=()

  while [ "$1" != -- ]; do
    options+=("$1")
    shift
  done
  shift
  # shellcheck disable=SC2016
  "$CAPSIEVE" trace -q --attach "$probe" -C sys_chroot --comm short "${options[@]}" -- sh -c '
    short=$1
    shift
    for dir; do
      echo 0 >"$dir/cgroup.procs" || exit
    done
    exec "$short" -q' sh "$TRIP/short" "$@" 2>"$P.err"
}

@test "doctor names the layout" {
  [[ "$(doctor '.items[] | select(.item == "cgroups") | .value')" = "$(layout)"* ]]
}

@test "in a cgroup of version 2: its path, its id, and the workload that it is" {
  top=$(cgroup2) || skip "version 2 is not mounted: $(layout)"
  make "$top/$NAME" "$top/$NAME/web.service"
  here=$(sed -n 's/^0:://p' /proc/self/cgroup)
  for probe in $(probes); do
    in_cgroups --json -o "$P.json" -- "$top/$NAME"
    checks "$P" '{cgroup, cgroup_id, unit, workload}' | tee "$P.seen"
    [ "$(jq -c . "$P.seen")" = "$(jq -nc --arg path "/$NAME" --argjson id "$(stat -c %i "$top/$NAME")" \
      '{cgroup: $path, cgroup_id: $id, unit: null, workload: "cgroup:\($path)"}')" ]
    in_cgroups --json -o "$P.json" -- "$top/$NAME/web.service"
    checks "$P" '[.cgroup, .cgroup_id, .unit, .workload]' | tee "$P.seen"
    [ "$(<"$P.seen")" = "[\"/$NAME/web.service\",$(stat -c %i "$top/$NAME/web.service"),\"web.service\",\"unit:web.service\"]" ]
  done
  echo "we are in $here"
}

# The directory of the hierarchy of version 1 that has the names, by name=systemd or as pids, memory, ... come
named_hierarchy() {
  local name number

  for name in name=systemd pids memory cpu cpuacct devices freezer blkio; do
    number=$(awk -F: -v name="$name" 'index("," $2 ",", "," name ",") { print $1 }' /proc/self/cgroup)
    [ -n "$number" ] || continue
    awk -v name="$name" '$3 == "cgroup" && index("," $4 ",", "," name ",") { print $2; found = 1; exit }
      END { exit !found }' /proc/self/mounts && return
  done
  return 1
}

@test "in a cgroup of version 1 and at the root of version 2: the path and id of the hierarchy that has the names" {
  top=$(named_hierarchy) || skip "version 1 is not mounted: $(layout)"
  [ "$(sed -n 's/^0:://p' /proc/self/cgroup)" = / ] || [ "$(layout)" = v1 ] || skip "we are not at version 2's root"
  make "$top/$NAME" "$top/$NAME/web.service"
  for probe in $(probes); do
    in_cgroups --json -o "$P.json" -- "$top/$NAME/web.service"
    checks "$P" '[.cgroup, .cgroup_id, .unit, .workload]' | tee "$P.seen"
    [ "$(<"$P.seen")" = "[\"/$NAME/web.service\",$(stat -c %i "$top/$NAME/web.service"),\"web.service\",\"unit:web.service\"]" ]
  done
}

@test "in other cgroups of version 1, named like units: never taken for where it is" {
  mapfile -t hierarchies < <(cgroup1)
  [ ${#hierarchies[@]} -gt 0 ] || skip "version 1 is not mounted: $(layout)"
  names=$(named_hierarchy)
  places=()
  for top in "${hierarchies[@]}"; do
    # a cpuset must be told its CPUs before anybody may enter it
    [[ $top != *cpuset* && $top != "$names" ]] || continue
    make "$top/$NAME.service"
    places+=("$top/$NAME.service")
  done
  [ ${#places[@]} -gt 0 ] || skip "there is no other hierarchy"
  for probe in $(probes); do
    in_cgroups --json -o "$P.json" -- "${places[@]}"
    checks "$P" . | grep -F "$NAME" && return 1
    [ "$(checks "$P" .pid | wc -l)" -eq 1 ]
  done
}

@test "moved in version 1 alone, between two checks: the second one is of where it is then" {
  top=$(named_hierarchy) || skip "version 1 is not mounted: $(layout)"
  [ "$(sed -n 's/^0:://p' /proc/self/cgroup)" = / ] || [ "$(layout)" = v1 ] || skip "we are not at version 2's root"
  make "$top/$NAME-a" "$top/$NAME-b"
  for probe in $(probes); do
    # shellcheck disable=SC2016
    "$CAPSIEVE" trace -q --attach "$probe" -C sys_admin --comm "$NAME" --json -o "$P.json" -- python3 -c '
import ctypes, sys
libc = ctypes.CDLL(None)
open("/proc/self/comm", "w").write(sys.argv[1][:15])
for place in sys.argv[2:]:
    open(place + "/cgroup.procs", "w").write("0")
    libc.sethostname(None, -1), libc.setdomainname(b"", 0)
' "$NAME" "$top/$NAME-a" "$top/$NAME-b" 2>"$P.err" || :
    checks "$P" .cgroup | tr -d \" | uniq | tee "$P.seen"
    [ "$(grep -c . "$P.seen")" -ge 2 ]
    [ "$(tail -n1 "$P.seen")" = "/$NAME-b" ]
    grep -qx "/$NAME-a" "$P.seen"
  done
}

@test "where version 2 is not mounted, who belongs where is unknown" {
  [ "$(layout)" = v1 ] || [ "$(layout)" = none ] || skip "version 2 is mounted: $(layout)"
  for probe in $(probes); do
    in_cgroups --json -o "$P.json" --
    checks "$P" '[.cgroup, .cgroup_id, .unit, .workload]' | tee "$P.seen"
    [ "$(<"$P.seen")" = "[null,null,null,null]" ]
    in_cgroups --columns comm,workload,cgroup --no-header --  >"$P.text"
    cat "$P.text"
    [[ $(<"$P.text") =~ ^short\ +\?\ +\?$ ]]
  done
}

@test "--cgroup where version 2 is not mounted is a clear error" {
  [ "$(layout)" = v1 ] || skip "version 2 is mounted: $(layout)"
  top=$(cgroup1 | head -n1)
  run --separate-stderr "$CAPSIEVE" trace --cgroup "$top"
  [ "$status" -eq 2 ]
  [ "$stderr" = "capsieve trace: --cgroup '$top': not a directory of the cgroup v2 hierarchy" ]
}
