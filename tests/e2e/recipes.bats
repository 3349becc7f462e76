# SPDX-License-Identifier: BSD-2-Clause
#
# `profile show --format`: what it prints is given to the program that it is for, and what comes of it is read back.

bats_require_minimum_version 1.5.0
load lib

setup() {
  host_only
  D=$(mktemp -d /tmp/capsieve-recipes.XXXXXX)
  chmod 777 "$D"
  printf '#!/bin/sh\ngrep -E "^(Uid|Cap|NoNewPrivs)" /proc/self/status\n' >"$D/shown"
  chmod 755 "$D/shown"
}

teardown() {
  [ -z "${D-}" ] || rm -rf "$D"
}

# profile CAPS BOUNDING USER[:GROUP]: lists of names, separated by blanks; no USER: none is advised
profile() {
  jq -n --arg caps "$1" --arg bounding "$2" --arg user "$3" '
    def names: [splits(" +") | select(. != "")];
    {type: "profile", version: 1, status: "verified", incomplete: false,
     advice: {capabilities: ($caps | names), bounding: ($bounding | names),
              user: (if $user == "" then null else $user / ":" | .[0] end),
              group: ($user / ":" | .[1]), no_new_privs: true}}' >"$D/profile"
}

# recipe FORMAT: without its comments
recipe() {
  "$CAPSIEVE" profile show "$D/profile" --format "$1" 2>/dev/null | grep -Ev '^ *[#;]'
}

# applied FORMAT: what a process has that is started with it, as "Inh Prm Eff Bnd Amb no_new_privs uid"
applied() {
  local line

  command -v "$1" >/dev/null || skip "no $1"
  line=$(recipe "$1") || return
  bash -c "${line/COMMAND/$D/shown}" 2>"$D/err" | awk '/^(Uid|Cap|NoNew)/ { v[$1] = $2 } END {
    for (n = split("Inh Prm Eff Bnd Amb", k, " "); ++i <= n;) { sub(/^0*/, "", v["Cap" k[i] ":"]); printf "%s ", "0x" v["Cap" k[i] ":"] }
    print v["NoNewPrivs:"], v["Uid:"] }'
}

TWO="CAP_CHOWN CAP_NET_BIND_SERVICE"
MORE="$TWO CAP_SYSLOG"

@test "setpriv and capsh start a program with exactly the advised sets, as a user" {
  profile "$TWO" "$MORE" nobody
  for tool in setpriv capsh; do
    run -0 applied $tool
    [ "$output" = "0x401 0x401 0x401 0x400000401 0x401 1 65534" ] || { echo "$tool: $output" && false; }
  done
}

@test "setpriv and capsh start a program with exactly the advised sets, as root" {
  profile "$TWO" "$TWO" ""
  for tool in setpriv capsh; do
    run -0 applied $tool
    [ "$output" = "0x401 0x401 0x401 0x401 0x401 1 0" ] || { echo "$tool: $output" && false; }
  done
}

@test "an empty set leaves nothing, whoever applies it" {
  profile "" "" ""
  for tool in setpriv capsh firejail; do
    run -0 applied $tool
    [ "$output" = "0x 0x 0x 0x 0x 1 0" ] || { echo "$tool: $output" && false; }
  done
  run -0 applied bwrap
  [[ $output = "0x 0x 0x 0x1"*" 0x 1 0" ]]
}

@test "bwrap and firejail give the set, each with the limits that its remarks tell" {
  profile "$TWO" "$TWO" ""
  run -0 applied bwrap
  [[ $output = "0x401 0x401 0x401 0x1"*" 0x401 1 0" ]] || { echo "$output" && false; }
  run -0 applied firejail
  [ "$output" = "0x 0x401 0x401 0x401 0x 1 0" ]
  run -0 "$CAPSIEVE" profile show "$D/profile" --format bwrap
  [[ $output = *"leaves the bounding set full"* ]]
}

@test "every capability, by each name, is understood" {
  local all full

  # What this machine leaves us
  full=$(awk '/^CapBnd/ { sub(/^0*/, "", $2); print $2 }' /proc/self/status)
  all=$("$CAPSIEVE" explain --format list "0x$full" | tr , ' ')
  profile "${all^^}" "${all^^}" ""
  for tool in setpriv capsh bwrap firejail; do
    run -0 applied $tool
    [[ $output = *" 0x$full 0x$full "* ]] || { echo "$tool: $output" && cat "$D/err" && false; }
  done
}

