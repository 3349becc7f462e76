# SPDX-License-Identifier: BSD-2-Clause
#
# Filters by name: what the kernel side is told of cgroups, and what user space asks of each check.

bats_require_minimum_version 1.5.0
load lib
load engines

setup() {
	P=$BATS_TEST_TMPDIR/p
	CGROUPS=()
}

teardown() {
	[ -z "${FREEZER-}" ] || echo THAWED >"$FREEZER/freezer.state" || :
	capsieve_kill
	end_pod
	for c in "${CGROUPS[@]}"; do rmdir "$c" 2>/dev/null || :; done
	engines_end
}

@test "a unit that starts later is waited for, and nobody else is heard" {
	local web db

	capsieve_start "$P" --unit capsieve-web -C sys_chroot
	has "$P.err" "waiting for a unit named 'capsieve-web.service'"
	place capsieve-web.service && web=$REPLY
	place capsieve-db.service && db=$REPLY
	for _ in 1 2 3; do
		in_place "$web" "$TRIP/trip" chroot >/dev/null
		in_place "$db" "$TRIP/trip" chroot >/dev/null
		"$TRIP/trip" chroot >/dev/null
	done
	capsieve_stop
	[ "$(checks "$P" .unit | sort | uniq -c | tr -s ' ')" = ' 3 "capsieve-web.service"' ]
}

@test "what a cgroup leaves out is left out in the kernel from then on" {
	local db

	place capsieve-db.service && db=$REPLY
	capsieve_start "$P" --unit '!capsieve-db' --where 'comm=trip*' -C sys_chroot
	! has "$P.err" waiting || false
	for _ in 1 2 3 4 5; do in_place "$db" "$TRIP/trip" chroot >/dev/null; done
	"$TRIP/trip" chroot >/dev/null
	capsieve_stop
	[ "$(checks "$P" '[.unit]')" = '[null]' ]
	[ "$(stop_line "$P" '.seen + .counted + .outside + .hidden + .own + ([.lost[]] | add // 0) == .asked')" = true ] ||
		{ stop_line "$P" . && false; }
}

@test "by executable, command line, ancestor and user" {
	host_only
	capsieve_start "$P" --exe '*/trip' --where 'user=root ancestor=*bash userns=host' --where 'cmdline=*none*' -C sys_chroot
	"$TRIP/trip" chroot >/dev/null
	capsieve_stop
	[ "$(checks "$P" 1 | wc -l)" = 1 ]
	for not in "exe=/bin/*" "user!=0" "ancestor=*nobody*" "userns=own" "cmdline=trip" "exe!=*/trip*" "tty=pts/99999"; do
		capsieve_start "$P" --where "$not" --comm 'trip*' -C sys_chroot
		"$TRIP/trip" chroot >/dev/null
		# A sanitizer makes capsieve so slow that the process may be gone before it is looked at, which it says.
		capsieve_stop || { [ -n "${SANITIZE-}" ] && grep "could not be told whether" "$P.err"; }
		[ "$(checks "$P" 1 | wc -l)" = 0 ]
	done
}

# One check, a pause, then so many: what is decided about the first holds for all others.
MANY='
import ctypes, sys, time
libc = ctypes.CDLL(None)
libc.reboot(0)
time.sleep(float(sys.argv[1]))
for _ in range(int(sys.argv[2])):
    libc.reboot(0)
'

# few PAUSE FILTER...: are nearly all of 3000 checks refused by the kernel side?
few() {
	local pause=$1

	shift
	# Not of others on this machine, who may ask the same.
	capsieve_start "$P" -v -C sys_boot --tree $$ "$@"
	python3 -c "$MANY" "$pause" 3000
	capsieve_stop || [ "$CAPSIEVE_STATUS" = 4 ]
	[ "$(checks "$P" 1 | wc -l)" = 0 ]
	came=$(sed -n 's/.*filters by name: \([0-9]*\) .*/\1/p' "$P.err")
	echo "$*: $came came"
	[ "$(stop_line "$P" '.outside >= 3001')" = true ]
	[ "$came" -le 300 ]
}

# soon_few FILTER...: that takes until user space has decided, and the later the busier the machine is
soon_few() {
	few 0.1 "$@" || few 1 "$@" || few 6 "$@" || few 30 "$@"
}

