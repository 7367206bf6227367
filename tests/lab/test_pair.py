"""One console on both engines of the lab, in a real terminal."""

from __future__ import annotations

import sys

import pytest

from tests.lab.test_lab import masters, namespaces_allowed, wait_for
from tests.tmux import Tmux
from vrrptui.cli.commands.lab import ask, open_lab
from vrrptui.cli.commands.status import ask as status_of

pytestmark = [
    pytest.mark.terminal,
    pytest.mark.skipif(not namespaces_allowed(), reason="this system forbids namespaces to this user"),
]


def test_a_pair_side_by_side(tmp_path):
    tmux = Tmux(tmp_path)
    with open_lab() as folder:
        one, two = folder / "r1.sock", folder / "r2.sock"
        wait_for(lambda: one.exists() and two.exists())
        wait_for(lambda: masters(status_of(one)) == masters(status_of(two)) == ["192.0.2.11"])
        try:
            tmux.start(f"{sys.executable} -m vrrptui --socket {one} --socket lb2={two}", 120, 36)
            tmux.until("r1 LIVE")
            tmux.until("lb2 LIVE")
            tmux.until("MASTER 150")
            screen = tmux.until("BACKUP 100")
            assert any(line.split()[:1] == ["r1"] and "MASTER 150" in line for line in screen.splitlines())
            assert any(line.split()[:1] == ["lb2"] and "BACKUP 100" in line for line in screen.splitlines())
            ask(folder, "kill r2")
            screen = tmux.until("STALE lb2")
            assert "lb2 RECONNECTING" in screen
            assert "r1 LIVE" in screen
            ask(folder, "start r2")
            tmux.until("lb2 LIVE")
            tmux.keys("D")
            name = "r1" if "(WEB) on r1" in tmux.until("(WEB) on ") else "lb2"
            tmux.until("Undo")
            tmux.keys("7", "7", "Enter")
            tmux.keys("Enter")
            acted, other = (one, two) if name == "r1" else (two, one)
            wait_for(lambda: status_of(acted).virtual_routers[0].effective_priority == 77)
            assert status_of(other).virtual_routers[0].override is None
        finally:
            tmux.run("kill-server")
