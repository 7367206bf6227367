"""The lab's client: requests a page from the virtual address ten times a second and records answers and outages."""

from __future__ import annotations

import socket
import threading
import time

from vrrptui.lab.namespaces import enter_network

PERIOD_S = 0.1
TIMEOUT_S = 0.3


class Prober(threading.Thread):
    """A thread that sends requests from `namespace` until the process ends."""

    def __init__(self, namespace: int, address: str) -> None:
        super().__init__(daemon=True, name="prober")
        self._namespace = namespace
        self._address = address
        self._good_at: float | None = None
        self._answer = ""
        self._outages: list[float] = []
        self._asked = self._answered = 0

    def run(self) -> None:
        enter_network(self._namespace)
        due = time.monotonic()
        while True:
            self._asked += 1
            answer = self._ask()
            now = time.monotonic()
            if answer:
                if self._good_at is not None and now - self._good_at > 2 * PERIOD_S + TIMEOUT_S / 2:
                    self._outages.append(now - self._good_at)
                self._good_at, self._answer = now, answer
                self._answered += 1
            due = max(due + PERIOD_S, now)
            time.sleep(max(0.0, due - time.monotonic()))

    def _ask(self) -> str:
        try:
            with socket.create_connection((self._address, 80), timeout=TIMEOUT_S) as connection:
                connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
                return connection.recv(4096).decode(errors="replace").rpartition("\r\n\r\n")[2].strip()
        except OSError:
            return ""

    def report(self) -> str:
        """Return the client's current view in one line."""
        if self._good_at is None:
            return f"http://{self._address} has not answered yet"
        silent = time.monotonic() - self._good_at
        now = f"no answer for {silent:.1f} s" if silent > 2 * TIMEOUT_S else f'answers "{self._answer}"'
        outages = f"; last outage {self._outages[-1]:.1f} s, {len(self._outages)} in all" if self._outages else ""
        return f"http://{self._address} {now}{outages}; {self._answered} of {self._asked} answered"
