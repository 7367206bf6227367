"""The dialogs of upkeep: maintenance, drain, announcing again, muting a check, reading the configuration again."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Input

from vrrptui.client.view import Row
from vrrptui.console.dialogs.router_actions import (
    INDENT,
    ActDialog,
    AskDialog,
    Order,
    StopDialog,
    label,
    minutes_field,
    minutes_in,
)
from vrrptui.console.state.session import Session
from vrrptui.console.text import predictions
from vrrptui.console.text.predictions import Forecast
from vrrptui.console.text.prose import Line, wrap
from vrrptui.console.widgets.lines import Lines
from vrrptui.control.messages import AnnounceAgain, DrainRouter, MuteCheck, Reload, StopRouter
from vrrptui.control.snapshots import CheckSnapshot, VirtualRouterSnapshot

MAINTENANCE_MINUTES = 30


class MaintenanceDialog(StopDialog):
    """Stop for some minutes; the engine starts it again by itself."""

    TITLE_OF_ACT = "Maintenance of"
    VERB = "Stop for a time"

    def compose_entry(self) -> ComposeResult:
        yield from super().compose_entry()
        with Horizontal(classes="entry"):
            yield Lines(id="minutes-label")
            yield minutes_field(str(MAINTENANCE_MINUTES))

    def on_mount(self) -> None:
        self.query_one("#minutes-label", Lines).set_lines([label("Minutes")])

    def predict(self, row: Row, router: VirtualRouterSnapshot) -> Forecast:
        if minutes_in(self) is None:
            return Forecast("Maintenance takes 1 to 9999 minutes.")
        return super().predict(row, router)

    def undo(self) -> str:
        return "It starts again by itself when the time is over; S starts it sooner."

    def order(self, row: Row, router: VirtualRouterSnapshot) -> Order | None:
        minutes, terminal = minutes_in(self), self.session.terminal
        if minutes is None or super().order(row, router) is None:
            return None
        return (
            f"stop for {minutes} min asked",
            lambda number: StopRouter(id=number, router=self.key, seconds=60.0 * minutes, terminal=terminal),
        )


class DrainDialog(StopDialog):
    """Give way, and stop once another router is master."""

    TITLE_OF_ACT = "Drain"
    VERB = "Drain router"

    def predict(self, row: Row, router: VirtualRouterSnapshot) -> Forecast:
        if router.state != "master":
            return predictions.of_stop(row, router, self.session.clock())
        said = predictions.of_priority(row, router, 1, self.session.clock())
        effect = f"{said.effect} It stops once another is master; if nobody takes over, it goes on as before."
        return Forecast(effect, said.risk, said.alone)

    def order(self, row: Row, router: VirtualRouterSnapshot) -> Order | None:
        terminal = self.session.terminal
        if super().order(row, router) is None:
            return None
        return ("drain asked", lambda number: DrainRouter(id=number, router=self.key, terminal=terminal))


class AnnounceDialog(ActDialog):
    """A master's gratuitous ARPs or neighbour advertisements once more."""

    TITLE_OF_ACT = "Announce again the addresses of"
    VERB = "Announce"

    def predict(self, row: Row, router: VirtualRouterSnapshot) -> Forecast:
        if router.state != "master":
            return Forecast(f"{router.name} is {router.state.upper()} now: only a master announces.")
        what = "neighbour advertisements" if router.family == "ipv6" else "gratuitous ARPs"
        return Forecast(f"New {what} tell hosts and switches that {', '.join(row.addresses)} are here. Nobody moves.")

    def order(self, row: Row, router: VirtualRouterSnapshot) -> Order | None:
        terminal = self.session.terminal
        if router.state != "master":
            return None
        return ("announcement asked", lambda number: AnnounceAgain(id=number, router=self.key, terminal=terminal))


class MuteDialog(AskDialog):
    """Let a check count for nothing, for some minutes or until told otherwise; or let it count again."""

    VERB = "Mute or let count"

    def __init__(self, session: Session, name: str) -> None:
        super().__init__(session)
        self.key = name
        check = self.check()
        self._mutes = not (check and check.muted)  # what was asked for does not change while the dialog is open
        self.VERB = "Mute check" if self._mutes else "Let it count"

    def check(self) -> CheckSnapshot | None:
        """The check the dialog was opened for, as it is now."""
        return self.session.view.picture.checks.get(self.key)

    def about(self, width: int) -> list[Line]:
        check = self.check()
        if check is None:
            return [((f"{self.key} is no check any more", "critical"),), ()]
        title = f"{'Mute' if self._mutes else 'Let count again:'} {self.key}"
        state = f"{check.state.upper()}{', muted' if check.muted else ''}"
        lines: list[Line] = [((title, "title"),), ()]
        return [*lines, *wrap([(state, "strong")], width, indent=INDENT, first=label("Check now")), ()]

    def compose_entry(self) -> ComposeResult:
        if self._mutes:
            with Horizontal(classes="entry"):
                yield Lines(id="minutes-label")
                yield minutes_field("")

    def on_mount(self) -> None:
        for lines in self.query("#minutes-label").results(Lines):
            lines.set_lines([label("Minutes")])

    def effect(self) -> Forecast | None:
        check = self.check()
        if check is None:
            return None
        if minutes_in(self, optional=True) is None:
            return Forecast("Minutes are 1 to 9999, or nothing for no end.")
        routers = self.session.view.picture.routers.values()
        moved = [router for router in routers if self.key in router.checks]
        parts = [predictions.of_muting(check, router, muted=self._mutes) for router in moved]
        said = " ".join(parts) or "No router of ours depends on it."
        risk = "While it is muted its failing is not acted on." if self._mutes else ""
        return Forecast(said, risk)

    def undo(self) -> str:
        return "M lets it count again." if self._mutes else "M mutes it."

    def wanted_order(self) -> Order | None:
        check, minutes, terminal = self.check(), minutes_in(self, optional=True), self.session.terminal
        if check is None or minutes is None:
            return None
        seconds = 60.0 * minutes if minutes else None
        muted = self._mutes
        return (
            "mute asked" if muted else "unmute asked",
            lambda number: MuteCheck(id=number, check=self.key, muted=muted, seconds=seconds, terminal=terminal),
        )

    def on_input_changed(self) -> None:
        self.show()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.confirm_next()


class ReloadDialog(AskDialog):
    """Read the configuration file again."""

    VERB = "Reload"

    def about(self, width: int) -> list[Line]:
        return [(("Reload the configuration", "title"),), ()]

    def effect(self) -> Forecast:
        engine = self.session.view.picture.engine
        if engine is None or not engine.config_file:
            return Forecast("This engine has no configuration file: it will refuse.")
        return Forecast(
            f"The engine reads {engine.config_file} again. Routers that did not change go on; new ones start, "
            "those that are gone give their addresses up. With an error in the file nothing changes.",
            "What the file would change is not known here: vrrptui check says whether it is good.",
        )

    def wanted_order(self) -> Order:
        terminal = self.session.terminal
        return ("reload asked", lambda number: Reload(id=number, terminal=terminal))
