# SPDX-License-Identifier: BSD-2-Clause
"""The results as tables: for a terminal, and as the page docs/performance.md."""

PAGE = """# What capsieve costs

The last run of `make bench`, on {date}, of capsieve {capsieve}; `make bench-update` writes this page. The machine: {cpus}
CPUs, {cpu}, {memory_mib} MiB, Linux {kernel}, {architecture}; {load} tasks wanted to run when it began. The
virtual machines have one emulated CPU, on which an instruction takes a nanosecond: what is nanoseconds elsewhere counts
instructions there, repeats to a few, and says nothing of caches.

Every round of a tool stands between two rounds without any. The figures are the median of the differences, with the
quartiles behind it: what else the machine does meets all alike.

* **check** is `sethostname` with a wrong argument, which asks for CAP_SYS_ADMIN once and does nothing else. The calls
  come in bursts of some hundred, so that what listens can keep up.
* **overcommit** is `mmap` and `munmap` of a page, which makes one check of the kind that capsieve hides. Up to Linux 6.12
  Debian's kernels make it where no probe hears it.
* **other syscall** is `getppid`, which makes none.
* **floor** is the least that a BPF program can do on the same probe: nothing, count, or send 16 bytes through a ring buffer
  and wake nobody.
* **stream all** shows overcommit checks too, also those that the threads of the workload make when they start.
* **not watched** listens with a filter that lets none of these checks pass.
* **missing** is what was not reported of so many checks, made as fast as one thread can; **admitted** what the tool says
  that it lost, of all that the machine asked at that time.

"""

