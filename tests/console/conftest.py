"""A console on a scripted engine, under a fixed clock; pictures in the folder `snapshots` at the top."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Button

from tests.console import world
from tests.console.scripted_engine import Answer, ScriptedEngine, carry_out
from vrrptui.console.app import ConsoleApp
from vrrptui.console.settings.preferences import Preferences
from vrrptui.control.messages import FromEngine

ROOT = Path(__file__).parents[2]
TERMINAL_ID = re.compile(r"terminal-\d+")  # a random number in every SVG
WEB_FONT = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = world.NOW

    def __call__(self) -> float:
        return self.now


@dataclass
class Played:
    """A running console and all around it."""

    app: ConsoleApp
    pilot: Pilot[None]
    engine: ScriptedEngine
    clock: Clock

    async def until(self, condition: Callable[[], object], why: str = "") -> None:
        """Wait for something the engine or the console is about to do; fails after 5 seconds."""
        for _ in range(500):
            if condition():
                return
            await asyncio.sleep(0.01)
        pytest.fail(f"did not come true: {why or condition}")

    async def settle(self) -> None:
        """Everything that was said is painted."""
        await self.pilot.pause()
        self.app.paint()
        await self.pilot.pause()

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self.pilot.press(key)
            await self.pilot.pause()

    async def say(self, *messages: FromEngine) -> None:
        """The engine says this, and the console has heard it."""
        version = self.app.session.view.version
        self.engine.say(*messages)
        await self.until(lambda: self.app.session.view.version >= version + len(messages), "said and heard")
        await self.settle()

    async def confirm(self) -> None:
        """Press the button that acts, once it can be pressed."""
        await self.until(lambda: not self.app.screen.query_one("#confirm", Button).disabled, "it can be confirmed")
        self.app.screen.query_one("#confirm", Button).press()

    def text(self) -> str:
        """What is on the screen, line by line."""
        width, height = self.app.size
        lines = self.app.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip)[:width] for strip in lines[:height])


Play = Callable[..., AbstractAsyncContextManager[Played]]


@pytest.fixture(autouse=True)
def no_files_of_the_developer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The console's own files are looked for where there are none."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


@pytest.fixture
def play(tmp_path: Path) -> Play:
    """`async with play(size=(80, 24)) as played`: a console that has heard the engine's greeting."""

    @asynccontextmanager
    async def playing(
        greeting: Sequence[FromEngine] | None = None,
        *,
        size: tuple[int, int] = (120, 36),
        answer: Answer = carry_out,
        theme_name: str = "midnight",
        ascii_only: bool = False,
        **options: Any,
    ) -> AsyncIterator[Played]:
        clock = Clock()
        path = tmp_path / "engine.sock"
        said = world.greeting() if greeting is None else greeting
        async with ScriptedEngine(path, said, adverts=world.adverts(), answer=answer) as engine:
            options.setdefault("preferences", Preferences(theme=theme_name, ascii=ascii_only))
            app = ConsoleApp(str(path), clock=clock, **options)
            app.session.terminal = "/dev/pts/2"
            async with app.run_test(size=size) as pilot:
                played = Played(app, pilot, engine, clock)
                await played.until(lambda: app.session.view.synced, "the greeting was heard")
                await played.settle()
                yield played

    return playing


@pytest.fixture
def picture(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Played, str], None]:
    """Compares the screen with `snapshots/NAME.svg`; `--update-snapshots` draws it anew."""

    def compare(played: Played, name: str) -> None:
        svg = TERMINAL_ID.sub("terminal", played.app.export_screenshot(title="vrrptui"))
        svg = WEB_FONT.sub("", svg)  # a picture fetches nothing from elsewhere
        svg = svg.replace("<svg ", '<svg xml:space="preserve" ', 1)  # some viewers drop a text's first blank
        path = ROOT / "snapshots" / f"{name}.svg"
        if request.config.getoption("update_snapshots"):
            path.write_text(svg, encoding="utf-8")
        drawn = tmp_path / path.name
        drawn.write_text(svg, encoding="utf-8")
        assert path.exists(), f"no picture yet; `pytest --update-snapshots` draws it (seen: {drawn})"
        assert svg == path.read_text(encoding="utf-8"), f"not as in {path}; what was seen lies in {drawn}"

    return compare
