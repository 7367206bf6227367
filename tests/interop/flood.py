"""A flood of forged adverts out of the namespace that this runs in: `python -m tests.interop.flood RATE`, until ended.

Sources are any of 2^32, VRIDs any but 51 and 52. Says once that it has begun, and on SIGTERM how many it sent.
"""

from __future__ import annotations

import random
import signal
import socket
import sys
import time
from ipaddress import IPv4Address

from vrrptui.protocol.advert import IPV4_GROUP, NS_PER_SECOND, Checksum, Family, virtual_mac
from vrrptui.protocol.codec import encode_v3
from vrrptui.protocol.frame import build_multicast

FRAMES = 20_000
VRIDS = [vrid for vrid in range(1, 256) if vrid not in (51, 52)]
BURST = 50


def main(rate: int) -> None:
    chance = random.Random(112)
    frames = [forged(chance) for _ in range(FRAMES)]
    one = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    one.bind(("eth0", 0))
    sent = 0

    def tell(number: int, frame: object) -> None:
        print(f"sent {sent}", flush=True)
        sys.exit(0)

    signal.signal(signal.SIGTERM, tell)
    print("begins", flush=True)
    began = time.monotonic()
    while True:
        for _ in range(BURST):
            one.send(frames[sent % FRAMES])
            sent += 1
        ahead = sent / rate - (time.monotonic() - began)
        if ahead > 0:
            time.sleep(ahead)


def forged(chance: random.Random) -> bytes:
    vrid, source = chance.choice(VRIDS), IPv4Address(chance.getrandbits(32))
    message = encode_v3(
        vrid,
        chance.randint(1, 254),
        NS_PER_SECOND,
        (IPv4Address(chance.getrandbits(32)),),
        source,
        IPV4_GROUP,
        Checksum.PSEUDO_HEADER,
    )
    return build_multicast(message, source, virtual_mac(Family.IPV4, vrid), IPV4_GROUP)


if __name__ == "__main__":
    main(int(sys.argv[1]))