@test "setcap marks a file with it, and takes it back" {
  local word

  profile "$TWO" "$TWO" ""
  cp /bin/true "$D/program"
  word=$(recipe setcap)
  bash -c "${word/PROGRAM/$D/program}"
  run -0 "$CAPSIEVE" file verify cap_chown,cap_net_bind_service=ep "$D/program"
  profile "" "" ""
  word=$(recipe setcap)
  bash -c "${word/PROGRAM/$D/program}"
  run -0 getcap "$D/program"
  [ -z "$output" ]
}

@test "apparmor_parser compiles the rules" {
  command -v apparmor_parser >/dev/null || skip "no apparmor_parser"
  # A parser that knows no features of the kernel writes sys_admin for what came out of that.
  for row in "$MORE=chown net_bind_service syslog" "CAP_BPF CAP_PERFMON CAP_MAC_ADMIN=mac_admin sys_admin"; do
    profile "${row%=*}" "${row%=*}" ""
    { echo "profile p {" && recipe apparmor && echo "}"; } >"$D/apparmor"
    run -0 apparmor_parser --skip-kernel-load --skip-cache --debug "$D/apparmor"
    names=$(sed -n 's/^Capabilities: *//p' <<<"$output")
    [[ $names = "${row#*=}" || $names = "bpf mac_admin perfmon" ]] || { echo "$output" && false; }
  done
  sed -i 's/capability bpf/capability cap_bpf/' "$D/apparmor"
  run ! apparmor_parser --skip-kernel-load --skip-cache "$D/apparmor"
}

@test "secilc compiles the rules of an SELinux policy" {
  command -v secilc >/dev/null || skip "no secilc"
  profile "$MORE" "$MORE" ""
  cat >"$D/policy.cil" <<'CIL'
(handleunknown allow)
(mls false)
(sid kernel)
(sidorder (kernel))
(class capability (chown net_bind_service))
(class capability2 (syslog))
(classorder (capability capability2))
(type TYPE)
(role r)
(user u)
(userrole u r)
(roletype r TYPE)
(sensitivity s0)
(sensitivityorder (s0))
(userlevel u (s0))
(userrange u ((s0) (s0)))
(sidcontext kernel (u r TYPE ((s0) (s0))))
CIL
  recipe selinux >>"$D/policy.cil"
  run -0 secilc -o "$D/policy" -f "$D/contexts" "$D/policy.cil"
  sed -i 's/(capability (chown/(capability (chown_/' "$D/policy.cil"
  run ! secilc -o "$D/policy" -f "$D/contexts" "$D/policy.cil"
}

@test "systemd takes the drop-in, and says what it would grant" {
  command -v systemd-analyze >/dev/null || skip "no systemd-analyze"
  mkdir -p "$D/root/etc/systemd/system/web.service.d"
  printf '[Service]\nExecStart=/bin/true\nCapabilityBoundingSet=CAP_SYS_ADMIN\n' >"$D/root/etc/systemd/system/web.service"
  mkdir -p "$D/root/bin" && cp /bin/true "$D/root/bin/"
  profile "$TWO" "$TWO" nobody
  recipe systemd >"$D/root/etc/systemd/system/web.service.d/50-capabilities.conf"
  run -0 --separate-stderr systemd-analyze security --offline=true --root="$D/root" --no-pager --json=short web.service
  # It praises every group of capabilities that is not left: only the groups of these two are, and the unit's own is not.
  jq -e '[.[] | select(.json_field | startswith("CapabilityBoundingSet_CAP")) | select(.set | not).json_field] | sort |
    map(ltrimstr("CapabilityBoundingSet_")) == ["CAP_CHOWN_FSETID_SETFCAP", "CAP_NET_BIND_SERVICE_BROADCAST_RAW)"]' <<<"$output"
  jq -e '.[] | select(.json_field == "NoNewPrivileges").set' <<<"$output"
  jq -e '.[] | select(.json_field == "AmbientCapabilities").set | not' <<<"$output"
}

@test "YAML and JSON are what their readers expect" {
  python3 -c 'import yaml' 2>/dev/null || skip "no python3-yaml"
  profile "$TWO" "$TWO" 65534:65534
  for format in kubernetes compose; do
    recipe $format | python3 -c 'import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout)' >"$D/$format"
  done
  jq -e '. == {securityContext: {runAsUser: 65534, runAsGroup: 65534, runAsNonRoot: true, allowPrivilegeEscalation: false,
    capabilities: {drop: ["ALL"], add: ["CHOWN", "NET_BIND_SERVICE"]}}}' "$D/kubernetes"
  jq -e '. == {services: {SERVICE: {user: "65534:65534", cap_drop: ["ALL"], cap_add: ["CHOWN", "NET_BIND_SERVICE"]}}}' "$D/compose"
  recipe oci | jq -e '.process | .user == {uid: 65534, gid: 65534} and .noNewPrivileges and
    all(.capabilities[]; . == ["CAP_CHOWN", "CAP_NET_BIND_SERVICE"])'
  recipe ecs | jq -e '.linuxParameters.capabilities == {drop: ["ALL"], add: ["CHOWN", "NET_BIND_SERVICE"]}'
}

