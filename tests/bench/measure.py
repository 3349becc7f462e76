# SPDX-License-Identifier: BSD-2-Clause
"""The measurements. Each gives a list of rows, dicts that go into the JSON as they are.

Nanoseconds here are what the clock of the worker's thread says. In a guest in which an instruction takes a
nanosecond they are instructions, and repeat to a few.
"""
import os
import pty
import select
import signal
import statistics
import subprocess
import sys
import time

from tools import BLAST, NOT_WATCHED, RECORDING, TICK, Refused, Running
from workload import Tick, Work

ACTS = {"check": "sethostname", "overcommit": "mmap", "hidden": "reserve", "other": "getppid"}

SETTLE_ROUNDS = 10


def quartiles(values):
    values = sorted(values)
    at = lambda share: values[min(len(values) - 1, int(len(values) * share))]
    return {"median": round(statistics.median(values), 1), "low": round(at(0.25), 1), "high": round(at(0.75), 1)}


def say(text):
    print(text, file=sys.stderr, flush=True)


class Bench:
    """What all measurements share: where the programs are, and which tools cannot run here and why."""

    def __init__(self, build, scale):
        self.build, self.scale, self.refused = build, scale, {}
        self.tick = Tick(build, TICK)
        self.cpu = os.cpu_count() - 1

    def start(self, tool):
        return Running(tool, self.tick, self.scale["limit"])

    def usable(self, tools):
        """Without those that do not start; why not stays in `refused`. One start speaks for all modes on a probe."""
        kept, answers = [], {}
        for tool in tools:
            group = tool.key if tool.kind == "peer" else (tool.kind, tool.probe)
            if group not in answers:
                answers[group] = self.refusal(tool)
            if answers[group]:
                self.refused[tool.key] = answers[group]
            else:
                kept.append(tool)
        return kept

    def refusal(self, tool):
        say(f"bench: does it start? {tool.key}")
        try:
            with self.start(tool):
                return None
        except Refused as e:
            return str(e)

    def rows(self, what, tools, measure):
        """One row a tool, in a fresh start each; a failure is a refusal with its reason."""
        rows = []
        for tool in tools:
            say(f"bench: {what}: {tool.key}")
            try:
                rows.append({"tool": tool.kind, "mode": tool.mode, "probe": tool.probe, **measure(tool)})
            except Refused as e:
                self.refused[tool.key] = str(e)
        return rows


def one_check_each(bench, probe):
    """How many checks a call of each act makes, as a counting program hears them: must be 1, 1, 0."""
    calls, found = 20000, {}
    for name in bench.scale["acts"]:
        floor = [f"{bench.build}/bench/floor", probe, "count"]
        process = subprocess.Popen(floor, stderr=subprocess.PIPE, text=True)
        if process.stderr.readline() != "ready\n":
            return {}
        with Work(bench.build, bench.cpu) as work:
            work.ask("chunks", ACTS[name], calls - 1, 4, 1)
        process.send_signal(signal.SIGTERM)
        seen = int(process.communicate()[1].split("seen=")[1].split()[0])
        found[name] = round(seen / (calls * 4), 2)
    return found


def chunk_costs(bench, work):
    """ns a call of each act, now"""
    calls, chunks = bench.scale["calls"], bench.scale["chunks"]
    pause = {"check": bench.scale["pause_us"]}
    return {name: statistics.median(work.ask("chunks", act, calls, chunks, pause.get(name, 1))) / calls
            for name, act in ACTS.items() if name in bench.scale["acts"]}


def settle(bench, work):
    """Until a round is no cheaper than the one before: call sites are learned from the first checks."""
    before = chunk_costs(bench, work)["check"]
    for n in range(SETTLE_ROUNDS):
        now = chunk_costs(bench, work)["check"]
        if n >= 2 and now > before * 0.99:
            return
        before = now


def cost(bench, tools):
    """What each call takes longer while a tool listens. Every round of a tool stands between two untraced ones."""
    acts = bench.scale["acts"]
    extra = {tool.key: {name: [] for name in acts} for tool in tools}
    plain = {name: [] for name in acts}
    with Work(bench.build, bench.cpu) as work:
        chunk_costs(bench, work)
        before = chunk_costs(bench, work)
        begin = time.monotonic()
        for n in range(bench.scale["rounds"]):
            if n >= 5 and time.monotonic() - begin > bench.scale["seconds"]:
                break
            say(f"bench: cost a call: round {n + 1} of {bench.scale['rounds']}, {len(tools)} tools")
            for tool in tools:
                if tool.kind == "peer" and n >= bench.scale["peer_rounds"]:
                    continue
                if tool.key in bench.refused:
                    continue
                try:
                    with bench.start(tool):
                        if tool.settles:
                            settle(bench, work)
                        during = chunk_costs(bench, work)
                except Refused as e:
                    bench.refused[tool.key] = str(e)
                    continue
                after = chunk_costs(bench, work)
                for name in acts:
                    extra[tool.key][name].append(during[name] - (before[name] + after[name]) / 2)
                    plain[name].append(after[name])
                before = after
    rows = [{"tool": "none", "mode": "", "probe": "", **{name: quartiles(plain[name]) for name in acts}}]
    for tool in (tool for tool in tools if tool.key not in bench.refused):
        rows.append({"tool": tool.kind, "mode": tool.mode, "probe": tool.probe,
                     **{name: quartiles(extra[tool.key][name]) for name in acts}})
    return rows


