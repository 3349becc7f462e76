# SPDX-License-Identifier: BSD-2-Clause
#
# The static program of `make static`: it needs nothing of the machine that it runs on but Linux and its types. STATIC names one
# that is built already, STATIC_ARM64 one for arm64.

bats_require_minimum_version 1.5.0
load lib

ROOT=$E2E/../..

setup_file() {
  export STATIC=${STATIC-}
  [ -z "$STATIC" ] || return 0
  ! in_guest && [ -n "${TEST_ALL-}" ] || return 0
  make -s -C "$ROOT" BUILD="$(dirname "$(readlink -f "$CAPSIEVE")")" DIST="$BATS_FILE_TMPDIR" static >&2
  STATIC=$(echo "$BATS_FILE_TMPDIR"/capsieve-*)
}

setup() {
  host_only
  [[ -n $STATIC || $BATS_TEST_DESCRIPTION == *"for arm64"* ]] ||
    skip "building it takes minutes: only in make test-all, or with STATIC=FILE"
}

# busybox_root DIR: a root in which there is busybox, and nothing else but the program
busybox_root() {
  mkdir -p "$1"/{bin,proc,sys,tmp,dev,etc}
  cp "$(readlink -f "$(command -v busybox)")" "$1/bin/busybox"
  cp "$STATIC" "$1/bin/capsieve"
  printf 'root:x:0:0::/:/bin/sh\nsomebody:x:1234:1234::/:/bin/sh\n' >"$1/etc/passwd"
  # what must never be loaded from here
  printf 'passwd: systemd sss files\n' >"$1/etc/nsswitch.conf"
}

@test "static: it is, and position independent" {
  run -0 file "$STATIC"
  [[ $output == *"static-pie linked"* ]] || { echo "$output"; false; }
  run -0 readelf -dW "$STATIC"
  [[ $output != *NEEDED* && $output != *INTERP* ]]
}

@test "static: trace, doctor, profile, ps and a history, where there is nothing but busybox" {
  [ "$(id -u)" = 0 ] || skip "not root"
  [ -n "$(probes)" ] || skip "no probe works here"
  command -v busybox >/dev/null || skip "no busybox"
  local root=$BATS_TEST_TMPDIR/root

  busybox_root "$root"
  run -0 unshare -m bash -c 'mount --rbind /proc "$0/proc" && mount --rbind /sys "$0/sys" && mount -t devtmpfs dev "$0/dev" &&
    exec chroot "$0" /bin/busybox sh -ec "
      capsieve doctor -q | busybox head -n 3
      capsieve trace -q --no-header --columns cap,verdict -- busybox chown somebody /tmp
      capsieve profile -q -o /tmp/p.json -- busybox chown 0 /tmp
      capsieve profile show /tmp/p.json --format systemd
      capsieve ps -q --no-header --columns user,comm -p self || capsieve ps -q | busybox head -n 2
      capsieve trace -q --record /tmp/r.rec -- busybox chown 0 /tmp
      capsieve history --replay /tmp/r.rec"' "$root"
  echo "$output"
  [[ $output == *"CAP_CHOWN              allowed"* ]]
  [[ $output == *"AmbientCapabilities="* || $output == *"CapabilityBoundingSet=CAP_CHOWN"* ]]
}

# alone KERNEL PROGRAM: in a guest, in a root with busybox, the program, and nothing else
alone() {
  local with=$BATS_TEST_TMPDIR/with dir

  dir=$("$ROOT/scripts/kernel" get "$1") || skip "no kernel $1"
  mkdir -p "$with"
  cp "$2" "$with/capsieve"
  # the one that the kernel's guests begin with
  cpio -i --quiet --to-stdout bin/busybox <"$dir/initramfs" >"$with/busybox"
  chmod 755 "$with/busybox"
  run -0 "$ROOT/scripts/vm" -k "$1" -t 300 -f "$with/capsieve" -f "$with/busybox" -- '
    mkdir -p /tmp/r/bin /tmp/r/proc /tmp/r/sys /tmp/r/tmp /tmp/r/dev && cp /run/vm/files/* /tmp/r/bin &&
    mount --rbind /proc /tmp/r/proc && mount --rbind /sys /tmp/r/sys && mount --rbind /dev /tmp/r/dev && cd /tmp/r &&
    exec chroot /tmp/r /bin/busybox sh -ec "
      busybox uname -m
      capsieve trace -q --no-header --columns cap,verdict -- busybox chown 1 /tmp
      capsieve doctor -q | busybox grep chosen
      capsieve profile -q -- busybox chown 0 /tmp | busybox head -n 1"'
  echo "$output"
  [[ $output == *"CAP_CHOWN              allowed"*"busybox needs CAP_CHOWN"* ]]
}

@test "static: in a machine with another kernel that has nothing but busybox" {
  command -v qemu-system-x86_64 >/dev/null || skip "no qemu"
  [ "$(uname -m)" = x86_64 ] || skip "the kernel is one for x86-64"
  alone 6.1 "$STATIC"
}

@test "static: for arm64, in machines of it that have nothing but busybox" {
  local program=${STATIC_ARM64-} root

  command -v qemu-system-aarch64 >/dev/null || skip "no qemu for arm64"
  if [ -z "$program" ]; then
    [ -n "${TEST_ALL-}" ] || skip "building it takes minutes: only in make test-all, or with STATIC_ARM64=FILE"
    command -v aarch64-linux-gnu-gcc >/dev/null || skip "no compiler for arm64"
    root=$("$ROOT/scripts/userland" get arm64) || skip "$root"
    make -s -C "$ROOT" BUILD="$(dirname "$(readlink -f "$CAPSIEVE")")" DIST="$BATS_TEST_TMPDIR" ARCH=arm64 \
      CROSS=aarch64-linux-gnu- SYSROOT="$root/root" static
    program=$(echo "$BATS_TEST_TMPDIR"/capsieve-*-arm64)
  fi
  run -0 file "$program"
  [[ $output == *"ARM aarch64"*"static-pie linked"* ]] || { echo "$output"; false; }
  alone 6.12-arm64 "$program"
  [[ $output == *aarch64*"fexit"* ]]
  # where it has no other probe than kprobes
  alone 6.1-arm64 "$program"
  [[ $output == *aarch64*"kprobe"* ]]
}

@test "static: what takes a library says that it lacks it" {
  [ "$(id -u)" = 0 ] || skip "not root"
  run ! "$STATIC" trace -q --engine-socket "$BATS_TEST_TMPDIR/none" -d 1s
  echo "$output"
}
