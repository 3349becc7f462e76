# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# What the e2e tests share: which probes there are, and capsieve in the background.
#
#   load lib                                        in a .bats file
#   capsieve_start DIR/NAME --attach tp_btf ...     traces as JSON into DIR/NAME.json; comes back when it listens
#   capsieve_stop                                   everything is in the file; fails unless it ended with 0
#   checks DIR/NAME 'select(.comm == "x") | .pid'   jq over its checks
#
# A start takes seconds in an emulated guest: let one capsieve hear what many tests look at.

E2E=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
CAPSIEVE=${CAPSIEVE:-$E2E/../../build/capsieve}
TRIP=${TRIP:-$E2E/../../build/tests}
DOCTOR=${DOCTOR:-${BATS_RUN_TMPDIR:-${TMPDIR:-/tmp}}/e2e-doctor.json}

# doctor FILTER: jq over what `capsieve doctor --json` says, which is asked once a run
doctor() {
	[ -s "$DOCTOR" ] || "$CAPSIEVE" doctor --json >"$DOCTOR" || return
	jq -r "$1" "$DOCTOR"
}

# The probes that work here, of those that CAPSIEVE_PROBES names; the one that auto chooses is the first.
probes() {
	local chosen probe

	chosen=$(doctor '.items[] | select(.section == "probes" and .item == "chosen") | .value') || return
	for probe in $chosen $(doctor '.items[] | select(.section == "probes" and .state == "yes").item |
			select(. == ("fexit", "tp_btf", "tp", "kprobe"))'); do
		case " ${CAPSIEVE_PROBES-$probe} " in
		"  " | *" $probe "*) echo "$probe" ;;
		esac
	done | awk '!seen[$0]++'
}

