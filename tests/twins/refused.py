"""Whether vrrptui runs a configuration at all; what it refuses is not compared here."""

from __future__ import annotations

import tempfile

from tests.twins.tree import Tree, text_of
from vrrptui.config.load import load
from vrrptui.config.model.configuration import Level


def refused_for(tree: Tree) -> str:
    """Why vrrptui does not run a configuration; empty when it does."""
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
        file.write(text_of(tree))
        file.flush()
        loaded = load(file.name)
    if loaded.configuration is not None:
        return ""
    return next((one.text for one in loaded.findings if one.level is Level.ERROR), "an error")
