# SPDX-License-Identifier: GPL-2.0
#
# Many small flows, and whether what was counted of them is right.
#
# flowmix.py serve ADDRESS PORT
#	answers datagrams and connections at that port with what comes
# flowmix.py run LOCAL ADDRESS PORT COUNT SEED
#	COUNT flows to it, some at a time, by turns UDP and TCP, of 1 to 4 messages of
#	any size each
# flowmix.py judge FLOWS COUNTERS SIDE
#	compares entries of braid_flows (a JSON list) with the sets "out" and "in" that
#	nftables kept in a host (nft -j list table inet truth): SIDE is its address

import json
import random
import selectors
import socket
import sys
from concurrent.futures import ThreadPoolExecutor

AT_ONCE = 8
TIMEOUT = 60


def serve(address, port):
    datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    datagrams.bind((address, port))
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((address, port))
    listener.listen(128)
    select = selectors.DefaultSelector()
    for sock in (datagrams, listener):
        select.register(sock, selectors.EVENT_READ)
    while True:
        for key, _ in select.select():
            sock = key.fileobj
            if sock is datagrams:
                data, whom = sock.recvfrom(65536)
                sock.sendto(data, whom)
            elif sock is listener:
                select.register(sock.accept()[0], selectors.EVENT_READ)
            else:
                data = sock.recv(65536)
                if data:
                    sock.sendall(data)
                else:
                    select.unregister(sock)
                    sock.close()


def receive(sock, size):
    while size:
        data = sock.recv(size)
        if not data:
            raise EOFError("the other end has closed")
        size -= len(data)


def flow(local, remote, kind, sizes):
    with socket.socket(socket.AF_INET, kind) as sock:
        sock.settimeout(TIMEOUT)
        sock.bind((local, 0))
        sock.connect(remote)
        for size in sizes:
            sock.sendall(bytes(size))
            if kind == socket.SOCK_DGRAM:
                sock.recv(65536)
            else:
                receive(sock, size)


def run(local, address, port, count, seed):
    rng = random.Random(seed)
    kinds = (socket.SOCK_DGRAM, socket.SOCK_STREAM)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        flows = []
        for i in range(count):
            most = 1200 if i % 2 == 0 else 8000
            sizes = [rng.randint(1, most) for _ in range(rng.randint(1, 4))]
            flows.append(pool.submit(flow, local, (address, port),
                                     kinds[i % 2], sizes))
        for done in flows:
            done.result()


# An element of a set of ours: {"elem": {"val": {"concat": [...]}, "counter": ...}}
def truth(path):
    kept = {}
    for entry in json.load(open(path))["nftables"]:
        if "set" not in entry:
            continue
        name = entry["set"]["name"]
        for elem in entry["set"].get("elem", ()):
            elem = elem["elem"]
            key = tuple(elem["val"]["concat"])
            counter = elem["counter"]
            kept.setdefault(key, {})[name] = (counter["packets"],
                                              counter["bytes"])
    return kept


def known(path):
    kept = {}
    for entry in json.load(open(path)):
        key, value = entry["key"], entry["value"]
        if key["family"] != 4 or key["proto"] not in (6, 17):
            continue
        ends = [".".join(map(str, key[end][:4])) for end in ("near", "far")]
        proto = {6: "tcp", 17: "udp"}[key["proto"]]
        kept[(proto, ends[0], key["near_port"], ends[1], key["far_port"])] = {
            "out": (value["out_segments"], value["out_bytes"]),
            "in": (value["in_segments"], value["in_bytes"]),
        }
    return kept


def judge(flows, counters, side):
    said, counted = known(flows), truth(counters)
    wrong = [(key, counted[key], said.get(key)) for key in counted
             if key[1] == side and said.get(key) != counted[key]]
    right = sum(key[1] == side for key in counted) - len(wrong)
    for key, is_, was in wrong[:5]:
        print("wrong:", key, "counted", is_, "said", was, file=sys.stderr)
    print(json.dumps({"right": right, "wrong": len(wrong)}))


def main(verb, *args):
    if verb == "serve":
        serve(args[0], int(args[1]))
    elif verb == "run":
        run(args[0], args[1], int(args[2]), int(args[3]), int(args[4]))
    else:
        judge(*args)


main(*sys.argv[1:])
