"""docs/control-protocol.md: up to date, complete, and its example a real exchange."""

from __future__ import annotations

import re
import typing

from tests.control.page import PAGE, page
from vrrptui.control import codec, messages


def test_the_page_is_the_one_that_the_structs_make():
    assert PAGE.read_text(encoding="utf-8") == page(), "run python -m tests.control.page"


def test_every_message_is_on_the_page():
    tags = {one.__struct_config__.tag for one in typing.get_args(messages.FromEngine | messages.FromClient)}
    assert set(re.findall(r"^### `(\w+)`$", page(), re.MULTILINE)) == tags


def test_the_example_is_made_of_messages():
    (example,) = re.findall(r"^```\n(.*?)^```", page(), re.DOTALL | re.MULTILINE)
    lines = [(line[0], line[2:].encode() + b"\n") for line in example.splitlines()]
    read: dict[str, typing.Any] = {"<": codec.engine_reader(), ">": codec.client_reader()}
    assert [type(read[way].feed(line)[0]).__name__ for way, line in lines] == ["Hello", "Synced", "SetPriority", "Done"]
