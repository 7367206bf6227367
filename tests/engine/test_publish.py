"""From the model to the control vocabulary: nothing lost, no password, wall-clock seconds."""

from __future__ import annotations

import json
from ipaddress import ip_address

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vrrptui.cli.printing.event_text import event_text
from vrrptui.control.codec import encode
from vrrptui.control.messages import HistoryEvent
from vrrptui.engine.observer.snapshots import advert_line, group_snapshot, history_event
from vrrptui.protocol.advert import IPV4_GROUP, Advert, Auth, Checksum, Family, Reason
from vrrptui.segment.events import Kind, SegmentEvent
from vrrptui.segment.group import GroupKey, HeardFrame
from vrrptui.segment.segment import Segment

SECOND = 10**9
MAC = bytes.fromhex("00005e000133")


def advert(priority=100, source="10.0.0.2", **fields) -> Advert:
    facts = {
        "source": ip_address(source),
        "destination": IPV4_GROUP,
        "ttl": 255,
        "length": 20,
        "version": 2,
        "type": 1,
        "vrid": 51,
        "priority": priority,
        "count": 1,
        "interval_ns": SECOND,
        "auth": Auth.SIMPLE,
        "auth_data": b"secret\0\0",
        "checksum": Checksum.MESSAGE,
        "addresses": (ip_address("10.0.0.254"),),
    }
    return Advert(**(facts | fields))


def heard(*adverts: tuple[float, Advert]):
    segment = Segment()
    events = []
    for at, said in adverts:
        events += segment.hear(round(at * SECOND), HeardFrame(advert=said, interface="eth0", vlan=7, source_mac=MAC))
    (group,) = segment.groups.values()
    return group, events


def test_a_group_is_published_whole_in_wall_clock_seconds():
    group, _ = heard((1, advert()), (2, advert()))
    snapshot = group_snapshot(group, 2 * SECOND, clock_offset_s=1000.5, listeners=[ip_address("10.0.0.9")])
    assert (snapshot.key, snapshot.interface, snapshot.vlan, snapshot.family, snapshot.vrid, snapshot.version) == (
        "eth0.7/51",
        "eth0",
        7,
        "ipv4",
        51,
        2,
    )
    (master,) = snapshot.masters
    assert (master.source, master.priority, master.since, master.last_seen, master.interval, master.adverts) == (
        "10.0.0.2",
        100,
        1001.5,
        1002.5,
        1.0,
        2,
    )
    assert (snapshot.addresses, snapshot.listeners, snapshot.since) == (["10.0.0.254"], ["10.0.0.9"], 1001.5)
    assert (snapshot.severity, snapshot.last_cause) == ("ok", "first heard")
    assert [(router.role, router.auth, router.source_mac) for router in snapshot.routers] == [
        ("master", "simple", "00:00:5e:00:01:33")
    ]


def test_problems_come_with_a_sentence_each():
    group, _ = heard((1, advert()), (1.5, advert(problems=(Reason.TTL_NOT_255,))))
    snapshot = group_snapshot(group, 2 * SECOND)
    assert snapshot.problems == ["TTL_NOT_255", "AUTH_CLEARTEXT"]
    assert [finding.text for finding in snapshot.findings] == snapshot.explanations
    assert [(finding.severity, finding.since, len(finding.evidence)) for finding in snapshot.findings] == [
        ("warning", 1.5, 1),
        ("ok", 1.0, 1),
    ]
    assert snapshot.severity == "warning"


def test_events_become_history_with_their_gap():
    _, events = heard((1, advert(150, "10.0.0.1")), (1.5, advert(0, "10.0.0.1")), (2.1, advert()))
    told = [history_event(event, seq, clock_offset_s=100) for seq, event in enumerate(events)]
    assert [(event.time, event.kind, event.gap_ms) for event in told] == [
        (101.0, "MASTER", None),
        (101.5, "RESIGNED", None),
        (102.1, "FAILOVER", 600.0),
    ]
    assert {event.group for event in told} == {"eth0.7/51"}


def test_a_problem_goes_into_history_by_its_code():
    _, events = heard((1, advert()), (1.5, advert(problems=(Reason.TTL_NOT_255,))))
    assert history_event(events[-1], 1).kind == "TTL_NOT_255"


@pytest.mark.parametrize("auth", list(Auth))
def test_no_password_leaves_the_engine(auth):
    group, events = heard((1, advert(auth=auth)))
    said = [
        encode(group_snapshot(group, 2 * SECOND)),
        msgspec.json.encode(advert_line(1.0, advert(auth=auth), "eth0", None, MAC)),
        *(encode(history_event(event, 1)) for event in events),
    ]
    assert b"secret" not in b"".join(said)


def test_fields_that_could_not_be_read_are_null():
    stub = Advert(source=ip_address("10.0.0.2"), destination=IPV4_GROUP, ttl=1, length=0, problems=(Reason.TRUNCATED,))
    line = json.loads(msgspec.json.encode(advert_line(1.0, stub, None, None, None)))
    nulls = {key for key, value in line.items() if value is None}
    assert nulls == {
        "interface", "vlan", "source_mac", "version", "type", "vrid", "priority", "interval", "auth", "checksum",
    }  # fmt: skip
    assert line["problems"] == ["truncated"]


def test_a_hostile_interface_name_is_made_plain():
    assert advert_line(1.0, advert(), "e\x1b[2J", None, None).interface == "e\\x1b[2J"


times = st.none() | st.integers(0, 10**13)


@settings(deadline=None)  # of one example: the host may be busy
@given(
    gap_ns=times, predicted_ns=times, announced_ns=times, at_ns=st.integers(0, 10**18), offset=st.integers(-(10**9), 0)
)
def test_each_time_of_an_event_is_its_own_in_milliseconds(gap_ns, predicted_ns, announced_ns, at_ns, offset):
    """What was measured, what was to be by the formulas, and the announcement: none stands for another."""
    event = SegmentEvent(
        time_ns=at_ns,
        group=GroupKey("eth0", None, Family.IPV4, 51),
        kind=Kind.FAILOVER,
        text="",
        gap_ns=gap_ns,
        predicted_ns=predicted_ns,
        announced_ns=announced_ns,
    )
    told = history_event(event, seq=7, clock_offset_s=offset)
    said = (told.gap_ms, told.predicted_gap_ms, told.announced_ms)
    assert said == tuple(None if ns is None else ns / 1e6 for ns in (gap_ns, predicted_ns, announced_ns))
    assert told.time == pytest.approx(at_ns / 1e9 + offset, abs=1e-6)
    assert msgspec.json.decode(msgspec.json.encode(told), type=type(told)) == told


@settings(deadline=None)  # of one example: the host may be busy
@given(predicted_ms=st.none() | st.floats(0, 1e7), gap_ms=st.none() | st.floats(0, 1e7), announced_ms=st.floats(0, 1e7))
def test_a_history_line_has_the_gap_and_the_prediction(predicted_ms, gap_ms, announced_ms):
    event = HistoryEvent(
        seq=1,
        time=0.0,
        group="eth0/51",
        kind="FAILOVER",
        severity="warning",
        text="",
        gap_ms=gap_ms,
        predicted_gap_ms=predicted_ms,
        announced_ms=announced_ms,
    )
    predicted = "" if predicted_ms is None else f", predicted {predicted_ms:.1f} ms"
    assert event_text(event).endswith("FAILOVER: " if gap_ms is None else f" (gap {gap_ms:.1f} ms{predicted})")
