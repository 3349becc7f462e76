# SPDX-License-Identifier: BSD-2-Clause
"""The program `work`, which makes a known number of checks: commands go in, numbers come out."""
import subprocess


class Work:
    def __init__(self, build, cpu=None):
        self.process = subprocess.Popen([f"{build}/bench/work", *(["-c", str(cpu)] if cpu is not None else [])],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

    def send(self, *words):
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()

    def answer(self):
        state, *rest = self.process.stdout.readline().split() or ["error", "it", "ended"]
        if state != "ok":
            raise RuntimeError("work: " + " ".join(rest))
        return [float(n) for n in rest]

    def ask(self, *words):
        self.send(*words)
        return self.answer()

    @property
    def pid(self):
        return self.process.pid

    def end(self):
        self.process.stdin.close()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()


class Tick:
    """A check every millisecond while it is entered, by a thread with the name."""

    def __init__(self, build, name, act="reboot"):
        self.work, self.name, self.act = Work(build), name, act
        self.work.ask("name", name)

    def begin(self):
        self.work.send("tick", self.act, 1000)

    def end(self):
        self.work.send("name", self.name)  # any command ends it
        self.work.answer()
        self.work.answer()

    def __exit__(self, *_):
        self.work.end()

    def __enter__(self):
        return self
