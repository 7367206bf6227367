"""The README's and the tutorial's walks, as written: the commands come from the pages, and so does what they say.

Two hosts with namespaces of their own (network, processes, files), nginx, and a systemctl that starts and restarts it.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.test_lab import namespaces_allowed
from tests.rights import HOST_ROOT
from tests.tmux import ROOT, Tmux

pytestmark = [
    pytest.mark.terminal,
    pytest.mark.skipif(not namespaces_allowed(), reason="this system forbids namespaces to this user"),
]
TUTORIAL = (ROOT / "docs" / "tutorial.md").read_text()
README = (ROOT / "README.md").read_text()
FILES = dict(re.findall(r"<!-- (\w+) -->\n```\n(.*?)```", TUTORIAL, re.DOTALL))
ADDRESSES = {"web1": "192.0.2.11", "web2": "192.0.2.12"}
SECTIONS = dict(re.findall(r"^## (\d)\. .*?\n(.*?)(?=^## )", TUTORIAL, re.DOTALL | re.MULTILINE))
NGINX = "events {}\nhttp {\n    access_log off;\n    server { listen 80; location / { return 200 HOST; } }\n}\n"
# A systemctl that knows nginx alone.
SYSTEMCTL = """#!/bin/sh
case "$1 $2" in 'start nginx'|'restart nginx') exec /usr/sbin/nginx </dev/null >/dev/null 2>&1;; esac
exit 1
"""
NEEDED = ("nginx", "curl", "unshare", "nsenter", "pkill", "tmux")


def fences(section: str) -> list[str]:
    """The blocks of a section of the tutorial."""
    return re.findall(r"^```\n(.*?)^```", SECTIONS[section], re.DOTALL | re.MULTILINE)


def commands(block: str) -> list[tuple[str, str, list[str]]]:
    """The host, the command and the lines below it, of each command in a block."""
    found: list[tuple[str, str, list[str]]] = []
    for line in block.splitlines():
        if match := re.fullmatch(r"(web\d)?[#$] (.+)", line):
            found.append((match[1] or "web1", match[2], []))
        elif found:
            found[-1][2].append(line)
    return found


def shape(line: str) -> str:
    """A line without its numbers and its blanks."""
    return re.sub(r"\d+(?:[.:]\d+)*", "0", " ".join(line.split()))


def is_said(lines: list[str], text: str) -> None:
    """Each of the page's lines is said, whatever its numbers are."""
    real = [shape(line) for line in text.splitlines()]
    missing = [line for line in lines if line.strip() not in ("", "...") and shape(line) not in real]
    assert missing == [], text


