"""The help page: keys, signs and terms."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from vrrptui.console.settings import actions
from vrrptui.console.settings.actions import Action
from vrrptui.console.settings.keymap import Keymap
from vrrptui.console.text.prose import Line, fit
from vrrptui.console.widgets.lines import Lines
from vrrptui.console.widgets.resilient import Steady


def _entries(*entries: Action | tuple[Action | str, ...]) -> str:
    """Return entries of a line: the key and help of an action; for several, their keys and the help of the first."""
    texts = []
    for entry in entries:
        several = (entry,) if isinstance(entry, Action) else entry
        keys = [one if isinstance(one, str) else f"{{{one.id}}}" for one in several]
        texts.append(" ".join([*keys, next(one.help for one in several if isinstance(one, Action))]))
    return "   ".join(texts)


HELP: tuple[tuple[str, str], ...] = (
    ("MOVE", "↑↓ j k  PgUp PgDn  g G   enter open   esc back   1-5 screens"),
    ("FIND", _entries(actions.FILTER)),
    ("", f"{_entries((actions.NEXT_PROBLEM, actions.PREVIOUS_PROBLEM))}   : every command   {_entries(actions.HELP)}"),
    (
        "VIEW",
        _entries(actions.PAUSE, actions.NEXT_THEME, (actions.SORT_NEXT, actions.SORT_PREVIOUS, ">"), actions.REVERSE),
    ),
    ("GROUP", f"its page: {_entries((actions.PREVIOUS_GROUP, actions.NEXT_GROUP), actions.ITS_ADVERTS)}"),
    ("ADVERT", f"{_entries((actions.INTO_PACKET, 'or', 'enter'))}, esc back   {_entries(actions.HEX, actions.FOLLOW)}"),
    (
        "",
        _entries(
            actions.MARK,
            (actions.PREVIOUS_MARK, actions.NEXT_MARK),
            actions.TIMES,
            actions.WRITE,
            actions.COPY_JSON,
        ),
    ),
    (
        "",
        "a capture (-r): "
        + _entries(
            actions.PLAY,
            (actions.FASTER, actions.SLOWER),
            (actions.BACK, actions.FORWARDS),
            actions.SEEK,
        ),
    ),
    ("SHARE", _entries(actions.COPY, actions.EXPORT)),
    ("ACT", _entries(actions.DROP, actions.RESTORE, actions.STOP_START, actions.DRAIN)),
    ("", _entries(actions.MAINTENANCE, actions.ANNOUNCE, actions.MUTE, actions.RELOAD)),
    ("", "capitals act, after a dialog that shows the effect"),
    ("LEAVE", _entries(actions.LEAVE)),
    ("SIGNS", "✖ critical  ▲ warning  ● ok  ○ stopped  ◌ pending  ‖ paused"),
    ("WORDS", "MASTER is called Active in RFC 9568. A router in BACKUP"),
    ("", "never transmits: silence does not mean that it is down."),
    ("", "* after a priority: set by an operator"),
)


class HelpDialog(Steady, ModalScreen[None]):
    """All keys on one page that fits 80x24."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,question_mark,q,enter,space", "close", show=False)]

    def __init__(self, keymap: Keymap) -> None:
        super().__init__()
        self._keymap = keymap

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog"):
            yield Lines(id="about")

    def on_mount(self) -> None:
        lines: list[Line] = [(("Keys", "title"), ("   esc closes this page", "muted")), ()]
        lines += [((fit(label, 7), "key"), (self._keymap.fill(text), "text")) for label, text in HELP]
        self.query_one("#about", Lines).set_lines(lines)

    def action_close(self) -> None:
        self.dismiss(None)
