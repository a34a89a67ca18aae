#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""usage: nameserver.py NAME ADDRESS READY

Answer DNS queries on 127.0.0.1 port 53: NAME has ADDRESS and no IPv6 address, nothing else exists.
Create the file READY when queries can come.
"""
import socket
import struct
import sys

name, address, ready = sys.argv[1:]
wanted = b"".join(bytes([len(l)]) + l.encode() for l in name.split(".")) + b"\0"

sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.bind(("127.0.0.1", 53))
open(ready, "w").close()
while True:
    query, client = sock.recvfrom(512)
    end = query.index(b"\0", 12) + 5
    question = query[12:end]
    kind = struct.unpack(">H", question[-4:-2])[0]
    known = question[:-4].lower() == wanted
    answers = b""
    if known and kind == 1:
        answers = struct.pack(">HHHIH", 0xC00C, 1, 1, 60, 4) + socket.inet_aton(address)
    flags = 0x8180 if known else 0x8183
    sock.sendto(query[:2] + struct.pack(">HHHHH", flags, 1, bool(answers), 0, 0) + question + answers,
                client)
