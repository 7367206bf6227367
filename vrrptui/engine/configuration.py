"""The configuration file as an engine reads it, at the start and at every reload."""

from __future__ import annotations

import logging

from vrrptui.config.model import Level, Loaded
from vrrptui.config.parser import load

log = logging.getLogger(__name__)


def read_configuration(file: str, config_id: str | None) -> Loaded:
    """Read a configuration file as the host `config_id` does, and log its warnings."""
    loaded = load(file, config_id)
    for warning in warnings_of(loaded):
        log.warning("%s", warning)
    return loaded


def warnings_of(loaded: Loaded) -> list[str]:
    return [str(finding) for finding in loaded.findings if finding.level is Level.WARNING]


def errors_of(loaded: Loaded) -> list[str]:
    return [str(finding) for finding in loaded.findings if finding.level is Level.ERROR]
