"""The signals that end no engine: SIGHUP reloads, and what keepalived obeys is only noted.

keepalived writes its state to a file for some of them, so its users, exporters and log rotation send them. This module
is imported before anything else is, as a signal may come while an engine starts.
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
    """Do nothing for any of them until the engine does something; a handler is not inherited by programs it starts."""
    for number in (signal.SIGHUP, *NOTED):
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, lambda *_: None)


def note(loop: asyncio.AbstractEventLoop) -> None:
    """Write a line to the log for each of them from now on, SIGHUP apart."""
    for number in NOTED:
        loop.add_signal_handler(number, _log, number)


def _log(number: int) -> None:
    hint = ": `vrrptui status --json` has the state" if number in KEEPALIVED_WRITES else ""
    logging.getLogger(__name__).info("%s was sent to this engine, and does nothing%s", _name_of(number), hint)


def _name_of(number: int) -> str:
    """The name of a signal, as kill(1) has it."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"SIGRTMIN+{number - signal.SIGRTMIN}"
