# SPDX-License-Identifier: BSD-2-Clause
"""Judges what acts.sh recorded: acts.py DIR PROBE... prints TAP; PROBE... are those to look at.

DIR/list is `trip --list`; for each probe there are DIR/PROBE.acts (what was done), DIR/PROBE.json (what was heard)
and DIR/PROBE.err (what capsieve said about itself); DIR/doctor.json is what `capsieve doctor --json` says. Where
E2E_SEEN is set, what each probe hears is written into that file for scripts/kernels-table.
"""
import json
import os
import re
import socket
import sys
from pathlib import Path

# What the compiler may have inlined, and how capsieve names it where its own trial heard nothing of it.
INLINABLE = {
    "overcommit": "memory overcommit (mmap, brk, fork, exec)",
    "capset": "capset",
    "securebits": "prctl(PR_SET_SECUREBITS)",
    "mmap-min-addr": "mmap below vm.mmap_min_addr",
}

STATES = ("heard", "derived", "unheard")


def modules():
    """The security modules that are active."""
    path = Path("/sys/kernel/security/lsm")
    return path.read_text().split(",") if path.exists() else []


def release():
    return tuple(int(n) for n in re.findall(r"\d+", os.uname().release)[:2])


def is_held(nr):
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"^CapEff:\s*(\w+)", status, re.M).group(1), 16) >> nr & 1


def has_audit():
    try:
        socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 9).close()
    except OSError:
        return False
    return True


# The capabilities that cannot be heard both ways here, each with the reason: what this machine lacks that would ask for
# it. All others must be heard by every probe, and none of these may be.
NOT_HERE = {
    "linux_immutable": ("asked for by the flags of inodes, which tmpfs lacked before 6.0", lambda: release() < (6, 0)),
    "mac_override": ("asked for only by AppArmor since 6.7, with a sysctl of Ubuntu's habits, and by Smack",
                     lambda: "apparmor" not in modules() and "smack" not in modules()),
    "mac_admin": ("asked for only by AppArmor, SELinux and Smack where they are active",
                  lambda: not {"apparmor", "selinux", "smack"} & set(modules())),
    "sys_resource": ("not held here, so it cannot be granted", lambda: not is_held(24)),
    "block_suspend": ("a kernel without suspend does not ask", lambda: not Path("/sys/power/wakeup_count").exists()),
    "audit_write": ("needs audit in the kernel", lambda: not has_audit()),
    "audit_control": ("needs audit in the kernel", lambda: not has_audit()),
    "audit_read": ("needs audit in the kernel", lambda: not has_audit()),
}