@test "libcap reads its own texts, and the mask is a number" {
  profile "$TWO" "$TWO" ""
  [ "$(recipe mask)" = 0x401 ]
  run -0 "$CAPSIEVE" explain --format mask "$(recipe text)"
  [ "$output" = 0x401 ]
  run -0 bash -c "capsh --iab='$(recipe iab)' -- -c $D/shown"
  [[ $output = *"CapBnd:"*"0000000000000401"* ]]
}

@test "uWSGI gives its workers the set" {
  local uwsgi

  uwsgi=$(command -v uwsgi-core) || uwsgi=$(command -v uwsgi) || skip "no uWSGI"
  profile "$TWO CAP_BPF" "$TWO CAP_BPF" 65534:65534
  { recipe uwsgi && printf 'socket = 127.0.0.1:0\nmaster = true\nhook-post-fork = exec:%s >%s\nno-orphans = true\n' \
    "grep Cap /proc/\$PPID/status" "$D/caps"; } >"$D/app.ini"
  "$uwsgi" --ini "$D/app.ini" >"$D/log" 2>&1 3>&- </dev/null &
  pid=$!
  wait_for 20 test -s "$D/caps" || { cat "$D/log" && kill -9 "$pid" && false; }
  kill -INT "$pid"
  wait $pid || :
  grep -q 'CapEff:.0000008000000401' "$D/caps" || { cat "$D/caps" "$D/log" && false; }
}

@test "pam_cap makes the line's set inheritable and ambient, and knows users by name" {
  local module

  module=$(find /lib /usr/lib -name pam_cap.so -print -quit 2>/dev/null)
  [ -n "$module" ] && python3 -c 'import ctypes; ctypes.CDLL("libpam.so.0").pam_start_confdir' 2>/dev/null || skip "no pam_cap"
  mkdir "$D/pam"
  printf 'auth required pam_cap.so config=%s autoauth\n' "$D/capability.conf" >"$D/pam/test"
  profile "$TWO" "$TWO" nobody
  recipe pam >"$D/capability.conf"
  run -0 python3 "$E2E/pam.py" "$D/pam" nobody
  [[ $output = *"CapInh:"*0000000000000401*"CapAmb:"*0000000000000401* ]] || { echo "$output" && false; }
  profile "" "" nobody
  recipe pam >"$D/capability.conf"
  run -0 python3 "$E2E/pam.py" "$D/pam" nobody
  [[ $output = *"CapInh:"*0000000000000000*"CapAmb:"*0000000000000000* ]]
  sed -i 's/^none/^cap_chwn/' "$D/capability.conf"
  run ! python3 "$E2E/pam.py" "$D/pam" nobody
  profile "$TWO" "$TWO" 65534
  run -0 "$CAPSIEVE" profile show "$D/profile" --format pam
  [[ $output = *"knows users by their names"* ]]
}

@test "what cannot be written, or does not exist, is refused with its name" {
  profile "$TWO" "$TWO" 'a b$(id)'
  run -2 "$CAPSIEVE" profile show "$D/profile" --format docker
  [[ $output = *"advice.user: a name is expected"* ]]
  run -2 "$CAPSIEVE" profile show "$D/profile" --format dockr
  [ "$output" = "capsieve profile: --format: unknown format 'dockr'; did you mean 'docker'?" ]
  run -2 "$CAPSIEVE" profile show "$D/none"
  run -2 "$CAPSIEVE" profile show "$D"
  run -2 "$CAPSIEVE" profile shw "$D/profile"
  [[ $output = *"did you mean 'show'?"* ]]
  run -2 "$CAPSIEVE" profile
  run -0 "$CAPSIEVE" profile --format help
  [[ $output = *kubernetes*mask* ]]
}

