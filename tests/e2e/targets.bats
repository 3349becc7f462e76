# SPDX-License-Identifier: BSD-2-Clause
#
# profile: whom it watches. By unit, container, image, executable; what is set-up and what the payload's need.

bats_require_minimum_version 1.5.0
load lib
load engines

setup() {
	profile_works
	P=$BATS_TEST_TMPDIR/p
	CGROUPS=() JOBS=()
	cd /
}

teardown() {
	end_jobs
	for c in "${CGROUPS[@]}"; do rmdir "$c" 2>/dev/null || :; done
	engines_end
}

# study OPTION...: in the background, with $STUDY before it; its profile in $P.json, its page in $P.out; comes back when it listens
study() {
	: >"$P.err"
	rm -f "$P.json"
	$STUDY "$CAPSIEVE" profile -o "$P.json" "$@" </dev/null >"$P.out" 2>"$P.err" 3>&- &
	JOBS+=($!)
	wait_for 60 study_listens || { cat "$P.err" && false; }
}

study_listens() {
	has "$P.err" "hearing capability checks" || ! kill -0 "${JOBS[-1]}" 2>/dev/null
}

# studied [SIGNAL]: waits for its end, with a signal before; its exit status is the answer
studied() {
	[ -z "${1-}" ] || kill -"$1" "${JOBS[-1]}"
	wait "${JOBS[-1]}"
}

# The advised capabilities, "CAP_A CAP_B"
advised() {
	jq -r '.advice.capabilities | join(" ")' "$P.json"
}

@test "a unit, by its name and by a glob; nobody else's needs, nor what others hold" {
	local web db filter words

	place capsieve-web.service && web=$REPLY
	place capsieve-db.service && db=$REPLY
	touch "$P.file"
	for filter in "--unit capsieve-web" "--unit capsieve-w?b.service" "--where unit=capsieve-web" "--exe */chroot"; do
		read -ra words <<<"$filter"
		study "${words[@]}"
		in_place "$web" chroot / true
		in_place "$db" chown 1:1 "$P.file"
		studied TERM
		[ "$(advised)" = CAP_SYS_CHROOT ] || { echo "$filter" && cat "$P.out" "$P.err" && false; }
	done
	# Of nobody there is no profile: it would say that nothing is needed.
	study --unit capsieve-none -d 1s
	in_place "$web" chroot / true
	status=0
	studied || status=$?
	[ "$status" = 1 ]
	has "$P.err" "waiting for a unit named 'capsieve-none.service'"
	has "$P.err" "nobody was met: waited in vain for a unit named 'capsieve-none.service'; no profile was made"
	[ ! -e "$P.json" ]
	study --unit capsieve-wep -d 1s
	studied || :
	has "$P.err" "waiting for a unit named 'capsieve-wep.service'; did you mean 'capsieve-web.service'?"
}

@test "what filters a unit's system calls is shown, on the page and in JSON" {
	local file=/run/systemd/system/capsieve-filtered.service place

	mkdir -p "${file%/*}"
	printf '[Service]\nExecStart=/bin/true\nSystemCallFilter=@system-service\nSystemCallFilter=~@mount\n' >"$file"
	place capsieve-filtered.service && place=$REPLY
	study --unit capsieve-filtered
	in_place "$place" chroot / true
	status=0
	studied TERM || status=$?
	rm -f "$file"
	[ "$status" = 0 ]
	jq -c "[.granted, .seccomp, .workload]" "$P.json"
	jq -e '.seccomp.filter == "SystemCallFilter=@system-service ~@mount"' "$P.json"
	grep -q '^  seccomp  *filters: SystemCallFilter=@system-service ~@mount' "$P.out"
}

