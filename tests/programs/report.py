# SPDX-License-Identifier: BSD-2-Clause
"""docs/accuracy.md from what trial.py wrote: report.py FOLDER, to standard output. Exit status 3 where it is not exact."""
import datetime
import glob
import json
import os
import subprocess
import sys

TOO_MANY = 3  # of all programs together, before verification

HEAD = """# How exact the advice is

Made on {day} by `make accuracy`: Linux {kernel}, {count} programs of {system}.
Each is started as its file in tests/programs says, does its job under `capsieve profile`, and is then started by *setpriv*
with the line that `capsieve profile show --format setpriv` prints: a judge says whether the job was really done, not the exit
status. Then one capability after the other is taken away, and whatever the judge does not miss is gone. What a run did not do
is not in it: these are the needs of these jobs.

* **naive**: everything that was asked for and granted, which is what a list of checks comes to.
* **estimated**: what `capsieve profile` advises after that one run.
* **verified**: what `capsieve profile --verify --minimise` comes to, with the same judge. It, too, is held against what
  *setpriv* shows: nothing in it can go, and nothing is missing.
* **sufficient**: does the job get done with what is estimated? A capability that had to be added is *missing*.
* **minimal**: does it fail without any one of them? A capability that could go is *too many*, unless the profile says by
  itself that most runs do without: *conditional*, where it says on what that depends, and *kept* (AUDIT_WRITE).
"""


def results(folder):
    files = sorted(glob.glob(os.path.join(folder, "*.json")))
    for path in files:
        with open(path) as file:
            yield json.load(file)


def words(caps):
    return " ".join(caps) or "-"


def told(result):
    """What could go and was said to be so by the profile, and what could go and was not."""
    soft = {cap: part for cap, part in result["spare"].items() if part in ("conditional", "kept")}
    return soft, [cap for cap in result["spare"] if cap not in soft]


def minimal(result):
    soft, hard = told(result)
    said = [f"{cap} is {part}" for cap, part in soft.items()] + [f"**{cap} is too many**" for cap in hard]
    return "; ".join(said) or "yes"


def sufficient(result):
    return "yes" if not result["missing"] else f"**{words(result['missing'])} missing**"


def verified(result):
    said = [f"**{cap} missing**" for cap in result["verified_missing"]] + [f"**{cap} too many**" for cap in result["verified_spare"]]
    return "; ".join([words(result["verified"]), *said])


def table(rows):
    yield "| program | does | naive | estimated | verified | sufficient | minimal |"
    yield "|---|---|---|---|---|---|---|"
    for r in rows:
        name = r["name"] + (f" ({r['user']})" if r["user"] else "")
        yield (f"| {name} | {r['about']} | {words(r['naive'])} | {words(r['estimated'])} | {verified(r)} | "
               f"{sufficient(r)} | {minimal(r)} |")


def unseen(rows):
    yield "| program | does | estimated | missing | verified | why |"
    yield "|---|---|---|---|---|---|"
    for r in rows:
        yield f"| {r['name']} | {r['about']} | {words(r['estimated'])} | {words(r['missing'])} | {verified(r)} | {r['unseen']} |"


def nothing(rows):
    yield "| program | does | naive | estimated |"
    yield "|---|---|---|---|"
    for r in rows:
        name = r["name"] + (f" ({r['user']})" if r["user"] else "")
        yield f"| {name} | {r['about']} | {words(r['naive'])} | {words(r['estimated']) if r['estimated'] else 'nothing'} |"


class Sums:
    """Over all programs: how many capabilities each way gives away, and how many it lacks."""

    def __init__(self, rows):
        self.naive = sum(len(set(r["naive"]) - set(r["needed"])) for r in rows)
        self.naive_lacks = sum(len(set(r["needed"]) - set(r["naive"])) for r in rows)
        self.missing = sum(len(r["missing"]) for r in rows)
        self.many = sum(len(told(r)[1]) for r in rows)
        self.soft = sum(len(told(r)[0]) for r in rows)
        self.exact = sum(not r["missing"] and not r["spare"] for r in rows)
        self.naive_exact = sum(set(r["naive"]) == set(r["needed"]) for r in rows)
        self.needed = sum(len(r["needed"]) for r in rows)
        self.verified_missing = sum(len(r["verified_missing"]) for r in rows)
        self.verified_many = sum(len(r["verified_spare"]) for r in rows)
        self.verified_exact = sum(not r["verified_missing"] and not r["verified_spare"] for r in rows)

    def lines(self, count):
        yield "| | programs exact | missing | too many | conditional or kept |"
        yield "|---|---|---|---|---|"
        yield f"| naive | {self.naive_exact} of {count} | {self.naive_lacks} | {self.naive} | |"
        yield f"| estimated | {self.exact} of {count} | {self.missing} | {self.many} | {self.soft} |"
        yield f"| verified | {self.verified_exact} of {count} | {self.verified_missing} | {self.verified_many} | 0 |"
        yield ""
        yield f"Together they need {self.needed} capabilities, each shown by taking it away."


def system():
    with open("/etc/os-release") as lines:
        said = dict(line.rstrip().split("=", 1) for line in lines if "=" in line)
    return said["PRETTY_NAME"].strip('"')


def main():
    every = list(results(sys.argv[1]))
    rows, hidden = [r for r in every if not r["unseen"]], [r for r in every if r["unseen"]]
    need, none = [r for r in rows if not r["nothing"]], [r for r in rows if r["nothing"]]
    sums = Sums(rows)
    release = os.uname().release.split("-")[0]
    print(HEAD.format(day=datetime.date.today(), kernel=release, count=len(rows), system=system()))
    print(*sums.lines(len(rows)), sep="\n")
    print("\n## Programs that need something\n")
    print(*table(need), sep="\n")
    print("\n## Programs that need nothing\n")
    print(*nothing(none), sep="\n")
    print("\n## What no check shows, and only a verify run finds: not counted above\n")
    print(*unseen(hidden), sep="\n")
    wrong = [r["name"] for r in none if r["estimated"]]
    proved = not any(r["verified_missing"] or r["verified_spare"] for r in every)
    return 3 if sums.missing or sums.many > TOO_MANY or wrong or not proved else 0


if __name__ == "__main__":
    sys.exit(main())
