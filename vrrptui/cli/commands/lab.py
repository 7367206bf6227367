"""`vrrptui lab`: makes the lab, opens the console on router 1, and removes everything at the end."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from vrrptui import children

READY_S = 15.0

# The lab's commands in the console's palette: command, title, purpose.
COMMANDS = (
    ("break-httpd r1", "Lab: break httpd on router 1", "The check cannot restart it: the address moves to router 2"),
    ("repair-httpd r1", "Lab: repair httpd on router 1", "The check starts it again: the address comes back"),
    ("kill-httpd r1", "Lab: kill httpd on router 1", "The check restarts it: the address stays"),
    ("break-httpd r2", "Lab: break httpd on router 2", "As on router 1"),
    ("repair-httpd r2", "Lab: repair httpd on router 2", "As on router 1"),
    ("kill r1", "Lab: kill the engine on router 1", "SIGKILL: router 2 takes over after its master down interval"),
    ("start r1", "Lab: start the engine on router 1", "After it was killed"),
    ("kill r2", "Lab: kill the engine on router 2", "SIGKILL: it does not resign"),
    ("start r2", "Lab: start the engine on router 2", "After it was killed"),
    ("unplug r1", "Lab: pull the cable of router 1", "Router 1 is in fault, router 2 takes over"),
    ("plug r1", "Lab: plug the cable of router 1 in", "Router 1 comes back and takes over again"),
    ("unplug r2", "Lab: pull the cable of router 2", "Has no effect until router 1 fails"),
    ("plug r2", "Lab: plug the cable of router 2 in", "Router 2 can take over again"),
    ("client", "Lab: what does the client see?", "It asks the address ten times a second"),
)


class LabStartError(Exception):
    """The lab could not be made."""


def run(peer: str) -> int:
    """Open the lab. Return the exit status."""
    from vrrptui.cli.printing.complain import EXIT_USAGE, complain
    from vrrptui.cli.printing.vendors import looked_up_beside
    from vrrptui.console.app import ExtraCommand
    from vrrptui.console.run import run as run_console

    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return complain("lab", "needs a terminal", EXIT_USAGE)
    try:
        with open_lab(peer) as folder:
            commands = [
                ExtraCommand(title, text, lambda words=words: ask(folder, words))  # type: ignore[misc]
                for words, title, text in COMMANDS
            ]
            return run_console(
                str(folder / "r1.sock"),
                extra_commands=commands,
                banner=lambda: f"client: {ask(folder, 'client')}",
                vendors=looked_up_beside,
                engine_note="the lab ended with this console",
            )
    except LabStartError as error:
        return complain("lab", str(error))


@contextlib.contextmanager
def open_lab(peer: str = "vrrptui") -> Iterator[Path]:
    """Make a lab, yield its folder, and remove the lab at the end. Raises LabStartError."""
    with tempfile.TemporaryDirectory(prefix="vrrptui-lab-") as name:
        folder = Path(name)
        world = subprocess.Popen(
            children.module_command("vrrptui.lab.world", name, peer),
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            env=children.environment(),
        )
        try:
            _wait_until_ready(world, folder)
            yield folder
        finally:
            assert world.stdin is not None
            world.stdin.close()
            world.wait()


def ask(folder: Path, words: str) -> str:
    """Send the lab a command. Return its answer."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as lab:
        try:
            lab.connect(str(folder / "lab.sock"))
            lab.sendall(words.encode())
            return lab.recv(4096).decode(errors="replace")
        except OSError as error:
            return f"the lab does not answer: {error.strerror}"


def _wait_until_ready(world: subprocess.Popen[bytes], folder: Path) -> None:
    ends = time.monotonic() + READY_S
    while not (folder / "r1.sock").exists() or not (folder / "lab.sock").exists():
        if world.poll() is not None:
            assert world.stderr is not None
            lines = world.stderr.read().decode(errors="replace").strip().splitlines()
            raise LabStartError(lines[-1] if lines else f"ended with {world.returncode}")
        if time.monotonic() > ends:
            raise LabStartError(f"router 1 is not ready after {READY_S:.0f} s; see {folder}/r1/engine.log")
        time.sleep(0.05)
