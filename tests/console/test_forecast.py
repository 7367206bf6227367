"""What a dialog says would happen."""

import pytest

from tests.console import world
from vrrptui.cli.commands.forecast import Supposition, answer
from vrrptui.client.view import Row, View
from vrrptui.console.text import predictions
from vrrptui.console.text.explain import arithmetic
from vrrptui.control.forecast import natural_priority, skew_time

RIVAL = world.heard("10.0.1.2", 150, "yielded", seen=360)
MASTER = world.router(1, "master", 200, world.HTTP_UP)


def row(*routers, own=MASTER, **changes):
    return Row("eth0/1", world.group(1, "10.0.1.1", *routers, **changes), own)


@pytest.mark.parametrize(
    ("heard", "priority", "effect", "risk"),
    [
        ([RIVAL], 100, "10.0.1.2 (150) takes over within 3.41 s", "last heard 6m ago"),
        ([RIVAL], 150, "not higher: VI_1 stays master", ""),
        ([], 100, "VI_1 probably stays master", "No other router was ever heard"),
        ([world.heard("10.0.1.2", 0, "resigned", seen=5)], 100, "unknown", "resigned with priority 0"),
    ],
)
def test_dropping_a_masters_priority(heard, priority, effect, risk):
    said = predictions.of_priority(row(*heard), MASTER, priority, world.NOW)
    assert effect in said.effect
    assert risk in said.risk
    assert bool(risk) == bool(said.risk)


def test_a_silent_listener_is_not_called_nobody():
    said = predictions.of_priority(row(listeners=["10.0.1.9"]), MASTER, 100, world.NOW)
    assert "10.0.1.9 listens" in said.effect
    assert not said.alone


def test_among_equals_the_higher_address_is_named():
    low, high = world.heard("10.0.1.9", 150, "yielded"), world.heard("10.0.1.10", 150, "yielded")
    assert predictions.others(row(low, high))[0].source == "10.0.1.10"


@pytest.mark.parametrize(
    ("priority", "preempt", "effect"),
    [
        (90, True, "stays master"),
        (250, True, "takes over from 10.0.3.2 (210) within 3.02 s"),
        (250, False, "preempt is off"),
    ],
)
def test_changing_a_backups_priority(priority, preempt, effect):
    own = world.router(3, "backup", 100, preempt=preempt)
    heard = Row("eth0/3", world.group(3, "10.0.3.1", world.heard("10.0.3.2", 210)), own)
    assert effect in predictions.of_priority(heard, own, priority, world.NOW).effect


def test_stopping_the_only_router_ever_heard_warns_and_asks_more():
    said = predictions.of_stop(row(world.heard("10.0.0.1", 200, local=True)), MASTER, world.NOW)
    assert said.alone
    assert "10.0.1.1 may go unserved" in said.risk


def test_stopping_a_master_hands_over_after_the_rivals_skew():
    said = predictions.of_stop(row(RIVAL), MASTER, world.NOW)
    assert "10.0.1.2 (150) takes over after 0.41 s" in said.effect


def test_stopping_one_of_two_masters_leaves_the_other():
    own = world.router(1, "master", 200)
    said = predictions.of_stop(row(world.heard("10.0.1.2", 150), own=own), own, world.NOW)
    assert said.effect.endswith("10.0.1.2 (150) is master already and stays alone.")
    assert said.risk == ""


def test_starting_says_who_stays():
    own = world.router(3, "stopped", 100)
    heard = Row("eth0/3", world.group(3, "10.0.3.1", world.heard("10.0.3.2", 210)), own)
    assert "10.0.3.2 (210) stays master" in predictions.of_start(heard, own).effect
    assert "no master is heard" in predictions.of_start(Row("eth0/3", None, own), own).effect


@pytest.mark.parametrize(("version", "skew"), [(2, 0.609375), (3, 0.0609375)])
def test_skew_is_of_a_second_in_v2_and_of_the_interval_in_v3(version, skew):
    assert skew_time(100, 0.1, version) == pytest.approx(skew)


def test_the_arithmetic_of_a_priority_adds_up():
    own = world.router(51, "backup", 150, world.HTTP_DOWN, world.DISK)
    assert "".join(text for text, _ in arithmetic(own)) == "base 150 − 30 (chk_http) = 120"
    assert natural_priority(own) == 120


def test_an_operators_priority_is_not_shown_as_the_sum():
    own = world.router(51, "backup", 150, world.HTTP_DOWN, override=90, effective_priority=90)
    assert "".join(text for text, _ in arithmetic(own)) == "base 150 − 30 (chk_http) · set by an operator to 90"


