# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
about="traces somebody else's process"
program=(sh -c "exec strace -o trace -e trace=clock_nanosleep -p \$(cat pid)")

prepare() {
	foreign python3 -c 'while True: __import__("time").sleep(0.05)'
}

ready() {
	grep -q attached err
}

judge() {
	within 10 grep -q clock_nanosleep trace
}