# Written by hand, from the tests and from traces of single instructions: no run of `make bench` makes those.
NOTES = """
## How busy the machine was

The run of 2026-11-23 had both CPUs to itself, with 1.3 tasks that wanted to run; but the machine is a virtual one, and was slower than
at other times of the day: the call itself took 484 ns, and 255 two hours before. A run six minutes earlier had figures like
these, but none of peers and of the plain tracepoint's floor. At full blast every check is there as text and in a recording;
as JSON with `tp_btf` 11 % are missing (2 % in the earlier run), each admitted, and with `tp` none: of its 1,847 ns an event
388 are the user's, and the rest the kernel's, for fresh pages of the file in memory that it writes to. `speed.bats`,
which throws away what is written, loses none of a million.

On 2026-11-22, on a machine that was busy (load averages of 8 to 16), 18 % were missing as text, each of them admitted.

## Recordings

On 2026-11-22, on another machine (Intel Xeon, 2.5 GHz), which was busy: `TEST_ALL=1 bats tests/e2e/busy.bats`, which fails at 12 bytes, and below two
million a second into counts or one million as JSON. 1,000,000 checks of packages that are installed, shells that fork, a
database and a web server; CPU outside of the kernel.

| | |
|---|---|
| with memory overcommit, a check on disk | 2.03 bytes |
| what is shown of them, a check on disk | 1.61 bytes |
| read, a filter that lets none pass | 6.9 million a second |
| into counts | 3.4 million a second |
| as JSON | 1.9 million a second |

## Names, and who holds what

By hand, on 2026-11-22, on that machine, which was busy: the times are of `chrt -r 20`, which is first in line. The
containers are those of the tests, of real engines.

* **Whose cgroup is it?** 28 new cgroups of docker, podman, containerd, runc and of some that are only called so: 0.83 ms on
  average from the first look to the answer, 1.4 ms the longest; none took 5 ms. `trace -v` says it at its end, and
  `bats tests/e2e/workloads.bats` prints it, and fails where one takes 5 ms of a CPU.
* **Not on the way of events**: while 200 cgroups were made, each with a program that made one check, `strace -ff` saw 5,224
  calls on files and sockets by the thread that looks for names, and 21 by the one that takes the events: none of a
  cgroup, a process or an engine.
* **2,000 cgroups called like containers, made and removed in 50 s**: 1,436 KiB for all of them (at most 8 MiB and 8,192 are
  kept, what nobody needs for five minutes goes), each with its own id, none with a name, as `trace -v` and the last test
  of `workloads.bats` say.
* **Whose task is it?** A task that was seen before takes 10 instructions more where its cgroup is compared (stream, fexit,
  Linux 6.1: 619 and 609 without it), none when it is counted (314), 10 with kprobes (1,318 and 1,308): `make
  bench-attribution` counts both, and fails where it is more than ten.
* **`ps` of 5,073 processes**: 160 ms, 162 ms of a CPU with the kernel's; `bats -f 5,000 tests/e2e/ps.bats` prints it, and
  fails at 200.

## What cannot go

Counted on 2026-11-22 in a guest with Linux 6.1.0-56-amd64, by going through one check of `sethostname` an instruction at a
time; between two calls in a row it is the same to the instruction.

* **stream, fexit**: 619 more than the call itself. 177 are the trampoline's and those that guard it; 185 the kernel's for
  what has to be asked of it: 131 to take room in the ring and to give it back filled, 45 for the time. Of the 257 that are
  left 102 are the ranges that this kernel looks at before each of 17 reads of its own memory, six a read.
* **stream, kprobe**: 1,318 more. 796 are the pair's before it does anything, 187 what is asked of the kernel as above, 335
  those of two programs. So 1,100 cannot be reached: the floor that sends 16 bytes, and keeps nothing from the entry for the
  return, takes 1,014. Counting takes 1,016, and a process that is not watched 949.
* **not watched**: 234 with a filter by user, 184 of them the trampoline's and an empty program's; it reads the task's
  credentials and their user, and 12 of its 50 are such ranges.
* **the overcommit check, hidden**: up to 6.12 no probe hears it. On Linux 6.18 it takes 157 with `tp_btf` and 244 with
  `fexit`, 91 and 178 of them an empty program's, and no stack is unwound for it; the next check there, which is sent, takes
  537 and 669. While sites are counted it takes 280 and 367.

## Counting by call site

As `profile` counts, without outcomes, once the distances on the stack are learned; 400 instructions and 45 ns are the goal.
`make bench-gate` counts these, and fails where one on Linux 6.18 is above 400.

|  | fexit, Linux 6.1 | kprobe, Linux 6.1 | fexit, Linux 6.18 | tp_btf, Linux 6.18 |
|---|---|---|---|---|
| floor, empty | 184 | 810 | 178 | 91 |
| count | 309 | 1,006 | - | - |
| allowed by rule | 330 | 1,091 | 305 | 290 |
| count by site, read | 539 | - | 382 | 277 |
| count by site, unwound | 9,381 | 6,934 | - | - |

* **Since 6.17** a stack can be read as memory without a type: a load of eight instructions an address, at any distance; a
  `sethostname` has five that are compared. From 6.2 on the same is done by way of a type, which costs a few more. `fexit` begins
  with 87 more than `tp_btf`, for its trampoline. What is at hand is looked for in a program that does nothing else, and keeps
  nothing while it calls a helper: before, as the tables above have it, `fexit` took 475 and `tp_btf` 385.
* **6.1** has no such loads: all that lies between the first address and the last is one `bpf_probe_read_kernel`, which takes
  81 there for as little as 8 bytes, and each address is then found and compared in the copy. With the 309 of any count that is
  at hand that makes 390 before whose check it is and a first address are compared, so that the goal cannot be reached there.
* **With outcomes**, where the returns of single calls are listened to (fexit, Linux 6.1): a call that is listened to takes 216 more,
  whoever makes it (`chown`); a check in it whose calls all failed so far takes 5,170 in all (`setgroups`, where 697 are those
  of a count); a call that is not listened to takes none (`getppid` and `read`, of who is watched and who is not).
* **An exec**, whoever makes it, takes 84 more where `profile` hears what the bounding set forbids to execute (104 execs on Linux 6.1,
  by `kernel.bpf_stats_enabled`, whose own are in it, and without the trampoline; by the same, the hook of every run on good execs
  takes 504).
* **By the plain tracepoint**, which is taken where the typed one is refused, the goal is not reached: 3,468 on Linux 6.18, and
  the nanoseconds above, for its program has no task of which it may read without a helper, and no place at hand.
* **A stack that is unwound** takes 17 times as much as one that is read. `profile -v` says how many were.
* **Where few are unwound** of those that are alike (`profile --host`, `top`), a check takes 2,213 with `fexit` and 4,706 with kprobes
  on Linux 6.1, and not 9,406 and 6,952.
* **In time**, `tp_btf` on 2026-11-23 on a quiet machine (AMD EPYC, load 0.6), the medians of 13 rounds in each of two runs, the
  call itself 258 and 254 ns: an empty program 91 and 115 ns, one that counts 97 and 97; by site 128 and 117, counted 139 and
  133, allowed by rule 136 and 152, who is not watched 127 and 122, in the stream 275 and 281. Each return costs there
  (Safe RET), 15 ns for the cheapest helper: what is at hand asks one, for the task, and reads the number of the system call and
  the cgroup where they lie. Between these runs the program of that morning, which asked three: by site 152, allowed by rule 222.
* **The goals of 45 and 35 ns** were set where an empty program takes 15 to 25, so that 20 to 30 ns are left to count by site, and 10 to 20
  to all that is allowed. On this machine an empty one takes 64 to 115, beyond both goals. In the last run, above, a count by site took
  23 ns more than an empty program, any other count 30, an allowed check 45; who is not watched 16, and the stream 22 more than the
  floor that sends 16 bytes. It is instructions that are held.

## The daemon

`capsieve watch` on the machine of 2026-11-22 (Linux 6.18, `tp_btf`, two CPUs, fifteen tasks that wanted to run), with one rule that
allows everything, no output configured, history on: 3,000,000 checks of `sethostname` in 22 seconds, 136,000
a second, of which none was lost.

| | |
|---|---|
| CPU of collector and sender for them, user and system | 0.06 s: 20 ns a check, 0.27 % of a CPU |
| seen one by one | 3,307 of 3,040,746, everything else of the machine included |
| resident: collector, sender, what starts the sender | 22.0 + 3.3 + 1.7 MiB; 8.4 MiB of that was a ring of 4 MiB, twice: it is of 2 MiB since |

A crowd is harder on it: 7,500 programs one after the other, of 40 names, each of which asks 400 times as fast as it can and ends -
most before anything was decided about it -, for four rules that allow, alert once, alert on too many, and log. Of their
3,000,000 checks the history had 3,000,000; 14,199 checks of the whole machine were events, 3,314,724 were counted in the kernel, none
was lost; collector and sender took 2.1 s of CPU and had 24.7 + 3.8 MB resident at the end (six busy tasks beside it on two CPUs). Before
what is undecided was counted, such a crowd lost four of ten checks to a full ring. `tests/e2e/soak.bats` runs it again, and holds
the CPU for 100,000 allowed checks a second under 0.5 %: as the scheduler counts it for all threads of both processes, over three seconds
with the load less three seconds without, the median of seven times.

With 1,000 rules and 500 workloads it takes 73 us of CPU to decide about a new program in the median, and 130 us in all but the slowest
5 %: its first check and what of it the kernel may be silent about (`tests/unit/test_judge.c`, at load 20).
With as many rules, a program in each of 500 units, a file for alerts and metrics, collector and sender had 25.6, 27.2 and 27.7 MB resident
in three runs; `tests/e2e/watch.bats` holds 30 MB.

A sender with a webhook over TLS and metrics over HTTP has libcurl, OpenSSL, GnuTLS and libmicrohttpd loaded: 12.2 MiB, most of which are
pages of these libraries: with 1,000 rules and 500 workloads collector and sender then have 34.5 MB, above the 30 that are held without.
"""


