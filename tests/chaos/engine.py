"""Random configurations, commands and blows of fate for an engine in network namespaces; a peer comes and goes.

The engine has to live through all of it without an error in its log, and to leave nothing on the host when it ends.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from tests.interop.segment_lab import Program, SegmentLab
from vrrptui.client.blocking import Connection, EngineUnreachableError
from vrrptui.control.messages import (
    AnnounceAgain,
    Command,
    DrainRouter,
    MuteCheck,
    Reload,
    SetPriority,
    StartRouter,
    StopRouter,
)
from vrrptui.control.snapshots import VirtualRouterSnapshot

VRIDS = (51, 52, 53, 54, 55)
OWN, PEER = "192.0.2.11", "192.0.2.12"
GENERAL = [
    "",
    "vrrp_garp_master_refresh 1",
    "vrrp_strict",
    "enable_script_security",
    "vrrp_higher_prio_send_advert true",
]
BLOWS = (
    "ip link set eth0 down; sleep 0.3; ip link set eth0 up",
    f"ip addr flush dev eth0; ip addr add {OWN}/24 dev eth0",
    f"ip addr del {OWN}/24 dev eth0; sleep 0.2; ip addr add {OWN}/24 dev eth0",
    "ip link del vr51; ip link del vrrp.51",
    "ip link set eth0 down; ip link set eth0 name odd0; sleep 0.3; ip link set odd0 name eth0; ip link set eth0 up",
    f"ip addr add {OWN}/24 dev eth0; ip route flush table main; ip route add 192.0.2.0/24 dev eth0",
    "ip rule add from 203.0.113.0/24 table 100; ip rule del from 203.0.113.0/24 table 100",
    "nft flush ruleset",
    "ip -6 addr flush dev eth0",
    "ip link set eth0 mtu 1280; ip link set eth0 mtu 1500",
)
STATE = "ip -o addr | grep -v 'inet6 fe80::[^5]'; ip -o link | cut -d: -f2; ip rule; ip -6 rule; nft list ruleset"
LEFT = ("192.0.2.15", "192.0.2.16", "fe80::5", "2001:db8", "vrrp", "vr5", "198.51.")
ERRORS = ("Traceback", "Error", "exception", "never retrieved", "assert")


def configuration(chance: random.Random, flag: Path, own: str = OWN, peer: str = PEER) -> str:
    """Some virtual routers that a keepalived could have, valid for the most part."""
    version = chance.choice((2, 3, 3))
    weight = chance.choice((0, -30, 20))
    parts = [
        f"global_defs {{\n    vrrp_version {version}\n    {chance.choice(GENERAL)}\n}}",
        f'vrrp_script chk {{\n    script "/usr/bin/test -e {flag}"\n    interval 1\n    weight {weight}\n}}',
    ]
    vrids = chance.sample(VRIDS, chance.randint(1, 4))
    parts += [_instance(chance, version, vrid, own, peer) for vrid in vrids]
    if len(vrids) > 1 and chance.random() < 0.4:
        parts.append(f"vrrp_sync_group G {{\n    group {{\n        VI_{vrids[0]}\n        VI_{vrids[1]}\n    }}\n}}")
    return "\n\n".join(parts) + "\n"


def _instance(chance: random.Random, version: int, vrid: int, own: str, peer: str) -> str:
    six = version == 3 and chance.random() < 0.3
    interval = chance.choice((0.1, 0.2, 0.5, 1)) if version == 3 else 1
    net = f"198.51.{vrid}.0/24"
    options = [
        (0.35, f"use_vmac {chance.choice(('', f'vr{vrid}'))}"),
        (0.3, "track_script {\n        chk\n    }"),
        (0.2, "nopreempt"),
        (0.2, "preempt_delay 1"),
        (0.2, 'notify "/bin/true"'),
        (0.0 if version == 2 else 0.2, "no_accept"),
        (0.0 if six else 0.2, f"virtual_routes {{\n        {net} via 192.0.2.50\n    }}"),
        (0.0 if six else 0.2, f"virtual_rules {{\n        from {net} lookup 100\n    }}"),
        (0.0 if six else 0.2, f"unicast_src_ip {own}\n    unicast_peer {{\n        {peer}\n    }}"),
        (
            0.4 if version == 2 else 0.0,
            f"authentication {{\n        auth_type {chance.choice(('PASS', 'AH'))}\n        auth_pass abc\n    }}",
        ),
    ]
    lines = [line for likely, line in options if chance.random() < likely]
    addresses = [f"192.0.2.{vrid + 100 + more}/24" for more in range(chance.randint(1, 3))]
    if six:
        addresses = [f"fe80::{vrid}/64", f"2001:db8::{vrid}/64"]
    return "\n    ".join(
        (
            f"vrrp_instance VI_{vrid} {{",
            *("state BACKUP", "interface eth0", f"virtual_router_id {vrid}", f"advert_int {interval}"),
            *(f"priority {chance.choice((1, 50, 100, 150, 200, 254))}", *lines, "virtual_ipaddress {"),
            *(f"    {address}" for address in addresses),
            "}\n}",
        )
    )


class Bench:
    """The engine on r1, and whatever is on r2."""

    def __init__(self, folder: Path, chance: random.Random) -> None:
        self.lab, self.chance, self.flag = SegmentLab(folder), chance, folder / "flag"
        self.flag.touch()
        self.peer: Program | None = None
        self.before = self._state()
        self.engine = self.start()

    def start(self) -> Program:
        return self.lab.vrrptui("r1", configuration(self.chance, self.flag))

    def _state(self) -> Counter[str]:
        return Counter(self.lab.shell("r1", STATE, check=False).splitlines())

    def reload(self) -> None:
        (self.lab.folder / "r1.conf").write_text(configuration(self.chance, self.flag))
        self.engine.signal(signal.SIGHUP)

    def command(self) -> None:
        try:
            with Connection(self.lab.socket("r1")) as connection:
                known = connection.known()
                names = [one.name for one in known if isinstance(one, VirtualRouterSnapshot)]
                connection.ask(self._some_command(self.chance.choice(names or ["VI_51"])))
        except EngineUnreachableError:
            pass  # it has just been killed

    def _some_command(self, name: str) -> Command:
        chance, seconds = self.chance, self.chance.choice((None, 1.0))
        commands: list[Callable[..., Command]] = [
            partial(SetPriority, router=name, priority=chance.choice((1, 10, 254, None)), seconds=seconds),
            partial(StopRouter, router=name, seconds=seconds),
            *(partial(kind, router=name) for kind in (StartRouter, DrainRouter, AnnounceAgain)),
            partial(MuteCheck, check="chk", muted=chance.random() < 0.5),
            Reload,
        ]
        return chance.choice(commands)(id=1)

    def blow(self) -> None:
        self.lab.shell("r1", self.chance.choice(BLOWS), check=False)

    def peer_comes_or_goes(self) -> None:
        if self.peer is not None:
            self.peer.end()
            self.peer = None
            return
        program = self.lab.keepalived if self.chance.random() < 0.6 else self.lab.vrrptui
        self.peer = program("r2", configuration(self.chance, self.flag, PEER, OWN))

    def pause(self) -> None:
        os.kill(self.engine.pid, signal.SIGSTOP)
        time.sleep(self.chance.random() * 2)
        os.kill(self.engine.pid, signal.SIGCONT)

    def turn_the_check(self) -> None:
        if self.flag.exists():
            self.flag.unlink()
        else:
            self.flag.touch()

    def kill(self) -> None:
        self.engine.kill()
        self.engine = self.start()

    def wrong_at_the_end(self) -> list[str]:
        """End everything; what the engine complained of, and what it left."""
        if self.peer is not None:
            self.peer.end()
        self.engine.terminate()
        wrong = [f"ended with {status}"] if (status := self.engine.wait(20)) else []
        for log in self.lab.folder.glob("r1-*.log"):
            lines = log.read_text(errors="replace").splitlines()
            wrong += [line for line in lines if any(word in line for word in ERRORS)]
        left = (self._state() - self.before).elements()
        return wrong + [f"left: {line.strip()}" for line in left if any(word in line for word in LEFT)]


def run(folder: Path, seed: int, seconds: float) -> tuple[int, Sequence[str]]:
    """How many acts there were, and what was wrong."""
    chance = random.Random(seed)
    bench, done = Bench(folder, chance), 0
    acts = [bench.reload, bench.command, bench.blow, bench.peer_comes_or_goes]
    acts += [bench.pause, bench.turn_the_check, bench.kill]
    ends = time.monotonic() + seconds
    try:
        bench.lab.wait_for(lambda: "ready:" in bench.engine.text())
        while time.monotonic() < ends:
            (act,) = chance.choices(acts, (20, 30, 10, 10, 6, 6, 2))
            act()
            done += 1
            time.sleep(chance.choice((0.05, 0.1, 0.3, 1.0)))
            if not bench.engine.runs:
                return done, [f"ended after {act.__name__}: {bench.engine.text()[-500:]}"]
        return done, bench.wrong_at_the_end()
    finally:
        bench.lab.close()
