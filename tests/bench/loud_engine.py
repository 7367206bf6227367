"""An engine that says much: `python -m tests.bench.loud_engine SOCKET KNOWN GROUPS ADVERTS`.

It tells of KNOWN groups at first, and then of so many GROUPS changed and ADVERTS heard a second. It is the scripted
engine on a real socket; adverts go through the code that the real one has for them, four times a second. A real engine
and a generator would share the machine with the console that is measured.
"""

from __future__ import annotations

import asyncio
import sys
import time
from ipaddress import IPv4Address
from pathlib import Path

import msgspec

from tests.console import world
from tests.console.scripted_engine import ScriptedEngine
from vrrptui.control.messages import FromEngine, Subscribe, Synced
from vrrptui.engine.capture.frame_cache import DecodedFrame, DecodedFrames
from vrrptui.engine.observer.advert_batch import AdvertBatch
from vrrptui.protocol.advert import NS_PER_SECOND, Family, virtual_mac
from vrrptui.protocol.codec import encode_v3
from vrrptui.protocol.frame import build_multicast

ROUTERS = 255
ROUND_S = 0.25


def group(vrid: int, now: float) -> FromEngine:
    heard = world.heard(f"10.0.0.{vrid}", 100)
    heard = msgspec.structs.replace(heard, last_seen=now, adverts=int(now) % 100_000, first_seen=now - 9)
    return world.group(vrid, f"10.1.0.{vrid}", heard)


def readings() -> list[DecodedFrame]:
    """What each of the routers says."""
    known = DecodedFrames()
    found = []
    for vrid in range(1, ROUTERS + 1):
        source, target = IPv4Address(f"10.0.0.{vrid}"), Family.IPV4.group
        message = encode_v3(vrid, 100, NS_PER_SECOND, (IPv4Address(f"10.1.0.{vrid}"),), source, target)
        frame = build_multicast(message, source, virtual_mac(Family.IPV4, vrid), target)
        found.append(known.of(frame, interface="eth0"))
    return found


async def speak(path: Path, known: int, groups: int, adverts: int) -> None:
    """Say it until ended."""
    now = time.time()
    greeting = [world.hello(), world.engine(), *(group(vrid, now) for vrid in range(1, known + 1)), Synced()]
    said, held, number = readings(), AdvertBatch(), 0
    async with ScriptedEngine(path, greeting) as engine:
        print("ready", flush=True)
        for count in range(1 << 30):
            await asyncio.sleep(max(0.0, now + count * ROUND_S - time.time()))
            if count % 4 == 0:
                engine.say(world.engine(uptime=float(count)))
            first = int(count * groups * ROUND_S)
            engine.say(*(group(n % ROUTERS + 1, time.time()) for n in range(first, int(first + groups * ROUND_S))))
            if not (engine.asked and isinstance(engine.asked[-1], Subscribe) and engine.asked[-1].adverts):
                continue
            for _ in range(int(adverts * ROUND_S)):
                reading = said[number % ROUTERS]
                number += 1  # as keepalived does, each frame has its own identification
                frame = reading.data[:18] + (number & 0xFFFF).to_bytes(2, "big") + reading.data[20:]
                held.hold(now + number / adverts, frame, reading)
            engine.say(*held.take())


if __name__ == "__main__":
    asyncio.run(speak(Path(sys.argv[1]), *map(int, sys.argv[2:5])))
