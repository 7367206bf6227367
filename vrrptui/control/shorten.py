"""Messages made short enough for a line: with texts that end in "...", and lists of their first items."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from vrrptui.control.messages import Adverts

MOST_ITEMS = 1024  # of each list, at first
CHARACTERS_AN_ITEM = 8  # how much longer than a list a text may be
MARK = "..."

Message = TypeVar("Message", bound=msgspec.Struct)


def shortened(message: Message, most_bytes: int) -> bytes:
    """`message` as JSON of at most `most_bytes` bytes (4 KiB or more), with no more left out than halving asks for.

    Adverts are not cut but left away, and counted as skipped.
    """
    if isinstance(message, Adverts):
        skipped = message.skipped + len(message.heard)
        return msgspec.json.encode(msgspec.structs.replace(message, said=[], heard=[], skipped=skipped))
    most = MOST_ITEMS
    while len(data := msgspec.json.encode(_cut(message, most))) > most_bytes and most:
        most //= 2
    return data


def _cut(value: object, most: int) -> object:
    """`value` with at most so many items in each list and dictionary, and texts in proportion."""
    if isinstance(value, str):
        length = max(len(MARK), most * CHARACTERS_AN_ITEM)
        return value if len(value) <= length else value[: length - len(MARK)] + MARK
    if isinstance(value, list):
        return [_cut(item, most) for item in value[:most]]
    if isinstance(value, dict):
        return {_cut(key, most): _cut(item, most) for key, item in list(value.items())[:most]}
    if isinstance(value, msgspec.Struct):
        fields = {name: _cut(getattr(value, name), most) for name in value.__struct_fields__}
        return msgspec.structs.replace(value, **fields)
    return value
