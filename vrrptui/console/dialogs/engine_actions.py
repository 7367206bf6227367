"""Dialogs of maintenance, drain, announcement, muting and reload."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Input

from vrrptui.client.view import Row
from vrrptui.console.dialogs.router_actions import (
    INDENT,
    ActDialog,
    AskDialog,
    StopDialog,
    label,
    minutes_field,
    minutes_in,
)
from vrrptui.console.settings import actions
from vrrptui.console.settings.actions import Order
from vrrptui.console.state.session import Session
from vrrptui.console.text import predictions
from vrrptui.console.text.predictions import Forecast
from vrrptui.console.text.prose import Line, wrap
from vrrptui.console.widgets.lines import Lines
from vrrptui.control.snapshots import CheckSnapshot, VirtualRouterSnapshot

MAINTENANCE_MINUTES = 30


class MaintenanceDialog(StopDialog):
    """Stop a router for some minutes. The engine starts it again."""

    REQUEST = actions.STOP_FOR_A_TIME

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

    def order(self, row: Row, router: VirtualRouterSnapshot) -> Order | None:
        minutes = minutes_in(self)
        if minutes is None or super().order(row, router) is None:
            return None
        return self.ask(f"stop for {minutes} min asked", seconds=60.0 * minutes)


class DrainDialog(StopDialog):
    """Hand mastership over, then stop."""

    REQUEST = actions.DRAIN_AND_STOP

    def predict(self, row: Row, router: VirtualRouterSnapshot) -> Forecast:
        if router.state != "master":
            return predictions.of_stop(row, router, self.session.clock())
        said = predictions.of_priority(row, router, 1, self.session.clock())
        effect = f"{said.effect} It stops once another router is master; if none takes over, it continues as before."
        return Forecast(effect, said.risk, said.alone)


class AnnounceDialog(ActDialog):
    """Send a master's gratuitous ARPs or neighbour advertisements again."""

    REQUEST = actions.ANNOUNCE_AGAIN

    def predict(self, row: Row, router: VirtualRouterSnapshot) -> Forecast:
        if router.state != "master":
            return Forecast(f"{router.name} is {router.state.upper()} now: only a master announces.")
        what = "neighbour advertisements" if router.family == "ipv6" else "gratuitous ARPs"
        return Forecast(f"New {what} show hosts and switches the way to {', '.join(row.addresses)}. No master changes.")

    def order(self, row: Row, router: VirtualRouterSnapshot) -> Order | None:
        return self.ask() if router.state == "master" else None


class MuteDialog(AskDialog):
    """Mute a check, for some minutes or without an end; or unmute it."""

    REQUEST = actions.MUTE_CHECK

    def __init__(self, session: Session, name: str) -> None:
        super().__init__(session)
        self.key = name
        check = self.check()
        if check and check.muted:
            self.request = actions.COUNT_AGAIN
        self._mutes = self.request is actions.MUTE_CHECK

    def check(self) -> CheckSnapshot | None:
        """The check of the dialog, in its current state."""
        return self.session.view.picture.checks.get(self.key)

    def about(self, width: int) -> list[Line]:
        check = self.check()
        if check is None:
            return [((f"{self.key} is no longer configured", "critical"),), ()]
        title = f"{self.request.heading} {self.key}"
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
        said = " ".join(parts) or "No local router depends on it."
        risk = "While it is muted, its failures have no effect." if self._mutes else ""
        return Forecast(said, risk)

    def wanted_order(self) -> Order | None:
        minutes = minutes_in(self, optional=True)
        if self.check() is None or minutes is None:
            return None
        return self.request.order(self.session.terminal, check=self.key, seconds=60.0 * minutes if minutes else None)

    def on_input_changed(self) -> None:
        self.show()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.confirm_next()


class ReloadDialog(AskDialog):
    """Reload the configuration file."""

    REQUEST = actions.READ_AGAIN

    def about(self, width: int) -> list[Line]:
        return [((self.request.heading, "title"),), ()]

    def effect(self) -> Forecast:
        engine = self.session.view.picture.engine
        if engine is None or not engine.config_file:
            return Forecast("This engine has no configuration file: it will refuse.")
        return Forecast(
            f"The engine reads {engine.config_file} again. Unchanged routers continue, new ones start, "
            "removed ones release their addresses. If the file has an error, nothing changes.",
            "What the file would change is unknown here; vrrptui check tests it.",
        )

    def wanted_order(self) -> Order:
        return self.request.order(self.session.terminal)
