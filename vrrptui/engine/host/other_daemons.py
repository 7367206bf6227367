"""Other programs on this host that speak VRRP: keepalived, FRR's vrrpd, a second engine.

Two of them could both be master, because multicast is not looped back between them. Each has a raw IP socket for
protocol 112, which the kernel lists for the network namespace.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from vrrptui.protocol.advert import PROTOCOL_VRRP

PROC = Path("/proc")
LISTS = ("net/raw", "net/raw6")
LIST_BYTES = 1 << 20  # bytes read of each list at most
MOST_PROCESSES = 32768  # processes searched for the owner of a socket
INODE_AT = 9  # columns of the list
COMMAND_BYTES = 4096
NOT_SAID = "another program"


def other_daemons() -> list[str]:
    """Return the other programs with a socket for VRRP, each as `NAME (pid N)`."""
    inodes = _others()
    if inodes:
        inodes &= _others()  # a socket that this process has just closed is in the first list only
    return _owners(inodes) if inodes else []


def _others() -> set[str]:
    """Return the sockets for VRRP that do not belong to this process."""
    own = _sockets(PROC / "self")
    listed = {inode for path in LISTS for inode in _inodes(PROC / path)}
    return listed - own - _sockets(PROC / "self")


def _inodes(path: Path) -> set[str]:
    """Return the inodes of the VRRP sockets in one of the kernel's lists."""
    try:
        with path.open(encoding="ascii", errors="replace") as lines:
            text = lines.read(LIST_BYTES)
    except OSError:
        return set()
    found = set()
    for line in text.splitlines()[1:]:
        words = line.split()
        if len(words) > INODE_AT and words[1].rpartition(":")[2] == f"{PROTOCOL_VRRP:04X}":
            found.add(words[INODE_AT])
    return found


def _sockets(process: Path) -> set[str]:
    """Return the inodes of the sockets that a process has open."""
    found = set()
    try:
        with os.scandir(process / "fd") as entries:
            for entry in entries:
                target = os.readlink(entry.path)
                if target.startswith("socket:["):
                    found.add(target[len("socket:[") : -1])
    except OSError:  # the process ended, or may not be inspected
        pass
    return found


def _owners(inodes: set[str]) -> list[str]:
    found = []
    with os.scandir(PROC) as entries:
        processes = [Path(entry.path) for _, entry in zip(range(MOST_PROCESSES), entries, strict=False)]
    for process in processes:
        if process.name.isdigit() and inodes & _sockets(process):
            with contextlib.suppress(OSError):
                found.append(f"{_name(process)} (pid {process.name})")
    return found or [NOT_SAID]


def _name(process: Path) -> str:
    """Return the name of a process; for a second engine, the package's name."""
    with (process / "cmdline").open("rb") as file:
        words = file.read(COMMAND_BYTES).split(b"\0")
    if any(word == b"vrrptui" or word.endswith(b"/vrrptui") for word in words[:4]):
        return "vrrptui"
    return (process / "comm").read_text(encoding="utf-8", errors="replace").strip()
