# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# What the programs' files share. Each describes one program in namespaces of its own (mounts, network, host name, IPC),
# where only the loopback interface is up:
#
#   about     the job, in words
#   needs     commands beside program[0] without which it cannot be tried
#   program   the command that is profiled, an array; as=USER[:GROUP] and grant=LIST: `profile --as` and `--grant`
#   nothing   set where the job needs no capability
#   unseen    why no estimate can have all that is needed, where that is so: what no check shows, only --verify finds
#   prepare   makes $D, an empty directory that is the current one, ready for one try; what it leaves running, by its id in
#             $D/helpers, is ended
#   ready     only of a server: succeeds when it is up. Without it the program ends by itself
#   judge     succeeds when the job was really done; $D/out and $D/err have what the program printed, $D/status its end
#
# Each function is a process of its own with `set -e`, so what they share goes through $D.

export LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin
FOREIGN=41031	# a user, and a group, whom nothing else on the machine belongs to
HERE=$(dirname "${BASH_SOURCE[0]}")	# for files that are made of another
export HERE

prepare() { :; }

# helper PID: ended with the try
helper() {
	echo "$1" >>"$D/helpers"
}

# undo: makes mounts, network and $D what they were before prepare, where a further try follows in the same namespaces
undo() {
	local pid at link

	while read -r pid; do
		kill -KILL "$pid" || :
	done < <(cat "$D/helpers" || :)
	while at=$(awk -v before="$(cat "$D/../mounts")" 'NR > before { at = $5 } END { print at }' /proc/self/mountinfo) && [ -n "$at" ]; do
		umount -l "$at"
	done
	for link in $(ip -o link | sed -nE 's/^[0-9]+: ([^@:]+).*/\1/p'); do
		[ "$link" = lo ] || ip link delete "$link" || :
	done
	tc qdisc delete dev lo root || :
	nft flush ruleset || :
	find "$D" -mindepth 1 ! -path "$D/out" ! -path "$D/err" -delete
	: >"$D/out"
}

# own DIR...: of these, as of now, a copy that may be changed; again where somebody changed them meanwhile
own() {
	local dir copy

	for dir; do
		copy=$D/own/${dir//\//_}
		mkdir -p "$copy"
		cp -a "$dir/." "$copy" || cp -a "$dir/." "$copy"
		mount --bind "$copy" "$dir"
	done
}

# emptied DIR...: these are empty, and may be written to
emptied() {
	local dir

	for dir; do
		mount -t tmpfs -o mode=755 emptied "$dir"
	done
}

# foreign COMMAND...: a process of that user, which lives until the try ends; its id in $D/pid
foreign() {
	setpriv --reuid $FOREIGN --regid $FOREIGN --clear-groups -- "$@" >/dev/null 2>&1 </dev/null &
	echo $! >"$D/pid"
	helper $!
	until [ "$(cat "/proc/$!/comm")" = "$1" ]; do sleep 0.02; done
}

# with_peer: a second network, joined to this one: 192.0.2.1/24 on v0 here, 192.0.2.2/24 there
with_peer() {
	unshare --net -- setpriv --reuid $FOREIGN --regid $FOREIGN --clear-groups -- sleep 600 >/dev/null 2>&1 </dev/null &
	echo $! >"$D/peer"
	helper $!
	until [ "$(readlink "/proc/$!/ns/net")" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.02; done
	ip link add v0 type veth peer name v1 netns "$!"
	ip address add 192.0.2.1/24 dev v0
	ip link set v0 up
	there ip address add 192.0.2.2/24 dev v1
	there ip link set v1 up
	there ip link set lo up
}

# there COMMAND...: in that second network
there() {
	nsenter --net="/proc/$(cat "$D/peer")/ns/net" -- "$@"
}

# listens PORT [udp]: does anybody here?
listens() {
	local state=0A file

	[ "${2-}" != udp ] || state=07
	for file in /proc/net/"${2-tcp}" /proc/net/"${2-tcp}6"; do
		grep -Eq "^ *[0-9]+: [0-9A-F]+:$(printf %04X "$1") [0-9A-F:]+ $state " "$file" && return
	done
	return 1
}

# owner FILE...: "user:group mode" of each
owner() {
	stat -c '%u:%g %a' "$@"
}

# within SECONDS COMMAND...: until it succeeds
within() {
	local end=$((SECONDS + $1))

	shift
	until "$@"; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.05
	done
}

# page URL: what is there
page() {
	curl -sS --max-time 20 "$@"
}
