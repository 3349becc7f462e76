# SPDX-License-Identifier: BSD-2-Clause
#
# `profile show --format` for containers: real engines are given what it prints, and what comes of it is read back.

bats_require_minimum_version 1.5.0
load lib
load engines

setup_file() {
  ! in_guest || return 0
  engines_begin
  if docker_begin && dock import - toy:1 <"$ENGINES/box.tar" >/dev/null; then
    echo yes >"$BATS_FILE_TMPDIR/docker"
  fi
  if pod import "$ENGINES/box.tar" toy:1 >/dev/null 2>&1 && pod run --rm localhost/toy:1 true >/dev/null 2>&1; then
    echo yes >"$BATS_FILE_TMPDIR/podman"
  fi
}

teardown_file() {
  engines_end
}

setup() {
  host_only
  once_is_enough
  D=$(mktemp -d /tmp/capsieve-containers.XXXXXX)
}

teardown() {
  [ -z "${D-}" ] || rm -rf "$D"
}

# profile CAPS USER[:GROUP]
profile() {
  jq -n --arg caps "$1" --arg user "$2" '
    ($caps | [splits(" +") | select(. != "")]) as $caps |
    {type: "profile", version: 1, status: "verified", incomplete: false,
     advice: {capabilities: $caps, bounding: $caps, user: (if $user == "" then null else $user / ":" | .[0] end),
              group: ($user / ":" | .[1]), no_new_privs: true}}' >"$D/profile"
}

# recipe FORMAT: without its comments
recipe() {
  "$CAPSIEVE" profile show "$D/profile" --format "$1" 2>/dev/null | grep -Ev '^ *[#;]'
}

# sets: what `cat /proc/self/status` says, as "Inh Prm Eff Bnd Amb no_new_privs uid"
sets() {
  awk '/^(Uid|Cap|NoNew)/ { v[$1] = $2 } END {
    for (n = split("Inh Prm Eff Bnd Amb", k, " "); ++i <= n;) { sub(/^0*/, "", v["Cap" k[i] ":"]); printf "%s ", "0x" v["Cap" k[i] ":"] }
    print v["NoNewPrivs:"], v["Uid:"] }'
}

# ran ENGINE FUNCTION: the engine's own options and the words of the recipe
ran() {
  local words

  [ -e "$BATS_FILE_TMPDIR/$1" ] || skip "no $1 runs here"
  read -ra words < <(recipe "$1")
  [ "${words[*]:0:2}" = "$1 run" ] && [ "${words[-1]}" = IMAGE ] || { echo "${words[*]}" && return 1; }
  unset 'words[-1]'
  # shellcheck disable=SC2016  # the container's shell reads it
  "$2" run --rm "${words[@]:2}" "$3" sh -c 'while read -r line; do echo "$line"; done </proc/self/status' | sets
}

TWO="CAP_CHOWN CAP_NET_BIND_SERVICE"

@test "docker run: root in the container has the set, and nothing more" {
  profile "$TWO" ""
  dock_run() { dock "$1" --network none "${@:2}"; }
  run -0 ran docker dock_run toy:1
  [ "$output" = "0x 0x401 0x401 0x401 0x 1 0" ] || { echo "$output" && false; }
  profile "" ""
  run -0 ran docker dock_run toy:1
  [ "$output" = "0x 0x 0x 0x 0x 1 0" ]
}

@test "docker run: a user that is not root gets nothing by itself, as the remark says" {
  profile "$TWO" 65534:65534
  dock_run() { dock "$1" --network none "${@:2}"; }
  run -0 ran docker dock_run toy:1
  [[ $output = "0x"*" 0x 0x 0x401 0x 0 65534" ]] || { echo "$output" && false; }
  run -0 "$CAPSIEVE" profile show "$D/profile" --format docker
  [[ $output = *"gives a user that is not root nothing of this by itself"*"nder no-new-privileges such a file would give nothing"* ]]
}

@test "podman run: root has the set, and for another user it is ambient" {
  profile "$TWO" ""
  run -0 ran podman pod localhost/toy:1
  [[ $output = *" 0x401 0x401 0x401 0x 1 0" ]] || { echo "$output" && false; }
  profile "$TWO" 65534:65534
  run -0 ran podman pod localhost/toy:1
  [ "$output" = "0x401 0x401 0x401 0x401 0x401 1 65534" ] || { echo "$output" && false; }
}

