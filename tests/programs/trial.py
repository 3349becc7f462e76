# SPDX-License-Identifier: BSD-2-Clause
"""One program: profiled, started again with what is advised, and with one capability less after the other; and what
`capsieve profile --verify --minimise` makes of it, which has to be the same.

    trial.py CAPSIEVE NAME RESULT    as root; RESULT is JSON, for report.py
"""
import ctypes
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
PR_SET_CHILD_SUBREAPER = 36
CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWNET = 0x20000, 0x4000000, 0x8000000, 0x40000000
LIBC = ctypes.CDLL(None, use_errno=True)
LIMIT = 60  # seconds that a program has to be up, or to end; a busy machine is ten times as slow


class Failed(Exception):
    """What went wrong, for people."""


def processes():
    """pid: (that of its parent, when it began, how it is: Z is ended)"""
    found = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat", errors="replace") as stat:
                    words = stat.read().rpartition(")")[2].split()
                found[int(entry)] = int(words[1]), int(words[19]), words[0]
            except (OSError, IndexError):
                pass
    return found


def descendants(pid):
    """The nearest first, and of those the oldest."""
    all_of, found, generation = processes(), [], [pid]
    while generation:
        generation = sorted((child for child, (parent, *_) in all_of.items() if parent in generation),
                            key=lambda child: all_of[child][1])
        found += generation
    return found


def end_all():
    """Ends everything that a try left behind: all of it is ours to reap."""
    while left := descendants(os.getpid()):
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def must(name, result):
    if result:
        raise Failed(f"{name}: {os.strerror(ctypes.get_errno())}")


class Namespaces:
    """Ours alone: mounts, network, host name and IPC. They go with the last process that is in them."""

    def __init__(self):
        must("unshare", LIBC.unshare(CLONE_NEWNS))
        subprocess.run(["mount", "--make-rprivate", "/"], check=True)
        self.mounts = os.open("/proc/self/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)

    def renew(self):
        must("setns", LIBC.setns(self.mounts, CLONE_NEWNS))
        must("unshare", LIBC.unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC))
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


def reap(process):
    """What ended and was left to us, which capsieve else waits for; process is waited for elsewhere."""
    for pid, (parent, _, state) in processes().items():
        if parent == os.getpid() and state == "Z" and pid != process.pid:
            os.waitpid(pid, 0)


def until(seconds, process, what=lambda: False):
    """False: the time is over, and neither has the process ended nor is it so."""
    end = time.monotonic() + seconds
    while process.poll() is None and not what():
        reap(process)
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


