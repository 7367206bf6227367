"""pyroute2's netlink messages without the rest of the package, whose import takes five times as long.

The only module of the engine that imports pyroute2.
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
    """Allow imports of the package's modules without running its own `__init__`."""
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
        del sys.modules[PACKAGE]  # the whole package can still be imported elsewhere


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
    """Yield the type and the bytes, header included, of each message of a datagram."""
    view, start = memoryview(data), 0
    while start + HEADER.size <= len(view):
        length, kind, _, _, _ = HEADER.unpack_from(view, start)
        if length < HEADER.size:
            return
        yield kind, view[start : start + length]
        start += (length + 3) & ~3


def decoded(kind: type[Any], data: memoryview) -> Any:
    """Return one message decoded as one of pyroute2's classes."""
    message = kind(data)
    message.decode()
    return message
