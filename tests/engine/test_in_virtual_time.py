"""Virtual routers, trackers, commands and what is published, on hosts in memory and in virtual time."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.engine import lan
from tests.engine.host import instance
from tests.engine.virtual_time import SECOND_NS, VirtualLoop, run
from vrrptui.control.messages import (
    Done,
    DrainRouter,
    HistoryEvent,
    MuteCheck,
    Refused,
    SetPriority,
    StartRouter,
    StopRouter,
)
from vrrptui.control.snapshots import VirtualRouterSnapshot
from vrrptui.engine.publication import PUBLISH_S, Publication
from vrrptui.engine.status.health import Health
from vrrptui.engine.vrrp.events import TrackerReported
from vrrptui.protocol.timers import master_down_interval_ns

VIP = "192.0.2.100"
Story = Callable[[lan.Lan], Coroutine[Any, Any, None]]


def play(folder: Path, hosts: int, story: Story) -> None:
    """Play a story with so many hosts on one link."""

    async def told(loop: VirtualLoop) -> None:
        one = lan.Lan(loop, folder, hosts)
        try:
            await story(one)
        finally:
            one.close()

    run(told)


def test_the_highest_priority_alone_is_master_with_the_address(tmp_path):
    async def story(one: lan.Lan) -> None:
        for member, priority in zip(one.members, (100, 200, 150), strict=True):
            member.configure(instance("VI_1", 51, priority))
        await asyncio.sleep(60)
        assert [member.state() for member in one.members] == ["backup", "master", "backup"]
        assert [member.holds(VIP) for member in one.members] == [False, True, False]
        gaps = {after - before for (before, _), (after, _) in pairwise(one.members[1].sent)}
        assert gaps == {SECOND_NS}

    play(tmp_path, 3, story)


def test_a_backup_takes_over_after_the_master_down_interval(tmp_path):
    """RFC 9568 §6.1: 3 * Active_Adver_Interval + Skew_Time after the last advert."""

    async def story(one: lan.Lan) -> None:
        first, second = one.members
        first.configure(instance("VI_1", 51, 200))
        second.configure(instance("VI_1", 51, 100))
        await asyncio.sleep(30)
        first.die()
        await asyncio.sleep(10)
        assert second.state() == "master"
        late_ns = second.sent[0][0] - first.sent[-1][0] - master_down_interval_ns(3, 100, SECOND_NS)
        assert abs(late_ns) < 1000

    play(tmp_path, 2, story)


def test_after_a_resignation_the_backup_waits_its_skew_time(tmp_path):
    """RFC 9568 §6.4.2: a priority of 0 sets the master down timer to Skew_Time."""

    async def story(one: lan.Lan) -> None:
        first, second = one.members
        first.configure(instance("VI_1", 51, 200))
        second.configure(instance("VI_1", 51, 100))
        await asyncio.sleep(30)
        assert isinstance(first.command(StopRouter(id=1, router="VI_1")), Done)
        at_ns = one.loop.now_ns
        await asyncio.sleep(1)
        assert (first.state(), second.state()) == ("stopped", "master")
        skew_ns = SECOND_NS * (256 - 100) // 256
        assert abs(second.sent[0][0] - at_ns - skew_ns) < 1000
        assert isinstance(first.command(StartRouter(id=2, router="VI_1")), Done)
        await asyncio.sleep(10)
        assert (first.state(), second.state()) == ("master", "backup")

    play(tmp_path, 2, story)


def test_a_file_moves_the_priority_and_with_it_the_master(tmp_path):
    async def story(one: lan.Lan) -> None:
        first, second = one.members
        number = tmp_path / "number"
        number.write_text("0\n")
        tracking = f"track_file F {{\nfile {number}\nweight 1\n}}"
        first.configure(tracking, instance("VI_1", 51, 120, "track_file {\nF weight -1\n}"))
        second.configure(instance("VI_1", 51, 100))
        await asyncio.sleep(10)
        assert first.state() == "master"
        number.write_text("50\n")
        await asyncio.sleep(10)
        assert first["VI_1"].machine.priority == 70
        assert [member.state() for member in one.members] == ["backup", "master"]
        number.write_text("0\n")
        await asyncio.sleep(10)
        assert [member.state() for member in one.members] == ["master", "backup"]

    play(tmp_path, 2, story)


def test_each_result_of_a_tracker_is_in_the_history_once(tmp_path):
    """Two results within the 10 ms of the queue, and a mute, which is no result."""

    async def story(one: lan.Lan) -> None:
        (member,) = one.members
        number = tmp_path / "number"
        number.write_text("0\n")
        tracking = f"track_file F {{\nfile {number}\nweight 1\n}}"
        member.configure(tracking, instance("VI_1", 51, 120, "track_file {\nF weight -1\n}"))
        await asyncio.sleep(10)
        member.reported.clear()
        for text in ("5\n", "7\n"):
            number.write_text(text)
            member.instances.trackers.checks["file F"]._look()
        member.command(MuteCheck(id=1, check="file F"))
        await asyncio.sleep(0.1)
        news = [event.news for event in member.reported if isinstance(event, TrackerReported)]
        assert news == ["file F: 0 is 5 now", "file F: 5 is 7 now", ""]

    play(tmp_path, 1, story)


def test_an_operators_priority_holds_for_its_time(tmp_path):
    async def story(one: lan.Lan) -> None:
        first, second = one.members
        first.configure(instance("VI_1", 51, 120))
        second.configure(instance("VI_1", 51, 100))
        await asyncio.sleep(10)
        first.command(SetPriority(id=1, router="VI_1", priority=50, seconds=90.0))
        await asyncio.sleep(89.9)
        assert (first.state(), first["VI_1"].machine.priority) == ("backup", 50)
        await asyncio.sleep(0.2)
        assert first["VI_1"].machine.priority == 120
        await asyncio.sleep(10)
        assert first.state() == "master"

    play(tmp_path, 2, story)


def test_a_drain_waits_for_the_other_router(tmp_path):
    async def story(one: lan.Lan) -> None:
        first, second = one.members
        first.configure(instance("VI_1", 51, 120))
        second.configure(instance("VI_1", 51, 100))
        await asyncio.sleep(10)
        first.command(DrainRouter(id=1, router="VI_1"))
        await asyncio.sleep(10)
        assert [member.state() for member in one.members] == ["stopped", "master"]
        assert [member.holds(VIP) for member in one.members] == [False, True]
        answer = second.command(DrainRouter(id=2, router="VI_9"))
        assert isinstance(answer, Refused)
        assert "no virtual router" in answer.why

    play(tmp_path, 2, story)


class Deaf:
    """In place of the observer, which needs a packet socket."""

    def __init__(self) -> None:
        self.interfaces: list[str] = []
        self.other_protocols: list[str] = []
        self.vhids: list[str] = []
        self.heard = self.evicted = self.drops = 0
        self.changes_left = False
        self.held = self.feed = self

    def changed(self) -> tuple[list[object], list[str]]:
        return [], []

    def take(self) -> list[object]:
        return []

    def snapshots(self) -> list[object]:
        return []


def test_a_state_is_published_at_once_and_counters_soon(tmp_path):
    async def story(one: lan.Lan) -> None:
        member, other = one.members
        health = Health(member.kernel, member.history, member.instances, beside_others=True)
        publication = Publication(
            member.instances, Deaf(), health, member.commands, member.notifications, member.history
        )
        server = lan.Server()
        publication.open(server)
        member.handle = lambda event: publication.soon(0 if type(event).__name__ == "StateChanged" else PUBLISH_S)
        member.configure(instance("VI_1", 51, 120))
        other.configure(instance("VI_1", 51, 100))
        await asyncio.sleep(10)
        last = [message for message in server.sent if isinstance(message, VirtualRouterSnapshot)][-1]
        assert (last.name, last.state, last.effective_priority) == ("VI_1", "master", 120)
        server.sent.clear()
        member.cable(up=False)
        await asyncio.sleep(0.02)
        (now,) = [message for message in server.sent if isinstance(message, VirtualRouterSnapshot)]
        assert now.state == "fault"
        everything = list(publication.everything())
        assert [m.state for m in everything if isinstance(m, VirtualRouterSnapshot)] == ["fault"]
        publication.vitals(1.0)
        assert not [m for m in server.sent if isinstance(m, HistoryEvent) and m.kind == "VIP_HELD_BY_BACKUP"]

    play(tmp_path, 2, story)


@pytest.mark.parametrize("seed", range(12))
def test_whatever_happens_one_master_is_left_when_it_is_over(tmp_path, seed):
    """Cables, operators, priorities and reloads at random times; ten seconds of peace are enough for three routers."""
    chance = random.Random(seed)

    def blow(member: lan.Member) -> None:
        match chance.randrange(5):
            case 0:
                member.cable(up=False)
            case 1:
                member.cable(up=True)
            case 2:
                member.command(SetPriority(id=1, router="VI_1", priority=chance.randint(1, 254), seconds=5.0))
            case 3:
                member.command(StopRouter(id=1, router="VI_1", seconds=3.0))
            case 4:
                member.configure(instance("VI_1", 51, chance.randint(1, 254), chance.choice(["nopreempt", ""])))

    async def story(one: lan.Lan) -> None:
        for member in one.members:
            member.configure(instance("VI_1", 51, chance.randint(1, 254)))
        for _ in range(20):
            for _ in range(chance.randint(1, 6)):
                await asyncio.sleep(chance.choice([0, 0.01, 0.3, 1.7]))
                blow(chance.choice(one.members))
            for member in one.members:
                member.cable(up=True)
            await asyncio.sleep(20)
            (master,) = one.masters()
            assert [member.holds(VIP) for member in one.members] == [member is master for member in one.members]

    play(tmp_path, 3, story)


@pytest.mark.slow
def test_an_hour_of_peace_has_no_change_of_state(tmp_path):
    async def story(one: lan.Lan) -> None:
        for member, priority in zip(one.members, (100, 200), strict=True):
            member.configure(instance("VI_1", 51, priority), instance("VI_2", 52, 250 - priority, vips=["192.0.2.101"]))
        await asyncio.sleep(10)
        before = [list(member.changes) for member in one.members]
        await asyncio.sleep(3600)
        assert [member.changes for member in one.members] == before
        assert len(one.members[1].sent) == pytest.approx(3609, abs=3)

    play(tmp_path, 2, story)
