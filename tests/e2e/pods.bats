# SPDX-License-Identifier: BSD-2-Clause
#
# Pods, slices and images by name: containers of runc and containerd that carry what a kubelet's runtimes write, in cgroups as
# both of its drivers name them; one capsieve tells who they are, others filter. A container around another one: who counts?
# And a name when its container is no more.

bats_require_minimum_version 1.5.0
load lib

UID_WEB=c04f3f2d-0d2b-4c3a-9f53-b3b2b9f0a1c2
UID_DB=11c0a2b4-5c1d-4e6f-8a9b-0c1d2e3f4a5b
HASH_STATIC=63b3cb0f5a2d4b1e8f7a6c5d4e3f2a1b

setup_file() {
  # A skip in here fails where bats is 1.8.
  has_engines && [ -n "$(probes)" ] && command -v runc busybox >/dev/null || return 0
  export W=$BATS_FILE_TMPDIR TOP=cs-pods-$$ NUMBER=$$
  mkdir -p "$W/rootfs/bin" "$W/rootfs/proc"
  cp "$(command -v busybox)" "$W/rootfs/bin/busybox"
  for name in sh chroot sleep true; do
    ln -s busybox "$W/rootfs/bin/$name"
  done
  (cd "$W" && runc spec) || return 0
  capsieve_start "$W/seen" -C sys_chroot --record "$W/seen.rec"
  export CAPSIEVE_PID CAPSIEVE_PATH
}

teardown_file() {
  capsieve_kill
  [ -n "${W-}" ] || return 0
  for state in "$W"/runc/*; do
    runc --root "$W/runc" delete --force "${state##*/}" 2>/dev/null || :
  done
  [ ! -S "$W/containerd.sock" ] || ctr -a "$W/containerd.sock" -n k8s.io tasks kill -s KILL "$(id c)" 2>/dev/null || :
  for pid in "$W"/*.pid; do
    [ ! -s "$pid" ] || kill "$(<"$pid")" 2>/dev/null || :
  done
  nap 0.3
  for dir in "$W"/docker/data/overlay2/*/merged "$W"/docker/exec/netns/*; do
    umount -l "$dir" 2>/dev/null || :
  done
  # Runtimes leave what is above a container's own cgroup.
  find /sys/fs/cgroup -depth -type d -path "*/$TOP*" -exec rmdir {} + 2>/dev/null || :
}

setup() {
  JOBS=()
  has_engines || skip "on the host, and in the machine 6.12-engines"
  [ -n "$(probes)" ] || skip "no probe works here"
  [ -s "${W-}/config.json" ] || skip "runc or busybox is not installed"
  [ -n "$(cgroup2)" ] || skip "version 2 of cgroups is not mounted"
}

teardown() {
  end_jobs
  [ "$CAPSIEVE_PATH" = "${W-}/seen" ] || capsieve_kill
}

# id LETTER: of 64 digits, one for each file of tests that runs
id() {
  printf "%s%063x" "$1" "$NUMBER"
}

LOOP='while :; do chroot / true; sleep 0.2; done'

# bundle NAME CGROUP COMMAND [ANNOTATION=VALUE...]: in $W/NAME
bundle() {
  local dir=$W/$1 cgroup=$2 command=$3

  shift 3
  mkdir -p "$dir"
  jq --arg root "$W/rootfs" --arg path "$cgroup" --arg command "$command" '.root.path = $root | .linux.cgroupsPath = $path |
    .process.args = ["sh", "-c", $command] | .process.terminal = false | del(.process.rlimits) |
    .process.capabilities |= map_values(["CAP_SYS_CHROOT"]) |
    .annotations = ($ARGS.positional | map(capture("(?<key>[^=]*)=(?<value>.*)")) | from_entries)' \
    --args "$@" <"$W/config.json" >"$dir/config.json"
}

