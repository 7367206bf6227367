"""`vrrptui groups`: the model after a capture, as text and as JSON."""

from __future__ import annotations

import asyncio
import io
import json
from ipaddress import ip_address
from pathlib import Path

import pytest

from tests.processes import gone_within
from vrrptui.cli.commands.groups import run
from vrrptui.cli.printing.vendors import looked_up_beside, vendor
from vrrptui.engine.capture.pcap import CapturedFrame, CaptureWriter
from vrrptui.engine.observer.replay import Replay
from vrrptui.protocol.advert import IPV4_GROUP, NS_PER_SECOND
from vrrptui.protocol.codec import encode_v2
from vrrptui.protocol.frame import build_multicast

RECORDED = Path(__file__).parents[3] / "shared" / "pcaps" / "recorded"
needs_recorded = pytest.mark.skipif(not RECORDED.is_dir(), reason="the recorded captures are not beside the checkout")


def groups(name: str, as_json: bool = True):
    out = io.StringIO()
    assert run(str(RECORDED / f"{name}.pcap"), as_json, out) == 0
    return json.loads(out.getvalue()) if as_json else out.getvalue().splitlines()


@needs_recorded
def test_json_is_a_list_of_groups_as_in_status():
    (group,) = groups("k01_v2_none")
    master = group["masters"][0]
    assert {
        key: group[key] for key in ("interface", "vlan", "family", "vrid", "version", "addresses", "listeners")
    } == {
        "interface": None,
        "vlan": None,
        "family": "ipv4",
        "vrid": 51,
        "version": 2,
        "addresses": ["192.0.2.100"],
        "listeners": [],
    }
    assert (group["severity"], group["problems"]) == ("warning", [])
    assert (master["source"], master["priority"], master["interval"], master["since"]) == (
        "192.0.2.1",
        150,
        1.0,
        1795339639.479184,
    )
    assert master["last_seen"] >= master["since"]
    assert [router["role"] for router in group["routers"]] == ["master", "yielded"]


@needs_recorded
def test_text_names_masters_routers_and_problems():
    lines = groups("k17_vrid_clash", as_json=False)
    assert lines[0] == "-/51  VRRPv2 ipv4  critical"
    assert "192.0.2.1 (150), 192.0.2.2 (100)" in lines[1]
    assert sum(line.startswith("    heard ") for line in lines) == 2
    problems = [line.split(":")[0].strip() for line in lines if line.strip().split(":")[0].isupper()]
    assert problems == ["DUAL_MASTER", "VRID_COLLISION", "VIP_MISMATCH"]


@needs_recorded
def test_a_story_has_gap_prediction_and_announcement():
    (group,) = groups("k09_kill9")
    taken, announced = group["events"][1:3]
    assert (taken["kind"], taken["router"], taken["cause"]) == ("FAILOVER", "192.0.2.2", "192.0.2.1 timed out")
    assert taken["gap_ms"] == pytest.approx(taken["predicted_gap_ms"], abs=2)
    assert announced["kind"] == "ANNOUNCED"
    assert 0 <= announced["announced_ms"] < 10
    lines = groups("k09_kill9", as_json=False)
    assert "VRIDs in use on -: 51; the first free one is 1" in lines
    assert any(line.endswith("(gap 3610.1 ms, predicted 3609.4 ms)") for line in lines)


@needs_recorded
def test_every_problem_has_its_packets():
    (group,) = groups("k17_vrid_clash")
    assert [finding["code"] for finding in group["findings"]] == group["problems"]
    assert all(finding["evidence"] for finding in group["findings"])
    evidence = group["findings"][1]["evidence"]
    assert [(one["source"], one["field"]) for one in evidence] == [
        ("192.0.2.1", "addresses 192.0.2.100"),
        ("192.0.2.2", "addresses 192.0.2.200"),
    ]


@needs_recorded
def test_carp_is_named_as_what_it_is():
    told = groups("c01_ucarp", as_json=False)
    assert told[0].startswith("VRIDs in use on -: none (and VHIDs of CARP: ")
    assert [line for line in told[1:] if not line.startswith("also heard: CARP (VHID ")] == []


@needs_recorded
def test_families_are_groups_of_their_own():
    assert [(group["key"], group["family"]) for group in groups("f03_frr_keepalived_v3")] == [
        ("-/51", "ipv4"),
        ("-/51/ipv6", "ipv6"),
    ]


@pytest.mark.parametrize("as_json", [False, True])
def test_a_missing_file_is_one_line(capsys, as_json):
    assert run("/nonexistent", as_json, io.StringIO()) == 1
    assert capsys.readouterr().err == "vrrptui: /nonexistent: No such file or directory\n"


def test_a_network_card_has_a_maker_and_a_virtual_mac_has_none():
    assert vendor("00:00:0c:07:ac:01") == "Cisco Systems, Inc"
    assert vendor("70:b3:d5:a0:0b:cd") != vendor("70:b3:d5:00:00:01")  # longer prefixes within one of three bytes
    assert [vendor(mac) for mac in ("52:54:00:12:34:56", "02:00:00:00:00:01")] == [None, None]
    found = asyncio.run(looked_up_beside(["52:54:00:12:34:56", "00:00:0c:07:ac:01"]))
    assert found == {"00:00:0c:07:ac:01": "Cisco Systems, Inc"}


async def test_who_leaves_does_not_wait_for_a_look_up_that_hangs(monkeypatch, tmp_path):
    slow, started = tmp_path / "python", tmp_path / "pid"
    slow.write_text(f"#!/bin/sh\necho $$ >{started}.new && mv {started}.new {started}\nexec sleep 60\n")
    slow.chmod(0o755)
    monkeypatch.setattr("sys.executable", str(slow))
    asked = asyncio.create_task(looked_up_beside(["00:00:0c:07:ac:01"]))
    while not started.exists():
        await asyncio.sleep(0.01)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    assert gone_within(int(started.read_text()), 5)


@pytest.mark.parametrize(
    ("mac", "said", "kind"),
    [
        ("00:00:5e:00:01:33", "from 00:00:5e:00:01:33 (virtual)", "virtual"),
        ("00:00:5e:00:01:34", "from 00:00:5e:00:01:34 (the virtual one of another group)", "wrong-virtual"),
        ("00:00:0c:01:02:03", "from 00:00:0c:01:02:03 (Cisco Systems, Inc)", "physical"),
        ("02:00:00:00:00:01", "from 02:00:00:00:00:01\n", "physical"),
    ],
)
def test_whose_mac_address_a_router_sends_from_is_told(tmp_path, mac, said, kind):
    path, out = tmp_path / "a.pcap", io.StringIO()
    message = encode_v2(51, 100, NS_PER_SECOND, (ip_address("10.0.0.254"),))
    frame = build_multicast(message, ip_address("10.0.0.2"), bytes.fromhex(mac.replace(":", "")), IPV4_GROUP)
    with path.open("wb") as stream:
        CaptureWriter(stream).write(CapturedFrame(NS_PER_SECOND, frame))
    assert run(str(path), False, out) == 0
    assert said in out.getvalue()
    replay = Replay()
    replay.read(str(path))
    (router,) = replay.snapshots()[0].routers
    assert (router.mac_kind, router.ttl, router.next_due) == (kind, 255, 2.0)
