"""What is heard beside adverts: who announces an address, who listens to the VRRP groups, what is not VRRP at all.

Values, and the bounded memory of listeners. A listener is known for an interface and a family, never for a VRID: all
groups of an interface share one multicast address.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

from vrrptui.protocol.advert import NS_PER_SECOND, Address, Family

MAX_LISTENERS = 1024
MAX_OTHERS = 64
LISTENER_MEMORY_NS = 3600 * NS_PER_SECOND  # without a querier a host reports once, when it joins

Place = tuple[str | None, int | None]  # interface, VLAN


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """Somebody said that `address` is at `mac`."""

    address: Address
    mac: bytes
    how: str  # gratuitous ARP, ARP reply, ARP request, neighbour advertisement
    interface: str | None = None
    vlan: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """A host reported by IGMP or MLD that it listens to the VRRP group of its family, or does no more."""

    source: Address
    listens: bool
    interface: str | None = None
    vlan: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherProtocol:
    """A redundancy protocol that is not VRRP."""

    name: str  # HSRP
    source: Address
    interface: str | None = None
    vlan: int | None = None


Overheard = Announced | Listening | OtherProtocol


@dataclass(slots=True)
class Listeners:
    """Who was heard to join the VRRP groups, where, and when last."""

    known: OrderedDict[tuple[Place, Address], int] = field(default_factory=OrderedDict)

    def note(self, heard: Listening, now_ns: int) -> bool:
        """Take it in; whether that one listens and was not known to, or was known to and listens no more."""
        key = ((heard.interface, heard.vlan), heard.source)
        before_ns = self.known.pop(key, None)
        if heard.listens:
            self.known[key] = now_ns
        if len(self.known) > MAX_LISTENERS:
            self.known.popitem(last=False)
        return heard.listens is not (before_ns is not None and now_ns - before_ns < LISTENER_MEMORY_NS)

    def of(self, place: Place, family: Family, now_ns: int) -> list[Address]:
        """Who listens there, in the order of their addresses."""
        there = [
            source
            for (where, source), seen_ns in self.known.items()
            if where == place and Family.of(source) is family and now_ns - seen_ns < LISTENER_MEMORY_NS
        ]
        return sorted(there, key=int)
