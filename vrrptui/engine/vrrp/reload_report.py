"""What a new configuration did to each virtual router, and which of them only have another name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from vrrptui.config.model.configuration import VirtualRouterConfig
from vrrptui.control.plain import some_of
from vrrptui.engine.vrrp.identity import identity
from vrrptui.engine.vrrp.instance import Instance

What = Literal["added", "changed", "renamed", "restarted", "removed"]


@dataclass(frozen=True, slots=True)
class Change:
    """What a new configuration did to one virtual router."""

    name: str
    key: str
    what: What


def renamed(
    routers: dict[str, Instance], wanted: dict[str, VirtualRouterConfig]
) -> list[tuple[Instance, VirtualRouterConfig]]:
    """The routers whose name is gone, each with the new configuration of the same place."""
    new = [config for name, config in wanted.items() if name not in routers]
    found = []
    for router in (router for name, router in routers.items() if name not in wanted):
        place = (router.config.interface, router.config.family, router.config.vrid)
        config = next((one for one in new if (one.interface, one.family, one.vrid) == place), None)
        if config is not None and identity(config) == identity(router.config):
            found.append((router, config))
    return found


def told(changes: Iterable[Change], names: Iterable[str]) -> str:
    """The result of a reload, what was removed first: `names` are the virtual routers of the new configuration.

    Of each kind of change the first names are said and the others counted, so that the text is at most 5 KB long.
    """
    what = {change.name: str(change.what) for change in changes}
    every = {name: what.get(name, "unchanged") for name in names} | what
    sorted_names = sorted(every, key=lambda name: every[name])
    kinds = {kind: list(group) for kind, group in groupby(sorted_names, key=lambda name: every[name])}
    parts = []
    if removed := kinds.pop("removed", []):
        parts.append(f"{len(removed)} router{'s' if len(removed) > 1 else ''} removed: {some_of(removed)}")
    parts += [f"{kind}: {some_of(group)}" for kind, group in kinds.items()]
    return "; ".join(parts) or "no virtual router"
