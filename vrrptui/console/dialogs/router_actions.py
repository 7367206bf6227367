"""Dialogs of actions on a router, whose key is captured when the dialog opens, and on the engine.

Every dialog shows the effect first, and its focus is on Cancel.
"""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.events import Key
from textual.geometry import Size
from textual.screen import ModalScreen
from textual.widgets import Button, Input

from vrrptui.client.view import Row
from vrrptui.console.settings import actions
from vrrptui.console.settings.actions import Order, Request
from vrrptui.console.state.session import Session
from vrrptui.console.text import explain, predictions
from vrrptui.console.text.predictions import Forecast
from vrrptui.console.text.prose import Line, Span, fit, wrap
from vrrptui.console.widgets.lines import Lines
from vrrptui.console.widgets.resilient import Steady
from vrrptui.control.forecast import natural_priority
from vrrptui.control.snapshots import VirtualRouterSnapshot

NARROWEST, WIDEST, FRAME = 20, 72, 6
INDENT = 14


def dialog_width(terminal: Size) -> int:
    """Return the width of a line in a dialog, in cells."""
    return max(NARROWEST, min(WIDEST, terminal.width) - FRAME)


class AskDialog(Steady, ModalScreen[Order | None]):
    """Shows the effect of an action. Returns the order, or None."""

    AUTO_FOCUS = "#cancel"
    REQUEST: ClassVar[Request]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", show=False),
        Binding("left,up", "app.focus_previous", show=False),
        Binding("right,down", "app.focus_next", show=False),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.request = self.REQUEST  # the request does not change while the dialog is open

    def about(self, width: int) -> list[Line]:
        """The heading: action and target."""
        raise NotImplementedError

    def effect(self) -> Forecast | None:
        """The predicted effect; None if the target no longer exists."""
        raise NotImplementedError

    def wanted_order(self) -> Order | None:
        """The order for the engine; None while the input is invalid."""
        raise NotImplementedError

    def confirm_next(self) -> None:
        """Enter in a field moves the focus to the button; a second Enter presses it."""
        button = self.query_one("#confirm", Button)
        if self.focused is button:
            button.press()
        else:
            self.set_focus(button)  # at once: a second Enter may be waiting

    def undo(self) -> str:
        """How to undo the action, with keys as in `Keymap.fill`."""
        return self.request.undo

    def compose_entry(self) -> ComposeResult:
        """Compose the fields for input."""
        yield from ()

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog"):
            yield Lines(id="about")
            yield from self.compose_entry()
            yield Lines(id="effect")
            with Horizontal(id="buttons"):
                yield Button(Content("Cancel"), id="cancel", compact=True)
                yield Button(Content(self.request.verb), id="confirm", compact=True, disabled=True)

    def on_mount(self) -> None:
        self.show()
        self.call_after_refresh(self.show)

    def show(self) -> None:
        """Show the current effect. Confirming is possible only after it was shown."""
        if not self.is_mounted or not self.query("#dialog"):
            return
        width = dialog_width(self.app.size)
        about = self.about(width)
        if self.session.host:
            about[0] = (*about[0], (f" on {self.session.host}", "title"))
        self.query_one("#about", Lines).set_lines(about)
        said = self.effect()
        self.query_one("#effect", Lines).set_lines(self._effect_lines(said, width) if said else [])
        self.query_one("#confirm", Button).disabled = self.wanted_order() is None

    def _effect_lines(self, said: Forecast, width: int) -> list[Line]:
        lines = wrap([(said.effect, "strong")], width, indent=INDENT, first=label("Effect"))
        if said.risk:
            lines += wrap([(said.risk, "warning")], width, indent=INDENT, first=label("▲ Risk"))
        if self.undo():
            undo = self.session.preferences.keymap.fill(self.undo())
            lines += wrap([(undo, "text")], width, indent=INDENT, first=label("Undo"))
        terminal = f" from {self.session.terminal}" if self.session.terminal else ""
        return [*lines, (), ((f"Written to the history{terminal}.", "muted"),), ()]

    def action_cancel(self) -> None:
        self.dismiss(None)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        order = self.wanted_order() if event.button.id == "confirm" else None
        if event.button.id == "cancel" or order is not None:
            self.dismiss(order)


