"""Log lines for repeated errors, at most once a minute."""

from __future__ import annotations

import logging
import time

EVERY_S = 60.0
MOST_KNOWN = 256


class RateLimitedLog:
    """Logs a line unless it was logged within the last minute. The next one includes the count."""

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._logged: dict[str, tuple[float, int]] = {}  # by line: time, and count since then

    def warn(self, line: str) -> None:
        now_s = time.monotonic()
        logged_s, times = self._logged.get(line, (now_s - EVERY_S, 0))
        if now_s - logged_s < EVERY_S:
            self._logged[line] = (logged_s, times + 1)
            return
        if len(self._logged) >= MOST_KNOWN:
            self._logged.clear()
        self._logged[line] = (now_s, 0)
        self._log.warning("%s%s", line, f" ({times} more times since the last such line)" if times else "")
