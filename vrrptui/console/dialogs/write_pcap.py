"""The dialog that writes adverts to a pcap file. It asks before it overwrites a file."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input

from vrrptui.client.advert_log import Numbered
from vrrptui.console.dialogs.router_actions import INDENT, dialog_width, label
from vrrptui.console.files import pcap
from vrrptui.console.text.prose import Line, wrap
from vrrptui.console.widgets.lines import Lines
from vrrptui.console.widgets.resilient import Steady
from vrrptui.control.plain import plain


class WriteDialog(Steady, ModalScreen[str]):
    """Asks for a file name. Returns a sentence about the result, or nothing."""

    AUTO_FOCUS = "#file"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", show=False),
        Binding("up", "app.focus_previous", show=False),
        Binding("down", "app.focus_next", show=False),
    ]

    def __init__(self, shown: Sequence[Numbered], marked: Sequence[Numbered], filter_words: str, proposed: str) -> None:
        super().__init__()
        self._shown, self._marked, self._filter = shown, marked, filter_words
        self._proposed = proposed
        self._marked_only = False
        self._may_overwrite = ""  # name of an existing file
        self._complaint = ""
        self._writing = False

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog"):
            yield Lines(id="about")
            field = Input(self._proposed, id="file", compact=True, select_on_focus=False)
            field.cursor_blink = False  # an idle console writes nothing
            yield field
            yield Lines(id="effect")
            with Horizontal(id="buttons"):
                if self._marked:
                    yield Button(Content(""), id="which", compact=True)
                yield Button(Content("Cancel"), id="cancel", compact=True)
                yield Button(Content("Write"), id="confirm", compact=True)

    def on_mount(self) -> None:
        self.show()

    @property
    def _chosen(self) -> Sequence[Numbered]:
        return self._marked if self._marked_only else self._shown

    def show(self) -> None:
        """Show what would be written, and errors."""
        width = dialog_width(self.app.size)
        count, what = len(self._chosen), "marked" if self._marked_only else "shown"
        if self._filter and not self._marked_only:
            what += f" by the filter {self._filter}"
        about: list[Line] = [(("Write adverts to a pcap file", "title"),), ()]
        about += wrap([(f"the {count:,} {what}".replace(",", " "), "text")], width, indent=INDENT, first=label("What"))
        secrets = sum(1 for one in self._chosen if one.line.auth == "simple")
        if secrets:
            said = f"{secrets} of them carry a password that can be read in the file"
            about += wrap([(said, "warning")], width, indent=INDENT, first=label("▲ Secret"))
        self.query_one("#about", Lines).set_lines([*about, (), (("File", "muted"),)])
        said = self._complaint
        self.query_one("#effect", Lines).set_lines([(), *wrap([(said, "critical")], width), ()] if said else [()])
        overwrites = bool(self._may_overwrite) and self._may_overwrite == self._file_name
        self.query_one("#confirm", Button).label = Content("Overwrite" if overwrites else "Write")
        for button in self.query("#which").results(Button):
            other = f"Shown ({len(self._shown)})" if self._marked_only else f"Marked ({len(self._marked)})"
            button.label = Content(other)

    @property
    def _file_name(self) -> str:
        return self.query_one("#file", Input).value.strip()

    def on_input_changed(self) -> None:
        if self._complaint and self._may_overwrite != self._file_name:
            self._complaint = ""
        self.show()

    def on_input_submitted(self) -> None:
        """Write on Enter, but overwrite only with the button."""
        self._start(overwrite=False)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        match event.button.id:
            case "cancel":
                self.action_cancel()
            case "which":
                self._marked_only = not self._marked_only
                self.show()
            case "confirm":
                self._start(overwrite=bool(self._may_overwrite) and self._may_overwrite == self._file_name)

    def action_cancel(self) -> None:
        self.dismiss("")

    def _start(self, *, overwrite: bool) -> None:
        if not self._writing:
            self._writing = True
            self.run_worker(self._write(self._file_name, list(self._chosen), overwrite), group="write")

    async def _write(self, name: str, adverts: list[Numbered], overwrite: bool) -> None:
        """Write in a thread, because a disk may be slow."""
        self._complaint = self._may_overwrite = ""
        try:
            if not name:
                raise pcap.WriteError("a file needs a name")
            size = await asyncio.to_thread(pcap.write, Path(name), adverts, overwrite=overwrite)
        except pcap.ExistsError as error:
            self._may_overwrite, self._complaint = name, f"{error}: overwrite it, or give another name"
            self.query_one("#cancel", Button).focus()
        except pcap.WriteError as error:
            self._complaint = str(error)
        else:
            self.dismiss(f"{len(adverts)} adverts in {plain(name)} ({size} bytes)")
            return
        finally:
            self._writing = False
        self._complaint = plain(self._complaint)
        self.show()