class ActDialog(AskDialog):
    """An action on one local router, identified by its key when the dialog opened."""

    def __init__(self, session: Session, key: str) -> None:
        super().__init__(session)
        self.key = key

    def predict(self, row: Row, router: VirtualRouterSnapshot) -> Forecast:
        """Return the predicted effect."""
        raise NotImplementedError

    def order(self, row: Row, router: VirtualRouterSnapshot) -> Order | None:
        """The order for the engine; None while the input is invalid."""
        raise NotImplementedError

    def ask(self, asked: str = "", **fields: object) -> Order:
        """Return the order for this router, with the command's other fields."""
        return self.request.order(self.session.terminal, asked, router=self.key, **fields)

    def target(self) -> tuple[Row, VirtualRouterSnapshot] | None:
        """The router of the dialog, in its current state."""
        row = self.session.view.row(self.key)
        return (row, row.router) if row and row.router else None

    def effect(self) -> Forecast | None:
        target = self.target()
        return self.predict(*target) if target else None

    def wanted_order(self) -> Order | None:
        target = self.target()
        return self.order(*target) if target else None

    def about(self, width: int) -> list[Line]:
        target = self.target()
        if target is None:
            return [((f"{self.key} is no longer configured on this engine", "critical"),), ()]
        _, router = target
        title = f"{self.request.heading} {self.key} ({router.name})"
        state: list[Span] = [(router.state.upper(), explain.STATE_TONE[router.state]), ("  ", "text")]
        lines: list[Line] = [((title, "title"),), ()]
        lines += wrap([*state, *explain.arithmetic(router)], width, indent=INDENT, first=label("Here now"))
        served = ", ".join(router.virtual_addresses) or "none"
        lines += wrap([(served, "text")], width, indent=INDENT, first=label("Addresses"))
        return [*lines, ()]


def label(word: str) -> Line:
    """Return the label at the left of a dialog's line."""
    return ((fit(word, INDENT), "muted"),)


def _number_field(value: str) -> Input:
    field = Input(value, id="number", type="integer", max_length=3, compact=True, select_on_focus=False)
    field.cursor_blink = False  # an idle console writes nothing
    return field


def minutes_field(value: str) -> Input:
    """Return an input field for minutes."""
    field = Input(value, id="minutes", type="integer", max_length=4, compact=True, select_on_focus=False)
    field.cursor_blink = False
    return field


def minutes_in(dialog: AskDialog, *, optional: bool = False) -> int | None:
    """Return the minutes typed in, 1-9999, or None if invalid. With `optional`, empty input is 0: no end."""
    typed = "".join(field.value.strip() for field in dialog.query("#minutes").results(Input))
    if not typed and optional:
        return 0
    number = int(typed) if typed.isascii() and typed.isdecimal() else 0
    return number if 1 <= number <= 9999 else None


