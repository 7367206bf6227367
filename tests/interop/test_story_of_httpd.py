"""The administrator's story: two web servers, one address, and a check that restarts httpd or gives the address up.

A real nginx on both routers, and curl asking the address ten times a second from a client.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest

from tests.interop.segment_lab import Program, SegmentLab, _descendants
from vrrptui.cli.commands.status import ask
from vrrptui.lab.network import Network

pytestmark = pytest.mark.skipif(
    not all(map(shutil.which, ("nginx", "curl", "keepalived"))), reason="nginx, curl or keepalived is not installed"
)

VIP = "192.0.2.100"
INTERVAL_S, TIMEOUT_S, FALL, ATTEMPTS = 1, 1, 2, 2
SKEW_S = (256 - 100) / 256  # of the peer, which takes over after a priority of 0
NGINX = """pid {folder}/{name}.pid;
error_log {folder}/{name}.error;
events {{ }}
http {{
    access_log off;
    server {{ listen 80; location / {{ return 200 "{name}\\n"; }} }}
}}
"""
# What both routers' programs read; keepalived passes over the lines of vrrptui's own.
CONFIGURATION = """global_defs {{
    router_id {name}
    script_user root
}}

vrrp_script chk_httpd {{
    script "/usr/bin/curl -fs -m {timeout} -o /dev/null http://{address}/"
    interval {interval}
    fall {fall}
    rise 1
    @vrrptui recover "/usr/sbin/nginx -c {folder}/{name}.nginx"
    @vrrptui recover_attempts {attempts}
    @vrrptui on_failure stop
}}

