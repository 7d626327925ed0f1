#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""terminal.py COMMAND...: runs a program on a terminal of its own, as a user.

Steps come from standard input, a line each; what a step waits for must appear
within 20 seconds (times BRAID_SLOW).
  wait TEXT    until TEXT was printed since the last step that typed or resized
  type TEXT    types it; \\n, \\x1b and the like as in Python
  size ROWS COLUMNS   resizes the window
  signal NAME  sends a signal
  end STATUS   until the program has ended, with that status; a signal's negative
At the end the terminal must be as it was.
"""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time

LIMIT = 20 * int(os.environ.get("BRAID_SLOW", "1"))


def own():
    """The terminal on standard input is the session's: its Ctrl-C is a signal."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


class Terminal:
    def __init__(self, command):
        self.main, self.end = pty.openpty()
        self.size(24, 100)
        self.was = termios.tcgetattr(self.end)
        self.seen = b""
        self.program = subprocess.Popen(
            command, stdin=self.end, stdout=self.end, stderr=self.end,
            start_new_session=True, preexec_fn=own,
            env={**os.environ, "TERM": "xterm"})

    def size(self, rows, columns):
        fcntl.ioctl(self.main, termios.TIOCSWINSZ,
                    struct.pack("4H", rows, columns, 0, 0))

    def read(self):
        if select.select([self.main], [], [], 0.1)[0]:
            self.seen += os.read(self.main, 65536)

    def until(self, what, true):
        end = time.monotonic() + LIMIT
        while not true():
            if time.monotonic() > end:
                sys.exit(f"never {what}; printed was {self.seen!r}")
            self.read()

    def step(self, verb, rest):
        if verb == "wait":
            self.until(f"'{rest}'", lambda: rest.encode() in self.seen)
        elif verb == "type":
            self.seen = b""
            os.write(self.main, rest.encode().decode("unicode_escape").encode())
        elif verb == "size":
            self.seen = b""
            self.size(*map(int, rest.split()))
            self.program.send_signal(signal.SIGWINCH)
        elif verb == "signal":
            self.program.send_signal(getattr(signal, rest))
        elif verb == "end":
            self.until("an end", lambda: self.program.poll() is not None)
            if self.program.returncode != int(rest):
                sys.exit(f"ended with {self.program.returncode}; {self.seen!r}")
        else:
            sys.exit(f"no step {verb}")


def main():
    terminal = Terminal(sys.argv[1:])
    try:
        for line in sys.stdin:
            verb, _, rest = line.rstrip("\n").partition(" ")
            terminal.step(verb, rest)
        if termios.tcgetattr(terminal.end) != terminal.was:
            sys.exit("the terminal is not as it was")
    finally:
        if terminal.program.poll() is None:
            terminal.program.kill()


main()