class Hosts:
    """The tutorial's two hosts on one switch."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._holders: dict[str, subprocess.Popen[bytes]] = {}
        self._running: list[subprocess.Popen[bytes]] = []
        self._switch = f"walk{os.getpid()}"

    def build(self) -> None:
        """Make the switch and both hosts."""
        self._ip(f"netns add {self._switch}", f"-n {self._switch} link add br0 type bridge mcast_snooping 0")
        self._ip(f"-n {self._switch} link set br0 up")
        for name, address in ADDRESSES.items():
            self._add(name, address)

    def _ip(self, *lines: str) -> None:
        for line in lines:
            subprocess.run(["ip", *line.split()], check=True, capture_output=True)

    def _add(self, name: str, address: str) -> None:
        own = self.folder / name
        for part in ("keepalived", "nginx", "run", "state", "log", "bin"):
            (own / part).mkdir(parents=True)
        (own / "keepalived" / "keepalived.conf").write_text(FILES[name])
        (own / "nginx" / "nginx.conf").write_text(NGINX.replace("HOST", name))
        (own / "bin" / "systemctl").write_text(SYSTEMCTL)
        (own / "bin" / "systemctl").chmod(0o755)
        places = {
            "keepalived": "/etc/keepalived",
            "nginx": "/etc/nginx",
            "run": "/run",
            "state": "/var/lib",
            "bin/systemctl": "/usr/bin/systemctl",
        }
        mounts = "; ".join(f"mount --bind {own}/{source} {target}" for source, target in places.items())
        inside = f"{mounts}; mkdir -p /var/lib/nginx; hostname {name}; touch {own}/ready; exec sleep 600"
        words = ["ip", "netns", "exec", self._switch, "unshare", "-n", "-m", "-u", "-p", "--fork", "--mount-proc"]
        self._holders[name] = subprocess.Popen([*words, "sh", "-ec", inside], start_new_session=True)
        wait_for(lambda: (own / "ready").exists())
        pid = self._inner(name)
        self._ip(f"-n {self._switch} link add eth0 type veth peer name {name}", f"-n {self._switch} link set {name} up")
        self._ip(f"-n {self._switch} link set {name} master br0", f"-n {self._switch} link set eth0 netns {pid}")
        setting = f"ip link set lo up; ip addr add {address}/24 dev eth0; ip link set eth0 up; systemctl start nginx"
        assert self.run(name, setting).returncode == 0

    def _inner(self, name: str) -> int:
        """The process that holds the namespaces of a host: the child of unshare."""
        holder = self._holders[name].pid
        return int(Path(f"/proc/{holder}/task/{holder}/children").read_text().split()[0])

    def into(self, name: str) -> list[str]:
        """What runs a command line on a host, as root."""
        return ["nsenter", "-t", str(self._inner(name)), "-n", "-m", "-u", "-p", "sh", "-c"]

    def environment(self) -> dict[str, str]:
        path = f"{self.folder}/tools:{os.environ['PATH']}"
        return {"PATH": path, "LANG": "C.UTF-8", "HOME": "/", "TERM": "xterm-256color"}

    def run(self, name: str, line: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*self.into(name), line], capture_output=True, text=True, timeout=60, cwd="/", env=self.environment()
        )

    def begin(self, name: str, line: str) -> None:
        """Start something that goes on; its log is `log(name)`."""
        with (self.folder / name / "engine.log").open("wb") as log:
            self._running.append(
                subprocess.Popen([*self.into(name), line], stdout=log, stderr=log, cwd="/", env=self.environment())
            )

    def log(self, name: str) -> str:
        return (self.folder / name / "engine.log").read_text()

    def close(self) -> None:
        for holder in self._holders.values():
            with contextlib.suppress(OSError, IndexError, ValueError):
                os.kill(int(Path(f"/proc/{holder.pid}/task/{holder.pid}/children").read_text().split()[0]), 9)
            holder.kill()
            holder.wait()
        for one in self._running:
            one.kill()
            one.wait(10)
        subprocess.run(["ip", "netns", "del", self._switch], check=False)


def wait_for(what, seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "did not come in time"
        time.sleep(0.1)


@pytest.fixture
def hosts(tmp_path: Path) -> Iterator[Hosts]:
    lacking = [name for name in NEEDED if shutil.which(name) is None]
    if not HOST_ROOT or lacking:  # whose programs belong to root, which the tutorial's check wants
        pytest.skip(f"needs the host's root, and {', '.join(lacking) or 'nothing else'}")
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "vrrptui").write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m vrrptui "$@"\n')
    (tools / "vrrptui").chmod(0o755)
    made = Hosts(tmp_path)
    try:
        made.build()
        yield made
    finally:
        made.close()


def test_the_tutorial_s_walk(hosts: Hosts, tmp_path: Path) -> None:
    """Sections 2 to 8 as typed."""

    def walk(section: str, which: int = 0) -> None:
        for name, line, said in commands(fences(section)[which]):
            done = hosts.run(name, line)
            assert done.returncode == 0, (line, done.stderr)
            is_said(said, done.stdout)

    (start,) = commands(fences("2")[0])
    hosts.begin("web1", start[1])
    wait_for(lambda: "Entering MASTER STATE" in hosts.log("web1"))
    is_said([without_host(line) for line in start[2]], without_hosts(hosts.log("web1")))
    hosts.begin("web2", start[1])
    wait_for(lambda: "Entering BACKUP STATE" in hosts.log("web2"))
    is_said([without_host(line) for line in fences("2")[1].splitlines()], without_hosts(hosts.log("web2")))

    for which in range(len(fences("3"))):
        walk("3", which)

    walk("4")
    wait_for(lambda: "the recovery command ended" in hosts.log("web1"))
    is_said([without_host(line) for line in fences("4")[1].splitlines()], without_hosts(hosts.log("web1")))
    assert "Entering MASTER" not in hosts.log("web2"), "the address stayed"

    walk("5")
    wait_for(lambda: "Entering MASTER STATE" in hosts.log("web2"))
    is_said([without_host(line) for line in fences("5")[1].splitlines()], without_hosts(hosts.log("web1")))
    assert hosts.run("web1", "curl -s http://192.0.2.100/").stdout == "web2"
    wait_for(lambda: "ANNOUNCED" in hosts.run("web1", "vrrptui status").stdout)
    walk("5", 2)

    tmux = Tmux(tmp_path)
    try:
        path = f"{tmp_path}/tools:$PATH"
        tmux.start(
            f"{' '.join(hosts.into('web1'))} 'unset LINES COLUMNS; PATH={path} HOME=/ LANG=C.UTF-8 vrrptui --ascii'",
            100,
            36,
        )
        tmux.until("STOPPE")
        time.sleep(1)
        is_on_screen(fences("6")[0], tmux.screen())
        tmux.keys("3")
        tmux.until("Latency")
        time.sleep(1)
        is_on_screen(fences("6")[1], tmux.screen())
    finally:
        tmux.run("kill-server")

    (tmp_path / "web1" / "nginx" / "nginx.conf").write_text(NGINX.replace("HOST", "web1"))
    hosts.run("web1", re.search(r"`(systemctl start nginx)`", SECTIONS["7"])[1])
    wait_for(lambda: hosts.run("web1", "curl -s http://192.0.2.100/").stdout == "web1")
    wait_for(lambda: hosts.log("web1").count("Entering MASTER STATE") == 2)
    is_said([without_host(line) for line in fences("7")[0].splitlines()], without_hosts(hosts.log("web1")))

    walk("8")
    walk("8", 1)
    wait_for(lambda: hosts.log("web1").count("Entering MASTER STATE") == 3)


def without_host(line: str) -> str:
    """A line of a log without its time and process."""
    return re.sub(r"^\w{3} +\d+ [0-9:.]+ vrrptui\[\d+\]: ", "", line)


def without_hosts(text: str) -> str:
    return "\n".join(without_host(line) for line in text.splitlines())


def is_on_screen(block: str, screen: str) -> None:
    """The beginning of each line of the page, which is a label or a title, is on the screen."""
    real = {shape(line)[:7] for line in screen.splitlines()}
    missing = [line for line in block.splitlines() if line.strip() and shape(line)[:7] not in real]
    assert missing == [], screen


def test_the_readme_s_walk(tmp_path: Path) -> None:
    """ "Try it": a broken web server, a repaired one, a dropped priority and a restored one."""
    tried = README.partition("## Try it\n")[2].partition("\n## ")[0]
    assert re.findall(r"`(:|D|R)`", tried) == [":", "D", "R"]
    (palette,) = re.findall(r"\*(Lab: break httpd on router 1)\*", tried)
    tmux = Tmux(tmp_path)

    def choose(title: str) -> None:
        tmux.keys(":")
        time.sleep(0.5)
        tmux.keys("-l", title.removeprefix("Lab: "))
        tmux.until(title)
        time.sleep(0.3)
        tmux.keys("Enter")

    tmux.start(f"{sys.executable} -m vrrptui lab", 120, 36)
    try:
        tmux.until("MASTER 150", 30)
        tmux.until('"This is r1."', 30)
        choose(palette)
        tmux.until('"This is r2."', 40)
        choose(palette.replace("break", "repair"))
        tmux.until('"This is r1."', 40)
        tmux.until("MASTER 150", 30)
        tmux.keys("D")
        tmux.until("192.0.2.12 (100) takes over")
        tmux.keys("Right")
        time.sleep(0.5)
        tmux.keys("Enter")
        tmux.until('"This is r2."', 40)
        tmux.keys("R")
        tmux.until("Restore priority of")
        tmux.keys("Right")
        time.sleep(0.5)
        tmux.keys("Enter")
        tmux.until('"This is r1."', 40)
        tmux.keys("q")
        tmux.until("the lab ended with this console", 30)
    finally:
        tmux.run("kill-server")
