"""What the engine says, folded."""

import pytest

from tests.console import world
from vrrptui.client.advert_log import MAX_ADVERTS
from vrrptui.client.view import MAX_EVENTS, View, by_severity, worst
from vrrptui.control.messages import Removed, Synced


def told(*messages):
    view = View()
    for message in messages:
        view.apply(message)
    return view


def test_a_snapshot_applied_twice_changes_nothing():
    once, twice = told(*world.greeting()), told(*world.greeting(), *world.greeting()[1:-1])
    assert once.picture == twice.picture


def test_a_group_and_our_router_of_the_same_key_are_one_row():
    row = told(*world.greeting()).row("eth0/51")
    assert row.group.vrid == 51
    assert row.router.name == "VI_51"


def test_a_router_of_ours_that_hears_nothing_still_has_a_row():
    row = told(*world.greeting()).row("eth0/33")
    assert (row.group, row.router.name, row.vrid, row.addresses) == (None, "VI_standby", 33, ["10.0.33.1"])


def test_the_worst_comes_first():
    rows = sorted(told(*world.greeting()).rows(), key=by_severity)
    assert [row.key for row in rows][:3] == ["eth0/51", "eth1.20/77", "eth0/12"]
    assert rows[-1].key == "eth0/33"
    assert worst(rows).key == "eth0/51"


def test_a_removed_subject_is_gone():
    view = told(
        *world.greeting(),
        Removed(kind="group", key="eth0/51"),
        Removed(kind="virtual_router", key="eth0/51"),
        Removed(kind="check", key="chk_http"),
    )
    assert view.row("eth0/51") is None
    assert "chk_http" not in view.picture.checks


def test_a_second_greeting_replaces_the_picture_when_complete():
    view = told(*world.greeting(), world.hello(), world.engine())
    assert len(view.rows()) == 8
    view.apply(Synced())
    assert view.rows() == []


def test_the_rights_are_those_of_the_greeting():
    assert told(*world.greeting(may_operate=True)).may_operate
    assert not told(*world.greeting(may_operate=False)).may_operate
    assert not View().may_operate


@pytest.mark.parametrize(
    ("state", "heard", "severity"),
    [
        ("fault", False, "critical"),
        ("fault", True, "warning"),
        ("stopped", False, "off"),
        ("init", False, "warning"),
        ("master", False, "ok"),
        ("backup", True, "ok"),
    ],
)
def test_our_own_state_counts_for_the_severity(state, heard, severity):
    router = world.router(9, state, 100, reason="eth0 is down")
    groups = [world.group(9, "10.0.9.1", world.heard("10.0.9.2", 100))] if heard else []
    assert told(*groups, router).row("eth0/9").severity == severity


def test_the_rings_are_bounded():
    view = View()
    for number in range(0, MAX_ADVERTS + 1000, 1000):
        view.apply(world.adverts_told([world.advert(number)] * 1000, skipped=2))
    for number in range(MAX_EVENTS + 5):
        view.apply(world.event(number, 0, "eth0/1", "MASTER", "ok", "x"))
    assert len(view.adverts) == MAX_ADVERTS
    assert view.adverts[0].number == 1001
    assert view.adverts.skipped == 102
    assert list(view.picture.events)[0] == 5  # noqa: RUF015 a dict of a bounded length


def test_a_frozen_view_is_not_touched_by_what_comes_later():
    view = told(*world.greeting())
    frozen = view.frozen()
    before = len(frozen.rows())
    view.apply(world.group(200, "10.9.9.9"))
    view.apply(world.adverts_told(world.adverts()))
    assert (len(frozen.rows()), len(frozen.adverts)) == (before, 0)


def test_the_history_is_in_the_order_in_which_it_happened():
    view = told(
        world.event(1, 5, "eth0/1", "FAULT", "critical", "told first"),
        world.event(2, 6, "eth0/1", "RESIGNED", "ok", "happened before"),
    )
    assert [event.seq for event in view.events_of("eth0/1")] == [1, 2]