@test "a unit that asks for nothing: who it is, what it holds and what it was granted" {
	local file=/run/systemd/system/capsieve-idle.service place pid

	mkdir -p "${file%/*}"
	printf '[Service]\nExecStart=/bin/sleep\nCapabilityBoundingSet=CAP_CHOWN CAP_KILL CAP_NET_RAW\n' >"$file"
	place capsieve-idle.service && place=$REPLY
	in_place "$place" setpriv --bounding-set=-all,+chown,+kill --inh-caps=-all sleep 300 3>&- &
	wait_for 60 pgrep --cgroup "/${place#"$(cgroup2)"/}" -x sleep
	pid=$(pgrep --cgroup "/${place#"$(cgroup2)"/}" -x sleep)
	JOBS+=("$pid")
	for filter in "--unit capsieve-idle" "--cgroup $place" "-p $pid" "--exe */sleep --unit capsieve-idle"; do
		read -ra words <<<"$filter"
		status=0
		study "${words[@]}" -d 500ms
		studied || status=$?
		[ "$status" = 0 ] || { rm -f "$file" && cat "$P.err" && false; }
		jq -e '.held_not_asked == ["CAP_CHOWN", "CAP_KILL"] and .workload == "capsieve-idle.service" and
			.granted_not_asked == ["CAP_CHOWN", "CAP_KILL", "CAP_NET_RAW"] and (.start_seen | not)' "$P.json" ||
			{ rm -f "$file" && echo "$filter" && cat "$P.json" "$P.err" && false; }
	done
	rm -f "$file"
}

# As ordered on its standard input, in the directory $1; each order that was carried out is a line in $1/did.
# shellcheck disable=SC2016  # its own
TREE='cd "$1"
later() { while kill -0 "$1" 2>/dev/null; do sleep 0.01; done; mknod node c 1 3; echo orphan >>did; }
(read -r _ <go && chown 1:1 file && echo old >>did) &
echo ready >>did
while read -r order; do
	case $order in
	old) echo >go ;;
	new) chroot / true; sh -c "chroot / true; chroot / true & wait"; echo new >>did ;;
	orphan) (parent=$BASHPID; later "$parent" &) ;;
	end) exit ;;
	esac
done'

# ordered WORD: and carried out
ordered() {
	echo "$1" >&7
	wait_for 60 has "$P.tree/did" "$1"
}

@test "--tree: who was there, who comes and goes, and who has lost his parents; nobody beside it" {
	local pid

	mkdir "$P.tree"
	mkfifo "$P.tree/go" "$P.orders"
	touch "$P.tree/file" "$P.tree/other"
	exec 7<>"$P.orders"
	bash -c "$TREE" tree "$P.tree" <"$P.orders" 7>&- 3>&- &
	pid=$!
	JOBS+=($pid)
	wait_for 60 has "$P.tree/did" ready
	study --tree "$pid"
	ordered old
	ordered new
	ordered orphan
	chmod u+s "$P.tree/other"
	hostname "$(hostname)"
	setpriv --reuid 1 --clear-groups true
	# Its first process ends, and those that it leaves are its own still: with the last of them the profile ends.
	echo end >&7
	wait $pid
	studied
	has "$P.err" "all the processes that were to be watched have ended"
	exec 7>&-
	[ "$(advised)" = "CAP_CHOWN CAP_SYS_CHROOT CAP_MKNOD" ] || { cat "$P.out" && false; }
	jq -c '[.asked[] | select(.capability == "CAP_SYS_CHROOT").sites[] | [.site, .granted, .comm]]' "$P.json"
	[ "$(jq '[.asked[] | select(.capability == "CAP_SYS_CHROOT").sites[].granted] | add' "$P.json")" = 3 ]
	jq -e 'all(.asked[].sites[]; .comm | IN("hostname", "setpriv", "chmod") | not) and (.start_seen | not)' "$P.json"
	[ "$(jq -r '.asked[] | select(.capability == "CAP_MKNOD").sites[0].comm' "$P.json")" = mknod ]
	# Where they are in no unit the page says who they were.
	! grep -q '^/ needs' "$P.out" || { cat "$P.out" && false; }
	! grep -q '^0::/$' /proc/self/cgroup || jq -e --arg pid "$pid" '.workload | endswith(" (the tree of pid \($pid))")' "$P.json"
}

