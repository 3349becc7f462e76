# SPDX-License-Identifier: BSD-2-Clause
"""Judges what acts.sh recorded: acts.py DIR PROBE... prints TAP; PROBE... are those to look at.

DIR/list is `trip --list`; for each probe there are DIR/PROBE.acts (what was done), DIR/PROBE.json (what was heard)
and DIR/PROBE.err (what capsieve said about itself); DIR/doctor.json is what `capsieve doctor --json` says. Where
E2E_SEEN is set, what each probe hears is written into that file for scripts/kernels-table.
"""
import json
import os
import sys
from pathlib import Path

# What the compiler may have inlined, and how capsieve names it where its own trial heard nothing of it.
INLINABLE = {
    "overcommit": "memory overcommit (mmap, brk, fork, exec)",
    "capset": "capset",
    "securebits": "prctl(PR_SET_SECUREBITS)",
    "mmap-min-addr": "mmap below vm.mmap_min_addr",
}

# Capabilities that an act asks for, and that are missing all the same on one kernel or the other. Each that is not
# heard must stand here, whatever trip says about it.
ENOUGH = 36
MAY_MISS = {
    "linux_immutable": "asked for by the flags of inodes, which tmpfs lacked before 6.0",
    "mac_override": "asked for only by AppArmor since 6.7, with a sysctl of Ubuntu's habits, and by Smack",
    "mac_admin": "asked for only by AppArmor, SELinux and Smack where they are active",
    "sys_resource": "not held in many containers, so it cannot be granted there",
    "sys_module": "a kernel without modules has nothing to ask for it, and one without autoload neither",
    "block_suspend": "a kernel without suspend does not ask",
    "sys_rawio": "iopl can be left out of the kernel, and the check of mmap_min_addr can be inlined",
    "audit_write": "needs audit in the kernel",
    "audit_control": "needs audit in the kernel",
    "audit_read": "needs audit in the kernel",
}


class Tap:
    def __init__(self):
        self.count = 0

    def result(self, name, wrong="", skip=""):
        self.count += 1
        state = "not ok" if wrong else "ok"
        print(f"{state} {self.count} - {name}" + (f" # skip {skip}" if skip else ""))
        for line in wrong.splitlines():
            print(f"# {line}")

    def end(self):
        print(f"1..{self.count}")


def table(path):
    for line in path.read_text().splitlines():
        yield line.split("\t")


def read_acts(path):
    """{name: (capability number, capability, syscall)}"""
    return {row[0]: (int(row[1]), row[2], row[3]) for row in table(path)}


def read_checks(path):
    """{pid: [check]}"""
    by_pid = {}
    for line in path.open():
        event = json.loads(line)
        if event["type"] == "check":
            by_pid.setdefault(event["pid"], []).append(event)
    return by_pid


def read_unheard(path):
    mark = "unheard on this kernel: "
    return {line.partition(mark)[2] for line in path.read_text().splitlines() if mark in line}


def sketch(event):
    words = ("comm", "pid", "tid", "uid", "euid", "cap", "verdict", "syscall", "via", "cred")
    return " ".join(f"{word}={event.get(word)}" for word in words)


def differences(event, expected):
    return ", ".join(f"{k} is {event.get(k)!r} and not {v!r}" for k, v in expected.items() if event.get(k) != v)


def judge(expected, asked, checks):
    """What is wrong with the checks of one act's process; empty: nothing."""
    nr, name, syscall = asked
    mine = [c for c in checks if c["cap_nr"] == nr and c.get("syscall") == syscall and c["tid"] == expected["tid"]]
    if not mine:
        heard = "\n".join("heard " + sketch(c) for c in checks) or "heard nothing of this process"
        return f"no check of {name} in {syscall} by thread {expected['tid']}\n{heard}"
    return "\n".join(filter(None, (differences(c, expected) for c in mine)))


