# SPDX-License-Identifier: BSD-2-Clause
#
# Where the kernels of the matrix come from: packages that are downloaded and unpacked, never installed; a cache outside
# the tree; and a network that gives none. apt and dpkg write down what they are asked.

bats_require_minimum_version 1.5.0
load lib

setup() {
  host_only
  BIN=$BATS_TEST_TMPDIR/bin
  ASKED=$BATS_TEST_TMPDIR/asked
  mkdir "$BIN"
  touch "$ASKED"
  export CAPSIEVE_KERNELS=$BATS_TEST_TMPDIR/cache
}

# nobody_listens: a mirror that no network reaches
nobody_listens() {
  export CAPSIEVE_MIRROR=http://127.0.0.1:1/debian
}

# tool NAME SCRIPT: stands before the machine's own, and writes down its words first
tool() {
  printf '#!/bin/sh\necho "%s $*" >>%s\n%s\n' "$1" "$ASKED" "$2" >"$BIN/$1"
  chmod 755 "$BIN/$1"
}

has_tools() {
  local word

  for word in apt-get dpkg-deb cpio xz zstd busybox depmod modprobe; do
    command -v "$word" >/dev/null || skip "there is no $word here"
  done
  [ "$(dpkg --print-architecture)" = amd64 ] || skip "the kernel of this test is for x86-64"
}

# package: a kernel as Debian packs one, but for its size; what is needed to reach the host's files is built in
package() {
  local root=$BATS_TEST_TMPDIR/root version=6.1.0-99-amd64

  mkdir -p "$root"/{DEBIAN,boot,"lib/modules/$version/kernel"/{fs,lib,crypto,net,arch,drivers/{block,virtio}}}
  printf '%s\n' 'Package: linux-image-6.1.0-99-amd64' 'Version: 1' 'Architecture: amd64' 'Maintainer: a <a@b.c>' \
    'Depends: kmod, linux-base' 'Description: a kernel' >"$root/DEBIAN/control"
  printf '#!/bin/sh\ntouch %s\n' "$BATS_TEST_TMPDIR/installed" >"$root/DEBIAN/postinst"
  chmod 755 "$root/DEBIAN/postinst"
  head -c 4096 /dev/zero >"$root/boot/vmlinuz-$version"
  echo CONFIG_A=y >"$root/boot/config-$version"
  printf 'kernel/%s.ko\n' drivers/virtio/virtio_pci net/9p/9pnet_virtio fs/9p/9p fs/overlayfs/overlay \
    >"$root/lib/modules/$version/modules.builtin"
  touch "$root/lib/modules/$version"/modules.{order,builtin.modinfo}
  dpkg-deb --root-owner-group -Zgzip -b "$root" "$BATS_TEST_TMPDIR/linux-image-$version.deb" >/dev/null
}

# archive: apt finds that package, whatever the mirror
archive() {
  export CAPSIEVE_MIRROR=http://127.0.0.1:1/debian
  tool apt-get 'case "$*" in *" linux-image-"*) cp '"$BATS_TEST_TMPDIR"'/linux-image-*.deb . ;; esac'
  tool apt-cache 'echo "linux-image-6.1.0-99-amd64 - a kernel"'
  tool dpkg "exec $(command -v dpkg) \"\$@\""
}

@test "a network that gives no kernel: the reason in a line, and exit status 77" {
  has_tools
  nobody_listens
  for what in "kernel get 6.1" "kernel get 6.12-arm64" "userland get arm64"; do
    # shellcheck disable=SC2086  # words
    run -77 --separate-stderr scripts/$what
    [ -z "$output" ]
    [ "${#stderr_lines[@]}" -eq 1 ]
    echo "$stderr"
    [[ $stderr == *127.0.0.1* ]]
  done
  run -77 --separate-stderr scripts/vm -k 6.1 -- true
  [[ $stderr == *127.0.0.1* ]]
  # nothing half done is left, and so nothing is found that is none
  run find "$CAPSIEVE_KERNELS" -mindepth 1 ! -name '*.lock'
  [ -z "$output" ]
}

@test "the stage is skipped with that reason, each of its machines" {
  has_tools
  nobody_listens
  MACHINES="6.1 6.12-preempt" BUILD=$BATS_TEST_TMPDIR/build MAKE=true run -0 tests/stage/kernels
  echo "$output"
  [ "${#lines[@]}" -eq 2 ]
  [[ ${lines[0]} == "ok - 6.1 # skip kernel: "*127.0.0.1* ]]
  [[ ${lines[1]} == "ok - 6.12-preempt # skip kernel: "*127.0.0.1* ]]
}

@test "a kernel's packages are downloaded and unpacked, and never installed; it is found again without asking" {
  has_tools
  package
  archive
  PATH=$BIN:$PATH run -0 --separate-stderr scripts/kernel get 6.1
  dir=$output
  [ "$dir" = "$CAPSIEVE_KERNELS/6.1" ]
  cat "$ASKED"
  [ "$(sed -E 's/^apt-get (update|download) .*/\1/; s/^apt-cache .*/search/; s/^dpkg (-[xf]|--print-architecture)( .*)?/\1/' \
    "$ASKED" | sort -u | paste -sd' ')" = "--print-architecture -f -x download search update" ]
  [ ! -e "$BATS_TEST_TMPDIR/installed" ]
  for file in vmlinux initramfs config lib/modules/6.1.0-99-amd64/modules.dep.bin; do
    [ -s "$dir/$file" ]
  done
  [ "$(sed -n 2p "$dir/version")" = 6.1.0-99-amd64 ]
  : >"$ASKED"
  PATH=$BIN:$PATH run -0 scripts/kernel get 6.1
  [ "$output" = "$dir" ]
  PATH=$BIN:$PATH run -0 scripts/kernel path 6.1
  [ "$output" = "$dir" ]
  [ ! -s "$ASKED" ]
  # what an older script made is made again
  sed -i 1s/.*/format\ 0/ "$dir/version"
  PATH=$BIN:$PATH run -0 scripts/kernel get 6.1
  grep -q '^apt-get download .*linux-image-6.1.0-99-amd64' "$ASKED"
}

@test "kernels are kept in the user's cache, outside of the tree" {
  unset CAPSIEVE_KERNELS
  for base in "HOME=$BATS_TEST_TMPDIR/home" "HOME=/nowhere XDG_CACHE_HOME=$BATS_TEST_TMPDIR/xdg"; do
    dir=${base##*=}
    [ "${base%%=*} $base" = "HOME HOME=$dir" ] && dir=$dir/.cache
    mkdir -p "$dir/capsieve/kernels/6.1"
    printf 'format 1\n6.1.0-1-amd64\nx\n' >"$dir/capsieve/kernels/6.1/version"
    # shellcheck disable=SC2086  # words
    run -0 env -u XDG_CACHE_HOME $base scripts/kernel path 6.1
    [ "$output" = "$dir/capsieve/kernels/6.1" ]
    [[ $output != "$PWD"/* ]]
  done
}

@test "no file names a host that gives packages" {
  # shellcheck disable=SC2016  # a pattern
  run git grep -nIE '(deb|archive|security|snapshot|ftp[.a-z]*|mirrors?)\.(debian|ubuntu|kernel)\.(org|com)' -- .
  [ "$status" -ne 128 ] || skip "this tree is no clone"
  echo "$output"
  [ "$status" -eq 1 ]
}
