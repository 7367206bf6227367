"""The engine's messages folded into one view. No Textual, no socket, no clock.

Snapshots are complete, so applying one twice changes nothing. After a reconnection the old state is shown until the
engine has sent everything; then the new state replaces it at once.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field, replace

from vrrptui.client.advert_log import AdvertRing
from vrrptui.client.rates import Rates
from vrrptui.control.messages import (
    Adverts,
    FromEngine,
    Hello,
    HistoryEvent,
    Removed,
    Synced,
)
from vrrptui.control.several import host_and_key
from vrrptui.control.snapshots import (
    CheckSnapshot,
    EngineSnapshot,
    FindingSnapshot,
    GroupSnapshot,
    MasterSnapshot,
    Severity,
    VirtualRouterSnapshot,
)

MAX_EVENTS = 2_000
SEVERITY_ORDER: dict[str, int] = {"critical": 0, "warning": 1, "ok": 2, "off": 3}


@dataclass(frozen=True, slots=True)
class Row:
    """A group as shown: the observed group joined with the local virtual router of the same key."""

    key: str
    group: GroupSnapshot | None
    router: VirtualRouterSnapshot | None
    rank: int | None = None  # order among the rows of several engines for one group

    @property
    def interface(self) -> str:
        if self.group is None:
            return self.router.interface if self.router else "-"
        name = self.group.interface or "-"
        return name if self.group.vlan is None else f"{name}.{self.group.vlan}"

    @property
    def vrid(self) -> int:
        one = self.group or self.router
        return one.vrid if one else 0

    @property
    def version(self) -> int:
        one = self.group or self.router
        return one.version if one else 0

    @property
    def family(self) -> str:
        one = self.group or self.router
        return one.family if one else "ipv4"

    @property
    def addresses(self) -> list[str]:
        """The virtual addresses without prefix lengths: as advertised, else as configured."""
        heard = self.group.addresses if self.group else []
        return heard or [address.split("/")[0] for address in (self.router.virtual_addresses if self.router else [])]

    @property
    def masters(self) -> list[MasterSnapshot]:
        return self.group.masters if self.group else []

    @property
    def problems(self) -> list[str]:
        """The codes of the virtual router, then of the group, without informational ones."""
        codes = [finding.code for finding in self._own] + [code for code, _ in self._wrong]
        if self.router and self.router.state == "fault":
            codes.append("LOCAL_FAULT")
        return codes

    @property
    def explanations(self) -> list[str]:
        """A sentence for each problem."""
        sentences = [finding.text for finding in self._own] + [sentence for _, sentence in self._wrong]
        if self.router and self.router.state == "fault":
            sentences.append(f"{self.router.name} is in fault here: {self.router.reason}")
        return sentences

    @property
    def _own(self) -> list[FindingSnapshot]:
        """The problems of the local virtual router, all critical."""
        return self.router.findings if self.router else []

    @property
    def _wrong(self) -> list[tuple[str, str]]:
        if self.group is None:
            return []
        known = {finding.code for finding in self.group.findings if finding.severity == "ok"}
        pairs = zip(self.group.problems, self.group.explanations, strict=False)
        return [(code, sentence) for code, sentence in pairs if code not in known]

    @property
    def severity(self) -> Severity | str:
        """critical, warning, ok, or `off` for a stopped local virtual router without problems."""
        severity: str = self.group.severity if self.group else "ok"
        if self._own:
            return "critical"
        if self.router and self.router.state == "fault":
            return "warning" if self.masters and severity != "critical" else "critical"
        if severity == "ok" and self.router and self.router.state == "stopped":
            return "off"
        if severity == "ok" and self.router and self.router.state == "init":
            return "warning"
        return severity

    @property
    def since(self) -> float:
        """When the current master, or the lack of one, began; 0 if unknown."""
        if self.group and self.group.since:
            return self.group.since
        return self.router.since if self.router else 0.0


@dataclass(slots=True)
class Picture:
    """The state of an engine at one moment."""

    hello: Hello | None = None
    engine: EngineSnapshot | None = None
    groups: dict[str, GroupSnapshot] = field(default_factory=dict)
    routers: dict[str, VirtualRouterSnapshot] = field(default_factory=dict)
    checks: dict[str, CheckSnapshot] = field(default_factory=dict)
    events: dict[int, HistoryEvent] = field(default_factory=dict)  # by seq, oldest first


class View:
    """The current state. `version` grows with every message that may change what is shown."""

    def __init__(self) -> None:
        self._picture = Picture()
        self.adverts = AdvertRing()
        self._rates = Rates()
        self.synced = False
        self.several = False  # engines whose keys begin with their host
        self.version = 0
        self._rows: tuple[int, list[Row]] = (-1, [])  # the version it was computed for
        self._coming: Picture | None = None

    @property
    def picture(self) -> Picture:
        """The current state."""
        return self._picture

    @property
    def rates(self) -> Rates:
        """The recent rates of adverts."""
        return self._rates

    def apply(self, message: FromEngine) -> None:
        """Apply one message."""
        self.version += 1
        target = self._coming or self._picture
        match message:
            case Hello():
                self._coming = Picture(hello=message)
            case Synced():
                self._picture, self._coming, self.synced = target, None, True
            case EngineSnapshot():
                target.engine = message
            case GroupSnapshot():
                self._rates.take(target.groups.get(message.key), message)
                target.groups[message.key] = message
            case VirtualRouterSnapshot():
                target.routers[message.key] = message
            case CheckSnapshot():
                target.checks[message.name] = message
            case HistoryEvent():
                _remember(target.events, message)
            case Removed():
                kinds: dict[str, dict[str, object]] = {
                    "group": target.groups,  # type: ignore[dict-item]
                    "virtual_router": target.routers,  # type: ignore[dict-item]
                    "check": target.checks,  # type: ignore[dict-item]
                }
                kinds[message.kind].pop(message.key, None)
            case Adverts():
                self.adverts.take(message)

    @property
    def may_operate(self) -> bool:
        """Whether the engine lets this client send commands."""
        return bool(self.picture.hello and self.picture.hello.may_operate)

    def rows(self) -> list[Row]:
        """All groups, observed, local, or both, in no particular order."""
        if self._rows[0] != self.version:
            picture = self.picture
            keys = dict.fromkeys((*picture.groups, *picture.routers))
            rows = [Row(key, picture.groups.get(key), picture.routers.get(key)) for key in keys]
            self._rows = (self.version, _together(rows) if self.several else rows)
        return self._rows[1]

    def row(self, key: str) -> Row | None:
        """Return the group of this key, or None."""
        group, router = self.picture.groups.get(key), self.picture.routers.get(key)
        return Row(key, group, router) if group or router else None

    def find(self, wanted: str) -> Row | None:
        """Return the group of a virtual router by its name, or of a key; None if neither is known."""
        named = next((router.key for router in self.picture.routers.values() if router.name == wanted), wanted)
        return self.row(named)

    def events_of(self, key: str) -> list[HistoryEvent]:
        """Return the history of one group, newest first."""
        return [event for event in self.newest_events() if event.group == key]

    def newest_events(self) -> list[HistoryEvent]:
        """Return the history by time, newest first: events are reported late and not always in order."""
        return sorted(self.picture.events.values(), key=lambda event: (event.time, event.seq), reverse=True)

    def frozen(self) -> View:
        """Return a copy that later messages do not change, for a paused screen."""
        other = View()
        picture = self.picture
        other._picture = copy.copy(picture)
        for name in ("groups", "routers", "checks", "events"):
            setattr(other._picture, name, dict(getattr(picture, name)))
        other._rates = self.rates.frozen()
        other.adverts = self.adverts.copy()
        other.synced, other.several, other.version = self.synced, self.several, self.version
        return other


def _remember(events: dict[int, HistoryEvent], event: HistoryEvent) -> None:
    events[event.seq] = event
    while len(events) > MAX_EVENTS:
        del events[next(iter(events))]


def _together(rows: list[Row]) -> list[Row]:
    """Return the rows of several engines, each with the rank of the worst severity for its group."""
    worst_of: dict[str, int] = {}
    for row in rows:
        own, rank = host_and_key(row.key)[1], SEVERITY_ORDER[row.severity]
        worst_of[own] = min(rank, worst_of.get(own, rank))
    ranked = [replace(row, rank=worst_of[host_and_key(row.key)[1]]) for row in rows]
    return sorted(ranked, key=lambda row: row.key)


def by_severity(row: Row) -> tuple[int, str, int, str]:
    """Return the sort key: worst first, then by interface and VRID."""
    return (SEVERITY_ORDER[row.severity] if row.rank is None else row.rank, row.interface, row.vrid, row.family)


def worst(rows: list[Row]) -> Row | None:
    """Return the row with the worst problem, or None."""
    bad = [row for row in rows if row.severity in ("critical", "warning")]
    return min(bad, key=lambda row: (SEVERITY_ORDER[row.severity], by_severity(row))) if bad else None
