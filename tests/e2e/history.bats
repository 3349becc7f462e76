# SPDX-License-Identifier: BSD-2-Clause
#
# history: what it answers of recordings, of a database, and of a run that was just made.

bats_require_minimum_version 1.5.0
load lib

R=$BATS_TEST_DIRNAME/../replay

setup() {
	D=$BATS_TEST_TMPDIR
}

# history ARGS...: with standard error apart
history() {
	run --separate-stderr timeout 60 "$CAPSIEVE" history "$@"
}

@test "a recording: what was used and never used, without what only started it" {
	history --replay "$R/targets.rec" --container web --utc
	[ "$status" = 0 ]
	[[ $output == "docker:web  image demo/app:1.2  seen 2026-11-22 15:15:24 to "* ]]
	[[ $output == *"change the root directory (chroot), /bin/busybox"* ]]
	[[ $output == *"granted and never used: cap_net_raw"* ]]
	[[ $output != *mknod* ]]
	history --replay "$R/targets.rec" --container web -x
	[[ $output == *"by what started it: make a device (mknodat)"* ]]
}

@test "as JSON: the same sets, and since when" {
	history --replay "$R/targets.rec" --container web --json
	[ "$status" = 0 ]
	jq -se '.[0] | .type == "history" and .workload == "docker:web" and .never_used == ["CAP_NET_RAW"] and
		.container.verified and (.used == ["CAP_CHOWN", "CAP_SYS_CHROOT"])' <<<"$output"
	jq -se '.[-1] | .type == "end" and .lost == 0 and (.watching | not)' <<<"$output"
}

@test "refusals in the order of time, with their errors and what would grant it" {
	history --replay "$R/classes.rec" --denied -C net_bind_service --utc
	[ "$status" = 0 ]
	[ "$(grep -c ' EACCES .*bind a port below 1024 (bind)' <<<"$output")" = 1 ]
	grep -qx '    setcap cap_net_bind_service=ep /srv/trip' <<<"$output"
	history --replay "$R/classes.rec" --denied --json
	jq -se '[.[] | select(.result == "ok")] | length > 0 and all(.grant == null)' <<<"$output"
	history --replay "$R/classes.rec" --denied --since 2026-11-22T12:07:08Z --json
	jq -se '[.[] | select(.type == "denial").time] | length > 0 and . == sort and .[0] > "2026-11-22T12:07:08"' <<<"$output"
}

@test "losses are told, and are exit status 4" {
	history --replay "$R/lossy.rec"
	[ "$status" = 4 ]
	[[ $output == *"checks are missing: the ring buffer was full"* ]]
}

@test "many workloads are a line each" {
	"$CAPSIEVE" history --replay "$R/targets.rec" --db "$D/h.db" >/dev/null
	sqlite3=$(command -v sqlite3) || skip "there is no sqlite3 here"
	for i in {1..9}; do
		"$sqlite3" "$D/h.db" "INSERT INTO workload SELECT NULL, 'unit:n$i.service', 4, 0, 0, 0, NULL, NULL, NULL, NULL, NULL,
			NULL, NULL, 'n$i.service', NULL, NULL, NULL, NULL, 0, 0, 0, 0, first_seen, last_seen FROM workload LIMIT 1"
	done
	history --db "$D/h.db"
	[ "$status" = 0 ]
	[[ ${lines[0]} == "WORKLOAD "*"USED CAPABILITIES" ]]
	[ "$(grep -c '^unit:n[0-9].service' <<<"$output")" = 9 ]
}

@test "with --db it is kept, for nobody else, and asked again" {
	"$CAPSIEVE" history --replay "$R/targets.rec" --db "$D/h.db" >/dev/null
	"$CAPSIEVE" history --replay "$R/classes.rec" --db "$D/h.db" >/dev/null
	[ "$(stat -c %a "$D/h.db")" = 600 ]
	history --db "$D/h.db" --container web --json
	[ "$status" = 0 ]
	jq -se '.[0].never_used == ["CAP_NET_RAW"]' <<<"$output"
	# A file that cannot be written beside is asked all the same.
	still=$(mktemp -d /tmp/history-XXXXXX)
	cp "$D/h.db" "$still" && chmod 444 "$still/h.db" && chmod 555 "$still"
	run --separate-stderr setpriv --reuid 65534 --clear-groups "$CAPSIEVE" history --db "$still/h.db" --container web
	rm -r "$still"
	[ "$status" = 0 ] || { echo "$stderr" && false; }
	[[ $output == docker:web* ]]
}

