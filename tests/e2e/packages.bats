# SPDX-License-Identifier: BSD-2-Clause
#
# The packages: the same bytes each time, nothing wrong by the distributions' own judgement, and what installing, upgrading,
# removing and purging them leaves. tests/e2e/deb.bats uses one in a machine with systemd.

bats_require_minimum_version 1.5.0
load lib

ROOT=$E2E/../..

# pack KIND [WORDS]: of what is built already, into $BATS_FILE_TMPDIR/dist or DIST
pack() {
  make -s -C "$ROOT" PACKED="$(dirname "$(readlink -f "$CAPSIEVE")")" "$@" 2>&1
}

setup_file() {
  export DIST=$BATS_FILE_TMPDIR/dist
  [ -z "${TEST_ALL-}" ] || export BATS_TEST_TIMEOUT=3000
}

# For what nobody waits for.
only_all() {
  [ -n "${TEST_ALL-}" ] || skip "only in make test-all"
}

setup() {
  host_only
}

needs() {
  local tool
  for tool; do command -v "$tool" >/dev/null || skip "$tool is not installed here"; done
}

@test "deb: twice the same bytes, at another time" {
  once_is_enough
  needs dpkg-deb dpkg-shlibdeps
  pack deb DIST="$DIST"
  (umask 077 && TZ=Asia/Tokyo LC_ALL=C.UTF-8 pack deb DIST="$BATS_TEST_TMPDIR/again")
  cmp "$DIST"/capsieve_*.deb "$BATS_TEST_TMPDIR"/again/capsieve_*.deb
}

@test "deb: lintian finds no error" {
  only_all
  needs lintian
  run -0 lintian --fail-on error "$DIST"/capsieve_*.deb
  echo "$output"
  [[ $output != *"E: "* ]]
}

@test "rpm: twice the same bytes, at another time; rpmlint finds no error" {
  only_all
  needs rpmbuild rpmlint
  pack rpm DIST="$DIST"
  (umask 077 && TZ=Asia/Tokyo pack rpm DIST="$BATS_TEST_TMPDIR/again")
  cmp "$DIST"/capsieve-*.rpm "$BATS_TEST_TMPDIR"/again/capsieve-*.rpm
  run -0 rpmlint -c "$ROOT/packaging/rpm/rpmlint.toml" "$DIST"/capsieve-*.rpm
  echo "$output"
  [[ $output == *" 0 errors, "* ]]
}

@test "checksums: of all that was packed" {
  ls "$DIST"/capsieve*.* || skip "nothing could be packed"
  [ "$(wc -l <"$DIST/SHA256SUMS")" = "$(find "$DIST" -name 'capsieve*' | wc -l)" ]
  cd "$DIST" && sha256sum --strict -c SHA256SUMS
}

# world: a root of its own, this machine's, that takes what is written; in $WORLD. For one test.
world() {
  [ "$(id -u)" = 0 ] || skip "not root"
  unshare -m --propagation private true 2>/dev/null || skip "there are no mount namespaces here"
  WORLD=$BATS_TEST_TMPDIR/world
  mkdir -p "$WORLD"
}

# in_world SCRIPT: as root of it, with $DIST and the test's own folder as /packages and /test
in_world() {
  # shellcheck disable=SC2016 # the other shell's
  DIST=$DIST OWN=$BATS_TEST_TMPDIR unshare -m --propagation private bash -euc '
    mount -t tmpfs tmpfs "$1"
    mkdir "$1"/{upper,work,root}
    mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/root"
    mkdir "$1"/root/{packages,test}
    mount --bind "$DIST" "$1/root/packages"
    mount --bind "$OWN" "$1/root/test"
    for dir in proc dev; do mount --rbind /$dir "$1/root/$dir"; done
    mount -t tmpfs tmpfs "$1/root/run"
    exec chroot "$1/root" bash -exc "$2"' - "$WORLD" "$1" 2>&1
}

# newer: the next version of what is in DIST, with another configuration; as $BATS_TEST_TMPDIR/newer.deb
newer() {
  local dir=$BATS_TEST_TMPDIR/next

  dpkg-deb -R "$DIST"/capsieve_*.deb "$dir"
  sed -i 's/^Version: .*/Version: 99.0.0-1/' "$dir/DEBIAN/control"
  echo "# of version 99" >>"$dir/etc/capsieve/capsieve.yaml"
  dpkg-deb --root-owner-group -b "$dir" "$BATS_TEST_TMPDIR/newer.deb"
}

