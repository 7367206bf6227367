"""Problems of this host and its observer: late timers, full tables. Beginning and end are reported once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vrrptui.segment.codes import Code

STALL_NS = 100_000_000
MEMORY_NS = 60_000_000_000


class SelfCheck:
    """Call `look` once a second. A problem lasts for a minute after it was last seen."""

    def __init__(self) -> None:
        self.problems: dict[Code, str] = {}
        self._last_ns: dict[Code, int] = {}
        self._evicted = 0

    def look(
        self, now_ns: int, late_ns: int, evicted: int, others: Sequence[str] = ()
    ) -> Iterator[tuple[Code, bool, str]]:
        """Yield the codes that begin (True) or end (False), with a sentence.

        `late_ns` is the maximum lateness of a timer since the last call, `evicted` the number of groups and routers
        forgotten so far because a table was full, `others` the other programs that speak VRRP on this host.
        """
        seen = {}
        if late_ns >= STALL_NS:
            seen[Code.LOCAL_STALL] = f"This host acted {late_ns / 1e6:.0f} ms after a deadline."
        if evicted > self._evicted:
            seen[Code.TABLE_FULL] = f"{evicted} groups or routers were forgotten so far: the tables are full."
        self._evicted = evicted
        if others:
            seen[Code.OTHER_DAEMON] = f"{', '.join(others)} also speaks VRRP on this host."
        elif Code.OTHER_DAEMON in self.problems:
            self._last_ns[Code.OTHER_DAEMON] = now_ns - MEMORY_NS  # known to be over
        for code, text in seen.items():
            if code not in self.problems:
                yield code, True, text
            self.problems[code], self._last_ns[code] = text, now_ns
        for code in [code for code in self.problems if now_ns - self._last_ns[code] >= MEMORY_NS]:
            del self.problems[code]
            yield code, False, f"{code.value} is over"
