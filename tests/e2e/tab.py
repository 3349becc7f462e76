#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""tab.py SHELL BEGIN LINE...: what a shell on a terminal makes of lines in which TAB is pressed.

BEGIN is sourced first. `capsieve` is a function there that tells the words that it was given, each on a line:
"LINE -> <word><word>".
"""
import os
import pty
import select
import sys
import time

SHELLS = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], "bind 'set bell-style none'; bind 'set enable-bracketed-paste off'; PS2=; PS1="),
    "zsh": (["zsh", "-f", "-i"], "unsetopt BEEP LIST_BEEP; unset zle_bracketed_paste; PS1="),
}
LIMIT = 60


class Terminal:
    def __init__(self, words):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="dumb", COLUMNS="400", HISTFILE="")
            os.execvp(words[0], words)
        self.heard = b""

    def until(self, mark):
        """What was printed before that mark."""
        end = time.monotonic() + LIMIT
        while mark not in self.heard:
            if time.monotonic() > end or not select.select([self.fd], [], [], 1)[0]:
                if time.monotonic() > end:
                    sys.exit(f"tab.py: no {mark!r} in {self.heard!r}")
                continue
            self.heard += os.read(self.fd, 65536)
        before, _, self.heard = self.heard.partition(mark)
        return before.decode(errors="replace")

    def type(self, text):
        os.write(self.fd, text.encode())


def main():
    shell, begin, lines = sys.argv[1], sys.argv[2], sys.argv[3:]
    words, quiet = SHELLS[shell]
    terminal = Terminal(words)
    # the marks are made by the shell, so that their echo is none
    terminal.type(f"{quiet}''; source {begin}; capsieve() {{ printf 'gi%s' ven:; printf '<%s>' \"$@\"; printf ':e%s' nd; }}\n"
                  "printf 'rea%s' dy\n")
    terminal.until(b"ready")
    for line in lines:
        terminal.type(line + "\n")
        terminal.until(b"given:")
        print(line.replace("\t", "^"), "->", terminal.until(b":end"))
    terminal.type("exit\n")
    os.close(terminal.fd)
    os.waitpid(terminal.pid, 0)


main()
