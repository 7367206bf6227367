"""What is said of an advert that one of our routers heard: refused and why, or what follows from it."""

from types import SimpleNamespace
from typing import Any

import pytest

from tests.protocol.routers import LOWER_PEER, SECOND, advert, expected, hears, master, started
from vrrptui.engine.status.verdict import verdict
from vrrptui.protocol.events import Stopped


def said(machine, heard, interface="eth0"):
    config = SimpleNamespace(interface="eth0", family=heard.family, vrid=51, name="VI_1")
    router: Any = SimpleNamespace(config=config, machine=machine)
    return verdict([router], heard, interface)


@pytest.mark.parametrize(
    ("router", "priority", "words"),
    [
        (started, 150, "accepted by VI_1, whose master down timer restarts (RFC 9568 §6.4.2)"),
        (started, 50, "accepted by VI_1, whose timer runs on: its own priority 100 is higher (RFC 9568 §6.4.2)"),
        (started, 0, "accepted by VI_1, which waits no longer than its skew time (RFC 9568 §6.4.2)"),
        (master, 50, "which stays master: its priority 100 or its address is higher (RFC 9568 §6.4.3)"),
        (master, 0, "which answers with an advert at once (RFC 9568 §6.4.3)"),
        (master, 150, "whose master down timer restarts (RFC 9568 §6.4.2)"),
    ],
)
def test_what_follows_is_what_the_machine_did(router, priority, words):
    machine = router()
    hears(machine, SECOND, priority, source=LOWER_PEER)
    assert words in said(machine, advert(priority, source=LOWER_PEER))


def test_a_preempt_delay_lets_the_timer_start_anew():
    machine = started(preempt_delay_ns=60 * SECOND)
    hears(machine, SECOND, 50)
    assert "restarts for its preempt delay" in said(machine, advert(50))


def test_a_refused_one_has_its_reason_and_section():
    assert said(started(), advert(150, ttl=64)) == "refused by VI_1: ttl-not-255 (RFC 9568 §5.1.1.3)"
    assert expected().version == 3
    machine = started()
    machine.handle(SECOND, Stopped("root"))
    assert said(machine, advert(150)).endswith("which is in stopped and takes no part")


def test_another_interface_or_vrid_is_none_of_ours():
    assert said(started(), advert(150), "eth1") == ""
    assert said(started(), advert(150, vrid=52)) == ""


def test_what_this_host_sent_is_its_own_routers():
    heard = advert(150)
    config = SimpleNamespace(interface="eth0", family=heard.family, vrid=51, name="VI_1")
    ours = [SimpleNamespace(config=config, machine=started())]
    assert verdict(ours, heard, "eth0", sent=True) == "sent by VI_1"
    assert verdict([], heard, "eth0", sent=True) == ""