class Program:
    """What a file in this folder says of it."""

    def __init__(self, name, base):
        self.name, self.dir = name, f"{base}/{name}"
        self.log = open(f"{base}/log", "w+")
        self.namespaces = Namespaces()
        os.mkdir(self.dir)
        said = self.shell('printf "%s\\0" "${about-}" "${as-}" "${grant-}" "${nothing-}" "${unseen-}" "$(type -t ready || :)" "${program[@]}"',
                          stdout=subprocess.PIPE)
        if said.returncode:
            raise Failed(f"{name} cannot be read")
        words = said.stdout.decode().split("\0")[:-1]
        self.about, self.user, self.grant = words[:3]
        self.nothing, self.unseen, self.server, self.argv = bool(words[3]), words[4], words[5] == "function", words[6:]

    def words(self, script):
        text = f'D=$1; cd "$D"; . {HERE}/lib.bash; . {HERE}/{self.name}.sh; {script}'
        return ["/bin/bash", "-euc", text, self.name, self.dir]

    def shell(self, script, **more):
        more = {"stdout": self.log, **more}
        return subprocess.run(self.words(script), stdin=subprocess.DEVNULL, stderr=self.log, timeout=LIMIT, check=False, **more)

    def call(self, function):
        try:
            return self.shell(function).returncode == 0
        except subprocess.TimeoutExpired:
            return False

    def said(self):
        """The end of what was printed in the last try."""
        text = ""
        for path in (f"{self.dir}/out", f"{self.dir}/err", self.log.name):
            try:
                with open(path, errors="replace") as file:
                    text += "".join(file.readlines()[-8:])
            except OSError:
                pass
        return text

    def clear(self):
        end_all()
        self.namespaces.renew()
        shutil.rmtree(self.dir, ignore_errors=True)
        os.mkdir(self.dir, 0o755)
        os.chmod(self.dir, 0o755)
        self.log.seek(0)
        self.log.truncate()
        with open("/proc/self/mountinfo") as lines, open(f"{os.path.dirname(self.dir)}/mounts", "w") as file:
            print(len(lines.readlines()), file=file)

    def prepare(self):
        """In new namespaces. What the program is to read."""
        self.clear()
        if not self.call("prepare"):
            raise Failed(f"{self.name} could not be prepared:\n{self.said()}")
        return f"{self.dir}/in" if os.path.exists(f"{self.dir}/in") else "/dev/null"

    def proof(self, words):
        """The program behind these words of capsieve, which tries it again and again. Their exit status."""
        stdin, options = self.prepare(), ["--timeout", f"{LIMIT}s"]
        calls = {"--reset": 'undo 2>/dev/null; prepare 2>/dev/null; echo 0 >"$D/status"', "--test": "judge"}
        if self.server:
            calls["--ready"], options = "ready", []
        for option, script in calls.items():
            options += [option, shlex.join(self.words(script))]
        with open(f"{self.dir}/status", "w") as file:
            print(0, file=file)
        # All further runs write to where capsieve writes.
        with open(stdin) as i, open(f"{self.dir}/out", "a") as o:
            os.link(o.name, f"{self.dir}/err")
            process = subprocess.Popen([*words, *options, "--", *self.argv], cwd=self.dir, stdin=i, stdout=o, stderr=o)
        if not until(20 * LIMIT, process):
            raise Failed(f"--verify of {self.name} does not end:\n{self.said()}")
        return process.returncode

    def trial(self, wrap, watched=False):
        """The program behind these words, which are capsieve's where it is watched. Was the job done, and what the words ended with."""
        stdin = self.prepare()
        with open(stdin) as i, open(f"{self.dir}/out", "w") as o, open(f"{self.dir}/err", "w") as e:
            process = subprocess.Popen([*wrap, *self.argv], cwd=self.dir, stdin=i, stdout=o, stderr=e, start_new_session=True)
        if self.server:
            up = until(LIMIT, process, lambda: self.call("ready")) and process.poll() is None
            done = up and self.call("judge")
            self.stop(process, watched)
        else:
            until(LIMIT, process)
            with open(f"{self.dir}/status", "w") as file:
                print(process.returncode, file=file)
            done = process.returncode is not None and self.call("judge")
        return done, process.returncode

    @staticmethod
    def stop(process, watched):
        """Ends a server; where capsieve started it, its child, so that capsieve can say what it saw."""
        for pid in descendants(process.pid)[:1] or [process.pid] if watched else [process.pid]:
            if process.poll() is None:
                os.kill(pid, signal.SIGTERM)
        if not until(LIMIT, process):
            process.kill()
            process.wait()


def ours():
    """What can be given: whoever is root of a user namespace of its own holds more, in there."""
    with open("/proc/self/status") as lines:
        mask, = [line.split()[1] for line in lines if line.startswith("CapPrm:")]
    said = subprocess.run(["capsh", f"--decode={mask}"], stdout=subprocess.PIPE, text=True, check=True).stdout
    return said.strip().partition("=")[2].upper().split(",")


def names(caps):
    return [cap.removeprefix("CAP_") for cap in caps]