def fmt(value, digits=0):
    if value is None:
        return "-"
    if isinstance(value, str):
        return value
    return f"{round(value, digits) or 0:,.{digits}f}"  # no -0


def spread(q):
    """Median, and the quartiles behind it where they differ."""
    if q["low"] == q["high"]:
        return fmt(q["median"])
    return f"{fmt(q['median'])} ({fmt(q['low'])} to {fmt(q['high'])})"


def share(part, whole):
    return f"{100 * part / whole:.2f} %" if whole else "-"


def named(row):
    if row["tool"] == "none":
        return ["the call itself", "-", "-"]
    return [row["tool"], row["mode"], row["probe"]]


def by_probe(rows):
    return sorted(rows, key=lambda r: (r["probe"] != "", r["tool"] == "peer", r["probe"]))


ACTS = {"check": "check", "overcommit": "overcommit", "hidden": "overcommit, hidden", "other": "other syscall"}


def cost_table(part):
    acts = [act for act in ACTS if act in part["cost"][0]]
    return (["", "mode", "probe"] + [ACTS[act] for act in acts],
            [named(r) + [spread(r[act]) for act in acts] for r in by_probe(part["cost"])])


def blast_table(part):
    rows = []
    for r in by_probe(part["blast"]):
        missing = max(0, r["checks"] - r["reported"])
        cpu, user = r["cpu_ns_per_event"], r["user_share"]
        rows.append(named(r) + [fmt(r["checks"]), fmt(r["reported"]), share(missing, r["checks"]),
                                fmt(r["admitted"]), fmt(r["ns_per_check"]),
                                fmt(cpu), fmt(cpu * user) if cpu and user is not None else "-"])
    return (["", "mode", "probe", "checks", "reported", "missing", "admitted", "ns a check", "its CPU, ns an event",
             "of it user's"], rows)