@test "who is not meant by any key is refused in the kernel from then on" {
	local filters=("exe=*/nobody user=root" "comm=nobody userns=host" "unit=nobody exe=*python*")

	in_guest || filters+=("exe!=*python* user=root" "cmdline=nothing" "ancestor=nobody" "tty=pts/9999" "user=daemon" "group=daemon"
		"userns=own" "cgroup=/nowhere" "container=none")
	for filter in "${filters[@]}"; do
		soon_few --where "$filter"
	done
	soon_few --exe '!*python*'
}

# Somebody who is not meant, and then is: as another user, by another name, in another cgroup, as another program.
BECOME='
import ctypes, os, sys, time
libc = ctypes.CDLL(None)
def ask(n):
    for _ in range(n):
        libc.chroot(b"/")
ask(1), time.sleep(0.3), ask(50)
how = sys.argv[1]
if how == "comm":
    libc.prctl(15, b"cs-other", 0, 0, 0)
elif how == "cgroup":
    open(sys.argv[2] + "/cgroup.procs", "w").write("0")
elif how == "user":
    os.setuid(65534)
elif how == "userns":
    libc.unshare(0x10000000)
elif how == "exe":
    os.execv(sys.argv[2], [sys.argv[2], "-q"])
ask(1)
'

@test "who is not meant and becomes somebody who is, is heard" {
	local web

	place "capsieve-w$$.service" && web=$REPLY
	for row in "comm|comm=cs-other" "cgroup|unit=capsieve-w$$ exe=*python*|$web" "cgroup|unit=capsieve-w$$|$web" \
		"user|user=nobody exe=*python*" "userns|userns=own exe=*python*" "exe|exe=*/short|$TRIP/short"; do
		IFS='|' read -r how filter arg <<<"$row"
		capsieve_start "$P" -C sys_chroot --where "$filter"
		python3 -c "$BECOME" "$how" "$arg" || [ "$how" = user ] || [ "$how" = userns ]
		capsieve_stop
		echo "$row: $(checks "$P" '[.comm, .user, .unit]')"
		[ "$(checks "$P" 1 | wc -l)" = 1 ]
	done
}

@test "counts and recordings are filtered the same" {
	host_only
	local web pid unit=capsieve-counts$$

	place "$unit.service" && web=$REPLY
	"$CAPSIEVE" trace --count --json --where "unit=$unit" -C sys_chroot -d 4 >"$P.json" 2>"$P.err" 3>&- &
	pid=$!
	wait_for 20 has "$P.err" hearing
	in_place "$web" "$TRIP/trip" chroot >/dev/null
	"$TRIP/trip" chroot >/dev/null
	wait "$pid"
	[ "$(jq -c 'select(.type == "count") | [.unit, .count]' "$P.json")" = "[\"$unit.service\",1]" ] || { cat "$P.err" "$P.json" && false; }

	"$CAPSIEVE" trace --record "$P.rec" -C sys_chroot -d 4 2>"$P.err2" 3>&- &
	pid=$!
	wait_for 20 has "$P.err2" hearing
	in_place "$web" "$TRIP/trip" chroot >/dev/null
	"$TRIP/trip" chroot >/dev/null
	wait "$pid"
	[ "$("$CAPSIEVE" trace -q --replay "$P.rec" --json --unit "$unit" | jq -c 'select(.type == "check").unit')" = \
		"\"$unit.service\"" ]
	[ "$("$CAPSIEVE" trace -q --replay "$P.rec" --json --where "!unit=$unit" --where 'comm=trip*' |
		jq -c 'select(.type == "check") | [.unit]')" = '[null]' ]
	run --separate-stderr "$CAPSIEVE" trace --replay "$P.rec" --where 'cmdline=x'
	[ "$status" -eq 2 ]
	run --separate-stderr "$CAPSIEVE" trace --replay "$P.rec" --where 'tty=x'
	[ "$status" -eq 2 ]
}

