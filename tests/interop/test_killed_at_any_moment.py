"""An engine that is killed at a random moment: what it leaves on the host goes with a cleanup, or with the next run."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.interop.engine_lab import configuration, instance

HOST = (
    "ip -o addr show | sed 's/valid_lft.*//; s/tentative //'",
    "ip -o -d link show | sed -E 's/ (qlen|promiscuity|allmulti) [0-9]+//g'",
    "ip route show table all",
    "ip -6 route show table all | grep -v ' fe80\\|multicast'",
    "ip rule show; ip -6 rule show",
    "nft list ruleset",
    "sysctl -a --pattern '^net[.]ipv[46][.](conf|neigh|ip)' 2>/dev/null | grep -v stable_secret",
)
# What stays of an engine that was killed: the lock's file, the history, and a socket that nobody listens on.
STAY = ("engine-*.lock", "history.sqlite*", "r1.sock", "killed.conf", "r1-*.log")
# How a phase begins and ends, as the engine's log and its files show it.
MOMENTS = ("start", "run", "reload", "stop")
KILLS = 7  # in each test


def texts(folder: Path) -> tuple[str, str]:
    """A configuration that changes what an engine can change on a host, and one that changes other things."""
    head = f"    vrrp_notify_fifo {folder}/fifo\n"
    vmac = "    use_vmac\n    no_accept\n    promote_secondaries\n"
    routes = "    virtual_routes {\n        203.0.113.0/24 dev eth0\n    }\n"
    rules = "    virtual_rules {\n        from 203.0.113.0/24 table 77\n    }\n"
    fixed = "static_ipaddress {\n    198.51.100.9/24 dev eth0\n}\n"
    plain = instance("VI_2", 52, vips=("192.0.2.102/24",), extra=routes + rules)
    first = configuration(fixed, instance(extra=vmac, priority=255), plain)
    other = configuration(instance("VI_3", 53, vips=("192.0.2.103/24",), extra="    use_vmac\n    no_accept\n"))
    first, other = (text.replace("global_defs {\n", "global_defs {\n" + head, 1) for text in (first, other))
    return first, other


def host(engine) -> list[str]:
    """Addresses, links, routes, rules, nftables, kernel settings and files."""
    folder = engine.lab.folder
    files = [path for path in folder.rglob("*") if not path.is_dir() and not any(map(path.match, STAY))]
    return [engine.lab.shell("r1", command, check=False) for command in HOST] + sorted(map(str, files))


class Life:
    """A run of an engine up to one of its phases, and what follows in that phase."""

    def __init__(self, engine, moment: str, first: str, other: str) -> None:
        self.moment, self._engine = moment, engine
        self._file, self._other = engine.lab.folder / "killed.conf", other
        self._file.write_text(first)
        self.program = engine.start_bare("-f", str(self._file), state="killed")

    def begin(self) -> None:
        """Wait until the phase begins. A start begins with the record: nothing is done on the host before."""
        if self.moment == "start":
            self._wait(lambda: list((self._engine.lab.folder / "killed").glob("owned-*.json")))
            return
        self._wait(lambda: "ready:" in self.program.text())
        time.sleep(0.2)
        if self.moment == "reload":
            self._file.write_text(self._other)
            os.kill(self.program.pid, signal.SIGHUP)
        elif self.moment == "stop":
            os.kill(self.program.pid, signal.SIGTERM)

    def is_over(self) -> bool:
        """Whether the phase has ended by itself."""
        words = {"start": "ready:", "reload": "Reloaded: "}
        return not self.program.runs or (self.moment in words and words[self.moment] in self.program.text())

    def length_s(self) -> float:
        """How long the phase lasts; for a run, which has no end, 0.3 s."""
        if self.moment == "run":
            return 0.3
        began = time.monotonic()
        self._wait(self.is_over)
        return time.monotonic() - began

    def _wait(self, what) -> None:
        ends = time.monotonic() + 20
        while not what():
            assert time.monotonic() < ends, self.program.text()
            time.sleep(0.001)


def clean_up(engine) -> None:
    command = [sys.executable, "-m", "vrrptui", "cleanup", "--state-dir", str(engine.lab.folder / "killed")]
    into = ["nsenter", f"--net=/proc/{os.getpid()}/fd/{engine.lab.network.hosts['r1'].namespace}"]
    done = subprocess.run([*into, *command], capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("moment", MOMENTS)
def test_the_host_is_as_before_after_a_kill_and_a_cleanup(engine, moment, seed):
    """56 kills in all, some of them in the middle of each phase, whose length is measured on this machine first."""
    rng = random.Random(f"{moment} {seed}")
    folder = engine.lab.folder
    first, other = texts(folder)
    engine.lab.shell("r1", "ip -6 addr flush dev eth0")  # which may be tentative still
    engine.lab.shell("r1", "echo 1 > /proc/sys/net/ipv4/conf/all/rp_filter; nft add table inet somebodys")
    before = host(engine)
    life = Life(engine, moment, first, other)
    life.begin()
    length_s = life.length_s()
    life.program.terminate()
    life.program.wait()
    assert host(engine) == before, "an orderly end leaves nothing"
    in_the_middle = 0
    for number in range(KILLS):
        life = Life(engine, moment, first, other)
        life.begin()
        time.sleep(rng.uniform(0, length_s))
        in_the_middle += not life.is_over()
        life.program.kill()
        if number % 3 == 2:  # the next one, that ends in good order
            (folder / "killed.conf").write_text(other)
            program = engine.start_bare("-f", str(folder / "killed.conf"), state="killed")
            engine.lab.wait_for(lambda: "ready:" in program.text())  # noqa: B023
            program.terminate()
            program.wait()
        else:
            clean_up(engine)
        assert host(engine) == before
        assert [path.name for path in (folder / "killed").glob("owned-*")] == []
    assert in_the_middle > 0


def test_a_setting_that_was_changed_since_is_left_alone(engine):
    file = engine.lab.folder / "killed.conf"
    file.write_text(texts(engine.lab.folder)[0])
    setting = "/proc/sys/net/ipv4/conf/eth0/arp_announce"
    program = engine.start_bare("-f", str(file), state="killed")
    engine.lab.wait_for(lambda: engine.lab.shell("r1", f"cat {setting}").strip() == "2")
    program.kill()
    program.wait()
    engine.lab.shell("r1", f"echo 1 > {setting}")
    clean_up(engine)
    assert engine.lab.shell("r1", f"cat {setting}").strip() == "1"
    assert engine.lab.shell("r1", "cat /proc/sys/net/ipv4/conf/eth0/arp_ignore").strip() == "0"
