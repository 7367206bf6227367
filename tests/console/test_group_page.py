"""The page of one group: its timeline, its timers, its arithmetic, and on what the speakers differ."""

import pytest

from tests.console import world
from vrrptui.client.view import View
from vrrptui.console.screens.adverts import AdvertsScreen
from vrrptui.console.text import agreement, group_page, predictions, timeline
from vrrptui.console.text.prose import width_of
from vrrptui.control.messages import Synced
from vrrptui.control.snapshots import AnswerSnapshot, Contribution, PlaybackSnapshot

NOW = world.NOW
HOUR = 3600.0


def told(*messages):
    view = View()
    for message in messages:
        view.apply(message)
    return view


def text_of(lines):
    return "\n".join("".join(text for text, _ in line) for line in lines)


def story(*events, routers=(), uptime=HOUR, **changes):
    """A view of group 9 in which this happened."""
    told_events = [world.event(number, ago, "eth0/9", kind, "ok", "x", **more) for number, (ago, kind, more) in events]
    group = world.group(9, "10.0.9.1", *routers, **changes)
    return told(world.engine(uptime=uptime), group, *told_events)


def reigns_of(view):
    row = view.row("eth0/9")
    known = timeline.known_since(view, NOW)
    found = timeline.reigns(row, reversed(view.events_of(row.key)), known, NOW)
    return [(one.router[-1], round(NOW - one.begin, 1), round(NOW - one.end, 1)) for one in found]


A, B = "10.0.0.1", "10.0.0.2"
FIRST = (1, (900, "MASTER", {"router": A}))


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([FIRST, (2, (60, "FAILOVER", {"router": B, "gap_ms": 3600.0}))], [("1", 900, 63.6), ("2", 60, 0)]),
        ([FIRST, (2, (60, "FAILOVER", {"router": B, "gap_ms": 0.0}))], [("1", 900, 60), ("2", 60, 0)]),
        (
            [
                FIRST,
                (2, (61, "RESIGNED", {"router": A})),
                (3, (60, "FAILOVER", {"router": B, "gap_ms": 1000.0})),
            ],
            [("1", 900, 61), ("2", 60, 0)],
        ),
        (
            [
                FIRST,
                (2, (300, "SECOND_MASTER", {"router": B})),
                (3, (200, "SECOND_MASTER_OVER", {"router": B})),
            ],
            [("1", 900, 200), ("2", 300, 0)],
        ),
        (
            [
                FIRST,
                (2, (296, "MASTER_LOST", {"router": A, "gap_ms": 4000.0})),
                (3, (60, "MASTER", {"router": B, "gap_ms": 240_000.0})),
            ],
            [("1", 900, 300), ("2", 60, 0)],
        ),
        ([(1, (60, "RESIGNED", {"router": A}))], [("1", 1000, 60), ("2", 60, 0)]),
        ([(1, (9000, "MASTER", {"router": A}))], [("2", 60, 0)]),  # from before this engine's start
    ],
    ids=["timed out", "preempted", "resigned", "two masters", "lost", "the first that is told of", "before the start"],
)
def test_who_was_master_when(events, expected):
    routers = (world.heard(A, 150, "lost", seen=70, first_seen=NOW - 1000), world.heard(B, 100))
    view = story(*events, routers=routers, since=60)
    assert reigns_of(view) == [(who, pytest.approx(begin), pytest.approx(end)) for who, begin, end in expected]


def test_our_own_router_says_itself_what_it_is():
    routers = (world.heard(A, 150, "yielded", local=True, seen=30), world.heard(B, 100))
    events = [(1, (900, "MASTER", {})), (2, (30, "FAULT", {})), (3, (27, "FAILOVER", {"router": B, "gap_ms": 3000.0}))]
    assert reigns_of(story(*events, routers=routers, since=27)) == [("1", 900, 30), ("2", 27, 0)]


def test_what_was_before_the_history_is_blank_and_said():
    view = story(routers=(world.heard(B, 100),), since=100, uptime=100)
    lines = text_of(timeline.of_group(view.row("eth0/9"), view, NOW, 120))
    strip = next(line for line in lines.splitlines() if B in line)
    assert "█" in strip
    assert "·" not in strip  # it was not known that it was away
    assert "starts at 03:11:04Z" in lines


