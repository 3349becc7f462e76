# SPDX-License-Identifier: BSD-2-Clause
#
# The recipe, applied by others: docker, podman, capsh and systemd start real programs with what profile advises for them, and
# with one capability less. setpriv, and many more programs: tests/programs.

bats_require_minimum_version 1.5.0
load lib
load engines

setup_file() {
	[ "$(id -u)" = 0 ] && [ -n "$(probes)" ] || return 0
	export W=/tmp/capsieve-applied.$$ BOX
	BOX=$(command -v busybox) || return 0
	mkdir -m 755 "$W"
	! in_guest || return 0
	engines_begin
	if docker_begin; then
		dock import - toy:1 <"$ENGINES/box.tar" >/dev/null && echo yes >"$W.docker"
	fi
	if pod import "$ENGINES/box.tar" toy:1 >/dev/null 2>&1; then
		echo yes >"$W.podman"
	fi
}

teardown_file() {
	engines_end
	rm -rf "$W" "$W.docker" "$W.podman" "$W.p" "$W.less"
}

setup() {
	once_is_enough
	profile_works
	[ -n "$BOX" ] || skip "no busybox here"
}

# Jobs of busybox, which is a static program: name | what is advised | its arguments. The first two where somebody waits.
JOBS="
chown  | CAP_CHOWN                                     | chown -R 1:1 $W/to
su     | CAP_SETGID CAP_SETUID                         | su -s $W/shell nobody
tar    | CAP_CHOWN CAP_DAC_OVERRIDE CAP_FOWNER CAP_FSETID | tar -xf $W/archive -C $W/to
chroot | CAP_SYS_CHROOT                                | chroot $W/root /busybox touch /made
mknod  | CAP_MKNOD                                     | mknod $W/to/null c 1 3
"

# As each job finds it
fresh() {
	rm -rf "${W:?}"/*
	mkdir "$W/to" "$W/root" "$W/from" "$W/from/dir"
	cp "$BOX" "$W/busybox"
	cp "$BOX" "$W/root/busybox"
	printf '#!/bin/sh\nexec %s touch %s/to/mine\n' "$W/busybox" "$W" >"$W/shell"
	chmod 755 "$W/shell"
	echo 'nobody:x:65534:65534:nobody:/:/bin/sh' >"$W/passwd"
	echo new >"$W/from/dir/file"
	chown -R 1:1 "$W/from/dir"
	chmod 2755 "$W/from/dir/file"
	chmod 700 "$W/from/dir"
	tar -C "$W/from" -cf "$W/archive" dir
	if [ "$1" = su ]; then
		chown 65534 "$W/to"
	elif [ "$1" = tar ]; then
		mkdir "$W/to/dir"
		chown 2:2 "$W/to/dir"
		chmod 700 "$W/to/dir"
	fi
}

# done_is JOB: was it really done?
done_is() {
	case $1 in
	chown) [ "$(stat -c %u:%g "$W/to")" = 1:1 ] ;;
	tar) [ "$(stat -c '%u:%g %a' "$W/to/dir" "$W/to/dir/file")" = "$(stat -c '%u:%g %a' "$W/from/dir" "$W/from/dir/file")" ] ;;
	chroot) [ -e "$W/root/made" ] ;;
	su) [ "$(stat -c %u "$W/to/mine")" = 65534 ] ;;
	mknod) [ -c "$W/to/null" ] ;;
	esac
}

# recipe FORMAT CAPABILITIES: the line, for these of what the profile advises
recipe() {
	jq --arg caps "$2" '($caps | split(" ")) as $c | .advice.capabilities = $c | .advice.bounding = $c' "$W.p" >"$W.less"
	"$CAPSIEVE" profile show "$W.less" --format "$1" | grep -v '^#' | head -n1
}

# start FORMAT CAPABILITIES ARGS...: busybox with these arguments, behind what the recipe says
start() {
	local format=$1 line

	line=$(recipe "$1" "$2") || return
	shift 2
	case $format in
	docker) words_of "${line#docker run }" dock run --rm -v "$W:$W" -v "$W/passwd:/etc/passwd" toy:1 "$W/busybox" "$@" ;;
	podman) words_of "${line#podman run }" pod run --rm -v "$W:$W" -v "$W/passwd:/etc/passwd" localhost/toy:1 "$W/busybox" "$@" ;;
	capsh) bash -c "${line/COMMAND/$W/busybox $*}" ;;
	esac
}

# words_of OPTIONS PROGRAM run ARGS...: with the options of a line that ends with the image
words_of() {
	local words

	read -ra words <<<"${1% IMAGE}"
	"$2" "$3" "${words[@]}" "${@:4}"
}

# each FORMAT: every job with what is advised, and without each of it
each() {
	local name advised args cap less

	while IFS='|' read -r name advised args; do
		read -r name <<<"$name"
		read -r advised <<<"$advised"
		read -ra args <<<"$args"
		fresh "$name"
		"$CAPSIEVE" profile -q -o "$W.p" -- "$W/busybox" "${args[@]}" >/dev/null
		done_is "$name"
		[ "$(jq -r '.advice.capabilities | join(" ")' "$W.p")" = "$advised" ] || {
			echo "$name: $(jq -c .advice "$W.p")" && return 1
		}
		fresh "$name"
		start "$1" "$advised" "${args[@]}" && done_is "$name" || { echo "$1 $name: it does not work" && return 1; }
		for cap in $advised; do
			less=$(tr ' ' '\n' <<<"$advised" | grep -vx "$cap" | paste -sd' ')
			fresh "$name"
			! { start "$1" "$less" "${args[@]}" >/dev/null 2>&1 && done_is "$name"; } || {
				echo "$1 $name: it works without $cap" && return 1
			}
		done
	done < <(grep . <<<"$JOBS" | head -n "$([ -n "${TEST_ALL-}" ] && echo 99 || echo 2)")
}

@test "capsh" {
	host_only
	each capsh
}

@test "docker" {
	host_only
	[ -e "$W.docker" ] || skip "no docker daemon runs here"
	each docker
}

@test "podman" {
	host_only
	[ -e "$W.podman" ] || skip "no podman runs here"
	each podman
}
