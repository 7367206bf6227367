"""A segment in trouble, as an engine would describe it: what the scripted engine plays."""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address

import msgspec

from vrrptui.control.messages import (
    PROTOCOL,
    AdvertLine,
    Adverts,
    FromEngine,
    HeardAdvert,
    Hello,
    HistoryEvent,
    SaidAdvert,
    Synced,
)
from vrrptui.control.snapshots import (
    CheckSnapshot,
    Contribution,
    EngineSnapshot,
    GroupSnapshot,
    HeardSnapshot,
    MasterSnapshot,
    VirtualRouterSnapshot,
)
from vrrptui.protocol.advert import Family
from vrrptui.protocol.codec import encode_v3
from vrrptui.protocol.frame import build_multicast

NOW = 1_795_317_164.0  # 2026-11-22 03:12:44 UTC
DAY = 86_400.0


def hello(*, may_operate: bool = True) -> Hello:
    return Hello(protocol=PROTOCOL, version="0.1.0", pid=4121, may_operate=may_operate)


def engine(**changes: object) -> EngineSnapshot:
    fields: dict[str, object] = {
        "pid": 4121,
        "version": "0.1.0",
        "mode": "operate",
        "uptime": 41 * DAY,
        "capture_drops": 0,
        "host": "lb1",
        "interfaces": ["eth0", "eth1.20"],
        "adverts_per_second": 11.4,
    }
    return EngineSnapshot(**(fields | changes))


def heard(source: str, priority: int, role: str = "master", *, seen: float = 0.4, **changes: object) -> HeardSnapshot:
    fields: dict[str, object] = {
        "source": source,
        "role": role,
        "priority": priority,
        "interval": 1.0,
        "adverts": 1204,
        "first_seen": NOW - DAY,
        "last_seen": NOW - seen,
        "version": 3,
        "source_mac": "00:00:5e:00:01:33",
        "jitter_ms": 2.6,
        "checksum": "pseudo-header",
    }
    return HeardSnapshot(**(fields | changes))


def group(vrid: int, address: str, *routers: HeardSnapshot, since: float = DAY, **changes: object) -> GroupSnapshot:
    masters = [
        MasterSnapshot(
            source=one.source,
            priority=one.priority,
            since=NOW - since,
            last_seen=one.last_seen,
            interval=one.interval,
            adverts=one.adverts,
            source_mac=one.source_mac,
            local=one.local,
        )
        for one in routers
        if one.role == "master"
    ]
    fields: dict[str, object] = {
        "key": f"eth0/{vrid}",
        "interface": "eth0",
        "vlan": None,
        "family": "ipv4",
        "vrid": vrid,
        "version": 3,
        "masters": masters,
        "addresses": address.split(),
        "severity": "ok",
        "problems": [],
        "since": NOW - since,
        "routers": list(routers),
    }
    return GroupSnapshot(**(fields | changes))


def router(
    vrid: int, state: str, base: int, *contributions: Contribution, learned: float | None = None, **changes: object
) -> VirtualRouterSnapshot:
    """`learned` is the master's interval, which a backup of version 3 waits by."""
    effective = base + sum(one.amount for one in contributions)
    interval = float(learned or changes.get("advertisement_interval", 1.0))
    skew = (256 - effective) / 256 * (1.0 if changes.get("version") == 2 else interval)
    fields: dict[str, object] = {
        "key": f"eth0/{vrid}",
        "name": f"VI_{vrid}",
        "interface": "eth0",
        "family": "ipv4",
        "vrid": vrid,
        "version": 3,
        "state": state,
        "reason": "",
        "since": NOW - DAY,
        "base_priority": base,
        "effective_priority": effective,
        "override": None,
        "contributions": list(contributions),
        "master": "10.0.0.2",
        "master_priority": 100,
        "last_heard": NOW - 0.4 if state == "backup" else None,
        "advertisement_interval": 1.0,
        "skew_time": skew,
        "master_down_interval": int(changes.get("down_timer_adverts", 3)) * interval + skew,  # type: ignore[call-overload]
        "virtual_addresses": [f"10.0.{vrid}.1/24"],
        "checks": [one.name for one in contributions],
    }
    return VirtualRouterSnapshot(**(fields | changes))


def event(seq: int, ago: float, key: str, kind: str, severity: str, text: str, **changes: object) -> HistoryEvent:
    return HistoryEvent(
        seq=seq,
        time=NOW - ago,
        group=key,
        kind=kind,
        severity=severity,
        text=text,
        **changes,
    )


HTTP_DOWN = Contribution(name="chk_http", amount=-30, state="down")
HTTP_UP = Contribution(name="chk_http", amount=0, state="up")
DISK = Contribution(name="chk_disk", amount=0, state="up")


