"""Sync groups on the wire: two virtual routers that move together, beside a keepalived that has them too."""

from __future__ import annotations

import time

import pytest

from tests.interop.dialects import V3_IPV4
from tests.interop.engine_lab import instance, script
from tests.interop.segment_lab import SegmentLab

pytestmark = pytest.mark.usefixtures("needs_keepalived")
VRIDS = (51, 52)
GROUP = "vrrp_sync_group BOTH {{\n    group {{\n        VI_51\n        VI_52\n    }}\n{extra}}}\n"


def configuration(priority: int, extra: str = "", group: str = "") -> str:
    return V3_IPV4.configuration(priority, VRIDS, extra) + "\n" + GROUP.format(extra=group)


def holders(lab: SegmentLab, vrid: int) -> list[str]:
    return [name for name in ("r1", "r2") if lab.holds(name, V3_IPV4.vip(vrid))]


@pytest.mark.parametrize("peer", ["keepalived", "vrrptui"])
def test_what_takes_one_takes_both(lab, peer, tmp_path):
    """A check of one instance fails: both addresses go to the other router together, and come back together."""
    down = tmp_path / "down"
    check = f'vrrp_script chk {{\n    script "/usr/bin/test ! -e {down}"\n    interval 1\n    timeout 1\n}}\n'
    text = configuration(150).replace(
        "virtual_router_id 51", "virtual_router_id 51\n    track_script {\n        chk\n    }"
    )
    ours = lab.vrrptui("r1", check + text)
    lab.wait_for_master("r1", VRIDS)
    getattr(lab, peer)("r2", configuration(100))
    time.sleep(2)
    assert [holders(lab, vrid) for vrid in VRIDS] == [["r1"], ["r1"]]
    down.touch()
    lab.wait_for_master("r2", VRIDS)
    lab.wait_for(lambda: [holders(lab, vrid) for vrid in VRIDS] == [["r2"], ["r2"]])
    assert "sync group BOTH: VI_51: check chk failed" in lab.status("r1")
    down.unlink()
    lab.wait_for_master("r1", VRIDS)
    lab.wait_for(lambda: [holders(lab, vrid) for vrid in VRIDS] == [["r1"], ["r1"]])
    assert "Entering FAULT STATE" in ours.text()


def test_a_master_of_one_is_master_of_both(lab):
    """A better router for one VRID alone, without a group: the group gives both up to it and to nobody."""
    ours = lab.vrrptui("r1", configuration(100))
    lab.wait_for_master("r1", VRIDS)
    lab.keepalived("r2", V3_IPV4.configuration(150, (51,)))
    lab.wait_for_master("r2", (51,))
    lab.wait_for(lambda: not lab.holds("r1", V3_IPV4.vip(51)))
    lab.wait_for(lambda: "VRRP_Group(BOTH) Syncing VI_52 to BACKUP state" in ours.text())


def test_group_notifications_come_once(lab, tmp_path):
    log = tmp_path / "notified"
    script = tmp_path / "say"
    script.write_text(f'#!/bin/sh\necho "$@" >> {log}\n')
    script.chmod(0o755)
    program = lab.vrrptui("r1", configuration(150, group=f'    notify "{script}"\n'))
    lab.wait_for_master("r1", VRIDS)
    program.terminate()
    program.wait()
    assert log.read_text().splitlines() == ["GROUP BOTH BACKUP 0", "GROUP BOTH MASTER 0", "GROUP BOTH STOP 0"]


@pytest.mark.parametrize(
    "own,priority,state",
    [
        ("number", 100, "fault"),  # its weight of 1 is the default, and none in a group: the number is a fault
        ("number weight 0", 100, "fault"),
        ("number weight 3", 105, "master"),
    ],
)
def test_what_a_router_and_its_group_track_counts_once(engine, own, priority, state):
    """As the group has it, unless the router's own line makes it a fault.

    Measured on keepalived 2.2.7. A process counts whatever sync_group_tracking_weight says.
    """
    number = engine.lab.folder / "number"
    number.write_text("1\n")
    checks = f"vrrp_track_file number {{\n    file {number}\n}}\n" + script("chk", "/bin/true")
    checks += "vrrp_track_process proc {\n    process nonesuch\n    weight -7\n}\n"
    lines = f"    track_file {{\n        {own}\n    }}\n    track_script {{\n        chk weight 2\n    }}\n"
    lines += "    track_process {\n        proc\n    }\n"
    group = "vrrp_sync_group G {\n    group {\n        VI_1\n        VI_2\n    }\n"
    group += "    track_file {\n        number weight 5\n    }\n"
    group += "    track_script {\n        chk weight 30\n    }\n    track_process {\n        proc\n    }\n}\n"
    second = instance("VI_2", 52, vips=("192.0.2.120/24",))
    engine.start(checks, instance(extra=lines), second, group)
    engine.lab.wait_for(lambda: engine.router().effective_priority == priority + 30 - 7)
    engine.wait_until(state)
    assert engine.router("VI_2").effective_priority == 100 + 5 + 30 - 7


def test_a_script_that_is_a_fault_counts_in_the_group_too(engine):
    """Measured on keepalived 2.2.7."""
    lines = "    track_script {\n        chk\n    }\n"
    group = "vrrp_sync_group G {\n    group {\n        VI_1\n        VI_2\n    }\n"
    group += "    track_script {\n        chk weight 30\n    }\n}\n"
    second = instance("VI_2", 52, vips=("192.0.2.120/24",))
    engine.start(script("chk", "/bin/true"), instance(extra=lines), second, group)
    engine.lab.wait_for(lambda: engine.router().effective_priority == 130)
