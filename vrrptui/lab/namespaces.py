"""Creates and enters Linux namespaces by system calls, which Python has only since version 3.12."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
from collections.abc import Iterator

CLONE_NEWNS, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x00020000, 0x10000000, 0x20000000, 0x40000000
PR_SET_PDEATHSIG = 1

_libc = ctypes.CDLL(None, use_errno=True)


def isolate() -> None:
    """Enter a new network and PID namespace; the next child is the first process in it.

    An ordinary user also gets a user namespace, as root. Raises OSError (PermissionError) where that is forbidden.
    """
    uid, gid = os.geteuid(), os.getegid()
    flags = CLONE_NEWNET | CLONE_NEWPID
    if uid != 0:
        flags |= CLONE_NEWUSER
    _call(_libc.unshare(flags))
    if uid != 0:
        _write("/proc/self/setgroups", "deny")
        _write("/proc/self/uid_map", f"0 {uid} 1")
        _write("/proc/self/gid_map", f"0 {gid} 1")


def new_network() -> int:
    """Create an empty network namespace without entering it; return its file descriptor."""
    with _staying_here():
        _call(_libc.unshare(CLONE_NEWNET))
        return os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)


@contextlib.contextmanager
def inside(namespace: int) -> Iterator[None]:
    """Run the context in a network namespace."""
    with _staying_here():
        enter_network(namespace)
        yield


@contextlib.contextmanager
def _staying_here() -> Iterator[None]:
    here = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        yield
    finally:
        enter_network(here)
        os.close(here)


def enter_network(namespace: int) -> None:
    """Move this thread, and its future children, to a network namespace."""
    _call(_libc.setns(namespace, CLONE_NEWNET))


def die_with_parent() -> None:
    """Have the kernel kill this process when its parent ends."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _call(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="ascii") as file:
        file.write(text)