@test "none, none yet, a damaged one: said, and nothing is touched" {
	history --db "$D/none.db"
	[ "$status" = 1 ]
	[[ $stderr == *"$D/none.db: there is no history yet; 'capsieve watch' keeps one"* ]]
	[ ! -e "$D/none.db" ]
	printf 'no database, and long enough to be taken for one %.0s' {1..90} >"$D/bad.db"
	history --db "$D/bad.db"
	[ "$status" = 1 ]
	[[ $stderr == *"bad.db: damaged, or no history of capsieve" ]]
	# Who writes moves it aside, and says so.
	history --db "$D/bad.db" --replay "$R/targets.rec"
	[ "$status" = 0 ]
	[[ $stderr == *"it is kept with the suffix .damaged, and a new history begins"* ]]
	[ -e "$D/bad.db.damaged" ]
}

@test "what is not kept is a mistake and no empty answer" {
	history --replay "$R/targets.rec" --where 'user=root'
	[ "$status" = 2 ]
	[[ $stderr == *"the history does not keep user"* ]]
	history --since yesterday
	[ "$status" = 2 ]
	[[ $stderr == *"--since: 'yesterday' is no time: 7d (ago), 02:50 or"* ]]
	history --replay "$R/targets.rec" --since 2026-11-23T00:00:00Z --until 2026-11-22T00:00:00Z
	[ "$status" = 2 ]
}

@test "pictures on a terminal only" {
	history --replay "$R/targets.rec" --container web
	[[ $output != *█* && $output != *$'\e'* ]]
	LC_ALL=C.UTF-8 history --replay "$R/targets.rec" --container web --color always
	[[ $output == *█* ]]
}

@test "a run: a program that was refused, its error, and a name that is no command" {
	local exe

	exe=$D/a\;b$'\n\e[31m'
	cp "$TRIP/trip" "$exe"
	timeout 60 "$CAPSIEVE" trace -q -x --record "$D/r.rec" -- "$exe" --deny chroot || :
	history --replay "$D/r.rec" --denied --json
	[ "$status" = 0 ]
	jq -se --arg exe "$exe" '[.[] | select(.cap == "CAP_SYS_CHROOT")][0] | .exe == $exe and .result == "EPERM" and .grant == null' <<<"$output"
	history --replay "$D/r.rec" --denied
	[[ $output == *'a;b\x0a\x1b[31m['*'change the root directory (chroot)'* ]]
	[[ $output != *$'\e'* ]]
}

@test "ps: what was ever used of what is held, and nothing about it without a history" {
	local pid

	"$CAPSIEVE" history --replay "$R/targets.rec" --db "$D/h.db" >/dev/null
	command -v sqlite3 >/dev/null || skip "there is no sqlite3 here"
	sleep 300 &
	pid=$!
	# A history of this very process' workload and program, which used chown.
	workload=$("$CAPSIEVE" ps --json -p "$pid" | jq -r 'select(.type == "process").cgroup')
	exe=$(readlink "/proc/$pid/exe")
	sqlite3 "$D/h.db" "UPDATE workload SET key='cgroup:$workload', kind=1 WHERE key='docker:web';
		UPDATE exe SET path='$exe' WHERE path='/bin/busybox'"
	run --separate-stderr "$CAPSIEVE" ps --db "$D/h.db" --columns pid,workload,used -p "$pid"
	kill "$pid"
	[ "$status" = 0 ]
	[[ ${lines[1]} == *"CAP_CHOWN,CAP_SYS_CHROOT" || ${lines[1]} == *"?" ]]
	run --separate-stderr "$CAPSIEVE" ps --db "$D/h.db" -p 1
	[[ ${lines[0]} == *"EVER USED"*CAPS* ]]
	run --separate-stderr "$CAPSIEVE" ps --db "$D/none.db" -p 1
	[ "$status" = 1 ]
	[[ $stderr == *none.db* ]]
	if [ ! -e /var/lib/capsieve/history.db ]; then
		run --separate-stderr "$CAPSIEVE" ps -p 1
		[[ $output != *"EVER USED"* ]]
	fi
}
