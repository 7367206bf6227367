"""The users at the other end of the control socket: their permissions and limits."""

from __future__ import annotations

import grp
import os
import pwd
import socket
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from vrrptui import peer

GROUP_NAME = "vrrptui"
MAX_CLIENTS = 32
MAX_LOOKERS = 24  # clients that may only observe: the other places are for operators
MAX_OF_A_LOOKER = 8  # clients of one user who may only observe
BURST, PER_SECOND = 16, 2  # connections of a user who may only observe
KNOWN_FOR_S = 10.0  # seconds for which the user database's answer is cached
MOST_KNOWN = 256  # users


@dataclass(frozen=True, slots=True)
class Operator:
    """The sender of a command, with the permission and the name for the history."""

    user: str
    may_operate: bool
    terminal: str = ""

    def __str__(self) -> str:
        return f"{self.user}@{self.terminal}" if self.terminal else self.user


class _Allowance:
    """Limits simultaneous connections and connections per second."""

    def __init__(self, now_s: float) -> None:
        self._left, self._at_s = float(BURST), now_s

    def take(self, now_s: float) -> bool:
        self._left = min(BURST, self._left + (now_s - self._at_s) * PER_SECOND)
        self._at_s = now_s
        if self._left < 1:
            return False
        self._left -= 1
        return True


class Peers:
    """Caches credentials and counts clients per user."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], tuple[Operator, float]] = {}  # by user and group: the answer and its time
        self._allowances: dict[str, _Allowance] = {}

    def credentials(self, connection: socket.socket) -> Operator:
        """Return `credentials`, with a cache of some seconds."""
        who, now_s = peer.credentials(connection), time.monotonic()
        known = self._known.get(who)
        if known is None or now_s - known[1] > KNOWN_FOR_S:
            _make_room(self._known)
            known = self._known[who] = (_operator(*who), now_s)
        return known[0]

    def refusal(self, who: Operator, there: Iterable[Operator], now_s: float) -> str | None:
        """Return why another client of `who` is refused beside `clients`; None if it is accepted."""
        if who.user == "":
            return f"only root and the group {GROUP_NAME} may connect"
        counts = Counter(there)
        if sum(counts.values()) >= MAX_CLIENTS:
            return f"too many clients: {MAX_CLIENTS} are connected"
        if who.may_operate:
            return None
        if counts[who] >= MAX_OF_A_LOOKER:
            return f"too many clients: {MAX_OF_A_LOOKER} of user {who.user} are connected"
        if sum(count for one, count in counts.items() if not one.may_operate) >= MAX_LOOKERS:
            return f"too many clients: {MAX_LOOKERS} that may only observe are connected"
        if who.user not in self._allowances:
            _make_room(self._allowances)
            self._allowances[who.user] = _Allowance(now_s)
        if not self._allowances[who.user].take(now_s):
            return f"user {who.user} connects too often: wait a second"
        return None


def credentials(connection: socket.socket) -> Operator:
    """Return the peer of a connection (SO_PEERCRED); its user is empty if it may not even read."""
    return _operator(*peer.credentials(connection))


def _operator(uid: int, gid: int) -> Operator:
    try:
        name = pwd.getpwuid(uid).pw_name
        groups = os.getgrouplist(name, gid)
    except KeyError:
        name, groups = f"uid {uid}", [gid]
    if uid in (0, os.geteuid()):
        return Operator(name, may_operate=True)
    try:
        if grp.getgrnam(GROUP_NAME).gr_gid in groups:
            return Operator(name, may_operate=False)
    except KeyError:
        pass
    return Operator("", may_operate=False)


def _make_room(known: dict[tuple[int, int], tuple[Operator, float]] | dict[str, _Allowance]) -> None:
    if len(known) >= MOST_KNOWN:
        known.clear()
