"""An engine that ends together with the console that started it.

Its standard input is a pipe held open by the console. The kernel closes the pipe, however the console ends; then the
engine ends and removes its folder.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Callable
from pathlib import Path

FOLDER_PREFIX = "vrrptui-"
STDIN = 0


def end_with_console(end: Callable[[], object]) -> None:
    """Call `end` when the other end of standard input is closed. Needs a running loop."""
    loop = asyncio.get_running_loop()

    def look() -> None:
        if not os.read(STDIN, 4096):
            loop.remove_reader(STDIN)
            end()

    loop.add_reader(STDIN, look)


def remove_folder(folder: Path) -> None:
    """Remove the folder made for this engine, unless the console already has."""
    if folder.name.startswith(FOLDER_PREFIX):
        shutil.rmtree(folder, ignore_errors=True)
