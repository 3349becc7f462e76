# SPDX-License-Identifier: BSD-2-Clause
"""Did a check become dearer? Instructions as they are now, beside the committed ones."""

GROWTH = 1.05  # of what was committed
SLACK = 3      # instructions: what repeats to a few may differ by a few


def counts(rows):
    """{"capsieve/stream/fexit": {"check": 612, "other": 0}, ...} from the rows of measure.cost"""
    return {"/".join((r["tool"], r["mode"], r["probe"])): {act: round(r[act]["median"]) for act in ("check", "other")}
            for r in rows if r["tool"] != "none"}


def shift(committed, now, key, act):
    """What the floor of the same probe became dearer: that is the kernel, and not capsieve."""
    floor = "floor/empty/" + key.rsplit("/", 1)[1]
    return now.get(floor, {}).get(act, 0) - committed.get(floor, {}).get(act, 0)


def judge(committed, now, key, act):
    """(ok or not, words)"""
    name = f"{key.replace('/', ' ')}, {act}"
    if key not in committed:
        return True, f"{name}: {now[key][act]} instructions # skip no figure is committed: make bench-update"
    if key not in now:
        return False, f"{name}: not measured, and {committed[key][act]} are committed"
    expected = committed[key][act] + shift(committed, now, key, act)
    words = f"{name}: {now[key][act]} instructions, {expected} expected"
    return now[key][act] <= expected * GROWTH + SLACK, words


def compare(committed, now):
    """(lines of TAP, how many failed)"""
    lines, failed = [], 0
    if committed["kernel"] != now["kernel"]:
        lines.append(f"# the committed figures are of Linux {committed['kernel']}, these of {now['kernel']}")
    keys = [k for k in dict.fromkeys([*committed["insns"], *now["insns"]]) if not k.startswith("floor/")]
    for n, (key, act) in enumerate([(key, act) for key in keys for act in ("check", "other")], 1):
        good, words = judge(committed["insns"], now["insns"], key, act)
        failed += not good
        lines.append(f"{'ok' if good else 'not ok'} {n} - {words}")
    return lines + [f"1..{2 * len(keys)}"], failed