def expectation(said, verdict, probe):
    return {
        "cap": "CAP_" + said["cap"].upper(), "verdict": verdict, "probe": probe,
        "pid": said["pid"], "tid": said["tid"], "comm": said["comm"], "uid": said["uid"], "euid": said["euid"],
    }


def judge_doctor(tap, work, probes):
    """What doctor says of the inlinable sites is what trace says with the same probe, and so what the acts show."""
    items = json.loads((work / "doctor.json").read_text())["items"]
    chosen = next(i["value"] for i in items if i["item"] == "chosen")
    if chosen not in probes:
        return
    says = {i["item"]: i["state"] for i in items if i["section"] == "heard at a trial"}
    unheard = read_unheard(work / f"{chosen}.err")
    for act, words in INLINABLE.items():
        expected = "no" if words in unheard else "yes"
        tap.result(f"doctor on {act}: {'un' if expected == 'no' else ''}heard",
                   wrong="" if says.get(words) == expected else f"doctor says {says.get(words)}, trace says {expected}")


def judge_act(tap, name, act, wrong, unheard):
    """A result; True where the check was heard as it is to be."""
    if INLINABLE.get(act) not in unheard:
        tap.result(name, wrong=wrong)
        return not wrong
    tap.result(f"{name}: unheard, as capsieve says",
               wrong="" if wrong else "capsieve says that it is unheard here, and yet it was heard")
    return False


def judge_probe(tap, work, probe, acts):
    """A result for each act and verdict; then one for the number of capabilities. What was heard, as a row."""
    checks = read_checks(work / f"{probe}.json")
    unheard = read_unheard(work / f"{probe}.err")
    heard, missed = set(), {}
    for act, denied, status, said in table(work / f"{probe}.acts"):
        verdict = denied or "allowed"
        name = f"{probe}: {act} {verdict}"
        cap = acts[act][1]
        if status == "77":
            tap.result(name, skip=said)
            missed.setdefault(cap, said)
        elif status != "0":
            tap.result(name, wrong=f"trip ended with {status}: {said}")
        else:
            said = json.loads(said)
            wrong = judge(expectation(said, verdict, probe), acts[act], checks.get(said["pid"], []))
            if judge_act(tap, name, act, wrong, unheard):
                heard.add((cap, verdict))
    return {
        "caps": judge_number(tap, probe, acts, heard, missed),
        "of": len({cap for _, cap, _ in acts.values()}),
        "sites": {act: "unheard" if words in unheard else "heard" for act, words in INLINABLE.items()},
    }


def judge_number(tap, probe, acts, heard, missed):
    """How many capabilities were heard granted and denied."""
    caps = {cap for _, cap, _ in acts.values()}
    both = {cap for cap in caps if {(cap, "allowed"), (cap, "denied")} <= heard}
    wrong = [] if len(both) >= ENOUGH else [f"at least {ENOUGH} are expected"]
    for cap in sorted(caps - both):
        if cap not in MAY_MISS:
            wrong.append(f"{cap} was not heard both ways, and no reason is known for that")
    tap.result(f"{probe}: {len(both)} of {len(caps)} capabilities heard granted and denied", wrong="\n".join(wrong))
    for cap in sorted(caps - both):
        print(f"# not heard both ways: {cap}: {missed.get(cap, 'unheard')} ({MAY_MISS.get(cap, '?')})")
    return len(both)


def main(work, probes):
    tap = Tap()
    acts = read_acts(work / "list")
    tap.result("the acts ask for all 41 capabilities",
               wrong="" if {nr for nr, _, _ in acts.values()} == set(range(41)) else "some are missing")
    judge_doctor(tap, work, probes)
    seen = {probe: judge_probe(tap, work, probe, acts) for probe in probes}
    tap.end()
    if os.environ.get("E2E_SEEN"):
        Path(os.environ["E2E_SEEN"]).write_text(json.dumps(seen) + "\n")


main(Path(sys.argv[1]), sys.argv[2:])
