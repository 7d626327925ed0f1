# SPDX-License-Identifier: GPL-2.0
"""verbs.table, for what runs it: nltable and nlfault."""

import pathlib

TABLE = pathlib.Path(__file__).with_name("verbs.table")
# what changes by itself, or by what the kernel counts
MOVING = {"state-age", "counter", "event-seq", "probes-sent", "tx-packets",
          "tx-bytes", "packets", "rate-age", "calls", "move-age",
          "health-age", "probe-next", "probe-interval", "probes-replied",
          "probe-bytes", "wakeups", "quota-used", "rtt-histogram",
          "hold-histogram", "failover-histogram"}
WORDS = {"K1": "11" * 32, "K2": "22" * 32, "K3": "33" * 32, "K4": "44" * 32,
         "K5": "55" * 32, "K6": "66" * 32, "LONG": "00" * 1201}


class Row:
    """One line of the table."""

    def __init__(self, number, line):
        self.number = number
        self.line = line
        request, _, result = line.partition(" -> ")
        words = request.split()
        self.options = set()
        while words[0] in ("dump", "bare", "other"):
            self.options.add(words.pop(0))
        self.verb = words.pop(0)
        self.attrs = [w.split("=", 1) for w in words]
        self.errno, _, self.sentence = result.strip().partition(" ")

    def request(self, ifindex):
        attrs = [] if "bare" in self.options else [("ifindex", ifindex)]
        for name, value in self.attrs:
            value = WORDS.get(value, value)
            if value.startswith("0x:"):
                value = bytes.fromhex(value[3:])
            attrs.append((name, value))
        return attrs

    def plain(self, ifindex):
        """The request as a line for nlcall."""
        words = [self.verb] + ["dump"] * ("dump" in self.options)
        for name, value in self.request(ifindex):
            words.append(f"{name}={value}")
        return " ".join(words)


def rows():
    with open(TABLE, encoding="utf-8") as file:
        return [Row(n, line.strip()) for n, line in enumerate(file, 1)
                if line.strip() and not line.startswith("#")]


def objects(client):
    """All that can be seen, without what moves by itself."""
    seen = []
    for verb, op in client.spec.ops.items():
        if "dump" in op:
            for one in client.request(verb, [], dump=True):
                seen.append([verb] + [(k, v) for k, v in one.items()
                                      if k not in MOVING])
    return seen
