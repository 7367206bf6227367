"""What one of several engines says, with keys that name its host, so that all of it can lie side by side."""

from __future__ import annotations

from msgspec.structs import replace

from vrrptui.control.messages import FromEngine, HistoryEvent, Removed
from vrrptui.control.snapshots import CheckSnapshot, GroupSnapshot, VirtualRouterSnapshot

BETWEEN = ":"  # no name of a host has it


def key_at(host: str, key: str) -> str:
    """The key of something at a host: `lb1:eth0/51`."""
    return f"{host}{BETWEEN}{key}"


def host_and_key(key: str) -> tuple[str, str]:
    """The host in such a key, and the key that the host's engine knows."""
    host, _, own = key.partition(BETWEEN)
    return host, own


def said_at(host: str, message: FromEngine) -> FromEngine:
    """The message with the host in its key; as it is when it has none. Numbers of events stay the engine's own."""
    match message:
        case GroupSnapshot() | VirtualRouterSnapshot() | Removed():
            return replace(message, key=key_at(host, message.key))
        case CheckSnapshot():
            return replace(message, name=key_at(host, message.name))
        case HistoryEvent():
            return replace(message, group=key_at(host, message.group or "engine"))
    return message
