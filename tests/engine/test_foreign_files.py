"""Files of others: links are not followed where they can make them, and no kind of file hangs or costs a descriptor."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.rights import needs_two_users
from vrrptui.config.lint.command_lines import beginning
from vrrptui.config.load import load
from vrrptui.config.model.configuration import Place, TrackFileConfig
from vrrptui.console.settings import preferences
from vrrptui.engine.trackers import file as file_tracker
from vrrptui.engine.trackers.file import FileTracker
from vrrptui.files import open_to_write, read_regular

OTHER = 5002
KINDS = ["a directory", "a FIFO", "a socket", "a device", "nothing", "a link to a directory", "a link to itself"]
WRITE = os.O_WRONLY | os.O_CREAT | os.O_TRUNC


def make(kind: str, path: Path) -> None:
    match kind:
        case "a directory":
            path.mkdir()
        case "a FIFO":
            os.mkfifo(path)
        case "a socket":
            code = "import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])"
            subprocess.run([sys.executable, "-c", code, str(path)], check=True)
        case "a device":
            path.symlink_to("/dev/zero")
        case "a link to a directory":
            path.symlink_to("/")
        case "a link to itself":
            path.symlink_to(path)


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def tracked(path: Path, initial: int | None = None, overwrite: bool = False) -> FileTracker:
    config = TrackFileConfig(
        name="one", file=str(path), place=Place("t", 1), initial_value=initial, overwrite=overwrite
    )
    return FileTracker(config, lambda _: None)


@pytest.mark.parametrize("kind", KINDS)
async def test_no_kind_of_file_costs_a_descriptor(tmp_path, kind):
    """Each was lost once a second by a track_file, or once a reload by a configuration."""
    path = tmp_path / "odd"
    make(kind, path)
    file = tmp_path / "main.conf"
    file.write_text(f"include {path}\n")
    before = descriptors()
    for _ in range(20):
        assert tracked(path)._read()[0] == 0
        assert file_tracker._watch(path / "in it" / "none") == -1
        assert load(str(path), "h").configuration is None
        load(str(file), "h")
        assert beginning(str(path), 10) is None
        assert preferences._table(path)[0] == {}
        with pytest.raises(OSError):
            read_regular(path, 10)
    assert descriptors() == before
    assert not any("Too many open files" in str(one) for one in load(str(path), "h").findings)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "nothing"])
async def test_a_track_file_that_is_none_is_not_written(tmp_path, kind):
    path = tmp_path / "odd"
    make(kind, path)
    before = descriptors()
    for overwrite in (True, False):
        tracked(path, 7, overwrite)._write(7)
    assert descriptors() == before


async def test_those_who_may_only_look_see_the_number_and_nothing_else(tmp_path):
    path = tmp_path / "secret"
    for text, number, said in (
        ("root:$6$salt$hash:19000:0\n", 0, f"{path} does not begin with a number"),
        ("17 and a secret\nmore\n", 17, "17"),
        ("  -3\n", -3, "-3"),
    ):
        path.write_text(text)
        check = tracked(path)
        check.number, check._text = check._read()
        assert check.number == number
        snapshot = check.snapshot([])
        assert snapshot.last_output == said
        assert "secret" not in snapshot.last_output.replace(str(path), "")


async def test_without_a_descriptor_the_number_stays(tmp_path, monkeypatch):
    path = tmp_path / "number"
    path.write_text("-40\n")
    check = tracked(path)
    check.number, _ = check._read()

    def none_left(*_: object, **__: object) -> int:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(os, "open", none_left)
    assert check._read()[0] == -40


@pytest.fixture
def others_folder(tmp_path) -> Path:
    folder = tmp_path / "theirs"
    folder.mkdir()
    os.chown(folder, OTHER, OTHER)
    return folder


@needs_two_users
@pytest.mark.parametrize("overwrite", [True, False])
async def test_init_file_writes_nothing_through_a_link_of_another_user(tmp_path, others_folder, caplog, overwrite):
    victim = tmp_path / "root.conf"
    victim.write_text("precious")
    (others_folder / "number").symlink_to(victim)
    tracked(others_folder / "number", 7, overwrite)._write(7)
    (others_folder / "new").symlink_to(tmp_path / "made")
    tracked(others_folder / "new", 7, overwrite)._write(7)
    assert victim.read_text() == "precious"
    assert not (tmp_path / "made").exists()


@needs_two_users
@pytest.mark.parametrize("kind", ["the folder is a link", "sticky", "another name"])
async def test_nor_through_a_folder_or_another_name(tmp_path, others_folder, kind):
    inner = tmp_path / "etc"
    inner.mkdir()
    victim = inner / "number"
    victim.write_text("precious")
    if kind == "the folder is a link":
        (others_folder / "way").symlink_to(inner)
        path = others_folder / "way" / "number"
    elif kind == "sticky":
        others_folder.chmod(0o1777)
        os.chown(others_folder, 0, 0)
        path = others_folder / "number"
        path.symlink_to(victim)
    else:
        path = others_folder / "number"
        os.link(victim, path)
    with pytest.raises(OSError):
        open_to_write(path, WRITE)
    tracked(path, 7, overwrite=True)._write(7)
    assert victim.read_text() == "precious"


async def test_a_link_that_nobody_else_can_make_is_followed(tmp_path):
    real = tmp_path / "real"
    real.mkdir()
    (tmp_path / "way").symlink_to(real)
    tracked(tmp_path / "way" / "number", 7)._write(7)
    assert (real / "number").read_text() == "7\n"
    (real / "other").symlink_to(real / "number")
    tracked(real / "other", 8, overwrite=True)._write(8)
    assert (real / "number").read_text() == "8\n"
    shutil.rmtree(real)
