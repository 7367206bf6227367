"""Routes and rules as a configuration has them, in the words of `ip route` and `ip rule`."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network

from vrrptui.protocol.advert import Address

ALL_BITS = 2**32 - 1
Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class NextHop:
    """Where a route's packets go."""

    gateway: Address | None = None  # also of the other family than the destination's
    device: str | None = None
    weight: int = 1  # 1-256, of several next hops
    onlink: bool = False


@dataclass(frozen=True, slots=True)
class Route:
    """A route as `ip route` has it."""

    words: tuple[str, ...]  # as they were written
    destination: Network
    type: str = "unicast"
    hops: tuple[NextHop, ...] = ()
    source: Address | None = None  # preferred source address
    table: str = "main"  # name or number
    metric: int | None = None
    scope: str | None = None  # name or number; None: what the type and the gateway make it
    tos: int = 0
    protocol: str | None = None  # name or number; None: keepalived's
    realms: int | None = None  # source realm in the upper half, destination realm in the lower
    preference: str | None = None  # of IPv6: low, medium, high
    metrics: tuple[tuple[str, int], ...] = ()
    locked: tuple[str, ...] = ()  # metrics that are not learned
    track_group: str | None = None  # of a static route: whose virtual routers its loss is a fault of
    tracked: bool = True  # no_track: left away when somebody removes it

    @property
    def devices(self) -> tuple[str, ...]:
        """The links it needs, by name."""
        return tuple(hop.device for hop in self.hops if hop.device is not None)

    def __str__(self) -> str:
        return f"route {' '.join(self.words)}"


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as `ip rule` has it."""

    words: tuple[str, ...]  # as they were written
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
    preference: int | None = None  # None: the kernel chooses
    action: str | None = None  # nop, unreachable, prohibit, blackhole; None: look in the table, or go on elsewhere
    goto: int | None = None  # the preference of the rule to go on with
    l3mdev: bool = False
    realms: int | None = None  # source realm in the upper half, destination realm in the lower
    uids: tuple[int, int] | None = None
    ip_protocol: int | None = None
    source_ports: tuple[int, int] | None = None
    destination_ports: tuple[int, int] | None = None
    tunnel: int | None = None
    suppress_length: int | None = None  # routes with a prefix up to so long do not count
    suppress_group: int | None = None
    protocol: str | None = None  # who made it: name or number; None: keepalived
    track_group: str | None = None
    tracked: bool = True

    @property
    def devices(self) -> tuple[str, ...]:
        """The links it names."""
        return tuple(device for device in (self.input_device, self.output_device) if device is not None)

    def __str__(self) -> str:
        return f"rule {' '.join(self.words)}"
