#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""How long a start takes, and where the kernel's part of it goes: start.py TIMES CALLS.SO SHORT CAPSIEVE...

Of several capsieves one start each in turn. All of it before everything else on the machine, where that is allowed: then
what others want of the CPUs changes little."""

import collections
import os
import statistics
import subprocess
import sys
import tempfile
import time

COMMANDS = {0: "map", 2: "update", 5: "program", 10: "test run", 17: "attach", 18: "types", 28: "link"}


def command(capsieve, short):
    return [capsieve, "trace", "--json", "-C", "sys_chroot", "--", short, "-q"]


def start(capsieve, short):
    """Milliseconds until the first check is seen, and of the main thread's CPU until then."""
    begin = time.monotonic()
    run = subprocess.Popen(command(capsieve, short), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    took = None
    for line in run.stdout:
        if took is None and b'"type":"check"' in line:
            took = (time.monotonic() - begin) * 1000
            with open(f"/proc/{run.pid}/schedstat", encoding="ascii") as stat:
                cpu = int(stat.read().split()[0]) / 1e6
    run.wait()
    return took, cpu


def calls(capsieve, short, library):
    """What each bpf() took, by what it did and made: microseconds, instructions, instructions verified."""
    found = collections.OrderedDict()
    with tempfile.NamedTemporaryFile("r") as file:
        subprocess.run(command(capsieve, short), env={**os.environ, "LD_PRELOAD": library, "CALLS": file.name},
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        for line in file:
            took, what, name, insns, verified = line.split()
            key = (COMMANDS.get(int(what), "other"), name if int(insns) > 10 or name == "ring" else "all others")
            before = found.get(key, (0, 0, 0))
            found[key] = (before[0] + float(took), int(insns), int(verified))
    return found


def main():
    times, library, short, capsieves = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4:]
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    except OSError:
        print("# not before all others: times say little on a busy machine")
    starts = {c: [] for c in capsieves}
    for _ in range(times):
        for capsieve in capsieves:
            starts[capsieve].append(start(capsieve, short))
    print("| | starts | first event, ms: least | median | CPU of the main thread, ms: least | median |")
    print("|---|---|---|---|---|---|")
    for capsieve in capsieves:
        took, cpu = zip(*starts[capsieve])
        print(f"| {capsieve} | {times} | {min(took):.1f} | {statistics.median(took):.1f} | {min(cpu):.1f} | "
              f"{statistics.median(cpu):.1f} |")
    for capsieve in capsieves:
        rounds = [calls(capsieve, short, library) for _ in range(times)]
        print(f"\n{capsieve}: what its calls of bpf() take, the least of {times} starts\n")
        print("| | | us of CPU | instructions | verified |\n|---|---|---|---|---|")
        for key in rounds[0]:
            seen = [r[key] for r in rounds if key in r]
            insns = f"{seen[0][1]:,} | {seen[0][2]:,}" if seen[0][1] > 10 else "- | -"
            print(f"| {key[0]} | {key[1]} | {min(s[0] for s in seen):,.0f} | {insns} |")


main()
