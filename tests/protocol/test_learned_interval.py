"""A backup's timers in version 3 follow the interval of the master it hears (RFC 9568 §6.1, §6.4.2), version 2 its own.

All values are worked out here from the RFCs' formulas, in fractions, so that nothing is rounded before it is compared.
"""

from __future__ import annotations

from fractions import Fraction
from math import ceil

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.protocol.routers import PEER, SECOND, hears, started
from vrrptui.protocol.events import PriorityChanged

CENTISECOND = SECOND // 100
priorities = st.integers(1, 254)
intervals = st.integers(1, 4095).map(lambda centiseconds: centiseconds * CENTISECOND)
down_adverts = st.sampled_from((1, 2, 3, 10, 100))


def skew(version: int, priority: int, interval_ns: int) -> Fraction:
    return Fraction((256 - priority) * (SECOND if version == 2 else interval_ns), 256)


def backup(version: int, own_ns: int, master_ns: int, priority: int, adverts: int = 3):
    """A backup that has just heard a higher master at time 0."""
    router = started(version, priority, expect={"interval_ns": own_ns}, down_adverts=adverts, at_ns=-1)
    hears(router, 0, 254, PEER, version=version, interval_ns=master_ns)
    assert router.state_name == "backup"
    return router


def assert_due(router, wanted: Fraction, roundings: int = 1) -> None:
    """Timers are rounded up to a nanosecond, once for each skew in them."""
    assert 0 <= router.next_deadline_ns() - wanted < roundings, float(router.next_deadline_ns() - wanted)


@settings(deadline=None)  # of one example: the host may be busy
@given(own_ns=intervals, master_ns=intervals, priority=priorities, adverts=down_adverts)
def test_a_backup_waits_by_the_masters_interval(own_ns, master_ns, priority, adverts):
    router = backup(3, own_ns, master_ns, priority, adverts)
    assert_due(router, adverts * master_ns + skew(3, priority, master_ns))
    assert router.master_down_interval_ns == router.next_deadline_ns()
    assert router.skew_time_ns == ceil(skew(3, priority, master_ns))


@settings(deadline=None)  # of one example: the host may be busy
@given(own_ns=intervals, master_ns=intervals, before=priorities, after=priorities, adverts=down_adverts)
def test_a_new_priority_moves_the_deadline_by_the_skews(own_ns, master_ns, before, after, adverts):
    router = backup(3, own_ns, master_ns, before, adverts)
    router.handle(5, PriorityChanged(after))
    assert_due(router, adverts * master_ns + skew(3, after, master_ns), roundings=3)


@settings(deadline=None)  # of one example: the host may be busy
@given(own_ns=intervals, master_ns=intervals, priority=priorities, at_ns=st.integers(0, CENTISECOND))
def test_after_a_resignation_it_waits_the_masters_skew(own_ns, master_ns, priority, at_ns):
    """§6.4.2: Skew_Time from the resignation on, which has an interval of its own that is not learned."""
    router = backup(3, own_ns, master_ns, priority)
    hears(router, at_ns, 0, PEER, interval_ns=own_ns)
    assert_due(router, at_ns + skew(3, priority, master_ns))


@settings(deadline=None)  # of one example: the host may be busy
@given(seconds=st.integers(1, 255), before=priorities, after=priorities)
def test_in_version_2_a_skew_is_a_part_of_a_second(seconds, before, after):
    """RFC 3768 §6.1, whatever the interval is."""
    own_ns = seconds * SECOND
    router = backup(2, own_ns, own_ns, before)
    assert_due(router, 3 * own_ns + skew(2, before, own_ns))
    router.handle(5, PriorityChanged(after))
    assert_due(router, 3 * own_ns + skew(2, after, own_ns), roundings=3)
    hears(router, 7, 0, PEER, version=2, interval_ns=own_ns)
    assert_due(router, 7 + skew(2, after, own_ns))
