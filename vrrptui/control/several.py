"""Keys that name a host too, so that what several engines say can be shown side by side."""

from __future__ import annotations

BETWEEN = ":"  # no name of a host has it


def key_at(host: str, key: str) -> str:
    """The key of something at a host: `lb1:eth0/51`."""
    return f"{host}{BETWEEN}{key}"


def host_and_key(key: str) -> tuple[str, str]:
    """The host in such a key, and the key that the host's engine knows."""
    host, _, own = key.partition(BETWEEN)
    return host, own
