#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""walk.py FILE: does a walk-through run as written?

Every ```console block of a Markdown file holds commands behind "$ " (and "> " where they go on), and below each
what it prints, standard error too. They are run in turn by one shell each, and have to print exactly that.
"""
import difflib
import re
import subprocess
import sys


def blocks(text):
    return re.findall(r"^```console\n(.*?)^```$", text, re.M | re.S)


def steps(block):
    """[[command, output], ...]"""
    found = []
    for line in block.splitlines(keepends=True):
        if line.startswith("$ "):
            found.append([line[2:], ""])
        elif line.startswith(">") and not found[-1][1]:
            found[-1][0] += line[1:].removeprefix(" ")
        else:
            found[-1][1] += line
    return found


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        walk = [step for block in blocks(f.read()) for step in steps(block)]
    wrong = 0
    for command, want in walk:
        done = subprocess.run(["bash", "-c", command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=60, check=False)
        if done.stdout != want:
            wrong += 1
            print("$ " + command, end="")
            sys.stdout.writelines(difflib.unified_diff(want.splitlines(True), done.stdout.splitlines(True),
                                                       "as written", "as it is"))
    print(f"{len(walk)} commands, {wrong} do not print what is written")
    return 1 if wrong or not walk else 0


sys.exit(main())
