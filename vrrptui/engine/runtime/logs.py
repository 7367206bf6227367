"""The engine's log: lines on stderr, with the priority prefix that systemd understands."""

from __future__ import annotations

import contextlib
import logging
import os
import select

from vrrptui.control.plain import plain

STDERR = 2
PRIORITIES = {logging.DEBUG: 7, logging.INFO: 6, logging.WARNING: 4, logging.ERROR: 3, logging.CRITICAL: 2}


class _Format(logging.Formatter):
    """Formats an event as one line without control characters."""

    def format(self, record: logging.LogRecord) -> str:
        text = plain(record.getMessage())
        if "JOURNAL_STREAM" in os.environ:
            return f"<{PRIORITIES.get(record.levelno, 6)}>{text}"
        stamp = self.formatTime(record, "%b %d %H:%M:%S")
        return f"{stamp}.{int(record.msecs):03d} vrrptui[{record.process}]: {text}"


class _Stderr(logging.Handler):
    """Writes to stderr only if that does not block; otherwise lines are dropped."""

    def __init__(self) -> None:
        super().__init__()
        self._lost = 0

    def emit(self, record: logging.LogRecord) -> None:
        poll = select.poll()
        poll.register(STDERR, select.POLLOUT)
        if not any(event & select.POLLOUT for _, event in poll.poll(0)):
            self._lost += 1
            return
        lost, self._lost = self._lost, 0
        line = self.format(record) + (f" ({lost} lines before this one were lost)" if lost else "")
        data = line.encode("utf-8", "backslashreplace")[: select.PIPE_BUF - 1]
        with contextlib.suppress(OSError):
            os.write(STDERR, data + b"\n")


def to_stderr() -> None:
    """Log to stderr. If stderr cannot be written, lines are dropped."""
    handler = _Stderr()
    handler.setFormatter(_Format())
    logging.raiseExceptions = False
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
