"""Sync groups of real virtual routers on a host in memory: whose fault is whose, when, and what counts for whom."""

from __future__ import annotations

import asyncio
import errno
from itertools import product

import pytest

from tests.engine import host
from tests.engine.host import instance, until
from vrrptui.protocol.events import Started, Stopped
from vrrptui.protocol.priority import counted

NAMES = ("VI_1", "VI_2", "VI_3")
EACH = tuple(enumerate(NAMES, 1))


def group(*lines: str) -> str:
    names = "\n".join(NAMES)
    return f"vrrp_sync_group G {{\ngroup {{\n{names}\n}}\n{chr(10).join(lines)}\n}}\n"


def members(priority: int, *lines: str, of: str | None = None, extra: str = "") -> list[str]:
    """Three instances; the one named `of` has the line `extra` too, or each if none is named."""
    return [
        instance(name, 50 + n, priority, *lines, *([extra] if extra and of in (None, name) else ()),
                 vips=(f"192.0.2.{100 + n}/24",))
        for n, name in EACH
    ]  # fmt: skip


def text(name: str, why: str) -> tuple[str, ...]:
    return (f"sync group G: {name}: {why}",)


@pytest.mark.parametrize("priority", [255, 100], ids=["masters", "backups"])
@pytest.mark.parametrize("broken", NAMES)
async def test_a_fault_of_one_member_is_at_once_the_fault_of_all(run, broken, priority):
    """keepalived: all members are master or none is. At once: when the fault is found, not at the next change."""
    one = run(group(), *members(priority, of=broken, extra="track_interface {\nlan1\n}"))
    assert set(one.states().values()) == {"master" if priority == 255 else "backup"}
    one.host.set_up("lan1", False)
    assert one.states() == dict.fromkeys(NAMES, "fault")
    (own,) = one[broken].machine.faults
    assert own == "interface lan1 is down"
    for other in set(NAMES) - {broken}:
        assert one[other].machine.faults == text(broken, own)
    held = [address for address in ("192.0.2.101", "192.0.2.102", "192.0.2.103") if one.host.holds_now(address)]
    assert held == []
    one.host.set_up("lan1", True)
    assert set(one.states().values()) == {"master" if priority == 255 else "backup"}