# Counts are read when it has long executed something else.
@test "what is counted of a process before it executes something else is of what it was then" {
	host_only
	local by_exe by_comm pids=() i

	command -v setpriv >/dev/null || skip "setpriv is not installed"
	for i in exe comm; do
		"$CAPSIEVE" trace --count --json "--$i" '*setpriv' -d 4 >"$P.$i" 2>"$P.$i.err" 3>&- &
		pids+=($!)
	done
	for i in exe comm; do
		wait_for 20 has "$P.$i.err" hearing
	done
	for i in 1 2 3 4 5 6 7 8; do
		setpriv --reuid 65534 --clear-groups "$(command -v true)"
	done
	for i in "${pids[@]}"; do
		wait "$i" || { cat "$P.exe.err" "$P.comm.err" && false; }
	done
	by_exe=$(jq -s 'map(select(.type == "count" and .comm == "setpriv").count) | add' "$P.exe")
	by_comm=$(jq -s 'map(select(.type == "count" and .exe != null and (.exe | endswith("/setpriv"))).count) | add' "$P.comm")
	echo "$by_exe by executable, $by_comm by name"
	[ "$by_exe" -ge 8 ] && [ "$by_exe" = "$by_comm" ]
}

@test "docker: one container out of several, by name, id and image; also one that comes later" {
	host_only
	engines_begin
	docker_begin || skip "no docker daemon runs here"
	local id pid

	dock import - demo/app:1 <"$ENGINES/box.tar" >/dev/null
	dock import - demo/other:1 <"$ENGINES/box.tar" >/dev/null
	id=$(dock run -d --name web demo/app:1 sleep 300)
	dock run -d --name db demo/other:1 sleep 300 >/dev/null
	CAPSIEVE="engine $CAPSIEVE"
	for filter in "--container web" "--container ${id:0:12}" "--image demo/app*" "--where container=w?b"; do
		# what the one before said is not taken for this one's
		rm -f "$P.err"
		# shellcheck disable=SC2086
		$CAPSIEVE trace --json $filter --comm chroot -C sys_chroot -d 3 >"$P.json" 2>"$P.err" 3>&- &
		pid=$!
		wait_for 20 has "$P.err" hearing
		dock exec web chroot / true
		dock exec db chroot / true
		wait "$pid"
		! has "$P.err" waiting || false
		[ "$(checks "$P" .cgroup)" = "\"/docker/$id\"" ] || { echo "$filter" && cat "$P.err" && checks "$P" . && false; }
	done
	rm -f "$P.err"
	$CAPSIEVE trace --json --container late --comm chroot -C sys_chroot -d 4 >"$P.json" 2>"$P.err" 3>&- &
	pid=$!
	wait_for 20 has "$P.err" hearing
	has "$P.err" "waiting for a container named 'late'"
	dock run --name late demo/app:1 chroot / true
	dock run --name early demo/app:1 chroot / true
	wait "$pid"
	[ "$(checks "$P" .comm)" = '"chroot"' ]
}

# make_pod BUNDLE SECONDS: a bundle whose container is one of a pod, makes one check and lives so long; its id in POD_ID
make_pod() {
	local box

	POD_ID=$(printf '%064x' $$)
	mkdir -p "$1/rootfs/bin"
	for box in chroot sleep; do cp "$(command -v busybox)" "$1/rootfs/bin/$box"; done
	rm -f "$1/config.json"
	runc spec --bundle "$1"
	jq --arg path "/capsieve-pod-$$/kubepods/podc04f3f2d-0d2b-4c3a-9f53-b3b2b9f0a1c2/$POD_ID" --arg seconds "$2" '
		.process.args = ["chroot", "/", "sleep", $seconds] |
		.process.terminal = false | .linux.cgroupsPath = $path | del(.process.rlimits) |
		.process.capabilities |= map_values(["CAP_SYS_CHROOT"]) | .annotations = {
			"io.kubernetes.cri.container-type": "container", "io.kubernetes.cri.container-name": "front",
			"io.kubernetes.cri.image-name": "demo/app:1", "io.kubernetes.cri.sandbox-name": "web-7f",
			"io.kubernetes.cri.sandbox-namespace": "shop"}' "$1/config.json" >"$1/new"
	mv "$1/new" "$1/config.json"
}

# run_pod BUNDLE [WORDS...]: by these words, in cgroups that nobody has met, for they go with it
run_pod() {
	local bundle=$1

	shift
	timeout 90 "$@" runc --root "$BATS_TEST_TMPDIR/runc" run --bundle "$bundle" "$POD_ID" </dev/null >/dev/null 2>&1 3>&- || :
	end_pod
}

end_pod() {
	find /sys/fs/cgroup -depth -type d \( -path "*/capsieve-pod-$$" -o -path "*/capsieve-pod-$$/*" \) -exec rmdir {} + 2>/dev/null || :
}

