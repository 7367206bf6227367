"""What is seen of a world at rest: what the program says, what the host has, what was sent, who has each address.

An observation is flat: (look, subject) to a value, so that two of them can be held against each other key by key.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import struct
import subprocess
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from tests.interop.captured import Captured, arp_claims, take_packet
from tests.interop.engine_lab import Frame
from tests.twins.asking import Observation, asked
from tests.twins.tree import Facts, Router
from tests.twins.world import KEEPALIVED, OWN, OWN_6, World
from vrrptui.cli.commands.status import ask
from vrrptui.client.blocking import EngineUnreachableError
from vrrptui.lab.namespaces import inside

STATES = {0: "INIT", 1: "BACKUP", 2: "MASTER", 3: "FAULT"}
JSON_SIGNAL = signal.SIGRTMIN + 2
SYSCTLS = {
    "ipv4": "accept_local arp_announce arp_filter arp_ignore arp_notify forwarding promote_secondaries rp_filter",
    "ipv6": "accept_ra addr_gen_mode autoconf disable_ipv6 forwarding",
}


@dataclass
class Heard:
    """What left a host since some moment."""

    adverts: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))  # the same bytes once
    priorities: dict[str, list[tuple[int, int]]] = field(default_factory=lambda: defaultdict(list))  # time, priority
    announced: Counter[str] = field(default_factory=Counter)
    first: dict[str, int] = field(default_factory=dict)  # when each was announced first
    last: dict[str, int] = field(default_factory=dict)


def hear(world: World, since_ns: int = 0) -> Heard:
    """Everything that the host under test sent."""
    heard = Heard()
    for interface, tap in world.taps.items():
        with contextlib.suppress(OSError):  # the port went down, which is said once
            tap.read()
        for frame in tap.read():
            if frame.at_ns >= since_ns:
                _take(heard, interface, frame)
    return heard


def _take(heard: Heard, interface: str, frame: Frame) -> None:
    data, read = frame.data, Captured()
    kind = data[12:14]
    if kind == b"\x08\x06" and len(data) >= 42:
        read.claims += arp_claims(frame.at_ns, data[6:12], data[14:])
    elif kind in (b"\x08\x00", b"\x86\xdd"):
        with contextlib.suppress(IndexError, struct.error, ValueError):
            take_packet(read, frame.at_ns, data[6:12], data[14:])
    for one in read.adverts:
        subject = f"{interface} v{one.family} vrid {one.vrid} to {one.destination}"
        heard.adverts[subject].add(_plain(data))
        heard.priorities[subject].append((frame.at_ns, one.priority))
    for claim in read.claims:
        if not claim.asked:
            subject = f"{interface} {claim.address} at {claim.hardware.hex(':')}"
            heard.announced[subject] += 1
            heard.first.setdefault(subject, frame.at_ns)
            heard.last[subject] = frame.at_ns


def _plain(data: bytes) -> str:
    """A frame's bytes without what may differ: identification, flow label, header checksum, a digest."""
    if data[12:14] == b"\x86\xdd":
        length = struct.unpack("!H", data[18:20])[0]
        return _grouped(data[:15] + bytes([data[15] & 0xF0, 0, 0]) + data[18:54], data[54 : 54 + length])
    packet = bytearray(data[14 : 14 + struct.unpack("!H", data[16:18])[0]])
    packet[4:6] = packet[10:12] = b"\0\0"
    if packet[9] == 51:
        packet[28:44] = bytes(16)  # sequence and digest
    return _grouped(data[:14] + packet[:20], packet[20:])


def _grouped(head: bytes, body: bytes) -> str:
    return f"{bytes(head[:14]).hex()} {bytes(head[14:]).hex()} {bytes(body).hex()}"


# What the program says.


def said(world: World, seconds: float = 3.0) -> dict[str, tuple[str, int]]:
    """State and priority of each virtual router; empty when the program does not run or does not answer."""
    if not world.alive:
        return {}
    return _said_by_keepalived(world, seconds) if world.program == KEEPALIVED else _said_by_vrrptui(world)


def _said_by_keepalived(world: World, seconds: float) -> dict[str, tuple[str, int]]:
    path = world.path("/tmp/keepalived.json")
    path.unlink(missing_ok=True)
    os.kill(world.running.pid, JSON_SIGNAL)
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        with contextlib.suppress(OSError, ValueError):
            data = [one["data"] for one in json.loads(path.read_text())]
            return {one["iname"]: (STATES[one["state"]], one["effective_priority"]) for one in data}
        time.sleep(0.02)
    return {}


def _said_by_vrrptui(world: World) -> dict[str, tuple[str, int]]:
    with contextlib.suppress(EngineUnreachableError, OSError):
        status = ask(world.path("/run/v.sock"))
        return {one.name: (one.state.upper(), one.effective_priority) for one in status.virtual_routers}
    return {}