@test "-p: ends with the last of the processes, which were watched until then" {
	local first second

	mkfifo "$P.go"
	sleep 60 3>&- & first=$!
	sh -c 'read -r line; exec sleep 1' <>"$P.go" 3>&- & second=$!
	JOBS+=($first $second)
	study -p "$first" -p "$second"
	kill "$first"
	wait "$first" || :
	sleep 1
	kill -0 "${JOBS[-1]}"
	echo go >"$P.go"
	wait "$second"
	studied
	has "$P.err" "all the processes that were to be watched have ended"
	jq -e '.watched_ms > 1900 and .watched_ms < 30000' "$P.json"
}

@test "-p: ends with them also where capsieve runs in a pid namespace of its own, with the host's /proc" {
	local first

	unshare --pid --fork --mount-proc true 2>/dev/null || skip "no pid namespaces here"
	sleep 60 3>&- & first=$!
	JOBS+=($first)
	mkdir -p "$P.proc"
	run unshare --mount --propagation private bash -c 'mount --bind /proc "$0.proc" && exec unshare --pid --fork --mount-proc \
		timeout 100 "$CAPSIEVE" profile -v --proc "$0.proc" -p "$1" -o "$0.json" 3>&- 2>"$0.err" & job=$!
		for _ in {1..200}; do grep -q "capabilities kept" "$0.err" 2>/dev/null && break; sleep 0.1; done
		sleep 2
		kill -0 $job || { echo "it did not wait"; cat "$0.err"; exit 1; }
		kill "$1"
		wait $job' "$P" "$first"
	cat "$P.err"
	[ "$status" = 0 ]
	has "$P.err" "all the processes that were to be watched have ended"
	jq -e '.watched_ms > 1500 and .watched_ms < 40000' "$P.json"
}

@test "--cgroup: with what is below it, who comes in and who leaves; nobody of a like name" {
	local cg like pid

	place capsieve-cg && cg=$REPLY
	place capsieve-cg.other && like=$REPLY
	mkdir "$cg/inner.scope"
	CGROUPS=("$cg/inner.scope" "${CGROUPS[@]}")
	mkfifo "$P.go"
	touch "$P.file"
	# Outside until it is told; then in, and out again.
	# shellcheck disable=SC2016
	in_place "$like" sh -c 'read -r _ <"$1" && chown 1:1 "$2" && echo $$ >"$3/cgroup.procs" && hostname "$(hostname)" &&
		echo $$ >"$4/cgroup.procs" && mknod "$2.node" c 1 3 && echo done >"$2.done"' sh "$P.go" "$P.file" "$cg" "$like" 3>&- &
	JOBS+=($!)
	study --cgroup "$cg"
	in_place "$cg" chroot / true
	in_place "$cg/inner.scope" nice -n -1 true
	in_place "$like" chown 1:1 "$P.file"
	echo >"$P.go"
	wait_for 60 test -e "$P.file.done"
	studied TERM
	[ "$(advised)" = "CAP_SYS_CHROOT CAP_SYS_ADMIN CAP_SYS_NICE" ] || { cat "$P.out" && false; }
	jq -e 'all(.asked[].sites[]; .comm | IN("chown", "mknod") | not)' "$P.json"
	# What is no cgroup of version 2 is refused: on a hybrid machine there are others.
	for dir in $(awk '$3 == "cgroup" { print $2 }' /proc/self/mounts) "$BATS_TEST_TMPDIR"; do
		run -2 "$CAPSIEVE" profile -d 1s --cgroup "$dir"
		[[ $output = *"--cgroup '$dir': not a directory of the cgroup v2 hierarchy" ]]
	done
}

