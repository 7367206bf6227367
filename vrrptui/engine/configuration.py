"""Reading the configuration file, at the start and at each reload."""

from __future__ import annotations

import logging
from collections.abc import Callable

from vrrptui.config.load import load
from vrrptui.config.model.configuration import Configuration, Level, Loaded

log = logging.getLogger(__name__)


def read_configuration(file: str, config_id: str | None) -> Loaded:
    """Read a configuration file as the host `config_id`, and log its warnings."""
    loaded = load(file, config_id)
    for warning in warnings_of(loaded):
        log.warning("%s", warning)
    return loaded


def warnings_of(loaded: Loaded) -> list[str]:
    return [str(finding) for finding in loaded.findings if finding.level is Level.WARNING]


def errors_of(loaded: Loaded) -> list[str]:
    return [str(finding) for finding in loaded.findings if finding.level is Level.ERROR]


def refusal(configuration: Configuration, running: int, permits_changes: Callable[[], bool]) -> str:
    """Return why an engine with so many virtual routers refuses this configuration; empty if it accepts it."""
    if running and not configuration.routers:
        return (
            f"{configuration.file} has no vrrp_instance, which would remove all {running} virtual routers: "
            "restore the file, or stop the engine instead (vrrptui shutdown)"
        )
    if configuration.routers and not permits_changes():
        return "no permission to change addresses: CAP_NET_ADMIN needed"
    return ""
