"""The adverts of the last minute, from snapshots."""

import pytest

from tests.console import world
from vrrptui.client.rates import PIECES, Rates

BEGIN = 3000.0


def heard(adverts, at, source="10.0.0.1"):
    return world.group(9, "10.0.9.1", world.heard(source, 100, adverts=adverts, last_seen=at))


def told(times, interval=1.0):
    """Rates of a router that advertised at these times, and the strip a moment after the last piece."""
    rates, before = Rates(), None
    for number, at in enumerate(times, 1):
        group = heard(number, at)
        rates.take(before, group)
        before = group
    return rates.strip("eth0/9", "10.0.0.1", interval, BEGIN + 60.5)


def test_a_steady_router_has_full_bars():
    assert told([BEGIN - 1 + second for second in range(61)]) == "▇" * PIECES


def test_a_silence_is_seen_where_it_was():
    times = [BEGIN - 1 + second for second in range(61) if not 31 <= second <= 42]
    assert told(times) == "▇" * 10 + "▁" * 4 + "▇" * 6


def test_a_router_with_a_long_interval_is_not_called_late_for_it():
    assert set(told([BEGIN - 1 + 10 * turn for turn in range(7)], interval=10.0)) == {"▁", "▇"}


@pytest.mark.parametrize("times", [[], [BEGIN], [BEGIN - 100, BEGIN - 99]])
def test_what_was_not_seen_is_not_drawn(times):
    assert told(times) == ""


def test_a_router_whose_count_begins_anew_is_counted_on():
    rates = Rates()
    rates.take(heard(100, BEGIN), heard(1, BEGIN + 3))
    rates.take(heard(1, BEGIN + 3), heard(4, BEGIN + 6))
    assert rates.strip("eth0/9", "10.0.0.1", 1.0, BEGIN + 9) != ""


async def test_the_strip_is_in_the_pane(play):
    async with play() as played:
        for second in range(8):
            routers = (world.heard("10.0.0.2", 100, adverts=1204 + second, last_seen=world.NOW - 8 + second),)
            await played.say(world.group(51, "10.0.0.254", *routers, severity="critical", problems=["DUAL_MASTER"]))
        assert "Adverts/60s" in played.text()
