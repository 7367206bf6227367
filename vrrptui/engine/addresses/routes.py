"""A set of routes and rules, of one master or of the static configuration: installed, restored, removed."""

from __future__ import annotations

import errno
import logging
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from vrrptui.config.model.configuration import Route, Rule
from vrrptui.engine.addresses.restore_limit import RestoreLimit
from vrrptui.engine.host.kernel import Kernel
from vrrptui.engine.host.requests import UnknownNameError, addition_message, removal_message

Say = Callable[[str, int], None]  # logs a line at a level


@dataclass(slots=True)
class _Entry:
    """One route or rule with its netlink requests. A route's requests change with its devices."""

    what: Route | Rule
    add: bytes = b""
    remove: bytes = b""
    links: tuple[int | None, ...] = ()  # the requests were made for these link indexes
    obstacle: str | None = None
    told: str | None = None  # the obstacle that was logged
    placed: bool = False
    contest: RestoreLimit = field(default_factory=RestoreLimit)


class InstalledRoutes:
    """Installs routes before rules, and removes them in reverse order. `say` logs one line for each event."""

    def __init__(self, kernel: Kernel, routes: tuple[Route, ...], rules: tuple[Rule, ...], say: Say) -> None:
        self._kernel = kernel
        self._say = say
        every: list[Route | Rule] = [*routes, *rules]
        self._entries = [_Entry(one) for one in every]
        self.prepare()

    def __bool__(self) -> bool:
        return bool(self._entries)

    def prepare(self) -> None:
        """Build the netlink requests for the devices that exist now."""
        for entry in self._entries:
            links = self._links(entry.what)
            if entry.add and links == entry.links and entry.obstacle is None:
                continue
            entry.links = links
            try:
                entry.add = addition_message(entry.what, self._kernel.index)
                entry.remove = removal_message(entry.what, self._kernel.index)
                entry.obstacle = None
            except UnknownNameError as error:
                entry.obstacle = str(error)

    def put(self) -> None:
        """Install all of them. An object that existed before is left alone, now and later."""
        for entry in self._entries:
            entry.contest = RestoreLimit()
            self._place(entry)

    def restore(self) -> None:
        """Install again what was removed by others, within the restore limit."""
        now_s = time.monotonic()
        self.prepare()
        for entry in self._entries:
            if entry.placed and entry.what.tracked and not entry.contest.is_on(now_s) and self._is_back(entry):
                entry.contest.restored(now_s)
                again = "restored"
                if entry.contest.is_on(now_s):
                    again = "restore limit reached, not restored for now"
                    self._send(entry.remove)
                self._say(f"{entry.what} was removed: {again}", logging.WARNING)
            elif not entry.placed and entry.told is not None:
                self._place(entry)

    def remove(self) -> None:
        """Remove everything that was installed, in reverse order."""
        for entry in reversed(self._entries):
            if entry.placed:
                self._send(entry.remove)
                entry.placed = False

    def missing(self, wanted: Callable[[Route | Rule], bool]) -> list[str]:
        """Return those selected by `wanted` that could not be installed, each with the reason."""
        return [f"{one.what}: {one.obstacle}" for one in self._entries if one.obstacle is not None and wanted(one.what)]

    def exchange(self, after: InstalledRoutes) -> None:
        """Replace this set by `after`: change only what differs. `after` takes over what stays."""
        kept = {entry.what: entry for entry in self._entries if entry.placed}
        wanted = {entry.what for entry in after._entries}
        for entry in reversed(self._entries):
            if entry.placed and entry.what not in wanted:
                self._send(entry.remove)
        for entry in after._entries:
            if entry.what in kept:
                entry.placed = True
            else:
                after._place(entry)

    def _place(self, entry: _Entry) -> None:
        if not entry.add:
            self._refused(entry, entry.obstacle or "")
            return
        code = self._send(entry.add)
        if code == errno.EEXIST:
            entry.obstacle = None
            if not entry.placed:
                self._say(f"{entry.what} already exists: left alone", logging.INFO)
        elif code:
            self._refused(entry, os.strerror(code))
        else:
            entry.placed, entry.obstacle, entry.told = True, None, None

    def _is_back(self, entry: _Entry) -> bool:
        """Install the object if it is missing. Return whether it was."""
        return self._send(entry.add) == 0

    def _refused(self, entry: _Entry, why: str) -> None:
        if entry.told != why:
            self._say(f"cannot add {entry.what}: {why}", logging.ERROR)
        entry.obstacle = entry.told = why

    def _send(self, message: bytes) -> int:
        return self._kernel.refusal(message)

    def _links(self, what: Route | Rule) -> tuple[int | None, ...]:
        return tuple(map(self._kernel.index, what.devices)) if isinstance(what, Route) else ()
