"""The package as its own source shows it: every module, its room, and what it imports at any depth."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
PACKAGE = CHECKOUT / "vrrptui"


def room_of(name: str) -> str:
    """The folder that holds a module of this name, below the package: "engine.vrrp", or "" for the package's own."""
    parts = name.split(".")[1:]
    folders = []
    for part in parts:
        if not PACKAGE.joinpath(*folders, part).is_dir():
            break
        folders.append(part)
    return ".".join(folders)


@dataclass(frozen=True)
class Module:
    """One source file; its room is the folder under the package, "" for the files outside of every room."""

    path: Path
    source: str

    @property
    def name(self) -> str:
        return ".".join(self.path.relative_to(CHECKOUT).with_suffix("").parts).removesuffix(".__init__")

    @property
    def room(self) -> str:
        """The folder below the package that it lies in: "engine.vrrp"; "engine" for one beside the sub-rooms."""
        return ".".join(self.path.relative_to(PACKAGE).parts[:-1])

    @property
    def top(self) -> str:
        """The room at the top that it lies in."""
        return self.room.split(".")[0]

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.source, self.path)

    def imports(self) -> Iterator[str]:
        """The full names of what is imported, inside functions too; `from a import b` is a.b."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert not node.level, f"{self.name}:{node.lineno}: imports are absolute here"
                yield from (f"{node.module}.{alias.name}" for alias in node.names)

    def rooms_imported(self) -> set[str]:
        """The other rooms of the package that it imports from."""
        rooms = {room_of(name) for name in self.imports() if name.split(".")[0] == "vrrptui"}
        return rooms - {self.room, ""}

    def packages_imported(self) -> set[str]:
        """The top-level names of everything outside of the package."""
        return {name.split(".")[0] for name in self.imports()} - {"vrrptui", "__future__"}


@cache
def modules() -> tuple[Module, ...]:
    """Every module of the package."""
    return tuple(Module(path, path.read_text(encoding="utf-8")) for path in sorted(PACKAGE.rglob("*.py")))
