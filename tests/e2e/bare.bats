# SPDX-License-Identifier: BSD-2-Clause
#
# The deb on a bare Debian 12, made by debootstrap from where this machine has its packages, in its own mount namespace: installed
# with what it depends on and recommends, used, upgraded, removed and purged; likewise in a virtual machine that such a Debian 12
# booted, with its unit; and on a bare Debian 13 and Ubuntu 24.04 installed and used. BARE_ROOT names a root that is there already,
# and is changed, BARE_ROOT_13 and BARE_ROOT_UBUNTU likewise; UBUNTU_ARCHIVE says where Ubuntu's packages are.

bats_require_minimum_version 1.5.0
load lib

ROOT=$E2E/../..
KEYS=/usr/share/keyrings

setup_file() {
  [ -z "${TEST_ALL-}" ] || export BATS_TEST_TIMEOUT=2400
}

setup() {
  host_only
  [ "$(id -u)" = 0 ] || skip "not root"
  command -v dpkg-deb >/dev/null || skip "no dpkg-deb"
  [ -n "${TEST_ALL-}${BARE_ROOT-}${BARE_ROOT_13-}${BARE_ROOT_UBUNTU-}" ] || skip "takes minutes: only in make test-all, or with BARE_ROOT=DIR"
  unshare -m --propagation private true 2>/dev/null || skip "there are no mount namespaces here"
}

# where_debian_is: prints it
where_debian_is() {
  sed -nE 's/^URIs: *([^ ]+).*/\1/p; s/^deb ([a-z]+:[^ ]+) .*/\1/p' /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list 2>/dev/null | head -n 1
}

# bare SUITE URI KEYRING [SCRIPT]: a root of it in $BARE_ROOT, unless there is one
bare() {
  [ -z "${BARE_ROOT-}" ] || return 0
  [ -n "${TEST_ALL-}" ] || skip "takes minutes: only in make test-all, or with a root that is there already"
  command -v debootstrap >/dev/null || skip "no debootstrap"
  [ -n "$2" ] || skip "this machine has no source of the packages of $1"
  [ -e "$3" ] || skip "the keys of $1 are not here, by which its packages could be believed"
  BARE_ROOT=$BATS_TEST_TMPDIR/root
  debootstrap --variant=minbase --include=systemd-sysv,man-db --keyring="$3" "$1" "$BARE_ROOT" "$2" /usr/share/debootstrap/scripts/"${4-$1}" \
    >"$BATS_TEST_TMPDIR/log" 2>&1 || skip "no $1 can be had: $(tail -n 1 "$BATS_TEST_TMPDIR/log")"
}

# two_debs DIR: there in the root, capsieve.deb as it is built and newer.deb, of a later version
two_debs() {
  local dist=$BATS_TEST_TMPDIR/dist next=$BATS_TEST_TMPDIR/next

  make -s -C "$ROOT" PACKED="$(dirname "$(readlink -f "$CAPSIEVE")")" DIST="$dist" deb
  dpkg-deb -R "$dist"/capsieve_*.deb "$next"
  sed -i 's/^Version: .*/Version: 99.0.0-1/' "$next/DEBIAN/control"
  dpkg-deb --root-owner-group -b "$next" "$BARE_ROOT/$1/newer.deb"
  cp "$dist"/capsieve_*.deb "$BARE_ROOT/$1/capsieve.deb"
}

# in_bare SCRIPT
in_bare() {
  # shellcheck disable=SC2016 # the other shell's
  unshare -m --propagation private bash -euc '
    for dir in proc sys dev; do mount --rbind /$dir "$1/$dir"; done
    exec chroot "$1" env DEBIAN_FRONTEND=noninteractive bash -euxc "$2"' - "$BARE_ROOT" "$1" 2>&1
}

