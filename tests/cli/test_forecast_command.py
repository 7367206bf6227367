"""`vrrptui forecast`: what may be asked, and how it is answered."""

from __future__ import annotations

import io
import json

import pytest

from tests.segment.observed import advert
from vrrptui.cli.commands import forecast
from vrrptui.cli.commands.forecast import Supposition
from vrrptui.cli.main import run
from vrrptui.client.view import View
from vrrptui.control.snapshots import EngineSnapshot
from vrrptui.engine.observer.replay import Replay
from vrrptui.segment.group import HeardFrame


@pytest.fixture
def engine(monkeypatch):
    """An engine that observes one master, and a backup that served before."""
    replay = Replay()
    for second, (source, priority) in enumerate([("10.0.0.2", 100), ("10.0.0.1", 150), ("10.0.0.1", 150)]):
        replay.time_ns = second * 10**9
        replay.segment.hear(replay.time_ns, HeardFrame(advert=advert(source, priority), interface="eth0"))
    view = View()
    view.apply(EngineSnapshot(pid=1, version="0", mode="observe", uptime=1.0, capture_drops=0))
    for group in replay.snapshots():
        view.apply(group)
    monkeypatch.setattr(forecast, "view_at", lambda path: view)


def asked(tmp_path, group: str, **supposed) -> dict:
    out = io.StringIO()
    assert forecast.run(tmp_path, group, Supposition(**supposed), True, out) == 0
    return json.loads(out.getvalue())


def test_json_is_one_object(engine, tmp_path):
    answer = asked(tmp_path, "eth0/51", without="10.0.0.1")
    assert (answer["group"], answer["master_now"], answer["master_then"]) == ("eth0/51", ["10.0.0.1"], "10.0.0.2")
    assert (answer["after"], answer["sureness"], answer["alone"]) == (3.609375, "unknown", False)


def test_text_says_who_when_and_how_sure(engine, tmp_path):
    out = io.StringIO()
    assert forecast.run(tmp_path, "eth0/51", Supposition(without="10.0.0.1"), False, out) == 0
    assert out.getvalue().splitlines() == [
        "eth0/51 without 10.0.0.1: 10.0.0.2 (100) takes over within 3.61 s.",
        "  master now: 10.0.0.1",
        "  how sure: unknown",
        "  Whether 10.0.0.2 is alive is not known for sure: it has been silent since.",
    ]


@pytest.mark.parametrize(
    ("group", "supposed", "why"),
    [
        ("VI_9", {"without": "10.0.0.1"}, "no virtual router or group VI_9 is known"),
        ("eth0/51", {"without": "10.9.9.9"}, "10.9.9.9 was never heard in eth0/51; known: 10.0.0.1, 10.0.0.2"),
        ("eth0/51", {"priority": 255}, "a priority is 1 to 254, not 255"),
        ("eth0/51", {"check": "chk"}, "--check takes NAME=fail"),
        ("eth0/51", {"check": "chk=fail"}, "no check chk is known; there are: none"),
    ],
)
def test_what_cannot_be_asked_is_one_line_and_status_2(engine, tmp_path, capsys, group, supposed, why):
    assert forecast.run(tmp_path, group, Supposition(**supposed), False, io.StringIO()) == 2
    assert capsys.readouterr().err == f"vrrptui: forecast: {why}\n"


def test_no_engine_is_one_line_and_status_2(tmp_path, capsys):
    path = tmp_path / "none.sock"
    assert forecast.run(path, "VI_1", Supposition(priority=1), False, io.StringIO()) == 2
    said = f"no engine answers on {path}; start one with `vrrptui engine`, or name its --socket"
    assert capsys.readouterr().err == f"vrrptui: forecast: {said}\n"


@pytest.mark.parametrize("arguments", [["VI_1"], ["VI_1", "--priority", "1", "--without", "x"], ["--priority", "1"]])
def test_one_thing_is_supposed(arguments, capsys):
    with pytest.raises(SystemExit) as left:
        run(["forecast", *arguments])
    assert left.value.code == 2
    assert capsys.readouterr().err.startswith("vrrptui: forecast: ")
