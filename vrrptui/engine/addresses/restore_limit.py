"""Restore limit: stop restoring an object that another process keeps removing, for a while."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

RESTORES, CONTESTED_S = 5, 60.0  # restores within this many seconds: another process manages the object


@dataclass(slots=True)
class RestoreLimit:
    """The times of the latest restores, in monotonic seconds."""

    restored_s: deque[float] = field(default_factory=lambda: deque(maxlen=RESTORES))

    def restored(self, now_s: float) -> None:
        """Record a restore at `now_s`."""
        self.restored_s.append(now_s)

    def is_on(self, now_s: float) -> bool:
        """Whether the limit has been reached, so that the object must not be restored now."""
        return len(self.restored_s) == RESTORES and now_s - self.restored_s[0] < CONTESTED_S
