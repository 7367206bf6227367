"""The screen of what happened: the strip, the gap beside its forecast, and a list that can be taken away."""

import pytest

from tests.console import world
from vrrptui.console.files import export
from vrrptui.console.screens.events import gap_cell
from vrrptui.console.text import timeline

NOW = world.NOW


def strip_of(events, width=120):
    title, strip = timeline.of_transitions(events, NOW, width)
    return "".join(text for text, _ in title), strip


def failover(number, ago, severity="warning"):
    return world.event(number, ago, "eth0/1", "FAILOVER", severity, "x", router="10.0.0.1")


def test_a_quiet_segment_has_an_empty_strip():
    title, strip = strip_of([world.event(1, 5, "eth0/1", "MASTER", "ok", "x", router="10.0.0.1")])
    assert "0 in 116 min" in title
    assert "".join(text for text, _ in strip).strip() == "·" * 116


@pytest.mark.parametrize(
    ("ago", "column"),
    [(600, "1 min"), (86_400, "15 min"), (30 * 86_400, "12 h"), (89 * 86_400, "24 h")],
)
def test_a_column_is_as_long_as_the_oldest_change_wants(ago, column):
    title, strip = strip_of([failover(1, ago), failover(2, 10)])
    assert title.split("1 column = ")[1].startswith(column) or column == "12 h"
    assert "".join(text for text, _ in strip).count("▃") == 2


def test_many_changes_stand_higher_and_the_worst_gives_the_tone():
    events = [failover(number, 5 + number * 0.1) for number in range(8)] + [failover(9, 300, "critical")]
    _, strip = strip_of(events)
    tones = {text: tone for text, tone in strip if tone in ("warning", "critical")}
    assert tones["█"] == "warning"
    assert "critical" in tones.values()


@pytest.mark.parametrize(
    ("kind", "gap", "predicted", "wide", "shown"),
    [
        ("FAILOVER", None, None, True, ("-", "muted")),
        ("FAILOVER", 606.2, 414.1, True, ("606/414", "text")),
        ("FAILOVER", 606.2, 414.1, False, ("606", "text")),
        ("FAILOVER", 9606.2, 414.1, True, ("9606/414", "warning")),
        ("MASTER_LOST", 4003.0, None, True, ("4003+", "text")),
        ("MASTER", 240_000.0, None, True, ("240 s", "text")),
    ],
)
def test_a_gap_stands_beside_its_forecast(kind, gap, predicted, wide, shown):
    event = world.event(1, 5, "eth0/1", kind, "ok", "x", gap_ms=gap, predicted_gap_ms=predicted)
    assert gap_cell(event, wide) == shown


async def test_an_event_says_who_did_it_and_how_long_it_took(play):
    async with play() as played:
        await played.press("4", "down")
        text = played.text()
        for word in (
            "changes of master",
            "606/414",
            "root on pts/2",
            "check",
            "no master for 606 ms",
            "0.8 ms",
        ):
            assert word in text, word
        await played.press("slash", *"bad", "enter")
        assert "2/4 of 9" in played.text()


async def test_e_writes_the_filtered_list_to_a_file_of_its_own(play, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    async with play() as played:
        await played.press("4", "slash", *"vrid", "space", *"12", "enter", "e", "e")
        first = tmp_path / "vrrptui-events-20261122T031244Z.txt"
        await played.until(first.exists)
        lines = first.read_text(encoding="utf-8").splitlines()
        assert len(lines) == 3
        assert lines[0].startswith("2026-11-22 03:11:56.000Z eth0/12 FAILOVER: 10.0.12.3 (150) took over")
        assert "gap 606 ms, predicted 414 ms" in lines[0]
        assert (tmp_path / "vrrptui-events-20261122T031244Z-2.txt").exists()
        assert any(f"3 events written to {first}" in note.message for note in played.app._notifications)


@pytest.mark.parametrize(("key", "count"), [("1", 8), ("3", 3)])
async def test_other_lists_are_written_too(play, tmp_path, monkeypatch, key, count):
    monkeypatch.chdir(tmp_path)
    async with play() as played:
        await played.press(key, "e")
        (written,) = tmp_path.glob("*.txt")
        assert len(written.read_text(encoding="utf-8").splitlines()) == count


def test_a_folder_that_takes_no_file_is_named(tmp_path):
    with pytest.raises(export.ExportError, match="cannot write"):
        export.write(["x"], "events", tmp_path / "missing")


async def test_an_export_that_fails_is_one_line(play, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(export, "MOST_NAMES", 1)
    async with play() as played:
        await played.press("4", "e")
        assert any("move them away" in note.message for note in played.app._notifications)
        assert list(tmp_path.glob("*.txt")) == []
