"""Other programs that speak VRRP, found in a made-up /proc: one more socket that this process does not have."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from vrrptui.engine.host import other_daemons as module
from vrrptui.engine.host.other_daemons import other_daemons

HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
LINE = " {n}: 00000000:{protocol:04X} 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 {inode}\n"


class Proc:
    """A process table with lists of raw sockets, as in proc(5)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "net").mkdir()
        self.lists = {"raw": HEAD, "raw6": HEAD}
        self.process("self", "tests", ())
        self.write()

    def write(self) -> None:
        for name, text in self.lists.items():
            (self.folder / "net" / name).write_text(text)

    def listen(self, inode: int, protocol: int = 112, family: str = "raw") -> None:
        self.lists[family] += LINE.format(n=inode, protocol=protocol, inode=inode)
        self.write()

    def process(self, pid: str, comm: str, inodes: tuple[int, ...], *words: str) -> None:
        home = self.folder / pid
        (home / "fd").mkdir(parents=True)
        (home / "comm").write_text(f"{comm}\n")
        (home / "cmdline").write_bytes(b"".join(word.encode() + b"\0" for word in words or (comm,)))
        for number, inode in enumerate(inodes):
            os.symlink(f"socket:[{inode}]", home / "fd" / str(number))


@pytest.fixture
def proc(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "PROC", tmp_path)
    return Proc(tmp_path)


def test_a_host_without_others(proc):
    proc.process("40", "tcpdump", (7,))
    proc.listen(7, protocol=1)  # ICMP
    assert other_daemons() == []


@pytest.mark.parametrize("family", ["raw", "raw6"])
def test_another_program_is_named_with_its_pid(proc, family):
    proc.process("40", "keepalived", (7, 8))
    proc.listen(8, family=family)
    assert other_daemons() == ["keepalived (pid 40)"]


def test_a_second_engine_is_named_after_the_package(proc):
    proc.process("41", "python3", (9,), "/usr/bin/python3", "/usr/bin/vrrptui", "engine")
    proc.listen(9)
    assert other_daemons() == ["vrrptui (pid 41)"]


def test_own_sockets_are_not_those_of_another_program(proc):
    os.symlink("socket:[5]", proc.folder / "self/fd/3")
    proc.listen(5)
    assert other_daemons() == []


def test_a_socket_of_an_unknown_process_counts_all_the_same(proc):
    """Another user's process hides its descriptors, and a PID namespace hides the process."""
    proc.listen(5)
    assert other_daemons() == ["another program"]


def test_a_list_that_is_missing_is_an_empty_one(proc):
    (proc.folder / "net/raw6").unlink()
    assert other_daemons() == []