# starts NAME ID: as long as it runs, its runtime looks after it
starts() {
  (cd "$W/$1" && exec runc --root "$W/runc" run "$2" </dev/null >"$W/$1.log" 2>&1 3>&-) &
}

# containerd's words for it
cri() {
  printf 'io.kubernetes.cri.%s\n' container-type=container "sandbox-namespace=$1" "sandbox-name=$2" "sandbox-uid=$3" \
    "container-name=$4" "image-name=$5"
}

# CRI-O's
crio() {
  printf 'io.kubernetes.%s\n' "pod.namespace=$1" "pod.name=$2" "pod.uid=$3" "container.name=$4" "cri-o.Image=$5" \
    cri-o.ContainerType=container
  echo io.container.manager=cri-o
}

# containerd_runs ID CGROUP COMMAND NAMESPACE POD UID CONTAINER IMAGE: below our own cgroups
containerd_runs() {
  local id=$1 cgroup=$2 command=$3 notes=() note

  shift 3
  while read -r note; do notes+=(--annotation "$note"); done < <(cri "$@")
  ctr -a "$W/containerd.sock" -n k8s.io run --detach --env PATH=/bin "${notes[@]}" --cgroup "/$TOP/$cgroup" --rootfs "$W/rootfs" \
    "$id" sh -c "$command" </dev/null >"$W/ctr.log" 2>&1 3>&-
}

# all_run: the three of them, started once
all_run() {
  local notes

  [ ! -e "$W/all" ] || return 0
  touch "$W/all"
  containerd_begin "$W" || return 0
  containerd_runs "$(id c)" "containerd.service/kubepods-burstable-pod$HASH_STATIC.slice:cri-containerd:$(id c)" "$LOOP" \
    kube-system static-node1 $HASH_STATIC static registry/static:3
  mapfile -t notes < <(cri shop web-7d4b9c8f6d-x2x4z $UID_WEB app registry/web:1.2)
  bundle web "/$TOP/kubepods/burstable/pod$UID_WEB/$(id a)" "$LOOP" "${notes[@]}"
  starts web "$(id a)"
  mapfile -t notes < <(crio data db-0 $UID_DB postgres registry/db:15)
  bundle db "/$TOP/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod${UID_DB//-/_}.slice/crio-$(id b).scope" \
    "$LOOP" "${notes[@]}"
  starts db "$(id b)"
}

# resolved ID: what was said last of that container
resolved() {
  jq -c "select(.type == \"resolve\" and .container.id == \"$1\")" "$W/seen.json" | tail -n1
}

is_resolved() {
  [ -n "$(resolved "$1")" ]
}