def test_a_played_capture_knows_since_its_beginning():
    played = PlaybackSnapshot(file="x", begins=NOW - 50, ends=NOW, position=NOW, speed=1.0, playing=False)
    assert timeline.known_since(told(world.engine(playback=played)), NOW) == NOW - 50


def test_a_vacancy_and_two_masters_are_seen_in_the_strip():
    lost = [FIRST, (2, (60, "MASTER_LOST", {"router": A, "gap_ms": 4000.0}))]
    view = story(*lost, routers=(world.heard(A, 150, "lost", seen=64),), since=64)
    lines = timeline.of_group(view.row("eth0/9"), view, NOW, 120)
    assert ("×" * 10) in text_of(line for line in lines if "nobody" in line[0][0])
    both = [FIRST, (2, (60, "SECOND_MASTER", {"router": B}))]
    view = story(*both, routers=(world.heard(A, 150), world.heard(B, 100)), since=60)
    lines = timeline.of_group(view.row("eth0/9"), view, NOW, 120)
    tones = [{tone for text, tone in line if "█" in text} for line in lines]
    assert {"master", "critical"} in tones
    assert {"critical"} in tones


@pytest.mark.parametrize("width", [20, 59, 80, 120, 300])
def test_a_thousand_changes_are_drawn_within_the_width(width):
    def change(number):
        return number, (4000 - 4 * number, "FAILOVER", {"router": (A, B)[number % 2], "gap_ms": 600.0})

    view = story(*map(change, range(1, 1000)), routers=(world.heard(A, 150), world.heard(B, 100, "lost")), since=4)
    lines = timeline.of_group(view.row("eth0/9"), view, NOW, width)
    assert len(lines) >= 4
    assert all(width_of(line) <= max(width, 35) for line in lines[1:])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "all agree: version v3 · interval 1.00s · addresses 10.0.9.1"),
        ({"interval": 3.0}, "interval differs: 1.00s by 10.0.0.1; 3.00s by 10.0.0.2"),
        ({"version": 2}, "version differs: v3 by 10.0.0.1; v2 by 10.0.0.2"),
        ({"addresses": ["10.0.9.2"]}, "addresses differs: 10.0.9.1 by 10.0.0.1; 10.0.9.2 by 10.0.0.2"),
        ({"checksum": "message"}, "checksum differs: pseudo-header by 10.0.0.1; message by 10.0.0.2"),
        ({"auth": "simple"}, "authentication differs: none by 10.0.0.1; simple by 10.0.0.2"),
        ({"ttl": 64}, "TTL differs: 255 by 10.0.0.1; 64 by 10.0.0.2 (255 is demanded"),
    ],
)
def test_the_speakers_are_compared(changes, said):
    view = story(routers=(world.heard(A, 150, ttl=255), world.heard(B, 100, **({"ttl": 255} | changes))))
    assert said in text_of(agreement.configuration_seen(view.row("eth0/9"), 200))


def test_our_own_settings_are_compared_with_what_is_heard():
    router = world.router(9, "backup", 90, virtual_addresses=["10.0.9.1/24", "10.0.9.7/24"])
    view = told(world.group(9, "10.0.9.1", world.heard(B, 100)), router)
    said = text_of(agreement.configuration_seen(view.row("eth0/9"), 200))
    assert "addresses differs: 10.0.9.1 by 10.0.0.2; 10.0.9.1, 10.0.9.7 by ours" in said


@pytest.mark.parametrize(
    ("state", "priority", "preempt", "said"),
    [
        ("backup", 90, True, "best other heard 100 (10.0.0.2): local cannot win while it lives"),
        ("backup", 120, True, "local wins"),
        ("backup", 120, False, "preempt is off"),
        ("backup", 100, True, "a tie"),
        ("master", 120, True, "local stays master"),
        ("fault", 120, True, "takes no part while it is FAULT"),
    ],
)
def test_how_our_priority_stands(state, priority, preempt, said):
    router = world.router(9, state, priority, preempt=preempt)
    row = told(world.group(9, "10.0.9.1", world.heard(B, 100)), router).row("eth0/9")
    assert said in predictions.standing(row, router, priority)


