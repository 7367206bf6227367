"""The sync groups of the configuration, and the effect of a member's fault on the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from vrrptui.config.model.configuration import Configuration, SyncGroupConfig
from vrrptui.engine.vrrp.instance import Instance
from vrrptui.protocol.sync_group import SyncGroup


class SyncGroups:
    """All sync groups of `instances`. A virtual router is in at most one."""

    def __init__(self, instances: Mapping[str, Instance]) -> None:
        self._instances = instances
        self._of: dict[str, SyncGroupConfig] = {}

    def apply(self, configuration: Configuration) -> None:
        """Use the sync groups of this configuration."""
        self._of = {name: group for group in configuration.sync_groups for name in group.members}

    def group(self, name: str) -> SyncGroup | None:
        """Return the group of a virtual router."""
        config = self._of.get(name)
        return SyncGroup(config.name, config.members) if config else None

    def members(self, name: str) -> list[Instance]:
        """Return the members of a virtual router's group, including itself."""
        config = self._of.get(name)
        names = config.members if config else (name,)
        return [self._instances[one] for one in names if one in self._instances]

    def config(self, name: str) -> SyncGroupConfig | None:
        """Return the configuration of a virtual router's group."""
        return self._of.get(name)

    def faults(self, name: str, unable: Mapping[str, str]) -> Iterator[str]:
        """Yield the faults of a member that are faults of others. `unable` has the reason of each that has its own."""
        group = self._of.get(name)
        if group is None:
            return
        for other in group.members:
            if other != name and other in unable:
                yield f"sync group {group.name}: {other}: {unable[other]}"
