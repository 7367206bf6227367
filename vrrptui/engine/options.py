"""The options of an engine, and the error of an engine that cannot start."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


class EngineError(Exception):
    """The engine cannot start. The text is one line that says why and what to do."""


@dataclass(frozen=True, slots=True)
class Options:
    """The options of an engine."""

    socket_path: Path
    state_dir: Path
    config_file: str | None = None
    config_id: str | None = None  # for @HOST lines; None: the host name
    interfaces: tuple[str, ...] = ()  # to observe; empty: those of the configuration, or all
    promiscuous: bool = False
    beside_others: bool = False  # start although another program on this host speaks VRRP
    tied: bool = False  # exit together with the console that started the engine
