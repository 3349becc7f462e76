# SPDX-License-Identifier: BSD-2-Clause
#
# faults.py FAULT.SO FOLDER MOST COMMAND...: a command for which no memory is found at one of its allocations, each of them up to
# MOST and then ever rarer ones, once only that and once all that follow. It has to end by itself, with what it says without, or
# with a status other than 0 and a sentence. Prints how many were tried.
import os
import subprocess
import sys

LIBRARY, FOLDER, MOST, COMMAND = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4:]


def run(fault):
    env = {**os.environ, "LD_PRELOAD": LIBRARY, "FAULT": fault, "FAULT_COUNT": os.path.join(FOLDER, "count")}
    return subprocess.run(COMMAND, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env,
                          timeout=60, check=False)


whole = run("memory:0")
assert whole.returncode in (0, 3, 4), whole
with open(os.path.join(FOLDER, "count"), encoding="ascii") as f:
    COUNT = int(f.read())
tried = failed = 0
n = 1
while n <= COUNT:
    for kind in ("memory", "once"):
        done = run(f"{kind}:{n}")
        tried += 1
        if done.returncode == whole.returncode and done.stdout == whole.stdout:
            continue
        failed += 1
        if done.returncode <= 0:
            sys.exit(f"{kind}:{n} of {COUNT}: status {done.returncode}, output {len(done.stdout)} of {len(whole.stdout)} bytes: "
                     f"{done.stderr[-300:]}")
        if not done.stderr.strip():
            sys.exit(f"{kind}:{n} of {COUNT}: status {done.returncode} and nothing said")
    n += 1 if n < MOST else max(1, n // 8)
print(f"{COUNT} allocations, {tried} refusals tried, {failed} told")
