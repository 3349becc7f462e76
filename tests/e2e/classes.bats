#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# What a check means, by the place in the kernel that made it: real programs, and what each is known to need. What all acts
# of trip mean is in acts.sh.

bats_require_minimum_version 1.5.0

load lib

setup_file() {
	local probe

	export WORK=$BATS_FILE_TMPDIR
	chmod a+rx "$BATS_RUN_TMPDIR" "$WORK"
	mkdir -m 777 "$WORK/open"
	mapfile -t probe < <(probes)
	[ ${#probe[@]} -gt 0 ] || skip "no probe works here"
	export PROBE=${probe[0]}
	undisturbed hear
}

teardown_file() {
	capsieve_kill
}

act() {
	"$@" </dev/null >/dev/null 2>&1 || :
}

as_nobody() {
	act setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all "$@"
}

programs() {
	act ls -la /
	as_nobody ls /root
	act /usr/bin/python3 -c 'import socket; socket.socket().bind(("127.0.0.1", 81))'
	as_nobody /usr/bin/python3 -c 'import socket; socket.socket().bind(("127.0.0.1", 81))'
	act chown 65534 "$WORK/open"
	as_nobody chown 0 "$WORK/open"
	act mount -t tmpfs none "$WORK/open"
	act umount "$WORK/open"
	act ping -c 1 -W 1 127.0.0.1
	act bash -c '(:); (:)'
	as_nobody nice -n -5 true
	act "$TRIP/trip" mlock
}

hear() {
	capsieve_start "$WORK/heard" --attach "$PROBE" --all --class all --tree "$BASHPID" || return
	programs
	capsieve_stop
}

# of CAPABILITY FILTER
of() {
	checks "$WORK/heard" "select(.cap == \"CAP_$1\") | $2"
}

named_here() {
	[ "$(doctor '.items[] | select(.item == "call sites").state')" = yes ] || skip "the kernel hides its addresses"
}

@test "each check that was heard has a class, and nearly all sites are known" {
	named_here
	[ "$(checks "$WORK/heard" 'select(.class == null)' | wc -l)" = 0 ]
	checks "$WORK/heard" 'select(.class == "unclassified") | [.cap, .syscall, (.stack // [] | join(" "))] | @tsv' | sort | uniq -c >&2
	[ "$(checks "$WORK/heard" 'select(.class == "unclassified" and .comm != "capsieve")' | wc -l)" = 0 ]
}

@test "overcommit is advisory, in fork, exec and mmap" {
	named_here
	[ "$(of SYS_ADMIN 'select(.operation == "memory overcommit") | .class' | sort -u)" = '"advisory"' ] ||
		! heard_at_trial "memory overcommit"
}

@test "a low port is needed, allowed and denied" {
	named_here
	[ "$(of NET_BIND_SERVICE '[.verdict, .class, .operation, .syscall]' | sort -u)" = \
		'["allowed","needed","bind a port below 1024","bind"]
["denied","needed","bind a port below 1024","bind"]' ]
}

@test "another owner is needed" {
	named_here
	[ "$(of CHOWN 'select(.comm == "chown") | [.verdict, .class, .operation]' | sort -u)" = \
		'["allowed","needed","change a file'"'"'s owner"]
["denied","needed","change a file'"'"'s owner"]' ]
}

@test "ls of a closed directory: one of two capabilities" {
	named_here
	[ "$(of DAC_READ_SEARCH 'select(.comm == "ls" and .verdict == "denied") | [.class, .others]' | sort -u)" = \
		'["alternative",["CAP_DAC_OVERRIDE"]]' ]
	[ "$(of DAC_OVERRIDE 'select(.comm == "ls" and .verdict == "denied") | [.class, .others]' | sort -u)" = \
		'["alternative",["CAP_DAC_READ_SEARCH"]]' ]
}

@test "mount and umount are needed" {
	named_here
	[ "$(of SYS_ADMIN 'select(.comm == "mount" and .syscall == "mount") | [.class, .operation]' | sort -u)" = \
		'["needed","mount a file system"]' ] ||
		[ "$(of SYS_ADMIN 'select(.comm == "mount" and .class == "needed") | .operation' | sort -u)" = '"mount a file system"' ]
	[ "$(of SYS_ADMIN 'select(.comm == "umount" and .syscall == "umount2") | [.class, .operation]' | sort -u)" = \
		'["needed","unmount a file system"]' ]
}

@test "ping: what it sets of its own capabilities is advisory" {
	named_here
	command -v ping >/dev/null || skip "there is no ping"
	[ "$(of SETPCAP 'select(.comm == "ping" and .syscall == "capset") | .class' | sort -u)" = '"advisory"' ] ||
		! heard_at_trial capset
}

@test "a better priority is conditional, and the condition is said" {
	named_here
	of SYS_NICE 'select(.comm == "nice") | [.class, .condition]' >&2
	of SYS_NICE 'select(.comm == "nice" and .class == "conditional") | .condition' | grep -q LimitNICE
}

@test "locked memory is conditional" {
	named_here
	[ "$(of IPC_LOCK 'select(.comm == "trip-mlock") | .class' | sort -u)" = '"conditional"' ]
}

@test "the functions between site and check tell the options that a tracepoint has not" {
	named_here
	[ "$(checks "$WORK/heard" 'select(.class != "unclassified" and .audit == null and (.stack[1] | test("capable"))) | .stack' | wc -l)" = 0 ]
	[ "$(of NET_BIND_SERVICE .audit | sort -u)" = true ]
}

@test "--class keeps some, and the rest is counted as outside" {
	host_only
	named_here
	"$CAPSIEVE" trace --attach "$PROBE" --class '!advisory,quality' --json -o "$WORK/some.json" -- \
		"$TRIP/trip" overcommit 2>"$WORK/some.err"
	[ "$(checks "$WORK/some" 'select(.class == "advisory" or .class == "quality")' | wc -l)" = 0 ]
	[ "$(stop_line "$WORK/some" '.asked == .own + .outside + .hidden + .seen + .unread')" = true ]
}

@test "--denied shows what came of it, why and where" {
	named_here
	"$CAPSIEVE" trace --attach "$PROBE" --denied --outcomes all -- "$TRIP/trip" --deny bind >"$WORK/denied" 2>"$WORK/denied.err"
	cat "$WORK/denied" >&2
	grep -q 'TIME .* RESULT  *CLASS  *OPERATION' "$WORK/denied"
	grep -Eq 'CAP_NET_BIND_SERVICE +denied +bind +EACCES +needed +bind a port below 1024' "$WORK/denied"
}

@test "the last check of -n has its outcome too" {
	"$CAPSIEVE" trace --attach "$PROBE" --denied --outcomes all --columns capability,result -n 1 -- \
		"$TRIP/trip" --deny bind >"$WORK/one" 2>"$WORK/one.err"
	grep -Eq 'CAP_NET_BIND_SERVICE +EACCES' "$WORK/one"
}

@test "a recording says the same, without the kernel's symbols" {
	host_only
	local columns=comm,capability,syscall,result,class,operation,site

	named_here
	"$CAPSIEVE" trace --attach "$PROBE" --columns $columns --outcomes all -o "$WORK/live" --record "$WORK/kept.rec" -- \
		"$TRIP/trip" --deny bind >/dev/null 2>"$WORK/kept.err"
	"$CAPSIEVE" trace --replay "$WORK/kept.rec" --columns $columns >"$WORK/again" 2>"$WORK/again.err"
	diff "$WORK/live" "$WORK/again"
	grep -q 'needed .*bind a port below 1024' "$WORK/again"
	"$CAPSIEVE" trace --replay "$WORK/kept.rec" --class needed --columns class --no-header 2>/dev/null | sort -u | grep -qx needed
}

@test "a recording without sites refuses --class" {
	host_only
	run "$CAPSIEVE" trace --attach "$PROBE" --record "$WORK/plain.rec" -- "$TRIP/trip" bind
	run "$CAPSIEVE" trace --replay "$WORK/plain.rec" --class needed
	[ "$status" = 2 ]
	[[ $output == *"--class: the recording was made without it"* ]]
}

@test "where the kernel hides its addresses, checks are unclassified and it is said" {
	host_only
	run --separate-stderr setpriv --bounding-set=-syslog --inh-caps=-syslog \
		"$CAPSIEVE" trace --attach "$PROBE" --denied --columns class,operation -- "$TRIP/trip" --deny bind
	[ "$status" = 0 ]
	[[ $output == *"unclassified bind a port below 1024"* ]]
	# shellcheck disable=SC2154 # run sets it
	[[ $stderr == *"call sites cannot be named"*CAP_SYSLOG* ]]
}

@test "wrong words of --class and --outcomes" {
	host_only
	run "$CAPSIEVE" trace --class neded
	[ "$status" = 2 ]
	[[ $output == *"unknown class 'neded'; did you mean 'needed'?"* ]]
	run "$CAPSIEVE" trace --class needed --count
	[ "$status" = 2 ]
	run "$CAPSIEVE" trace --class ''
	[ "$status" = 2 ]
	run "$CAPSIEVE" trace --class '!all'
	[ "$status" = 2 ]
	run "$CAPSIEVE" trace --outcomes some
	[ "$status" = 2 ]
}