@test "a recording, by unit and executable" {
	local web db filter words

	place capsieve-web.service && web=$REPLY
	place capsieve-db.service && db=$REPLY
	touch "$P.file"
	"$CAPSIEVE" trace -x -o /dev/null --record "$P.rec" 2>"$P.err" 3>&- &
	JOBS+=($!)
	wait_for 60 study_listens
	in_place "$web" chroot / true
	in_place "$db" chown 1:1 "$P.file"
	studied TERM
	for filter in "--unit capsieve-web" "--exe */chroot" "--where unit=capsieve-web"; do
		read -ra words <<<"$filter"
		"$CAPSIEVE" profile -q -o "$P.json" --replay "$P.rec" "${words[@]}" >"$P.out"
		[ "$(advised)" = CAP_SYS_CHROOT ] || { echo "$filter" && cat "$P.out" && false; }
	done
	rm -f "$P.json"
	run -1 --separate-stderr "$CAPSIEVE" profile -q -o "$P.json" --replay "$P.rec" --unit capsieve-none
	[[ $stderr = *"the recording does not have a unit named 'capsieve-none.service': no profile was made" ]]
	[ ! -e "$P.json" ]
}

# In the engines' namespace, where their directories are
inside() {
	STUDY="nsenter -t $ENGINES_PID -m --"
	study "$@"
}

docker_or_skip() {
	host_only
	engines_begin
	docker_begin || skip "no docker daemon runs here"
	dock import - demo/app:1 <"$ENGINES/box.tar" >/dev/null
}

# It stays a second longer, so that its name can be looked up also by a capsieve that is slow: workloads.bats is about those
# that live for fifty milliseconds.
WORK='trap "sleep 1" EXIT; chown 1:1 /etc/passwd && chroot / true'

@test "a recording of a command was made from its start; the page is as wide as COLUMNS, or as the terminal" {
	touch "$P.file"
	"$CAPSIEVE" trace -q -x -o /dev/null --record "$P.rec" -- sh -c 'chown 1:1 "$1"; chroot / true; hostname "$(hostname)"' sh "$P.file"
	COLUMNS=50 "$CAPSIEVE" profile -q -o "$P.json" --replay "$P.rec" >"$P.out"
	cat "$P.out"
	jq -e '.start_seen and (.past_start_up | not) and all(.asked[]; .phase == null)' "$P.json"
	grep -q ' and [0-9]* more need CAP_CHOWN' <(tr '\n' ' ' <"$P.out")
	! grep -E 'ran already|start-up' "$P.out" || false
	! grep -E '.{51}' "$P.out" || false
	grep -qE '.{41}' "$P.out"
	# Some guests' userland has no script(1).
	! in_guest || command -v script >/dev/null || return 0
	run -0 env TERM=dumb script -qec "stty cols 44; $CAPSIEVE profile -q --replay $P.rec" /dev/null
	! grep -E ".{46}" <<<"$output"
}

