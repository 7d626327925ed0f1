# SPDX-License-Identifier: GPL-2.0
"""braid's netlink family as its spec describes it, for tests.

Everything comes from Documentation/netlink/specs/braid.yaml: what a test can
say is what the spec has. A value may also be given as bytes, so that a test can
say what no client of the family would.
"""

import errno
import ipaddress
import os
import pathlib
import socket
import struct

import yaml

TOP = pathlib.Path(__file__).resolve().parents[2]
SPEC = TOP / "Documentation/netlink/specs/braid.yaml"

NETLINK_GENERIC = 16
SOL_NETLINK = 270
NETLINK_ADD_MEMBERSHIP = 1
NETLINK_CAP_ACK = 10
NETLINK_EXT_ACK = 11

NLM_F_REQUEST = 1
NLM_F_MULTI = 2
NLM_F_ACK = 4
NLM_F_CAPPED = 0x100
NLM_F_ACK_TLVS = 0x200
NLM_F_DUMP = 0x300
NLMSG_ERROR = 2
NLMSG_DONE = 3
NLA_F_NESTED = 0x8000
NLA_TYPE_MASK = 0x3fff

GENL_ID_CTRL = 16
CTRL_CMD_GETFAMILY = 3

INTS = {"u8": "B", "u16": "H", "u32": "I", "u64": "Q"}


def align(n):
    return n + 3 & ~3


def nla(number, payload):
    data = struct.pack("HH", 4 + len(payload), number) + payload
    return data.ljust(align(len(data)), b"\0")


def nla_walk(data):
    """Yields (number, payload) of each attribute."""
    while len(data) >= 4:
        size, number = struct.unpack_from("HH", data)
        if size < 4 or size > len(data):
            return
        yield number & NLA_TYPE_MASK, data[4:size]
        data = data[align(size):]


class Spec:
    """The spec, with the numbers that its order gives."""

    def __init__(self, path=SPEC):
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        with open(path, encoding="utf-8") as file:
            self.doc = yaml.load(file, loader)
        self.enums = {d["name"]: [e["name"] for e in d["entries"]]
                      for d in self.doc["definitions"] if d["type"] == "enum"}
        self.sets = {}
        for one in self.doc["attribute-sets"]:
            self.sets[one["name"]] = {
                a["name"]: dict(a, number=n)
                for n, a in enumerate(one["attributes"], 1)}
        self.ops = {op["name"]: dict(op, number=n) for n, op in
                    enumerate(self.doc["operations"]["list"], 1)}

    def set_of(self, verb):
        return self.sets[self.ops[verb]["attribute-set"]]

    def request(self, verb, mode="do"):
        """Names of the attributes that a verb takes."""
        return self.ops[verb].get(mode, {}).get("request", {}) \
            .get("attributes", [])

    def pack(self, attr, value):
        if isinstance(value, bytes):
            return value
        kind = attr["type"]
        if attr.get("display-hint", "").startswith("ipv") and \
                not str(value).isdigit():
            return ipaddress.ip_address(value).packed
        if "enum" in attr and value in self.enums[attr["enum"]]:
            value = self.enums[attr["enum"]].index(value)
        if kind in INTS:
            order = ">" if attr.get("byte-order") == "big-endian" else "="
            return struct.pack(order + INTS[kind], int(str(value), 0))
        if kind == "string":
            return value.encode() + b"\0"
        return bytes.fromhex(value)

    def unpack(self, attr, data):
        kind = attr["type"]
        if attr.get("display-hint", "").startswith("ipv"):
            return str(ipaddress.ip_address(data))
        if kind in INTS:
            order = ">" if attr.get("byte-order") == "big-endian" else "="
            value, = struct.unpack(order + INTS[kind], data)
            return self.enums[attr["enum"]][value] if "enum" in attr else value
        if kind == "string":
            return data.rstrip(b"\0").decode()
        if kind == "nest":
            return self.decode(self.sets[attr["nested-attributes"]], data)
        return data.hex()

    def decode(self, attrs, data):
        by_number = {a["number"]: a for a in attrs.values()}
        result = {}
        for number, payload in nla_walk(data):
            attr = by_number[number]
            value = self.unpack(attr, payload)
            if attr.get("multi-attr"):
                result.setdefault(attr["name"], []).append(value)
            else:
                result[attr["name"]] = value
        return result


