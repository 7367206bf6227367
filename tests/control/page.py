"""Writes docs/control-protocol.md from the message structs: run `python -m tests.control.page`.

A struct's docstring is its description, the comment behind a field is the field's.
"""

from __future__ import annotations

import ast
import typing
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec

from vrrptui.control import codec, messages, snapshots

PAGE = Path(__file__).parents[2] / "docs" / "control-protocol.md"
TYPES = {"str": "string", "int": "integer", "float": "number", "bool": "boolean", "bytes": "string (base64)"}
OPENING = f"""# Control protocol

The console and the commands talk to the engine over a Unix stream socket, by default `/run/vrrptui/engine.sock`. This
page lists its messages, version {messages.PROTOCOL}. It is generated from `vrrptui/control/messages.py` and
`vrrptui/control/snapshots.py` by `python -m tests.control.page`.

## Framing

A message is one JSON object on one line, in UTF-8, of at most {codec.MAX_LINE_BYTES:,} bytes without its newline.
`type` names the message. The engine shortens a message that is longer: long strings end in `...`, long arrays have
their first items. It disconnects a client that sends a longer line, or one that is not a message. Unknown fields are
ignored.

## Sequence

1. The client connects. The kernel identifies its user; root and the user of the engine may operate, members of the
   group `vrrptui` may only observe. The engine refuses other users, and clients above the limits of
   [SECURITY.md](../SECURITY.md), with `refused` and `id` 0.
2. The engine sends `hello`, all snapshots, the recent events, and `synced`.
3. The engine sends a snapshot when its subject changes, `removed` when the subject is gone, and `event` when
   something happened. A snapshot replaces the previous one of the same subject. A slow client gets only the latest
   snapshot of each subject.
4. The client sends commands at any time, each with a number `id` of its choice. The engine answers with `done` or
   `refused` and the same `id`; other messages may come before the answer.

Times are seconds since 1970, and intervals seconds, unless the name has another unit (`_ms`). A group or virtual
router has a key: `IF/VRID`, `IF/VRID/ipv6`, with `IF.VLAN` for a tagged one.

```
< {{"type":"hello","protocol":{messages.PROTOCOL},"version":"0.1.0","pid":812,"may_operate":true}}
< {{"type":"synced"}}
> {{"type":"set_priority","id":1,"router":"VI_1","priority":50,"seconds":600}}
< {{"type":"done","id":1,"text":"VI_1 priority set for 600 s: 150 to 50"}}
```

## Compatibility

The version grows when a message changes its meaning. New fields with a default do not change it. A client of another
version reports this instead of connecting, so upgrade engine and console together.
"""
# The sections: title, and the structs that have a tag, in the order of the unions.
SECTIONS = (
    ("Messages of the engine", typing.get_args(messages.FromEngine)),
    ("Messages of a client", typing.get_args(messages.FromClient)),
)


def page() -> str:
    """The whole page."""
    parts, tagged = [OPENING], {struct for _, structs in SECTIONS for struct in structs}
    for title, structs in SECTIONS:
        parts += [f"## {title}\n", *map(_described, structs)]
    values = [struct for module in (messages, snapshots) for struct in _structs(module) if struct not in tagged]
    parts += ["## Objects in messages\n", *map(_described, values)]
    return "\n".join(parts)


def _structs(module: ModuleType) -> list[type[msgspec.Struct]]:
    found = [value for value in vars(module).values() if isinstance(value, type) and issubclass(value, msgspec.Struct)]
    return [struct for struct in found if struct.__module__ == module.__name__]


def _described(struct: type[msgspec.Struct]) -> str:
    tag = struct.__struct_config__.tag
    paragraphs = " ".join((struct.__doc__ or "").split())
    array = " Encoded as an array of its fields, in this order." if struct.__struct_config__.array_like else ""
    lines = [f"### {_title(struct)}\n", paragraphs + array, ""]
    rows = list(_rows(struct))
    if tag is not None:
        lines[-1:] = ["" if rows else "\nNo fields.\n"]
    if rows:
        lines += ["| field | type | default | meaning |", "|---|---|---|---|", *rows, ""]
    return "\n".join(lines)


def _title(struct: type[msgspec.Struct]) -> str:
    tag = struct.__struct_config__.tag
    return f"`{tag}`" if tag is not None else struct.__name__


def _rows(struct: type[msgspec.Struct]) -> Iterator[str]:
    module = messages if struct.__module__ == messages.__name__ else snapshots
    comments = _comments(module, struct.__name__)
    for field in msgspec.structs.fields(struct):
        meaning = comments.get(field.name, "").replace("|", "\\|")
        yield f"| `{field.name}` | {_type(field.type)} | {_default(field)} | {meaning} |"


def _comments(module: ModuleType, name: str) -> dict[str, str]:
    """The comment on the line of each field."""
    source = Path(str(module.__file__)).read_text(encoding="utf-8")
    lines = source.splitlines()
    (node,) = (one for one in ast.parse(source).body if isinstance(one, ast.ClassDef) and one.name == name)
    fields = [one for one in node.body if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)]
    return {
        one.target.id: lines[one.end_lineno - 1].encode()[one.end_col_offset :].decode().strip().removeprefix("# ")
        for one in fields
        if isinstance(one.target, ast.Name) and one.end_lineno and one.end_col_offset
    }


def _type(annotation: Any) -> str:
    """A type as JSON has it."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if annotation is type(None):
        return "null"
    if annotation is msgspec.Raw:
        return "object"
    if origin is typing.Literal:
        return ", ".join(f"`{value}`" for value in arguments)
    if origin is list:
        return f"array of {_type(arguments[0])}"
    if origin is tuple:
        return f"array of {len(arguments)} {_type(arguments[0])}s"
    if origin is dict:
        return f"object of {_type(arguments[1])}s"
    if arguments:
        return " or ".join(map(_type, arguments))
    if issubclass(annotation, msgspec.Struct):
        title = _title(annotation)
        return f"[{title}](#{title.strip('`').lower()})"
    return TYPES[annotation.__name__]


def _default(field: msgspec.structs.FieldInfo) -> str:
    if field.required:
        return "required"
    value = field.default if field.default is not msgspec.NODEFAULT else field.default_factory()
    return f"`{msgspec.json.encode(value).decode()}`"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
