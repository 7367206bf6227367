"""What a new configuration did to each virtual router, and which of them only have another name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from vrrptui.config.model import VirtualRouterConfig
from vrrptui.engine.router import LocalRouter

What = Literal["added", "changed", "renamed", "restarted", "removed"]


@dataclass(frozen=True, slots=True)
class Change:
    """What a new configuration did to one virtual router."""

    name: str
    key: str
    what: What


def renamed(
    routers: dict[str, LocalRouter], wanted: dict[str, VirtualRouterConfig]
) -> list[tuple[LocalRouter, VirtualRouterConfig]]:
    """The routers whose name is gone, each with the new configuration of the same place."""
    new = [config for name, config in wanted.items() if name not in routers]
    found = []
    for router in (router for name, router in routers.items() if name not in wanted):
        place = (router.config.interface, router.config.family, router.config.vrid)
        config = next((one for one in new if (one.interface, one.family, one.vrid) == place), None)
        if config is not None and router.may_become(config):
            found.append((router, config))
    return found


def told(changes: Iterable[Change], names: Iterable[str]) -> str:
    """The result of a reload for each virtual router: `names` are those of the new configuration."""
    what = {change.name: str(change.what) for change in changes}
    every = {name: what.get(name, "unchanged") for name in names} | what
    sorted_names = sorted(every, key=lambda name: every[name])
    parts = [f"{kind}: {', '.join(group)}" for kind, group in groupby(sorted_names, key=lambda name: every[name])]
    return "; ".join(parts) or "no virtual router"
