"""A contest over what is put back whenever somebody else takes it away: held too often, it is given up for a while."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

RESTORES, CONTESTED_S = 5, 60.0  # put back so often within this time: somebody else rules this host


@dataclass(slots=True)
class RestoreLimit:
    """When something was put back of late, in monotonic seconds."""

    restored_s: deque[float] = field(default_factory=lambda: deque(maxlen=RESTORES))

    def restored(self, now_s: float) -> None:
        """It was put back once more."""
        self.restored_s.append(now_s)

    def is_on(self, now_s: float) -> bool:
        """Whether it was put back too often to go on."""
        return len(self.restored_s) == RESTORES and now_s - self.restored_s[0] < CONTESTED_S
