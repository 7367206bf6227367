"""Routes and rules as configured, with the options of `ip route` and `ip rule`."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network

from vrrptui.protocol.advert import Address

ALL_BITS = 2**32 - 1
Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class NextHop:
    """A next hop of a route."""

    gateway: Address | None = None  # may be of the other family than the destination
    device: str | None = None
    weight: int = 1  # 1-256, if there are several next hops
    onlink: bool = False


@dataclass(frozen=True, slots=True)
class Route:
    """A route, with the options of `ip route`."""

    words: tuple[str, ...]  # as written in the file
    destination: Network
    type: str = "unicast"
    hops: tuple[NextHop, ...] = ()
    source: Address | None = None  # preferred source address
    table: str = "main"  # name or number
    metric: int | None = None
    scope: str | None = None  # name or number; None: derived from the type and the gateway
    tos: int = 0
    protocol: str | None = None  # name or number; None: derived from the type and the gateway
    realms: int | None = None  # source realm in the upper 16 bits, destination realm in the lower
    preference: str | None = None  # for IPv6: low, medium, high
    metrics: tuple[tuple[str, int], ...] = ()
    locked: tuple[str, ...] = ()  # metrics that the kernel must not update
    track_group: str | None = None  # for a static route: its loss is a fault of this group's virtual routers
    tracked: bool = True  # no_track: not restored after another program removed it

    @property
    def devices(self) -> tuple[str, ...]:
        """The names of the interfaces it needs."""
        return tuple(hop.device for hop in self.hops if hop.device is not None)

    def __str__(self) -> str:
        return f"route {' '.join(self.words)}"


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule, with the options of `ip rule`."""

    words: tuple[str, ...]  # as written in the file
    six: bool = False  # IPv6
    negated: bool = False
    source: Network | None = None
    destination: Network | None = None
    input_device: str | None = None
    output_device: str | None = None
    mark: int | None = None
    mark_mask: int = ALL_BITS
    tos: int = 0
    table: str | None = None  # name or number
    preference: int | None = None  # None: chosen by the kernel
    action: str | None = None  # nop, unreachable, prohibit, blackhole; None: look up the table or follow goto
    goto: int | None = None  # preference of the rule to jump to
    l3mdev: bool = False
    realms: int | None = None  # source realm in the upper 16 bits, destination realm in the lower
    uids: tuple[int, int] | None = None
    ip_protocol: int | None = None
    source_ports: tuple[int, int] | None = None
    destination_ports: tuple[int, int] | None = None
    tunnel: int | None = None
    suppress_length: int | None = None  # ignore routes with a prefix of at most this length
    suppress_group: int | None = None
    protocol: str | None = None  # name or number; None: keepalived's
    track_group: str | None = None
    tracked: bool = True

    @property
    def devices(self) -> tuple[str, ...]:
        """The names of the interfaces it refers to."""
        return tuple(device for device in (self.input_device, self.output_device) if device is not None)

    def __str__(self) -> str:
        return f"rule {' '.join(self.words)}"