# is ID WORDS: what is said of it, and with the first of its checks from then on
is() {
  wait_for 30 is_resolved "$1" || { cat "$W"/*.log && grep -F "$1" "$W/seen.json" && false; }
  resolved "$1" | tee "$W/whole" | jq -r '[.workload, .container.engine, .k8s.namespace, .k8s.pod, .k8s.pod_uid, .k8s.container,
    .container.image, .container.verified] | join(" ")' | tee "$W/line"
  [ "$(<"$W/line")" = "$2" ] || { cat "$W/whole" && false; }
}

@test "pods under both drivers: namespace, name, uid, container and image, and their bundles confirm them" {
  all_run
  is "$(id a)" "k8s:shop/web/app kubernetes shop web-7d4b9c8f6d-x2x4z $UID_WEB app registry/web:1.2 true"
  is "$(id b)" "k8s:data/db/postgres cri-o data db-0 $UID_DB postgres registry/db:15 true"
  is "$(id c)" "k8s:kube-system/static-node1/static containerd kube-system static-node1 $HASH_STATIC static registry/static:3 true"
}

# count ID: of its checks so far, by the capsieve that hears all
count() {
  checks "$W/seen" "select(.container.id == \"$1\") | 1" | wc -l
}

goes_on() {
  [ "$(count "$1")" -ge "$2" ]
}

# heard PATH ID: does that capsieve hear it?
heard() {
  [ -n "$(checks "$1" "select(.container.id == \"$2\") | 1" 2>/dev/null | head -n1)" ]
}

# listen LETTERS FILTER...: in the background, all of them at once; LETTERS are who is meant
listen() {
  local path=$BATS_TEST_TMPDIR/${#JOBS[@]}

  WANTED+=("$1")
  shift
  "$CAPSIEVE" trace --json -o "$path.json" -C sys_chroot --comm chroot "$@" </dev/null >/dev/null 2>"$path.err" 3>&- &
  JOBS+=($!)
}

# heard_of NUMBER: which of the three
heard_of() {
  # A filter that says who is not meant lets others of this machine be heard.
  checks "$BATS_TEST_TMPDIR/$1" .container.id | tr -d '"' | grep -E "$(printf '^[abc]%063x$' "$NUMBER")" | cut -c1 | sort -u | tr -d '\n'
}

hears() {
  [ "$(heard_of "$1")" = "$2" ]
}

# Others ask all the time, and are not heard.
@test "--pod, --k8s-namespace, --image, --container, --slice and --unit: of these pods only those that are meant" {
  local n letter WANTED=()

  all_run
  for letter in a b c; do wait_for 30 is_resolved "$(id $letter)"; done
  listen a --pod 'web-*'
  listen bc --pod db-0 --pod 'static-*'
  listen a --k8s-namespace shop
  listen bc --k8s-namespace '!shop'
  listen ab --image 'registry/web:*' --image registry/db:15
  listen c --container "$(id c)"
  listen b --slice "kubepods-besteffort-pod${UID_DB//-/_}"
  listen b --unit "crio-$(id b).scope"
  listen c --where 'k8s_namespace=kube-* pod=static-node?'
  listen b --where 'pod=db-* pod=web-* k8s_namespace!=shop'
  for n in "${!JOBS[@]}"; do
    wait_for 60 has "$BATS_TEST_TMPDIR/$n.err" hearing
    wait_for 30 hears "$n" "${WANTED[n]}" || { heard_of "$n" && cat "$BATS_TEST_TMPDIR/$n.err" && false; }
  done
  for letter in a b c; do
    wait_for 30 goes_on "$(id $letter)" $(($(count "$(id $letter)") + 2))
  done
  for n in "${!JOBS[@]}"; do
    kill -TERM "${JOBS[n]}"
    wait "${JOBS[n]}" || { echo "exit status $?" && cat "$BATS_TEST_TMPDIR/$n.err" && false; }
    [ "$(heard_of "$n")" = "${WANTED[n]}" ] || { heard_of "$n" && cat "$BATS_TEST_TMPDIR/$n.err" && false; }
  done
  JOBS=()
}

@test "profile: of a pod, by its name, its namespace and its image, what it needs; start-up not seen" {
  local words

  all_run
  wait_for 30 is_resolved "$(id a)"
  for words in "--pod web-*" "--k8s-namespace shop" "--image registry/web:*"; do
    # shellcheck disable=SC2086  # words
    run -0 --separate-stderr timeout 60 "$CAPSIEVE" profile -q --json -d 3s $words
    jq -e '(.workload | startswith("k8s:shop/web-")) and (.start_seen | not) and
      .advice.capabilities == ["CAP_SYS_CHROOT"]' <<<"$output" || { jq -c '[.workload, .start_seen, .asked]' <<<"$output" && false; }
  done
}

@test "a pod that starts later is waited for" {
  local P=$BATS_TEST_TMPDIR/p notes

  all_run
  wait_for 30 is_resolved "$(id a)"
  capsieve_start "$P" -C sys_chroot --pod late-0 --k8s-namespace shop
  has "$P.err" "waiting for a pod named 'late-0'"
  mapfile -t notes < <(cri shop late-0 $UID_WEB app registry/late:1)
  bundle late "/$TOP/kubepods/burstable/pod$UID_WEB/$(id d)" "$LOOP" "${notes[@]}"
  starts late "$(id d)"
  wait_for 30 heard "$P" "$(id d)"
  capsieve_stop
  [ "$(checks "$P" .k8s.pod | sort -u)" = '"late-0"' ]
}

# inside CGROUP: what was said last of it
inside() {
  jq -c "select(.type == \"resolve\" and .cgroup == \"$1\")" "$W/seen.json" | tail -n1
}

is_inside() {
  [ -n "$(inside "$1")" ]
}

# docker_starts: with nothing of the host's own
docker_starts() {
  mkdir -p "$W/docker"
  dockerd --data-root "$W/docker/data" --exec-root "$W/docker/exec" -p "$W/docker/docker.pid" -H "unix://$W/docker.sock" \
    --iptables=false --ip6tables=false --ip-forward=false --bridge=none >"$W/docker.log" 2>&1 3>&- &
  echo $! >"$W/docker.pid"
  wait_for 30 docker version >/dev/null 2>&1
}

# Docker delegates its container's cgroup to another runtime, whose bundle names its own cgroup as rightly: whoever counts
# outside cannot be told by anybody inside.
@test "two that are confirmed, one in the other: the outermost counts; one that is only called so does not" {
  command -v dockerd docker >/dev/null || skip "docker is not installed"
  local outer notes inside out

  export DOCKER_HOST=unix://$W/docker.sock
  docker_starts || skip "dockerd does not start here: $(tail -n1 "$W/docker.log")"
  tar -C "$W/rootfs" -c . | docker import - demo/outer:1 >/dev/null
  outer=$(docker run -d --name outer --network none --cgroup-parent "/$TOP/parent" demo/outer:1 sh -c 'chroot / true; sleep 300')
  wait_for 30 is_resolved "$outer"
  mapfile -t notes < <(cri shop inner-1 $UID_WEB inner registry/inner:1)

  out=/$TOP/parent/$outer inside=$out/kubepods/pod$UID_WEB/$(id f)
  bundle inner "$inside" 'chroot / true; sleep 1' "${notes[@]}"
  starts inner "$(id f)"
  wait_for 30 is_inside "$inside" || { cat "$W/inner.log" && false; }
  inside "$inside" | jq -r '[.workload, .container.id, .container.image, .container.inner, .container.verified] | join(" ")' | tee "$W/line"
  [ "$(<"$W/line")" = "docker:outer $outer demo/outer:1 ${inside#"$out"} true" ]

  # The same where what is around it is a directory that is called like the container, and nothing more.
  inside=/$TOP/evil/docker/$outer/kubepods/pod$UID_WEB/$(id 1)
  bundle alone "$inside" 'chroot / true; sleep 1' "${notes[@]}"
  starts alone "$(id 1)"
  wait_for 30 is_inside "$inside" || { cat "$W/alone.log" && false; }
  inside "$inside" | jq -r '[.workload, .container.id, .container.inner, .container.verified] | join(" ")' | tee "$W/line"
  [ "$(<"$W/line")" = "k8s:shop/inner/inner $(id 1)  true" ]
  docker rm -f outer >/dev/null
}

# What started it is gone before it asks for anything: what runc keeps of it leads to its bundle.
@test "runc: started and left alone, in a cgroup of any name; and around another container it counts" {
  local notes id place inside

  all_run
  # By whoever stays it is known where runc keeps that.
  wait_for 30 is_resolved "$(id a)"
  mapfile -t notes < <(cri shop left-1 $UID_WEB app registry/left:1)
  for id in "box-$NUMBER" "$(id 5)"; do
    place=/$TOP/left/$id
    bundle "left-$id" "$place" "until [ -e /go-$id ]; do sleep 0.1; done; $LOOP" "${notes[@]}"
    runc --root "$W/runc" run --detach --bundle "$W/left-$id" "$id" </dev/null >"$W/left.log" 2>&1 3>&-
    touch "$W/rootfs/go-$id"
    is "$id" "k8s:shop/left/app runc shop left-1 $UID_WEB app registry/left:1 true"
  done
  inside=$place/docker/$(id 6)
  bundle within "$inside" 'chroot / true; sleep 1' nerdctl/name=within
  starts within "$(id 6)"
  wait_for 30 is_inside "$inside" || { cat "$W/within.log" && false; }
  inside "$inside" | jq -r '[.workload, .container.id, .container.verified] | join(" ")' | tee "$W/line"
  [ "$(<"$W/line")" = "k8s:shop/left/app $(id 5) true" ]
}

# Nobody is left who could be asked: neither the container, nor its cgroup, nor what its engine kept of it.
@test "a container's name stays when it has ended: for counts that are collected then" {
  local P=$BATS_TEST_TMPDIR/p notes pid place

  "$CAPSIEVE" trace --count --json -C sys_chroot --comm chroot -d 120 >"$P.json" 2>"$P.err" 3>&- &
  pid=$! CAPSIEVE_PID=$!
  wait_for 60 has "$P.err" hearing
  mapfile -t notes < <(cri shop gone-1 $UID_WEB app registry/gone:1)
  place=/$TOP/kubepods/pod$UID_WEB/$(id 4)
  bundle gone "$place" 'chroot / true; chroot / true; sleep 0.5' "${notes[@]}"
  timeout 60 runc --root "$W/runc" run --bundle "$W/gone" "$(id 4)" </dev/null 3>&-
  rm -r "$W/gone"
  [ ! -e "$(cgroup2)$place" ]
  [ ! -e "$W/runc/$(id 4)" ]
  kill -TERM "$pid"
  wait "$pid"
  jq -c "select(.type == \"count\" and .container.id == \"$(id 4)\") | [.workload, .container.image, .container.verified, .count]" \
    "$P.json" | uniq -c | tee "$P.line"
  # Two programs of it
  [ "$(tr -s ' ' <"$P.line")" = ' 2 ["k8s:shop/gone/app","registry/gone:1",true,1]' ]
}

@test "--slice and --unit by cgroups as systemd makes them: the innermost slice, and whoever is in it" {
  local P=$BATS_TEST_TMPDIR/p top filter want at

  top=$(cgroup2)/$TOP
  for at in cs.slice/cs-a.slice/one.service cs.slice/cs-a.slice/two.scope cs.slice/cs-b.slice/one.service cs.slice; do
    mkdir -p "$top/$at"
  done
  while IFS='|' read -r filter want; do
    # shellcheck disable=SC2086  # words
    capsieve_start "$P" -C sys_chroot $filter
    for at in cs.slice/cs-a.slice/one.service cs.slice/cs-a.slice/two.scope cs.slice/cs-b.slice/one.service cs.slice; do
      # shellcheck disable=SC2016
      sh -c 'echo 0 >"$0/cgroup.procs" && exec "$1" -q' "$top/$at" "$TRIP/short"
    done
    capsieve_stop
    checks "$P" "select(.cgroup | startswith(\"/$TOP/\")) | [.slice, .unit] | join(\" \")" | sort | tr -d '"' | paste -sd, |
      tee "$P.line"
    [ "$(<"$P.line")" = "$want" ] || { echo "$filter" && cat "$P.err" && false; }
  done <<-'END'
	--slice cs-a|cs-a.slice one.service,cs-a.slice two.scope
	--slice cs-b.slice|cs-b.slice one.service
	--slice cs-* --unit one|cs-a.slice one.service,cs-b.slice one.service
	--slice cs|cs.slice cs.slice
	--slice !cs-* --slice !cs --comm short|
	--unit two.scope|cs-a.slice two.scope
	END
}
