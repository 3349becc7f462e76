# SPDX-License-Identifier: BSD-2-Clause
"""What is measured: floors, capsieve in each mode, and other tools, each a process that is started and stopped."""
import glob
import mmap
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time

NOBODY = 41030  # a user that nobody is: a filter on it leaves everybody unwatched
TICK = "benchtick"
BLAST = "benchblast"
NOT_WATCHED = "not watched"
ALLOWED = "allowed by rule"
BY_SITE = "count by site"
SITES_READ, SITES_UNWOUND, SITES_FEW = BY_SITE + ", read", BY_SITE + ", unwound", BY_SITE + ", few unwound"
RECORDING = "{recording}"  # in the words of a command: a file beside its output


class Refused(Exception):
    """A tool that cannot run here; the reason is its own."""


class Tool:
    """A row of the tables. `ready` is what it says on standard error when it listens; a tool without such a word listens
    when its output shows the name of a thread that makes checks, and where it shows none, when it does nothing more."""

    def __init__(self, kind, mode, probe, argv, ready=None, per_check=1):
        self.kind, self.mode, self.probe, self.argv, self.ready = kind, mode, probe, argv, ready
        self.per_check = per_check  # events that it counts for one check
        self.settles = mode in (SITES_READ, SITES_FEW, ALLOWED)  # the first checks cost more than later ones

    @property
    def key(self):
        return f"{self.kind}/{self.mode}/{self.probe}"

    @property
    def streams(self):
        """Does it report each check?"""
        return self.mode not in ("empty", "count", NOT_WATCHED, ALLOWED) and not self.mode.startswith(BY_SITE)


def floors(build, probes):
    return [Tool("floor", action, probe, [f"{build}/bench/floor", probe, action], ready="ready")
            for probe in probes for action in ("empty", "count", "record")]


def capsieve_modes(program):
    """Mode: options. What this program does not have yet, or no more, is left out."""
    help_text = subprocess.run([program, "trace", "--help"], stdout=subprocess.PIPE, text=True, check=True).stdout
    modes = {
        "stream": [],
        "stream, JSON": ["--json"],
        "stream all": ["--all"],
        "count": ["--count"],
        "record": ["--record", RECORDING],
        NOT_WATCHED: ["-u", str(NOBODY)],
        ALLOWED: ["--hide-allowed", "--rules", os.path.dirname(os.path.abspath(__file__)) + "/allowed.yaml"],
    }
    return {mode: options for mode, options in modes.items()
            if all(re.search(rf"(^|\s){re.escape(o)}\b", help_text) for o in options if o.startswith("--"))}


def by_site(program, probe):
    """As `profile` counts. What a call returned is not asked for: that of one that always fails is asked each time.
    The stack that a kprobe sees is none from which a site could be read."""
    words = [program, "profile", "--host", "--no-outcomes", "--attach", probe, "-o", RECORDING]
    read = {} if probe == "kprobe" else {SITES_READ: words}
    return read | {SITES_UNWOUND: ["env", "CAPSIEVE_SITES=unwind", *words], SITES_FEW: ["env", "CAPSIEVE_SITES=few", *words]}


def capsieve(program, probes):
    modes = capsieve_modes(program)
    return [Tool("capsieve", mode, probe, words, ready="hearing capability checks")
            for probe in probes
            for mode, words in ({mode: [program, "trace", "--attach", probe, *options] for mode, options in modes.items()}
                                | by_site(program, probe)).items()]


# What capable.bt prints of a check, on the tracepoint: for kernels without kprobes.
BPFTRACE_LINE = ('tracepoint:capability:cap_capable { time("%H:%M:%S  "); '
                 'printf("%-6d %-6d %-16s %-4d %d\\n", uid, pid, comm, args->cap, args->ret); }')


def peers():
    """Tools of the distribution that show capability checks: scripts/setup bench installs them."""
    # bpftrace sends the time and the line as an event each.
    return [Tool("peer", mode, probe, argv, per_check=2 if "bpftrace" in mode else 1) for mode, probe, argv in (
        ("bpftrace capable.bt", "kprobe", ["bpftrace", "/usr/sbin/capable.bt"]),
        ("bpftrace -e", "tp", ["bpftrace", "-e", BPFTRACE_LINE]),
        ("bcc capable", "kprobe", ["capable-bpfcc", "-v"]),
        ("libbpf-tools capable", "kprobe", ["/usr/sbin/capable", "-v"]),
        ("libbpf-tools capable, " + NOT_WATCHED, "kprobe", ["/usr/sbin/capable", "-v", "-p", "1"]))]


def has_words(path, words, start=0):
    """Does the file have these bytes behind `start`?"""
    try:
        size = os.path.getsize(path)
        if size <= start:
            return False
        with open(path, "rb") as f, mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ) as m:
            return m.find(words.encode(), max(0, start - 64)) >= 0
    except FileNotFoundError:
        return False


def count_words(path, words):
    """How many lines of a file of gigabytes have them? No line has them twice."""
    count = 0
    if os.path.getsize(path) == 0:
        return 0
    with open(path, "rb") as f, mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ) as m:
        needle, at = words.encode(), 0
        while (at := m.find(needle, at)) >= 0:
            count, at = count + 1, at + len(needle)
    return count


# How each kind admits what it lost: every match counts, or only the last where it is a sum already.
LOST = {
    "floor": (r"lost=(\d+)", False),
    "capsieve": (r"checks?: .*?([\d,]+) lost$", False),
    "peer": (r"\blost[ :]+(\d+)", True),
}


