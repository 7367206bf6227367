"""The FIFO for changes of state: real pipes, and the script that reads them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import stat
from pathlib import Path

import pytest

from tests.engine.host import until
from vrrptui.config.model.configuration import Fifo, User
from vrrptui.engine.notify.fifo import NotifyFifo
from vrrptui.engine.programs.subprocess_run import AS_WE_DO
from vrrptui.engine.state.host_changes import HostChanges
from vrrptui.engine.state.state_dir import StateDir

LINE = 'INSTANCE "VI_1" MASTER 100'  # as in keepalived(5)


@contextlib.contextmanager
def opened(path: Path, user: User | None = None):
    one = NotifyFifo(Fifo(str(path), user=user), AS_WE_DO, None)
    try:
        yield one
    finally:
        one.close()


async def test_lines_wait_for_a_late_reader(tmp_path):
    path = tmp_path / "fifo"
    with opened(path) as one:
        assert stat.filemode(path.stat().st_mode) == "prw-------"
        one.write(LINE)
        one.write('GROUP "G" FAULT 0')
        reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        assert os.read(reader, 4096) == f'{LINE}\nGROUP "G" FAULT 0\n'.encode()
        os.close(reader)
    assert not path.exists()


async def test_one_that_was_there_stays(tmp_path):
    path = tmp_path / "fifo"
    os.mkfifo(path, 0o640)
    with opened(path):
        assert path.stat().st_mode & 0o777 == 0o640
    assert path.exists()


async def test_a_full_pipe_loses_lines_and_counts_them(tmp_path, caplog):
    with opened(tmp_path / "fifo") as one:
        line = "x" * 1023  # and its end: 64 of them fill a pipe of 64 KiB (pipe(7))
        for _ in range(66):
            one.write(line)
        assert one.lost == 2
        assert caplog.text.count("has no reader: lines are lost") == 1
        reader = os.open(tmp_path / "fifo", os.O_RDONLY | os.O_NONBLOCK)
        os.read(reader, 8192)
        one.write(LINE)
        assert one.lost == 0
        assert "2 lines for the FIFO" in caplog.text
        os.close(reader)


async def test_what_is_not_a_fifo_is_not_written_to(tmp_path, caplog):
    path = tmp_path / "fifo"
    path.write_text("mine\n")
    with opened(path) as one:
        one.write(LINE)
        assert path.read_text() == "mine\n"
        assert f"cannot use the FIFO {path}: it is not a FIFO" in caplog.text
    assert path.exists()


async def test_a_link_is_not_followed(tmp_path, caplog):
    os.mkfifo(tmp_path / "other")
    (tmp_path / "fifo").symlink_to(tmp_path / "other")
    with opened(tmp_path / "fifo"):
        assert "cannot use the FIFO" in caplog.text


async def test_an_unknown_owner_is_told(tmp_path, caplog):
    with opened(tmp_path / "fifo", User("nobody-of-that-name")):
        assert "cannot use the FIFO" in caplog.text
        assert "nobody-of-that-name" in caplog.text


@pytest.mark.parametrize("same", [True, False], ids=["the same", "another"])
async def test_a_script_goes_on_while_it_is_the_same(tmp_path, same):
    def told(name: str) -> tuple[str, ...]:  # appends its name and its PID, then every line, to a file
        return ("/bin/sh", "-c", f'echo {name} $$ >> {tmp_path}/said; exec cat "$0" >> {tmp_path}/said')

    said = tmp_path / "said"
    said.touch()
    with opened(tmp_path / "fifo") as one:
        one.run(told("first"), AS_WE_DO)
        await until(lambda: said.read_text().startswith("first"))
        one.write(LINE)
        await until(lambda: LINE in said.read_text())
        one.run(told("first" if same else "second"), AS_WE_DO)
        if not same:
            await until(lambda: "second" in said.read_text())
        else:
            await asyncio.sleep(0.05)
            assert said.read_text().count("first") == 1
        assert not one.script_ended.is_set()
        one.end_script(1.0)
        await asyncio.wait_for(one.script_ended.wait(), 5)


async def test_a_fifo_leaves_the_record_when_it_is_removed(tmp_path):
    state = StateDir(tmp_path / "state")
    one = NotifyFifo(Fifo(str(tmp_path / "fifo")), AS_WE_DO, HostChanges(state))
    assert state.read_owned().fifos == [str(tmp_path / "fifo")]
    one.close()
    assert state.read_owned().fifos == []
    state.release()


async def test_a_script_that_still_runs_is_killed_at_the_end(tmp_path):
    said = tmp_path / "said"
    with opened(tmp_path / "fifo") as one:
        one.run(("/bin/sh", "-c", f"echo $$ > {said}; exec sleep 60"), AS_WE_DO)
        await until(lambda: said.exists() and said.read_text().endswith("\n"))
    await until(lambda: not Path(f"/proc/{said.read_text().strip()}").exists())
