"""The changes that a new configuration makes to each virtual router."""

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
    """The change to one virtual router."""

    name: str
    key: str
    what: What


def renamed(
    routers: dict[str, Instance], wanted: dict[str, VirtualRouterConfig]
) -> list[tuple[Instance, VirtualRouterConfig]]:
    """Return the routers that are renamed, each with its new configuration."""
    new = [config for name, config in wanted.items() if name not in routers]
    found = []
    for router in (router for name, router in routers.items() if name not in wanted):
        place = (router.config.interface, router.config.family, router.config.vrid)
        config = next((one for one in new if (one.interface, one.family, one.vrid) == place), None)
        if config is not None and identity(config) == identity(router.config):
            found.append((router, config))
    return found


def told(changes: Iterable[Change], names: Iterable[str]) -> str:
    """Return the result of a reload as text, removed routers first. `names` are the routers of the new configuration.

    For each kind of change some names are listed and the others counted. The text has at most 5 KB.
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
