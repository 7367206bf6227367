"""What tells one thing from another in a list: the star of an operator's priority, and the host of several engines."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.console import world
from tests.console.test_several import pair  # noqa: F401 - a fixture
from vrrptui.client.joined_view import JoinedView
from vrrptui.client.view import Row, View
from vrrptui.console.screens.groups import _local
from vrrptui.control.messages import Removed, Synced
from vrrptui.control.several import host_and_key, key_at

SESSION = SimpleNamespace(pending={})
priorities = st.integers(1, 254)


@settings(deadline=None)  # of one example: the host may be busy
@given(state=st.sampled_from(("master", "backup", "init")), base=priorities, override=st.none() | priorities)
def test_a_priority_has_a_star_when_an_operator_set_it(state, base, override):
    """Whatever it is: the same as the sum, too."""
    own = world.router(51, state, base, override=override, effective_priority=override or base)
    text, _ = _local(Row(own.key, None, own), SESSION)
    assert text.split() == [state.upper(), f"{override}*" if override is not None else f"{base}"]


@settings(deadline=None)  # of one example: the host may be busy
@given(state=st.sampled_from(("stopped", "fault")), override=st.none() | priorities)
def test_one_that_takes_no_part_shows_no_priority(state, override):
    own = world.router(51, state, 100, override=override)
    assert _local(Row(own.key, None, own), SESSION)[0] == state.upper()


def test_during_an_act_nothing_is_said_of_the_priority():
    own = world.router(51, "master", 100, override=50)
    assert _local(Row(own.key, None, own), SimpleNamespace(pending={own.key: 1}))[0] == "◌ PENDING"


@settings(deadline=None)  # of one example: the host may be busy
@given(host=st.text(st.characters(exclude_characters=":"), min_size=1, max_size=9), key=st.text(max_size=20))
def test_a_key_and_its_host_come_back(host, key):
    """The key may have colons of its own."""
    assert host_and_key(key_at(host, key)) == (host, key)


@pytest.mark.parametrize("host", ["a", "lb2.example"])
def test_whatever_has_a_key_has_its_host_in_it(host):
    views = {"other": View(), host: View()}
    joined = JoinedView(views)
    about_itself = world.event(9, 1, "", "ENGINE", "ok", "started")
    for message in (*world.groups(), *world.routers(), *world.checks(), *world.events(), about_itself):
        views[host].apply(message)
        joined.take(host, message)
    own, shown = views[host].picture, joined.picture
    for name in ("groups", "routers", "checks"):
        assert list(getattr(shown, name)) == [f"{host}:{key}" for key in getattr(own, name)]
        for key, snapshot in getattr(shown, name).items():
            assert getattr(snapshot, "key", None) or snapshot.name == key
    assert sorted(event.group for event in shown.events.values()) == sorted(
        f"{host}:{event.group or 'engine'}" for event in own.events.values()
    )


def test_the_joined_view_is_what_the_views_are_now():
    """After each message, and after an engine came back with less."""
    views = {"a": View(), "b": View()}
    joined = JoinedView(views)

    def say(host, *messages):
        for message in messages:
            views[host].apply(message)
            joined.take(host, message)

    say("a", world.hello(), *world.groups(), *world.events(), Synced())
    say("b", world.hello(), *world.groups()[:1], Synced())
    count = len(world.groups())
    assert joined.synced
    assert len(joined.picture.groups) == count + 1
    frozen = joined.frozen()
    say("b", Removed(kind="group", key=world.groups()[0].key))
    assert len(joined.picture.groups) == count
    say("a", world.hello())  # it is back and says everything again; until then the old picture stays
    assert len(joined.picture.groups) == count
    say("a", world.groups()[1], Synced())
    assert list(joined.picture.groups) == [key_at("a", world.groups()[1].key)]
    assert joined.picture.events == {}
    assert len(frozen.picture.groups) == count + 1


def test_rates_of_a_group_are_its_hosts():
    views = {"a": View(), "b": View()}
    joined = JoinedView(views)
    for adverts in (5, 8):
        heard = world.heard("10.0.0.1", 100, adverts=adverts)
        views["b"].apply(world.group(51, "10.0.0.254", heard))
    now = heard.last_seen + 3.5
    strip = views["b"].rates.strip("eth0/51", "10.0.0.1", 1.0, now)
    assert strip
    assert joined.rates.strip("b:eth0/51", "10.0.0.1", 1.0, now) == strip
    assert joined.frozen().rates.strip("b:eth0/51", "10.0.0.1", 1.0, now) == strip
    assert joined.rates.strip("a:eth0/51", "10.0.0.1", 1.0, now) == ""


async def test_each_event_says_which_engine_it_is_of(pair):  # noqa: F811
    """Those that were known, and one that comes: in its row, in the pane, in what is copied, and to the filter."""
    async with pair() as (played, a, b):
        await played.press("4")
        screen = played.app.screen
        for number, (host, engine) in enumerate((("a", a), ("b", b)), 1):
            engine.say(
                world.event(900, number, "eth0/51", "PRIORITY", "ok", f"of {host}"),
                world.event(901, number, "", "RELOAD", "ok", f"itself {host}"),
            )
        await played.until(lambda: sum(row.seq >= 900_000 for row in screen.table.rows) == 4)
        await played.settle()
        found = {row.text: row for row in screen.table.rows}
        for host in "ab":
            for text, own in ((f"of {host}", "eth0/51"), (f"itself {host}", "engine")):
                row = found[text]
                assert played.app.session.host_of(row) == host
                assert screen._cells_with_host(row)[0][0] == host
                assert f"{host}:{own}" in [span[0] for span in screen.cells_of(row)]
                assert f" {host}:{own} " in screen.line_of(row)
                assert f"{host}:{own}" in "".join(span[0] for span in screen.pane_of(row, 80, 10)[0])
                subject = screen.subject_of(row)
                assert f"{host}:{own}" in subject.text
                assert (subject.interface, subject.vrid) == (("eth0", 51) if "/" in own else (None, None))
        for row in screen.table.rows:
            assert played.app.session.host_of(row) in ("a", "b"), row.group
        numbers = [row.seq for row in screen.table.rows]
        assert len(set(numbers)) == len(numbers), "two engines count alike"
