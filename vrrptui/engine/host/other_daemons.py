"""Other programs on this host that speak VRRP: keepalived, FRR's vrrpd, a second engine.

Two of them would be masters beside each other without hearing each other, as multicast is not looped back. Each has a
raw IP socket for protocol 112, which the kernel lists for the network namespace.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from vrrptui.protocol.advert import PROTOCOL_VRRP

LISTS = (Path("/proc/net/raw"), Path("/proc/net/raw6"))
LIST_BYTES = 1 << 20  # of each list, so much is read at most
MOST_PROCESSES = 32768  # looked through for the owner of a socket
INODE_AT = 9  # in a line of the list, by words
COMMAND_BYTES = 4096
NOT_SAID = "another program"


def other_daemons() -> list[str]:
    """The programs that have a socket for VRRP, each as `NAME (pid N)`; this process is none of them."""
    inodes = _others()
    if inodes:
        inodes &= _others()  # one that this process closed meanwhile is in the first list alone
    return _owners(inodes) if inodes else []


def _others() -> set[str]:
    """The sockets for VRRP that are not this process's."""
    own = _sockets(Path("/proc/self"))
    listed = {inode for path in LISTS for inode in _inodes(path)}
    return listed - own - _sockets(Path("/proc/self"))


def _inodes(path: Path) -> set[str]:
    """The sockets for VRRP in one of the kernel's lists."""
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
    """The inodes of the sockets that a process has open."""
    found = set()
    try:
        with os.scandir(process / "fd") as entries:
            for entry in entries:
                target = os.readlink(entry.path)
                if target.startswith("socket:["):
                    found.add(target[len("socket:[") : -1])
    except OSError:  # it ended, or is not ours to look at
        pass
    return found


def _owners(inodes: set[str]) -> list[str]:
    found = []
    with os.scandir("/proc") as entries:
        processes = [Path(entry.path) for _, entry in zip(range(MOST_PROCESSES), entries, strict=False)]
    for process in processes:
        if process.name.isdigit() and inodes & _sockets(process):
            with contextlib.suppress(OSError):
                found.append(f"{_name(process)} (pid {process.name})")
    return found or [NOT_SAID]


def _name(process: Path) -> str:
    """What a process is called, a second engine by the name of its package."""
    with (process / "cmdline").open("rb") as file:
        words = file.read(COMMAND_BYTES).split(b"\0")
    if any(word == b"vrrptui" or word.endswith(b"/vrrptui") for word in words[:4]):
        return "vrrptui"
    return (process / "comm").read_text(encoding="utf-8", errors="replace").strip()
