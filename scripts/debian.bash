# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# What scripts/kernel and scripts/userland share: a cache, and packages of Debian that are fetched with an apt of our
# own and unpacked, never installed. Needs no root.
#
# A folder CACHE/NAME is there when the first line of its file "version" is "format $FORMAT", which the script sets; it
# also has fetch NAME WORK, which makes WORK/new.
#
# exit 77: this machine or its network does not give it, the reason is one line on stderr.

CACHE=${CAPSIEVE_KERNELS:-${XDG_CACHE_HOME:-$HOME/.cache}/capsieve/kernels}

die() {
	echo "$(basename "$0"): $1" >&2
	exit "${2:-1}"
}

skip() {
	die "$1" 77
}

is_there() {
	[ "$(head -n1 "$CACHE/$1/version" 2>/dev/null)" = "format $FORMAT" ]
}

# repository SUITE: where this machine gets Debian from. Security suites live in an archive of their own.
repository() {
	local want=plain uri codename

	[[ $1 = *-security ]] && want=security
	[ -z "${CAPSIEVE_MIRROR:-}" ] || {
		[ $want = plain ] && echo "$CAPSIEVE_MIRROR" || echo "${CAPSIEVE_MIRROR%/}-security"
		return
	}
	# shellcheck disable=SC2016  # apt expands these
	while read -r uri codename; do
		case $codename in
		*-security) [ $want = security ] && echo "$uri" && return ;;
		*) [ $want = plain ] && echo "$uri" && return ;;
		esac
	done < <(apt-get indextargets --format '$(REPO_URI) $(CODENAME)' \
		'Created-By: Packages' 'Origin: Debian' 2>/dev/null)
	return 1
}

# private_apt SUITE ARCH DIR: an apt of our own; the machine's one stays as it is
private_apt() {
	local uri keyring=/usr/share/keyrings/debian-archive-keyring.gpg

	uri=$(repository "$1") || return 1
	mkdir -p "$3"/{lists/partial,cache/archives/partial}
	: >"$3/status"
	[ -r $keyring ] && keyring=" signed-by=$keyring" || keyring=
	echo "deb [arch=$2$keyring] $uri $1 main" >"$3/sources.list"
	cat >"$3/apt.conf" <<-X
		APT::Architecture "$2";
		APT::Architectures { "$2"; };
		APT::Sandbox::User "";
		Acquire::Languages "none";
		Acquire::Retries "1";
		Acquire::http::Timeout "30";
		Dir::State "$3";
		Dir::State::status "$3/status";
		Dir::Cache "$3/cache";
		Dir::Etc::sourcelist "$3/sources.list";
		Dir::Etc::sourceparts "-";
	X
	APT_CONFIG=$3/apt.conf apt-get update -qq -o APT::Update::Error-Mode=any >"$3/log" 2>&1
}

need() {
	local c missing=

	for c in "$@"; do
		command -v "$c" >/dev/null || missing="$missing $c"
	done
	[ -z "$missing" ] || die "cannot find$missing; scripts/setup test installs what is missing"
}

# reason WORK: why apt could not
reason() {
	local line

	line=$(grep -hsE '^[EW]:' "$1"/apt-*/log | sed -n 1p)
	if [ -n "$line" ]; then
		echo "$line"
	elif compgen -G "$1/apt-*/log" >/dev/null; then
		echo "the network answered, the package is not there"
	else
		echo "this machine's apt knows no Debian mirror; CAPSIEVE_MIRROR=URL names one"
	fi
}

# cached NAME: makes it unless it is there, prints its folder
cached() {
	if ! is_there "$1"; then
		mkdir -p "$CACHE"
		exec {lock}>"$CACHE/$1.lock"
		flock $lock
		is_there "$1" || install_new "$1"
		exec {lock}>&-
	fi
	echo "$CACHE/$1"
}

install_new() {
	work=$(mktemp -d "$CACHE/work.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	trap 'exit 130' INT TERM HUP
	(fetch "$1" "$work")
	rm -rf "${CACHE:?}/$1"
	mv "$work/new" "$CACHE/$1"
}
