"""Running the console in a terminal."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from vrrptui.console import terminal
from vrrptui.console.app import ConsoleApp, ExtraCommand
from vrrptui.console.screens.tabs import known
from vrrptui.console.settings import preferences as wishes
from vrrptui.console.settings import theme as themes
from vrrptui.console.settings.preferences import NO_COLOR, Asked
from vrrptui.console.state.vendors import LookUp
from vrrptui.console.text.signs import first_environment, locale_lacks_signs
from vrrptui.control.plain import plain


def run(
    engines: str | Mapping[str, str],
    *,
    read_only: bool = False,
    asked: Asked | None = None,
    extra_commands: Sequence[ExtraCommand] = (),
    banner: Callable[[], str] | None = None,
    vendors: LookUp | None = None,
    engine_note: str = "",
) -> int:
    """Run the console until the operator leaves; the exit status.

    `engines` is where the engine listens, or where several do, by the names they are shown under.

    0 left, 2 no place for a console or no such theme, 129 the terminal went away, 143 terminated. `engine_note` is said
    on leaving instead of "the engine keeps running". `banner` gives a line to show above the keys; it is called in a
    thread, twice a second. `vendors` gives the makers of network cards by MAC address, in a thread as well.
    """
    why = terminal.complaint(os.environ)
    if why:
        print(f"vrrptui: {plain(why)}", file=sys.stderr)
        return 2
    terminal.end_with_the_terminal()
    lacking = locale_lacks_signs(first_environment(), sys.stderr.encoding)
    preferences = wishes.load(known(), asked or Asked(), ascii_locale=lacking)
    if preferences.utc:
        os.environ["TZ"] = "UTC"
        time.tzset()
    if preferences.origin("theme") != NO_COLOR:
        os.environ.pop("NO_COLOR", None)  # empty, or the command line asks for colours
    try:
        app = ConsoleApp(
            engines,
            read_only=read_only,
            preferences=preferences,
            extra_commands=extra_commands,
            banner=banner,
            vendors=vendors,
        )
    except themes.ThemeError as error:
        print(f"vrrptui: {plain(str(error))}", file=sys.stderr)
        return 2
    asyncio.run(_until_left(app))
    status = app.return_code or 0
    if status == 0:
        hellos = [engine.view.picture.hello for engine in app.session.engines]
        pids = ", ".join(f"pid {hello.pid}" for hello in hellos if hello)
        which = "the engine keeps" if len(hellos) == 1 else "the engines keep"
        note = engine_note or (f"{which} running ({pids})" if pids else "")
        if note:
            print(f"vrrptui: {plain(note)}", file=sys.stderr)
    return status


async def _until_left(app: ConsoleApp) -> None:
    """Run the application. Without the mouse, selecting and copying in the terminal needs no shift key."""
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, partial(app.exit, return_code=terminal.EXIT_TERMINATED))
    await app.run_async(mouse=app.preferences.mouse)
