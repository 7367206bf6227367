"""Kernel packet filters (classic BPF), assembled from symbolic instructions.

The filter of the observer's socket is in `observer.socket_filter`.
"""

from __future__ import annotations

import ctypes
import socket
import struct
from collections.abc import Iterable

SO_ATTACH_FILTER = 26
ACCEPT_BYTES = 0x40000

LOAD_BYTE, LOAD_HALF, LOAD_WORD = 0x30, 0x28, 0x20  # absolute offset
LOAD_BYTE_INDEXED, LOAD_HALF_INDEXED = 0x50, 0x48  # X + offset
LOAD_X_HEADER = 0xB1  # X = 4 * (byte & 0x0f): the length of the IPv4 header
AND = 0x54
JUMP, JUMP_IF_EQUAL, JUMP_IF_LEAST = 0x05, 0x15, 0x35  # always, if A == operand, if A >= operand
RETURN = 0x06
LINK_LAYER = 0xFFE00000  # SKF_LL_OFF: larger offsets count from the Ethernet header, wherever the socket's data begins

Instruction = tuple[int, int, str | None, str | None]  # opcode, operand, jump if true, jump if false


def assemble(program: Iterable[Instruction | str]) -> list[tuple[int, int, int, int]]:
    """Assemble instructions with labels (a string labels the next one) to (opcode, jt, jf, operand).

    A jump goes to its label, or to the next instruction if it has none. A conditional jump reaches at most 255
    instructions; `JUMP`, with its label in place of that for "true", reaches all.
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

    return [
        (op, 0, 0, distance(at, yes)) if op == JUMP else (op, distance(at, yes), distance(at, no), k)
        for at, (op, k, yes, no) in enumerate(code)
    ]


def attach(one: socket.socket, program: Iterable[Instruction | str]) -> None:
    """Attach a filter to a socket, replacing the previous one."""
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
    """Return the filter of a raw IPv4 socket, which sees the IP header: adverts of these VRIDs only.

    There are `before` bytes between the IP header and the message.
    """
    return [(LOAD_X_HEADER, 0, None, None), (LOAD_BYTE_INDEXED, before + 1, None, None), *_one_of(vrids)]


def own_vrids_ipv6(vrids: Iterable[int]) -> list[Instruction | str]:
    """Return the filter of a raw IPv6 socket, which sees only the message: adverts of these VRIDs only."""
    return [(LOAD_BYTE, 1, None, None), *_one_of(vrids)]


def from_mac(mac: bytes, program: list[Instruction | str]) -> list[Instruction | str]:
    """Return a filter that accepts what `program` accepts, in frames with this source address only."""
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
    """Return a filter for messages whose 32-bit word at this offset, in host byte order, is one of `values`."""
    return [(LOAD_WORD, at, None, None), *_one_of(map(socket.htonl, values))]


def nothing() -> list[Instruction | str]:
    """Return a filter that accepts nothing, for sockets that only send, or before their filter is known."""
    return [(RETURN, 0, None, None)]
