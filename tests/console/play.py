"""Runs the console on a socket in the terminal it is started in: `python -m tests.console.play SOCKET`.

With `--engine` it plays the scripted engine on that socket instead, saying something once a second.
"""

import asyncio
import sys
from pathlib import Path

from tests.console import world
from tests.console.scripted_engine import ScriptedEngine


async def play_engine(path: Path) -> None:
    async with ScriptedEngine(path, world.greeting(), adverts=world.adverts()) as engine:
        print("ready", flush=True)
        while True:
            await asyncio.sleep(1)
            engine.say(world.engine())


if __name__ == "__main__":
    if "--engine" in sys.argv:
        asyncio.run(play_engine(Path(sys.argv[-1])))
    from vrrptui.console.app import run

    sys.exit(run(sys.argv[-1], read_only="--read-only" in sys.argv))