@pytest.mark.parametrize(
    ("routers", "ours", "said"),
    [
        (
            [world.heard("10.0.0.2", 100), world.heard("10.0.0.3", 100)],
            None,
            "10.0.0.3 (100) stays by its higher",
        ),
        ([world.heard("10.0.0.2", 150), world.heard("10.0.0.3", 100)], None, "10.0.0.2 (150) stays, and the others"),
        ([world.heard("10.0.0.2", 100)], None, "no router is known to take over"),
        ([world.heard("10.0.0.2", 100, "lost")], None, "As long as no advert is heard, no router is known"),
        ([world.heard("10.0.0.2", 100, "lost")], "backup", "VI_9 takes over when its master down timer ends"),
        ([world.heard("10.0.0.2", 100, "resigned"), world.heard("10.0.0.3", 90)], "backup", "VI_9 here takes over"),
    ],
)
def test_what_is_expected_is_said(routers, ours, said):
    view = View()
    view.apply(world.group(9, "10.0.9.1", *routers))
    if ours:
        view.apply(world.router(9, ours, 120))
    assert said in " ".join(predictions.expected(view.row("eth0/9")))


def test_down_timer_adverts_is_how_many_must_be_missing():
    """RFC 9568 §6.1 with keepalived's down_timer_adverts in place of 3."""
    own = world.router(3, "backup", 100, down_timer_adverts=10)
    heard = Row("eth0/3", world.group(3, "10.0.3.1", world.heard("10.0.3.2", 210)), own)
    three = predictions.of_priority(heard, world.router(3, "backup", 100), 250, world.NOW).effect
    assert "within 3.02 s" in three
    assert "within 10.02 s" in predictions.of_priority(heard, own, 250, world.NOW).effect
    stopped = world.router(3, "stopped", 250, down_timer_adverts=10)
    assert "within 10.02 s" in predictions.of_start(Row("eth0/3", heard.group, stopped), stopped).effect
    master = world.router(1, "master", 200, down_timer_adverts=10)
    assert "within 10.41 s" in predictions.of_priority(row(RIVAL, own=master), master, 100, world.NOW).effect


def view_of(row):
    view = View()
    for message in (row.group, row.router):
        view.apply(message)
    return view


@pytest.mark.parametrize(("learned", "wait"), [(1.0, 10 + 156 / 256), (0.5, 5 + 156 / 512)])
def test_line_dialog_and_command_agree_with_ten_adverts_to_miss(learned, wait):
    """RFC 9568 §6.1 with down_timer_adverts 10, by the interval learned from the master."""
    backup = world.router(3, "backup", 100, learned=learned, down_timer_adverts=10)
    heard = Row("eth0/3", world.group(3, "10.0.3.1", world.heard("10.0.3.2", 210, interval=learned)), backup)
    line = f"If 10.0.3.2 goes silent, VI_3 here takes over in {wait:.2f} s."
    assert predictions.of_losing_the_master(heard) == line
    told = answer(view_of(heard), "VI_3", Supposition(without="10.0.3.2"))
    assert (told.after, told.effect) == (pytest.approx(wait), f"VI_3 (100) takes over within {wait:.2f} s.")
    sooner = wait - 150 / 256 * learned  # at priority 250
    dialog = predictions.of_priority(heard, backup, 250, world.NOW).effect
    assert dialog == f"VI_3 takes over from 10.0.3.2 (210) within {sooner:.2f} s."
    assert answer(view_of(heard), "VI_3", Supposition(priority=250)).effect.endswith(f"within {sooner:.2f} s.")
    alone = Row("eth0/3", None, world.router(3, "stopped", 100, learned=learned, down_timer_adverts=10))
    assert f"takes over after {wait:.2f} s" in predictions.of_start(alone, alone.router).effect


def test_line_dialog_and_command_assume_the_masters_interval():
    """A backup of version 3 waits by the master's interval, not by the one it would advertise with (RFC 9568 §6.1)."""
    master = world.router(1, "master", 200, advertisement_interval=0.5)
    heard = row(world.heard("10.0.1.2", 150, "yielded", seen=360, interval=1.0), own=master)
    wait = 3 * 0.5 + 106 / 256 * 0.5
    assert f"within {wait:.2f} s" in predictions.of_priority(heard, master, 100, world.NOW).effect
    assert answer(view_of(heard), "VI_1", Supposition(priority=100)).after == pytest.approx(wait)


@pytest.mark.parametrize(
    ("own", "others", "proposed"),
    [(150, [100], 99), (200, [100, 180], 150), (150, [], 100), (30, [20], 1), (150, [1], 1), (150, [0], 100)],
)
def test_a_drop_is_proposed_below_the_best_other(own, others, proposed):
    heard = [world.heard(f"10.0.1.{number}", priority) for number, priority in enumerate(others, 2)]
    assert predictions.dropped(row(*heard), world.router(1, "master", own)) == proposed
