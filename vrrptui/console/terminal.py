"""Ending with the terminal: a lost terminal ends the console at once; otherwise the screen is restored.

The console has no state of its own, so it may end abruptly; the engine is not affected.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import threading
from collections.abc import Mapping

EXIT_HANGUP = 128 + signal.SIGHUP
EXIT_TERMINATED = 128 + signal.SIGTERM


def complaint(environment: Mapping[str, str]) -> str:
    """Return why a full-screen console cannot run here; empty if it can."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return "console: needs a terminal; `vrrptui watch` prints adverts line by line"
    if environment.get("TERM", "dumb") in ("dumb", ""):
        return "console: this terminal cannot place text (TERM=dumb); `vrrptui watch` prints adverts line by line"
    return ""


def end_with_the_terminal() -> None:
    """Die of SIGHUP even where it is ignored (nohup, some su and sudo), and watch the terminal.

    A handler is not sufficient: without the terminal, writing blocks and the loop stops.
    """
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    threading.Thread(target=_watch_for_hangup, args=(sys.stdin.fileno(),), daemon=True, name="hangup").start()


def _watch_for_hangup(terminal: int) -> None:
    poll = select.poll()
    poll.register(terminal, 0)  # POLLHUP and POLLERR are always reported
    while True:
        if any(events & (select.POLLHUP | select.POLLERR | select.POLLNVAL) for _, events in poll.poll()):
            os._exit(EXIT_HANGUP)