class Study:
    """What becomes of a program with one set and another."""

    def __init__(self, capsieve, program, base):
        self.capsieve, self.program, self.file = capsieve, program, f"{base}/profile"

    def behind(self, *command):
        """The start of a command line of capsieve."""
        p = self.program
        if os.path.exists(self.file):
            os.unlink(self.file)
        return [self.capsieve, *command, *(["--as", p.user] if p.user else []), *(["--grant", p.grant] if p.grant else [])]

    def watch(self, *command):
        """Behind capsieve. The exit status, when the job was done."""
        p = self.program
        done, code = p.trial([*self.behind(*command), "--"], watched=True)
        if not done:
            raise Failed(f"{p.name} does not work while it is watched by {command[0]}:\n{p.said()}")
        return code

    def granted(self):
        """Every capability that was asked for and granted: what a list of checks comes to."""
        self.watch("trace", "-q", "--all", "--count", "--json", "-o", self.file)
        with open(self.file) as file:
            lines = [json.loads(line) for line in file]
        caps = {line["cap_nr"]: line["cap"] for line in lines if line["type"] == "count" and line["verdict"] == "allowed"}
        return [caps[nr] for nr in sorted(caps)]

    def profile(self):
        for _ in range(3):
            code = self.watch("profile", "-q", "-o", self.file)
            with open(self.file) as file:
                profile = json.load(file)
            if not profile["incomplete"]:
                return profile
        raise Failed(f"the profile of {self.program.name} is incomplete, exit status {code}")

    def proved(self):
        """What capsieve finds when it tries by itself."""
        code = self.program.proof(self.behind("profile", "-q", "-o", self.file, "--verify", "--minimise"))
        if not os.path.exists(self.file):
            raise Failed(f"--verify ended with {code}:\n{self.program.said()}")
        with open(self.file) as file:
            profile = json.load(file)
        if profile["status"] != "verified":
            raise Failed(f"--verify of {self.program.name} has not come to an end, exit status {code}:\n{self.program.said()}")
        return profile["advice"]["bounding"]

    def words(self, profile, caps):
        """The start of the command line that the recipe is, with these capabilities instead of the advised."""
        advice = {**profile["advice"], "bounding": caps}
        advice["capabilities"] = [cap for cap in profile["advice"]["capabilities"] if cap in caps]
        if caps and not set(caps) <= set(profile["advice"]["bounding"]):
            advice["capabilities"] = caps
        with open(f"{self.file}.less", "w") as file:
            json.dump({**profile, "advice": advice}, file)
        recipe = subprocess.run([self.capsieve, "profile", "show", f"{self.file}.less", "--format", "setpriv"],
                                stdout=subprocess.PIPE, text=True, check=True).stdout
        line, = [line for line in recipe.splitlines() if not line.startswith("#")]
        return ["/bin/bash", "-c", "exec " + line.replace("COMMAND", '"$@"'), self.program.name]

    def works(self, profile, caps):
        return self.program.trial(self.words(profile, caps))[0]

    def without(self, profile, caps, candidates):
        """What of the candidates can go, one after the other."""
        gone = []
        for cap in candidates:
            less = [c for c in caps if c != cap and c not in gone]
            if self.works(profile, less):
                gone.append(cap)
        return gone

    def missing(self, profile, advised):
        """What is needed beside these: of what was asked for, else of everything there is."""
        asked = [one["capability"] for one in profile["asked"]]
        held = asked + [c for c in profile["held_not_asked"] or [] if c not in asked]
        for all_of in (asked, held):
            more = [cap for cap in all_of if cap not in advised and cap in ours()]
            if self.works(profile, advised + more):
                gone = self.without(profile, advised + more, more)
                if len(gone) < len(more):
                    return [cap for cap in more if cap not in gone]
                raise Failed(f"{self.program.name} works with what is advised only now and then:\n{self.program.said()}")
        raise Failed(f"{self.program.name} does not work behind setpriv with anything it was seen to hold:\n{self.program.said()}")

    def result(self):
        p, naive, profile = self.program, self.granted(), self.profile()
        parts = {one["capability"]: one["part"] for one in profile["asked"]}
        advised = profile["advice"]["bounding"]
        sufficient = self.works(profile, advised)
        said = "" if sufficient else p.said()
        missing = [] if sufficient else self.missing(profile, advised)
        order = sorted(advised, key=lambda cap: parts.get(cap) == "needed")
        spare = self.without(profile, advised + missing, order)
        needed = [cap for cap in advised + missing if cap not in spare]
        proved = self.proved()
        if set(proved) == set(needed):
            lacks, many = [], []
        else:
            lacks = [] if self.works(profile, proved) else self.missing(profile, proved)
            many = self.without(profile, proved + lacks, proved)
        return {
            "name": p.name, "about": p.about, "user": p.user, "nothing": p.nothing, "unseen": p.unseen,
            "naive": names(naive),
            "estimated": names(advised), "sufficient": sufficient, "missing": names(missing), "said": said,
            "spare": {cap.removeprefix("CAP_"): parts.get(cap, "brought by a file") for cap in spare},
            "needed": names(needed), "verified": names(proved), "verified_missing": names(lacks), "verified_spare": names(many),
            "asked": [{key: one[key] for key in ("capability", "part", "sites")} for one in profile["asked"]],
        }


def main():
    capsieve, name, path = sys.argv[1:]
    path = os.path.abspath(path)
    LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    os.umask(0o022)
    base = tempfile.mkdtemp(prefix="programs.", dir="/tmp")
    os.chmod(base, 0o755)
    program = None
    try:
        program = Program(name, base)
        result = Study(capsieve, program, base).result()
        with open(path, "w") as file:
            json.dump(result, file)
    except Failed as failed:
        print(failed, file=sys.stderr)
        return 1
    finally:
        if program:
            program.clear()
        shutil.rmtree(base, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
