# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# Statements about what capsieve says of tasks. A scenario is a function that performs something and notes its facts;
# its name begins with the group whose options capsieve has then. One capsieve a group and probe hears all of its
# scenarios, and one jq judges all statements: that takes seconds where a process a statement would take minutes.
#
#   do_NAME() { ...; fact "$JSON"; }
#   says do_NAME 'what is stated' WHICH WHAT      jq: of the checks that WHICH selects, is WHAT true, as an array?
#                                                 $f are the facts, $probe the probe, $dir where it was performed, $all
#                                                 everything of this run (.stop the account), and what JQ_ARGS adds
#   hear GROUP PROBE [OPTION...]                  performs the group's scenarios and judges
#   shows 'what is stated' COMMAND...             a statement that a command tells
#   end                                           prints all as TAP

SAID=$(mktemp -d)
TAP=$SAID/tap
: >"$TAP"
chmod 755 "$SAID"
trap 'capsieve_kill; end_jobs; rm -rf "$SAID"' EXIT
JOBS=()
JQ_ARGS=()
declare -A STATEMENTS=()

# fact JSON: what the scenario that runs did
fact() {
	printf '{"%s":%s}\n' "$SCENARIO" "$1" >>"$W/facts"
}

# cannot WHY: ends a scenario that this machine does not have
cannot() {
	echo "$1"
	exit 77
}

# child COMMAND...: runs it, with its pid in CHILD and its output in OUT
child() {
	"$@" >out &
	CHILD=$!
	wait $CHILD
	OUT=$(<out)
}

says() {
	printf -v line '(.facts["%s"] as $f | statement("%s"; "%s"; %s; %s)),\n' "$1" "$2" "$1" "$3" "$4"
	STATEMENTS[${1%%_*}]+=$line
}

# perform SCENARIO: in the background, for a shell with "||" after it would go on after errors
perform() {
	local status=0

	SCENARIO=$1
	(trap end_jobs EXIT && JOBS=() && "$1") >"$W/log" 2>&1 &
	wait $! || status=$?
	if [ $status = 0 ]; then
		printf '{"%s":{"status":0}}\n' "$1" >>"$W/status"
	else
		jq -Rsc --arg name "$1" --argjson status $status '{($name): {status: $status, said: .}}' <"$W/log" >>"$W/status"
	fi
}

# scenarios GROUP
scenarios() {
	declare -F | sed -n "s/^declare -f \($1_.*\)/\1/p"
}

# shellcheck disable=SC2016  # jq's
JUDGE='
	def sketch: (.effective, .permitted) |= (if length > 9 then "\(length) of them" else . end) |
		del(.v, .type, .id, .time, .mono_ns, .host, .host_id, .boot_id);
	def statement($name; $scenario; which; what):
		"\(.probe): \($name)" as $title | . as $all | (.status[$scenario] // {said: "it was not run"}) as $s |
		if $s.status == 77 then "ok - \($title) # skip \($s.said | sub("\n+$"; ""))"
		elif $s.status != 0 then "not ok - \($title)",
			("\($scenario) ended with \($s.status): \($s.said)" | "# " + (split("\n")[]))
		else [.checks[] | select(which)] as $mine | (try ($mine | what) catch "jq: \(.)") as $true |
			if $true == true then "ok - \($title)" else "not ok - \($title)",
				"# said \($true), and it did \(.facts[$scenario])", ($mine[:5][] | "# \(sketch)") end
		end;
	{probe: $probe, facts: ($facts | add), status: ($status | add)} +
		reduce inputs as $line ({checks: []};
			if $line.type == "check" then .checks += [$line] else .[$line.type] = $line end) | . as $all | '

# judge GROUP PROBE
judge() {
	jq -nr --arg probe "$2" --arg dir "$W" --slurpfile facts "$W/facts" --slurpfile status "$W/status" "${JQ_ARGS[@]}" \
		"$JUDGE ${STATEMENTS[$1]} empty" "$W/heard.json" >>"$TAP"
}

# enter NAME: an empty folder to perform in
enter() {
	W=$SAID/$1
	mkdir "$W"
	: >"$W/facts"
	: >"$W/status"
}

# attempt GROUP PROBE [OPTION...]
attempt() {
	local group=$1 probe=$2 name status=0

	shift 2
	cd "$E2E"
	rm -rf "${SAID:?}/$group-$probe"
	enter "$group-$probe"
	cd "$W"
	! declare -F "before_$group" >/dev/null || "before_$group"
	capsieve_start "$W/heard" --attach "$probe" "$@" >&2 || return
	for name in $(scenarios "$group"); do
		perform "$name"
	done
	capsieve_stop >&2 || status=$?
	end_jobs
	return $status
}

hear() {
	undisturbed attempt "$@"
	judge "$1" "$2"
	cd "$E2E"
}

shows() {
	local name=$1 out

	shift
	if out=$("$@" 2>&1); then
		echo "ok - $name" >>"$TAP"
	else
		printf 'not ok - %s\n# %s\n' "$name" "${out//$'\n'/$'\n'# }" >>"$TAP"
	fi
}

end() {
	awk '/^(not )?ok - / { n++; sub(/ok - /, "ok " n " - ") } { print } END { print "1.." n + 0 }' "$TAP"
}