def groups() -> list[GroupSnapshot]:
    return [
        group(1, "10.0.1.1 10.0.1.2", heard("10.0.0.1", 200, local=True), since=41 * DAY, listeners=["10.0.0.2"]),
        group(3, "10.0.3.1", heard("10.0.3.2", 210, seen=0.7), since=12 * DAY),
        group(
            12,
            "10.0.12.1",
            heard("10.0.12.3", 150),
            heard("10.0.12.2", 160, "resigned", seen=48.6, first_seen=NOW - 41 * DAY),
            since=48,
            severity="warning",
            problems=["FAILOVER_RECENT"],
            explanations=["10.0.12.2 resigned 48 s ago and 10.0.12.3 took over; no master for 0.6 s."],
            last_cause="10.0.12.2 resigned (priority 0)",
        ),
        group(
            51,
            "10.0.0.254 10.0.0.253",
            heard("10.0.0.2", 100, seen=0.1),
            heard("10.0.0.3", 100, seen=0.6),
            since=151,
            severity="critical",
            problems=["DUAL_MASTER"],
            explanations=["10.0.0.2 and 10.0.0.3 both advertise as master: split segment, or multicast is filtered."],
        ),
        group(
            77,
            "172.16.9.1",
            heard("172.16.9.2", 100, "lost", seen=4.1),
            since=1,
            severity="critical",
            problems=["MASTER_LOST"],
            explanations=["172.16.9.2 has been silent for 4.1 s (limit 4.0 s) and nobody has taken over."],
            key="eth1.20/77",
            interface="eth1",
            vlan=20,
            version=2,
        ),
        group(
            4,
            "fe80::5:1 fd00:20::1",
            heard("fe80::21", 200, interval=0.1, seen=0.05),
            since=12 * DAY,
            key="eth1.20/4/ipv6",
            interface="eth1",
            vlan=20,
            family="ipv6",
        ),
        group(80, "10.8.0.1", heard("10.8.0.2", 100, version=2, auth="simple"), since=2 * DAY, version=2),
    ]


def routers() -> list[VirtualRouterSnapshot]:
    return [
        router(1, "master", 200, HTTP_UP, virtual_addresses=["10.0.1.1/24", "10.0.1.2/24"], master="10.0.0.1"),
        router(3, "backup", 100, reason="10.0.3.2 (210) is higher", last_heard=NOW - 0.7),
        router(12, "backup", 120, HTTP_UP, DISK, reason="10.0.12.3 (150) is higher"),
        router(
            51,
            "backup",
            120,
            HTTP_DOWN,
            DISK,
            virtual_addresses=["10.0.0.254/24", "10.0.0.253/24"],
            last_heard=NOW - 0.1,
        ),
        router(33, "stopped", 100, reason="stopped by root on pts/2", since=NOW - 1862, name="VI_standby"),
    ]


def checks() -> list[CheckSnapshot]:
    return [
        CheckSnapshot(
            name="chk_http",
            kind="script",
            state="down",
            weight=-30,
            rise=2,
            fall=3,
            run=(1, 2),
            last_exit=7,
            last_output="curl: (7) Failed to connect to 127.0.0.1 port 8080: Connection refused\n",
            duration=0.012,
            durations=[0.003] * 40 + [0.012, 0.041, 0.012, 0.009, 0.011],
            failed=[False] * 42 + [True] * 3,
            command="/usr/bin/curl -fsS http://127.0.0.1:8080/health",
            interval=2.0,
            timeout=1.0,
            since=NOW - 250,
            last_run=NOW - 0.3,
            routers=["VI_51"],
        ),
        CheckSnapshot(
            name="chk_disk",
            kind="script",
            state="up",
            weight=0,
            rise=1,
            fall=1,
            run=(0, 1),
            last_exit=0,
            duration=0.002,
            durations=[0.002] * 9,
            failed=[False] * 9,
            command="/usr/local/bin/chk-disk",
            interval=10.0,
            timeout=5.0,
            since=NOW - 41 * DAY,
            last_run=NOW - 3.1,
            routers=["VI_12", "VI_51"],
        ),
        CheckSnapshot(
            name="eth1",
            kind="interface",
            state="up",
            weight=-20,
            rise=1,
            fall=1,
            run=(0, 1),
            since=NOW - 41 * DAY,
            routers=["VI_1"],
        ),
    ]


