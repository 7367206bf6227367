"""What the tests of the engine share."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.engine import host


@pytest.fixture
async def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Callable[..., host.Running]]:
    """Runs the virtual routers of configuration texts on a host in memory, until the test ends."""
    host.in_place_of_sockets(monkeypatch)
    host.WIRES.clear()
    running: list[host.Running] = []

    def run_them(*parts: str, on: host.Host | None = None, **general: str) -> host.Running:
        one = host.Running(on or host.Host())
        running.append(one)
        one.apply(host.configured(tmp_path, *parts, **general))
        return one

    yield run_them
    for one in running:
        one.close()
        one.host.close()
