"""The kernel filter of the observer's socket: which frames of which interfaces it accepts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from vrrptui.engine.capture.bpf import (
    ACCEPT_BYTES,
    AND,
    JUMP,
    JUMP_IF_EQUAL,
    JUMP_IF_LEAST,
    LOAD_BYTE,
    LOAD_HALF,
    LOAD_HALF_INDEXED,
    LOAD_WORD,
    LOAD_X_HEADER,
    RETURN,
    Instruction,
)
from vrrptui.engine.capture.link_layer import ETHERNET_HARDWARE, NO_HARDWARE
from vrrptui.engine.capture.other_protocols import (
    ETHERTYPE_ARP,
    HOP_BY_HOP,
    HSRP_PORT,
    HSRP_PORT_IPV6,
    ICMPV6,
    IGMP,
    NEIGHBOUR_ADVERTISEMENT,
    UDP,
)
from vrrptui.engine.host.link import VlanTag
from vrrptui.protocol.advert import PROTOCOL_AH, PROTOCOL_VRRP
from vrrptui.protocol.frame import IPV6_HEADER_BYTES
from vrrptui.protocol.link.link_types import ETHERTYPE_IPV4, ETHERTYPE_IPV6

# Ancillary data of a frame (linux/filter.h, SKF_AD_*).
INTERFACE_INDEX, HARDWARE_TYPE = 0xFFFFF008, 0xFFFFF01C
VLAN_TAG, VLAN_TAG_PRESENT, VLAN_PROTOCOL = 0xFFFFF02C, 0xFFFFF030, 0xFFFFF03C
VLAN_ID_MASK = 0x0FFF
SHORT_JUMP = 255  # instructions that a conditional jump can skip

Program = Iterable[Instruction | str]


def from_interfaces(
    wanted: Iterable[int], others: Iterable[int], below: Mapping[int, Iterable[VlanTag]]
) -> list[Instruction | str]:
    """Return instructions that jump to "keep" for interfaces in `wanted` and to "drop" for those in `others`.

    Other indexes may go either way. `below` has the VLANs to ignore on an interface, by its index, because their own
    interface is listened on. There are about four instructions for each run of `wanted` indexes.
    """
    kinds = dict.fromkeys(others, "drop") | dict.fromkeys(wanted, "keep")
    tagged = {index: list(tags) for index, tags in below.items() if kinds.get(index) == "keep"}
    kinds |= {index: f"below_{index}" for index in tagged}
    program: list[Instruction | str] = [(LOAD_WORD, INTERFACE_INDEX, None, None), *_search(_runs(kinds), "index")]
    for index, tags in tagged.items():
        program += [f"below_{index}", (LOAD_WORD, VLAN_TAG_PRESENT, None, None)]
        program += [(JUMP_IF_EQUAL, 0, None, f"tagged_{index}"), (JUMP, 0, "keep", None), f"tagged_{index}"]
        for protocol, some in groupby(sorted(tags), key=lambda tag: tag.protocol):
            here, after = f"tag_{index}_{protocol}", f"after_{index}_{protocol}"
            program += [(LOAD_WORD, VLAN_PROTOCOL, None, None), (JUMP_IF_EQUAL, protocol, here, None)]
            program += [(JUMP, 0, after, None), here]
            program += [(LOAD_WORD, VLAN_TAG, None, None), (AND, VLAN_ID_MASK, None, None)]
            numbers = [tag.number for tag in some]
            kinds = {0: "keep"} | {number + 1: "keep" for number in numbers} | dict.fromkeys(numbers, "drop")
            program += [*_search(_runs(kinds), here), after]
        program.append((JUMP, 0, "keep", None))
    return program


def _runs(kinds: Mapping[int, str]) -> list[tuple[int, str]]:
    """Yield the first number of each run of numbers with the same label."""
    runs = groupby(sorted(kinds.items()), key=lambda item: item[1])
    return [(next(items)[0], label) for label, items in runs]


def _search(starts: Sequence[tuple[int, str]], name: str) -> list[Instruction | str]:
    """Return a binary search that jumps to the label of the last start <= A. `name` prefixes its labels."""
    if len(starts) < 2:
        return [(JUMP, 0, label, None) for _, label in starts] or [(JUMP, 0, "drop", None)]
    middle = len(starts) // 2
    start, left, right = starts[middle][0], _search(starts[:middle], name), _search(starts[middle:], name)
    above, under = f"{name}_from_{start}", f"{name}_under_{start}"
    if sum(not isinstance(one, str) for one in left) <= SHORT_JUMP:
        return [(JUMP_IF_LEAST, start, above, None), *left, above, *right]
    return [(JUMP_IF_LEAST, start, None, under), (JUMP, 0, above, None), under, *left, above, *right]


def observed_frames(chosen: Program = ()) -> list[Instruction | str]:
    """Return the filter for VRRP, AH and related protocols on `chosen` interfaces; without `chosen`, on all.

    Related are ARP, neighbour advertisements, IGMP and MLD reports, and HSRP, on Ethernet with up to two VLAN tags, and
    where packets have no link header (tun, WireGuard).
    """
    program: list[Instruction | str] = [
        (LOAD_WORD, HARDWARE_TYPE, None, None),
        *((JUMP_IF_EQUAL, number, "ethernet", None) for number in ETHERNET_HARDWARE),
        (JUMP_IF_EQUAL, NO_HARDWARE, None, "reject"),
        (LOAD_BYTE, 0, None, None),
        (AND, 0xF0, None, None),
        (JUMP_IF_EQUAL, 0x40, "ipv4_bare", None),
        (JUMP_IF_EQUAL, 0x60, "ipv6_bare", "reject"),
        *_observed_ipv4("bare", 0),
        *_observed_ipv6("bare", 0),
        "ethernet",
        (LOAD_HALF, 12, None, None),
    ]
    for depth, at in enumerate((14, 18, 22)):
        tagged = f"tag{depth}" if depth < 2 else "reject"
        program += [
            (JUMP_IF_EQUAL, ETHERTYPE_IPV4, f"ipv4_{depth}", None),
            (JUMP_IF_EQUAL, ETHERTYPE_IPV6, f"ipv6_{depth}", None),
            (JUMP_IF_EQUAL, ETHERTYPE_ARP, "accept", None),
            (JUMP_IF_EQUAL, 0x8100, tagged, None),
            (JUMP_IF_EQUAL, 0x88A8, tagged, "reject"),
            *_observed_ipv4(str(depth), at),
            *_observed_ipv6(str(depth), at),
        ]
        if depth < 2:
            program += [f"tag{depth}", (LOAD_HALF, at + 2, None, None)]
    drop: Instruction = (RETURN, 0, None, None)  # twice, because jumps go forward only, and the ones above are short
    return [*program, "reject", drop, "accept", *chosen, "keep", (RETURN, ACCEPT_BYTES, None, None), "drop", drop]


def _observed_ipv4(depth: str, at: int) -> list[Instruction | str]:
    return [
        f"ipv4_{depth}",
        (LOAD_BYTE, at + 9, None, None),
        (JUMP_IF_EQUAL, PROTOCOL_VRRP, "accept", None),
        (JUMP_IF_EQUAL, PROTOCOL_AH, "accept", None),
        (JUMP_IF_EQUAL, IGMP, "accept", None),
        (JUMP_IF_EQUAL, UDP, None, "reject"),
        (LOAD_X_HEADER, at, None, None),
        (LOAD_HALF_INDEXED, at + 2, None, None),  # destination port
        (JUMP_IF_EQUAL, HSRP_PORT, "accept", "reject"),
    ]


def _observed_ipv6(depth: str, at: int) -> list[Instruction | str]:
    return [
        f"ipv6_{depth}",
        (LOAD_BYTE, at + 6, None, None),
        (JUMP_IF_EQUAL, PROTOCOL_VRRP, "accept", None),
        (JUMP_IF_EQUAL, PROTOCOL_AH, "accept", None),
        (JUMP_IF_EQUAL, ICMPV6, f"icmp_{depth}", None),
        (JUMP_IF_EQUAL, HOP_BY_HOP, f"options_{depth}", None),
        (JUMP_IF_EQUAL, UDP, None, "reject"),
        (LOAD_HALF, at + IPV6_HEADER_BYTES + 2, None, None),
        (JUMP_IF_EQUAL, HSRP_PORT_IPV6, "accept", "reject"),
        f"icmp_{depth}",
        (LOAD_BYTE, at + IPV6_HEADER_BYTES, None, None),
        (JUMP_IF_EQUAL, NEIGHBOUR_ADVERTISEMENT, "accept", "reject"),
        f"options_{depth}",  # MLD follows a router alert option of eight bytes
        (LOAD_BYTE, at + IPV6_HEADER_BYTES, None, None),
        (JUMP_IF_EQUAL, PROTOCOL_VRRP, "accept", None),
        (JUMP_IF_EQUAL, PROTOCOL_AH, "accept", None),
        (JUMP_IF_EQUAL, ICMPV6, "accept", "reject"),
    ]