@test "deb: on a bare Debian 12: installed with what it needs, used as its manual says, upgraded, removed, purged" {
  bare bookworm "$(where_debian_is)" "$KEYS/debian-archive-keyring.gpg"
  two_debs tmp
  rm -rf "$BARE_ROOT/tmp/formats"
  cp -r "$E2E/../formats/0.1.0" "$BARE_ROOT/tmp/formats"
  in_bare '
    apt-get update -qq
    apt-get install -y -qq /tmp/capsieve.deb
    test ! -e /etc/systemd/system/multi-user.target.wants/capsieve.service
    man -w capsieve capsieve-watch capsieve-rules capsieve-schema
    capsieve check | grep ": 0 mistakes"
    capsieve explain net_raw | head -n 1
    capsieve trace -q --no-header --columns cap,verdict -- chown nobody /tmp/formats | grep "CAP_CHOWN *allowed"
    capsieve profile -q -- chown root /tmp/formats | grep "chown needs CAP_CHOWN"
    capsieve run --as nobody --caps net_bind_service -- capsieve explain -p self | head -n 3

    # what the daemon keeps, and what somebody wrote, over an upgrade
    install -d -m 700 /var/lib/private/capsieve
    ln -s private/capsieve /var/lib/capsieve
    cp /tmp/formats/history.db /var/lib/capsieve/
    echo "version: 1" >/etc/capsieve/rules.d/60-own.yaml
    apt-get install -y -qq -o Dpkg::Options::=--force-confold /tmp/newer.deb
    dpkg -s capsieve | grep "^Version: 99"
    capsieve history --db /var/lib/capsieve/history.db | grep sys_chroot
    capsieve trace -q --replay /tmp/formats/recording.rec | grep -q CAP_
    capsieve check /etc/capsieve/rules.d/60-own.yaml
    apt-get remove -y -qq capsieve
    test ! -e /usr/bin/capsieve
    test -s /var/lib/capsieve/history.db
    test -s /etc/capsieve/rules.d/60-own.yaml
    apt-get purge -y -qq capsieve
    test ! -e /var/lib/capsieve
    test ! -e /etc/capsieve'
}

# booted SCRIPT: of a guest whose root that is, after all that it starts by itself
booted() {
  printf '%s\n' "set -euxo pipefail; $1" >"$BARE_ROOT/srv/script"
  (cd "$ROOT" && scripts/vm -k 6.1 -t 1500 -m 2048 -R "$BARE_ROOT" -B -- bash /srv/script) 2>&1
}

