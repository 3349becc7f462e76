# SPDX-License-Identifier: BSD-2-Clause
#
# The container image and the DaemonSet: five capabilities, nothing privileged, and nothing that can be written but its state.
# STATIC names a static program that is built already.

bats_require_minimum_version 1.5.0
load lib

ROOT=$E2E/../..
FIVE="BPF DAC_READ_SEARCH PERFMON SYSLOG SYS_PTRACE"

setup() {
  host_only
}

# podman WORDS...: with the store that OWN says
own_podman() {
  podman "${OWN[@]}" "$@" 3>&-
}

teardown() {
  [ -z "${STORE-}" ] || { own_podman rm -fa -t 1 && own_podman rmi -fa; } >/dev/null 2>&1 || :
}

static() {
  STATIC=${STATIC-}
  if [ -z "$STATIC" ]; then
    [ -n "${TEST_ALL-}" ] || skip "building it takes minutes: only in make test-all, or with STATIC=FILE"
    make -s -C "$ROOT" BUILD="$(dirname "$(readlink -f "$CAPSIEVE")")" DIST="$BATS_TEST_TMPDIR" static >&2
    STATIC=$(echo "$BATS_TEST_TMPDIR"/capsieve-*)
  fi
}

@test "DaemonSet: not privileged, these five capabilities, and nothing of the host that it can write but its state" {
  python3 -c 'import yaml' 2>/dev/null || skip "no python3-yaml"
  run -0 python3 - "$ROOT" "$FIVE" <<'END'
import re, subprocess, sys, yaml
root, five = sys.argv[1], sys.argv[2].split()
docs = {d["kind"]: d for d in yaml.safe_load_all(open(f"{root}/packaging/kubernetes/daemonset.yaml"))}
pod = docs["DaemonSet"]["spec"]["template"]["spec"]
[c] = pod["containers"]
s = c["securityContext"]
assert sorted(s["capabilities"]["add"]) == five and s["capabilities"]["drop"] == ["ALL"], s
assert s["privileged"] is False and s["allowPrivilegeEscalation"] is False and s["readOnlyRootFilesystem"] is True, s
assert pod["automountServiceAccountToken"] is False and not pod.get("hostNetwork") and not pod.get("hostIPC")
volumes = {v["name"]: v for v in pod["volumes"]}
writable = [m for m in c["volumeMounts"] if not m.get("readOnly")]
assert {m["mountPath"] for m in writable} == {"/var/lib/capsieve", "/run/capsieve"}, writable
for m in c["volumeMounts"]:
    path = volumes[m["name"]].get("hostPath", {}).get("path")
    assert not path or m.get("readOnly") or path == "/var/lib/capsieve", m
sel = docs["DaemonSet"]["spec"]["selector"]["matchLabels"]
assert sel == docs["DaemonSet"]["spec"]["template"]["metadata"]["labels"]
version = re.search(r"^VERSION := (\S+)", open(f"{root}/Makefile").read(), re.M).group(1)
assert c["image"] == f"capsieve:{version}", c["image"]
# as the recipe says, and the unit
recipe = open(f"{root}/packaging/image/Containerfile").read()
assert sorted(re.search(r"--cap-add=(\S+)", recipe).group(1).upper().split(",")) == five
unit = open(f"{root}/packaging/systemd/capsieve.service").read()
assert sorted(w[4:] for w in re.search(r"^CapabilityBoundingSet=(.*)$", unit, re.M).group(1).split()) == five
print(*docs["ConfigMap"]["data"].values(), sep="\n")
END
  printf '%s\n' "$output" >"$BATS_TEST_TMPDIR/rules.yaml"
  run -0 "$CAPSIEVE" check "$BATS_TEST_TMPDIR/rules.yaml" "$ROOT/docs/example-rules.yaml" "$ROOT/packaging/image/capsieve.yaml"
  [[ $output == *": 0 mistakes, 0 warnings" ]]
}

@test "image: it watches with five capabilities, and the sender with none" {
  [ "$(id -u)" = 0 ] || skip "not root"
  [ -n "$(probes)" ] || skip "no probe works here"
  command -v podman >/dev/null || skip "no podman"
  once_is_enough
  static
  local word caps=() id state=$BATS_TEST_TMPDIR/state pid child

  STORE=$BATS_TEST_TMPDIR/store
  mkdir -p "$STORE" "$state"
  OWN=(--root "$STORE/root" --runroot "$STORE/run" --tmpdir "$STORE/tmp" --cgroup-manager cgroupfs --events-backend file
    --storage-driver vfs --runtime "$(command -v runc || command -v crun)")
  own_podman info >/dev/null 2>&1 || skip "no podman runs here"
  "$ROOT/packaging/image/build" "$STATIC" capsieve:test podman "${OWN[@]}"
  for word in $FIVE; do caps+=("--cap-add=$word"); done
  id=$(own_podman run -d --network none --ulimit nofile=1024:1024 --ulimit nproc=10000:10000 --read-only --cap-drop=all "${caps[@]}" \
    --security-opt=no-new-privileges --pid=host -v /sys/fs/cgroup:/sys/fs/cgroup:ro -v "$state:/var/lib/capsieve" \
    --security-opt="seccomp=$ROOT/packaging/image/seccomp.json" --tmpfs /run/capsieve capsieve:test)
  watches() { own_podman logs "$id" 2>&1 | grep -q 'watching by'; }
  wait_for 60 watches || { own_podman logs "$id"; false; }
  own_podman exec "$id" /usr/bin/capsieve watch status --json >"$BATS_TEST_TMPDIR/status"
  pid=$(own_podman top "$id" hpid | sed -n 2p)
  # BPF, PERFMON, SYSLOG, SYS_PTRACE and DAC_READ_SEARCH at most
  [ $((0x$(awk '/^CapBnd/ { print $2 }' "/proc/$pid/status") & ~(1 << 39 | 1 << 38 | 1 << 34 | 1 << 19 | 1 << 2))) = 0 ]
  child=$(jq .sender.pid "$BATS_TEST_TMPDIR/status")
  [ "$(awk '/^Cap(Eff|Prm|Amb)/ { print $2 }' "/proc/$child/status" | sort -u)" = 0000000000000000 ]
  [ "$(awk '/^(NoNewPrivs|Seccomp):/ { print $2 }' "/proc/$child/status" | paste -sd' ')" = "1 2" ]
  own_podman stop -t 20 "$id" >/dev/null
  own_podman logs "$id" 2>&1 | tail -n 5
  [ "$(own_podman inspect -f '{{.State.ExitCode}}' "$id")" = 0 ]
}