class Running:
    """A tool that listens. Its output goes to files in memory, which are gone when it is."""

    def __init__(self, tool, tick=None, limit=180):
        self.tool = tool
        self.folder = tempfile.mkdtemp(prefix="bench.", dir="/dev/shm" if os.path.isdir("/dev/shm") else None)
        self.out, self.err, self.recording = (f"{self.folder}/{name}" for name in ("out", "err", "recording"))
        try:
            self.process = self.spawn()
            self.wait(tick, limit)
        except FileNotFoundError:
            self.forget()
            raise Refused(f"{tool.argv[0]} is not installed") from None
        except BaseException:
            self.process.kill()
            self.process.wait()
            self.forget()
            raise

    def spawn(self):
        with open(self.out, "wb") as out, open(self.err, "wb") as err:
            return subprocess.Popen(
                [self.recording if word == RECORDING else word for word in self.tool.argv],
                stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=dict(os.environ, LC_ALL="C"),
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))

    def listens(self):
        if self.tool.ready:
            return has_words(self.err, self.tool.ready)
        if NOT_WATCHED in self.tool.mode:
            before = self.cpu()
            time.sleep(0.5)
            return before and self.cpu() - before < 1e6
        return has_words(self.out, TICK)

    def wait(self, tick, limit):
        """`tick` makes checks for as long as it is entered."""
        end = time.monotonic() + limit
        if not self.tool.ready:
            tick.begin()
        try:
            while not self.listens():
                if self.process.poll() is not None:
                    raise Refused(self.why())
                if time.monotonic() > end:
                    raise Refused(f"not listening after {limit} s")
                time.sleep(0.002)
        finally:
            if not self.tool.ready:
                tick.end()

    def why(self):
        """What it says of its failure: a line that complains, else the last one with words."""
        lines = [line for line in self.said().splitlines() if re.match(r"\w", line)]
        complaints = [line for line in lines if re.search(r"unable|error|failed|cannot", line, re.I)]
        return ((complaints or lines[-1:]) + [f"it ended with exit status {self.process.returncode}, silently"])[0]

    def said(self):
        with open(self.err, encoding="utf-8", errors="replace") as f:
            return f.read()

    def stop(self):
        """Ends it in order; False where it had to be killed."""
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(120)
            return True
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return False

    def forget(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.stop()
        self.forget()

    def cpu(self):
        """CPU time until now in ns, user's and system's together."""
        total = 0
        for path in glob.glob(f"/proc/{self.process.pid}/task/*/schedstat"):
            with open(path, encoding="ascii") as f:
                total += int(f.read().split()[0])
        return total

    def user_share(self):
        """Of its CPU time, the part in user mode, as the kernel splits it."""
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii", errors="replace") as f:
            words = f.read().rsplit(")", 1)[1].split()
        user, system = int(words[11]), int(words[12])
        return user / (user + system) if user + system else None

    def drain(self, limit=60):
        """Until it has worked off what waits."""
        end, before, quiet = time.monotonic() + limit, self.cpu(), 0
        while quiet < 3 and time.monotonic() < end:
            time.sleep(0.1)
            now = self.cpu()
            quiet = quiet + 1 if now - before < 5e6 else 0
            before = now

    def resident(self):
        """(KiB resident that are its own, KiB of rings that it maps)"""
        own = ring = 0
        is_ring = False
        with open(f"/proc/{self.process.pid}/smaps", encoding="utf-8", errors="replace") as f:
            for line in f:
                if re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
                    is_ring = "bpf-map" in line or "bpf_map" in line or "perf_event" in line
                elif line.startswith("Rss:"):
                    size = int(line.split()[1])
                    ring, own = (ring + size, own) if is_ring else (ring, own + size)
        return own, ring

    def maps(self):
        """(bytes of rings, bytes of other maps), as the kernel accounts for them"""
        sizes = {}
        for path in glob.glob(f"/proc/{self.process.pid}/fdinfo/*"):
            try:
                with open(path, encoding="ascii") as f:
                    info = dict(re.findall(r"^(\w+):\s*(\S+)", f.read(), re.M))
            except FileNotFoundError:
                continue
            if "map_id" in info:
                ring = info["map_type"] == "27"  # of which older kernels do not tell the memory
                sizes[info["map_id"]] = ring, max(int(info.get("memlock", 0)), int(info["max_entries"]) * ring)
        return (sum(size for ring, size in sizes.values() if ring),
                sum(size for ring, size in sizes.values() if not ring))

    def reported(self, words, most):
        """After its end: of how many checks of the thread with this name it tells. A floor knows no names."""
        if self.tool.kind == "floor":
            return min(most, int(re.search(r"seen=(\d+)", self.said()).group(1)))
        if RECORDING in self.tool.argv:
            with open(self.out, "wb") as out:
                subprocess.run([self.tool.argv[0], "trace", "-q", "--replay", self.recording, "--comm", words], stdout=out,
                               check=False)
        return count_words(self.out, words)

    def lost(self):
        """What it admits, in checks; of the whole machine."""
        pattern, add_up = LOST[self.tool.kind]
        text = self.said()
        if self.tool.kind == "peer":
            with open(self.out, encoding="utf-8", errors="replace") as f:
                text += f.read()
        numbers = [int(n.replace(",", "")) for n in re.findall(pattern, text, re.I | re.M)]
        return sum(numbers if add_up else numbers[-1:]) // self.tool.per_check