# heard_at_trial WORDS: does this kernel let such checks be heard, and not only derived? WORDS as doctor has them
heard_at_trial() {
	[ "$(doctor ".items[] | select(.section == \"heard at a trial\" and (.item | startswith(\"$1\"))) |
		[.state, (.value // \"\" | startswith(\"derived\"))] | @csv")" = '"yes",false' ]
}

# An emulated machine, where a start takes seconds?
in_guest() {
	[ -e /run/vm ]
}

# For what is the same on every kernel. E2E_WHOLE: nevertheless everywhere, which takes hours.
host_only() {
	! in_guest || [ -n "${E2E_WHOLE-}" ] || skip "the same on every kernel: shown on the host, where a start takes no seconds"
}

# Engines take minutes to start in an emulated machine: in one is enough.
has_engines() {
	! in_guest || grep -qw vm.engines /proc/cmdline
}

# Are the kernel's addresses shown?
sites_are_named() {
	awk '$1 !~ /^0+$/ { found = 1; exit } END { exit !found }' /proc/kallsyms
}

# For what profile is tried on: root, a probe that works, and the names of call sites.
profile_works() {
	[ "$(id -u)" = 0 ] || skip "not root"
	[ -n "$(probes)" ] || skip "no probe works here"
	sites_are_named || skip "call sites cannot be named here"
}

# jq, as it is from version 1.7 on: where `-e` finds nothing to be true of, that is a mistake (4), and not fine
jq() {
	local option status=0 told

	for option in "$@"; do
		[[ $option != --exit-status && ! $option =~ ^-[a-zA-Z]*e ]] || {
			told=$(command jq "$@" || status=$?; printf . && exit $status) || status=$?
			printf %s "${told%.}"
			[ $status != 0 ] || [ "$told" != . ] || status=4
			return $status
		}
	done
	command jq "$@"
}

# place NAME: a cgroup of that name, and its directory in $REPLY; CGROUPS is for teardown
place() {
	local top

	top=$(cgroup2) || skip "version 2 of cgroups is not mounted here"
	REPLY=$top/system.slice/$1
	mkdir -p "$REPLY" 2>/dev/null || skip "no cgroup can be made here"
	CGROUPS+=("$REPLY")
}

# in_place DIR COMMAND...: by a process in there
in_place() {
	local dir=$1

	shift
	# shellcheck disable=SC2016
	sh -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$dir" "$@"
}

# Before the daemon is started. The sanitizers look for leaks with ptrace, at the end: it has given that up by then, and they would
# abort; and a signal that ends it is to end it.
daemon_under_sanitizers() {
	ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:detect_leaks=0:handle_segv=0}
}

# For what is about other programs than ours, and takes long: what of ours runs in it, others run with sanitizers too.
once_is_enough() {
	[ -z "${SANITIZE-}" ] || [ -n "${TEST_ALL-}" ] || skip "sanitizers: only in make test-all"
}

# The directory of the version 2 hierarchy of cgroups
cgroup2() {
	awk '$3 == "cgroup2" { print $2; found = 1; exit } END { exit !found }' /proc/self/mounts
}

# is_named PID COMM
is_named() {
	local comm

	read -r comm <"/proc/$1/comm" && [ "$comm" = "$2" ]
}

# nap SECONDS: without a process of its own
nap() {
	[ -n "${nap_fd-}" ] || exec {nap_fd}<> <(:)
	read -rt "$1" -u "$nap_fd" || :
}

# wait_for SECONDS COMMAND...: until it succeeds; an emulated machine, where a start takes seconds, has five times as long
wait_for() {
	local end=$((SECONDS + $1 * (1 + 4 * $(in_guest && echo 1 || echo 0))))

	shift
	until "$@"; do
		[ $SECONDS -lt $end ] || return 1
		nap 0.05
	done
}

# has FILE WORDS: without a process
has() {
	local line

	[ -e "$1" ] || return 1
	while IFS= read -r line || [ -n "$line" ]; do
		[[ $line != *"$2"* ]] || return 0
	done <"$1"
	return 1
}

# listens_or_ended PATH
listens_or_ended() {
	has "$1.err" "hearing capability checks" || ! kill -0 "$CAPSIEVE_PID" 2>/dev/null
}

# capsieve_start PATH [OPTION...]: into PATH.json, its standard error into PATH.err
capsieve_start() {
	local path=$1

	shift
	: >"$path.err"
	"$CAPSIEVE" trace --json -o "$path.json" "$@" </dev/null >/dev/null 2>"$path.err" 3>&- &
	CAPSIEVE_PID=$! CAPSIEVE_PATH=$path
	wait_for 60 listens_or_ended "$path" || :
	has "$path.err" "hearing capability checks" && return
	echo "capsieve trace $* does not listen:" && cat "$path.err"
	capsieve_stop
	return 1
}

# Ends it in order: SIGTERM, for a shell lets its background jobs ignore SIGINT. Its exit status in CAPSIEVE_STATUS.
capsieve_stop() {
	[ -n "${CAPSIEVE_PID-}" ] || return 0
	kill -TERM "$CAPSIEVE_PID" 2>/dev/null || :
	CAPSIEVE_STATUS=0
	wait "$CAPSIEVE_PID" || CAPSIEVE_STATUS=$?
	CAPSIEVE_PID=
	[ $CAPSIEVE_STATUS = 0 ] || {
		echo "capsieve ended with $CAPSIEVE_STATUS:" && cat "$CAPSIEVE_PATH.err"
		return 1
	}
}

# only_preempted: did capsieve end with 4 only because a guarded probe missed checks of preempted tasks? Where a kernel
# preempts always, that is no mistake, and said.
only_preempted() {
	[ "$CAPSIEVE_STATUS" = 4 ] && has "$CAPSIEVE_PATH.err" "BPF was already busy on that CPU" &&
		[ "$(jq -c 'select(.type == "stop") | .lost | keys' "$CAPSIEVE_PATH.json")" = '["program_busy"]' ]
}

# undisturbed COMMAND...: again where a preempted task may be missing; the third time it is what it is
undisturbed() {
	local _

	for _ in 1 2 3; do
		"$@" && return
		only_preempted || return
	done
}

# For teardown and teardown_file: what a failed test left behind.
capsieve_kill() {
	[ -z "${CAPSIEVE_PID-}" ] || kill -KILL "$CAPSIEVE_PID" 2>/dev/null || :
	CAPSIEVE_PID=
}

# For teardown: ends what a failed test left in JOBS, with the process group where it leads one.
end_jobs() {
	local pid

	for pid in "${JOBS[@]}"; do
		kill -KILL -- "$pid" "-$pid" 2>/dev/null || :
		wait "$pid" 2>/dev/null || :
	done
	JOBS=()
}

# checks PATH FILTER: jq over each check that was heard
checks() {
	jq -c "select(.type == \"check\") | $2" "$1.json"
}

# stop_line PATH FILTER: jq over the account in the last line
stop_line() {
	jq -c "select(.type == \"stop\") | $2" "$1.json"
}

# containerd_begin FOLDER: without Kubernetes' service, in the machine's own namespace: FOLDER/containerd.sock, .pid, .log and .toml
containerd_begin() {
	command -v containerd ctr >/dev/null || return 1
	mkdir -p "$1/containerd"
	cat >"$1/containerd.toml" <<-END
	version = 2
	root = "$1/containerd/root"
	state = "$1/containerd/state"
	disabled_plugins = ["io.containerd.grpc.v1.cri"]
	[grpc]
	  address = "$1/containerd.sock"
	END
	containerd -c "$1/containerd.toml" >"$1/containerd.log" 2>&1 3>&- &
	echo $! >"$1/containerd.pid"
	wait_for 20 ctr -a "$1/containerd.sock" version >/dev/null 2>&1
}
