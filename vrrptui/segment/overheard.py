"""What is heard besides adverts: announced addresses, members of the VRRP multicast groups, other protocols.

These are values, and a bounded table of listeners. A listener is known by interface and family, not by VRID, because
all groups of an interface share one multicast address.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

from vrrptui.protocol.advert import NS_PER_SECOND, Address, Family

MAX_LISTENERS = 1024
MAX_OTHERS = 64
LISTENER_MEMORY_NS = 3600 * NS_PER_SECOND  # without a querier a host reports only once, when it joins

Place = tuple[str | None, int | None]  # interface, VLAN


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """A host announced, or answered, that `address` is at `mac`."""

    address: Address
    mac: bytes
    how: str  # gratuitous ARP, ARP reply, ARP request, neighbour advertisement
    interface: str | None = None
    vlan: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """A host reported by IGMP or MLD that it joined or left the VRRP multicast group of its family."""

    source: Address
    listens: bool
    interface: str | None = None
    vlan: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherProtocol:
    """A redundancy protocol that is not VRRP."""

    name: str  # for example HSRP
    source: Address
    interface: str | None = None
    vlan: int | None = None


Overheard = Announced | Listening | OtherProtocol


@dataclass(slots=True)
class Listeners:
    """The hosts that joined the VRRP multicast groups, by interface and VLAN, with the time of their last report."""

    known: OrderedDict[tuple[Place, Address], int] = field(default_factory=OrderedDict)

    def note(self, heard: Listening, now_ns: int) -> bool:
        """Record a report; return whether the host is a new listener or ceased to be one."""
        key = ((heard.interface, heard.vlan), heard.source)
        before_ns = self.known.pop(key, None)
        if heard.listens:
            self.known[key] = now_ns
        if len(self.known) > MAX_LISTENERS:
            self.known.popitem(last=False)
        return heard.listens is not (before_ns is not None and now_ns - before_ns < LISTENER_MEMORY_NS)

    def of(self, place: Place, family: Family, now_ns: int) -> list[Address]:
        """Return the listeners at `place`, ordered by address."""
        there = [
            source
            for (where, source), seen_ns in self.known.items()
            if where == place and Family.of(source) is family and now_ns - seen_ns < LISTENER_MEMORY_NS
        ]
        return sorted(there, key=int)
