"""The page of keys, signs and words."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from vrrptui.console.settings.keymap import Keymap
from vrrptui.console.text.prose import Line, fit
from vrrptui.console.widgets.lines import Lines
from vrrptui.console.widgets.resilient import Steady

HELP: tuple[tuple[str, str], ...] = (
    ("MOVE", "↑↓ j k  PgUp PgDn  g G   enter open   esc back   1-5 screens"),
    ("FIND", "/ filter: words, vrid 51, if eth0, bad, !not, ~regex"),
    ("", "n N next, previous problem   : every command   ? this page"),
    ("VIEW", "space pause   T theme   s < > sort the groups   r reverse"),
    ("GROUP", "its page: [ ] previous, next group   a its adverts"),
    ("ADVERT", "tab or enter into the packet, esc back   x hexdump   f follow"),
    ("", "m mark   [ ] to marks   t time   w write pcap   Y copy JSON"),
    ("", "a capture (-r): p play   + - speed   , . 10 s back, on   @ time"),
    ("SHARE", "y copy the line, over ssh too   e write the list to a file"),
    ("ACT", "D drop priority   R restore it   S stop or start   X drain"),
    ("", "W maintenance   A announce again   M mute a check   L reload"),
    ("", "capitals act; each asks first, and says what it would do"),
    ("LEAVE", "q closes this console; the engine keeps running"),
    ("SIGNS", "✖ critical  ▲ warning  ● ok  ○ stopped  ◌ pending  ‖ paused"),
    ("WORDS", "MASTER is called Active in RFC 9568. A router in BACKUP"),
    ("", "never transmits: not being heard does not mean being dead."),
    ("", "* beside a priority: an operator has set it"),
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
        lines += [((fit(label, 7), "key"), (self._keymap.explained(text), "text")) for label, text in HELP]
        self.query_one("#about", Lines).set_lines(lines)

    def action_close(self) -> None:
        self.dismiss(None)
