"""Routes and rules of a master: in which order they come and go, and how often they are put back."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.host import Host, configured, instance
from vrrptui.config.findings.report import Report
from vrrptui.config.keywords.route import read as read_route
from vrrptui.config.keywords.rule import read as read_rule
from vrrptui.config.language.lexer import Word
from vrrptui.config.model.configuration import Place, Route, Rule
from vrrptui.engine.addresses import restore_limit
from vrrptui.engine.addresses.routes import InstalledRoutes
from vrrptui.engine.host.requests import addition_message, removal_message
from vrrptui.engine.state.cleanup import remove_leftovers
from vrrptui.engine.state.ownership_record import record_of

NOWHERE = Place("", 0, 0)
ROUTES = [f"10.{n}.0.0/16 via 192.0.2.77" for n in range(1, 6)]
RULES = [f"from 10.{n}.0.0/16 table 1{n} priority {100 + n}" for n in range(1, 6)]


def route(text: str) -> Route:
    found = read_route(tuple(Word(word, NOWHERE) for word in text.split()), Report())
    assert found is not None
    return found


def rule(text: str) -> Rule:
    found = read_rule(tuple(Word(word, NOWHERE) for word in text.split()), Report())
    assert found is not None
    return found


def block(name: str, texts: list[str]) -> str:
    lines = "\n".join(texts)
    return f"{name} {{\n{lines}\n}}" if texts else ""


def added(host: Host, *texts: str) -> list[bytes]:
    """The requests that add these, as they are expected."""
    return [addition_message(route(t) if t in ROUTES else rule(t), host.index)[16:] for t in texts]


def removed(host: Host, *texts: str) -> list[bytes]:
    return [removal_message(route(t) if t in ROUTES else rule(t), host.index)[16:] for t in texts]


def asked(host: Host, what: str) -> list[bytes]:
    """The requests of this kind so far, without their headers, in order; they are forgotten."""
    found = [message[16:] for kind, message in host.asked if kind in (f"{what} route", f"{what} rule")]
    host.asked.clear()
    return found


some = st.lists(st.integers(0, 4), unique=True, max_size=5)


@pytest.mark.slow
@settings(deadline=None)  # of one example: the host may be busy
@given(routes=some, rules=some)
def test_routes_come_before_rules_and_go_in_reverse(routes, rules):
    """A rule may lead to a table only when its routes are there, as keepalived has it."""
    host = Host()
    first, then = [ROUTES[n] for n in routes], [RULES[n] for n in rules]
    routing = InstalledRoutes(host, tuple(map(route, first)), tuple(map(rule, then)), lambda *_: None)
    routing.put()
    assert asked(host, "add") == added(host, *first, *then)
    routing.remove()
    assert asked(host, "remove") == removed(host, *reversed(then), *reversed(first))
    routing.put()
    assert asked(host, "add") == added(host, *first, *then)
    host.close()


@pytest.mark.slow
@settings(deadline=None)  # of one example: the host may be busy
@given(before=st.tuples(some, some), after=st.tuples(some, some))
def test_a_new_configuration_moves_only_what_is_not_in_both(before, after):
    host = Host()
    was = [ROUTES[n] for n in before[0]], [RULES[n] for n in before[1]]
    now = [ROUTES[n] for n in after[0]], [RULES[n] for n in after[1]]
    old, new = (
        InstalledRoutes(host, tuple(map(route, a)), tuple(map(rule, b)), lambda *_: None) for a, b in (was, now)
    )
    old.put()
    host.asked.clear()
    old.exchange(new)
    gone = [one for one in (*reversed(was[1]), *reversed(was[0])) if one not in (*now[0], *now[1])]
    came = [one for one in (*now[0], *now[1]) if one not in (*was[0], *was[1])]
    every = list(host.asked)
    assert asked(host, "remove") == removed(host, *gone)
    assert [message[16:] for kind, message in every if kind.startswith("add")] == added(host, *came)
    assert [kind.split()[0] for kind, _ in every] == ["remove"] * len(gone) + ["add"] * len(came)
    new.remove()
    assert asked(host, "remove") == removed(host, *reversed(now[1]), *reversed(now[0]))
    host.close()


async def test_a_master_has_addresses_before_routes_and_not_longer(run):
    """The kernel takes no route by way of a gateway that no address reaches, and drops those of a removed address."""
    lines = (block("virtual_routes", ROUTES), block("virtual_rules", RULES))
    one = run(instance("VI_1", 51, 255, *lines))
    moves = [what.split(" 192")[0] for what in one.host.done]
    assert moves == ["add address", *["add route"] * 5, *["add rule"] * 5]
    one.host.done.clear()
    one.routers.shut_down()
    moves = [what.split(" 192")[0] for what in one.host.done]
    assert moves == [*["remove rule"] * 5, *["remove route"] * 5, "remove address"]


def test_what_a_killed_engine_left_goes_in_the_same_order(tmp_path, monkeypatch):
    lines = (block("virtual_routes", ROUTES), block("virtual_rules", RULES))
    host = Host()
    configuration = configured(tmp_path, instance("VI_1", 51, 255, *lines))
    monkeypatch.setattr("vrrptui.engine.host.accept_filter.remove_left", lambda: None)
    record = record_of([configuration], host, set())
    (router,) = configuration.routers
    InstalledRoutes(host, router.routes, router.rules, lambda *_: None).put()
    host.asked.clear()
    assert remove_leftovers(host, record) == []
    assert asked(host, "remove") == removed(host, *reversed(RULES), *reversed(ROUTES))
    host.close()


@pytest.mark.parametrize("every_s", [1.0, 11.9, 12.1, 14.0, 15.1, 30.0])
def test_a_route_is_restored_five_times_a_minute_and_later_again(monkeypatch, every_s):
    """After the fifth time within 60 s it stays away; a minute after the first of the five it may be put back again."""
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    host = Host()
    routing = InstalledRoutes(host, (route(ROUTES[0]),), (), lambda *_: None)
    routing.put()
    put_back: list[float] = []
    contested = False
    for _ in range(40):
        now[0] += every_s
        host._there.clear()  # somebody removes it
        five_ago = put_back[-5] if len(put_back) >= 5 else None
        contested = five_ago is not None and now[0] - five_ago < restore_limit.CONTESTED_S
        host.done.clear()
        routing.restore()
        if contested:
            assert host.done == []
            continue
        put_back.append(now[0])
        ends = len(put_back) >= 5 and now[0] - put_back[-5] < restore_limit.CONTESTED_S
        assert host.done == ["add route", *(["remove route"] if ends else [])], "the fifth time it is taken away again"
    assert len(put_back) >= 5
    routing.remove()
    routing.put()  # it is master again: a contest of before is none of now
    for _ in range(5):
        host._there.clear()
        host.done.clear()
        routing.restore()
        assert "add route" in host.done
    host.close()