class DropDialog(ActDialog):
    """Set another priority, until it is restored or for some minutes."""

    REQUEST = actions.DROP_PRIORITY

    def compose_entry(self) -> ComposeResult:
        target = self.target()
        proposed = predictions.dropped(*target) if target else 50
        with Horizontal(id="entry"):
            yield Lines(id="entry-label")
            yield _number_field(str(proposed))
            yield Button(Content("-10"), id="less-10", compact=True)
            yield Button(Content("-50"), id="less-50", compact=True)
        with Horizontal(classes="entry"):
            yield Lines(id="minutes-label")
            yield minutes_field("")

    def on_mount(self) -> None:
        self.query_one("#entry-label", Lines).set_lines([label("New priority")])
        self.query_one("#minutes-label", Lines).set_lines([label("For minutes")])

    def on_key(self, event: Key) -> None:
        """Put a digit into the field wherever the focus is; keys of the field itself do not come here."""
        if event.character and event.character in "0123456789":
            field = self.query_one("#number", Input)
            typed_on = self.focused is field  # typed before the focus moved
            field.value = field.value + event.character if typed_on else event.character
            self.set_focus(field)
            field.cursor_position = len(field.value)
            event.stop()

    def wanted(self) -> int | None:
        """The priority typed in, or None if it is not 1-254."""
        text = self.query_one("#number", Input).value
        number = int(text) if text.isascii() and text.isdecimal() else 0
        return number if 1 <= number <= 254 else None

    def predict(self, row: Row, router: VirtualRouterSnapshot) -> Forecast:
        wanted = self.wanted()
        if wanted is None:
            return Forecast("A priority is 1 to 254.")
        if minutes_in(self, optional=True) is None:
            return Forecast("Minutes are 1 to 9999, or nothing for no end.")
        return predictions.of_priority(row, router, wanted, self.session.clock())

    def undo(self) -> str:
        minutes = minutes_in(self, optional=True)
        sooner = f"it is restored by itself after {minutes} min; {{act.restore}} restores it sooner."
        return sooner if minutes else super().undo()

    def order(self, row: Row, router: VirtualRouterSnapshot) -> Order | None:
        wanted, minutes = self.wanted(), minutes_in(self, optional=True)
        if wanted is None or minutes is None:
            return None
        seconds = 60.0 * minutes if minutes else None
        return self.ask(f"priority {wanted} asked", priority=wanted, seconds=seconds)

    def on_input_changed(self) -> None:
        self.show()

    def on_input_submitted(self) -> None:
        self.confirm_next()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        less = {"less-10": 10, "less-50": 50}.get(event.button.id or "")
        if less is not None:
            field = self.query_one("#number", Input)
            field.value = str(max(1, (self.wanted() or 1) - less))


class RestoreDialog(ActDialog):
    """Return to the priority from base and checks."""

    REQUEST = actions.RESTORE_PRIORITY

    def predict(self, row: Row, router: VirtualRouterSnapshot) -> Forecast:
        if router.override is None:
            return Forecast("No override is set: the priority follows base and checks.")
        natural = natural_priority(router)
        return predictions.of_priority(row, router, natural, self.session.clock())

    def order(self, row: Row, router: VirtualRouterSnapshot) -> Order | None:
        return self.ask()


class StopDialog(ActDialog):
    """Leave the election. If no other router was ever heard, the VRID must be typed first."""

    REQUEST = actions.STOP

    def compose_entry(self) -> ComposeResult:
        target = self.target()
        if target and predictions.of_stop(*target, self.session.clock()).alone:
            with Horizontal(id="entry"):
                yield Lines(id="entry-label")
                yield _number_field("")

    def on_mount(self) -> None:
        for label in self.query("#entry-label").results(Lines):
            label.set_lines([((fit("Type the VRID", INDENT), "warning"),)])

    def predict(self, row: Row, router: VirtualRouterSnapshot) -> Forecast:
        return predictions.of_stop(row, router, self.session.clock())

    def order(self, row: Row, router: VirtualRouterSnapshot) -> Order | None:
        typed = [field.value.strip() for field in self.query("#number").results(Input)]
        return self.ask() if not typed or typed == [str(row.vrid)] else None

    def on_input_changed(self) -> None:
        self.show()

    def on_input_submitted(self) -> None:
        self.confirm_next()


class StartDialog(ActDialog):
    """Take part in the election again."""

    REQUEST = actions.START

    def predict(self, row: Row, router: VirtualRouterSnapshot) -> Forecast:
        return predictions.of_start(row, router)

    def order(self, row: Row, router: VirtualRouterSnapshot) -> Order | None:
        return self.ask()


class ShutdownDialog(AskDialog):
    """Stop the engine."""

    REQUEST = actions.SHUT_DOWN

    def about(self, width: int) -> list[Line]:
        hello = self.session.view.picture.hello
        return [((f"{self.request.heading} (pid {hello.pid if hello else '?'})", "title"),), ()]

    def effect(self) -> Forecast:
        routers = self.session.view.picture.routers.values()
        masters = [router.name for router in routers if router.state == "master"]
        effect = f"All {len(routers)} virtual routers here stop, and observing ends."
        if not masters:
            return Forecast(effect)
        return Forecast(effect, f"{', '.join(masters)} is master here and releases its addresses.")

    def wanted_order(self) -> Order:
        return self.request.order(self.session.terminal)
