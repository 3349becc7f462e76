# SPDX-License-Identifier: BSD-2-Clause
#
# Whatever is built has what distributions harden programs with; HARDENED names another program than the one that is tested, not
# stripped.

bats_require_minimum_version 1.5.0
load lib

setup() {
  host_only
  command -v readelf >/dev/null || skip "no readelf"
  HARDENED=${HARDENED-$(readlink -f "$CAPSIEVE")}
}

@test "hardened: position independent, no part writable and executable, nothing bound late, no executable stack" {
  run -0 readelf -hW "$HARDENED"
  [[ $output == *"DYN (Position-Independent"* ]] || { echo "$output"; false; }
  run -0 readelf -lW "$HARDENED"
  [[ $output == *GNU_RELRO* ]]
  [[ $output != *RWE* ]]
  run -0 readelf -dW "$HARDENED"
  [[ $output == *BIND_NOW* && $output == *"Flags:"*NOW* ]]
  [[ $output != *TEXTREL* && $output != *RPATH* && $output != *RUNPATH* ]]
}

@test "hardened: stacks are guarded, and what copies is checked" {
  [ -z "${SANITIZE-}" ] || skip "sanitizers check what copies by themselves"
  local names

  names=$(readelf -sW "$HARDENED" | awk '{ print $8 }')
  grep -q '^__stack_chk_fail' <<<"$names"
  [ "$(grep -cE '^__(memcpy|snprintf|vsnprintf|printf|fprintf|read|strncpy|memset|memmove|strcpy|vfprintf)_chk' <<<"$names")" -ge 3 ]
}

# The note that says so of all of it is lost where a library, or the C library's own start, was built without.
@test "hardened: control flow is guarded where the processor can, in what is ours" {
  local tool=objdump sign=endbr64

  case $(readelf -hW "$HARDENED" | sed -n 's/.*Machine: *//p') in
  *X86-64) ;;
  AArch64) sign=paciasp ;;
  *) skip "no such processor" ;;
  esac
  [ $sign = endbr64 ] || [ "$(uname -m)" = aarch64 ] || tool=aarch64-linux-gnu-objdump
  command -v $tool >/dev/null || skip "no $tool"
  [ "$($tool -d --no-show-raw-insn --disassemble=say "$HARDENED" | grep -c $sign)" -ge 1 ]
  [ "$($tool -d --no-show-raw-insn --disassemble=buf_grow "$HARDENED" | grep -cE "$sign|stack_chk")" -ge 1 ]
}
