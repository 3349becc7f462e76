#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""mixed.py N: N times a check of CAP_SYS_ADMIN that is somebody's wish (sethostname, refused for its argument), each
with some of memory overcommit around it (mmap, and now and then a fork)."""
import ctypes
import mmap
import os
import sys
import time

libc = ctypes.CDLL(None)
for n in range(int(sys.argv[1])):
    libc.sethostname(ctypes.c_void_p(1), -1)
    mmap.mmap(-1, 16384, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS).close()
    if n % 50 == 0:
        pid = os.fork()
        if pid == 0:
            os._exit(0)
        os.waitpid(pid, 0)
    if n % 200 == 0:
        time.sleep(0.001)
