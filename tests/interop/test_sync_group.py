"""Sync groups on the wire: two virtual routers that move together, beside a keepalived that has them too."""

from __future__ import annotations

import time

import pytest

from tests.interop.dialects import V3_IPV4
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