@test "docker: a container's set-up is told apart, and its recipe suffices" {
	local recipe

	docker_or_skip
	inside --container web
	dock run --rm --name web --network none --cap-drop all --cap-add chown --cap-add sys_chroot --cap-add net_raw \
		demo/app:1 sh -c "$WORK"
	studied TERM
	[ "$(advised)" = "CAP_CHOWN CAP_SYS_CHROOT" ] || { cat "$P.out" "$P.err" && false; }
	# What runc mounts and sets is in the file as what it is, and on the page in one line.
	jq -e '[.asked[] | select(.capability == "CAP_SYS_ADMIN").sites[] | select(.setup) | .comm] | any(startswith("runc"))' "$P.json"
	jq -e '[.asked[] | select(.part == "setup").capability] | index("CAP_MKNOD")' "$P.json"
	grep -q '^  set-up  .*cap_' "$P.out"
	! grep -q runc "$P.out" || false
	jq -e '.held_not_asked == ["CAP_NET_RAW"] and .workload == "docker:web" and .start_seen' "$P.json"
	# What its bundle gives it, and what of that was never used
	jq -e '.granted == {source: "bundle", set: ["CAP_CHOWN", "CAP_NET_RAW", "CAP_SYS_CHROOT"],
		bounding: ["CAP_CHOWN", "CAP_NET_RAW", "CAP_SYS_CHROOT"]} and .granted_not_asked == ["CAP_NET_RAW"]' "$P.json"
	jq -c .seccomp "$P.json"
	jq -e '.seccomp.filter == null or (.seccomp.filter | test("^its bundle.s seccomp profile: SCMP_ACT_ERRNO but for [0-9]+ calls$"))' "$P.json"
	grep -q '^docker:web needs CAP_CHOWN,CAP_SYS_CHROOT' "$P.out"
	grep -q '^  granted, unused  *cap_net_raw: never used in the [0-9.]* m*s since' "$P.out"
	"$CAPSIEVE" profile show "$P.json" >"$P.shown"
	diff "$P.out" "$P.shown"
	"$CAPSIEVE" profile show --json "$P.json" | jq -e '.granted_not_asked == ["CAP_NET_RAW"]'
	recipe=$("$CAPSIEVE" profile show "$P.json" --format docker | sed -n 's/^docker run \(.*\) IMAGE$/\1/p')
	[ "$recipe" = "--cap-drop=ALL --cap-add=CHOWN --cap-add=SYS_CHROOT --security-opt=no-new-privileges" ]
	# shellcheck disable=SC2086
	dock run --rm --network none $recipe demo/app:1 sh -c "$WORK"
	# shellcheck disable=SC2086
	! dock run --rm --network none ${recipe/--cap-add=CHOWN /} demo/app:1 sh -c "$WORK" || false
	# shellcheck disable=SC2086
	! dock run --rm --network none ${recipe/--cap-add=SYS_CHROOT /} demo/app:1 sh -c "$WORK" || false
}

@test "docker: with its recipe applied, --expect finds nothing; and then what is new" {
	local recipe job

	docker_or_skip
	inside --container web
	dock run --rm --name web --network none demo/app:1 sh -c "$WORK"
	studied TERM
	mv "$P.json" "$P.saved"
	recipe=$("$CAPSIEVE" profile show "$P.saved" --format docker | sed -n 's/^docker run \(.*\) IMAGE$/\1/p')
	for job in "$WORK" "$WORK; mknod /null c 1 3"; do
		inside --container web --expect "$P.saved"
		# shellcheck disable=SC2086
		dock run --rm --name web --network none $recipe demo/app:1 sh -c "$job" || :
		status=0
		studied TERM || status=$?
		if [ "$job" = "$WORK" ]; then
			[ "$status" = 0 ] || { cat "$P.out" "$P.err" && false; }
		else
			# It is not granted, and its call failed.
			[ "$status" = 3 ]
			has "$P.out" "  + CAP_MKNOD" || { cat "$P.out" "$P.err" && false; }
		fi
	done
}

@test "docker: --wait catches a container that is started again; what runs already says so" {
	docker_or_skip
	dock run -d --name web --network none --cap-drop all --cap-add chown --cap-add sys_chroot demo/app:1 \
		sh -c "$WORK; sleep 300" >/dev/null
	inside --container web -d 2s
	dock exec web chroot / true
	studied
	[ "$(advised)" = CAP_SYS_CHROOT ] || { cat "$P.out" "$P.err" && false; }
	says_not_seen
	inside --wait --container web -d 120s
	dock exec web chroot / true
	dock restart -t 0 web >/dev/null
	# What is waited for in the container is its sleep.
	wait_for 30 container_runs sleep
	dock kill web >/dev/null
	studied
	[ "$(advised)" = "CAP_CHOWN CAP_SYS_CHROOT" ] || { cat "$P.out" "$P.err" && false; }
	jq -e '.start_seen and .workload == "docker:web" and .granted.set == ["CAP_CHOWN", "CAP_SYS_CHROOT"]' "$P.json"
}

# container_runs COMM
container_runs() {
	dock top web -o pid,comm 2>/dev/null | grep -qE "^[0-9]+ +$1\$"
}

