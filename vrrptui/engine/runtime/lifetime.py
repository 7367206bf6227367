"""An engine that lives as long as the console it was started for.

Its standard input is a pipe whose other end the console holds: the kernel closes that, whatever ends the console, and
the engine ends and removes its folder.
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
    """Call `end` once nobody holds the other end of standard input. Needs a running loop."""
    loop = asyncio.get_running_loop()

    def look() -> None:
        if not os.read(STDIN, 4096):
            loop.remove_reader(STDIN)
            end()

    loop.add_reader(STDIN, look)


def remove_folder(folder: Path) -> None:
    """Remove the folder that was made for this engine; the console may have done so already."""
    if folder.name.startswith(FOLDER_PREFIX):
        shutil.rmtree(folder, ignore_errors=True)