def events() -> list[HistoryEvent]:
    root = "root on pts/2"
    both = "10.0.0.3 (100) advertises beside 10.0.0.2 (100) and does not yield"
    lost = "172.16.9.2 fell silent and nobody took over"
    took = "10.0.12.3 (150) took over, 10.0.12.2 resigned"
    return [
        event(1, 41 * DAY, "eth0/12", "MASTER", "ok", "10.0.12.2 (160) is master", router="10.0.12.2"),
        event(2, 3 * DAY, "eth0/51", "MASTER", "ok", "10.0.0.2 (100) is master", router="10.0.0.2"),
        event(3, 2 * DAY, "eth1.20/77", "MASTER", "ok", "172.16.9.2 (100) is master", router="172.16.9.2"),
        event(4, 1862, "eth0/33", "STOPPED", "ok", "VI_standby is STOPPED: stopped by root on pts/2", by=root),
        event(5, 250, "", "CHECK", "warning", "check chk_http failed: exit 7", by="check"),
        event(6, 151, "eth0/51", "SECOND_MASTER", "critical", both, router="10.0.0.3"),
        event(7, 48.6, "eth0/12", "RESIGNED", "ok", "10.0.12.2 resigned", router="10.0.12.2"),
        event(
            8,
            48,
            "eth0/12",
            "FAILOVER",
            "warning",
            took,
            gap_ms=606.0,
            predicted_gap_ms=414.1,
            router="10.0.12.3",
            cause="10.0.12.2 resigned",
            announced_ms=0.8,
        ),
        event(9, 0.8, "eth1.20/77", "MASTER_LOST", "critical", lost, gap_ms=4003.0, router="172.16.9.2"),
    ]


@dataclass(frozen=True)
class Spoken:
    """An advert, its frame, and what our router made of it."""

    line: AdvertLine
    frame: bytes
    verdict: str = ""


def advert(number: int, verdict: str = "", frame: bytes | None = None, **changes: object) -> Spoken:
    fields: dict[str, object] = {
        "time": NOW - 5 + number * 0.21,
        "interface": "eth0",
        "vlan": None,
        "source": "10.0.0.2",
        "destination": "224.0.0.18",
        "source_mac": "00:00:5e:00:01:33",
        "ttl": 255,
        "version": 3,
        "type": 1,
        "vrid": 51,
        "priority": 100,
        "interval": 1.0,
        "auth": "none",
        "addresses": ["10.0.0.254", "10.0.0.253"],
        "checksum": "pseudo-header",
        "length": 16,
        "problems": [],
    }
    line = AdvertLine(**(fields | changes))
    return Spoken(line, wire(line) if frame is None else frame, verdict)


def wire(line: AdvertLine) -> bytes:
    """A frame that says this; of nonsense that no advert can carry, the frame of VRID 51."""
    try:
        source, addresses = ip_address(line.source or ""), tuple(map(ip_address, line.addresses))
        mac = bytes.fromhex((line.source_mac or "").replace(":", ""))
        group = Family.of(source).group
        interval_ns = int((line.interval or 1.0) * 1e9)
        message = encode_v3(line.vrid or 51, line.priority or 0, interval_ns, addresses, source, group)
        frame = bytearray(build_multicast(message, source, mac, group))
    except ValueError:
        return wire(advert(0).line)
    frame[22 if source.version == 4 else 21] = line.ttl or 255
    return bytes(frame[:40] if "truncated" in line.problems else frame)


def adverts_told(spoken: Sequence[Spoken], skipped: int = 0) -> Adverts:
    """The engine's message that tells of these."""
    places: dict[bytes, int] = {}
    heard = []
    for one in spoken:
        said = SaidAdvert(line=msgspec.structs.replace(one.line, time=0.0), verdict=one.verdict)
        place = places.setdefault(msgspec.json.encode(said), len(places))
        heard.append(HeardAdvert(one.line.time, place, one.frame))
    return Adverts(said=[msgspec.Raw(said) for said in places], heard=heard, skipped=skipped)


def adverts() -> list[Spoken]:
    few = [
        advert(0),
        advert(1, vrid=12, source="10.0.12.3", priority=150, addresses=["10.0.12.1"], source_mac="00:00:5e:00:01:0c"),
        advert(2, vrid=4, source="fe80::21", interface="eth1", vlan=20, interval=0.1, addresses=["fd00:20::1"]),
        advert(3, vrid=99, source="10.0.9.9", ttl=64, problems=["ttl-not-255"], source_mac="02:00:00:00:09:09"),
        advert(4, vrid=12, source="10.0.12.2", priority=0, addresses=["10.0.12.1"]),
        advert(5, vrid=None, version=None, type=None, priority=None, interval=None, problems=["truncated"]),
    ]
    heard = "accepted by VI_51: its master down timer starts anew (RFC 9568 §6.4.2)"
    return few + [advert(number, heard, source=f"10.0.0.{2 + number % 2}") for number in range(6, 40)]


def greeting(*, may_operate: bool = True) -> list[FromEngine]:
    """All that an engine says to a client that comes."""
    return [hello(may_operate=may_operate), engine(), *groups(), *routers(), *checks(), *events(), Synced()]
