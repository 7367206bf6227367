"""Whether a process runs; when its ended remains are collected is not its own affair."""

from __future__ import annotations

import time
from pathlib import Path


def runs(pid: int | str) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def gone_within(pid: int | str, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while runs(pid):
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True