has_runc() {
	command -v runc >/dev/null && command -v busybox >/dev/null
}

# ever_longer COMMAND...: with a pod that lives so long. Only its runtime knows its name, and on a busy machine both may be gone
# before anybody could look.
ever_longer() {
	local seconds

	for seconds in 0.1 1 10; do
		make_pod "$BUNDLE" $seconds
		"$@" && return
		echo "not where it lives for $seconds s: $*"
	done
	return 1
}

PODS=("pod=web-*" "k8s_namespace=shop" "container=front image=demo/*" "pod=db-*")
FRONT='["k8s:shop/web-7f/front",true]'

# is_front FILTER: is all that was heard of whom is meant?
is_front() {
	[ "$(checks "$P" '[.workload, .container.verified]')" = "$([ "$1" = "pod=db-*" ] || echo "$FRONT")" ]
}

hear_pod() {
	capsieve_start "$P" -v -C sys_chroot --comm chroot --where "$1" --record "$P.rec" || return
	run_pod "$BUNDLE"
	capsieve_stop || return
	echo "$1: $(checks "$P" .workload); $(grep -o '[0-9]* events waited.*' "$P.err")"
	is_front "$1" &&
		[ "$(stop_line "$P" '.seen + .counted + .outside + .hidden + .own + ([.lost[]] | add // 0) == .asked')" = true ] &&
		diff <(checks "$P" .) <("$CAPSIEVE" trace -q --json --replay "$P.rec" | jq -c 'select(.type == "check")')
}

# What was recorded before its name was known is found by the name that follows.
hear_recorded_pod() {
	local filter

	capsieve_start "$P" -C sys_chroot --comm chroot --record "$P.rec" || return
	run_pod "$BUNDLE"
	capsieve_stop || return
	for filter in "${PODS[@]}"; do
		"$CAPSIEVE" trace -q --json --replay "$P.rec" --where "$filter" >"$P.json" || return
		echo "recorded, $filter: $(checks "$P" .workload)"
		is_front "$filter" || return
	done
}

# Where the end may come before the name: the command is over as soon as the container is.
hear_pod_of_command() {
	run_pod "$BUNDLE" "$CAPSIEVE" trace -q --json -o "$P.json" --pod 'web-*' -C sys_chroot --comm chroot --
	is_front web
}

@test "a pod that comes later, whom nobody has heard yet: its first check is there, where only its runtime has its name" {
	host_only
	has_runc || skip "no runc or no busybox here"
	local BUNDLE=$BATS_TEST_TMPDIR/bundle filter

	for filter in "${PODS[@]}"; do
		ever_longer hear_pod "$filter"
	done
	ever_longer hear_pod_of_command
	ever_longer hear_recorded_pod
}

count_pod() {
	rm -f "$P.err"
	"$CAPSIEVE" trace --count --json --pod 'web-*' --comm chroot -C sys_chroot -d 600 >"$P.json" 2>"$P.err" 3>&- &
	let_it_hear $! || return
	jq -c 'select(.type == "count") | [.workload, .cap, .count]' "$P.json" | tee "$P.line"
	[ "$(<"$P.line")" = '["k8s:shop/web-7f/front","CAP_SYS_CHROOT",1]' ]
}

profile_pod() {
	rm -f "$P.err"
	"$CAPSIEVE" profile --pod 'web-*' -d 600 -o "$P.profile" >"$P.out" 2>"$P.err" 3>&- &
	let_it_hear $! || return
	jq -e '.workload == "k8s:shop/web-7f/front" and .start_seen and .advice.capabilities == ["CAP_SYS_CHROOT"]' "$P.profile" ||
		{ jq . "$P.profile" && return 1; }
}

# let_it_hear PID: the pod
let_it_hear() {
	wait_for 60 has "$P.err" hearing
	run_pod "$BUNDLE"
	kill -TERM "$1"
	wait "$1" || { cat "$P.err" && return 1; }
}

@test "a pod that comes later is counted and profiled by its name, from its first check" {
	host_only
	has_runc || skip "no runc or no busybox here"
	local BUNDLE=$BATS_TEST_TMPDIR/bundle

	ever_longer count_pod
	ever_longer profile_pod
}

