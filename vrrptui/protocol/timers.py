"""VRRP timer formulas in nanoseconds (RFC 9568 §6.1, RFC 3768 §6.1).

Fractions of a nanosecond are rounded up, so a timer is never early.
"""

from __future__ import annotations

from vrrptui.protocol.advert import NS_PER_SECOND

DOWN_INTERVALS = 3
LEAST_GAP_NS = 4_000_000  # expected delay of a busy host; adjacent priorities in version 2 are 3.9 ms apart
LEAST_GAP_SHARE = 20  # at short intervals a twentieth of the interval is enough


def skew_time_ns(version: int, priority: int, interval_ns: int) -> int:
    """Return Skew_Time. v3: (256 - priority) * interval / 256; v2: (256 - priority) / 256 s, whatever the interval.

    `priority` is 1 to 255, `interval_ns` the master's interval (v3).
    """
    whole_ns = NS_PER_SECOND if version == 2 else interval_ns
    return -((priority - 256) * whole_ns // 256)


def master_down_interval_ns(version: int, priority: int, interval_ns: int, adverts: int = DOWN_INTERVALS) -> int:
    """Return Master_Down_Interval (Active_Down_Interval): `adverts` * interval + Skew_Time.

    `interval_ns` is the router's own interval in v2, the one learned from the master in v3. `adverts` is 3 in the RFCs;
    keepalived allows 1 to 100 (down_timer_adverts).
    """
    return adverts * interval_ns + skew_time_ns(version, priority, interval_ns)


def skew_gap_ns(version: int, one: int, other: int, interval_ns: int) -> int:
    """Return how much longer the backup of lower priority waits than the one of higher priority.

    `one` and `other` are priorities 1 to 255 in any order. In this time the lower one must receive the higher one's
    first advert, or both become master for a moment (RFC 9568 §8.3.2).
    """
    return abs(skew_time_ns(version, one, interval_ns) - skew_time_ns(version, other, interval_ns))


def too_close(version: int, one: int, other: int, interval_ns: int) -> bool:
    """Report whether two backups wait for nearly the same time, so that both may take over (RFC 9568 §8.3.2)."""
    return skew_gap_ns(version, one, other, interval_ns) < min(LEAST_GAP_NS, interval_ns // LEAST_GAP_SHARE)
