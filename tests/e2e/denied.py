#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""denied.py FOLDER ACT...: acts in which a capability is refused, one after the other, as run.bats wants them.

FOLDER/mine belongs to the caller; FOLDER/shut is a folder that only its owner, root, may enter, with a pipe and a
program in it; FOLDER/secret is a program that only root may execute.
"""
import os
import signal
import socket
import sys
import time

FOLDER = sys.argv[1]
PIPE = FOLDER + "/shut/pipe"


def fails(act, *words):
    try:
        act(*words)
    except OSError:
        return
    sys.exit(f"{act} {words} did not fail")


def in_child(act, *words):
    pid = os.fork()
    if not pid:
        act(*words)
        os._exit(0)
    return pid


def chown():
    fails(os.chown, "/etc/passwd", 0, 0)


def bind():
    fails(socket.socket().bind, ("", 80))


def look():
    fails(os.open, PIPE, os.O_RDONLY)


def write():
    """Writing takes the setuid bit away, and works."""
    fd = os.open(FOLDER + "/mine/program", os.O_WRONLY | os.O_CREAT, 0o755)
    os.fchmod(fd, 0o4755)
    os.write(fd, b"x")


def execute():
    fails(os.execv, FOLDER + "/secret", ["secret"])


def execute_good():
    os.waitpid(in_child(os.execv, FOLDER + "/shut/true", ["true"]), 0)


def short():
    for _ in range(200):
        os.waitpid(in_child(chown), 0)


def wake(pid):
    time.sleep(0.5)
    os.kill(pid, signal.SIGALRM)
    time.sleep(0.5)
    os.open(PIPE, os.O_WRONLY)


def restart():
    """A signal whose handler lets the call begin anew comes while the pipe is waited for."""
    signal.signal(signal.SIGALRM, lambda *_: None)
    signal.siginterrupt(signal.SIGALRM, False)
    pid = in_child(wake, os.getpid())
    os.close(os.open(PIPE, os.O_RDONLY))
    os.waitpid(pid, 0)


def killed():
    pid = in_child(os.open, PIPE, os.O_RDONLY)
    time.sleep(0.5)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def lie_down():
    null = os.open("/dev/null", os.O_RDWR)
    for fd in 0, 1, 2:
        os.dup2(null, fd)
    os.open(PIPE, os.O_RDONLY)


def asleep():
    """Still in the call when the run ends; its id is told."""
    print(in_child(lie_down))
    time.sleep(0.5)


for word in sys.argv[2:]:
    globals()[word]()
