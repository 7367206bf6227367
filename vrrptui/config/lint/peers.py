"""Checks whether the configurations of several routers fit together.

Virtual routers correspond if they have the same VRID and family. Interface names may differ between hosts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vrrptui.config.findings.report import shown, visible
from vrrptui.config.lint.reach import reach
from vrrptui.config.model.configuration import Configuration, Finding, Level, VirtualRouterConfig
from vrrptui.protocol.advert import Address, Checksum, Family
from vrrptui.protocol.timers import too_close

LISTED_MAX = 5  # addresses named in one finding


@dataclass(frozen=True, slots=True)
class _Side:
    """One virtual router, and the configuration it is in."""

    index: int
    configuration: Configuration
    router: VirtualRouterConfig

    @property
    def name(self) -> str:
        return f"{shown(self.router.name)} in {visible(self.configuration.file)}"


class _Comparison:
    """Collects the differences, with the index of the configuration that each is about."""

    def __init__(self) -> None:
        self.found: list[tuple[int, Finding]] = []

    def say(self, side: _Side, keyword: str, code: str, text: str, hint: str = "") -> None:
        place = side.router.origins.get(keyword, side.router.place)
        self.found.append((side.index, Finding(Level.WARNING, place, code, text, hint)))


def compare(configurations: Sequence[Configuration]) -> list[tuple[int, Finding]]:
    """Return the mismatches, each with the index of the configuration that it is about; none for a single one."""
    comparison = _Comparison()
    together: dict[tuple[Family, int], list[_Side]] = {}
    for index, configuration in enumerate(configurations):
        for router in configuration.routers:
            sides = together.setdefault((router.family, router.vrid), [])
            if all(side.index != index for side in sides):
                sides.append(_Side(index, configuration, router))
    if len(configurations) < 2:
        return []
    holders: dict[Address, _Side] = {}
    for sides in together.values():
        for side in sides:
            _compare_vrids(holders, side, comparison)
        if len(sides) == 1:
            text = f"no other file has a virtual router {sides[0].router.vrid} for {sides[0].router.family.value}"
            comparison.say(sides[0], "virtual_router_id", "no-peer", text)
        for number, second in enumerate(sides):
            for first in sides[:number]:
                _compare(first, second, comparison)
    return comparison.found


def _compare_vrids(holders: dict[Address, _Side], side: _Side, comparison: _Comparison) -> None:
    for address in side.router.addresses:
        if address.address.is_link_local:
            continue  # the same address may exist on each network
        holder = holders.setdefault(address.address, side)
        if holder.index != side.index and holder.router.vrid != side.router.vrid:
            text = f"{address.address} is held by VRID {holder.router.vrid} in {visible(holder.configuration.file)}"
            comparison.say(side, "virtual_router_id", "vrid-differs", text, "give both the same virtual_router_id")


def _compare(first: _Side, second: _Side, comparison: _Comparison) -> None:
    one, other = first.router, second.router
    if one.version != other.version:
        text = (
            f"{first.name} speaks version {one.version}, here it is {other.version}: each refuses the other's adverts"
        )
        comparison.say(second, "version", "version-differs", text, "one version on all routers")
    if one.interval_ns != other.interval_ns:
        intervals = one.interval_ns / 1e9, other.interval_ns / 1e9
        text = f"{first.name} has advert_int {intervals[0]:g}, here it is {intervals[1]:g}"
        comparison.say(second, "advert_int", "interval-differs", text, "one advert_int on all routers")
    mine, theirs = ({address.address for address in router.addresses} for router in (other, one))
    if mine != theirs:
        missing, extra = _listed(theirs - mine), _listed(mine - theirs)
        text = f"{first.name} has other addresses: missing here {missing}; only here {extra}"
        comparison.say(second, "virtual_ipaddress", "addresses-differ", text, "the same addresses on all routers")
    _compare_authentication(first, second, comparison)
    _compare_ways(first, second, comparison)
    _compare_priorities(first, second, comparison)


def _listed(addresses: set[Address]) -> str:
    """Return the first few addresses as text."""
    first = ", ".join(str(address) for address in sorted(addresses, key=int)[:LISTED_MAX]) or "none"
    return first if len(addresses) <= LISTED_MAX else f"{first} and {len(addresses) - LISTED_MAX} more"


def _compare_authentication(first: _Side, second: _Side, comparison: _Comparison) -> None:
    one, other = first.router, second.router
    kinds = ("none", "PASS", "AH")
    if one.auth_type != other.auth_type:
        text = f"{first.name} has auth_type {kinds[one.auth_type]}, here it is {kinds[other.auth_type]}"
        comparison.say(second, "authentication", "auth-differs", text, "the same authentication on all routers")
    elif one.auth_password != other.auth_password:
        text = f"{first.name} has another password: each refuses the other's adverts"
        comparison.say(second, "authentication", "auth-differs", text, "the same auth_pass on all routers")


def _compare_ways(first: _Side, second: _Side, comparison: _Comparison) -> None:
    """Compare how adverts are sent: unicast peers or multicast group, and the form of checksum."""
    one, other = first.router, second.router
    if bool(one.unicast_peers) != bool(other.unicast_peers):
        way = "unicast" if one.unicast_peers else "multicast"
        text = f"{first.name} uses {way}, here it is not: they do not hear each other"
        comparison.say(second, "unicast_peer", "unicast-differs", text, "unicast_peer on all routers, or on none")
    elif one.unicast_source and other.unicast_peers and one.unicast_source not in other.unicast_peers:
        text = f"{first.name} sends from {one.unicast_source}, which is not a unicast_peer here"
        comparison.say(second, "unicast_peer", "peer-missing", text, f"unicast_peer {{ {one.unicast_source} }}")
    elif other.unicast_source and one.unicast_peers and other.unicast_source not in one.unicast_peers:
        text = f"this router sends from {other.unicast_source}, which is not a unicast_peer of {first.name}"
        comparison.say(
            second, "unicast_src_ip", "peer-missing", text, f"unicast_peer {{ {other.unicast_source} }} there"
        )
    if not one.unicast_peers and one.multicast_destination != other.multicast_destination:
        text = f"{first.name} sends to another multicast group: they do not hear each other"
        comparison.say(second, "mcast_dst_ip", "group-differs", text, "one mcast_dst_ip on all routers")
    forms = {side.checksum or Checksum.PSEUDO_HEADER for side in (one, other)}  # keepalived does not adapt
    if one.version == other.version == 3 and one.family is Family.IPV4 and len(forms) > 1:
        text = f"{first.name} makes checksums the other way"
        comparison.say(second, "v3_checksum_as_v2", "checksum-differs", text, "v3_checksum_as_v2 on all, or on none")
    if one.down_timer_adverts != other.down_timer_adverts:
        text = f"{first.name} has down_timer_adverts {one.down_timer_adverts}, here it is {other.down_timer_adverts}"
        comparison.say(second, "down_timer_adverts", "down-timer-differs", text, "the same number on all routers")


def _compare_priorities(first: _Side, second: _Side, comparison: _Comparison) -> None:
    one, other = first.router, second.router
    if one.owner and other.owner:
        text = f"{first.name} is also the address owner (255): there can be only one"
        comparison.say(second, "priority", "two-owners", text, "priority 255 for one router only")
        return
    if one.priority == other.priority:
        text = f"{first.name} also has priority {one.priority}: the higher IP address decides"
        comparison.say(
            second, "priority", "same-priority", text, "another priority for each router, such as 100 and 150"
        )
    elif not (one.owner or other.owner) and _skew_too_close(one, other):
        text = f"{first.name} has priority {one.priority}, here it is {other.priority}: too close to tell who is first"
        comparison.say(second, "priority", "skew-too-close", text, "priorities further apart, such as 100 and 150")
    _compare_reach(first, second, comparison)


def _skew_too_close(one: VirtualRouterConfig, other: VirtualRouterConfig) -> bool:
    """Report whether both may take over from a lost master, judged by the shorter of the two intervals."""
    interval_ns = min(one.interval_ns, other.interval_ns)
    return one.version == other.version and too_close(one.version, one.priority, other.priority, interval_ns)


def _compare_reach(first: _Side, second: _Side, comparison: _Comparison) -> None:
    """Report if the weights of two routers can never change which of them is master."""
    reaches = {side.index: reach(side.router, side.configuration) for side in (first, second)}
    upper, lower = sorted((first, second), key=lambda side: -side.router.priority)
    top, bottom = reaches[upper.index], reaches[lower.index]
    moved = top.lowest != top.highest or bottom.lowest != bottom.highest
    if moved and top.certain and bottom.certain and top.lowest > bottom.highest:
        text = (
            f"whatever fails, {upper.name} has {top.lowest} or more and {lower.name} {bottom.highest} or less:"
            " the weights never change who is master"
        )
        hint = f"weights that move {upper.name} below {bottom.highest}, or weight 0 for a fault"
        comparison.say(upper, "track_script", "weight-too-small", text, hint)
