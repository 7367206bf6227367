"""When virtual routers act: what is due, in which order, and what is heard before it; in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from ipaddress import ip_address

import pytest

from tests.engine import lan
from tests.engine.host import instance
from tests.engine.virtual_time import SECOND_NS, VirtualLoop, run
from vrrptui.engine.vrrp.deadlines import Deadlines
from vrrptui.protocol.advert import IPV4_GROUP, PROTOCOL_VRRP, Packet
from vrrptui.protocol.codec import encode_v3
from vrrptui.protocol.events import Stopped

DOWN_NS = 3 * SECOND_NS + SECOND_NS * 156 // 256  # RFC 9568 §6.1, of priority 100 and 1 s


@pytest.fixture
def play(tmp_path) -> Callable[..., None]:
    """Plays a story with one host, whose routers these are, that have just started."""

    def play_it(story, *instances: str) -> None:
        async def told(loop: VirtualLoop) -> None:
            one = lan.Lan(loop, tmp_path, 1)
            try:
                (member,) = one.members
                member.configure(*instances)
                await story(member, member.instances.deadlines, loop)
            finally:
                one.close()

        run(told)

    return play_it


def packet(priority: int, vrid: int = 51) -> Packet:
    source = ip_address("192.0.2.9")
    message = encode_v3(vrid, priority, SECOND_NS, (ip_address("192.0.2.100"),), source, IPV4_GROUP)
    return Packet(
        source=source, destination=IPV4_GROUP, ttl=255, protocol=PROTOCOL_VRRP, payload=message, length=len(message)
    )


def test_it_says_how_long_nothing_is_due(play):
    async def story(member: lan.Member, deadlines: Deadlines, loop: VirtualLoop) -> None:
        assert deadlines.idle_for(DOWN_NS - 1000)
        assert not deadlines.idle_for(DOWN_NS + 1000)
        deadlines.handle(member["VI_1"], Stopped("root"))
        assert deadlines.idle_for(10**18)

    play(story, instance("VI_1", 51, 100))


def test_what_waits_is_heard_before_a_deadline_is_acted_on(play):
    """The process was paused, and an advert arrived meanwhile: nobody is to be taken over."""

    async def story(member: lan.Member, deadlines: Deadlines, loop: VirtualLoop) -> None:
        (socket,) = member.sockets
        loop.now_ns += 60 * SECOND_NS
        socket.hear(loop.now_ns - 1000, packet(200))
        deadlines.act()
        assert (member.state(), member.sent) == ("backup", [])
        assert deadlines.take_worst_late_ns() == 0
        loop.now_ns += 60 * SECOND_NS
        deadlines.act()
        assert member.state() == "master"

    play(story, instance("VI_1", 51, 100))


def test_a_router_that_is_forgotten_is_never_due(play):
    async def story(member: lan.Member, deadlines: Deadlines, loop: VirtualLoop) -> None:
        deadlines.forget(member["VI_1"])
        assert deadlines.idle_for(10**18)
        loop.now_ns += 60 * SECOND_NS
        deadlines.act()
        assert (member.state(), member.sent, member.sockets) == ("backup", [], [])

    play(story, instance("VI_1", 51, 100))


def test_the_worst_lateness_is_kept_until_it_is_asked_for(play):
    async def story(member: lan.Member, deadlines: Deadlines, loop: VirtualLoop) -> None:
        loop.now_ns += DOWN_NS + 7_000_000
        deadlines.act()
        assert deadlines.take_worst_late_ns() == pytest.approx(7_000_000, abs=10)
        assert deadlines.take_worst_late_ns() == 0

    play(story, instance("VI_1", 51, 100))


def test_all_adverts_leave_before_any_address_is_added(play):
    order: list[str] = []

    async def story(member: lan.Member, deadlines: Deadlines, loop: VirtualLoop) -> None:
        post = member.kernel.post
        member.lan.deliver = lambda *_: order.append("advert")

        def posted(messages: list[bytes]) -> None:
            order.extend(["address"] * len(messages))
            post(messages)

        member.kernel.post = posted
        loop.now_ns += DOWN_NS + 1000
        order.clear()
        deadlines.act()
        assert [member.state(f"VI_{n}") for n in (1, 2, 3)] == ["master"] * 3
        assert order[:6] == ["advert"] * 3 + ["address"] * 3

    play(story, *(instance(f"VI_{n}", 50 + n, 100, vips=(f"192.0.2.{100 + n}/24",)) for n in (1, 2, 3)))


def test_masters_keep_up_during_long_work(play):
    """Adverts alone: after five seconds the second announcements are due as well, and wait (vrrp_garp_master_delay)."""

    async def story(member: lan.Member, deadlines: Deadlines, loop: VirtualLoop) -> None:
        sent = len(member.sent)
        for _ in range(5):
            loop.now_ns += SECOND_NS
            deadlines.keep_up()
        assert len(member.sent) == sent + 4

    play(story, instance("VI_1", 51, 255))


def test_a_change_is_reported_once_until_it_is_taken(play):
    async def story(member: lan.Member, deadlines: Deadlines, loop: VirtualLoop) -> None:
        assert deadlines.changed.take() == {member["VI_1"], member["VI_2"]}
        deadlines.note(member["VI_1"])
        deadlines.note(member["VI_1"])
        assert deadlines.changed.take() == {member["VI_1"]}
        assert deadlines.changed.take() == set()

    two = [instance(f"VI_{n}", 50 + n, 100, vips=(f"192.0.2.{100 + n}/24",)) for n in (1, 2)]
    play(story, *two)


@pytest.mark.parametrize("ending", [False, True])
def test_a_sync_group_follows_until_the_engine_ends(play, ending):
    async def story(member: lan.Member, deadlines: Deadlines, loop: VirtualLoop) -> None:
        await asyncio.sleep(10)
        assert [member.state(f"VI_{n}") for n in (1, 2)] == ["master", "master"]
        if ending:
            deadlines.end()
        (socket,) = member.sockets
        socket.hear(loop.now_ns, packet(200))
        deadlines.read()
        assert [member.state(f"VI_{n}") for n in (1, 2)] == ["backup", "master" if ending else "backup"]

    two = [instance(f"VI_{n}", 50 + n, 100, vips=(f"192.0.2.{99 + n}/24",)) for n in (1, 2)]
    play(story, "vrrp_sync_group G {\ngroup {\nVI_1\nVI_2\n}\n}", *two)
