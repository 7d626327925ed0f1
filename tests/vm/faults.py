# SPDX-License-Identifier: GPL-2.0
"""The kernel's fault injection, for one system call of this thread at a time.

The number written to fail-nth is that of the allocation which fails, counted
over slabs and pages; read back it is 0 once it has failed.
"""

import os
import pathlib

DEBUGFS = pathlib.Path("/sys/kernel/debug")


def prepare():
    """Allocations that may sleep, and single pages, fail too; quietly."""
    for kind, settings in (
            ("failslab", {"ignore-gfp-wait": "N"}),
            ("fail_page_alloc", {"ignore-gfp-wait": "N", "min-order": "0"})):
        settings |= {"verbose": "0", "times": "-1", "probability": "0"}
        for name, value in settings.items():
            (DEBUGFS / kind / name).write_text(value, encoding="ascii")


def beneath(function):
    """Only what the kernel's function asks for, itself or by others, is counted, and
    fails; all of it for None."""
    start, end = "0", "0xffffffffffffffff"
    if function:
        start, end = bounds(function)
    for kind in "failslab", "fail_page_alloc":
        (DEBUGFS / kind / "require-end").write_text(end, encoding="ascii")
        (DEBUGFS / kind / "require-start").write_text(start, encoding="ascii")


def bounds(function):
    """Its first address and that of what comes after it."""
    symbols = []
    for line in pathlib.Path("/proc/kallsyms").read_text("ascii").splitlines():
        address, _, name = line.split()[:3]
        symbols.append((int(address, 16), name))
    start, = (address for address, name in symbols if name == function)
    end = min(address for address, _ in symbols if address > start)
    return hex(start), hex(end)


class Fault:
    """The next allocation to fail."""

    def __init__(self):
        self.file = os.open("/proc/thread-self/fail-nth", os.O_RDWR)
        self.left = 0

    def arm(self, n):
        self.left = n

    def call(self, function, *args):
        """One system call, with what is left to count."""
        if not self.left:
            return function(*args)
        os.pwrite(self.file, b"%d" % self.left, 0)
        try:
            return function(*args)
        finally:
            self.left = int(os.pread(self.file, 20, 0).rstrip(b"\n\0"))
            os.pwrite(self.file, b"0", 0)

    def disarm(self):
        """Whether the allocation came that was to fail."""
        came = not self.left
        self.left = 0
        return came


class FaultySocket:
    """A socket of which sending, and receiving if told so, meets the fault."""

    def __init__(self, sock, fault, receiving):
        self.sock = sock
        self.fault = fault
        self.receiving = receiving

    def send(self, data):
        return self.fault.call(self.sock.send, data)

    def recv(self, size):
        if self.receiving:
            return self.fault.call(self.sock.recv, size)
        return self.sock.recv(size)

    def __getattr__(self, name):
        return getattr(self.sock, name)
