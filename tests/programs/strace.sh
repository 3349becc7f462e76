# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
about="traces somebody else's process to its end"
program=(sh -c "exec strace -o trace -e trace=clock_nanosleep -p \$(cat pid)")

prepare() {
	foreign python3 -c 'import time
def traced(): return "TracerPid:\t0\n" not in open("/proc/self/status")
while not traced(): time.sleep(0.05)
for _ in range(10): time.sleep(0.05)'
}

judge() {
	grep -q clock_nanosleep trace
	grep -q 'exited with 0' trace
}
