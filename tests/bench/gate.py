# SPDX-License-Identifier: BSD-2-Clause
"""Did a check become dearer? Instructions as they are now, beside the committed ones."""

GROWTH = 1.05  # of what was committed
SLACK = 3      # instructions: what repeats to a few may differ by a few
MOST = {       # by guest, tool and act, whatever was committed
    "6.1": {
        "capsieve/count/fexit": {"check": 330},
        "capsieve/allowed by rule/fexit": {"check": 330},
        "capsieve/stream/fexit": {"check": 650},
        "capsieve/not watched/fexit": {"check": 235, "other": 0},
        "capsieve/count/kprobe": {"check": 1100},
        "capsieve/allowed by rule/kprobe": {"check": 1100},
        "capsieve/not watched/kprobe": {"check": 1100, "other": 0},
    },
    # Where sites are read by plain loads: one read of eight bytes takes 81 on Linux 6.1, and nothing else reads there. And what
    # Linux 6.1 has nobody hear: memory overcommit.
    "6.18": {
        "capsieve/count by site, read/fexit": {"check": 400},
        "capsieve/count by site, read/tp_btf": {"check": 400},
        "capsieve/allowed by rule/fexit": {"check": 330},
        "capsieve/allowed by rule/tp_btf": {"check": 330},
        "capsieve/stream/fexit": {"hidden": 330},
        "capsieve/stream/tp_btf": {"hidden": 330},
    },
}
ACTS = {"check": "check", "hidden": "overcommit, hidden", "other": "other"}


def counts(rows):
    """{"capsieve/stream/fexit": {"check": 612, "other": 0}, ...} from the rows of measure.cost"""
    return {"/".join((r["tool"], r["mode"], r["probe"])): {act: round(r[act]["median"]) for act in ACTS if act in r}
            for r in rows if r["tool"] != "none"}


def shift(committed, now, key, act):
    """What the floor of the same probe became dearer: that is the kernel, and not capsieve."""
    floor = "floor/empty/" + key.rsplit("/", 1)[1]
    return now.get(floor, {}).get(act, 0) - committed.get(floor, {}).get(act, 0)


def judge(committed, now, key, act):
    """(ok or not, words)"""
    name = f"{key.replace('/', ' ')}, {ACTS[act]}"
    if act not in committed.get(key, {}):
        return True, f"{name}: {now[key][act]} instructions # skip no figure is committed: make bench-update"
    if act not in now.get(key, {}):
        return False, f"{name}: not measured, and {committed[key][act]} are committed"
    expected = committed[key][act] + shift(committed, now, key, act)
    words = f"{name}: {now[key][act]} instructions, {expected} expected"
    return now[key][act] <= expected * GROWTH + SLACK, words


def compare(committed, now):
    """Of one guest, as far as it was measured: [(ok or not, words)]"""
    modes = now.get("modes")
    was = {key: acts for key, acts in committed["insns"].items() if not modes or key.split("/")[1] in modes}
    is_now = now["insns"]
    keys = [k for k in dict.fromkeys([*was, *is_now]) if not k.startswith("floor/")]
    return [judge(was, is_now, key, act) for key in keys for act in ACTS
            if act in was.get(key, {}) or act in is_now.get(key, {})]


def bounded(tag, now):
    """What it may cost at most: [(ok or not, words)]"""
    insns, found = now["insns"], []
    for key, limits in MOST.get(tag, {}).items():
        for act, most in limits.items():
            if act in insns.get(key, {}):
                found.append((insns[key][act] <= most, f"{key.replace('/', ' ')}, {ACTS[act]}: {insns[key][act]} instructions, "
                                                       f"{most} at most"))
    return found


def tap(committed, now):
    """(lines of TAP, how many failed); both: what count_for_gate gives. A guest that is not there is skipped."""
    lines, found = [], []
    for tag, guest in now.items():
        if "failed" in guest:
            found.append((guest["skip"], f"Linux {tag}" + (" # skip " if guest["skip"] else ": ") + guest["failed"]))
            continue
        before = committed.get(tag, {"kernel": guest["kernel"], "insns": {}})
        if before["kernel"] != guest["kernel"]:
            lines.append(f"# the committed figures are of Linux {before['kernel']}, these of {guest['kernel']}")
        found += [(good, f"Linux {tag}: {words}") for good, words in compare(before, guest) + bounded(tag, guest)]
    lines += [f"{'ok' if good else 'not ok'} {n} - {words}" for n, (good, words) in enumerate(found, 1)]
    return lines + [f"1..{len(found)}"], sum(not good for good, _ in found)
