"""Who takes over from a living master: a higher router that preempts, and no other; a lost one anybody follows.

The same in both places that say so, `vrrptui forecast` and the console's dialogs.
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.console import world
from vrrptui.client.view import Row
from vrrptui.console.text import predictions as dialogs
from vrrptui.control.forecast import Question, RiskCode

MASTER, NAME = "10.0.0.1", "VI_51"
STATES = ("master", "backup", "fault", "stopped")
priorities = st.integers(1, 254)
versions = st.sampled_from((2, 3))
intervals = st.integers(1, 4095).map(lambda centiseconds: centiseconds / 100)


def down(priority: int, interval: float, version: int) -> float:
    """RFC 9568 §6.1, RFC 3768 §6.1."""
    return 3 * interval + (256 - priority) / 256 * (1.0 if version == 2 else interval)


def heard(priority: int, interval: float, version: int, **changes):
    return world.heard(MASTER, priority, "master", interval=interval, version=version, **changes)


def seconds_in(said: str) -> float:
    """The time that a sentence ends with."""
    return float(said.rpartition(" within ")[2].removesuffix(" s."))


@settings(deadline=None)  # of one example: the host may be busy
@given(
    own=priorities,
    then=priorities,
    master=priorities,
    preempt=st.booleans(),
    version=versions,
    own_interval=intervals,
    interval=intervals,
)
def test_a_higher_backup_that_preempts_takes_over_from_a_master(
    own, then, master, preempt, version, own_interval, interval
):
    """RFC 9568 §6.4.2; in version 3 by the master's interval, and in version 2 all have the same one."""
    own_interval = interval if version == 2 else own_interval
    changes = {"preempt": preempt, "version": version, "advertisement_interval": own_interval}
    router = world.router(51, "backup", own, learned=interval, **changes)
    group = world.group(51, "10.0.51.1", heard(master, interval, version))
    wins = then > master and preempt
    told = Question("eth0/51", group, router).at_priority(then)
    assert told.then.called == (NAME if wins else MASTER)
    assert told.after == pytest.approx(down(then, interval, version) if wins else 0.0)
    assert any(one.code is RiskCode.NO_PREEMPT for one in told.risks) is (then > master and not preempt)
    said = dialogs.of_priority(Row("eth0/51", group, router), router, then, world.NOW).effect
    assert (f"{NAME} takes over from {MASTER} ({master}) within " in said) is wins
    assert not wins or seconds_in(said) == pytest.approx(down(then, interval, version), abs=0.0051)
    assert ("preempt is off" in said) is (then > master and not preempt)
    assert (f"{MASTER} ({master}) stays master" in said) is not wins


@settings(deadline=None)  # of one example: the host may be busy
@given(own=priorities, master=priorities, preempt=st.booleans(), version=versions, interval=intervals)
def test_a_lost_master_is_followed_whether_one_preempts_or_not(own, master, preempt, version, interval):
    """Preemption is about living masters (RFC 9568 §6.1)."""
    router = world.router(51, "backup", own, preempt=preempt, version=version, advertisement_interval=interval)
    group = world.group(51, "10.0.51.1", heard(master, interval, version))
    told = Question("eth0/51", group, router).without(MASTER)
    assert (told.then.called, told.after) == (NAME, pytest.approx(down(own, interval, version)))


@settings(deadline=None)  # of one example: the host may be busy
@given(
    own=priorities | st.just(255),
    override=st.none() | priorities,
    master=priorities,
    preempt=st.booleans(),
    version=versions,
    interval=intervals,
)
def test_a_router_that_starts_takes_over_when_it_may(own, override, master, preempt, version, interval):
    """RFC 9568 §6.4.1: an owner is master at once, and always preempts (§6.1)."""
    override = None if own == 255 else override
    owner = own == 255
    changes = {"preempt": preempt, "override": override, "owner": owner, "version": version}
    changes["advertisement_interval"] = interval if version == 2 else 1.0
    router = world.router(51, "stopped", own, **changes)
    group = world.group(51, "10.0.51.1", heard(master, interval, version))
    priority = override or own
    said = dialogs.of_start(Row("eth0/51", group, router), router).effect
    if owner:
        assert said == f"{NAME} owns the addresses and is master at once."
        alone = dialogs.of_start(Row("eth0/51", None, router), router).effect
        assert alone == said
    elif priority > master and preempt:
        assert f"starts with {priority} and takes over from {MASTER} ({master}) within " in said
        assert seconds_in(said) == pytest.approx(down(priority, interval, version), abs=0.0051)
    else:
        assert said == f"{NAME} starts as backup with {priority}; {MASTER} ({master}) stays master."


@settings(deadline=None)  # of one example: the host may be busy
@given(own=priorities, then=priorities, rival=priorities, preempt=st.booleans(), state=st.sampled_from(STATES))
def test_how_a_priority_stands_says_that_a_living_master_stays(own, then, rival, preempt, state):
    router = world.router(51, state, own, preempt=preempt)
    group = world.group(51, "10.0.51.1", heard(rival, 1.0, 3))
    said = dialogs.standing(Row("eth0/51", group, router), router, then).rpartition(": ")[2]
    if then == rival:
        wanted = "a tie; a living master stays, else the higher address wins"
    elif then < rival:
        wanted = "local cannot win while it lives"
    elif state == "master":
        wanted = "local stays master"
    elif state != "backup":
        wanted = f"local would win, but takes no part while it is {state.upper()}"
    else:
        wanted = "local wins" if preempt else "local would win, but preempt is off and a living master stays"
    assert said == wanted