def test_whoever_resigned_is_no_rival():
    router = world.router(9, "backup", 90)
    row = told(world.group(9, "10.0.9.1", world.heard(B, 100, "resigned")), router).row("eth0/9")
    assert "no other router's priority is known" in predictions.standing(row, router, 90)


def test_the_bars_say_how_late_it_is():
    view = told(world.group(9, "10.0.9.1", world.heard(B, 100, seen=3.5)))
    lines = group_page.page(view.row("eth0/9"), view, NOW, 120)
    due = next(line for line in lines if line[0][0].startswith(" Next advert"))
    down = next(line for line in lines if line[0][0].startswith(" Master down"))
    assert (due[1][1], due[2][0].strip()) == ("critical", "3.5 / 1.00 s")
    assert down[2][0].strip() == "3.5 / 4.00 s"  # three intervals and the worst skew of version 3
    assert "worst skew" in down[3][0]


def test_what_a_recovery_would_change_is_said():
    failing = Contribution(name="chk_http", amount=-30, state="down")
    view = told(world.group(9, "10.0.9.1", world.heard(B, 100)), world.router(9, "backup", 120, failing))
    said = text_of(group_page.page(view.row("eth0/9"), view, NOW, 120))
    assert "90: best other heard 100 (10.0.0.2): local cannot win" in said
    assert "120: if chk_http recovers: best other heard 100 (10.0.0.2): local wins" in said


def test_who_answers_for_an_address_is_named():
    answer = AnswerSnapshot(address="10.0.9.1", mac="00:00:5e:00:01:33", how="ARP reply", time=NOW - 2)
    view = told(world.group(9, "10.0.9.1", world.heard(B, 100), answers=[answer]))
    said = text_of(group_page.page(view.row("eth0/9"), view, NOW, 120))
    assert "00:00:5e:00:01:33 (10.0.0.2) by ARP reply, 2.0s ago" in said


async def test_a_shows_the_adverts_of_the_group(play):
    async with play() as played:
        await played.press("down", "down", "enter", "a")
        assert isinstance(played.app.screen, AdvertsScreen)
        assert played.app.screen.filter_words == "vrid 12 if eth0"
        await played.until(lambda: played.app.session.view.adverts.received)
        await played.settle()
        assert {row.line.vrid for row in played.app.screen.table.rows} == {12}


async def test_the_next_group_is_shown_from_its_top(play):
    async with play(size=(80, 24)) as played:
        await played.press("enter", "G")
        assert "state" not in played.text()
        await played.press("right_square_bracket")
        assert "── state" in played.text()
        await played.press("left_square_bracket", "escape")
        assert played.app.screen.MODE == "groups"


async def test_cards_are_named_by_their_maker_which_is_asked_for_once(play):
    asked = []

    async def look_up(macs):
        asked.append(list(macs))
        return {"00:00:0c:01:02:03": "Cisco Systems, Inc"}

    cards = [
        world.heard("10.0.9.2", 110, source_mac="00:00:0c:01:02:03", mac_kind="physical"),
        world.heard("10.0.9.3", 100, "lost", source_mac="52:54:00:00:00:01", mac_kind="physical"),
        world.heard("10.0.9.4", 90, "lost", source_mac="00:00:5e:00:01:09", mac_kind="virtual"),
    ]
    greeting = [world.hello(), world.engine(), world.group(9, "10.0.9.1", *cards), Synced()]
    async with play(greeting, vendors=look_up) as played:
        await played.press("enter")
        await played.until(lambda: asked, "a look-up")
        await played.until(lambda: "Cisco Systems, Inc 00:00:0c:01:02:03" in played.text())
        assert "card 52:54:00:00:00:01" in played.text()
        await played.say(world.group(9, "10.0.9.1", *cards))
        assert asked == [["00:00:0c:01:02:03", "52:54:00:00:00:01"]]
