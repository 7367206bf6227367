"""Where the engine's log goes: stderr, a line an event, with the priority prefix that systemd understands."""

from __future__ import annotations

import logging
import os
import sys

from vrrptui.control.plain import plain

PRIORITIES = {logging.DEBUG: 7, logging.INFO: 6, logging.WARNING: 4, logging.ERROR: 3, logging.CRITICAL: 2}


class _Format(logging.Formatter):
    """One plain line an event: foreign text cannot draw on a terminal or forge a second line."""

    def format(self, record: logging.LogRecord) -> str:
        text = plain(record.getMessage())
        if "JOURNAL_STREAM" in os.environ:
            return f"<{PRIORITIES.get(record.levelno, 6)}>{text}"
        stamp = self.formatTime(record, "%b %d %H:%M:%S")
        return f"{stamp}.{int(record.msecs):03d} vrrptui[{record.process}]: {text}"


def to_stderr() -> None:
    """Log what is of interest to an operator to stderr. A stderr that cannot be written loses lines, nothing else."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Format())
    logging.raiseExceptions = False
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
