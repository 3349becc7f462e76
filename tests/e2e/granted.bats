# SPDX-License-Identifier: BSD-2-Clause
#
# What is defined and what it would be granted: units out of a tree of files, containers of real engines.

bats_require_minimum_version 1.5.0
load lib
load engines

setup_file() {
	export E2E_ROOT=$BATS_FILE_TMPDIR/root S=etc/systemd/system
	mkdir -p "$E2E_ROOT/$S" "$E2E_ROOT/usr/lib/systemd/user"
	! in_guest || return 0
	engines_begin
	if docker_begin; then
		dock import - demo/app:1 <"$ENGINES/box.tar" >/dev/null
		dock run -d --name web --cap-add NET_ADMIN --cap-drop MKNOD demo/app:1 sleep 300 >/dev/null
		dock run --name gone --cap-drop ALL --cap-add CHOWN -u 1000 demo/app:1 true
		dock create --name mighty --privileged demo/mighty:1 true >/dev/null 2>&1 ||
			{ dock tag demo/app:1 demo/mighty:1 && dock create --name mighty --privileged demo/mighty:1 true >/dev/null; }
		echo yes >"$BATS_FILE_TMPDIR/docker"
	fi
	if pod import "$ENGINES/box.tar" toy:1 >/dev/null 2>&1; then
		pod run -d --name pweb --cap-add sys_time toy:1 sleep 300 >/dev/null
		pod create --name never toy:1 true >/dev/null
		pod run --name pgone --cap-drop all localhost/toy:1 true
		echo yes >"$BATS_FILE_TMPDIR/podman"
	fi
}

teardown_file() {
	engines_end
}

# unit NAME LINES: of the tree
unit() {
	mkdir -p "$(dirname "$E2E_ROOT/$S/$1")"
	printf '%s\n' "$2" >"$E2E_ROOT/$S/$1"
}

# tree FILTER ARGS: jq over --granted of it
tree() {
	local filter=$1

	shift
	"$CAPSIEVE" ps -q --granted --json --root "$E2E_ROOT" "$@" | jq -c "$filter"
}

with_docker() {
	[ -e "$BATS_FILE_TMPDIR/docker" ] || skip "no docker daemon runs here"
}

with_podman() {
	[ -e "$BATS_FILE_TMPDIR/podman" ] || skip "no podman runs here"
}

# granted FILTER ARGS: of this machine, where the engines are
granted() {
	local filter=$1

	shift
	engine "$CAPSIEVE" ps -q --granted --json "$@" | jq -c "$filter"
}