@test "estimated, verified and incomplete: every format says which; what is incomplete ends with 4" {
  profile "$TWO" "$TWO" ""
  mv "$D/profile" "$D/verified"
  jq '.status = "estimated"' "$D/verified" >"$D/profile"
  jq '.incomplete = true' "$D/profile" >"$D/lossy"
  for format in $("$CAPSIEVE" profile --format help | awk '{ print $1 }'); do
    run -4 "$CAPSIEVE" profile show "$D/lossy" --format "$format"
    [[ $output = *Incomplete:*"Estimated, and not verified"* ]] || { echo "$format: $output" && false; }
    run -0 "$CAPSIEVE" profile show "$D/profile" --format "$format"
    [[ $output = *"Estimated, and not verified"* && $output != *Incomplete* ]] || { echo "$format: $output" && false; }
    run -0 "$CAPSIEVE" profile show "$D/verified" --format "$format"
    [[ $output = *"Verified: it ran with exactly this"* && $output != *stimated* ]] || { echo "$format: $output" && false; }
  done
}

@test "quadlet makes of its recipe a start by podman with exactly these" {
  local quadlet status=0

  quadlet=$("$BATS_TEST_DIRNAME/../../scripts/quadlet" get 2>"$D/why") || status=$?
  [ "$status" != 77 ] || skip "$(cat "$D/why")"
  [ "$status" = 0 ]
  profile "$TWO" "$TWO" 65534:65534
  mkdir "$D/units"
  recipe quadlet | sed 's,^\[Container\]$,&\nImage=localhost/demo,' >"$D/units/demo.container"
  QUADLET_UNIT_DIRS="$D/units" "$quadlet" -dryrun >"$D/made" 2>"$D/said" || { cat "$D/said" && false; }
  grep '^ExecStart=' "$D/made" | tee "$D/start"
  grep -q -- ' --security-opt=no-new-privileges ' "$D/start"
  [ "$(grep -oE -- '--cap-(drop|add) [a-z_]+|--user [0-9:]+' "$D/start" | sort | paste -sd' ')" = \
    "--cap-add cap_chown --cap-add cap_net_bind_service --cap-drop all --user 65534:65534" ]
  # It is strict: a word that it does not know is refused.
  sed -i 's/^DropCapability/DropCapabilities/' "$D/units/demo.container"
  run ! env QUADLET_UNIT_DIRS="$D/units" "$quadlet" -dryrun
}

# Who reads it is a service for which one pays. So it is held against what that service documents: the API reference of
# Amazon ECS, "KernelCapabilities" and "ContainerDefinition", and its developer guide on Fargate.
ECS='ALL AUDIT_CONTROL AUDIT_WRITE BLOCK_SUSPEND CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID IPC_LOCK IPC_OWNER KILL
  LEASE LINUX_IMMUTABLE MAC_ADMIN MAC_OVERRIDE MKNOD NET_ADMIN NET_BIND_SERVICE NET_BROADCAST NET_RAW SETFCAP SETGID SETPCAP
  SETUID SYS_ADMIN SYS_BOOT SYS_CHROOT SYS_MODULE SYS_NICE SYS_PACCT SYS_PTRACE SYS_RAWIO SYS_RESOURCE SYS_TIME
  SYS_TTY_CONFIG SYSLOG WAKE_ALARM'

@test "ECS: the members and values that it documents; what it does not know is said, as is what Fargate adds" {
  local all said unknown cap

  all=$("$CAPSIEVE" explain --format systemd all | tr ' ' '\n' | grep -o 'CAP_[A-Z_]*' | sort -u | paste -sd' ')
  [ "$(wc -w <<<"$all")" -ge 41 ]
  profile "$all" "$all" 65534:65534
  recipe ecs >"$D/ecs"
  jq -e '[keys[]] - ["linuxParameters", "dockerSecurityOptions", "user"] == [] and
    (.linuxParameters | keys) == ["capabilities"] and (.linuxParameters.capabilities | keys) == ["add", "drop"] and
    .linuxParameters.capabilities.drop == ["ALL"] and .dockerSecurityOptions == null and
    (.user | test("^[0-9]+:[0-9]+$"))' "$D/ecs"
  # shellcheck disable=SC2086  # words
  unknown=$(jq -r --arg known "$(echo $ECS)" '.linuxParameters.capabilities.add - ($known | split(" ")) | sort | join(" ")' "$D/ecs")
  [ -z "$unknown" ]
  unknown="AUDIT_READ BPF CHECKPOINT_RESTORE PERFMON"
  said=$("$CAPSIEVE" profile show "$D/profile" --format ecs 2>&1 >/dev/null)
  for cap in $unknown; do
    grep -q "ECS does not know .*$cap" <<<"$said"
  done
  grep -q "Fargate adds nothing but SYS_PTRACE" <<<"$said"
  profile "$TWO" "$TWO" ""
  run ! grep "ECS does not know" <("$CAPSIEVE" profile show "$D/profile" --format ecs 2>&1)
}
