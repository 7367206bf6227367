"""Runs the console on a socket in the terminal it is started in: `python -m tests.console.play SOCKET`.

With `--engine` it plays the scripted engine on that socket instead, saying something once a second; with `--hostile`
one that says nothing but what tries to act on a terminal, with `--busy` one that hears twenty adverts a
second.
"""

import asyncio
import sys
from pathlib import Path

from tests.console import hostile, world
from tests.console.scripted_engine import ScriptedEngine


async def play_engine(path: Path) -> None:
    adverts, greeting = world.adverts(), world.greeting()
    if "--hostile" in sys.argv:
        adverts = [world.advert(one, source=text, addresses=[text]) for one, text in enumerate(hostile.ATTEMPTS)]
        greeting = hostile.greeting()
    async with ScriptedEngine(path, greeting, adverts=adverts) as engine:
        print("ready", flush=True)
        while True:
            if "--busy" in sys.argv:
                for _ in range(20):
                    engine.say(world.adverts_told(adverts[:1]))
                    await asyncio.sleep(0.05)
            else:
                await asyncio.sleep(1)
            if "--hostile" not in sys.argv:
                engine.say(world.engine())


if __name__ == "__main__":
    if "--engine" in sys.argv:
        asyncio.run(play_engine(Path(sys.argv[-1])))
    from vrrptui.console.run import run

    sys.exit(run(sys.argv[-1], read_only="--read-only" in sys.argv))
