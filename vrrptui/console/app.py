"""The application: one session, five screens, the keys that work everywhere, and `run`.

Imports Textual; whoever only may need a console imports this module when it does. What changes is painted at most
four times a second, and once a second for the clock.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen

from vrrptui.console import replay, terminal
from vrrptui.console import theme as themes
from vrrptui.console.client import EngineClient
from vrrptui.console.commands import COMMANDS
from vrrptui.console.screens import acts
from vrrptui.console.screens.adverts import AdvertsScreen
from vrrptui.console.screens.checks import ChecksScreen
from vrrptui.console.screens.dialogs import AskDialog, Order, ShutdownDialog
from vrrptui.console.screens.engine import EngineScreen
from vrrptui.console.screens.events import EventsScreen
from vrrptui.console.screens.groups import GroupScreen, GroupsScreen
from vrrptui.console.screens.help import HelpDialog
from vrrptui.console.screens.screen import ConsoleScreen
from vrrptui.console.screens.upkeep import ReloadDialog
from vrrptui.console.session import Session
from vrrptui.control.messages import Command, Done, FromEngine
from vrrptui.control.plain import plain

ENGINE = "engine"  # what is asked of the engine itself is pending under this name
PAINT_EVERY_S = 0.25
FLOODED_EVERY_S = 0.5
FLOOD = 200  # adverts between two paintings
BANNER_EVERY_S = 0.5


@dataclass(frozen=True, slots=True)
class ExtraCommand:
    """A command that whoever starts the console adds to the palette; `run` is called in a thread, its line is shown."""

    title: str
    help: str
    run: Callable[[], str]


class ConsoleApp(App[None]):
    """The console on the engine's socket."""

    CSS_PATH = Path(__file__).with_name("console.tcss")
    COMMAND_PALETTE_BINDING = "colon"
    ENABLE_COMMAND_PALETTE = True
    HORIZONTAL_BREAKPOINTS = [(0, "-tiny"), (60, "-narrow"), (100, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-low"), (10, "-flat"), (18, "-short"), (30, "-tall")]  # noqa: RUF012
    MODES: ClassVar[dict[str, str | Callable[[], Screen[object]]]] = {}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("1", "tab('groups')", "Groups", show=False),
        Binding("2", "tab('adverts')", "Adverts", show=False),
        Binding("3", "tab('checks')", "Checks", show=False),
        Binding("4", "tab('events')", "Events", show=False),
        Binding("5", "tab('engine')", "Engine", show=False),
        Binding("question_mark", "help", "Help", show=False),
        Binding("p", "play('toggle')", "Play or stop the capture", show=False),
        Binding("plus", "play('faster')", "Faster", show=False),
        Binding("minus", "play('slower')", "Slower", show=False),
        Binding("full_stop", "play('forwards')", "10 s forwards", show=False),
        Binding("comma", "play('back')", "10 s back", show=False),
        Binding("T", "next_theme", "Theme", show=False),
        Binding("q,ctrl+c", "leave", "Leave", show=False, priority=False),
    ]

    def __init__(
        self,
        socket_path: str,
        *,
        read_only: bool = False,
        theme_name: str | None = None,
        ascii_only: bool = False,
        extra_commands: Sequence[ExtraCommand] = (),
        banner: Callable[[], str] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__()
        self.session = Session(clock, read_only=read_only)
        self.client = EngineClient(socket_path, self.take, self.link)
        self.extra_commands = extra_commands
        self.banner = banner
        self.set_class(ascii_only, "-ascii")
        self._themes = sorted(themes.available())
        chosen = themes.load(theme_name or themes.DEFAULT)
        self.register_theme(chosen)
        self.theme = chosen.name
        self._painted_at = float("-inf")
        self._paint_is_due = False
        self._painted_adverts = 0  # how many had been received
        self._flooded = False  # each painting would show a wholly new list

    def get_theme_variable_defaults(self) -> dict[str, str]:
        default = themes.load(themes.DEFAULT)
        return dict(default.variables)

    def on_mount(self) -> None:
        for mode, screen in (
            ("groups", GroupsScreen),
            ("adverts", AdvertsScreen),
            ("checks", ChecksScreen),
            ("events", EventsScreen),
            ("engine", EngineScreen),
        ):
            self.add_mode(mode, partial(screen, self.session))
        self.switch_mode("groups")
        self.set_interval(1.0, self.paint_ages)
        self.run_worker(self.client.run(), group="client")
        if self.banner is not None:
            self.run_worker(self._follow_banner(self.banner), group="banner")

    async def _follow_banner(self, banner: Callable[[], str]) -> None:
        """Ask for the banner's line now and then; asking may take its time."""
        while True:
            line = plain(await asyncio.to_thread(banner))
            if line != self.session.banner:
                self.session.banner = line
                self.paint_soon()
            await asyncio.sleep(BANNER_EVERY_S)

    # What comes from the engine.

    def take(self, message: FromEngine) -> None:
        """Fold a message, and paint soon."""
        self.session.take(message)
        self.paint_soon()

    def link(self, connected: bool, why_not: str) -> None:
        """The engine came or went."""
        self.session.link(connected, why_not)
        self.paint_soon()

    def paint_soon(self) -> None:
        """Have what changed painted, at most four times a second."""
        if not self._paint_is_due:
            self._paint_is_due = True
            every = FLOODED_EVERY_S if self._flooded else PAINT_EVERY_S
            wait = self._painted_at + every - time.monotonic()
            self.set_timer(max(0.001, wait), self.paint)

    def paint_ages(self) -> None:
        """Paint once a second even when nothing was said: ages grow, and the clock goes on."""
        if time.monotonic() - self._painted_at > 0.9:
            self.paint()

    def paint(self) -> None:
        """Show every screen that can be seen, dialogs and what lies under them."""
        self._paint_is_due = False
        self._painted_at = time.monotonic()
        heard = self.session.view.adverts.received
        self._flooded, self._painted_adverts = heard - self._painted_adverts > FLOOD, heard
        if not self._running:
            return
        for screen in self.screen_stack:
            if isinstance(screen, (ConsoleScreen, AskDialog)):
                screen.show()

    # Keys that work everywhere.

    def action_tab(self, mode: str) -> None:
        """Go to a screen; a group's page is closed on the way."""
        if len(self.screen_stack) > 1 and isinstance(self.screen, GroupScreen):
            self.pop_screen()
        self.client.want_adverts(mode == "adverts")
        self.switch_mode(mode)

    def open_group(self, key: str) -> None:
        """The page of one group, from wherever."""
        self.action_tab("groups")
        self.push_screen(GroupScreen(self.session, key))

    def show_adverts(self, filter_words: str) -> None:
        """The adverts that pass a filter."""
        self.action_tab("adverts")
        if isinstance(self.screen, AdvertsScreen):
            self.screen.set_filter(filter_words)

    def action_help(self) -> None:
        self.push_screen(HelpDialog())

    def action_pause(self) -> None:
        self.session.toggle_pause()
        self.paint()

    def action_next_theme(self) -> None:
        """The next theme that can be read."""
        place = self._themes.index(self.theme) if self.theme in self._themes else -1
        self.use_theme(self._themes[(place + 1) % len(self._themes)])

    def use_theme(self, name: str) -> None:
        """Change to a theme by name, or say why not."""
        try:
            self.register_theme(themes.load(name))
        except themes.ThemeError as error:
            self.notify(plain(str(error)), severity="error", markup=False)
            return
        self.theme = name
        self.notify(f"theme {plain(name)}", markup=False, timeout=2)

    def action_leave(self) -> None:
        self.exit(return_code=0)

    # Keys that act.

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Acting keys do not exist for who may not act, nor on screens that have nothing to act on."""
        if action in ("act", "reload", "shutdown"):
            may = self.session.may_act and isinstance(self.screen, ConsoleScreen)
            return may and (action != "act" or parameters[0] in self.screen.ACTS)  # type: ignore[attr-defined]
        return True

    def action_act(self, name: str) -> None:
        """Ask for an act on what is under the cursor."""
        key = self.screen.selected_key() if isinstance(self.screen, ConsoleScreen) else None
        dialog, why_not = acts.dialog_for(name, self.session, key)
        if dialog is None or key is None:
            self.notify(why_not, severity="warning", markup=False)
            return
        self.push_screen(dialog, partial(self._order, key))

    def action_play(self, how: str) -> None:
        """Go on or pause, faster, slower, forwards or back: in a capture that the engine plays."""
        command = replay.command(how, self.session.playback, self.session.clock(), self.session.terminal)
        if command is None:
            self.notify("the engine hears a live segment: there is no capture to play", markup=False, timeout=3)
            return
        self.run_worker(self._carry_out(ENGINE, command), group="orders")

    def action_reload(self) -> None:
        self.push_screen(ReloadDialog(self.session), partial(self._order, ENGINE))

    def action_shutdown(self) -> None:
        self.push_screen(ShutdownDialog(self.session), partial(self._order, ENGINE))

    def _order(self, key: str, order: Order | None) -> None:
        if order is not None:
            words, command = order
            self.session.pending[key] = words
            self.run_worker(self._carry_out(key, command), group="orders")
            self.paint()

    async def _carry_out(self, key: str, command: Callable[[int], Command]) -> None:
        answer = await self.client.ask(command)
        self.session.pending.pop(key, None)
        self.tell(
            answer.text or "done" if isinstance(answer, Done) else f"refused: {answer.why}",
            key,
            isinstance(answer, Done),
        )
        self.paint_soon()

    def tell(self, text: str, about: str, good: bool) -> None:
        """An answer, as plain text."""
        severity = "information" if good else "error"
        self.notify(plain(text), title=plain(about), severity=severity, markup=False, timeout=4 if good else 10)  # type: ignore[arg-type]

    # The palette.

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        for title, key, action in COMMANDS:
            name, _, argument = action.partition("(")
            if self.check_action(name, (argument.strip("')"),)):
                yield SystemCommand(title, f"key {key}" if key else "asks first", partial(self.run_action, action))
        for name in self._themes:
            yield SystemCommand(f"Theme {plain(name)}", "key T goes through them", partial(self.use_theme, name))
        for extra in self.extra_commands:
            yield SystemCommand(extra.title, extra.help, partial(self._run_extra, extra))

    def _run_extra(self, extra: ExtraCommand) -> None:
        self.run_worker(self._extra(extra), group="extra")

    async def _extra(self, extra: ExtraCommand) -> None:
        try:
            said = await asyncio.to_thread(extra.run)
        except Exception as error:  # whatever it was, the operator should read it and go on
            self.tell(f"failed: {error}", extra.title, False)
        else:
            self.tell(said, extra.title, True)


def run(
    socket_path: str,
    *,
    read_only: bool = False,
    theme: str | None = None,
    ascii_only: bool = False,
    extra_commands: Sequence[ExtraCommand] = (),
    banner: Callable[[], str] | None = None,
    engine_note: str = "",
) -> int:
    """Run the console until the operator leaves; the exit status.

    0 left, 2 no place for a console or no such theme, 129 the terminal went away, 143 terminated. `engine_note` is said
    on leaving instead of "the engine keeps running". `banner` gives a line to show above the keys; it is called in a
    thread, twice a second.
    """
    why = terminal.complaint(os.environ)
    if why:
        print(f"vrrptui: {why}", file=sys.stderr)
        return 2
    terminal.end_with_the_terminal()
    if os.environ.get("NO_COLOR"):
        theme = theme or themes.WITHOUT_COLOUR
    try:
        app = ConsoleApp(
            socket_path,
            read_only=read_only,
            theme_name=theme,
            ascii_only=ascii_only,
            extra_commands=extra_commands,
            banner=banner,
        )
    except themes.ThemeError as error:
        print(f"vrrptui: {error}", file=sys.stderr)
        return 2
    asyncio.run(_until_left(app))
    status = app.return_code or 0
    if status == 0:
        hello = app.session.view.picture.hello
        note = engine_note or (f"the engine keeps running (pid {hello.pid})" if hello else "")
        if note:
            print(f"vrrptui: {plain(note)}", file=sys.stderr)
    return status


async def _until_left(app: ConsoleApp) -> None:
    """Mouse off: the terminal's own selecting and copying keep working."""
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, partial(app.exit, return_code=terminal.EXIT_TERMINATED))
    await app.run_async(mouse=False)
