"""Restores the table for no_accept when another program changes or deletes it, as `nft flush ruleset` does.

The kernel reports every change of nftables (linux/netfilter/nfnetlink.h). Soon after a report, and at most once a
second, a thread runs nft to compare the table. If the table cannot be restored, it tries again every second. Without
reports from the kernel, it compares every ten seconds.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable

from vrrptui.engine.host.accept_filter import AcceptFilter, Kept, keep

log = logging.getLogger(__name__)

NETLINK_NETFILTER, NFNLGRP_NFTABLES = 12, 7
SOL_NETLINK, NETLINK_ADD_MEMBERSHIP = 270, 1
THROWN_AWAY = 64  # messages read per turn of the loop
SOON_S, AGAIN_S, UNHEARD_S = 0.05, 1.0, 10.0
TOLD_EVERY_S = 60.0


class AcceptFilterWatch:
    """`looked` is called after each comparison with why the table is missing, or None, and an event's text or ""."""

    def __init__(self, acceptance: AcceptFilter, looked: Callable[[str | None, str], None]) -> None:
        self._acceptance = acceptance
        self._report = looked
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._looking: asyncio.Future[Kept] | None = None
        self._not_before_s = self._tell_s = 0.0
        self._closed = False
        self._socket = self._listen()

    def close(self) -> None:
        """Stop watching."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        if self._socket is not None:
            self._loop.remove_reader(self._socket.fileno())
            self._socket.close()

    def look(self, in_s: float = SOON_S) -> None:
        """Compare the table in `delay_s` seconds, or as soon as the rate limit permits."""
        if self._closed or not self._acceptance.rules:
            return
        at_s = max(self._loop.time() + in_s, self._not_before_s)
        if self._timer is not None and self._timer.when() > at_s:
            self._timer.cancel()
            self._timer = None
        if self._timer is None:
            self._timer = self._loop.call_at(at_s, self._look)

    def _listen(self) -> socket.socket | None:
        try:
            one = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, NETLINK_NETFILTER)
        except OSError:
            return None
        try:
            one.bind((0, 0))
            one.setsockopt(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, NFNLGRP_NFTABLES)
        except OSError:  # no nf_tables, or no permission
            one.close()
            return None
        one.setblocking(False)
        self._loop.add_reader(one.fileno(), self._on_change)
        return one

    def _on_change(self) -> None:
        assert self._socket is not None
        with contextlib.suppress(OSError):  # nothing waiting, or reports were lost
            for _ in range(THROWN_AWAY):
                self._socket.recv(1)
        self.look()

    def _look(self) -> None:
        self._timer = None
        if self._looking is not None:
            self.look(AGAIN_S)
            return
        self._not_before_s = self._loop.time() + AGAIN_S
        rules, listing = self._acceptance.rules, self._acceptance.listing
        self._looking = self._loop.run_in_executor(None, keep, rules, listing)
        self._looking.add_done_callback(lambda done: self._looked(done, rules))

    def _looked(self, done: asyncio.Future[Kept], rules: str) -> None:
        self._looking = None
        if done.cancelled() or done.exception() is not None or self._closed:
            return
        if rules != self._acceptance.rules:  # the configuration changed during the comparison
            self.look(0)
            return
        kept = done.result()
        self._acceptance.listing = kept.listing
        news = ""
        if kept.was_lost and self._loop.time() >= self._tell_s:
            self._tell_s = self._loop.time() + TOLD_EVERY_S
            what = "restored" if kept.why is None else f"not restored: {kept.why}"
            news = f"no_accept: the nftables table was removed or changed by another process: {what}"
            log.warning("%s", news)
        self._report(kept.why, news)
        if kept.why is not None or self._socket is None:
            self.look(UNHEARD_S if kept.why is None else AGAIN_S)
