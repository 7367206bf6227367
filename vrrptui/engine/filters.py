"""Kernel packet filters (classic BPF), assembled by name: which frames reach which socket."""

from __future__ import annotations

import ctypes
import socket
import struct
from collections.abc import Iterable

from vrrptui.engine.overheard import (
    ETHERTYPE_ARP,
    HOP_BY_HOP,
    HSRP_PORT,
    HSRP_PORT_IPV6,
    ICMPV6,
    IGMP,
    NEIGHBOUR_ADVERTISEMENT,
    UDP,
)
from vrrptui.protocol.advert import PROTOCOL_AH, PROTOCOL_VRRP
from vrrptui.protocol.frame import ETHERTYPE_IPV4, ETHERTYPE_IPV6, IPV6_HEADER_BYTES

SO_ATTACH_FILTER = 26
ACCEPT_BYTES = 0x40000

LOAD_BYTE, LOAD_HALF, LOAD_WORD = 0x30, 0x28, 0x20  # absolute offset
LOAD_BYTE_INDEXED, LOAD_HALF_INDEXED = 0x50, 0x48  # X + offset
LOAD_X_HEADER = 0xB1  # X = 4 * (byte & 0x0f): the IPv4 header's length
JUMP_IF_EQUAL = 0x15
RETURN = 0x06
LINK_LAYER = 0xFFE00000  # SKF_LL_OFF: offsets from here count from the Ethernet header, wherever a socket's data begins

Instruction = tuple[int, int, str | None, str | None]  # opcode, operand, jump if true, jump if false


def assemble(program: Iterable[Instruction | str]) -> list[tuple[int, int, int, int]]:
    """Instructions with labels (a string marks the next one) to (opcode, jt, jf, operand).

    A jump goes to its label, or to the next instruction when it names none. Jumps reach at most 255 instructions.
    """
    code: list[Instruction] = []
    labels: dict[str, int] = {}
    for line in program:
        if isinstance(line, str):
            labels[line] = len(code)
        else:
            code.append(line)

    def distance(at: int, label: str | None) -> int:
        return 0 if label is None else labels[label] - at - 1

    return [(op, distance(at, yes), distance(at, no), k) for at, (op, k, yes, no) in enumerate(code)]


def attach(one: socket.socket, program: Iterable[Instruction | str]) -> None:
    """Put a filter on a socket, in place of the one it had."""
    code = assemble(program)
    packed = b"".join(struct.pack("=HBBI", *line) for line in code)
    buffer = ctypes.create_string_buffer(packed)
    one.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HL", len(code), ctypes.addressof(buffer)))


def _one_of(values: Iterable[int]) -> list[Instruction | str]:
    return [
        *((JUMP_IF_EQUAL, value, "accept", None) for value in sorted(values)),
        (RETURN, 0, None, None),
        "accept",
        (RETURN, ACCEPT_BYTES, None, None),
    ]


def own_vrids_ipv4(vrids: Iterable[int], before: int = 0) -> list[Instruction | str]:
    """For a raw IPv4 socket, which sees the packet from its IP header on: adverts of these VRIDs only.

    `before` bytes lie between the IP header and the message.
    """
    return [(LOAD_X_HEADER, 0, None, None), (LOAD_BYTE_INDEXED, before + 1, None, None), *_one_of(vrids)]


def own_vrids_ipv6(vrids: Iterable[int]) -> list[Instruction | str]:
    """For a raw IPv6 socket, which sees the message alone: adverts of these VRIDs only."""
    return [(LOAD_BYTE, 1, None, None), *_one_of(vrids)]


def from_mac(mac: bytes, program: list[Instruction | str]) -> list[Instruction | str]:
    """What `program` accepts, of frames with this source address only."""
    return [
        (LOAD_WORD, LINK_LAYER + 6, None, None),
        (JUMP_IF_EQUAL, int.from_bytes(mac[:4]), None, "stranger"),
        (LOAD_HALF, LINK_LAYER + 10, None, None),
        (JUMP_IF_EQUAL, int.from_bytes(mac[4:]), "known", None),
        "stranger",
        (RETURN, 0, None, None),
        "known",
        *program,
    ]


def words_of_this_host(at: int, values: Iterable[int]) -> list[Instruction | str]:
    """Messages of the kernel whose 32-bit word at this offset, in the host's byte order, is one of `values`."""
    return [(LOAD_WORD, at, None, None), *_one_of(map(socket.htonl, values))]


def observed_frames() -> list[Instruction | str]:
    """For a packet socket on Ethernet, with up to two 802.1Q tags: VRRP and AH, and what tells of VRRP's addresses.

    That is ARP, neighbour advertisements, IGMP and MLD reports, and HSRP.
    """
    program: list[Instruction | str] = [(LOAD_HALF, 12, None, None)]
    for depth, at in enumerate((14, 18, 22)):
        tagged = f"tag{depth}" if depth < 2 else "reject"
        program += [
            (JUMP_IF_EQUAL, ETHERTYPE_IPV4, f"ipv4_{depth}", None),
            (JUMP_IF_EQUAL, ETHERTYPE_IPV6, f"ipv6_{depth}", None),
            (JUMP_IF_EQUAL, ETHERTYPE_ARP, "accept", None),
            (JUMP_IF_EQUAL, 0x8100, tagged, None),
            (JUMP_IF_EQUAL, 0x88A8, tagged, "reject"),
            *_observed_ipv4(depth, at),
            *_observed_ipv6(depth, at),
        ]
        if depth < 2:
            program += [f"tag{depth}", (LOAD_HALF, at + 2, None, None)]
    return [*program, "reject", (RETURN, 0, None, None), "accept", (RETURN, ACCEPT_BYTES, None, None)]


def _observed_ipv4(depth: int, at: int) -> list[Instruction | str]:
    return [
        f"ipv4_{depth}",
        (LOAD_BYTE, at + 9, None, None),
        (JUMP_IF_EQUAL, PROTOCOL_VRRP, "accept", None),
        (JUMP_IF_EQUAL, PROTOCOL_AH, "accept", None),
        (JUMP_IF_EQUAL, IGMP, "accept", None),
        (JUMP_IF_EQUAL, UDP, None, "reject"),
        (LOAD_X_HEADER, at, None, None),
        (LOAD_HALF_INDEXED, at + 2, None, None),  # the destination port
        (JUMP_IF_EQUAL, HSRP_PORT, "accept", "reject"),
    ]


def _observed_ipv6(depth: int, at: int) -> list[Instruction | str]:
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
        f"options_{depth}",  # MLD comes behind a router alert of eight bytes
        (LOAD_BYTE, at + IPV6_HEADER_BYTES, None, None),
        (JUMP_IF_EQUAL, PROTOCOL_VRRP, "accept", None),
        (JUMP_IF_EQUAL, PROTOCOL_AH, "accept", None),
        (JUMP_IF_EQUAL, ICMPV6, "accept", "reject"),
    ]


def nothing() -> list[Instruction | str]:
    """No frame at all: for a socket that only sends, or before its filter is known."""
    return [(RETURN, 0, None, None)]