def blast_one(bench, tool):
    """N checks as fast as they can be made; what is reported, admitted as lost, and what it takes."""
    n = bench.scale["blast"]
    with bench.start(tool) as running, Work(bench.build, bench.cpu) as work:
        work.ask("name", BLAST)
        running.drain(10)
        own_before, _ = running.resident()
        cpu = running.cpu()
        cost_ns, _ = work.ask("crowd", ACTS["check"], n, 1)
        running.drain()
        cpu = running.cpu() - cpu
        user = running.user_share()
        own, ring = running.resident()
        ring_bytes, map_bytes = running.maps()
        in_order = running.stop()
        reported = running.reported(BLAST, n)
        return {"checks": n, "reported": reported, "admitted": running.lost(), "ns_per_check": round(cost_ns / n, 1),
                "cpu_ns_per_event": round(cpu / reported) if reported else None,
                "user_share": round(user, 2) if user is not None else None,
                "resident_kib": own, "resident_before_kib": own_before, "ring_resident_kib": ring,
                "ring_bytes": ring_bytes, "map_bytes": map_bytes, "ended_in_order": in_order}


def blast(bench, tools):
    return bench.rows("full blast", [t for t in tools if t.streams and NOT_WATCHED not in t.mode],
                      lambda tool: blast_one(bench, tool))


def first_event_ms(bench, tool):
    """From the start of the tool to the first of a running row of checks that can be read on its terminal."""
    floor = tool.kind == "floor"
    argv = tool.argv + ["-p"] if floor else tool.argv
    needle = f" {bench.tick.work.pid} ".encode() if floor else TICK.encode()
    limit = bench.scale["limit"]
    master, slave = pty.openpty()
    begin = time.monotonic()
    process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=slave, stderr=subprocess.DEVNULL,
                               env=dict(os.environ, LC_ALL="C"),
                               preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    os.close(slave)
    seen, took = b"", None
    try:
        while took is None and time.monotonic() < begin + limit:
            if not select.select([master], [], [], 0.5)[0]:
                continue
            try:
                seen = seen[-64:] + os.read(master, 65536)
            except OSError:
                break
            if needle in seen:
                took = (time.monotonic() - begin) * 1000
    finally:
        process.kill()
        process.wait()
        os.close(master)
    if took is None:
        raise Refused("no event came")
    return took


def first_event(bench, tools):
    """In turns, so that what else the machine does meets all of them."""
    took = {}
    listed = [tool for tool in tools if tool.streams and RECORDING not in tool.argv and NOT_WATCHED not in tool.mode]
    for n in range(bench.scale["starts"]):
        say(f"bench: first event: start {n + 1} of {bench.scale['starts']}")
        for tool in listed:
            if tool.key in bench.refused or (tool.kind == "peer" and n >= bench.scale["peer_rounds"]):
                continue
            bench.tick.begin()
            try:
                took.setdefault(tool.key, []).append(first_event_ms(bench, tool))
            except Refused as e:
                bench.refused[tool.key] = str(e)
            finally:
                bench.tick.end()
    return [{"tool": t.kind, "mode": t.mode, "probe": t.probe, "ms": quartiles(took[t.key])}
            for t in listed if t.key in took]


def grow_one(bench, tool, kind, count):
    """One measurement of `count` tasks; tool None: untraced."""
    with Work(bench.build, bench.cpu) as work:
        if not tool:
            first, later, came = work.ask("tasks", kind, count, 16)
            return {"first": first, "later": later, "tasks": int(came)}
        with bench.start(tool) as running:
            running.drain(10)
            own_before, _ = running.resident()
            first, later, came = work.ask("tasks", kind, count, 16)
            running.drain(10)
            own, _ = running.resident()
            return {"first": first, "later": later, "tasks": int(came), "resident_kib": own,
                    "grown_kib": own - own_before, "map_bytes": running.maps()[1]}


def growth(bench, tools):
    """What the first check of a task costs, and a later one, as tasks become many; threads not quite as many."""
    rows = []
    for kind in ("process", "thread"):
        for count in bench.scale["tasks"] if kind == "process" else bench.scale["tasks"][:-1]:
            for tool in tools:
                say(f"bench: growth: {count} of {kind}: {tool.key}")
                plain = grow_one(bench, None, kind, count)
                with_tool = grow_one(bench, tool, kind, count)
                rows.append({"tool": tool.kind, "mode": tool.mode, "probe": tool.probe, "kind": kind, **with_tool,
                             "first": round(with_tool["first"] - plain["first"], 1),
                             "later": round(with_tool["later"] - plain["later"], 1)})
    return rows


def crowds(bench, tools):
    """Many threads at full blast on all CPUs: CPU time a check, and what became of them."""
    rows = []
    for threads in bench.scale["threads"]:
        for tool in tools:
            say(f"bench: {threads} threads: {tool.key}")
            n = bench.scale["blast"] // 4
            extra, lost, reported = [], 0, 0
            for _ in range(bench.scale["crowd_rounds"]):
                with Work(bench.build) as work:
                    plain, _ = work.ask("crowd", ACTS["check"], n // threads, threads)
                with bench.start(tool) as running, Work(bench.build) as work:
                    work.ask("name", BLAST)
                    cpu, _ = work.ask("crowd", ACTS["check"], n // threads, threads)
                    running.drain()
                    running.stop()
                    reported += running.reported(BLAST, n // threads * threads)
                    lost += running.lost()
                extra.append((cpu - plain) / (n // threads * threads))
            rows.append({"tool": tool.kind, "mode": tool.mode, "probe": tool.probe, "threads": threads,
                         "extra": quartiles(extra), "checks": n // threads * threads * bench.scale["crowd_rounds"],
                         "reported": reported, "admitted": lost})
    return rows
