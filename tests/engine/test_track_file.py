"""Numbers in files: read when they are written, replaced or removed."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from vrrptui.config.model.configuration import Place, TrackFileConfig
from vrrptui.engine.trackers.file import FileTracker

SOON_S = 0.5  # less than the second after which it is looked at in any case


class Told:
    """What a check says, waited for."""

    def __init__(self, path: Path, initial: int | None = None, overwrite: bool = False) -> None:
        place = Place("test.conf", 1, 1)
        config = TrackFileConfig(
            name="F", file=str(path), weight=2, initial_value=initial, overwrite=overwrite, place=place
        )
        self.changed = asyncio.Event()
        self.check = FileTracker(config, lambda _: self.changed.set())

    async def soon(self) -> int:
        await asyncio.wait_for(self.changed.wait(), SOON_S)
        self.changed.clear()
        return self.check.number


async def test_a_written_renamed_or_removed_number_is_seen_at_once(tmp_path: Path) -> None:
    path = tmp_path / "number"
    path.write_text("7\n")
    told = Told(path)
    told.check.start()
    assert told.check.number == 7
    path.write_text("-3")
    assert await told.soon() == -3
    other = tmp_path / "other"
    other.write_text(" +12 and more\n")
    other.rename(path)
    assert await told.soon() == 12
    assert told.check.news == "file F: -3 is 12 now"
    path.unlink()
    assert await told.soon() == 0
    told.check.stop()


async def test_a_directory_that_comes_later_is_watched_as_well(tmp_path: Path) -> None:
    path = tmp_path / "later" / "number"
    told = Told(path)
    told.check.start()
    path.parent.mkdir()
    path.write_text("5")
    await asyncio.wait_for(told.changed.wait(), 3)
    assert told.check.number == 5
    told.changed.clear()
    path.write_text("6")
    assert await told.soon() == 6
    told.check.stop()


@pytest.mark.parametrize("text", ["", "none\n", "\x00\xff"])
async def test_a_file_without_a_number_is_0(tmp_path: Path, text: str) -> None:
    path = tmp_path / "number"
    path.write_text(text)
    told = Told(path)
    told.check.start()
    assert told.check.number == 0
    told.check.stop()


@pytest.mark.parametrize(
    "before, overwrite, after", [(None, False, 4), ("9", False, 9), ("9", True, 4), (None, True, 4)]
)
async def test_init_file_writes_what_is_missing_or_as_told(
    tmp_path: Path, before: str | None, overwrite: bool, after: int
) -> None:
    path = tmp_path / "number"
    if before is not None:
        path.write_text(before)
    told = Told(path, 4, overwrite)
    told.check.start()
    assert (told.check.number, int(path.read_text())) == (after, after)
    told.check.stop()