def memory_table(part):
    first = {(r["tool"], r["mode"], r["probe"]): r["ms"] for r in part.get("first_event", [])}
    rows = []
    for r in by_probe(part["blast"]):
        took = first.get((r["tool"], r["mode"], r["probe"]))
        rows.append(named(r) + [spread(took) if took else "-", fmt(r["resident_before_kib"]), fmt(r["resident_kib"]),
                                fmt(r["ring_bytes"] / 1024), fmt(r["map_bytes"] / 1024)])
    return (["", "mode", "probe", "first event, ms", "resident, KiB", "after all events", "ring, KiB", "other maps, KiB"],
            rows)


def growth_table(part):
    return (["kind", "tasks", "mode", "probe", "first check", "later check", "grown, KiB", "maps, KiB"],
            [[r["kind"], fmt(r["tasks"]), r["mode"], r["probe"], fmt(r["first"]), fmt(r["later"]), fmt(r["grown_kib"]),
              fmt(r["map_bytes"] / 1024)] for r in part["growth"]])


def crowd_table(part):
    return (["threads", "", "mode", "probe", "check", "checks", "missing", "admitted"],
            [[fmt(r["threads"])] + named(r) + [spread(r["extra"]), fmt(r["checks"]),
              share(max(0, r["checks"] - r["reported"]), r["checks"]), fmt(r["admitted"])] for r in part["crowds"]])


# What is measured: its heading, in the unit of the machine, and its table
TABLES = (
    ("cost", "What a call takes longer, {unit}", cost_table),
    ("blast", "At full blast: what is reported, and what it takes", blast_table),
    ("blast", "From start to first event, and memory", memory_table),
    ("growth", "Many tasks: what a check takes longer, {unit}", growth_table),
    ("crowds", "Many threads at full blast: what a check takes longer, {unit} of CPU", crowd_table),
)


def text_table(header, rows):
    widths = [max(len(str(row[i])) for row in [header] + rows) for i in range(len(header))]
    line = lambda row: "  ".join(str(cell).ljust(w) for cell, w in zip(row, widths)).rstrip()
    return "\n".join([line(header)] + [line(row) for row in rows])


def markdown_table(header, rows):
    line = lambda row: "| " + " | ".join(str(cell) for cell in row) + " |"
    return "\n".join([line(header), "|" + "---|" * len(header)] + [line(row) for row in rows])


def refusals(refused):
    """A line per tool, probe and reason; what the modes of a tool say alike is said once."""
    lines = {}
    for key, why in refused.items():
        tool, mode, probe = key.split("/")
        lines[f"- {mode if tool == 'peer' else tool}, {probe}: {why}"] = True
    return "\n".join(lines)


def one_machine(part, unit, heading, table):
    """The tables of one machine."""
    out = []
    for what, title, make in TABLES:
        if part.get(what):
            out += [heading(title.format(unit=unit)), table(*make(part))]
    if part.get("refused"):
        out += [heading("Not measured, with the reasons that they gave"), refusals(part["refused"])]
    return out


def guests(result):
    """(title, part) of each guest that ended well, and a sentence for others"""
    for part in result["guests"]:
        if "failed" in part:
            yield f"Linux {part['tag']}: {part['failed']}", None
        else:
            yield f"In a guest with Linux {part['machine']['kernel']}, where instructions are counted", part


def everything(result, heading, table):
    out = [heading("On this machine", 1)] + one_machine(result["host"], "ns", heading, table)
    for title, part in guests(result):
        out.append(heading(title, 1))
        if part:
            out += one_machine(part, "instructions", heading, table)
    return "\n\n".join(out)


def text(result):
    return everything(result, lambda title, level=2: title.upper() if level == 1 else title, text_table)


def page(result):
    known = {**result["host"]["machine"], "date": result["date"], "capsieve": result["capsieve"]}
    return PAGE.format(**known) + everything(
        result, lambda title, level=2: "#" * (level + 1) + " " + title, markdown_table) + "\n" + NOTES
