"""The views of several engines as one, with keys that begin with the host. No Textual here."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from vrrptui.client.rates import Rates
from vrrptui.client.view import MAX_EVENTS, Picture, View
from vrrptui.control.messages import Adverts, FromEngine, HistoryEvent, Synced
from vrrptui.control.several import key_at

MAX_HOSTS = 1000  # distance between the event numbers of two engines


class JoinedView(View):
    """Built from the engines' own views when it is read.

    An engine's own snapshot is in its own view only; the adverts of all are in this view only.
    """

    def __init__(self, views: Mapping[str, View]) -> None:
        super().__init__()
        self.several = True
        self._views = views
        self._stale = True
        self._events: dict[str, tuple[tuple[int, int, int], list[HistoryEvent]]] = {}  # by host, with their source

    def take(self, host: str, message: FromEngine) -> None:
        """Note that the engine of `host` sent a message, which its own view has already."""
        self.version += 1
        if isinstance(message, Adverts):
            self.adverts.take(message, host)
        else:
            self._stale = True
            self.synced = self.synced or isinstance(message, Synced)

    @property
    def picture(self) -> Picture:
        if self._stale:
            self._picture, self._stale = self._joined(), False
        return self._picture

    @property
    def rates(self) -> Rates:
        return Rates.of_several({host: view.rates for host, view in self._views.items()})

    @property
    def may_operate(self) -> bool:
        return any(view.may_operate for view in self._views.values())

    def _joined(self) -> Picture:
        joined, events = Picture(), []
        for place, (host, view) in enumerate(self._views.items()):
            theirs = view.picture
            for group in theirs.groups.values():
                key = key_at(host, group.key)
                joined.groups[key] = replace(group, key=key)
            for router in theirs.routers.values():
                key = key_at(host, router.key)
                joined.routers[key] = replace(router, key=key)
            for check in theirs.checks.values():
                name = key_at(host, check.name)
                joined.checks[name] = replace(check, name=name)
            events += self._events_of(host, place, list(theirs.events.values()))
        latest = sorted(events, key=lambda event: event.time)[-MAX_EVENTS:]
        joined.events = {event.seq: event for event in latest}
        return joined

    def _events_of(self, host: str, place: int, events: list[HistoryEvent]) -> list[HistoryEvent]:
        """Return an engine's events with its host and unique numbers; the same list until one is added."""
        which = (len(events), events[0].seq, events[-1].seq) if events else (0, 0, 0)
        known, renamed = self._events.get(host, ((0, 0, 0), []))
        if known != which:
            renamed = [
                replace(event, seq=event.seq * MAX_HOSTS + place, group=key_at(host, event.group or "engine"))
                for event in events
            ]
            self._events[host] = (which, renamed)
        return renamed
