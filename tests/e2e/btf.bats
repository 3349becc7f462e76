# SPDX-License-Identifier: BSD-2-Clause
#
# A kernel that does not bring its types: emulated by covering /sys/kernel/btf in a mount namespace. --btf FILE, and
# files that are no kernel's types, or another kernel's.

bats_require_minimum_version 1.5.0

setup() {
  load lib
  [ -n "$(probes)" ] || skip "no probe works here"
  TYPES=$BATS_FILE_TMPDIR/types
  [ -e "$TYPES" ] || cat /sys/kernel/btf/vmlinux >"$TYPES" || skip "this kernel has no types to take along"
  OUT=$BATS_TEST_TMPDIR/out
}

# without_types COMMAND...: where the kernel seems to bring none
without_types() {
  unshare -m true 2>/dev/null || skip "no mount namespace can be made here"
  unshare -m sh -c 'mount -t tmpfs none /sys/kernel/btf && exec "$@"' sh "$@"
}

# untyped: the probes that do without the kernel's own types
untyped() {
  probes | grep -xe tp -e kprobe
}

@test "without types: doctor says so and what to do, and trace ends with a sentence" {
  without_types "$CAPSIEVE" doctor --json >"$OUT" || [ $? -eq 1 ]
  [ "$(jq -r '.items[] | select(.item == "types (BTF)") | "\(.state): \(.reason) -> \(.advice)"' "$OUT")" = \
    "no: there is no /sys/kernel/btf/vmlinux (CONFIG_DEBUG_INFO_BTF) -> give them with --btf FILE: enough for tp and kprobe" ]
  [ "$(jq -r '.items[] | select(.section == "probes" and .state == "yes").item' "$OUT")" = "" ]
  [ "$(jq -r '.items[] | select(.item == "chosen").state' "$OUT")" = no ]
  run --separate-stderr without_types "$CAPSIEVE" trace -d 1s
  [ "$status" -eq 1 ]
  [ "${#stderr_lines[@]}" -eq 1 ]
  [[ "$stderr" = "capsieve trace: no probe can be used on this kernel: fexit: this kernel was built without BTF"* ]]
  [[ "$stderr" = *"; --btf FILE gives capsieve the types that the kernel does not bring: enough for tp and kprobe ("* ]]
}

@test "--btf FILE: what needs no types of the kernel's own hears the same" {
  [ -n "$(untyped)" ] || skip "only probes that need the kernel's own types work here"
  for probe in auto $(untyped); do
    without_types "$CAPSIEVE" trace -q --json -o "$OUT.json" --attach "$probe" --btf "$TYPES" -C sys_chroot -- \
      "$TRIP/short" >"$OUT.pid"
    checks "$OUT" '[.pid, .cap, .verdict, .syscall, .comm, .exe, .cred, .via, .uid, (.effective | length > 0)]' >"$OUT.is"
    cat "$OUT.is"
    [ "$(<"$OUT.is")" = "$(jq -nc --argjson pid "$(<"$OUT.pid")" --arg exe "$(readlink -f "$TRIP/short")" \
      '[$pid, "CAP_SYS_CHROOT", "allowed", "chroot", "short", $exe, "own", "held", 0, true]')" ]
  done
}

@test "--btf FILE: the probes that need the kernel's own types say so" {
  for probe in fexit tp_btf; do
    run --separate-stderr without_types "$CAPSIEVE" trace --attach "$probe" --btf "$TYPES" -d 1s
    [ "$status" -eq 1 ]
    [[ "$stderr" = "capsieve trace: --attach $probe: this kernel was built without BTF, its own description of its types"* ]]
  done
}

# refuses FILE WORDS: with exit status 2 and one sentence
refuses() {
  run --separate-stderr "$CAPSIEVE" trace --btf "$1" -d 1s
  echo "$status: $stderr"
  [ "$status" -eq 2 ]
  [ "$stderr" = "capsieve trace: --btf: '$1' $2" ]
}

@test "files that hold no types, or not a kernel's" {
  head -c 100000 "$TYPES" >"$OUT.cut"
  refuses "$OUT.cut" "is damaged, or holds no BTF, a kernel's description of its types"
  refuses "$CAPSIEVE" "is damaged, or holds no BTF, a kernel's description of its types"
  refuses /etc/passwd "holds no BTF, a kernel's description of its types"
  refuses /dev/null "holds no BTF, a kernel's description of its types"
  refuses /no/such "No such file or directory"
  # types with a header and nothing else: version 1, flags 0, 24 bytes of header, no types, a string table of one zero
  printf '\x9f\xeb\x01\x00\x18\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00' >"$OUT.empty"
  refuses "$OUT.empty" "holds types, and not a kernel's: no struct task_struct is among them"
}

@test "another kernel's types are noticed" {
  others=0
  for image in "${CAPSIEVE_KERNELS:-${XDG_CACHE_HOME:-$HOME/.cache}/capsieve/kernels}"/*/vmlinux; do
    [ -e "$image" ] || continue
    # what other architectures have is no ELF file
    [ "$(head -c4 "$image")" = $'\x7fELF' ] || continue
    [ "$(sed -n 2p "${image%/*}/version")" != "$(uname -r)" ] || continue
    others=$((others + 1))
    for probe in $(untyped); do
      run --separate-stderr without_types "$CAPSIEVE" trace --attach "$probe" --btf "$image" -d 1s
      echo "$image, $probe: $status: $stderr"
      [ "$status" -eq 1 ] || [ "$status" -eq 2 ]
      [[ $stderr = *"the types of another kernel"* || $stderr = *"does '$image' describe this kernel?"* ]]
    done
  done
  [ "$others" -gt 0 ] || skip "no other kernel was fetched"
}

@test "our programs are fitted to the kernel's types as libbpf would have fitted them" {
  run "$TRIP/fitted" "$TYPES"
  [ "$status" -eq 0 ]
  [[ "${lines[0]}" =~ ^checks:\ [0-9]+\ programs,\ [0-9]+\ instructions,\ all\ alike$ ]]
  [[ "${lines[1]}" =~ ^lifecycle:\ [0-9]+\ programs,\ [0-9]+\ instructions,\ all\ alike$ ]]
}
