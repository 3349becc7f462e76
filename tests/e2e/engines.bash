# SPDX-License-Identifier: BSD-2-Clause
#
# Real engines in a mount namespace of their own, with empty state directories where they have theirs on any machine.
# `engine COMMAND` runs something in there; capsieve too, for it looks at these directories.

ENGINE_DIRS="/var/lib/docker /var/lib/containerd /var/lib/containers /run/docker /run/containerd /run/containers /run/runc /run/crun /run/libpod"

# engines_begin: the namespace, and a tar of a busybox in $ENGINES
engines_begin() {
	ENGINES=$(mktemp -d /tmp/engines.XXXXXX)
	# shellcheck disable=SC2086,SC2016
	unshare -m --propagation private sh -c '
		mkdir -p "$@" && for d; do mount -t tmpfs engines "$d"; done && echo up > '"$ENGINES"'/up && exec sleep 600
	' sh $ENGINE_DIRS 3>&- &
	ENGINES_PID=$!
	for _ in $(seq 100); do [ -e "$ENGINES/up" ] && break; sleep 0.05; done
	mkdir -p "$ENGINES/root/bin" "$ENGINES/root/etc" "$ENGINES/root/proc" "$ENGINES/root/sys" "$ENGINES/root/dev"
	cp "$(command -v busybox)" "$ENGINES/root/bin/busybox"
	for a in sh sleep true chroot hostname chown; do ln -s busybox "$ENGINES/root/bin/$a"; done
	printf 'root:x:0:0:root:/:/bin/sh\n' > "$ENGINES/root/etc/passwd"
	tar -C "$ENGINES/root" -cf "$ENGINES/box.tar" .
	export ENGINES ENGINES_PID
}

engine() {
	nsenter -t "$ENGINES_PID" -m -- "$@"
}

docker_begin() {
	command -v dockerd >/dev/null || return 1
	engine dockerd -p "$ENGINES/docker.pid" -H "unix://$ENGINES/docker.sock" --iptables=false --ip6tables=false \
		--ip-forward=false --bridge=none --storage-driver=overlay2 > "$ENGINES/dockerd.log" 2>&1 3>&- &
	for _ in $(seq 200); do
		[ -S "$ENGINES/docker.sock" ] && dock version >/dev/null 2>&1 && return 0
		sleep 0.1
	done
	return 1
}

dock() {
	engine docker -H "unix://$ENGINES/docker.sock" "$@"
}

# pod COMMAND ARGS: podman as far as it runs without CAP_SYS_RESOURCE, and on any hierarchy of cgroups
pod() {
	local command=$1 more=()

	shift
	case $command in
	run | create) more=(--network none --ulimit nofile=1024:1024 --ulimit nproc=10000:10000) ;;
	esac
	engine podman --storage-driver overlay --cgroup-manager cgroupfs --events-backend file --runtime runc \
		"$command" "${more[@]}" "$@"
}

engines_end() {
	local pid

	[ -n "${ENGINES_PID-}" ] || return 0
	dock ps -q 2>/dev/null | while read -r id; do dock kill "$id" >/dev/null 2>&1; done
	if pid=$(cat "$ENGINES/docker.pid" 2>/dev/null); then
		kill "$pid" 2>/dev/null
		for _ in $(seq 50); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
	fi
	pod rm -fa >/dev/null 2>&1
	kill "$ENGINES_PID" 2>/dev/null
	rm -rf "$ENGINES"
}
