"""Several engines in one console: a session for each, used by its dialogs, and one for the joined view."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from vrrptui.client.advert_log import Numbered
from vrrptui.client.joined_view import JoinedView
from vrrptui.console.settings.preferences import Preferences
from vrrptui.console.state.session import Session
from vrrptui.console.text.header import Truth
from vrrptui.control.messages import FromEngine, HistoryEvent
from vrrptui.control.several import host_and_key
from vrrptui.control.snapshots import CheckSnapshot


class JoinedSession(Session):
    """A session for several engines. The key of a row says which engine an action is for."""

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