# What a check of an act means, where that is not plainly "needed"; by act, or by act and verdict. The second of two is of
# kernels that ask in another way.
CLASSES = {
    "open-read": ["alternative"], "mlock": ["conditional"], "set-tid": ["alternative"], "perf": ["alternative"],
    "prog-load": ["alternative"], "btf-load": ["alternative"], "syslog": ["needed", "alternative"],
    "netdev-load": ["quality"], "setpriority": ["conditional", "needed"],
    "sndbuf": ["quality"], "wakeup": ["quality"], "noaudit": ["conditional"], "insetid": ["advisory"],
    "overcommit": ["advisory"], "capset": ["advisory"], "access-override": ["advisory"], "aa-change": ["quality"],
    "owner-ns allowed": ["advisory"],
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


def read_sites(path):
    """{act: "heard", "derived" or "unheard"}, as capsieve says with -v."""
    text = path.read_text()
    sites = dict.fromkeys(INLINABLE, "heard")
    for state, act in ((state, act) for state in STATES[1:] for act in INLINABLE):
        if f" {state} on this kernel: {INLINABLE[act]}" in text:
            sites[act] = state
    return sites


def sketch(event):
    words = ("comm", "pid", "tid", "uid", "euid", "cap", "verdict", "syscall", "via", "cred")
    return " ".join(f"{word}={event.get(word)}" for word in words)


def differences(event, expected):
    return ", ".join(f"{k} is {event.get(k)!r} and not {v!r}" for k, v in expected.items() if event.get(k) != v)


def judge_class(check, classes):
    """Is it known where it was asked, and what that means?"""
    if check.get("class") not in classes or not check.get("operation"):
        return f"class is {check.get('class')!r} and not {' or '.join(classes)}, at {check.get('stack')}"
    return ""


def judge(expected, asked, classes, checks):
    """What is wrong with the checks of one act's process; empty: nothing."""
    nr, name, syscall = asked
    mine = [c for c in checks if c["cap_nr"] == nr and c.get("syscall") == syscall and c["tid"] == expected["tid"]]
    if not mine:
        heard = "\n".join("heard " + sketch(c) for c in checks) or "heard nothing of this process"
        return f"no check of {name} in {syscall} by thread {expected['tid']}\n{heard}"
    return "\n".join(filter(None, [differences(c, expected) for c in mine] + [judge_class(c, classes) for c in mine]))


def expectation(said, verdict, probe, state):
    return {
        "derived": True if state == "derived" else None,
        "cap": "CAP_" + said["cap"].upper(), "verdict": verdict, "probe": probe,
        "pid": said["pid"], "tid": said["tid"], "comm": said["comm"], "uid": said["uid"], "euid": said["euid"],
    }


def doctor_state(item):
    if item["state"] != "yes":
        return "unheard"
    return "derived" if (item.get("value") or "").startswith("derived: ") else "heard"


def judge_doctor(tap, work, probes):
    """What doctor says of the inlinable sites is what trace says with the same probe, and so what the acts show."""
    items = json.loads((work / "doctor.json").read_text())["items"]
    chosen = next(i["value"] for i in items if i["item"] == "chosen")
    if chosen not in probes:
        return
    says = {i["item"]: doctor_state(i) for i in items if i["section"] == "heard at a trial"}
    for act, state in read_sites(work / f"{chosen}.err").items():
        said = says.get(INLINABLE[act])
        tap.result(f"doctor on {act}: {state}", wrong="" if said == state else f"doctor says {said}, trace says {state}")


def judge_act(tap, name, state, wrong):
    """A result; True where the check was heard as it is to be."""
    if state != "unheard":
        tap.result(name + (", derived" if state == "derived" else ""), wrong=wrong)
        return not wrong
    tap.result(f"{name}: unheard, as capsieve says",
               wrong="" if wrong else "capsieve says that it is unheard here, and yet it was heard")
    return False


def judge_probe(tap, work, probe, acts):
    """A result for each act and verdict; then one for the number of capabilities. What was heard, as a row."""
    checks = read_checks(work / f"{probe}.json")
    sites = read_sites(work / f"{probe}.err")
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
            state = sites.get(act, "heard")
            classes = CLASSES.get(f"{act} {verdict}") or CLASSES.get(act) or ["needed"]
            wrong = judge(expectation(said, verdict, probe, state), acts[act], classes, checks.get(said["pid"], []))
            if judge_act(tap, name, state, wrong):
                heard.add((cap, verdict))
    return {
        "caps": judge_number(tap, probe, acts, heard, missed),
        "of": len({cap for _, cap, _ in acts.values()}),
        "sites": sites,
    }


def judge_number(tap, probe, acts, heard, missed):
    """How many capabilities were heard granted and denied."""
    caps = {cap for _, cap, _ in acts.values()}
    both = {cap for cap in caps if {(cap, "allowed"), (cap, "denied")} <= heard}
    lacking = {cap for cap, (_, lacks) in NOT_HERE.items() if lacks()}
    wrong = [f"{cap} was not heard both ways: {missed.get(cap, 'unheard')}" for cap in sorted(caps - both - lacking)]
    wrong += [f"{cap} was heard both ways, and yet: {NOT_HERE[cap][0]}" for cap in sorted(both & lacking)]
    tap.result(f"{probe}: {len(both)} of {len(caps)} capabilities heard granted and denied", wrong="\n".join(wrong))
    for cap in sorted(lacking - both):
        print(f"# not heard both ways: {cap}: {missed.get(cap, 'unheard')} ({NOT_HERE[cap][0]})")
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