@test "deb: installed, used, upgraded, removed, purged" {
  only_all
  needs dpkg-deb
  ls "$DIST"/capsieve_*.deb || skip "there is no package"
  world
  newer
  in_world '
    traces() { find /etc /usr /var/lib /var/log /var/cache -xdev -name "*capsieve*" | sort; }
    traces >/test/before
    dpkg -i /packages/capsieve_*.deb
    test ! -e /etc/systemd/system/multi-user.target.wants/capsieve.service
    capsieve --version
    man -w capsieve capsieve-watch capsieve-rules
    capsieve check 2>&1 | grep ": 0 mistakes"
    test -s /usr/share/bash-completion/completions/capsieve
    dpkg -V capsieve

    # what the daemon keeps, and what somebody wrote
    mkdir -p /var/lib/private/capsieve /etc/capsieve/rules.d
    ln -s private/capsieve /var/lib/capsieve
    echo kept >/var/lib/capsieve/history.db
    echo "version: 1" >/etc/capsieve/rules.d/60-own.yaml
    echo "# my own" >>/etc/capsieve/capsieve.yaml
    dpkg -i --force-confdef --force-confold /test/newer.deb
    dpkg -s capsieve | grep "^Version: 99"
    grep -q "^# my own" /etc/capsieve/capsieve.yaml
    grep -q "of version 99" /etc/capsieve/capsieve.yaml.dpkg-dist
    grep -q kept /var/lib/capsieve/history.db
    test -s /etc/capsieve/rules.d/60-own.yaml

    dpkg -r capsieve
    test ! -e /usr/bin/capsieve
    grep -q kept /var/lib/capsieve/history.db
    test -s /etc/capsieve/rules.d/60-own.yaml
    dpkg -i --force-confdef --force-confold /packages/capsieve_*.deb
    grep -q "^# my own" /etc/capsieve/capsieve.yaml
    dpkg -P capsieve
    diff /test/before <(traces)'
}

@test "rpm: installed, upgraded, erased" {
  only_all
  needs rpm rpm2cpio
  ls "$DIST"/capsieve-*.rpm || skip "there is no package"
  world
  in_world '
    # this machine has no rpms, and so none of what it wants
    rpm -i --nodeps --dbpath /test/rpms /packages/capsieve-*.rpm
    rpm -V --nodeps --dbpath /test/rpms capsieve
    capsieve --version
    echo "# my own" >>/etc/capsieve/capsieve.yaml
    rpm -U --replacepkgs --nodeps --dbpath /test/rpms /packages/capsieve-*.rpm
    grep -q "^# my own" /etc/capsieve/capsieve.yaml
    rpm -e --nodeps --dbpath /test/rpms capsieve
    test ! -e /usr/bin/capsieve
    grep -q "^# my own" /etc/capsieve/capsieve.yaml.rpmsave'
}

@test "dist: the committed sources, twice the same bytes" {
  git -C "$ROOT" rev-parse --is-inside-work-tree >/dev/null 2>&1 || skip "this is no repository"
  pack dist DIST="$DIST"
  pack dist DIST="$BATS_TEST_TMPDIR/again"
  cmp "$DIST"/capsieve-*.tar.gz "$BATS_TEST_TMPDIR"/again/capsieve-*.tar.gz
  tar -tzf "$DIST"/capsieve-*.tar.gz >"$BATS_TEST_TMPDIR/list"
  [ "$(grep -c -e '/Makefile$' -e '/packaging/rpm/capsieve.spec$' -e '/LICENSE$' "$BATS_TEST_TMPDIR/list")" = 3 ]
}

@test "the tarball, built in two places, gives the same packages" {
  only_all
  needs dpkg-deb dpkg-shlibdeps rpmbuild
  ls "$DIST"/capsieve-*.tar.gz || skip "there is no tarball"
  for place in one another/place; do
    mkdir -p "$BATS_TEST_TMPDIR/$place"
    tar -xzf "$DIST"/capsieve-*.tar.gz -C "$BATS_TEST_TMPDIR/$place"
    env -u DIST -u BUILD make -s -j"$(nproc)" -C "$BATS_TEST_TMPDIR/$place"/capsieve-* deb
    env -u DIST -u BUILD make -s -C "$BATS_TEST_TMPDIR/$place"/capsieve-* PACKED=build/packed rpm
  done
  cmp "$BATS_TEST_TMPDIR"/{one,another/place}/capsieve-*/build/dist/SHA256SUMS
}
