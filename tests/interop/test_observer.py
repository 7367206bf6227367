"""The observer on a real wire: it hears routers, listeners and announcements, and not one frame comes from it."""

from __future__ import annotations

import shutil
import time

import pytest

from tests.interop.dialects import V3_IPV4
from vrrptui.cli.commands.status import ask
from vrrptui.engine.capture.pcap import read_capture

pytestmark = pytest.mark.usefixtures("needs_keepalived")


@pytest.mark.skipif(shutil.which("tcpdump") is None, reason="tcpdump is not installed")
def test_an_observing_engine_hears_everything_and_sends_nothing(lab):
    lab.shell("client", "sysctl -q -w net.ipv6.conf.eth0.disable_ipv6=1")  # the kernel's own neighbour discovery
    time.sleep(0.5)
    file = lab.folder / "switch.pcap"
    capture = lab.tcpdump(file)
    observer = lab.observer("client")
    lab.wait_for(lambda: "ready: observing only" in observer.text())
    master = lab.keepalived("r1", V3_IPV4.configuration(150))
    lab.wait_for(lambda: "MASTER STATE" in master.text())
    backup = lab.keepalived("r2", V3_IPV4.configuration(100))
    lab.wait_for(lambda: "BACKUP STATE" in backup.text())

    def known():
        groups = ask(lab.socket("client")).groups
        return groups and groups[0].listeners == ["192.0.2.12"] and groups[0].answers

    lab.wait_for(known)
    master.terminate()
    lab.wait_for(lambda: ask(lab.socket("client")).events[-1].kind == "ANNOUNCED")
    status = ask(lab.socket("client"))
    observer.terminate()
    observer.wait()
    capture.terminate()
    capture.wait()

    (group,) = status.groups
    assert [(one.source, one.priority) for one in group.masters] == [("192.0.2.12", 100)]
    assert [answer.mac for answer in group.answers] == [lab.mac("r2").hex(":")]
    (taken,) = [event for event in status.events if event.kind == "FAILOVER"]
    assert taken.gap_ms == pytest.approx(taken.predicted_gap_ms, abs=50)  # keepalived may be late
    heard = [frame.data[6:12] for frame in read_capture(str(file))]
    assert heard.count(lab.mac("r1")) > 5
    assert heard.count(lab.mac("client")) == 0


def test_that_we_are_master_is_said_once(lab):
    router = lab.vrrptui("r1", V3_IPV4.configuration(150))
    lab.wait_for(lambda: "MASTER STATE" in router.text())
    lab.wait_for(lambda: ask(lab.socket("r1")).groups)
    assert [(event.kind, event.by) for event in ask(lab.socket("r1")).events] == [
        ("BACKUP", "engine"),
        ("MASTER", "engine"),
    ]