@test "podman: by image, from its creation to its end" {
	host_only
	command -v podman runc >/dev/null || skip "podman and runc are not installed"
	engines_begin
	pod import "$ENGINES/box.tar" localhost/demo/pod:3 >/dev/null 2>"$P.pod" || skip "podman does not work here: $(tail -n1 "$P.pod")"
	inside --wait --image 'localhost/demo/*' -d 120s
	pod run --rm --cap-drop all --cap-add chown,sys_chroot,net_raw localhost/demo/pod:3 sh -c "$WORK" 2>"$P.pod" ||
		skip "podman cannot run a container here: $(tail -n1 "$P.pod")"
	studied
	[ "$(advised)" = "CAP_CHOWN CAP_SYS_CHROOT" ] || { cat "$P.out" "$P.err" && false; }
	jq -e '.start_seen and .granted_not_asked == ["CAP_NET_RAW"]' "$P.json"
}

@test "runc as the command: its payload's set-up is told apart; and the payload alone" {
	local id=capsieve-$$

	host_only
	command -v runc >/dev/null || skip "runc is not installed"
	engines_begin
	mkdir "$ENGINES/bundle"
	(cd "$ENGINES/bundle" && runc spec)
	jq --arg root "$ENGINES/root" --arg path "/$id" --arg work "$WORK" '.process.args = ["sh", "-c", $work] | .process.terminal = false |
		.root = {path: $root} | .linux.cgroupsPath = $path | del(.process.rlimits) |
		.process.capabilities |= map_values(["CAP_CHOWN", "CAP_SYS_CHROOT"])' "$ENGINES/bundle/config.json" >"$P.config"
	mv "$P.config" "$ENGINES/bundle/config.json"
	STUDY="nsenter -t $ENGINES_PID -m --"
	run -0 $STUDY "$CAPSIEVE" profile -q -o "$P.json" -- runc run --bundle "$ENGINES/bundle" "$id"
	# runc's own needs are the command's; what it asks for as the container is set-up.
	jq -e '[.asked[] | select(.capability == "CAP_SYS_ADMIN").sites[] | select(.comm == "runc:[2:INIT]").setup] | length > 0 and all' "$P.json"
	jq -e '.start_seen and (.advice.capabilities | index("CAP_CHOWN"))' "$P.json"
	run -0 $STUDY "$CAPSIEVE" profile -q -o "$P.json" --where "cgroup=/$id" -- runc run --bundle "$ENGINES/bundle" "$id"
	[ "$(advised)" = "CAP_CHOWN CAP_SYS_CHROOT" ] || { cat "$P.json" && false; }
}

@test "a command is watched to the end of its last descendant, also of one that became a daemon" {
	run -3 --separate-stderr "$CAPSIEVE" profile -o "$P.json" -- \
		sh -c 'setsid sh -c "sleep 1; chroot / true; sleep 1; chown 1:1 $0/none" >/dev/null 2>&1 & exit 3' "$P.file"
	[ "$(advised)" = CAP_SYS_CHROOT ] || { cat "$P.json" && false; }
	[[ $stderr = *"the command has ended, and what it started goes on"* ]]
	# -d and Ctrl-C end it before.
	run -0 --separate-stderr timeout 60 "$CAPSIEVE" profile -d 2s -o "$P.json" -- sh -c 'setsid sleep 15 >/dev/null 2>&1 & exit 0'
	[ -z "$(advised)" ]
}

# What says that it was not there from the start, in each of its forms
says_not_seen() {
	grep -q 'start-up not seen' "$P.out" && jq -e '.start_seen | not' "$P.json" &&
		"$CAPSIEVE" profile show "$P.json" --format systemd | tr '\n' ' ' | grep -q '^# .*Start-up not seen'
}

