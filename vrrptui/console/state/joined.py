"""Several engines in one console: their views side by side, each thing under a key that begins with its host.

Everything is folded twice: by the engine's own session, which its dialogs look at, and into the joined view.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from vrrptui.client.advert_log import Numbered
from vrrptui.client.view import MAX_EVENTS, View
from vrrptui.console.settings.preferences import Preferences
from vrrptui.console.state.session import Session
from vrrptui.console.text.header import Truth
from vrrptui.control.messages import Adverts, FromEngine, Hello, HistoryEvent, Synced
from vrrptui.control.several import host_and_key, said_at
from vrrptui.control.snapshots import CheckSnapshot, EngineSnapshot

MAX_HOSTS = 1000  # sets the numbers of events apart


class JoinedView(View):
    """The views of all engines as one. What an engine says of itself stays in its own."""

    def __init__(self, views: Mapping[str, View]) -> None:
        super().__init__()
        self.several = True
        self._views = views
        self._places = {host: place for place, host in enumerate(views)}

    def take(self, host: str, message: FromEngine) -> None:
        """Fold what the engine of that host said; its own view has it already."""
        match message:
            case Synced():
                self._renew(host)
            case Adverts():
                self.version += 1
                self.adverts.take(message, host)
            case Hello() | EngineSnapshot():
                self.version += 1
            case _ if not self._views[host].coming:
                self.apply(self._numbered(host, said_at(host, message)))

    def _renew(self, host: str) -> None:
        """An engine has said everything: what it does not know any more is gone."""
        self.version += 1
        self.synced = True
        theirs, ours = self._views[host].picture, self.picture
        ours.groups = _others(host, ours.groups)
        ours.routers = _others(host, ours.routers)
        ours.checks = _others(host, ours.checks)
        everything: list[FromEngine] = [*theirs.groups.values(), *theirs.routers.values(), *theirs.checks.values()]
        for message in everything:
            self.apply(said_at(host, message))
        kept = [event for event in ours.events.values() if host_and_key(event.group)[0] != host]
        kept += [self._numbered(host, said_at(host, event)) for event in theirs.events.values()]  # type: ignore[misc]
        ours.events = {event.seq: event for event in sorted(kept, key=lambda event: event.time)[-MAX_EVENTS:]}

    def _numbered(self, host: str, message: FromEngine) -> FromEngine:
        if not isinstance(message, HistoryEvent):
            return message
        return HistoryEvent(
            **{name: getattr(message, name) for name in message.__struct_fields__ if name != "seq"},
            seq=message.seq * MAX_HOSTS + self._places[host],
        )

    @property
    def may_operate(self) -> bool:
        return any(view.may_operate for view in self._views.values())


def _others(host: str, known: Mapping[str, object]) -> dict:  # type: ignore[type-arg]
    return {key: value for key, value in known.items() if host_and_key(key)[0] != host}


class JoinedSession(Session):
    """One operator before several engines. Which of them an act goes to is in the key of what it is about."""

    def __init__(
        self, clock: Callable[[], float], hosts: Iterable[str], *, read_only: bool, preferences: Preferences
    ) -> None:
        super().__init__(clock, read_only=read_only, preferences=preferences)
        self._sessions = {
            host: Session(clock, read_only=read_only, preferences=preferences, host=host) for host in hosts
        }
        self._joined = JoinedView({host: session.view for host, session in self._sessions.items()})
        self.view = self._joined

    @property
    def engines(self) -> Sequence[Session]:
        return tuple(self._sessions.values())

    def owner(self, key: str | None) -> tuple[Session | None, str]:
        host, own = host_and_key(key or "")
        return self._sessions.get(host), own

    def host_of(self, row: object) -> str:
        if isinstance(row, Numbered):
            return row.host
        if isinstance(row, HistoryEvent):
            return host_and_key(row.group)[0]
        return host_and_key(row.name if isinstance(row, CheckSnapshot) else str(getattr(row, "key", "")))[0]

    def is_gone(self, host: str) -> bool:
        session = self._sessions.get(host)
        return session is not None and session.old_picture

    def take_from(self, session: Session, message: FromEngine) -> None:
        super().take_from(session, message)
        self._joined.take(session.host, message)

    @property
    def may_act(self) -> bool:
        return any(session.may_act for session in self.engines)

    @property
    def old_picture(self) -> bool:
        return all(session.old_picture for session in self.engines)

    @property
    def truth(self) -> Truth:
        each = [session.truth for session in self.engines]
        why = "; ".join(f"{session.host}: {session.truth.why_not}" for session in self.engines if session.old_picture)
        held = self.view.version - self._paused[0].version if self._paused else 0
        silent = min(truth.silent_s for truth in each)
        return Truth(any(t.connected for t in each), why, self.paused, held, silent, self.read_only)
