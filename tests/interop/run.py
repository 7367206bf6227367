"""One run of the matrix: routers on two hosts, a capture of all they say, and the facts that its judge needs."""

from __future__ import annotations

import time
from ipaddress import ip_address
from pathlib import Path

from tests.interop.captured import Address, read_capture
from tests.interop.checker import MS, Facts, Finding, Spell, judge
from tests.interop.makes import MAKES, PASSWORD, Router, Setting, Speech
from tests.interop.segment_lab import ADDRESSES, SegmentLab

HOSTS = ("r1", "r2", "client")
LATE_NS = 150 * MS  # a router of any make on a busy machine


class Run:
    """Routers by host; what is done to them is noted, and `judge` holds the capture against it."""

    def __init__(self, lab: SegmentLab, speech: Speech, makes: tuple[str, ...]) -> None:
        self.lab, self.speech = lab, speech
        self.makes = dict(zip(HOSTS, makes, strict=False))
        self.file: Path = lab.folder / "all.pcap"
        self.routers: dict[str, Router] = {}
        self.faults = 0
        self._spells: dict[str, list[tuple[str, int, int | None]]] = {
            "away": [],
            "paused": [],
            "cut": [],
            "deaf": [],
            "lossy": [],
        }
        self._ready: dict[str, int] = {}
        self._known: dict[str, set[Address]] = {host: set() for host in HOSTS}
        self._dump = lab.tcpdump(self.file)

    # What the scenario does.

    def start(self, host: str, priority: int, **changes: object) -> Router:
        """A router on this host; it takes part when this returns."""
        self.end_spell("away", host)
        router = MAKES[self.makes[host]](self.lab, host, Setting(self.speech, priority, **changes))
        self.routers[host] = router
        self._ready.setdefault(host, router.ready_ns)
        self.faults += 1
        return router

    def pair(self, r1: int = 150, r2: int = 100, **changes: object) -> None:
        """r1 the master and r2 the backup, who has heard it."""
        self.start("r1", r1, **changes)
        self.wait_for_master("r1")
        self.start("r2", r2, **changes)
        self.wait_for_master("r1")

    def begin_spell(self, kind: str, host: str) -> None:
        self._spells[kind].append((host, time.time_ns(), None))
        self.faults += 1

    def end_spell(self, kind: str, host: str) -> None:
        now_ns = time.time_ns()
        self._spells[kind] = [
            (name, begin, now_ns if end is None and name == host else end) for name, begin, end in self._spells[kind]
        ]

    def kill(self, host: str) -> None:
        self.begin_spell("away", host)
        self.routers[host].kill()

    def terminate(self, host: str) -> None:
        self.routers[host].terminate()
        self.routers[host].program.wait()
        self.begin_spell("away", host)

    def deafen(self, host: str, percent: int = 100) -> None:
        """Of a hundred adverts that come to this host so many are dropped."""
        chance = "" if percent == 100 else f"numgen random mod 100 < {percent} "
        self.begin_spell("deaf" if percent == 100 else "lossy", host)
        self.lab.shell(
            host,
            "nft add table inet loss && nft 'add chain inet loss in { type filter hook input priority 0; }' && "
            f"nft 'add rule inet loss in meta l4proto {{ 112, 51 }} {chance}drop'",
        )

    def undeafen(self, host: str) -> None:
        self.lab.shell(host, "nft delete table inet loss")
        self.end_spell("deaf", host)
        self.end_spell("lossy", host)

    def cut(self, host: str, is_cut: bool) -> None:
        """The port of the switch forwards nothing, and the link stays up: a partition."""
        if is_cut:
            self.begin_spell("cut", host)
        self.lab.shell("switch", f"bridge link set dev to-{host} state {0 if is_cut else 3}")
        if not is_cut:
            self.end_spell("cut", host)

    def wait(self, seconds: float) -> None:
        """Let the routers be for a while."""
        time.sleep(seconds)

    # What it sees.

    def sources(self, host: str) -> set[Address]:
        """The addresses that this host's adverts can come from."""
        if self.speech.family == "ipv4":
            return {ip_address(ADDRESSES[host])}
        shown = self.lab.shell(host, "ip -6 -br addr").split()
        if self.makes[host] == "frr":  # it speaks from its own device
            shown = self.lab.shell(host, "ip -6 -br addr | grep ^vrrp", check=False).split()
        return {ip_address(word.split("/")[0]) for word in shown if word.startswith("fe80")} - {
            ip_address(f"fe80::{vrid}") for vrid in range(1, 256)
        }

    def spoke(self, host: str, after_ns: int, vrid: int = 51) -> int:
        """How many adverts of this host have come since then; not counting priority 0."""
        self.lab.listen()
        mine = self._known_sources(host)
        return sum(
            seen.at_ns > after_ns
            and seen.advert.vrid == vrid
            and seen.advert.source in mine
            and bool(seen.advert.priority)
            for seen in self.lab.adverts
        )

    def _known_sources(self, host: str) -> set[Address]:
        heard = {seen.advert.source for seen in self.lab.adverts}
        if heard - set().union(*self._known.values()):
            for one in self.makes:
                self._known[one] |= self.sources(one) & heard
        return self._known[host]

    def wait_for_master(self, host: str, vrids: tuple[int, ...] = (51,), seconds: float = 25.0) -> None:
        """Wait until this host has just advertised twice, and the other one not since."""
        others = [one for one in self.makes if one != host]
        since_ns = time.time_ns()

        def rules() -> bool:
            self.lab.listen()
            mine, theirs = self._known_sources(host), {s for o in others for s in self._known_sources(o)}
            last_ns = dict.fromkeys(vrids, since_ns)  # when another one spoke last, or the waiting began
            spoken = dict.fromkeys(vrids, 0)
            for seen in self.lab.adverts:
                vrid = seen.advert.vrid or 0
                if vrid not in spoken or seen.at_ns <= last_ns[vrid]:
                    continue
                if seen.advert.source in theirs:
                    last_ns[vrid], spoken[vrid] = seen.at_ns, 0
                elif seen.advert.source in mine and seen.advert.priority:
                    spoken[vrid] += 1
            return all(count >= 2 for count in spoken.values())

        self.lab.wait_for(rules, seconds)

    def log(self, host: str) -> str:
        return self.routers[host].program.text()

    # The end.

    def judge(self, best: str | None = None, judged: tuple[str, ...] = HOSTS, **facts: object) -> list[Finding]:
        """Everything in the capture that must not be; the routers are ended by whoever made the run."""
        if best:
            now_ns = time.time_ns()
            self.lab.wait_for(lambda: self.spoke(best, now_ns) >= 2)
        self.lab.listen()
        self._dump.terminate()
        self._dump.wait()
        assert "\n0 packets dropped by kernel" in self._dump.text(), "the capture has holes"
        mine = {host: self._known_sources(host) for host in self.makes}
        everybody = {source: host for host, sources in mine.items() for source in sources}
        spells = {
            kind: tuple(Spell(s, begin, end or 1 << 63) for host, begin, end in spells for s in mine[host])
            for kind, spells in self._spells.items()
        }
        known: dict[str, object] = {
            "routers": tuple(s for s, host in everybody.items() if host in judged),
            "version": self.speech.version,
            "password": PASSWORD.encode() if self.speech.auth == "PASS" else b"",
            "key": PASSWORD.encode() if self.speech.auth == "AH" else b"",
            "unicast": self.speech.unicast,
            "rough": {s: MAKES[self.makes[host]].rough_ns for s, host in everybody.items()},
            "slow": {s: self.routers[host].first_advert_late_ns for s, host in everybody.items()},
            "quiet": tuple(s for s, host in everybody.items() if MAKES[self.makes[host]].quiet),
            "ready": {s: self._ready[host] for s, host in everybody.items() if host in self._ready},
            "faults": self.faults,
            "best": next(iter(mine[best])) if best else None,
            "late_ns": LATE_NS,
            **spells,
        }
        return judge(read_capture(self.file), Facts(**{**known, **facts}))

    def close(self) -> None:
        for router in self.routers.values():
            router.close()