@test "deb: in a booted Debian 12: its unit is started when asked to, by the manual; upgraded, removed, purged" {
  command -v qemu-system-x86_64 >/dev/null && [ "$(uname -m)" = x86_64 ] || skip "no qemu for x86-64 here"
  "$ROOT/scripts/kernel" get 6.1 >/dev/null || skip "no kernel for a virtual machine can be had"
  bare bookworm "$(where_debian_is)" "$KEYS/debian-archive-keyring.gpg"
  two_debs srv
  # a guest has no network: what it depends on is there before
  in_bare 'apt-get update -qq; apt-get install -y -qq --download-only /srv/capsieve.deb'
  run booted '
    export DEBIAN_FRONTEND=noninteractive MANPAGER=cat MANWIDTH=100
    unit() { systemctl show capsieve -p "$1" --value; }
    state_is() { [ "$(systemctl is-active capsieve)" = "$1" ]; }
    within() { local left=$1; shift; until "$@"; do left=$((left - 1)); [ $left -gt 0 ] || return 1; sleep 1; done; }
    # page NAME: the commands of its examples
    page() { man "$1" | sed -n "/^EXAMPLES/,/^SEE/ s/^ *[#$] \(sudo \)*//p"; }
    told() { journalctl -q SYSLOG_IDENTIFIER=capsieve | grep -c "a new root" || :; }
    told_after() { [ "$(told)" -gt "$1" ]; }
    [ "$(</proc/1/comm)" = systemd ]
    grep -x 12.[0-9]* /etc/debian_version

    apt-get install -y -qq /srv/capsieve.deb
    [ "$(systemctl is-enabled capsieve)" = disabled ]
    state_is inactive
    page capsieve >/tmp/examples
    [ "$(wc -l </tmp/examples)" = 3 ]
    while read -r line; do
      case $line in
      *"trace --denied") $line -d 3s </dev/null ;;
      *"trace -- mount "*) $line </dev/null | grep "CAP_SYS_ADMIN *allowed mount"; umount /mnt ;;
      *) $line </dev/null | grep "until it listens" ;;
      esac
    done </tmp/examples

    start=$(page capsieve-watch | grep "^systemctl enable --now")
    $start || { journalctl -u capsieve -n 30; false; }
    state_is active
    systemctl is-enabled capsieve
    [ "$(unit NRestarts)" = 0 ]
    pid=$(unit MainPID)
    grep -E "^(Uid|Cap|NoNewPrivs|Seccomp)" /proc/$pid/status
    [ "$(sed -n "s/^Uid:\t\([0-9]*\).*/\1/p" /proc/$pid/status)" != 0 ]
    capsieve watch status | grep "^lost *nothing"
    printf "version: 1\nrules:\n  - {name: a new root, where: {comm: chroot}, alert: sys_chroot}\n" >/etc/capsieve/rules.d/60-own.yaml
    capsieve check /etc/capsieve
    systemctl reload capsieve
    chroot / true
    within 30 told_after 0

    before=$(told)
    apt-get install -y -qq /srv/newer.deb
    dpkg -s capsieve | grep "^Version: 99"
    within 90 state_is active
    [ "$(unit MainPID)" != "$pid" ]
    [ ! -e /proc/$pid ]
    systemctl is-enabled capsieve
    capsieve history --json >/tmp/history
    cat /tmp/history
    grep -q CAP_SYS_CHROOT /tmp/history
    chroot / true
    within 60 told_after "$before"

    apt-get remove -y -qq capsieve
    [ ! -e /usr/bin/capsieve ]
    [ ! -e /sys/fs/cgroup/system.slice/capsieve.service ]
    [ ! -e /etc/systemd/system/multi-user.target.wants/capsieve.service ]
    state_is inactive
    [ -s /var/lib/private/capsieve/history.db ]
    [ -s /etc/capsieve/rules.d/60-own.yaml ]
    apt-get purge -y -qq capsieve
    left=$(find / -xdev -name "*capsieve*" -not -path "/srv/*" -not -path "/tmp/*")
    [ -z "$left" ]
    echo "all of it"'
  echo "$output"
  [ "$status" = 0 ]
  [[ $output == *"all of it"* ]]
}

# The package as it is for Debian 12: its libraries are others there.
installs_and_works() {
  make -s -C "$ROOT" PACKED="$(dirname "$(readlink -f "$CAPSIEVE")")" DIST="$BATS_TEST_TMPDIR/dist" deb
  cp "$BATS_TEST_TMPDIR/dist"/capsieve_*.deb "$BARE_ROOT/tmp/capsieve.deb"
  run -0 in_bare '
    apt-get update -qq
    apt-get install -y -qq /tmp/capsieve.deb
    man -w capsieve capsieve-trace
    capsieve doctor | grep chosen
    capsieve trace -q --no-header --columns cap,verdict -- chown nobody /tmp | grep "CAP_CHOWN *allowed"
    capsieve profile -q -- chown root /tmp | grep "chown needs CAP_CHOWN"
    capsieve check | grep ": 0 mistakes"
    apt-get purge -y -qq capsieve
    test ! -e /usr/bin/capsieve'
}

@test "deb: on a bare Debian 13: installed, used and removed" {
  BARE_ROOT=${BARE_ROOT_13-}
  bare trixie "$(where_debian_is)" "$KEYS/debian-archive-keyring.gpg"
  installs_and_works
}

@test "deb: on a bare Ubuntu 24.04: installed, used and removed" {
  BARE_ROOT=${BARE_ROOT_UBUNTU-}
  # debootstrap may know no release that is younger than it is; they are made alike
  bare noble "${UBUNTU_ARCHIVE-}" "$KEYS/ubuntu-archive-keyring.gpg" gutsy
  installs_and_works
}
