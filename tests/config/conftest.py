"""What the tests of the configuration share: a file to write to, and what is loaded from it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.config.config_texts import Load
from vrrptui.config.load import load
from vrrptui.config.model.configuration import Loaded


@pytest.fixture
def load_text(tmp_path: Path) -> Load:
    """Loads a text as if it were the configuration file test.conf."""

    def load_it(text: str) -> Loaded:
        path = tmp_path / "test.conf"
        path.write_bytes(text.encode("utf-8", "surrogateescape"))
        return load(str(path))

    return load_it
