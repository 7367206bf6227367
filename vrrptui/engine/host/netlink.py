"""pyroute2's netlink messages, and nothing else of it: the package as a whole takes five times as long to import.

The only module of the engine that knows pyroute2.
"""

from __future__ import annotations

import importlib.util
import struct
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

HEADER = struct.Struct("=IHHII")  # length, type, flags, sequence number, port
PACKAGE = "pyroute2"


@contextmanager
def _bare_package() -> Iterator[None]:
    """Let modules of the package be imported without running what it imports when it is imported itself."""
    spec = importlib.util.find_spec(PACKAGE)
    if PACKAGE in sys.modules or spec is None or spec.submodule_search_locations is None:
        yield
        return
    bare = types.ModuleType(PACKAGE)
    bare.__path__ = list(spec.submodule_search_locations)
    sys.modules[PACKAGE] = bare
    try:
        yield
    finally:
        del sys.modules[PACKAGE]  # whoever wants the whole package can still import it


with _bare_package():
    from pyroute2.netlink import nlmsg as nlmsg
    from pyroute2.netlink.rt_files import IPRouteRtFile as IPRouteRtFile
    from pyroute2.netlink.rt_files import RtProtosFile as RtProtosFile
    from pyroute2.netlink.rt_files import RtTablesFile as RtTablesFile
    from pyroute2.netlink.rtnl import rt_proto as rt_proto
    from pyroute2.netlink.rtnl import rt_type as rt_type
    from pyroute2.netlink.rtnl.fibmsg import fibmsg as fibmsg
    from pyroute2.netlink.rtnl.ifaddrmsg import ifaddrmsg as ifaddrmsg
    from pyroute2.netlink.rtnl.ifinfmsg import ifinfmsg as ifinfmsg
    from pyroute2.netlink.rtnl.rtmsg import rtmsg as rtmsg


def messages(data: bytes) -> Iterator[tuple[int, memoryview]]:
    """The messages of a datagram: the type of each, and its bytes with its header."""
    view, start = memoryview(data), 0
    while start + HEADER.size <= len(view):
        length, kind, _, _, _ = HEADER.unpack_from(view, start)
        if length < HEADER.size:
            return
        yield kind, view[start : start + length]
        start += (length + 3) & ~3


def decoded(kind: type[Any], data: memoryview) -> Any:
    """One message taken apart, as one of pyroute2's kinds."""
    message = kind(data)
    message.decode()
    return message