vrrp_instance VI_1 {{
    state BACKUP
    interface eth0
    virtual_router_id 51
    priority {priority}
    advert_int 1
    {preempt}
    authentication {{
        auth_type PASS
        auth_pass s3cret
    }}
    virtual_ipaddress {{
        {vip}/24
    }}
    track_script {{
        chk_httpd
    }}
}}
"""
ASK = 'while :; do echo "$(date +%s.%N) $(curl -s -m 0.3 http://{vip}/)"; sleep 0.1; done'


@dataclass
class Web:
    """The nginx of one host."""

    lab: SegmentLab
    name: str

    @property
    def conf(self) -> Path:
        return self.lab.folder / f"{self.name}.nginx"

    @property
    def pid(self) -> int | None:
        with contextlib.suppress(FileNotFoundError, ValueError):
            return int((self.lab.folder / f"{self.name}.pid").read_text())
        return None

    def start(self) -> None:
        self.conf.write_text(NGINX.format(folder=self.lab.folder, name=self.name))
        self.lab.shell(self.name, f"/usr/sbin/nginx -c {self.conf}")
        self.lab.wait_for(lambda: self.pid is not None)

    def kill(self) -> None:
        """SIGKILL to all of it: its master would be missed by nobody."""
        if (pid := self.pid) is not None and Path(f"/proc/{pid}").exists():
            for one in _descendants(pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(one, signal.SIGKILL)
            self.lab.wait_for(lambda: not Path(f"/proc/{pid}/cmdline").exists() or not _words(pid))

    def break_for_good(self) -> None:
        """Nothing can start it any more."""
        self.conf.write_text("this is no configuration;\n")
        self.kill()


def _words(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except FileNotFoundError:
        return b""


class Client:
    """curl, ten times a second, and what answered."""

    def __init__(self, lab: SegmentLab) -> None:
        self._lab = lab
        self._program = lab.run("client", ["sh", "-c", ASK.format(vip=VIP)])

    def answers(self) -> list[tuple[float, str]]:
        """When each request was begun, and who served it; nobody is an empty word."""
        found = re.findall(r"^([0-9.]+) (\w*)$", self._program.text(), re.MULTILINE)
        return [(float(at), who) for at, who in found]

    def wait_for(self, who: str, times: int = 3) -> float:
        """Wait until so many requests in a row were served by this router; when the first of them was begun."""

        def served() -> bool:
            return [who_ for _, who_ in self.answers()[-times:]] == [who] * times

        self._lab.wait_for(served, seconds=40)
        return self.answers()[-times][0]

    def longest_gap_s(self, after: float) -> float:
        """The longest time between two requests that were served."""
        served = [at for at, who in self.answers() if who and at >= after]
        return max((b - a for a, b in pairwise(served)), default=0.0)

    @property
    def now(self) -> float:
        return self.answers()[-1][0]


@pytest.fixture
def webs(lab: SegmentLab) -> Iterator[dict[str, Web]]:
    found = {name: Web(lab, name) for name in ("r1", "r2")}
    for web in found.values():
        web.start()
    yield found
    for program in lab.programs:
        program.end()  # first who would start it again
    for web in found.values():
        web.kill()


def configuration(lab: SegmentLab, name: str, priority: int, preempt: str) -> str:
    network: Network = lab.network
    return CONFIGURATION.format(
        name=name,
        address=network.hosts[name].address,
        folder=lab.folder,
        priority=priority,
        preempt=preempt,
        vip=VIP,
        interval=INTERVAL_S,
        timeout=TIMEOUT_S,
        fall=FALL,
        attempts=ATTEMPTS,
    )


@pytest.mark.parametrize("peer, preempt", [("vrrptui", "preempt"), ("keepalived", "preempt"), ("vrrptui", "nopreempt")])
def test_httpd_is_restarted_or_its_router_stopped(
    lab: SegmentLab, webs: dict[str, Web], peer: str, preempt: str, record_property: Callable[[str, object], None]
) -> None:
    ours: Program = lab.vrrptui("r1", configuration(lab, "r1", 150, preempt))
    client = Client(lab)
    lab.wait_for(lambda: lab.holds("r1", VIP))
    getattr(lab, peer)("r2", configuration(lab, "r2", 100, preempt))
    client.wait_for("r1")

    # Killed: the check starts it again, and the address stays.
    began, before = client.now, webs["r1"].pid
    webs["r1"].kill()
    lab.wait_for(lambda: webs["r1"].pid not in (None, before))
    client.wait_for("r1")
    restart_gap = client.longest_gap_s(began)
    assert {who for _, who in client.answers() if who} == {"r1"}
    assert lab.of("r2") == []
    assert "attempt 1 of 2 to recover" in ours.text()

    # Broken for good: the router is stopped, and the peer serves.
    began = client.now
    webs["r1"].break_for_good()
    client.wait_for("r2")
    stop_gap = client.longest_gap_s(began)
    router = ask(lab.socket("r1")).virtual_routers[0]
    assert (router.state, router.reason) == ("stopped", "stopped by check chk_httpd")
    assert not lab.holds("r1", VIP)
    assert "moves VI_1: stopped by it" in lab.status("r1")

    # Repaired: the address returns, or stays where it is.
    began = client.now
    webs["r1"].start()
    if preempt == "preempt":
        client.wait_for("r1")
    else:
        lab.wait_for(lambda: ask(lab.socket("r1")).virtual_routers[0].state == "backup")
        client.wait_for("r2", times=10)
    return_gap = client.longest_gap_s(began)
    gaps = {"restart": restart_gap, "stop": stop_gap, "return": return_gap}
    record_property("longest gaps of the client, seconds", {name: round(gap, 2) for name, gap in gaps.items()})
    print(f"{peer} {preempt}: longest gap of curl in seconds: {gaps}")
    # Failures until it falls, each a turn of the check; the attempts to recover; for a stop the peer's skew time. The
    # rest is what the programs themselves take, and a request that was under way.
    turns = FALL * (INTERVAL_S + TIMEOUT_S)
    margin = 3.0
    assert restart_gap < turns + margin
    assert stop_gap < turns + ATTEMPTS * (INTERVAL_S + TIMEOUT_S) + SKEW_S + margin
    assert return_gap < 1 + margin