def excuses(world: World) -> list[str]:
    """The codes for which `vrrptui status` would end with 1; empty when it would end with 0."""
    with contextlib.suppress(EngineUnreachableError, OSError):
        status = ask(world.path("/run/v.sock"))
        if status.critical:
            codes = [code for group in status.groups for code in group.problems]
            return codes or ["fault"]
    return []


# What the host has.


def _ip(world: World, *words: str) -> list[dict]:
    with inside(world.hosts["r"]):
        done = subprocess.run(["ip", "-j", *words], capture_output=True, text=True, check=False)
    return [one for one in json.loads(done.stdout or "[]") if one]


def addresses(world: World) -> Observation:
    found: Observation = {}
    for device in _ip(world, "addr"):
        for one in device.get("addr_info", []):
            life = "" if one.get("preferred_life_time", 0) else "deprecated "
            life += "" if one.get("valid_life_time", 0) > 1 << 31 else "for a time "
            flags = " ".join(k for k, v in sorted(one.items()) if v is True)
            shown = {k: one[k] for k in ("scope", "label", "broadcast", "address", "metric", "protocol") if k in one}
            subject = f"{device['ifname']} {one['local']}/{one['prefixlen']}"
            found["address", subject] = f"{life}{flags} {shown}".strip()
    return found


def routes(world: World) -> Observation:
    found: Observation = {}
    for family in ("-4", "-6"):
        for one in _ip(world, family, "route", "show", "table", "all"):
            if one.get("table") != "local" and one.get("dst") != "ff00::/8" and one.get("type") != "multicast":
                subject = f"{family} {one.get('dst')} dev {one.get('dev')} table {one.get('table', 'main')}"
                flags = sorted(one.pop("flags", []))
                found["route", subject] = json.dumps({**one, "flags": flags}, sort_keys=True)
        for one in _ip(world, family, "rule"):
            found["rule", f"{family} {json.dumps(one, sort_keys=True)}"] = "there"
    return found


def devices(world: World) -> Observation:
    found: Observation = {}
    for one in _ip(world, "-d", "link"):
        info = one.get("linkinfo", {})
        kind = [info.get("info_kind"), info.get("info_data", {}).get("mode")]
        kept = [*(one.get(word) for word in ("link", "address", "mtu", "master")), *kind, *sorted(one["flags"])]
        found["device", one["ifname"]] = " ".join(str(word) for word in kept if word)
    with inside(world.hosts["r"]):
        for family, names in SYSCTLS.items():
            base = Path(f"/proc/sys/net/{family}/conf")
            for device in sorted(os.listdir(base)):
                for name in names.split():
                    with contextlib.suppress(OSError):
                        found["sysctl", f"{family} {device} {name}"] = (base / device / name).read_text().strip()
    return found


# All of it.


def wanted(routers: list[Router]) -> list[str]:
    return sorted({held.address for router in routers for held in (*router.addresses, *router.excluded)})


def observe(world: World, facts: Facts, step_ns: int, rest_ns: int, lines: list[str]) -> Observation:
    """All that is seen; adverts since `rest_ns`, what happened once since `step_ns` (wall clock)."""
    found: Observation = {("runs", ""): world.alive, ("exit", ""): world.exit}
    for name, (state, priority) in said(world).items():
        found["state", name], found["priority", name] = state, priority
    found |= addresses(world) | routes(world) | devices(world) | asked(world, wanted(facts.routers))
    step, rest = hear(world, step_ns), hear(world, rest_ns)
    for subject, frames in rest.adverts.items():
        found["advert", subject] = " | ".join(sorted(frames))
    for subject, said_then in step.priorities.items():
        found["resigned", subject] = any(priority == 0 for _, priority in said_then)
    own = {*OWN.values(), *OWN_6.values()}
    began_ns = min((at_ns for subject, at_ns in step.first.items() if subject.split()[1] not in own), default=0)
    for subject, times in step.announced.items():
        found["announced", subject] = times
        found["announced at", subject] = (step.first[subject] - began_ns) / 1e9  # seconds after the first of all
    for subject, told in _by_subject(world, lines).items():
        found["told", subject] = told
    return found


def _by_subject(world: World, fifo: list[str]) -> dict[str, str]:
    """What scripts and FIFO were told, by whom it is about, as what is about two may come in either order."""
    found = defaultdict(list)
    for source, lines in (("script", world.notified()), ("fifo", fifo)):
        for line in lines:
            words = line.split()
            kind = "notify" if words[0] in ("INSTANCE", "GROUP") else "notify_..."  # which run at once
            told = found[f"{source} {words[1] if len(words) > 1 else ''} by {kind}"]
            if not ("RX_LOWER_PRI" in line and told[-1:] == [line]):  # these come as often as it hears adverts
                told.append(line)
    world.path("/tmp/notify.log").write_text("")
    return {subject: " | ".join(lines) for subject, lines in found.items()}