@test "--wait: not what runs already, but the next start, from its start to its end" {
	local web

	place capsieve-web.service && web=$REPLY
	mkfifo "$P.go"
	touch "$P.file"
	# shellcheck disable=SC2016
	in_place "$web" sh -c 'read -r _ <"$0"; chown 1:1 "$1"; exec sleep 60' "$P.go" "$P.file" 3>&- &
	JOBS+=($!)
	wait_for 20 grep -q . "$web/cgroup.procs"
	study --wait --unit capsieve-web
	echo >"$P.go"
	wait_for 20 has_owner "$P.file" 1
	empty "$web"
	rmdir "$web"
	mkdir "$web"
	in_place "$web" sh -c 'chroot / true'
	studied
	[ "$(advised)" = CAP_SYS_CHROOT ] || { cat "$P.out" "$P.err" && false; }
	jq -e '.start_seen' "$P.json"
	! grep -q 'not seen' "$P.out" || false
	# Who is there already, without it
	in_place "$web" sleep 60 3>&- &
	JOBS+=($!)
	wait_for 20 grep -q . "$web/cgroup.procs"
	study --unit capsieve-web
	in_place "$web" chroot / true
	studied TERM
	[ "$(advised)" = CAP_SYS_CHROOT ]
	says_not_seen
	empty "$web"
}

# empty DIR: ends all in that cgroup, and waits until they are gone
empty() {
	local pid

	while read -r pid; do kill -KILL "$pid" 2>/dev/null || :; done <"$1/cgroup.procs"
	wait_for 20 has "$1/cgroup.events" "populated 0"
}

has_owner() {
	[ "$(stat -c %u "$1")" = "$2" ]
}

@test "--wait: a program's next start; and what never starts" {
	study --wait --exe '*/chroot'
	chroot / sleep 0.2
	studied
	[ "$(advised)" = CAP_SYS_CHROOT ] || { cat "$P.out" "$P.err" && false; }
	jq -e '.start_seen' "$P.json"
	study -v --wait --unit capsieve-never -d 3s
	status=0
	studied || status=$?
	[ "$status" = 1 ]
	has "$P.err" " s: waiting for a unit named 'capsieve-never.service'"
	has "$P.err" "nothing was started: waited in vain for a unit named 'capsieve-never.service'; no profile was made"
	[ ! -e "$P.json" ]
	run -2 "$CAPSIEVE" profile --wait -p 1
	[[ $output = *"--wait needs a name to wait for"* ]]
	run -2 "$CAPSIEVE" profile --wait --unit x -- true
	run -2 "$CAPSIEVE" profile --wait --unit x --replay "$P.rec"
}

