# SPDX-License-Identifier: BSD-2-Clause
#
# Real programs that are quick: what profile advises is enough for the job, and any one less is not. All of them, and how
# it is tried: tests/programs/run.

bats_require_minimum_version 1.5.0
load lib

setup() {
  host_only
  once_is_enough
  profile_works
}

# exact NAME
exact() {
  run -0 env CAPSIEVE="$CAPSIEVE" RESULTS="$BATS_TEST_TMPDIR" "$E2E/../programs/run" "$1"
  [[ $output != *"# skip"* ]] || skip "${output#*# skip }"
  [[ $output = *"ok 1 - $1"* && $output != *"not ok"* ]] || { echo "$output" && false; }
}

@test "true needs nothing, as root" {
  exact true
}

@test "a shell that forks needs nothing, as root" {
  exact shell
}

@test "ping needs what is advised, and no more" {
  exact ping
}

@test "mount needs what is advised, and no more" {
  exact mount
}

@test "tar needs what is advised over foreign files, and no more" {
  exact tar
}

@test "ip needs what is advised to make an interface, and no more" {
  exact ip-link
}

@test "unshare needs what is advised to be root of a user namespace, though nothing asks for it" {
  exact unshare-user
}

@test "a web server of Python on port 80, as nobody, needs what is advised, and no more" {
  exact web-python
}