@test "podman: the label of an image lowers what root gets, and is ignored where it asks for more" {
  [ -e "$BATS_FILE_TMPDIR/podman" ] || skip "no podman runs here"
  profile "$TWO" ""
  label=$("$CAPSIEVE" profile show "$D/profile" --format podman | sed -n 's/.*: LABEL //p')
  [ "$label" = 'io.containers.capabilities="CHOWN,NET_BIND_SERVICE"' ]
  pod import -c "LABEL $label" "$ENGINES/box.tar" labelled:1 >/dev/null
  # shellcheck disable=SC2016
  run -0 bash -c 'printf "%s\n" "$0" | cat' "$(pod run --rm localhost/labelled:1 sh -c 'while read -r l; do echo "$l"; done </proc/self/status' | sets)"
  [[ $output = *" 0x401 0x401 0x401 "* ]] || { echo "$output" && false; }
  profile "CAP_SYS_TIME" ""
  run -0 "$CAPSIEVE" profile show "$D/profile" --format podman
  [[ ${output//$'\n'# / } = *"only take away from podman's default set, and with SYS_TIME in it podman ignores it"* && $output != *LABEL* ]]
}

@test "an OCI runtime takes the members, for root and for another user" {
  command -v runc >/dev/null || skip "no runc"
  for row in "|0x 0x401 0x401 0x401 0x 1 0" "65534:65534|0x401 0x401 0x401 0x401 0x401 1 65534"; do
    profile "$TWO" "${row%%|*}"
    rm -rf "$D/bundle" && mkdir -p "$D/bundle/root/usr" "$D/bundle/root/proc" "$D/bundle/root/lib" "$D/bundle/root/lib64"
    (cd "$D/bundle" && runc spec)
    jq -s '.[0] * .[1] | .root = {path: "root"} | .process.terminal = false | .process.args = ["/usr/bin/cat", "/proc/self/status"] |
      .mounts = [{destination: "/proc", type: "proc", source: "proc"},
        (("/usr", "/lib", "/lib64") | {destination: ., type: "none", source: ., options: ["rbind", "ro"]})] |
      del(.linux.resources)' "$D/bundle/config.json" <(recipe oci) >"$D/config" && mv "$D/config" "$D/bundle/config.json"
    status=0
    (cd "$D/bundle" && timeout 60 runc --root "$D/state" run "capsieve-$$" 3>&-) >"$D/out" 2>"$D/err" || status=$?
    [ $status = 0 ] || skip "runc runs nothing here: $(tail -n1 "$D/err")"
    [ "$(sets <"$D/out")" = "${row#*|}" ] || { sets <"$D/out" && false; }
  done
}

@test "Compose reads the service" {
  command -v docker-compose >/dev/null || skip "no docker-compose"
  python3 -c 'import yaml' 2>/dev/null || skip "no python3-yaml"
  for row in "$TWO|65534:65534" "|"; do
    profile "${row%%|*}" "${row#*|}"
    recipe compose | sed 's/^  SERVICE:/&\n    image: toy/' >"$D/docker-compose.yml"
    run -0 bash -c "cd '$D' && timeout 60 docker-compose config 2>/dev/null | python3 -c 'import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout)'"
    jq -e --arg caps "${row%%|*}" '.services.SERVICE | .cap_drop == ["ALL"] and
      .security_opt == (if $caps == "" then ["no-new-privileges:true"] else null end) and
      (.cap_add // []) == [$caps | splits(" +") | select(. != "") | ltrimstr("CAP_")]' <<<"$output"
  done
  sed -i 's/cap_drop:/cap_dropp:/' "$D/docker-compose.yml"
  run ! bash -c "cd '$D' && docker-compose config"
}

# What its admission looks at, by the standards' own lists: names are compared as they are written.
@test "Kubernetes: the fields that it has, and the pod security standard that is said" {
  python3 -c 'import yaml' 2>/dev/null || skip "no python3-yaml"
  while IFS='|' read -r caps says; do
    profile "$caps" 65534:65534
    "$CAPSIEVE" profile show "$D/profile" --format kubernetes >"$D/k8s"
    tr '\n' ' ' <"$D/k8s" | sed 's/ # / /g' | grep -qF "$says" || { cat "$D/k8s" && false; }
    run -0 python3 - "$D/k8s" <<'END'
import sys, yaml
baseline = set("AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID SYS_CHROOT".split())
context = yaml.safe_load(open(sys.argv[1]))["securityContext"]
kinds = {"runAsUser": int, "runAsGroup": int, "runAsNonRoot": bool, "allowPrivilegeEscalation": bool, "capabilities": dict}
for name, value in context.items():
    assert type(value) is kinds[name], name
caps = context["capabilities"]
assert set(caps) <= {"add", "drop"} and caps["drop"] == ["ALL"]
add = caps.get("add")
assert add is None or (add and all(type(c) is str and c == c.upper() and not c.startswith("CAP_") for c in add))
add = set(add or [])
print("restricted" if add <= {"NET_BIND_SERVICE"} and not context["allowPrivilegeEscalation"]
      else "baseline" if add <= baseline else "privileged")
END
    [[ $says = *"$output"* ]] || { echo "$caps: $output" && cat "$D/k8s" && false; }
  done <<'END'
|Pod security standard: fits "restricted"
CAP_NET_BIND_SERVICE|Pod security standard: fits "restricted"
CAP_CHOWN CAP_NET_BIND_SERVICE|Pod security standard: fits "baseline", and not "restricted"
CAP_NET_RAW|Pod security standard: only "privileged" allows NET_RAW
CAP_CHOWN CAP_BPF CAP_CHECKPOINT_RESTORE|Pod security standard: only "privileged" allows BPF, CHECKPOINT_RESTORE
END
}
