"""Signals that must not end the engine: SIGHUP reloads; those that keepalived handles are logged only.

Users, exporters and log rotation send them, because keepalived dumps its state on some of them. This module is imported
first, because a signal may arrive while an engine starts.
"""

from __future__ import annotations

import logging
import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio

KEEPALIVED_WRITES = (signal.SIGUSR1, signal.SIGUSR2, signal.SIGRTMIN + 2, signal.SIGRTMAX - 1)
NOTED = (
    signal.SIGUSR1,
    signal.SIGUSR2,
    signal.SIGALRM,
    signal.SIGVTALRM,
    signal.SIGPROF,
    signal.SIGIO,
    signal.SIGPWR,
    signal.SIGSTKFLT,
    *range(signal.SIGRTMIN, signal.SIGRTMAX + 1),
)


def stay_alive() -> None:
    """Ignore them until the engine handles them. Started programs do not inherit a handler."""
    for number in (signal.SIGHUP, *NOTED):
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, lambda *_: None)


def note(loop: asyncio.AbstractEventLoop) -> None:
    """Log each of them from now on, except SIGHUP."""
    for number in NOTED:
        loop.add_signal_handler(number, _log, number)


def _log(number: int) -> None:
    hint = ": `vrrptui status --json` has the state" if number in KEEPALIVED_WRITES else ""
    logging.getLogger(__name__).info("%s received and ignored%s", _name_of(number), hint)


def _name_of(number: int) -> str:
    """Return the name of a signal, as in kill(1)."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"SIGRTMIN+{number - signal.SIGRTMIN}"