@pytest.mark.parametrize("priority", [255, 100], ids=["masters", "backups"])
@pytest.mark.parametrize("stopped", NAMES)
async def test_a_stopped_member_keeps_the_others_out(run, stopped, priority):
    """A stopped member is master of nothing, so nobody of its group may be."""
    one = run(group(), *members(priority))
    one.routers.command(one[stopped], Stopped("root"))
    await asyncio.sleep(0)  # the turn of the loop after the command
    await asyncio.sleep(0)
    wanted = dict.fromkeys(NAMES, "fault") | {stopped: "stopped"}
    assert one.states() == wanted
    for other in set(NAMES) - {stopped}:
        assert one[other].machine.faults == text(stopped, "stopped")
    one.routers.refresh()
    assert one.states() == wanted
    one.routers.command(one[stopped], Started("root"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert set(one.states().values()) == {"master" if priority == 255 else "backup"}


@pytest.mark.parametrize("broken", NAMES)
async def test_the_reason_that_the_others_hear_is_the_members_own(run, broken):
    """Not what follows from it: it cannot listen there either."""
    places = {name: "lan1" if name == broken else host.LAN for name in NAMES}
    configs = [instance(name, 50 + n, 255, interface=places[name], vips=(f"192.0.2.{100 + n}/24",)) for n, name in EACH]
    one = run(group(), *configs)
    one.host.set_up("lan1", False)
    one.routers.refresh()
    assert one.states() == dict.fromkeys(NAMES, "fault")
    for other in set(NAMES) - {broken}:
        assert one[other].machine.faults == text(broken, "interface lan1 is down")


async def test_two_reasons_are_two_and_the_last_one_keeps_them_out(run):
    one = run(group(), *members(100, of="VI_2", extra="track_interface {\nlan1\n}"))
    one.routers.command(one["VI_1"], Stopped("root"))
    one.host.set_up("lan1", False)
    assert one["VI_3"].machine.faults == (*text("VI_1", "stopped"), *text("VI_2", one["VI_2"].machine.faults[0]))
    one.routers.command(one["VI_1"], Started("root"))
    one.routers.refresh()
    assert one.states() == dict.fromkeys(NAMES, "fault")
    one.host.set_up("lan1", True)
    assert one.states() == dict.fromkeys(NAMES, "backup")


async def test_one_that_is_in_no_group_is_not_concerned(run):
    two = "vrrp_sync_group G {\ngroup {\nVI_1\nVI_2\n}\n}\n"
    one = run(two, *members(255))
    one.routers.command(one["VI_1"], Stopped("root"))
    await asyncio.sleep(0.01)
    assert one.states() == {"VI_1": "stopped", "VI_2": "fault", "VI_3": "master"}
    one.routers.command(one["VI_1"], Started("root"))
    one.routers.command(one["VI_3"], Stopped("root"))
    await asyncio.sleep(0.01)
    assert one.states() == {"VI_1": "master", "VI_2": "master", "VI_3": "stopped"}


@pytest.mark.parametrize("priority", [255, 100], ids=["masters", "backups"])
@pytest.mark.parametrize("deaf", NAMES)
async def test_a_member_that_cannot_listen_keeps_the_others_out(run, monkeypatch, deaf, priority):
    """Its sockets cannot be opened: the interface went between the kernel's report and the socket."""
    real, allowed = host.Wire, [False]

    def wire(frames, name, *more):
        if name == "lan1" and not allowed[0]:
            raise OSError(errno.ENODEV, "No such device")
        return real(frames, name, *more)

    host.in_place_of_sockets(monkeypatch, wire)
    places = {name: "lan1" if name == deaf else host.LAN for name in NAMES}
    configs = [instance(name, 50 + n, priority, interface=places[name], vips=(f"192.0.2.{100 + n}/24",))
               for n, name in EACH]  # fmt: skip
    one = run(group(), *configs)
    assert one.states() == dict.fromkeys(NAMES, "fault")
    for other in set(NAMES) - {deaf}:
        assert one[other].machine.faults == text(deaf, "cannot listen on lan1: No such device")
        assert "master" not in [state for name, state in one.told if name == other]
    allowed[0] = True
    one.host.put("lan1", "198.51.100.1/24")
    one.host.steal("192.0.3.1")  # another source address: its sockets are opened again
    await asyncio.sleep(0.01)
    assert set(one.states().values()) == {"master" if priority == 255 else "backup"}


WEIGHTS = [(-20, 1), (-1, 3), (20, 1)]  # of the file that each member tracks, and the number in it


@pytest.mark.parametrize("by_member", [False, True], ids=["", "sync_group_tracking_weight"])
async def test_weights_of_members_count_where_the_group_says_so(run, tmp_path, by_member):
    """keepalived ignores them in a sync group without sync_group_tracking_weight, but for those of interfaces.

    What the group tracks counts in any case.
    """
    (tmp_path / "of_group").write_text("1")
    own, files = [], [f"track_file of_group {{\nfile {tmp_path}/of_group\n}}\n"]
    for (n, name), (weight, number) in zip(EACH, WEIGHTS, strict=True):
        (tmp_path / f"file{n}").write_text(str(number))
        files.append(f"track_file file{n} {{\nfile {tmp_path}/file{n}\n}}\n")
        lines = f"track_file {{\nfile{n} weight {weight}\n}}\ntrack_interface {{\nlan1 weight {-2 * n}\n}}"
        own.append(instance(name, 50 + n, 100, lines, vips=(f"192.0.2.{100 + n}/24",)))
    lines = "track_file {\nof_group weight 7\n}"
    one = run(*files, group(lines, *(["sync_group_tracking_weight"] if by_member else [])), *own)
    checks = one.routers.trackers.checks
    await until(lambda: all(check.up is not None for check in checks.values()))
    for up, (n, name) in product((True, False), EACH):
        one.host.set_up("lan1", up)
        weight, number = WEIGHTS[n - 1]
        mine, interface = counted("", weight, number, False).amount, 0 if up else -2 * n
        wanted = 100 + 7 + interface + (mine if by_member else 0)
        assert one[name].machine.priority == wanted, (name, up)
        (effect,) = (e for e in one.routers.effects(f"file file{n}") if e.router == name)
        assert (effect.ignored, effect.group) == (not by_member, "")
        assert effect.amount == (counted("", weight, number, False).amount if by_member else 0)
        (effect,) = (e for e in one.routers.effects("file of_group") if e.router == name)
        assert (effect.ignored, effect.group, effect.amount) == (False, "G", 7)


async def test_a_members_check_without_weight_is_the_groups_fault(run, tmp_path):
    (tmp_path / "file").write_text("0")
    file = f"track_file F {{\nfile {tmp_path}/file\nweight 0\n}}\n"
    one = run(file, group(), *members(100, of="VI_2", extra="track_file {\nF\n}"))
    await until(lambda: set(one.states().values()) == {"backup"})
    (tmp_path / "file").write_text("1")
    await until(lambda: set(one.states().values()) == {"fault"})


async def test_a_member_alone_counts_its_weights(run, tmp_path):
    (tmp_path / "file").write_text("3")
    file = f"track_file F {{\nfile {tmp_path}/file\n}}\n"
    one = run(file, instance("VI_1", 51, 100, "track_file {\nF weight -4\n}"))
    await until(lambda: one["VI_1"].machine.priority == 88)
    (effect,) = one.routers.effects("file F")
    assert (effect.ignored, effect.amount) == (False, -12)
