"""The lab: a network, two routers with their web servers, and a client, controlled by one-line commands.

Runs as the first process of a PID namespace, so everything in it ends with it. It ends when its standard input is
closed, that is when the console that started it exits.
"""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

from vrrptui import children
from vrrptui.lab import check_httpd, httpd
from vrrptui.lab.namespaces import die_with_parent, inside, isolate
from vrrptui.lab.network import Host, Network
from vrrptui.lab.prober import Prober

FOLDER_PREFIX = "vrrptui-lab-"
VIRTUAL_ADDRESS = "192.0.2.100"
ADDRESSES = {"r1": "192.0.2.11", "r2": "192.0.2.12", "client": "192.0.2.50"}
PRIORITIES = {"r1": 150, "r2": 100}

CONFIGURATION = """\
! Router {name} of the lab.

vrrp_script chk_httpd {{
    script "{python} -I -S {check} {name} {folder} {httpd}"
    interval 1
    timeout 3
    fall 2
    rise 2
}}

vrrp_instance WEB {{
    state BACKUP
    interface eth0
    virtual_router_id 51
    priority {priority}
    advert_int 1
    authentication {{
        auth_type PASS
        auth_pass lab
    }}
    virtual_ipaddress {{
        {address}/24
    }}
    track_script {{
        chk_httpd
    }}
}}
"""


class Router:
    """A router of the lab: its host, its directory, and its VRRP program."""

    def __init__(self, host: Host, folder: Path, keepalived: bool) -> None:
        self.host = host
        self.folder = folder / host.name
        self.folder.mkdir()
        self._keepalived = keepalived
        self._process: subprocess.Popen[bytes] | None = None
        text = CONFIGURATION.format(
            name=host.name,
            python=sys.executable,
            check=check_httpd.__file__,
            folder=self.folder,
            httpd=httpd.__file__,
            priority=PRIORITIES[host.name],
            address=VIRTUAL_ADDRESS,
        )
        (self.folder / "keepalived.conf").write_text(text)

    def start(self) -> str:
        """Start the VRRP program; return a message."""
        if self._process is not None and self._process.poll() is None:
            return f"{self.host.name} runs already"
        with (self.folder / "engine.log").open("ab") as log, inside(self.host.namespace):
            self._process = subprocess.Popen(
                self._command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=children.environment()
            )
        return f"started on {self.host.name}"

    def _command(self) -> list[str]:
        file = str(self.folder / "keepalived.conf")
        if self._keepalived:
            pid_files = [f"-{option}{self.folder / f'{option}.pid'}" for option in "prc"]
            return [keepalived() or "keepalived", "--dont-fork", "--log-console", "--no-syslog", "-f", file, *pid_files]
        socket_path = str(self.folder.parent / f"{self.host.name}.sock")
        places = ("--socket", socket_path, "--state-dir", str(self.folder / "state"))
        return children.module_command("vrrptui", "engine", "-f", file, *places)

    def kill(self) -> str:
        """Kill the VRRP program with SIGKILL, so that it neither resigns nor removes its address."""
        if self._process is None or self._process.poll() is not None:
            return f"nothing runs on {self.host.name}"
        self._process.kill()
        self._process.wait()
        return f"killed on {self.host.name}"

    def kill_httpd(self) -> str:
        """Kill the web server; the check restarts it."""
        with contextlib.suppress(OSError, ValueError):
            os.kill(int((self.folder / "httpd.pid").read_text()), signal.SIGKILL)
            return f"httpd killed on {self.host.name}: its check will start it again"
        return f"no httpd runs on {self.host.name}"

    def break_httpd(self) -> str:
        """Kill the web server and keep the check from restarting it."""
        (self.folder / "httpd-is-broken").touch()
        self.kill_httpd()
        return f"httpd broken on {self.host.name}: its check cannot start it, and will give the address up"

    def repair_httpd(self) -> str:
        (self.folder / "httpd-is-broken").unlink(missing_ok=True)
        return f"httpd repaired on {self.host.name}: its check will start it"


def keepalived() -> str | None:
    """Return the path of keepalived, whatever the caller's PATH; None if it is not installed."""
    return children.helper("keepalived")


class World:
    """The whole lab: network, routers and client."""

    def __init__(self, folder: Path, peer: str) -> None:
        self._folder = folder
        self._network = Network(ADDRESSES)
        hosts = self._network.hosts
        self._routers = {
            name: Router(hosts[name], folder, keepalived=name == "r2" and peer == "keepalived") for name in PRIORITIES
        }
        for router in self._routers.values():
            router.start()
        self._prober = Prober(hosts["client"].namespace, VIRTUAL_ADDRESS)
        self._prober.start()

    def serve(self) -> None:
        """Serve commands on the lab's socket, one per connection."""
        path = self._folder / "lab.sock"
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            listener.bind(str(path))
            listener.listen()
            while True:
                connection, _ = listener.accept()
                with connection, contextlib.suppress(OSError):
                    words = connection.recv(1024).decode(errors="replace").split()
                    connection.sendall(self._obey(words).encode())

    def _obey(self, words: list[str]) -> str:
        match words:
            case ["client"]:
                return self._prober.report()
            case ["unplug" | "plug" as what, name] if name in self._network.hosts:
                self._network.plug(name, what == "plug")
                return f"cable of {name} {'plugged in' if what == 'plug' else 'pulled'}"
            case [what, name] if name in self._routers:
                router = self._routers[name]
                actions = {
                    "kill": router.kill,
                    "start": router.start,
                    "kill-httpd": router.kill_httpd,
                    "break-httpd": router.break_httpd,
                    "repair-httpd": router.repair_httpd,
                }
                if what in actions:
                    return actions[what]()
        return f"not understood: {' '.join(words)}"


def main(folder: Path, peer: str) -> int:
    """Create the lab in `folder` and serve it. Returns an exit status if it could not be created."""
    if peer == "keepalived" and keepalived() is None:
        print("keepalived is not installed: `apt install keepalived`, or leave --peer away", file=sys.stderr)
        return 1
    try:
        isolate()
    except OSError as error:
        print(
            f"this system forbids namespaces to you ({error.strerror}): run it as root, or allow them with"
            " `sysctl kernel.unprivileged_userns_clone=1` (Debian) or"
            " `sysctl kernel.apparmor_restrict_unprivileged_userns=0` (Ubuntu)",
            file=sys.stderr,
        )
        return 1
    first = os.fork()
    if first:
        return _watch_over(first, folder)
    die_with_parent()
    second = os.fork()
    if second:
        _reap_until(second)
    World(folder, peer).serve()
    return 0


def _watch_over(first: int, folder: Path) -> int:
    """Outside the namespace: wait for the console or the lab to end, then end the lab and remove its directory."""
    poll = select.poll()
    poll.register(0, select.POLLIN)
    poll.register(os.pidfd_open(first), select.POLLIN)
    poll.poll()  # nothing is ever written; returns when either end closes
    os.kill(first, signal.SIGKILL)
    _, status = os.waitpid(first, 0)
    if folder.name.startswith(FOLDER_PREFIX):  # the console may have been killed before it removed the directory
        shutil.rmtree(folder, ignore_errors=True)
    return max(0, os.waitstatus_to_exitcode(status))


def _reap_until(second: int) -> None:
    """Reap orphans as the namespace's first process until the lab exits."""
    while True:
        pid, status = os.wait()
        if pid == second:
            os._exit(max(0, os.waitstatus_to_exitcode(status)))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2]))
