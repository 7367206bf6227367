"""The formulas of VRRP's timers, exact in nanoseconds (RFC 9568 §6.1, RFC 3768 §6.1).

A quotient that is no whole nanosecond is rounded up: a timer may be late by less than one, never early.
"""

from __future__ import annotations

from vrrptui.protocol.advert import NS_PER_SECOND

DOWN_INTERVALS = 3
LEAST_GAP_NS = 4_000_000  # a busy host is late by so much; neighbouring priorities of version 2 are 3.9 ms apart
LEAST_GAP_SHARE = 20  # with short intervals a twentieth, for more cannot be had


def skew_time_ns(version: int, priority: int, interval_ns: int) -> int:
    """Skew_Time. v3: (256 - priority) * interval / 256; v2: (256 - priority) / 256 s, whatever the interval.

    `priority` is 1 to 255, `interval_ns` the master's interval (v3).
    """
    whole_ns = NS_PER_SECOND if version == 2 else interval_ns
    return -((priority - 256) * whole_ns // 256)


def master_down_interval_ns(version: int, priority: int, interval_ns: int, adverts: int = DOWN_INTERVALS) -> int:
    """Master_Down_Interval (Active_Down_Interval): 3 * interval + Skew_Time.

    `interval_ns` is the own interval in v2, the one learned from the master in v3. keepalived lets the number of
    `adverts` that may be missed be set, 1 to 100.
    """
    return adverts * interval_ns + skew_time_ns(version, priority, interval_ns)


def skew_gap_ns(version: int, one: int, other: int, interval_ns: int) -> int:
    """How much longer the lower of two backups waits: the time in which it must hear the higher one's first advert.

    `one` and `other` are priorities 1 to 255 in any order. RFC 9568 §8.3.2: a gap below the delay between the two
    makes both of them master for a moment.
    """
    return abs(skew_time_ns(version, one, interval_ns) - skew_time_ns(version, other, interval_ns))


def too_close(version: int, one: int, other: int, interval_ns: int) -> bool:
    """Whether two backups wait so nearly equally long that both may take over (RFC 9568 §8.3.2)."""
    return skew_gap_ns(version, one, other, interval_ns) < min(LEAST_GAP_NS, interval_ns // LEAST_GAP_SHARE)