@test "units: sets, users, resets and drop-ins, the riskiest first" {
	host_only
	unit full.service '[Service]'
	unit web.service '[Service]
User=www-data
AmbientCapabilities=CAP_NET_BIND_SERVICE
CapabilityBoundingSet=CAP_NET_BIND_SERVICE CAP_CHOWN'
	unit web.service.d/10-less.conf '[Service]
CapabilityBoundingSet=~CAP_CHOWN'
	unit none.service '[Service]
CapabilityBoundingSet=
NoNewPrivileges=yes'
	unit plus.service '[Service]
User=nobody
ExecStartPre=+/bin/true'
	unit most.service '[Service]
CapabilityBoundingSet=~CAP_SYS_ADMIN'
	ln -sf /dev/null "$E2E_ROOT/$S/masked.service"
	ln -sf /etc/systemd/system/web.service "$E2E_ROOT/$S/www.service"
	printf '[Service]\n' >"$E2E_ROOT/usr/lib/systemd/user/mine.service"

	[ "$(tree 'select(.name) | [.name, .risk]')" = '["full.service","privileged"]
["plus.service","privileged"]
["most.service","root"]
["web.service","low"]
["mine.service","none"]
["none.service","none"]' ] || { tree '[.name, .risk]' && false; }
	[ "$(tree 'select(.name == "web.service") | [.granted, .bounding, .user, .drop_ins]')" = \
		'[["CAP_NET_BIND_SERVICE"],["CAP_NET_BIND_SERVICE"],"www-data",1]' ]
	[ "$(tree 'select(.name == "most.service").granted | length')" = 40 ]
	[ "$(tree 'select(.type == "summary") | [.units, .user_units, .privileged, .equals_root, .complete]')" = \
		'[5,1,2,1,true]' ]
	[ "$(tree .name --unit web -C net_bind_service)" = '"web.service"
null' ]
}

@test "what cannot be read is said once, and the exit status is 4" {
	host_only
	unit fine.service '[Service]'
	mkfifo "$E2E_ROOT/$S/pipe.service"
	truncate -s 3M "$E2E_ROOT/$S/huge.service"
	run --separate-stderr timeout 10 "$CAPSIEVE" ps --granted --root "$E2E_ROOT"
	rm "$E2E_ROOT/$S/pipe.service" "$E2E_ROOT/$S/huge.service"
	[ "$status" -eq 4 ]
	[ "$(grep -c 'pipe.service: not such a file' <<<"$stderr")" = 1 ]
	[ "$(grep -c 'huge.service: File too large' <<<"$stderr")" = 1 ]
	[[ $output == *"fine.service"* && $stderr == *"2 files could not be read" ]]
}

@test "hostile state of engines: one word for each, and everybody else is there" {
	host_only
	local d=$E2E_ROOT/var/lib/docker/containers s=$E2E_ROOT/var/lib/containers/storage/overlay-containers

	mkdir -p "$d"/{half,deep,ok,empty} "$s"
	printf '{"ID":"half","Config":{' >"$d/half/config.v2.json"
	head -c 100000 /dev/zero | tr '\0' '[' >"$d/deep/config.v2.json"
	printf '{"ID":"ok","Name":"/\\u001b[2Jok","Config":{"Image":"a\\nb"}}' >"$d/ok/config.v2.json"
	printf '{"CgroupParent":"","CapAdd":["ALL"]}' >"$d/ok/hostconfig.json"
	printf '[{"id":"../../../../etc","names":["x"]},{"id":"%0300d"}]' 0 >"$s/containers.json"
	run --separate-stderr timeout 10 "$CAPSIEVE" ps --granted --root "$E2E_ROOT" --container '*'
	rm -r "$E2E_ROOT/var"
	[ "$status" -eq 4 ]
	[ "$(wc -l <<<"$stderr")" = 3 ]
	[[ $stderr == *"/half/config.v2.json: not such a file"*"/deep/config.v2.json: not such a file"* ]] ||
		[[ $stderr == *"/deep/config.v2.json: not such a file"*"/half/config.v2.json: not such a file"* ]]
	[[ $output == *'\x1b[2Jok'* ]]
	[[ $output != *$'\e'* ]]
}

@test "what only runs cannot be asked of what is defined" {
	host_only
	for option in "-p 1" "--tree" "-u root" "--comm x" "--columns pid"; do
		# shellcheck disable=SC2086
		run --separate-stderr "$CAPSIEVE" ps --granted $option
		[ "$status" -eq 2 ]
		[[ $stderr == *"--granted and ${option%% *} exclude each other"* ]]
	done
	run --separate-stderr "$CAPSIEVE" ps --granted --where 'exe=x'
	[ "$status" -eq 2 ]
	[[ $stderr == *"the exe of what is defined cannot be told"* ]]
	run --separate-stderr "$CAPSIEVE" ps --root /
	[ "$status" -eq 2 ]
}

@test "docker: granted as it was asked for, each image once, privileged ones first" {
	host_only
	with_docker
	granted 'select(.engine == "docker") | [.image, .containers, .running, .risk, .name, .user, .names, .differs]' >"$BATS_TEST_TMPDIR/all"
	[ "$(cat "$BATS_TEST_TMPDIR/all")" = '["demo/mighty:1",1,0,"privileged","mighty",null,["mighty"],false]
["demo/app:1",2,1,"root","web","0",["gone","web"],true]' ] || { cat "$BATS_TEST_TMPDIR/all" && false; }
	[ "$(granted 'select(.name) | .granted - ["CAP_NET_ADMIN"] | length' --container web)" = 13 ]
	[ "$(granted 'select(.name) | .granted | index("CAP_NET_ADMIN") != null and index("CAP_MKNOD") == null' \
		--container web)" = true ]
	[ "$(granted 'select(.name) | [.state, .user, .granted, .bounding]' --container gone)" = \
		'["stopped","1000",[],["CAP_CHOWN"]]' ]
	[ "$(granted 'select(.name) | [.privileged, (.granted | length > 39)]' --container mighty)" = '[true,true]' ]
}

@test "docker: what is granted is what a process of it has" {
	host_only
	with_docker
	local pid

	pid=$(dock inspect -f '{{.State.Pid}}' web)
	[ "$(granted 'select(.name).granted' --container web)" = \
		"$(engine "$CAPSIEVE" ps -q --json -p "$pid" | jq -c 'select(.comm).permitted')" ]
	[ "$(engine "$CAPSIEVE" ps -q --json --container web |
		jq -c 'select(.comm) | [.pid, .workload, .container.image, .container.verified, .container.privileged, .granted.source, (.granted.workload == .permitted)]')" = \
		"[$pid,\"docker:web\",\"demo/app:1\",true,false,\"bundle\",true]" ]
	[ "$(engine "$CAPSIEVE" ps -q --json --container "$(dock ps -q -f name=web)" | jq -c 'select(.comm).pid')" = "$pid" ]
	[ "$(engine "$CAPSIEVE" ps -q --json --image 'demo/*' --where 'engine=docker user=root' |
		jq -c 'select(.comm).pid')" = "$pid" ]
	[ "$(engine "$CAPSIEVE" ps -q --json -p "$pid" --container '!web' | jq -c 'select(.comm).pid')" = "" ]
}

# who_is DIR: what ps says of a process in there
who_is() {
	local pid

	# shellcheck disable=SC2016
	sh -c 'echo 0 >"$0/cgroup.procs" && exec sleep 60' "$1" 3>&- &
	pid=$!
	wait_for 20 is_named $pid sleep || return
	engine "$CAPSIEVE" ps -q --all --json -p $pid | jq -c 'select(.comm) | [.workload, .container.id, .container.name, .container.verified]'
	engine "$CAPSIEVE" ps -q --all --json -p $pid --container web | jq -c 'select(.comm) | "meant"'
	kill $pid
	wait $pid || :
}

@test "docker: who is only called like a container has its id and never its name; of two the outermost counts" {
	host_only
	with_docker
	local id gone top

	top=$(cgroup2) || skip "version 2 of cgroups is not mounted"
	id=$(dock ps -q --no-trunc -f name=web)
	gone=$(dock ps -aq --no-trunc -f name=gone)
	mkdir -p "$top/evil$$/docker-$id.scope" "$top/docker/$id/docker-$gone.scope/x" || skip "no cgroup can be made here"
	who_is "$top/evil$$/docker-$id.scope" >"$BATS_TEST_TMPDIR/evil"
	who_is "$top/docker/$id/docker-$gone.scope/x" >"$BATS_TEST_TMPDIR/inner"
	rmdir "$top/evil$$/docker-$id.scope" "$top/evil$$" "$top/docker/$id/docker-$gone.scope/x" "$top/docker/$id/docker-$gone.scope"
	cat "$BATS_TEST_TMPDIR/evil" "$BATS_TEST_TMPDIR/inner"
	[ "$(<"$BATS_TEST_TMPDIR/evil")" = "[\"docker:${id:0:12}?\",\"$id\",null,false]" ]
	[ "$(<"$BATS_TEST_TMPDIR/inner")" = "[\"docker:web\",\"$id\",\"web\",true]
\"meant\"" ]
}

@test "podman: also who is gone, and who never started" {
	host_only
	with_podman
	[ "$(granted 'select(.name) | [.names, .running, .containers]' --image '*/toy:1')" = '[["never","pgone","pweb"],1,3]' ]
	[ "$(granted 'select(.name) | [.state, (.granted | index("CAP_SYS_TIME") != null)]' --container pweb)" = \
		'["running",true]' ]
	[ "$(granted 'select(.name) | [.state, .granted]' --container pgone)" = '["stopped",[]]' ]
	[ "$(granted 'select(.name) | [.risk, has("granted")]' --container never)" = '["unknown",false]' ]
}

# The words are those of systemd 252, of a unit that was changed after it was loaded.
@test "where systemd runs, what it has loaded counts, and tells what runs" {
	host_only
	mkdir -p "$BATS_TEST_TMPDIR/bin"
	cat >"$BATS_TEST_TMPDIR/bin/systemctl" <<-'END'
		#!/bin/sh
		[ "$1" = show ] || exit 1
		cat <<-'UNITS'
			Id=dbus.service
			FragmentPath=/lib/systemd/system/dbus.service
			ActiveState=active
			Slice=system.slice
			CapabilityBoundingSet=cap_chown cap_kill
			User=messagebus
			DynamicUser=no
			AmbientCapabilities=cap_kill
			NoNewPrivileges=yes
			PrivateUsers=no

			Id=not-here.service
			FragmentPath=
			ActiveState=inactive
			CapabilityBoundingSet=
		UNITS
	END
	chmod +x "$BATS_TEST_TMPDIR/bin/systemctl"
	mkdir -p "$BATS_TEST_TMPDIR/systemd" && printf '[Service]\n' >"$BATS_TEST_TMPDIR/systemd/dbus.service"
	# shellcheck disable=SC2016
	run --separate-stderr unshare -m --propagation private sh -c '
		mkdir -p /run/systemd && mount -t tmpfs x /run/systemd && mkdir /run/systemd/system &&
		cp "$1/systemd/dbus.service" /run/systemd/system && PATH=$1/bin:$PATH exec "$2" ps -q --granted --json --unit dbus' \
		sh "$BATS_TEST_TMPDIR" "$CAPSIEVE"
	[ "$(jq -c 'select(.type == "unit") | [.state, .granted, .bounding, .user, .no_new_privs]' <<<"$output")" = \
		'["running",["CAP_KILL"],["CAP_CHOWN","CAP_KILL"],"messagebus",true]' ]
	printf '#!/bin/sh\nexit 1\n' >"$BATS_TEST_TMPDIR/bin/systemctl"
	# shellcheck disable=SC2016
	run --separate-stderr unshare -m --propagation private sh -c '
		mkdir -p /run/systemd && mount -t tmpfs x /run/systemd && mkdir /run/systemd/system &&
		cp "$1/systemd/dbus.service" /run/systemd/system && PATH=$1/bin:$PATH exec "$2" ps -q --granted --json --unit dbus' \
		sh "$BATS_TEST_TMPDIR" "$CAPSIEVE"
	[[ $stderr == *"systemd does not answer"* ]]
	[ "$(jq -c 'select(.type == "unit") | [.risk, .state]' <<<"$output")" = '["privileged",null]' ]
}
