"""Sync groups: all members are master, or none."""

from __future__ import annotations

import pytest

from tests.protocol.routers import SECOND, advert, effects, settings, started
from vrrptui.protocol.actions import Transition
from vrrptui.protocol.events import AdvertReceived, FaultsChanged, Startup, Stopped, Tick
from vrrptui.protocol.sync_group import SyncGroup, hold_back
from vrrptui.protocol.virtual_router import VirtualRouter

GROUP = SyncGroup("G", ("A", "B", "C"))


def members(**priorities: int):
    return {name: started(priority=priorities.get(name, 100)) for name in GROUP.members}


def move(routers, name, now_ns, event):
    """Give one member an event and let the others follow; returns the actions of each."""
    done = {name: routers[name].handle(now_ns, event)}
    for action in list(done[name]):
        if isinstance(action, Transition):
            done |= dict(GROUP.follow(now_ns, name, action, routers))
    return done


def states(routers):
    return [router.state_name for router in routers.values()]


def test_one_master_makes_all_masters():
    routers = members(A=200)
    done = move(routers, "A", routers["A"].next_deadline_ns(), Tick())
    assert states(routers) == ["master", "master", "master"]
    assert effects(done["B"]) == ["SendAdvert 100", "AddAddresses", "Announce"]


def test_one_backup_makes_all_backups():
    routers = members(A=200)
    now_ns = routers["A"].next_deadline_ns()
    move(routers, "A", now_ns, Tick())
    done = move(routers, "B", now_ns + SECOND, AdvertReceived(advert(250)))
    assert states(routers) == ["backup", "backup", "backup"]
    assert effects(done["A"]) == ["RemoveAddresses"]
    assert effects(done["C"]) == ["RemoveAddresses"]
    assert routers["A"].next_deadline_ns() == now_ns + SECOND + routers["A"].master_down_interval_ns


def test_those_who_follow_lead_nobody():
    """What follows a transition makes no further transition necessary."""
    routers = members()
    done = move(routers, "A", routers["A"].next_deadline_ns(), Tick())
    followed = [a for name in ("B", "C") for a in done[name] if isinstance(a, Transition)]
    for action in followed:
        assert GROUP.follow(0, "B", action, routers) == []


@pytest.mark.parametrize("event", [FaultsChanged(("eth1 is down",)), Stopped("root")])
def test_a_member_that_cannot_take_part_is_a_fault(event):
    """Its fault becomes the others' fault where faults are found; following alone changes nothing."""
    routers = members()
    move(routers, "A", routers["A"].next_deadline_ns(), Tick())
    done = move(routers, "C", 10 * SECOND, event)
    assert list(done) == ["C"]


def test_a_member_in_fault_follows_nobody():
    routers = members()
    routers["C"].handle(0, FaultsChanged(("eth1 is down",)))
    move(routers, "A", routers["A"].next_deadline_ns(), Tick())
    assert states(routers) == ["master", "master", "fault"]


def test_members_that_are_not_there_yet_are_passed_over():
    routers = {"A": started()}
    (transition,) = [a for a in routers["A"].handle(4 * SECOND, Tick()) if isinstance(a, Transition)]
    assert GROUP.follow(4 * SECOND, "A", transition, routers) == []


def test_the_reason_names_the_group():
    routers = members()
    move(routers, "A", routers["A"].next_deadline_ns(), Tick())
    assert routers["B"].reason == "sync group G: A is master"


# Nobody leads before all are ready: keepalived 2.2.7, with the same members and a peer for one of them alone.


def noted(routers, name, now_ns, event):
    """`move`, and what the engine notes after it."""
    done = move(routers, name, now_ns, event)
    hold_back(0, list(routers.values()))
    return done


def test_a_member_with_a_better_master_keeps_others_backups():
    """Else the group would be master and backup in turn, for ever."""
    routers = members(A=200)
    hold_back(0, list(routers.values()))
    now_ns = 0
    for _ in range(40):
        now_ns += SECOND
        noted(routers, "C", now_ns, AdvertReceived(advert(250)))
        for name in ("A", "B"):
            if now_ns >= routers[name].next_deadline_ns():
                noted(routers, name, now_ns, Tick())
        assert states(routers) == ["backup", "backup", "backup"]
    assert [routers[name].state.ready for name in GROUP.members] == [True, True, False]


@pytest.mark.parametrize("first", range(3))
def test_the_last_timer_makes_all_masters_at_once(first):
    routers = members()
    hold_back(0, list(routers.values()))
    order = GROUP.members[first:] + GROUP.members[:first]
    due_ns = routers["A"].next_deadline_ns()
    for number, name in enumerate(order):
        assert states(routers) == ["backup", "backup", "backup"]
        noted(routers, name, due_ns + number, Tick())
    assert states(routers) == ["master", "master", "master"]


def test_a_group_follows_when_one_members_master_goes():
    routers = members()
    hold_back(0, list(routers.values()))
    for name in ("A", "B"):
        noted(routers, name, routers[name].next_deadline_ns(), Tick())
    heard_ns = 30 * SECOND
    noted(routers, "C", heard_ns, AdvertReceived(advert(250)))
    noted(routers, "C", heard_ns + routers["C"].master_down_interval_ns, Tick())
    assert states(routers) == ["master", "master", "master"]


def test_owners_begin_as_masters_when_the_last_of_them_begins():
    """RFC 9568 §6.4.1, for all members at once."""
    routers = {name: VirtualRouter(settings(priority=255)) for name in GROUP.members}
    hold_back(0, list(routers.values()))
    for name in GROUP.members:
        assert "master" not in states(routers)
        noted(routers, name, 0, Startup())
    assert states(routers) == ["master", "master", "master"]


def test_an_owner_waits_for_a_member_that_is_none():
    routers = {name: VirtualRouter(settings(priority=255 if name == "A" else 100)) for name in GROUP.members}
    hold_back(0, list(routers.values()))
    for name in GROUP.members:
        noted(routers, name, 0, Startup())
    assert states(routers) == ["backup", "backup", "backup"]
    for name in ("B", "C"):
        noted(routers, name, routers[name].next_deadline_ns(), Tick())
    assert states(routers) == ["master", "master", "master"]
