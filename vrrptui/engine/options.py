"""How an engine is started, and the error that says why it cannot be."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


class EngineError(Exception):
    """The engine cannot start; one line that says why and what to do."""


@dataclass(frozen=True, slots=True)
class Options:
    """How an engine is started."""

    socket_path: Path
    state_dir: Path
    config_file: str | None = None
    config_id: str | None = None  # of conditional lines; None: the host's name
    interfaces: tuple[str, ...] = ()  # to observe; empty: those of the configuration, or all
    promiscuous: bool = False
    beside_others: bool = False  # run though another program speaks VRRP on this host
    tied: bool = False  # to the console that started it: ends with it
