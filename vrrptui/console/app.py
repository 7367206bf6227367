"""The application: one session, five screens, and the keys that work everywhere.

Imports Textual, so other modules import this one only when they open a console. Changes are painted at most four times
a second, and the clock once a second.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual.app import App, SystemCommand
from textual.binding import BindingType
from textual.screen import Screen

from vrrptui.client import playback_commands
from vrrptui.client.connection import EngineClient
from vrrptui.console.dialogs import choose
from vrrptui.console.dialogs.engine_actions import ReloadDialog
from vrrptui.console.dialogs.help import HelpDialog
from vrrptui.console.dialogs.palette import Palette
from vrrptui.console.dialogs.router_actions import AskDialog, ShutdownDialog
from vrrptui.console.dialogs.seek import SeekDialog
from vrrptui.console.screens.adverts import AdvertsScreen
from vrrptui.console.screens.groups import GroupScreen, GroupsScreen
from vrrptui.console.screens.screen import ConsoleScreen, bindings
from vrrptui.console.screens.tabs import SCREENS
from vrrptui.console.settings import theme as themes
from vrrptui.console.settings.actions import ACTIONS, NEXT_THEME, Action, Order
from vrrptui.console.settings.keymap import textual_name
from vrrptui.console.settings.preferences import COMMAND_LINE, NO_COLOR, Preferences
from vrrptui.console.state.joined import JoinedSession
from vrrptui.console.state.session import Session
from vrrptui.console.state.vendors import LookUp, Vendors
from vrrptui.console.widgets.lines import Painted
from vrrptui.control.messages import Command, Done, FromEngine, Play
from vrrptui.control.plain import plain

ENGINE = "engine"  # name of requests to the engine itself
FLOODED_EVERY_S = 0.5
FLOOD = 200  # adverts between two paintings
BANNER_EVERY_S = 0.5
NOT_ALLOWED = "its engine does not let you act"


@dataclass(frozen=True, slots=True)
class ExtraCommand:
    """A command that the caller adds to the palette. `run` is called in a thread and returns a line to show."""

    title: str
    help: str
    run: Callable[[], str]


class ConsoleApp(App[None]):
    """The console of one or more engines."""

    CSS_PATH = Path(__file__).with_name("console.tcss")
    DEFAULT_MODE = "groups"
    COMMAND_PALETTE_BINDING = "colon"
    ENABLE_COMMAND_PALETTE = True
    HORIZONTAL_BREAKPOINTS = [(0, "-tiny"), (60, "-narrow"), (100, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-low"), (10, "-flat"), (18, "-short"), (30, "-tall")]  # noqa: RUF012
    MODES: ClassVar[dict[str, str | Callable[[], Screen[object]]]] = {}
    BINDINGS: ClassVar[list[BindingType]] = bindings("app")

    def __init__(
        self,
        engines: str | Mapping[str, str],
        *,
        read_only: bool = False,
        preferences: Preferences | None = None,
        extra_commands: Sequence[ExtraCommand] = (),
        banner: Callable[[], str] | None = None,
        vendors: LookUp | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.preferences = preferences or Preferences()
        # Textual decides at import whether colours are written.
        super().__init__(ansi_color=self.preferences.origin("theme") == NO_COLOR or None)
        if isinstance(engines, str):
            self.session = Session(clock, read_only=read_only, preferences=self.preferences)
            paths = [engines]
        else:
            self.session = JoinedSession(clock, engines, read_only=read_only, preferences=self.preferences)
            paths = list(engines.values())
        self.clients = {
            one: EngineClient(path, partial(self.take, one), partial(self.link, one))
            for one, path in zip(self.session.engines, paths, strict=True)
        }
        self.extra_commands = extra_commands
        self.banner = banner
        self.vendors = Vendors(vendors)
        self.set_class(self.preferences.ascii, "-ascii")
        chosen, why = themes.wanted(self.preferences.theme, self.preferences.origin("theme") == COMMAND_LINE)
        self._findings = [*self.preferences.findings, *([why] if why else [])]
        self.register_theme(chosen)
        self.theme = chosen.name
        self._bind_keys()
        self._painted_at = self._heard_at = float("-inf")
        self._paint_is_due = False
        self._painted_adverts = 0  # adverts received at that time
        self._flooded = False  # each painting would show an entirely new list

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return dict(themes.shipped_default().variables)

    def _bind_keys(self) -> None:
        """Bind the operator's keys; a command without a key of its own gets one."""
        keymap = self.preferences.keymap
        self.set_keymap({command: textual_name(key) for command, key in keymap.changed.items()})
        for action in ACTIONS:
            if not action.key and keymap.key(action):
                self.bind(textual_name(keymap.key(action)), action.run, show=False)

    def get_default_screen(self) -> Screen[object]:
        """Return the groups screen, because switching to a screen later reads the stylesheet twice more."""
        return GroupsScreen(self.session, self)  # type: ignore[return-value]

    def refresh_css(self, animate: bool = True) -> None:
        """Repaint the widgets with theme colours after a change of theme."""
        super().refresh_css(animate)
        for screen in self.screen_stack:
            for widget in screen.query(Painted):
                widget.refresh()

    def on_mount(self) -> None:
        for screen in SCREENS:
            self.add_mode(screen.MODE, partial(screen, self.session, self))
        self.set_interval(1.0, self.paint_ages)
        for client in self.clients.values():
            self.run_worker(client.run(), group="client")
        if self.banner is not None:
            self.run_worker(self._follow_banner(self.banner), group="banner")
        self.call_after_refresh(self._say_findings)

    def _say_findings(self) -> None:
        """Show what is invalid in the operator's files; the console starts anyway."""
        said, more = self._findings[:3], len(self._findings) - 3
        for line in (*said, *([f"{more} more; `vrrptui config` shows all"] if more > 0 else [])):
            self.notify(plain(line), title="configuration", severity="warning", markup=False, timeout=15)

    async def _follow_banner(self, banner: Callable[[], str]) -> None:
        """Ask for the banner's line from time to time, in a thread."""
        while True:
            line = plain(await asyncio.to_thread(banner))
            if line != self.session.banner:
                self.session.banner = line
                self.paint_soon()
            await asyncio.sleep(BANNER_EVERY_S)

    # From the engine.

    def take(self, engine: Session, message: FromEngine) -> None:
        """Apply a message and paint soon."""
        self._heard_at = time.monotonic()
        self.session.take_from(engine, message)
        self.paint_soon()

    def link(self, engine: Session, connected: bool, why_not: str) -> None:
        """Handle a change of the connection."""
        engine.link(connected, why_not)
        self.paint_soon()

    def paint_soon(self) -> None:
        """Paint changes, at most as often as configured (four times a second)."""
        if not self._paint_is_due:
            self._paint_is_due = True
            every = FLOODED_EVERY_S if self._flooded else 1 / self.preferences.refresh
            wait = self._painted_at + every - time.monotonic()
            self.set_timer(max(0.001, wait), self.paint)

    def paint_ages(self) -> None:
        """Paint once a second without messages, because ages and the clock change.

        An engine sends a message every second, which is painted as well; no further painting is needed then.
        """
        now = time.monotonic()
        if now - self._painted_at > 0.9 and now - self._heard_at > 1.1:
            self.paint()

    def paint(self) -> None:
        """Paint all visible screens and dialogs."""
        self._paint_is_due = False
        self._painted_at = time.monotonic()
        heard = self.session.view.adverts.received
        self._flooded, self._painted_adverts = heard - self._painted_adverts > FLOOD, heard
        if not self._running:
            return
        for screen in self.screen_stack:
            if isinstance(screen, (ConsoleScreen, AskDialog, SeekDialog)):
                screen.show()

    # Keys that work everywhere. They wait for the screen they open, so that the next key finds it complete.

    async def action_tab(self, mode: str) -> None:
        """Go to a screen, and close a group's page."""
        if isinstance(self.screen, GroupScreen):
            self.pop_screen()
        for client in self.clients.values():
            client.want_adverts(mode == "adverts")
        await self.switch_mode(mode)

    async def open_group(self, key: str) -> None:
        """Open the page of one group."""
        await self.action_tab("groups")
        await self.push_screen(GroupScreen(self.session, self, key))

    def find_vendors(self, macs: list[str]) -> None:
        """Look up the vendors of these MAC addresses and show them when they are known."""
        self.run_worker(self._find_vendors(macs), group="vendors")

    async def _find_vendors(self, macs: list[str]) -> None:
        await self.vendors.ask(macs)
        self.paint_soon()

    async def show_adverts(self, filter_words: str) -> None:
        """Show the adverts that match a filter."""
        await self.action_tab("adverts")
        if isinstance(self.screen, AdvertsScreen):
            self.screen.set_filter(filter_words)

    async def action_command_palette(self) -> None:  # type: ignore[override]
        if not isinstance(self.screen, Palette):
            await self.push_screen(Palette(id="--command-palette"))

    async def action_help(self) -> None:
        await self.push_screen(HelpDialog(self.preferences.keymap))

    def action_pause(self) -> None:
        self.session.toggle_pause()
        self.paint()

    def action_next_theme(self) -> None:
        """Use the next valid theme, and report invalid ones that are skipped."""
        names = sorted(themes.available())
        place = names.index(self.theme) if self.theme in names else -1
        for name in names[place + 1 :] + names[: place + 1]:
            if self.use_theme(name):
                return

    def use_theme(self, name: str) -> bool:
        """Use the theme of this name, or report why not."""
        try:
            self.register_theme(themes.load(name))
        except themes.ThemeError as error:
            self.notify(plain(str(error)), severity="error", markup=False)
            return False
        self.theme = name
        self.notify(f"theme {plain(name)}", markup=False, timeout=2)
        return True

    def action_leave(self) -> None:
        self.exit(return_code=0)

    # Keys that act.

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hide acting keys from users without permission, and from screens where they have no target."""
        if action == "act":
            return any(one.name == parameters[0] and self._offered(one, self.screen) for one in ACTIONS)
        named = next((one for one in ACTIONS if one.target == "engine" and one.name == action), None)
        return named is None or self._offered(named, self.screen)

    def _offered(self, action: Action, screen: Screen[object]) -> bool:
        """Whether an action has a target on the current screen; actions that only look always have."""
        if action.target is None:
            return True
        if not self.session.may_act or not isinstance(screen, ConsoleScreen):
            return False
        return action.target == "engine" or action in screen.ACTS

    async def action_act(self, name: str) -> None:
        """Open the dialog for an action on the row of the cursor."""
        key = self._selected()
        engine, own = self.session.owner(key)
        if engine is None or key is None or not engine.may_act:
            self.notify("nothing to act on here" if engine is None else NOT_ALLOWED, severity="warning", markup=False)
            return
        action = next(one for one in ACTIONS if one.id == f"act.{name}")
        dialog, why_not = choose.dialog_for(action, engine, own)
        if dialog is None:
            self.notify(why_not, severity="warning", markup=False)
            return
        await self.push_screen(dialog, partial(self._order, engine, key))

    def _selected(self) -> str | None:
        """Return the key of the row of the cursor, or None."""
        return self.screen.selected_key() if isinstance(self.screen, ConsoleScreen) else None

    def _engine_meant(self) -> Session | None:
        """Return the only engine, or that of the row of the cursor; report if there is none."""
        engines = self.session.engines
        engine = engines[0] if len(engines) == 1 else self.session.owner(self._selected())[0]
        if engine is None:
            self.notify("several engines: put the cursor on a row of one", severity="warning", markup=False)
        elif not engine.may_act and engine.clock.playback is None:
            self.notify(NOT_ALLOWED, severity="warning", markup=False)
            return None
        return engine

    def action_play(self, how: str) -> None:
        """Control playback: pause, resume, faster, slower, forwards, back."""
        engine = self.session.engines[0]
        self._play(engine, playback_commands.command(how, engine.clock.playback, engine.clock(), self.session.terminal))

    def _play(self, engine: Session, command: Callable[[int], Play] | None) -> None:
        played = engine.clock.playback
        if command is None or played is None:
            self.notify("the engine observes a live segment: no capture is played", markup=False, timeout=3)
            return
        engine.clock.take(playback_commands.supposed(played, command(0), engine.clock()))
        self.run_worker(self._carry_out(engine, ENGINE, command), group="orders")

    async def action_seek(self) -> None:
        """Ask for a time and seek to it."""
        engine = self.session.engines[0]
        if engine.clock.playback is None:
            self._play(engine, None)
            return
        await self.push_screen(SeekDialog(engine), partial(self._seek, engine))

    def _seek(self, engine: Session, at: float | None) -> None:
        if at is not None:
            self._play(engine, playback_commands.to(at, self.session.terminal))

    async def action_reload(self) -> None:
        engine = self._engine_meant()
        if engine is not None:
            await self.push_screen(ReloadDialog(engine), partial(self._order, engine, ENGINE))

    async def action_shutdown(self) -> None:
        engine = self._engine_meant()
        if engine is not None:
            await self.push_screen(ShutdownDialog(engine), partial(self._order, engine, ENGINE))

    def _order(self, engine: Session, key: str, order: Order | None) -> None:
        if order is not None:
            words, command = order
            self.session.pending[key] = words
            self.run_worker(self._carry_out(engine, key, command), group="orders")
            self.paint()

    async def _carry_out(self, engine: Session, key: str, command: Callable[[int], Command]) -> None:
        answer = await self.clients[engine].ask(command)
        self.session.pending.pop(key, None)
        self.tell(
            answer.text or "done" if isinstance(answer, Done) else f"refused: {answer.why}",
            key,
            isinstance(answer, Done),
        )
        self.paint_soon()

    def tell(self, text: str, about: str, good: bool) -> None:
        """Show an answer as plain text."""
        severity = "information" if good else "error"
        self.notify(plain(text), title=plain(about), severity=severity, markup=False, timeout=4 if good else 10)  # type: ignore[arg-type]

    # The palette.

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        keymap = self.preferences.keymap
        for action in ACTIONS:
            key = keymap.key(action)
            if self._offered(action, screen):
                run = partial(self.run_action, action.run)
                yield SystemCommand(action.title, f"key {key}" if key else "asks first", run)
        through = f"key {keymap.key(NEXT_THEME)} goes through them"
        for name in sorted(themes.available()):
            yield SystemCommand(f"Theme {plain(name)}", through, partial(self.use_theme, name))
        for extra in self.extra_commands:
            yield SystemCommand(extra.title, extra.help, partial(self._run_extra, extra))

    def _run_extra(self, extra: ExtraCommand) -> None:
        self.run_worker(self._extra(extra), group="extra")

    async def _extra(self, extra: ExtraCommand) -> None:
        try:
            said = await asyncio.to_thread(extra.run)
        except Exception as error:  # any failure is shown, and the console continues
            self.tell(f"failed: {error}", extra.title, False)
        else:
            self.tell(said, extra.title, True)