class Refused(Exception):
    """What the kernel said: errno, its sentence, the attribute at fault."""

    def __init__(self, number, sentence, attr):
        super().__init__(f"{os.strerror(number)}: {sentence}")
        self.errno = number
        # one number, two names in C's library: the kernel's is wanted
        self.name = "EOPNOTSUPP" if number == errno.EOPNOTSUPP else \
            errno.errorcode.get(number, str(number))
        self.sentence = sentence
        self.attr = attr


class Client:
    """A netlink socket that speaks to the family."""

    def __init__(self, spec, rcvbuf=None):
        self.spec = spec
        self.seq = 0
        self.later = []
        self.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW,
                                  NETLINK_GENERIC)
        if rcvbuf:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, rcvbuf)
        for option in (NETLINK_EXT_ACK, NETLINK_CAP_ACK):
            self.sock.setsockopt(SOL_NETLINK, option, 1)
        self.sock.bind((0, 0))
        self.groups = {}
        self.family = GENL_ID_CTRL
        self._resolve()

    def close(self):
        self.sock.close()

    def _resolve(self):
        self.send(CTRL_CMD_GETFAMILY, nla(2, b"braid\0"))
        found = self.family
        for message in self.answers():
            for number, data in nla_walk(message[20:]):
                if number == 1:
                    found, = struct.unpack("H", data)
                if number == 7:
                    self._groups(data)
        self.family = found

    def _groups(self, data):
        for _, group in nla_walk(data):
            fields = dict(nla_walk(group))
            self.groups[fields[1].rstrip(b"\0").decode()], = \
                struct.unpack("I", fields[2])

    def listen(self, group="events"):
        self.sock.setsockopt(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP,
                             self.groups[group])

    def send(self, command, attrs, flags=NLM_F_ACK):
        self.seq += 1
        body = struct.pack("BBH", command, 1, 0) + attrs
        self.sock.send(struct.pack("IHHII", 16 + len(body), self.family,
                                   NLM_F_REQUEST | flags, self.seq, 0) + body)

    def answers(self):
        """Messages that answer the newest request, up to its end."""
        while True:
            for message in self.receive():
                size, kind, flags, seq, _ = struct.unpack_from("IHHII", message)
                if seq != self.seq:
                    self.later.append(message)
                elif kind in (NLMSG_ERROR, NLMSG_DONE):
                    self._end(kind, flags, message)
                    return
                else:
                    yield message

    def receive(self):
        data = self.sock.recv(1 << 16)
        while len(data) >= 16:
            size, = struct.unpack_from("I", data)
            yield data[:size]
            data = data[align(size):]

    def _end(self, kind, flags, message):
        number, = struct.unpack_from("i", message, 16)
        if not number:
            return
        rest = message[20:]
        if kind == NLMSG_ERROR:
            # the header of the request, and all of it unless it was capped
            size, = struct.unpack_from("I", rest)
            rest = rest[16 if flags & NLM_F_CAPPED else align(size):]
        tlvs = dict(nla_walk(rest)) if flags & NLM_F_ACK_TLVS else {}
        sentence = tlvs.get(1, b"").rstrip(b"\0").decode()
        at, = struct.unpack("I", tlvs[2]) if 2 in tlvs else (None,)
        raise Refused(-number, sentence, at)

    def request(self, verb, attrs, dump=False):
        """attrs: (name or number, value); a list, since some come often.

        Returns the decoded answers; raises Refused.
        """
        known = self.spec.set_of(verb)
        data = b""
        for name, value in attrs:
            if isinstance(name, int):
                data += nla(name, value)
            else:
                data += nla(known[name]["number"],
                            self.spec.pack(known[name], value))
        self.send(self.spec.ops[verb]["number"], data,
                  NLM_F_DUMP if dump else NLM_F_ACK)
        return [self.spec.decode(known, m[20:]) for m in self.answers()]

    def notifications(self, seconds, count):
        """Yields (verb, attributes) of what comes unasked; an overrun of the
        socket is ("overrun", {})."""
        by_number = {op["number"]: name for name, op in self.spec.ops.items()}
        self.sock.settimeout(seconds)
        try:
            while count > 0:
                messages = self.later
                self.later = []
                try:
                    messages = messages or list(self.receive())
                except OSError as error:
                    if error.errno != errno.ENOBUFS:
                        raise
                    yield "overrun", {}
                for message in messages:
                    verb = by_number[message[16]]
                    yield verb, self.spec.decode(self.spec.set_of(verb),
                                                 message[20:])
                    count -= 1
        except TimeoutError:
            pass
        finally:
            self.sock.settimeout(None)
