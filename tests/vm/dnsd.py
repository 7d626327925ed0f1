# SPDX-License-Identifier: GPL-2.0
#
# dnsd.py FILE: a name server at 127.0.0.1 that knows the IPv4 addresses in FILE,
# "NAME ADDRESS" in each line, and reads it anew for each question.

import socket
import struct
import sys


def find(name):
    with open(sys.argv[1]) as zone:
        for line in zone:
            entry = line.split()
            if entry[0] == name:
                return socket.inet_aton(entry[1])
    return None


def question(packet):
    """The name and the type that are asked for, and where the question ends."""
    labels = []
    at = 12
    while packet[at]:
        labels.append(packet[at + 1:at + 1 + packet[at]].decode().lower())
        at += 1 + packet[at]
    kind, = struct.unpack_from("!H", packet, at + 1)
    return ".".join(labels), kind, at + 5


def reply(packet):
    name, kind, end = question(packet)
    address = find(name)
    answer = b""
    if address and kind == 1:
        answer = b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 60, 4) + address
    # a reply, with authority; NXDOMAIN for what is not there
    head = struct.pack("!HHHHH", 0x8580 if address else 0x8583, 1,
                       1 if answer else 0, 0, 0)
    return packet[:2] + head + packet[12:end] + answer


server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 53))
while True:
    data, whom = server.recvfrom(512)
    server.sendto(reply(data), whom)
