# SPDX-License-Identifier: BSD-2-Clause
#
# faults.py FAULT.SO FOLDER MOST ONE,ALL COMMAND...: a command for which one of its requests is refused, of the kinds that the library
# has for only that and for all that follow; each of them up to MOST, and then ever rarer ones. It has to end by itself, with
# what it says without, or with a status other than 0 and a sentence. Prints how many were tried.
import os
import subprocess
import sys

LIBRARY, FOLDER, MOST, KINDS, COMMAND = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4].split(","), sys.argv[5:]


def run(fault):
    env = {**os.environ, "LD_PRELOAD": LIBRARY, "FAULT": fault, "FAULT_COUNT": os.path.join(FOLDER, "count")}
    return subprocess.run(COMMAND, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env,
                          timeout=60, check=False)


whole = run(f"{KINDS[0]}:0")
assert whole.returncode in (0, 3, 4), whole
with open(os.path.join(FOLDER, "count"), encoding="ascii") as f:
    COUNT = int(f.read())
tried = failed = 0
n = 1
while n <= COUNT:
    for kind in KINDS:
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
print(f"{COUNT} {KINDS[0]}, {tried} refusals tried, {failed} told")
