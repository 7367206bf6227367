"""Routes and rules that stand together: those of a master, or the static ones. Put in place, kept there, taken away."""

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

Say = Callable[[str, int], None]  # a line, and its level of logging


@dataclass(slots=True)
class _Entry:
    """One route or rule, and the requests for it; those of a route change with its devices."""

    what: Route | Rule
    add: bytes = b""
    remove: bytes = b""
    links: tuple[int | None, ...] = ()  # that the requests were made for
    obstacle: str | None = None
    told: str | None = None  # the obstacle that was spoken of
    placed: bool = False
    contest: RestoreLimit = field(default_factory=RestoreLimit)


class InstalledRoutes:
    """Routes are added before rules, and taken away after them. `say` is told what happens, one line each."""

    def __init__(self, kernel: Kernel, routes: tuple[Route, ...], rules: tuple[Rule, ...], say: Say) -> None:
        self._kernel = kernel
        self._say = say
        every: list[Route | Rule] = [*routes, *rules]
        self._entries = [_Entry(one) for one in every]
        self.prepare()

    def __bool__(self) -> bool:
        return bool(self._entries)

    def prepare(self) -> None:
        """Make the requests ready, with the devices that are there now."""
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
        """Add all of them. One that was there before is left alone, now and later."""
        for entry in self._entries:
            entry.contest = RestoreLimit()
            self._place(entry)

    def restore(self) -> None:
        """Add again what went away since; what somebody takes away again and again is left away, and said."""
        now_s = time.monotonic()
        self.prepare()
        for entry in self._entries:
            if entry.placed and entry.what.tracked and not entry.contest.is_on(now_s) and self._is_back(entry):
                entry.contest.restored(now_s)
                again = "put back"
                if entry.contest.is_on(now_s):
                    again = "it is removed again and again: it stays away for now"
                    self._send(entry.remove)
                self._say(f"{entry.what} was gone: {again}", logging.WARNING)
            elif not entry.placed and entry.told is not None:
                self._place(entry)

    def remove(self) -> None:
        """Take away all that was added, the last one first."""
        for entry in reversed(self._entries):
            if entry.placed:
                self._send(entry.remove)
                entry.placed = False

    def missing(self, wanted: Callable[[Route | Rule], bool]) -> list[str]:
        """Those of the `wanted` that could not be put in place, with the reason."""
        return [f"{one.what}: {one.obstacle}" for one in self._entries if one.obstacle is not None and wanted(one.what)]

    def exchange(self, after: InstalledRoutes) -> None:
        """Another configuration: move only what is not in both. What is placed here, `after` has taken over then."""
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
                self._say(f"{entry.what} is there already: left alone", logging.INFO)
        elif code:
            self._refused(entry, os.strerror(code))
        else:
            entry.placed, entry.obstacle, entry.told = True, None, None

    def _is_back(self, entry: _Entry) -> bool:
        """Add it if it is gone; whether it was."""
        return self._send(entry.add) == 0

    def _refused(self, entry: _Entry, why: str) -> None:
        if entry.told != why:
            self._say(f"cannot add {entry.what}: {why}", logging.ERROR)
        entry.obstacle = entry.told = why

    def _send(self, message: bytes) -> int:
        return self._kernel.refusal(message)

    def _links(self, what: Route | Rule) -> tuple[int | None, ...]:
        return tuple(map(self._kernel.index, what.devices)) if isinstance(what, Route) else ()
