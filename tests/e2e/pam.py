# SPDX-License-Identifier: BSD-2-Clause
#
# pam.py DIR USER: goes through the stack DIR/test as that user, and prints the sets that come of it.
import ctypes
import sys

ESTABLISH = 2
REFUSED = 19

pam = ctypes.CDLL("libpam.so.0")
Talk = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)


class Conversation(ctypes.Structure):
    _fields_ = [("talk", Talk), ("data", ctypes.c_void_p)]


handle = ctypes.c_void_p()
talk = Conversation(Talk(lambda *_: REFUSED), None)
for error in (
    pam.pam_start_confdir(b"test", sys.argv[2].encode(), ctypes.byref(talk), sys.argv[1].encode(), ctypes.byref(handle)),
    pam.pam_authenticate(handle, 0),
    pam.pam_setcred(handle, ESTABLISH),
):
    if error:
        sys.exit(f"pam: {error}")
with open("/proc/self/status", encoding="utf-8") as file:
    sys.stdout.writelines(line for line in file if line.startswith("Cap"))