@test "--host: an answer for each workload, the riskiest first; a directory of profiles; JSON; recipes; again from a recording" {
	local web db

	place capsieve-web.service && web=$REPLY
	place capsieve-db.service && db=$REPLY
	touch "$P.file"
	rm -rf "$P.dir"
	# Of these units alone: whoever makes checks at full blast beside this test fills the ring of a trace of everybody sooner
	# than a slow capsieve (sanitizers, two other stages on the machine) empties it, and that is exit status 4.
	"$CAPSIEVE" trace -x --unit 'capsieve-*' -o /dev/null --record "$P.rec" 2>"$P.err2" 3>&- &
	JOBS+=($!)
	wait_for 60 has "$P.err2" hearing
	study --host -o "$P.dir"
	in_place "$web" chroot / true
	in_place "$db" chown 1:1 "$P.file"
	studied TERM
	kill -TERM "${JOBS[0]}"
	wait "${JOBS[0]}" || { cat "$P.err2" && false; }
	grep -E '^[0-9]+ workloads? in [0-9]+ s: ' "$P.out"
	# What chown needs is as good as root, and what chroot needs is not.
	grep -E '^capsieve-(web|db)\.service .* seen ' "$P.out" >"$P.lines"
	[ "$(awk '{ print $1, $2, $3, $NF }' "$P.lines")" = \
		$'capsieve-db.service root seen chown\ncapsieve-web.service high seen sys_chroot' ] || { cat "$P.out" && false; }
	grep -q '^capsieve-web.service needs CAP_SYS_CHROOT' "$P.out"
	[ "$(stat -c %a "$P.dir" "$P.dir/capsieve-web.service.json" | paste -sd ' ')" = "700 600" ]
	[ "$(jq -r '.advice.capabilities[]' "$P.dir/capsieve-db.service.json")" = CAP_CHOWN ]
	"$CAPSIEVE" profile show "$P.dir/capsieve-web.service.json" --format systemd | grep -q '^CapabilityBoundingSet=CAP_SYS_CHROOT$'

	"$CAPSIEVE" profile -q --host --unit 'capsieve-*' --replay "$P.rec" --json >"$P.again"
	jq -e '.type == "profiles" and .version == 1 and (.incomplete | not) and
		([.workloads[] | [.workload, .advice.capabilities[]] | join(" ")] ==
		["capsieve-db.service CAP_CHOWN", "capsieve-web.service CAP_SYS_CHROOT"])' "$P.again"
	jq -e '.checks == ([.workloads[].checks] | add)' "$P.again"
	"$CAPSIEVE" profile -q --host --unit 'capsieve-*' --replay "$P.rec" --format systemd >"$P.recipes"
	[ "$(grep -E '^# capsieve|^Cap.*=CAP' "$P.recipes" | paste -sd ' ')" = \
		"# capsieve-db.service CapabilityBoundingSet=CAP_CHOWN # capsieve-web.service CapabilityBoundingSet=CAP_SYS_CHROOT" ]
	run -2 "$CAPSIEVE" profile --host -- true
	touch "$P.plain"
	run -2 "$CAPSIEVE" profile -q --host -d 1s -o "$P.plain"
	[[ $output = *"$P.plain: Not a directory"* ]]
}

@test "progress: with -v, on a terminal, and not with -q" {
	run -0 --separate-stderr "$CAPSIEVE" profile -v -d 3s -p $$
	[[ $stderr = *"capsieve profile: "[0-9]*" s: "*" check"*" capabilit"* ]]
	run -0 --separate-stderr "$CAPSIEVE" profile -q -d 2s -p $$
	[ -z "$stderr" ]
	run -0 --separate-stderr "$CAPSIEVE" profile -d 2s -p $$
	[[ $stderr != *" s: "* ]]
	command -v script >/dev/null || skip "script is not installed"
	script -qec "$CAPSIEVE profile -d 3s -p $$" /dev/null </dev/null >"$P.tty" 3>&-
	grep -q "capsieve profile: [0-9]* s: [0-9]* check" "$P.tty"
}

@test "--host: all checks together are those of the workloads, also those that the kernel counted" {
	study --host --json
	"$TRIP/load" -n 2000 -s reboot >/dev/null
	studied TERM
	jq -e '.checks >= 2000 and .checks == ([.workloads[].checks] | add)' "$P.out"
}

@test "where every check has to be unwound for its call site few of those that are alike are, by --host and by top, which say so; else neither" {
	local probe said few="of those that are alike the first 16 are, and one in 64 of the others"

	sites_are_named || skip "call sites cannot be named here"
	for probe in $(probes); do
		run -0 timeout 400 "$CAPSIEVE" profile --host -d 300ms --attach "$probe"
		said=$output
		run -0 timeout 400 "$CAPSIEVE" top --batch -d 300ms --interval 1h --attach "$probe"
		if [[ $said = *"$probe has no other way on this kernel; $few"* ]]; then
			[[ $output = *"$probe has no other way on this kernel; $few"* ]]
		else
			[[ $probe != kprobe && $said != *"$few"* && $output != *"$few"* ]]
		fi || { echo "$probe: $said"$'\n'"$output" && false; }
	done
	CAPSIEVE_SITES=few run -0 timeout 400 "$CAPSIEVE" profile --host -d 300ms
	[[ $output = *"$few"* || $output = *"each check is sent with its call stack"* ]]
	CAPSIEVE_SITES=unwind run -0 timeout 400 "$CAPSIEVE" profile --host -d 300ms
	[[ $output != *"$few"* ]]
}
