#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""lie.py CALL[:ARG[:ARG]] COMMAND...: runs it under a kernel that says yes to a system call, and does nothing.

By seccomp: the call returns 0 and is not made. ARG: only where its first, second, ... argument is this number.
"""
import ctypes
import os
import platform
import struct
import sys

NUMBERS = {
    "x86_64": {"capset": 126, "prctl": 157, "setgroups": 116, "setresuid": 117, "setuid": 105, "setgid": 106,
               "setresgid": 119, "fsetxattr": 190, "fremovexattr": 199},
    "aarch64": {"capset": 91, "prctl": 167, "setgroups": 159, "setresuid": 147, "setuid": 146, "setgid": 144,
                "setresgid": 149, "fsetxattr": 7, "fremovexattr": 16},
}
LOAD, EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, DONE = 0x7FFF0000, 0x00050000
PR_SET_SECCOMP, MODE_FILTER = 22, 2


def instruction(code, k, yes=0, no=0):
    return struct.pack("<HBBI", code, yes, no, k)


def program(number, args):
    tests = [(0, number)] + [(16 + 8 * n, arg) for n, arg in enumerate(args)]
    made = b""
    for n, (offset, value) in enumerate(tests):
        made += instruction(LOAD, offset) + instruction(EQUAL, value, 0, 2 * (len(tests) - n) - 1)
    return made + instruction(RETURN, DONE) + instruction(RETURN, ALLOW)


def main():
    call, *args = sys.argv[1].split(":")
    code = program(NUMBERS[platform.machine()][call], [int(arg) for arg in args])
    text = ctypes.create_string_buffer(code)
    rows = ctypes.create_string_buffer(struct.pack("@HP", len(code) // 8, ctypes.addressof(text)))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_SECCOMP, MODE_FILTER, rows, 0, 0):
        sys.exit(f"seccomp: {os.strerror(ctypes.get_errno())}")
    os.execvp(sys.argv[2], sys.argv[2:])


main()