# freeze TASK: it does nothing until thaw
freeze() {
	FREEZER=/sys/fs/cgroup/freezer/capsieve-names-$$
	mkdir "$FREEZER" && CGROUPS+=("$FREEZER")
	echo "$1" >"$FREEZER/tasks"
	echo FROZEN >"$FREEZER/freezer.state"
	wait_for 20 grep -qx FROZEN "$FREEZER/freezer.state"
}

thaw() {
	echo THAWED >"$FREEZER/freezer.state"
	wait_for 20 grep -qx THAWED "$FREEZER/freezer.state"
}

# thread NAME: of the capsieve that listens
thread() {
	grep -lx "$1" "/proc/$CAPSIEVE_PID/task/"*/comm | grep -o '[0-9]*/comm' | tr -d /com
}

@test "a name that does not come in time keeps nobody waiting for long, and is told" {
	host_only
	has_runc || skip "no runc or no busybox here"
	[ -e /sys/fs/cgroup/freezer/tasks ] || skip "no freezer of single threads here (cgroups of version 1)"
	local dir=$BATS_TEST_TMPDIR/bundle web

	make_pod "$dir" 0.1
	place "capsieve-f$$.service" && web=$REPLY
	capsieve_start "$P" -v -C sys_chroot --where 'pod=web-*' --where "unit=capsieve-f$$"
	freeze "$(thread names)"
	run_pod "$dir"
	# Behind it, and meant: it comes as soon as the other one is given up.
	in_place "$web" "$TRIP/trip" chroot >/dev/null
	wait_for 60 has_check "$P"
	in_place "$web" "$TRIP/trip" chroot >/dev/null
	thaw
	! capsieve_stop || { cat "$P.err" && false; }
	[ "$CAPSIEVE_STATUS" = 4 ]
	has "$P.err" "1 times it could not be told whether somebody is meant"
	[ "$(checks "$P" .unit | uniq -c | tr -s ' ')" = " 2 \"capsieve-f$$.service\"" ]
	[ "$(stop_line "$P" '.seen + .counted + .outside + .hidden + .own + ([.lost[]] | add // 0) == .asked')" = true ]
}

has_check() {
	[ "$(checks "$1" 1 | wc -l)" -ge 1 ]
}

@test "who started it: names up to the first process, live and recorded, and nothing of it unless it is asked for" {
	host_only
	"$CAPSIEVE" trace -q --ancestors --json -o "$P.json" --record "$P.rec" -C sys_chroot -- \
		bash -c 'exec -a "x" sh -c "cp \"$0/short\" \"$1\"; \"$1\" -q; true"' "$TRIP" "$BATS_TEST_TMPDIR/a<b"
	checks "$P" '.ancestors[:2]' | tee "$P.line"
	[ "$(<"$P.line")" = '["sh","capsieve"]' ]
	[ "$(checks "$P" '.ancestors | length > 3')" = true ]
	"$CAPSIEVE" trace -q --ancestors --json -o "$P.again" --replay "$P.rec"
	diff <(grep '"type":"check"' "$P.json") <(grep '"type":"check"' "$P.again")
	"$CAPSIEVE" trace -q --no-header --ancestors --columns comm,ancestors --replay "$P.rec" | tee "$P.text"
	[[ $(<"$P.text") == "a<b "*" sh<capsieve<"* ]]
	"$CAPSIEVE" trace -q --json -o "$P.json" --record "$P.rec" -C sys_chroot -- sh -c '"$0" -q; true' "$TRIP/short"
	[ "$(checks "$P" 'has("ancestors")')" = false ]
	run --separate-stderr "$CAPSIEVE" trace --ancestors --replay "$P.rec"
	[ "$status" -eq 2 ] || [ "$status" -eq 1 ]
	[[ $stderr == *"--ancestors: the recording was made without it"* ]]
}

@test "mistakes in an expression are one sentence" {
	for row in "unitt=x|'unitt' is no key; did you mean 'unit'?" "unit|'unit' is neither key=glob nor key!=glob" \
		"unit=[a|'[a' is no glob: a bracket that is not closed, or a backslash at the end"; do
		run --separate-stderr "$CAPSIEVE" trace --where "${row%%|*}"
		[ "$status" -eq 2 ]
		[ "$stderr" = "capsieve trace: --where: ${row#*|}" ]
	done
	run --separate-stderr "$CAPSIEVE" ps --container ''
	[ "$status" -eq 2 ]
}
